//! Looking after a member, over the wire.

use crate::client::Client;
use crate::member::{Member, config, place};
use api::alarm_request::AlarmAction;
use api::downgrade_request::DowngradeAction;
use api::maintenance_client::MaintenanceClient;
use api::{
    AlarmRequest, AlarmType, CompactionRequest, DefragmentRequest, DeleteRangeRequest,
    DowngradeRequest, HashKvRequest, HashRequest, PutRequest, RangeRequest, SnapshotRequest,
    StatusRequest, StatusResponse,
};
use harness::check;
use server::Config;
use sha2::{Digest, Sha256};
use std::sync::atomic::{AtomicBool, Ordering};
use tonic::codegen::tokio_stream::StreamExt;
use tonic::{Code, Status};

macro_rules! ask {
    ($client:expr, $call:ident, $request:expr) => {
        $client.call(async |connection, origin| {
            MaintenanceClient::with_origin(connection, origin).$call($request).await
        })
    };
}

fn put(client: &mut Client, key: &str, value: Vec<u8>) -> Result<i64, Status> {
    let request =
        PutRequest { key: key.to_owned().into(), value: value.into(), ..Default::default() };
    let done = client.kv(async |mut kv| kv.put(request).await)?;
    Ok(done.header.expect("every answer has one").revision)
}

fn status(client: &mut Client) -> StatusResponse {
    ask!(client, status, StatusRequest {}).expect("it can be asked")
}

fn alarm(client: &mut Client, action: AlarmAction, alarm: AlarmType) -> usize {
    let (action, alarm) = (action as i32, alarm as i32);
    let request = AlarmRequest { action, alarm, member_id: 0 };
    ask!(client, alarm, request).expect("it can be").alarms.len()
}

#[test]
fn a_full_store_refuses_what_grows_until_there_is_room_and_the_alarm_is_cleared() {
    check(|| {
        let place = place();
        let quota = 1 << 20;
        let small = Config { quota: Some(quota), ..config(place.path()) };
        let member = Member::start(small.clone());
        let mut client = member.client();
        let refused = loop {
            match put(&mut client, "a", vec![7; 100_000]) {
                Ok(revision) => assert!(revision < 1_000, "it is never full"),
                Err(refused) => break refused,
            }
        };
        assert_eq!(refused.code(), Code::ResourceExhausted);
        assert_eq!(refused.message(), "etcdserver: mvcc: database space exceeded");
        // The alarm is on its way: it is there for whoever asks now and then.
        while status(&mut client).errors.is_empty() {}
        let id = status(&mut client).leader;
        assert_eq!(status(&mut client).errors, [format!("memberID:{id} alarm:NOSPACE")]);
        put(&mut client, "b", Vec::new()).expect_err("a small one neither");
        drop(client);
        member.stop();

        let member = Member::start(small);
        let mut client = member.client();
        put(&mut client, "b", Vec::new()).expect_err("a restart does not help");
        let delete = DeleteRangeRequest { key: "a".into(), ..Default::default() };
        let done = client.kv(async |mut kv| kv.delete_range(delete).await).expect("it can be");
        let revision = done.header.expect("every answer has one").revision;
        let compact = CompactionRequest { revision, physical: true };
        client.kv(async |mut kv| kv.compact(compact).await).expect("it can be");
        ask!(client, defragment, DefragmentRequest {}).expect("it can be");
        assert!(status(&mut client).db_size < 200_000, "the pages are gone");
        let refused = put(&mut client, "b", Vec::new()).expect_err("the alarm is still there");
        assert_eq!(refused.code(), Code::ResourceExhausted);
        let clear = AlarmRequest {
            action: AlarmAction::Deactivate as i32,
            alarm: AlarmType::Nospace as i32,
            member_id: id,
        };
        assert_eq!(ask!(client, alarm, clear).expect("it can be").alarms.len(), 1);
        put(&mut client, "b", Vec::new()).expect("there is room");
        member.stop();
    });
}

#[test]
fn a_corrupt_store_is_read_and_not_written() {
    check(|| {
        let place = place();
        let member = Member::start(config(place.path()));
        let mut client = member.client();
        put(&mut client, "a", Vec::new()).expect("it can be");
        assert_eq!(alarm(&mut client, AlarmAction::Activate, AlarmType::Corrupt), 1);
        let refused = put(&mut client, "a", Vec::new()).expect_err("nobody knows what is there");
        assert_eq!(
            (refused.code(), refused.message()),
            (Code::DataLoss, "etcdserver: corrupt cluster")
        );
        let get = RangeRequest { key: "a".into(), ..Default::default() };
        client.kv(async |mut kv| kv.range(get).await).expect("it can be read");
        assert_eq!(alarm(&mut client, AlarmAction::Deactivate, AlarmType::Corrupt), 1);
        assert_eq!(alarm(&mut client, AlarmAction::Deactivate, AlarmType::Corrupt), 0);
        assert_eq!(alarm(&mut client, AlarmAction::Get, AlarmType::None), 0);
        put(&mut client, "a", Vec::new()).expect("it can be");
        let unknown = AlarmRequest { alarm: 9, action: 1, member_id: 0 };
        let refused = ask!(client, alarm, unknown).expect_err("there is no such alarm");
        assert_eq!(refused.code(), Code::InvalidArgument);
        member.stop();
    });
}

