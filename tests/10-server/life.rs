//! A member starts, stops, is killed, and starts again.

use crate::client::Client;
use crate::member::{Member, Process, config, place};
use api::{PutRequest, RangeRequest};
use harness::check;
use rustix::process::Signal;

fn put(client: &mut Client, at: u32) -> Result<(), tonic::Status> {
    let request =
        PutRequest { key: format!("{at:04}").into(), value: "x".into(), ..Default::default() };
    client.kv(async |mut kv| kv.put(request).await).map(|_| ())
}

fn count(client: &mut Client) -> i64 {
    let request = RangeRequest {
        key: vec![0].into(),
        range_end: vec![0].into(),
        count_only: true,
        ..RangeRequest::default()
    };
    client.kv(async |mut kv| kv.range(request).await).expect("it can be read").count
}

#[test]
fn what_was_put_is_there_after_a_start() {
    check(|| {
        let place = place();
        for round in 0..3 {
            let member = Member::start(config(place.path()));
            let mut client = member.client();
            assert_eq!(count(&mut client), 20 * i64::from(round), "what was put before");
            for at in 0..20 {
                put(&mut client, 20 * round + at).expect("it can be");
            }
            member.stop();
        }
    });
}

#[test]
fn nothing_that_was_acknowledged_is_lost_when_it_is_killed() {
    check(|| {
        let place = place();
        let mut acknowledged = 0;
        for round in 0..5 {
            let mut process = Process::start(&place.path().join("data"), &[]);
            let mut client = Client::new(process.address());
            assert_eq!(count(&mut client), i64::from(acknowledged), "after {round} kills");
            for _ in 0..30 {
                put(&mut client, acknowledged).expect("it can be");
                acknowledged += 1;
            }
            process.signal(Signal::KILL);
            process.end();
        }
    });
}

#[test]
fn two_members_do_not_share_a_directory() {
    check(|| {
        let place = place();
        let member = Member::start(config(place.path()));
        let second = server::run(&config(place.path()), &server::Stop::default(), |_| {
            panic!("it must not start")
        });
        let why = second.expect_err("the first one has it").to_string();
        assert!(why.contains("wal"), "it says which directory: {why}");
        member.stop();
    });
}
