//! A member starts, stops, is killed, and starts again.

use crate::client::Client;
use crate::cluster::Plan;
use crate::member::{Member, Process, config, place};
use api::{PutRequest, RangeRequest};
use harness::check;
use rustix::process::Signal;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

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

/// What somebody is told at this address who asks for members, as soon as there is somebody.
fn told(address: &str) -> Vec<u8> {
    let mut stream = loop {
        if let Ok(stream) = TcpStream::connect(address) {
            break stream;
        }
    };
    // It may be closed before this is read.
    let request = b"GET /members HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let mut told = Vec::new();
    let _ = stream.write_all(request).and_then(|()| stream.read_to_end(&mut told).map(drop));
    told
}

#[test]
fn founders_that_start_at_the_same_moment_do_not_wait_for_each_other() {
    check(|| {
        // If the machine was too slow for it, the member has given the silent one up before.
        let is_turned_away = (0..5).any(|_| {
            let plan = Plan::of(2);
            // It is there, and says nothing.
            let _silent = TcpListener::bind(plan.peer(2)).expect("nobody else has it");
            let _process = Process::of(plan.command(1));
            told(&plan.peer(1)).is_empty()
        });
        assert!(is_turned_away, "whoever asked was kept waiting");
    });
}
