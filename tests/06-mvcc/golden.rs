//! What etcd 3.7.1 answers to requests that were drawn, and to those at the edges of what there is,
//! ours answers as well. The tests beside the original have made the file, and ask again.

use crate::asked::Asked;
use api::ResponseHeader;
use harness::check;
use serde_json::Value;

/// A request in each line, and its answer, without what the member adds to its header.
const KEYS: &str = include_str!("keys.jsonl");

#[test]
fn answers_are_those_of_etcd() {
    check(|| {
        let mut asked = Asked::new(128, ResponseHeader::default());
        let (mut wrong, mut compared) = (Vec::new(), 0);
        for (at, line) in KEYS.lines().enumerate() {
            let line: Value = serde_json::from_str(line).expect("every line is JSON");
            let path = line["path"].as_str().expect("every line has it");
            let request = &line["request"];
            let wanted = (line["status"].as_u64().expect("every line has it"), &line["response"]);
            if path == "/v3/lease/grant" {
                let id = request["ID"].as_str().and_then(|id| id.parse().ok());
                asked.granted.0.insert(id.expect("every lease has a number here"));
                continue;
            }
            let found = asked.answer(path, &request.to_string()).expect("it is about keys");
            compared += 1;
            if (found.0, &found.1) != wanted {
                let found =
                    format!("etcd  {} {}\nours  {} {}", wanted.0, wanted.1, found.0, found.1);
                wrong.push(format!("line {}: {path} {request}\n{found}", at + 1));
            }
        }
        harness::note(format!("{} of {compared} answers are equal", compared - wrong.len()));
        assert!(wrong.is_empty(), "{} of {compared}:\n{}", wrong.len(), wrong.join("\n\n"));
        assert_eq!(compared, 539, "so many there are");
    });
}
