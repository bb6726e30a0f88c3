//! Elections, over the wire.

use crate::client::Client;
use crate::member::{Member, config, place};
use api::{
    CampaignRequest, CampaignResponse, LeaderKey, LeaderRequest, LeaderResponse, ProclaimRequest,
    PutRequest, ResignRequest, ResponseHeader,
};
use harness::check;
use tokio::task::JoinHandle;
use tonic::{Code, Response, Status};

type Campaigned = Result<Response<CampaignResponse>, Status>;

fn campaign(client: &Client, name: &str, lease: i64, value: &str) -> JoinHandle<Campaigned> {
    let (name, value) = (name.to_owned().into(), value.to_owned().into());
    let mut elections = client.elections();
    client.begin(async move { elections.campaign(CampaignRequest { name, lease, value }).await })
}

/// Who leads now, and the revision of the answer.
fn won(client: &mut Client, campaigned: JoinHandle<Campaigned>) -> (LeaderKey, i64) {
    let won = client.wait(campaigned).expect("it is not given up").expect("it leads");
    let CampaignResponse { header, leader } = won.into_inner();
    (leader.expect("it is said"), revision(header))
}

fn proclaim(client: &mut Client, leader: Option<LeaderKey>, value: &str) -> Result<i64, String> {
    let (mut elections, value) = (client.elections(), value.to_owned().into());
    let proclaimed = client.wait(elections.proclaim(ProclaimRequest { leader, value }));
    proclaimed.map(|response| revision(response.into_inner().header)).map_err(unknown)
}

fn resign(client: &mut Client, leader: Option<LeaderKey>) -> Result<i64, String> {
    let mut elections = client.elections();
    let resigned = client.wait(elections.resign(ResignRequest { leader }));
    resigned.map(|response| revision(response.into_inner().header)).map_err(unknown)
}

/// The leader's key and value.
fn leader(client: &mut Client, name: &str) -> Result<(String, String), String> {
    let (mut elections, name) = (client.elections(), name.to_owned().into());
    let told = client.wait(elections.leader(LeaderRequest { name })).map_err(unknown)?;
    let (key, value, _) = said(told.into_inner());
    Ok((key, value))
}

/// Key, value and revision of an answer.
fn said(response: LeaderResponse) -> (String, String, i64) {
    let pair = response.kv.expect("it is said");
    let [key, value] = [pair.key, pair.value].map(|bytes| bytes.escape_ascii().to_string());
    (key, value, revision(response.header))
}

fn revision(header: Option<ResponseHeader>) -> i64 {
    header.expect("it has one").revision
}

/// The text of an error, all of which are unknown ones here.
fn unknown(status: Status) -> String {
    assert_eq!(status.code(), Code::Unknown, "{status}");
    status.message().to_owned()
}

fn put(client: &mut Client, key: &str, value: &str) {
    let (key, value) = (key.to_owned().into(), value.to_owned().into());
    let request = PutRequest { key, value, ..PutRequest::default() };
    client.kv(async |mut kv| kv.put(request).await).expect("it can be");
}

#[test]
fn a_campaign_makes_a_leader_and_again_changes_what_it_says() {
    check(|| {
        let place = place();
        let member = Member::start(config(place.path()));
        let mut client = member.client();
        client.grant(31, 600);
        assert_eq!(leader(&mut client, "el"), Err("election: no leader".to_owned()));
        let campaigned = campaign(&client, "el", 31, "v1");
        let (first, revision) = won(&mut client, campaigned);
        let expected = LeaderKey { name: "el".into(), key: "el/1f".into(), rev: 2, lease: 31 };
        assert_eq!((&first, revision), (&expected, 2));
        assert_eq!(leader(&mut client, "el"), Ok(("el/1f".to_owned(), "v1".to_owned())));
        put(&mut client, "x", "");
        let campaigned = campaign(&client, "el", 31, "v1");
        assert_eq!(won(&mut client, campaigned), (expected.clone(), 3), "nothing changes");
        let campaigned = campaign(&client, "el", 31, "v2");
        assert_eq!(won(&mut client, campaigned), (expected, 3), "of the moment before");
        assert_eq!(leader(&mut client, "el"), Ok(("el/1f".to_owned(), "v2".to_owned())));
        let unknown_lease = campaign(&client, "el", 999, "v1");
        let status = client.wait(unknown_lease).expect("it is not given up");
        let text = unknown(status.expect_err("there is no such lease"));
        assert_eq!(text, "etcdserver: requested lease not found");
        let campaigned = campaign(&client, "other", 0, "v1");
        let (other, _) = won(&mut client, campaigned);
        assert_eq!(other.key, format!("other/{:x}", other.lease), "it got a lease");
        member.stop();
    });
}

