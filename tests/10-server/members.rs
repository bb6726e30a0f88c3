//! The list of members, over the wire.

use crate::client::Client;
use crate::member::{Member, config, place};
use api::cluster_client::ClusterClient;
use api::{
    MemberAddRequest, MemberListRequest, MemberPromoteRequest, MemberRemoveRequest,
    MemberUpdateRequest, PutRequest,
};
use harness::check;
use server::Config;
use tonic::Code;

macro_rules! ask {
    ($client:expr, $call:ident, $request:expr) => {
        $client.call(async |connection, origin| {
            ClusterClient::with_origin(connection, origin).$call($request).await
        })
    };
}

fn members(client: &mut Client) -> Vec<api::Member> {
    let listed = ask!(client, member_list, MemberListRequest { linearizable: true });
    listed.expect("it can be").members
}

fn learner(url: &str) -> MemberAddRequest {
    MemberAddRequest { peer_urls: vec![url.to_owned()], is_learner: true }
}

#[test]
fn a_member_is_known_by_its_name_when_it_serves() {
    check(|| {
        let place = place();
        let named = |name: &str| {
            let mut config = Config { name: name.to_owned(), ..config(place.path()) };
            name.clone_into(&mut config.initial_cluster[0].name);
            config
        };
        for name in ["first", "second"] {
            let member = Member::start(named(name));
            let mut client = member.client();
            // A member that starts anew with another name says so.
            let mut found = members(&mut client);
            while found[0].name != name {
                found = members(&mut client);
            }
            assert_eq!(found.len(), 1);
            assert_eq!(found[0].client_urls, config(place.path()).client_urls);
            drop(client);
            member.stop();
        }
    });
}

#[test]
fn a_learner_comes_moves_and_goes_and_a_restart_knows_it() {
    check(|| {
        let place = place();
        let member = Member::start(config(place.path()));
        let mut client = member.client();
        let own = members(&mut client)[0].id;
        let added = ask!(client, member_add, learner("http://10.0.0.1:1")).expect("it can be");
        let header = added.header.expect("every answer has one");
        assert_eq!(header.revision, 0, "answers about members say nothing of revisions");
        let id = added.member.expect("it is there").id;
        assert!(added.members.is_sorted_by_key(|member| member.id), "in order");
        let second = ask!(client, member_add, learner("http://10.0.0.2:1"));
        let told = "etcdserver: too many learner members in cluster";
        assert_eq!(second.expect_err("one is enough").message(), told);
        let promoted = ask!(client, member_promote, MemberPromoteRequest { id });
        let told = "etcdserver: can only promote a learner member which is in sync with leader";
        assert_eq!(promoted.expect_err("it has nothing").message(), told);
        drop(client);
        member.stop();

        let member = Member::start(config(place.path()));
        let mut client = member.client();
        let found = members(&mut client);
        assert!(found.iter().any(|member| member.id == id && member.is_learner), "{found:?}");
        let moved = MemberUpdateRequest { id, peer_urls: vec!["http://10.0.0.3:1".to_owned()] };
        let found = ask!(client, member_update, moved).expect("it can be").members;
        assert!(found.iter().any(|member| member.peer_urls == ["http://10.0.0.3:1"]));
        ask!(client, member_remove, MemberRemoveRequest { id }).expect("it can be");
        let again = ask!(client, member_remove, MemberRemoveRequest { id });
        assert_eq!(again.expect_err("it is gone").code(), Code::NotFound);
        let last = ask!(client, member_remove, MemberRemoveRequest { id: own });
        let told = "etcdserver: re-configuration failed due to not enough started members";
        assert_eq!(last.expect_err("nobody would be left").message(), told);
        assert_eq!(members(&mut client).len(), 1);
        member.stop();
    });
}

#[test]
fn a_voter_that_nobody_has_started_holds_nothing_up() {
    check(|| {
        let place = place();
        let member = Member::start(config(place.path()));
        let mut client = member.client();
        let voter = MemberAddRequest { is_learner: false, ..learner("http://10.0.0.1:1") };
        let added = ask!(client, member_add, voter).expect("one may become two");
        assert!(added.members.iter().all(|member| !member.is_learner), "{added:?}");
        let put = PutRequest { key: "a".into(), ..PutRequest::default() };
        client.kv(async |mut kv| kv.put(put).await).expect("it goes on");
        member.stop();
        // And it starts again alone.
        let member = Member::start(config(place.path()));
        let mut client = member.client();
        assert_eq!(members(&mut client).len(), 2);
        member.stop();
    });
}

#[test]
fn an_address_is_a_scheme_a_host_and_a_port() {
    check(|| {
        let place = place();
        let member = Member::start(config(place.path()));
        let mut client = member.client();
        for url in [
            "",
            "nonsense",
            "http://10.0.0.1",
            "http://10.0.0.1:x",
            "http://10.0.0.1:1/path",
            "ftp://10.0.0.1:1",
            "http://:1",
            "http://a b:1",
            "http://1::2:3",
            "http://a:99999",
        ] {
            let refused = ask!(client, member_add, learner(url)).expect_err(url);
            assert_eq!(refused.message(), "etcdserver: given member URLs are invalid", "{url}");
        }
        let none = MemberAddRequest { peer_urls: Vec::new(), is_learner: true };
        let refused = ask!(client, member_add, none).expect_err("there must be one");
        assert_eq!(refused.code(), Code::InvalidArgument);
        ask!(client, member_add, learner("https://[::1]:2380")).expect("brackets keep its colons");
        member.stop();
    });
}

#[test]
fn no_address_is_given_twice_at_the_same_time() {
    check(|| {
        let place = place();
        let member = Member::start(Config { max_learners: 100, ..config(place.path()) });
        let (mut client, mut other) = (member.client(), member.client());
        let added = ask!(client, member_add, learner("http://10.0.0.1:1")).expect("it can be");
        let id = added.member.expect("it is told").id;
        for at in 0..20 {
            let url = format!("http://10.0.1.1:{at}");
            let update = MemberUpdateRequest { id, peer_urls: vec![url.clone()] };
            let (updated, added) = std::thread::scope(|scope| {
                let updated = scope.spawn(|| ask!(other, member_update, update));
                let added = ask!(client, member_add, learner(&url));
                (updated.join().expect("it does not panic"), added)
            });
            assert!(updated.is_ok() != added.is_ok(), "{updated:?} {added:?}");
            let found = members(&mut client);
            let all = found.iter().filter(|member| member.peer_urls.contains(&url));
            assert_eq!(all.count(), 1, "{found:#?}");
        }
        member.stop();
    });
}
