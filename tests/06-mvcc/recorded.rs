//! What a real etcd 3.7.1 has answered to requests about keys, ours answers as well.

use crate::asked::Asked;
use crate::lines::{self, Line};
use api::ResponseHeader;
use harness::check;

/// Everything about keys is before this line; then locks and elections write some, and users.
const LAST: u64 = 220;

/// Lines whose answers are not the store's: one is refused for its size, which the server looks at;
/// and for the hash of nothing in particular, etcd picks one that it remembers from the compaction
/// at revision 0.
const NOT_OURS: [u64; 2] = [52, 161];

/// The member that was recorded.
const MEMBER: ResponseHeader = ResponseHeader {
    cluster_id: 3_274_385_025_976_527_042,
    member_id: 13_885_315_960_595_192_159,
    revision: 0,
    raft_term: 2,
};

/// Leases come and go without the store, which is told.
fn grants(line: &Line, asked: &mut Asked) {
    if line.path() == "/v3/lease/grant" && line.status() == Some(200) {
        let id = line.response()["ID"].as_str().expect("it has a number");
        asked.granted.0.insert(id.parse().expect("it is a number"));
    }
}

#[test]
fn answers_are_those_of_etcd() {
    check(|| {
        let mut asked = Asked::new(8, MEMBER);
        let mut wrong = Vec::new();
        let mut compared = 0;
        for line in lines::all().iter().filter(|line| line.number() <= LAST) {
            grants(line, &mut asked);
            // One line takes the number of a lease from an earlier answer.
            let body = line.body().replace("${lid}", "1828358178637728626");
            if line.method() != "POST" || NOT_OURS.contains(&line.number()) {
                continue;
            }
            let Some((status, response)) = asked.answer(line.path(), &body) else { continue };
            compared += 1;
            wrong.extend(line.is_answered_by(status, &response).err());
        }
        harness::note(format!("{} of {compared} answers are equal", compared - wrong.len()));
        assert!(wrong.is_empty(), "{} of {compared}:\n{}", wrong.len(), wrong.join("\n\n"));
        assert_eq!(compared, 163, "so many lines are about keys");
    });
}