#[test]
fn a_leader_proclaims_and_resigns_as_long_as_it_leads() {
    check(|| {
        let place = place();
        let member = Member::start(config(place.path()));
        let mut client = member.client();
        client.grant(31, 600);
        let campaigned = campaign(&client, "el", 31, "v1");
        let (first, _) = won(&mut client, campaigned);
        assert_eq!(proclaim(&mut client, Some(first.clone()), "v2"), Ok(3));
        let no_leader = Err("\"leader\" field must be provided".to_owned());
        assert_eq!(proclaim(&mut client, None, "v3"), no_leader);
        assert_eq!(resign(&mut client, None), no_leader);
        let no_key = Err("etcdserver: key is not provided".to_owned());
        assert_eq!(proclaim(&mut client, Some(LeaderKey::default()), "v3"), no_key);
        assert_eq!(resign(&mut client, Some(LeaderKey::default())), no_key);
        let not_leader = Err("election: not leader".to_owned());
        let before = LeaderKey { rev: 1, ..first.clone() };
        assert_eq!(proclaim(&mut client, Some(before.clone()), "v3"), not_leader);
        assert_eq!(resign(&mut client, Some(before)), Ok(3), "it is gone, so be it");
        assert_eq!(leader(&mut client, "el"), Ok(("el/1f".to_owned(), "v2".to_owned())));
        let late = LeaderKey { lease: 999, ..first.clone() };
        let no_lease = Err("etcdserver: requested lease not found".to_owned());
        assert_eq!(proclaim(&mut client, Some(late), "v3"), no_lease);
        assert_eq!(resign(&mut client, Some(first.clone())), Ok(4));
        assert_eq!(resign(&mut client, Some(first.clone())), Ok(4));
        assert_eq!(proclaim(&mut client, Some(first), "v3"), not_leader);
        assert_eq!(leader(&mut client, "el"), Err("election: no leader".to_owned()));
        member.stop();
    });
}

#[test]
fn whoever_campaigns_waits_for_those_before_it() {
    check(|| {
        let place = place();
        let member = Member::start(config(place.path()));
        let mut client = member.client();
        for lease in [1, 2, 3] {
            client.grant(lease, 600);
        }
        let campaigned = campaign(&client, "el", 1, "v1");
        let (first, _) = won(&mut client, campaigned);
        let gone = campaign(&client, "el", 2, "v2");
        client.wait_for_queue("el", 2);
        let third = campaign(&client, "el", 3, "v3");
        client.wait_for_queue("el", 3);
        gone.abort();
        client.wait_for_queue("el", 2);
        assert!(!third.is_finished(), "the first one leads");
        resign(&mut client, Some(first)).expect("it leads");
        let (third, revision) = won(&mut client, third);
        assert_eq!((&third.key[..], third.rev, revision), (&b"el/3"[..], 4, 4));
        member.stop();
    });
}

#[test]
fn whoever_observes_is_told_of_every_leader_and_every_value() {
    check(|| {
        let place = place();
        let member = Member::start(config(place.path()));
        let (mut client, mut writer) = (member.client(), member.client());
        let mut elections = client.elections();
        let observed = client.wait(elections.observe(LeaderRequest { name: "el".into() }));
        let mut observed = observed.expect("nobody leads, but somebody may").into_inner();
        let mut next = |client: &mut Client| {
            said(client.wait(observed.message()).expect("it goes well").expect("it goes on"))
        };
        let told = |key: &str, value: &str, revision| (key.to_owned(), value.to_owned(), revision);
        for lease in [1, 2] {
            writer.grant(lease, 600);
        }
        put(&mut writer, "elsewhere", "");
        let campaigned = campaign(&writer, "el", 1, "v1");
        let (first, _) = won(&mut writer, campaigned);
        assert_eq!(next(&mut client), told("el/1", "v1", 3));
        let second = campaign(&writer, "el", 2, "w1");
        writer.wait_for_queue("el", 2);
        proclaim(&mut writer, Some(first.clone()), "v2").expect("it leads");
        assert_eq!(next(&mut client), told("el/1", "v2", 5), "what waits is not told of");
        resign(&mut writer, Some(first)).expect("it leads");
        let (second, _) = won(&mut writer, second);
        assert_eq!(next(&mut client), told("el/2", "w1", 6));
        resign(&mut writer, Some(second)).expect("it leads");
        put(&mut writer, "el/any", "x");
        assert_eq!(next(&mut client), told("el/any", "x", 8), "any key of the queue is one");
        drop(observed);
        member.stop();
    });
}
