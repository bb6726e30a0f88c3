//! When what is written gets to the disk, and what becomes of those who wait for it.

use crate::client::Client;
use crate::http::Http;
use crate::member::{Member, Process, config, place, program};
use api::maintenance_client::MaintenanceClient;
use api::{CompactionRequest, DefragmentRequest, PutRequest, SnapshotRequest};
use harness::check;
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use server::Config;
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tonic::codegen::tokio_stream::StreamExt;
use tonic::{Code, Status};

fn put(client: &mut Client, key: &str, length: usize) -> Result<(), Status> {
    let (key, value) = (key.to_owned().into(), vec![7; length].into());
    let request = PutRequest { key, value, ..Default::default() };
    client.kv(async |mut kv| kv.put(request).await).map(|_| ())
}

/// How often something was brought to the disk.
fn commits(member: &Member) -> u64 {
    let page = Http::new(member.address).get("/metrics").body;
    let name = "etcd_disk_backend_commit_duration_seconds_count ";
    let line = page.lines().find_map(|line| line.strip_prefix(name));
    line.expect("it is there").parse().expect("it is a number")
}

#[test]
fn rows_are_committed_once_they_are_many() {
    check(|| {
        let place = place();
        let seldom = Config {
            batch_interval: Duration::from_secs(3_600),
            batch_limit: 5,
            ..config(place.path())
        };
        let member = Member::start(seldom);
        let mut client = member.client();
        for round in 0..3 {
            let before = commits(&member);
            for at in 0..5 {
                put(&mut client, &format!("{round}-{at}"), 1).expect("it can be");
            }
            while commits(&member) == before {}
        }
        let before = commits(&member);
        assert!((3..=6).contains(&before), "not for every row: {before}");
        member.stop();
    });
}

#[test]
fn a_compaction_rests_between_its_steps() {
    check(|| {
        let place = place();
        let sleep = Duration::from_millis(20);
        let mut slow = config(place.path());
        (slow.compaction.batch, slow.compaction.sleep) = (1, sleep);
        let member = Member::start(slow);
        let mut client = member.client();
        for at in 0..10 {
            put(&mut client, &format!("{at}"), 1).expect("it can be");
        }
        let began = Instant::now();
        let compact = CompactionRequest { revision: 11, physical: true };
        client.kv(async |mut kv| kv.compact(compact).await).expect("it can be");
        assert!(began.elapsed() >= 9 * sleep, "{:?}", began.elapsed());
        member.stop();
    });
}

#[test]
fn a_snapshot_comes_after_so_many_entries() {
    check(|| {
        let place = place();
        let mut process = Process::start(place.path(), &["--snapshot-count=10"]);
        let mut client = Client::new(process.address());
        let mut last = 0;
        for at in 0..3 {
            for at in 0..12 {
                put(&mut client, &format!("{at}"), 1).expect("it can be");
            }
            let line = process.wait_for("triggering snapshot");
            let number = |name: &str| line[name].as_u64().expect("it is a number");
            assert_eq!(number("local-member-snapshot-count"), 10);
            let (before, now) =
                (number("local-member-snapshot-index"), number("local-member-applied-index"));
            assert!(at == 0 || before == last, "{line}");
            assert!(now > before + 10, "{line}");
            last = process.wait_for("saved snapshot to disk")["snapshot-index"]
                .as_u64()
                .expect("it is a number");
            assert_eq!(last, now);
        }
    });
}

/// A member whose files cannot become longer than some size from then on.
struct Cramped {
    process: Process,
    client: Client,
    place: TempDir,
}

impl Cramped {
    fn start() -> Cramped {
        let place = place();
        // Else the system would end it.
        let mut shell = Command::new("sh");
        shell.args(["-c", "trap '' XFSZ; exec \"$@\"", "sh"]).arg(program().get_program());
        shell.args(["--listen-client-urls=http://127.0.0.1:0", "--advertise-client-urls"]);
        shell.args(["http://127.0.0.1:0", "--listen-peer-urls=http://127.0.0.1:0"]);
        shell.arg("--data-dir").arg(place.path());
        let mut process = Process::of(shell);
        let client = Client::new(process.address());
        Cramped { process, client, place }
    }

    fn limit(&self) {
        // The log makes its next file ahead of time.
        while !self.place.path().join("member/wal/spare").exists() {}
        let limit = Rlimit { current: Some(100_000), maximum: Some(100_000) };
        let id = Pid::from_raw(self.process.id()).expect("it runs");
        prlimit(Some(id), Resource::Fsize, limit).expect("it is ours");
    }

    /// An image of the store: whoever wants one waits until all is on disk.
    fn settle(&mut self) -> Result<(), Status> {
        let client = &mut self.client;
        let mut pieces = client.call(async |connection, origin| {
            let request = SnapshotRequest::default();
            MaintenanceClient::with_origin(connection, origin).snapshot(request).await
        })?;
        while client.wait(pieces.next()).is_some() {}
        Ok(())
    }
}

#[test]
fn nobody_hears_that_something_is_on_a_disk_that_has_failed() {
    check(|| {
        let mut member = Cramped::start();
        member.limit();
        let failed = loop {
            if let Err(status) = put(&mut member.client, "a", 30_000) {
                break status;
            }
            if let Err(status) = member.settle() {
                break status;
            }
        };
        assert_eq!(failed.message(), "etcdserver: server stopped");
        assert_eq!(member.process.wait_for("server error")["level"], "fatal");
        assert_eq!(member.process.end().code(), Some(1));
    });
}

#[test]
fn who_defragments_hears_why_it_cannot_be() {
    check(|| {
        let mut member = Cramped::start();
        for at in 0..5 {
            put(&mut member.client, &format!("{at}"), 50_000).expect("there is room");
        }
        member.settle().expect("there is room");
        member.limit();
        let failed = member.client.call(async |connection, origin| {
            let request = DefragmentRequest {};
            MaintenanceClient::with_origin(connection, origin).defragment(request).await
        });
        let failed = failed.expect_err("there is no room for a copy");
        assert_eq!(failed.code(), Code::Unknown);
        assert!(failed.message().contains("File too large"), "{failed}");
        member.process.wait_for("failed to defragment");
    });
}
