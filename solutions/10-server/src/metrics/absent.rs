//! Metrics of etcd's that have nothing to count here.
//!
//! Owns their names, so that whoever looks for one finds it, at 0, and the reason.

/// A metric that stays at 0.
pub struct Absent {
    /// Its name.
    pub name: &'static str,
    /// What Prometheus calls its kind, and its limits if it has any.
    pub kind: Kind,
    /// Why there is nothing to count.
    pub why: &'static str,
}

/// What it is.
pub enum Kind {
    /// It would only grow.
    Counter,
    /// It would grow and shrink.
    Gauge,
    /// The first limit, and how many there are.
    Histogram(f64, usize),
}

use Kind::{Counter, Gauge, Histogram};

const COPY: &str = "Stays 0: pages are made anew in one step, which is part of the commit.";
const FIRST: &str = "Stays 0: etcd's second version of a store is not part of this.";
const PROXY: &str = "Stays 0: this is not a proxy.";
const STEPS: &str = "Stays 0: a compaction goes on between entries and stops nobody.";
const SEND: &str = "Stays 0: one thread makes answers for all streams, and does not wait for any.";
const IMAGE: &str = "Stays 0: the store itself is the snapshot, so none is written beside it.";
const SLOW: &str = "Stays 0: no read waits for another member to answer it.";

const WHOLE: &str = "Stays 0: a commit is timed as a whole.";
const VIEWS: &str = "Stays 0: a read holds what it looks at, and there is no transaction to count.";
const LENGTHS: &str = "Stays 0: the log does not tell how long its entries are on the disk.";

const fn absent(name: &'static str, kind: Kind, why: &'static str) -> Absent {
    Absent { name, kind, why }
}

/// All of them.
pub const ABSENT: &[Absent] = &[
    absent(
        "etcd_debugging_disk_backend_commit_rebalance_duration_seconds",
        Histogram(0.001, 14),
        COPY,
    ),
    absent(
        "etcd_debugging_disk_backend_commit_write_duration_seconds",
        Histogram(0.001, 14),
        WHOLE,
    ),
    absent("etcd_debugging_disk_backend_commit_spill_duration_seconds", Histogram(0.001, 14), COPY),
    absent(
        "etcd_debugging_mvcc_db_compaction_pause_duration_milliseconds",
        Histogram(1.0, 13),
        STEPS,
    ),
    absent(
        "etcd_debugging_mvcc_index_compaction_pause_duration_milliseconds",
        Histogram(0.5, 14),
        STEPS,
    ),
    absent("etcd_debugging_mvcc_pending_events_total", Gauge, SEND),
    absent(
        "etcd_debugging_server_watch_send_loop_control_stream_duration_seconds",
        Histogram(0.001, 14),
        SEND,
    ),
    absent(
        "etcd_debugging_server_watch_send_loop_progress_duration_seconds",
        Histogram(0.001, 14),
        SEND,
    ),
    absent(
        "etcd_debugging_server_watch_send_loop_watch_stream_duration_per_event_seconds",
        Histogram(0.001, 14),
        SEND,
    ),
    absent(
        "etcd_debugging_server_watch_send_loop_watch_stream_duration_seconds",
        Histogram(0.001, 14),
        SEND,
    ),
    absent("etcd_debugging_snap_save_marshalling_duration_seconds", Histogram(0.001, 14), IMAGE),
    absent("etcd_debugging_snap_save_total_duration_seconds", Histogram(0.001, 14), IMAGE),
    absent("etcd_debugging_store_expires_total", Counter, FIRST),
    absent("etcd_debugging_store_watch_requests_total", Counter, FIRST),
    absent("etcd_debugging_store_watchers", Gauge, FIRST),
    absent("etcd_disk_wal_write_bytes_total", Gauge, LENGTHS),
    absent("etcd_mvcc_db_open_read_transactions", Gauge, VIEWS),
    absent("etcd_grpc_proxy_cache_hits_total", Gauge, PROXY),
    absent("etcd_grpc_proxy_cache_keys_total", Gauge, PROXY),
    absent("etcd_grpc_proxy_cache_misses_total", Gauge, PROXY),
    absent("etcd_grpc_proxy_events_coalescing_total", Counter, PROXY),
    absent("etcd_grpc_proxy_watchers_coalescing_total", Gauge, PROXY),
    absent("etcd_server_slow_read_indexes_total", Counter, SLOW),
    absent("etcd_snap_fsync_duration_seconds", Histogram(0.001, 14), IMAGE),
];
