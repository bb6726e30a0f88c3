//! Leases, over the wire.

use crate::client::Client;
use crate::member::{Member, config, place};
use api::{
    LeaseGrantRequest, LeaseGrantResponse, LeaseKeepAliveRequest, LeaseLeasesRequest,
    LeaseRevokeRequest, LeaseTimeToLiveRequest, LeaseTimeToLiveResponse, PutRequest, RangeRequest,
};
use harness::check;
use tonic::Status;
use tonic::codegen::tokio_stream;

fn grant(client: &mut Client, id: i64, ttl: i64) -> Result<LeaseGrantResponse, Status> {
    let request = LeaseGrantRequest { id, ttl };
    client.lease(async |mut lease| lease.lease_grant(request).await)
}

fn put(client: &mut Client, key: &str, lease: i64) -> Result<(), Status> {
    let key = key.to_owned().into();
    let request = PutRequest { key, lease, ..PutRequest::default() };
    client.kv(async |mut kv| kv.put(request).await).map(|_| ())
}

fn is_there(client: &mut Client, key: &str) -> bool {
    let request = RangeRequest { key: key.to_owned().into(), ..RangeRequest::default() };
    let found = client.kv(async |mut kv| kv.range(request).await);
    found.expect("it can be read").count == 1
}

fn time_to_live(client: &mut Client, id: i64) -> LeaseTimeToLiveResponse {
    let request = LeaseTimeToLiveRequest { id, keys: true };
    client.lease(async |mut lease| lease.lease_time_to_live(request).await).expect("it is told")
}

fn renew(client: &mut Client, id: i64) -> i64 {
    let answer = client.lease(async |mut lease| {
        let requests = tokio_stream::iter([LeaseKeepAliveRequest { id }]);
        let mut answers = lease.lease_keep_alive(requests).await?.into_inner();
        Ok(tonic::Response::new(answers.message().await?))
    });
    answer.expect("it is answered").expect("there is one for each request").ttl
}

#[test]
fn a_lease_is_granted_renewed_and_revoked_with_its_keys() {
    check(|| {
        let place = place();
        let member = Member::start(config(place.path()));
        let mut client = member.client();
        let granted = grant(&mut client, 0, 500).expect("it can be");
        assert!(granted.id > 0 && granted.ttl == 500, "the member chooses a number: {granted:?}");
        let id = granted.id;
        let taken = grant(&mut client, id, 500).expect_err("the number is taken");
        assert_eq!(taken.message(), "etcdserver: lease already exists");
        put(&mut client, "a", id).expect("the lease is there");
        put(&mut client, "b", id).expect("the lease is there");
        put(&mut client, "c", 0).expect("it needs none");
        let told = time_to_live(&mut client, id);
        assert_eq!((told.granted_ttl, &told.keys[..]), (500, &["a".into(), "b".into()][..]));
        assert!((490..=500).contains(&told.ttl), "as long as it was granted for: {}", told.ttl);
        assert_eq!(renew(&mut client, id), 500);
        let all = client.lease(async |mut lease| lease.lease_leases(LeaseLeasesRequest {}).await);
        assert_eq!(all.expect("they are told").leases.len(), 1);
        let revoke = LeaseRevokeRequest { id };
        let done = client.lease(async |mut lease| lease.lease_revoke(revoke).await);
        assert_eq!(done.expect("it can be").header.expect("it has one").revision, 5);
        assert!(!is_there(&mut client, "a") && !is_there(&mut client, "b"), "they went with it");
        assert!(is_there(&mut client, "c"), "that one had no lease");
        let gone = client.lease(async |mut lease| lease.lease_revoke(revoke).await);
        let gone = gone.expect_err("it is gone");
        assert_eq!(gone.message(), "etcdserver: requested lease not found");
        assert_eq!((renew(&mut client, id), time_to_live(&mut client, id).ttl), (0, -1));
        let refused = put(&mut client, "d", id).expect_err("the lease is gone");
        assert_eq!(refused.message(), "etcdserver: requested lease not found");
        member.stop();
    });
}

#[test]
fn a_lease_that_nobody_renews_ends_with_its_keys() {
    check(|| {
        let place = place();
        let member = Member::start(config(place.path()));
        let mut client = member.client();
        let granted = grant(&mut client, 7, 1).expect("it can be");
        assert_eq!(granted.ttl, 2, "none is shorter");
        put(&mut client, "a", 7).expect("the lease is there");
        while is_there(&mut client, "a") {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        assert_eq!(time_to_live(&mut client, 7).ttl, -1, "it is gone");
        member.stop();
    });
}

#[test]
fn leases_are_there_after_a_start() {
    check(|| {
        let place = place();
        let member = Member::start(config(place.path()));
        let mut client = member.client();
        grant(&mut client, 7, 500).expect("it can be");
        put(&mut client, "a", 7).expect("the lease is there");
        member.stop();
        let member = Member::start(config(place.path()));
        let mut client = member.client();
        assert_eq!(renew(&mut client, 7), 500, "somebody watches over it");
        let told = time_to_live(&mut client, 7);
        assert_eq!((told.granted_ttl, &told.keys[..]), (500, &["a".into()][..]));
        member.stop();
    });
}
