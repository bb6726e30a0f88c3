//! Watching, over the wire.

use crate::client::Client;
use crate::member::{Member, config, place};
use api::watch_request::RequestUnion;
use api::{
    PutRequest, WatchCancelRequest, WatchCreateRequest, WatchProgressRequest, WatchRequest,
    WatchResponse,
};
use harness::check;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::sync::mpsc;
use tonic::Streaming;
use tonic::codegen::tokio_stream;

/// What a client wants, as it comes.
struct Requests(mpsc::UnboundedReceiver<WatchRequest>);

impl tokio_stream::Stream for Requests {
    type Item = WatchRequest;

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<WatchRequest>> {
        self.0.poll_recv(context)
    }
}

/// A stream of watchers.
struct Stream {
    wants: mpsc::UnboundedSender<WatchRequest>,
    answers: Streaming<WatchResponse>,
}

impl Stream {
    fn open(client: &mut Client) -> Stream {
        let (wants, wanted) = mpsc::unbounded_channel();
        let requests = Requests(wanted);
        let opened = client.watch(async |mut watch| watch.watch(requests).await);
        Stream { wants, answers: opened.expect("it is opened") }
    }

    fn want(&self, request: RequestUnion) {
        let request = WatchRequest { request_union: Some(request) };
        self.wants.send(request).expect("the stream is open");
    }

    fn create(&self, key: &str, range_end: &str, start_revision: i64) {
        let (key, range_end) = (key.to_owned().into(), range_end.to_owned().into());
        let request =
            WatchCreateRequest { key, range_end, start_revision, ..WatchCreateRequest::default() };
        self.want(RequestUnion::CreateRequest(request));
    }

    fn next(&mut self, client: &mut Client) -> WatchResponse {
        client.wait(self.answers.message()).expect("nothing fails").expect("it goes on")
    }
}

fn put(client: &mut Client, key: &str, value: &str) {
    let (key, value) = (key.to_owned().into(), value.to_owned().into());
    let request = PutRequest { key, value, ..PutRequest::default() };
    client.kv(async |mut kv| kv.put(request).await).expect("it can be");
}

/// What happened, as keys and revisions.
fn told(response: &WatchResponse) -> Vec<(String, i64)> {
    let pairs = response.events.iter().filter_map(|event| event.kv.as_ref());
    pairs.map(|pair| (pair.key.escape_ascii().to_string(), pair.mod_revision)).collect()
}

#[test]
fn whoever_watches_is_told_of_the_past_and_of_what_comes() {
    check(|| {
        let place = place();
        let member = Member::start(config(place.path()));
        let (mut client, mut writer) = (member.client(), member.client());
        put(&mut writer, "a", "1");
        put(&mut writer, "b", "2");
        put(&mut writer, "x", "3");
        let mut stream = Stream::open(&mut client);
        stream.create("a", "c", 2);
        let created = stream.next(&mut client);
        assert!(created.created && created.header.expect("it has one").member_id != 0);
        let mut seen = Vec::new();
        while seen.len() < 2 {
            seen.extend(told(&stream.next(&mut client)));
        }
        put(&mut writer, "x", "4");
        put(&mut writer, "a", "5");
        seen.extend(told(&stream.next(&mut client)));
        let expected = [("a", 2), ("b", 3), ("a", 6)].map(|(key, at)| (key.to_owned(), at));
        assert_eq!(seen, expected, "all of it, once, and nothing else");
        drop(stream);
        member.stop();
    });
}

#[test]
fn watchers_of_a_stream_end_and_are_told_how_far_they_are() {
    check(|| {
        let place = place();
        let member = Member::start(config(place.path()));
        let mut client = member.client();
        let mut stream = Stream::open(&mut client);
        stream.create("a", "", 0);
        stream.create("b", "", 0);
        let numbers = [stream.next(&mut client).watch_id, stream.next(&mut client).watch_id];
        assert_eq!(numbers, [0, 1], "the member chooses numbers");
        stream.want(RequestUnion::ProgressRequest(WatchProgressRequest {}));
        let progress = stream.next(&mut client);
        assert_eq!((progress.watch_id, progress.events.len()), (-1, 0), "all are in sync");
        let request = WatchCancelRequest { watch_id: 1 };
        stream.want(RequestUnion::CancelRequest(request));
        let canceled = stream.next(&mut client);
        assert_eq!((canceled.watch_id, canceled.canceled), (1, true));
        put(&mut client, "b", "1");
        put(&mut client, "a", "2");
        let response = stream.next(&mut client);
        assert_eq!((response.watch_id, told(&response)), (0, vec![("a".to_owned(), 3)]));
        drop(stream);
        member.stop();
    });
}

#[test]
fn a_client_that_fetches_nothing_holds_up_nobody_and_misses_nothing() {
    check(|| {
        let place = place();
        let member = Member::start(config(place.path()));
        let (mut slow, mut client) = (member.client(), member.client());
        let mut stream = Stream::open(&mut slow);
        stream.create("a", "", 0);
        stream.next(&mut slow);
        let value = "v".repeat(20_000);
        for _ in 0..300 {
            put(&mut client, "a", &value);
        }
        let mut seen = Vec::new();
        while seen.len() < 300 {
            seen.extend(told(&stream.next(&mut slow)).into_iter().map(|(_, revision)| revision));
        }
        assert_eq!(seen, (2..302).collect::<Vec<i64>>(), "every put, in order");
        drop(stream);
        member.stop();
    });
}