#[test]
fn an_image_is_whole_and_opens_as_a_store() {
    check(|| {
        let place = place();
        let member = Member::start(config(place.path()));
        let mut client = member.client();
        for at in 0..20 {
            put(&mut client, &format!("k{at}"), vec![at; 5_000]).expect("it can be");
        }
        let mut pieces = ask!(client, snapshot, SnapshotRequest {}).expect("it begins");
        let mut all = Vec::new();
        while let Some(piece) = client.wait(pieces.next()) {
            all.push(piece.expect("it goes on"));
        }
        let digest = all.pop().expect("it ends with a digest");
        let image: Vec<u8> = all.iter().flat_map(|piece| piece.blob.to_vec()).collect();
        assert_eq!(digest.blob[..], Sha256::digest(&image)[..], "it is the image's");
        assert_eq!(digest.remaining_bytes, 0);
        let (last, others) = all.split_last().expect("there are pieces");
        assert!(others.iter().all(|piece| piece.blob.len() == 32 << 10), "all of one length");
        assert!(last.blob.len() <= 32 << 10);
        let mut left = image.len() as u64;
        for piece in &all {
            left -= piece.blob.len() as u64;
            assert_eq!((piece.remaining_bytes, &piece.version[..]), (left, "3.7.0"));
        }
        std::fs::write(place.path().join("copy"), image).expect("there is room");
        let folder = bolt::Folder::new(place.path());
        let copy = bolt::Store::open(folder, "copy", bolt::Options::default());
        copy.expect("it is a store").check().expect("every page is sound");
        member.stop();
    });
}

#[test]
fn an_image_and_a_compaction_come_to_their_end_while_others_write() {
    check(|| {
        let place = place();
        let member = Member::start(config(place.path()));
        let (mut client, mut other) = (member.client(), member.client());
        let is_over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let writes = scope.spawn(|| {
                let mut count = 0;
                while !is_over.load(Ordering::Relaxed) {
                    put(&mut other, "a", vec![1; 100]).expect("it can be");
                    count += 1;
                }
                count
            });
            for _ in 0..3 {
                let mut pieces = ask!(client, snapshot, SnapshotRequest {}).expect("it begins");
                while let Some(piece) = client.wait(pieces.next()) {
                    piece.expect("it goes on");
                }
                let get = RangeRequest { key: "a".into(), ..Default::default() };
                let found = client.kv(async |mut kv| kv.range(get).await).expect("it can be read");
                let revision = found.header.expect("every answer has one").revision;
                let compact = CompactionRequest { revision, physical: true };
                client.kv(async |mut kv| kv.compact(compact).await).expect("it can be");
            }
            is_over.store(true, Ordering::Relaxed);
            assert!(writes.join().expect("it only writes") > 0);
        });
        member.stop();
    });
}

#[test]
fn hashes_are_of_what_is_stored_and_not_of_how_far_it_is() {
    check(|| {
        let (one, other) = (place(), place());
        let members = [&one, &other].map(|place| Member::start(config(place.path())));
        let mut hashes = Vec::new();
        for member in &members {
            let mut client = member.client();
            for at in 0..10 {
                put(&mut client, &format!("k{}", at % 4), vec![at; 100]).expect("it can be");
            }
            let past = ask!(client, hash_kv, HashKvRequest { revision: 7 }).expect("it can be");
            assert_eq!((past.compact_revision, past.hash_revision), (-1, 7));
            let compact = CompactionRequest { revision: 5, physical: true };
            client.kv(async |mut kv| kv.compact(compact).await).expect("it can be");
            let now = ask!(client, hash_kv, HashKvRequest { revision: 0 }).expect("it can be");
            assert_eq!((now.compact_revision, now.hash_revision), (5, 11));
            let gone = ask!(client, hash_kv, HashKvRequest { revision: 4 });
            assert_eq!(gone.expect_err("it is compacted").code(), Code::OutOfRange);
            let all = ask!(client, hash, HashRequest {}).expect("it can be").hash;
            hashes.push((past.hash, now.hash, all));
        }
        assert_eq!(hashes[0], hashes[1], "the same history has the same hashes");
        members.into_iter().for_each(Member::stop);
    });
}

#[test]
fn a_downgrade_is_one_minor_version_at_a_time() {
    check(|| {
        let place = place();
        let member = Member::start(config(place.path()));
        let mut client = member.client();
        let mut downgrade = |action: DowngradeAction, version: &str| {
            let (action, version) = (action as i32, version.to_owned());
            ask!(client, downgrade, DowngradeRequest { action, version })
                .map(|done| done.version)
                .map_err(|refused| refused.message().to_owned())
        };
        for wrong in ["", "3", "x", "3.6.0.1", "3.-6", "3."] {
            let told = Err("etcdserver: wrong downgrade target version format".to_owned());
            assert_eq!(downgrade(DowngradeAction::Validate, wrong), told, "{wrong}");
        }
        for wrong in ["3.7", "3.5", "2.6", "3.8"] {
            let told = Err("etcdserver: invalid downgrade target version".to_owned());
            assert_eq!(downgrade(DowngradeAction::Enable, wrong), told, "{wrong}");
        }
        assert_eq!(downgrade(DowngradeAction::Validate, "3.6"), Ok("3.7".to_owned()));
        assert_eq!(downgrade(DowngradeAction::Enable, "3.6.5"), Ok("3.7".to_owned()));
        let told = Err("etcdserver: cluster has a downgrade job in progress".to_owned());
        assert_eq!(downgrade(DowngradeAction::Enable, "3.6"), told);
        let info = status(&mut client).downgrade_info.expect("it is always there");
        assert_eq!((info.enabled, &info.target_version[..]), (true, "3.6.0"));
        let cancel =
            DowngradeRequest { action: DowngradeAction::Cancel as i32, ..Default::default() };
        ask!(client, downgrade, cancel).expect("it can be");
        assert!(!status(&mut client).downgrade_info.expect("it is always there").enabled);
        member.stop();
    });
}
