//! Members that stop, while others go on.

use crate::client::Client;
use crate::cluster::{Plan, by_lead, get, own, put, status, stop};
use crate::member::until;
use api::watch_request::RequestUnion;
use api::{WatchCreateRequest, WatchRequest, WatchResponse};
use harness::check;
use tonic::codegen::tokio_stream;
use tonic::{Code, Streaming};

/// A stream that watches a key, once it does.
fn watch(client: &mut Client, key: &str) -> Streaming<WatchResponse> {
    let create = WatchCreateRequest { key: key.to_owned().into(), ..WatchCreateRequest::default() };
    let request = WatchRequest { request_union: Some(RequestUnion::CreateRequest(create)) };
    let requests =
        tokio_stream::StreamExt::chain(tokio_stream::iter([request]), tokio_stream::pending());
    let opened = client.watch(async |mut watch| {
        let mut answers = watch.watch(requests).await?.into_inner();
        let created = answers.message().await?.expect("it is answered");
        assert!(created.created);
        Ok(tonic::Response::new(answers))
    });
    opened.expect("it can be")
}

#[test]
fn watchers_do_not_hold_up_a_member_that_stops() {
    check(|| {
        let plan = Plan::steady();
        let mut all = plan.grow();
        let (leads, mut client) = all.remove(0);
        let term = status(&mut client).raft_term;
        let mut answers = watch(&mut client, "x");
        // The stream is open, and its client says nothing.
        leads.stop();
        let told = client.wait(answers.message()).expect_err("it has come to an end");
        assert_eq!(told.code(), Code::Unavailable);
        assert_eq!(told.message(), "etcdserver: server stopped");
        // It has handed over: this one leads, or has heard who does.
        let own = [own(&mut all[0].1), own(&mut all[1].1)];
        until("another leader", || own.contains(&status(&mut all[0].1).leader).then_some(()));
        assert_eq!(status(&mut all[0].1).raft_term, term + 1, "nobody had to campaign twice");
        put(&mut all[0].1, "goes on", "1").expect("another one leads");
        stop(all);
    });
}

#[test]
fn seven_members_can_do_without_three() {
    check(|| {
        let plan = Plan::of(7);
        let mut all = by_lead(plan.start(1..=7));
        put(&mut all[6].1, "with seven", "1").expect("it can be written");
        // The one that leads is among them, and hands over first.
        stop(all.drain(..3));
        put(&mut all[3].1, "with four", "2").expect("four of seven are enough");
        for (_, client) in &mut all {
            assert_eq!(get(client, "with seven").as_deref(), Some("1"));
            assert_eq!(get(client, "with four").as_deref(), Some("2"));
        }
        stop(all);
    });
}
