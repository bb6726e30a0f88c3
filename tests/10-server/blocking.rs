//! Work outside of a runtime: whose turn it is.

use harness::check;
use server::Blocking;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::mpsc::channel;
use std::task::Poll;
use tokio::runtime::Builder;

/// Runs on a runtime like those of a member.
fn on_a_runtime(test: impl AsyncFn() + Send + Sync + 'static) {
    check(move || {
        let runtime = Builder::new_current_thread().enable_all().build();
        runtime.expect("there is room").block_on(test());
    });
}

/// Lets a future begin. It is not done with that.
async fn begin<T>(mut future: Pin<&mut impl Future<Output = T>>) {
    poll_fn(|context| {
        assert!(future.as_mut().poll(context).is_pending(), "it waits");
        Poll::Ready(())
    })
    .await;
}

#[test]
fn turns_are_given_in_order() {
    on_a_runtime(async || {
        let blocking = Blocking::new(1);
        let (done, order) = channel();
        let (go_on, waits) = channel::<()>();
        let work = |number: u32| {
            let done = done.clone();
            move || done.send(number).expect("it is read")
        };
        let mut busy = pin!(blocking.run(move || waits.recv().expect("it is told to go on")));
        begin(busy.as_mut()).await;
        let mut first = pin!(blocking.run(work(1)));
        begin(first.as_mut()).await;
        let mut second = pin!(blocking.run(work(2)));
        begin(second.as_mut()).await;
        go_on.send(()).expect("it waits for that");
        // Asked for in another order than that in which they were begun.
        tokio::join!(second, first, busy);
        assert_eq!(order.try_iter().collect::<Vec<_>>(), [1, 2]);
    });
}

#[test]
fn work_of_whoever_has_gone_is_not_begun() {
    on_a_runtime(async || {
        let blocking = Blocking::new(1);
        let (go_on, waits) = channel::<()>();
        let mut busy = pin!(blocking.run(move || waits.recv().expect("it is told to go on")));
        begin(busy.as_mut()).await;
        let mut gone = Box::pin(blocking.run(|| panic!("nobody wants this any more")));
        begin(gone.as_mut()).await;
        let mut stays = pin!(blocking.run(|| "done"));
        begin(stays.as_mut()).await;
        drop(gone);
        go_on.send(()).expect("it waits for that");
        assert_eq!(tokio::join!(busy, stays).1, "done");
    });
}

#[test]
fn work_that_was_begun_keeps_its_turn_until_its_end() {
    on_a_runtime(async || {
        let blocking = Blocking::new(1);
        let (go_on, waits) = channel::<()>();
        let (done, ended) = channel();
        let mut gone = Box::pin(blocking.run(move || {
            waits.recv().expect("it is told to go on");
            done.send("ended").expect("it is read");
        }));
        begin(gone.as_mut()).await;
        drop(gone);
        let mut next = pin!(blocking.run(move || ended.try_recv()));
        begin(next.as_mut()).await;
        go_on.send(()).expect("it waits for that");
        assert_eq!(next.await, Ok("ended"), "it was over before the next began");
    });
}
