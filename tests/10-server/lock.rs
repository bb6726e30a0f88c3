//! Locks, over the wire.

use crate::client::Client;
use crate::member::{Member, config, place};
use api::{LeaseTimeToLiveRequest, LockRequest, LockResponse, UnlockRequest};
use harness::check;
use tokio::task::JoinHandle;
use tonic::{Code, Response, Status};

type Locked = Result<Response<LockResponse>, Status>;

/// Asks for a lock.
fn ask(client: &Client, name: &str, lease: i64) -> JoinHandle<Locked> {
    let (mut locks, name) = (client.locks(), name.to_owned().into());
    client.begin(async move { locks.lock(LockRequest { name, lease }).await })
}

/// What became of that: the key, and the revision of the answer.
fn had(client: &mut Client, asked: JoinHandle<Locked>) -> (String, i64) {
    let locked = client.wait(asked).expect("it is not given up").expect("it has the lock");
    let LockResponse { header, key } = locked.into_inner();
    (key.escape_ascii().to_string(), header.expect("it has one").revision)
}

fn refused(client: &mut Client, asked: JoinHandle<Locked>) -> (Code, String) {
    let status = client.wait(asked).expect("it is not given up").expect_err("it has no lock");
    (status.code(), status.message().to_owned())
}

fn unlock(client: &mut Client, key: &str) -> Result<i64, Status> {
    let (mut locks, key) = (client.locks(), key.to_owned().into());
    let unlocked = client.wait(locks.unlock(UnlockRequest { key }))?.into_inner();
    Ok(unlocked.header.expect("it has one").revision)
}

#[test]
fn a_lock_is_a_key_of_the_lease() {
    check(|| {
        let place = place();
        let member = Member::start(config(place.path()));
        let mut client = member.client();
        client.grant(31, 600);
        let asked = ask(&client, "lk", 31);
        assert_eq!(had(&mut client, asked), ("lk/1f".to_owned(), 2));
        let asked = ask(&client, "lk", 31);
        assert_eq!(had(&mut client, asked), ("lk/1f".to_owned(), 2), "it has it already");
        let [pair] = &client.queue("lk")[..] else { panic!("there is one") };
        assert_eq!((pair.create_revision, pair.lease, pair.value.len()), (2, 31, 0));
        assert_eq!(unlock(&mut client, "lk/1f").expect("it can be"), 3);
        assert_eq!(unlock(&mut client, "lk/1f").expect("it is gone, so be it"), 3);
        let refused = unlock(&mut client, "").expect_err("there is no such key");
        let text = "etcdserver: key is not provided";
        assert_eq!((refused.code(), refused.message()), (Code::Unknown, text));
        client.grant(-77, 600);
        let asked = ask(&client, "", -77);
        assert_eq!(had(&mut client, asked).0, "/-4d", "neither is forbidden");
        member.stop();
    });
}

#[test]
fn a_lock_without_a_lease_gets_one_and_with_an_unknown_one_is_refused() {
    check(|| {
        let place = place();
        let member = Member::start(config(place.path()));
        let mut client = member.client();
        let asked = ask(&client, "lk", 999);
        let text = "etcdserver: requested lease not found".to_owned();
        assert_eq!(refused(&mut client, asked), (Code::Unknown, text));
        assert!(client.queue("lk").is_empty());
        let asked = ask(&client, "lk", 0);
        let (key, _) = had(&mut client, asked);
        let id = client.queue("lk")[0].lease;
        assert_eq!(key, format!("lk/{id:x}"));
        let request = LeaseTimeToLiveRequest { id, keys: false };
        let told = client.lease(async |mut lease| lease.lease_time_to_live(request).await);
        assert_eq!(told.expect("it is told").granted_ttl, 60);
        member.stop();
    });
}

#[test]
fn locks_are_had_in_the_order_in_which_they_were_asked_for() {
    check(|| {
        let place = place();
        let member = Member::start(config(place.path()));
        let (mut client, other) = (member.client(), member.client());
        for lease in [1, 2, 3] {
            client.grant(lease, 600);
        }
        let asked = ask(&client, "lk", 3);
        had(&mut client, asked);
        let second = ask(&other, "lk", 1);
        client.wait_for_queue("lk", 2);
        let third = ask(&client, "lk", 2);
        client.wait_for_queue("lk", 3);
        assert_eq!(unlock(&mut client, "lk/3").expect("it can be"), 5);
        assert_eq!(had(&mut client, second), ("lk/1".to_owned(), 5));
        assert!(!third.is_finished(), "it is not its turn");
        assert_eq!(unlock(&mut client, "lk/1").expect("it can be"), 6);
        assert_eq!(had(&mut client, third), ("lk/2".to_owned(), 6));
        member.stop();
    });
}

#[test]
fn whoever_goes_away_while_it_waits_gives_its_place_up() {
    check(|| {
        let place = place();
        let member = Member::start(config(place.path()));
        let mut client = member.client();
        for lease in [1, 2, 3] {
            client.grant(lease, 600);
        }
        let asked = ask(&client, "lk", 1);
        had(&mut client, asked);
        let gone = ask(&client, "lk", 2);
        client.wait_for_queue("lk", 2);
        let third = ask(&client, "lk", 3);
        client.wait_for_queue("lk", 3);
        gone.abort();
        client.wait_for_queue("lk", 2);
        unlock(&mut client, "lk/1").expect("it can be");
        assert_eq!(had(&mut client, third).0, "lk/3");
        member.stop();
    });
}

#[test]
fn whoever_has_lost_its_place_while_it_waited_is_told() {
    check(|| {
        let place = place();
        let member = Member::start(config(place.path()));
        let mut client = member.client();
        client.grant(1, 600);
        client.grant(2, 1);
        let asked = ask(&client, "lk", 1);
        had(&mut client, asked);
        let late = ask(&client, "lk", 2);
        client.wait_for_queue("lk", 2);
        // The lease ends.
        client.wait_for_queue("lk", 1);
        assert!(!late.is_finished(), "it does not know yet");
        unlock(&mut client, "lk/1").expect("it can be");
        let text = "mutex: session is expired".to_owned();
        assert_eq!(refused(&mut client, late), (Code::Unknown, text));
        member.stop();
    });
}

#[test]
fn any_number_may_wait_and_the_lock_is_still_given_up() {
    check(|| {
        let place = place();
        let member = Member::start(config(place.path()));
        let mut client = member.client();
        client.grant(1, 600);
        client.grant(2, 600);
        let asked = ask(&client, "lk", 1);
        had(&mut client, asked);
        // All of them on the connection by which the lock is given up.
        let waiting: Vec<_> = (0..300).map(|_| ask(&client, "lk", 2)).collect();
        client.wait_for_queue("lk", 2);
        unlock(&mut client, "lk/1").expect("it can be");
        for asked in waiting {
            assert_eq!(had(&mut client, asked).0, "lk/2");
        }
        member.stop();
    });
}
