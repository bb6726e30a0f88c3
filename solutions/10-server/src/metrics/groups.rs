//! The metrics, in groups: a name, a kind and a sentence for each.
//!
//! Left to others: who counts (`Metrics` says it for some, each room for the rest).

use super::kinds::{Counter, Family, Gauge, Histogram, Page};

/// A group: a field for each metric, and how it is printed.
macro_rules! group {
    ($(#[$doc:meta])* $group:ident {
        $( #[doc = $help:literal] $field:ident: $kind:ty = $make:expr, $name:literal; )*
    }) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $group {
            $( #[doc = $help] pub $field: $kind, )*
        }

        impl Default for $group {
            fn default() -> $group {
                $group { $( $field: $make, )* }
            }
        }

        impl $group {
            /// Writes all of them.
            pub fn print(&self, page: &mut Page) {
                $( page.add($name, $help, &self.$field); )*
            }
        }
    };
}

/// Counters and gauges begin at 0, and a family with nothing in it.
fn none<T: Default>() -> T {
    T::default()
}

/// From a millisecond to eight seconds: most of what waits for a disk.
fn millis() -> Histogram {
    Histogram::new(0.001, 14)
}

/// From a tenth of a millisecond to a minute: what waits for nothing.
fn tenths() -> Histogram {
    Histogram::new(0.0001, 20)
}

/// From a tenth of a second to a minute: what goes from one disk to another.
fn images() -> Histogram {
    Histogram::new(0.1, 10)
}

/// A tenth of a millisecond to three seconds.
fn round_trips() -> Histogram {
    Histogram::new(0.0001, 16)
}

group! {
    /// Of the log, and of who leads.
    Raft {
        /// 1 if somebody leads, as far as this member knows.
        has_leader: Gauge = none(), "etcd_server_has_leader";
        /// 1 if this member leads.
        is_leader: Gauge = none(), "etcd_server_is_leader";
        /// 1 if this member decides nothing yet.
        is_learner: Gauge = none(), "etcd_server_is_learner";
        /// The last entry that is committed.
        committed: Gauge = none(), "etcd_server_proposals_committed_total";
        /// The last entry that is carried out.
        applied: Gauge = none(), "etcd_server_proposals_applied_total";
        /// Proposals whose clients wait.
        pending: Gauge = none(), "etcd_server_proposals_pending";
        /// Proposals whose clients waited in vain.
        failed: Counter = none(), "etcd_server_proposals_failed_total";
        /// Reads whose clients waited in vain.
        reads_failed: Counter = none(), "etcd_server_read_indexes_failed_total";
        /// Entries and reads that took too long.
        slow_applies: Counter = none(), "etcd_server_slow_apply_total";
        /// Learners that began to decide here.
        promoted: Counter = none(), "etcd_server_learner_promote_successes";
        /// Learners that were not let decide.
        promotions_failed: Family<Counter> = Family::new(&["Reason"], Counter::default),
            "etcd_server_learner_promote_failures";
    }
}

group! {
    /// Of the disk.
    Disk {
        /// How long the log's syncs took.
        log_sync: Histogram = millis(), "etcd_disk_wal_fsync_duration_seconds";
        /// How long it took to add to the log.
        log_write: Histogram = millis(), "etcd_disk_wal_write_duration_seconds";
        /// How long the store's commits took.
        commit: Histogram = millis(), "etcd_disk_backend_commit_duration_seconds";
        /// How long defragmenting took.
        defragment: Histogram = Histogram::new(0.1, 13),
            "etcd_disk_backend_defrag_duration_seconds";
        /// 1 while the store is defragmented.
        defragmenting: Gauge = none(), "etcd_disk_defrag_inflight";
        /// How long it took to send the store.
        snapshot: Histogram = Histogram::new(0.01, 17),
            "etcd_disk_backend_snapshot_duration_seconds";
        /// How long the store's file is.
        size: Gauge = none(), "etcd_mvcc_db_total_size_in_bytes";
        /// How much of it is not free.
        in_use: Gauge = none(), "etcd_mvcc_db_total_size_in_use_in_bytes";
        /// How long it may become.
        quota: Gauge = none(), "etcd_server_quota_backend_bytes";
        /// How long hashing the store took.
        hash: Histogram = Histogram::new(0.01, 15), "etcd_mvcc_hash_duration_seconds";
        /// How long hashing its keys took.
        hash_kv: Histogram = Histogram::new(0.01, 15), "etcd_mvcc_hash_rev_duration_seconds";
    }
}

group! {
    /// Of what is carried out.
    State {
        /// How long it took to carry entries out.
        apply: Family<Histogram> = Family::new(&["op", "success", "version"], tenths),
            "etcd_server_apply_duration_seconds";
        /// How long it took to read keys.
        range: Family<Histogram> = Family::new(&["success"], tenths),
            "etcd_server_range_duration_seconds";
        /// Puts, those in transactions too.
        puts: Counter = none(), "etcd_mvcc_put_total";
        /// Deletions, those in transactions too.
        deletes: Counter = none(), "etcd_mvcc_delete_total";
        /// Reads, those in transactions too.
        ranges: Counter = none(), "etcd_mvcc_range_total";
        /// Transactions that did more than one thing.
        txns: Counter = none(), "etcd_mvcc_txn_total";
        /// Bytes of keys and values that were put.
        put_bytes: Gauge = none(), "etcd_debugging_mvcc_total_put_size_in_bytes";
        /// Keys that are there.
        keys: Gauge = none(), "etcd_debugging_mvcc_keys_total";
        /// The newest revision.
        current: Gauge = none(), "etcd_debugging_mvcc_current_revision";
        /// The last revision that is gone.
        compacted: Gauge = none(), "etcd_debugging_mvcc_compact_revision";
        /// Rows that compactions have removed.
        compacted_keys: Counter = none(), "etcd_debugging_mvcc_db_compaction_keys_total";
        /// When a compaction ended, as Unix time.
        last_compaction: Gauge = none(), "etcd_debugging_mvcc_db_compaction_last";
        /// How long compactions took.
        compaction: Histogram = Histogram::new(100.0, 14),
            "etcd_debugging_mvcc_db_compaction_total_duration_milliseconds";
        /// The revision of users and roles.
        auth_revision: Gauge = none(), "etcd_debugging_auth_revision";
        /// 1 for each alarm that is raised.
        alarms: Family<Gauge> = Family::new(&["server_id", "alarm_type"], Gauge::default),
            "etcd_debugging_server_alarms";
    }
}

group! {
    /// Of leases.
    Leases {
        /// Leases that were granted.
        granted: Counter = none(), "etcd_debugging_lease_granted_total";
        /// Renewals, where this member leads.
        renewed: Counter = none(), "etcd_debugging_lease_renewed_total";
        /// Leases that have ended.
        revoked: Counter = none(), "etcd_debugging_lease_revoked_total";
        /// Those of them whose time was over.
        expired: Counter = none(), "etcd_debugging_server_lease_expired_total";
        /// For how long they were granted.
        ttl: Histogram = Histogram::new(1.0, 24), "etcd_debugging_lease_ttl_total";
    }
}

group! {
    /// Of watchers.
    Watchers {
        /// Streams of watchers.
        streams: Gauge = none(), "etcd_debugging_mvcc_watch_stream_total";
        /// Watchers.
        watchers: Gauge = none(), "etcd_debugging_mvcc_watcher_total";
        /// Those that are told of the past.
        behind: Gauge = none(), "etcd_debugging_mvcc_slow_watcher_total";
        /// Events that watchers were told.
        events: Counter = none(), "etcd_debugging_mvcc_events_total";
    }
}

group! {
    /// Of those who ask whether the member is well.
    Health {
        /// How often it was.
        successes: Counter = none(), "etcd_server_health_success";
        /// How often it was not.
        failures: Counter = none(), "etcd_server_health_failures";
        /// 1 if the check went well the last time.
        check: Family<Gauge> = Family::new(&["type", "name"], Gauge::default),
            "etcd_server_healthcheck";
        /// How checks went.
        checks: Family<Counter> = Family::new(&["type", "name", "status"], Counter::default),
            "etcd_server_healthchecks_total";
        /// How often this page was asked for.
        pages: Family<Counter> = Family::new(&["code"], Counter::default),
            "promhttp_metric_handler_requests_total";
    }
}

group! {
    /// Of other members.
    Peers {
        /// 1 for each member.
        known: Family<Gauge> = Family::new(&["Local", "Remote"], Gauge::default),
            "etcd_network_known_peers";
        /// 1 for each that there is a connection to.
        active: Family<Gauge> = Family::new(&["Local", "Remote"], Gauge::default),
            "etcd_network_active_peers";
        /// How often connections were lost.
        lost: Family<Counter> = Family::new(&["Local", "Remote"], Counter::default),
            "etcd_network_disconnected_peers_total";
        /// Bytes that others have sent.
        received: Family<Counter> = Family::new(&["From"], Counter::default),
            "etcd_network_peer_received_bytes_total";
        /// Bytes that others were sent.
        sent: Family<Counter> = Family::new(&["To"], Counter::default),
            "etcd_network_peer_sent_bytes_total";
        /// Frames that made no sense.
        receive_failures: Family<Counter> = Family::new(&["From"], Counter::default),
            "etcd_network_peer_received_failures_total";
        /// Messages that could not be sent.
        send_failures: Family<Counter> = Family::new(&["To"], Counter::default),
            "etcd_network_peer_sent_failures_total";
        /// How long a message and its answer took.
        round_trip: Family<Histogram> = Family::new(&["To"], round_trips),
            "etcd_network_peer_round_trip_time_seconds";
        /// Heartbeats that were sent late.
        late_heartbeats: Counter = none(), "etcd_server_heartbeat_send_failures_total";
    }
}

group! {
    /// Of stores that go from one member to another.
    Images {
        /// How many are on their way to a member.
        sending: Family<Gauge> = Family::new(&["To"], Gauge::default),
            "etcd_network_snapshot_send_inflights_total";
        /// How many it has got.
        sent: Family<Counter> = Family::new(&["To"], Counter::default),
            "etcd_network_snapshot_send_success";
        /// How many did not arrive.
        not_sent: Family<Counter> = Family::new(&["To"], Counter::default),
            "etcd_network_snapshot_send_failures";
        /// How long it took to send one.
        send: Family<Histogram> = Family::new(&["To"], images),
            "etcd_network_snapshot_send_total_duration_seconds";
        /// How many are on their way from a member.
        receiving: Family<Gauge> = Family::new(&["From"], Gauge::default),
            "etcd_network_snapshot_receive_inflights_total";
        /// How many it has brought.
        received: Family<Counter> = Family::new(&["From"], Counter::default),
            "etcd_network_snapshot_receive_success";
        /// How many came to nothing.
        not_received: Family<Counter> = Family::new(&["From"], Counter::default),
            "etcd_network_snapshot_receive_failures";
        /// How long it took to receive one.
        receive: Family<Histogram> = Family::new(&["From"], images),
            "etcd_network_snapshot_receive_total_duration_seconds";
        /// How long it took to sync one that came.
        sync: Histogram = millis(), "etcd_snap_db_fsync_duration_seconds";
        /// How long it took to write and sync it.
        save: Histogram = images(), "etcd_snap_db_save_total_duration_seconds";
        /// 1 while one takes the place of the store.
        installing: Gauge = none(), "etcd_server_snapshot_apply_in_progress_total";
    }
}
