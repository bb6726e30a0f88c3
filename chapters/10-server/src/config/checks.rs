//! Does what was said fit together, and what comes of it?
//!
//! Owns [`check`], which makes a [`Config`] of [`Settings`], in the order in which etcd looks.

use crate::config::cluster::founders;
use crate::config::error::{Error, Impossible, Refused};
use crate::config::gates::Gate;
use crate::config::settings::{CLUSTER, NAME, Settings};
use crate::config::urls::Url;
use crate::config::values::{BadSpan, Span};
use crate::config::{
    Auth, AutoCompaction, Compaction, Config, Listen, Metrics, Place, Speaks, tls,
};
use crate::door::Serves;
use crate::journal::{self, Format, Journal, Level, Line, Output, fields};
use crate::tls::Options;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

/// How often members compare sums.
const SUM_CHECK: Duration = Duration::from_secs(1);

/// Where settings are from. A file does not have to say twice what etcd's flags have to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// From flags and variables.
    CommandLine,
    /// From the file.
    File,
}

const LONGEST_ELECTION: u64 = 50_000;
const LONG_REQUEST: u64 = 10 << 20;
const DEFAULT_QUOTA: i64 = 2 << 30;
const LARGE_QUOTA: u64 = 8 << 30;
const BATCH_INTERVAL: Duration = Duration::from_millis(100);
const COSTS: RangeInclusive<u32> = 4..=31;
const SHORTEST_PROGRESS: Span = Span::milliseconds(100);

/// Checks all of it. Whatever else is worth a line becomes a note.
pub fn check(
    settings: Settings,
    given: &BTreeSet<&'static str>,
    source: Source,
    notes: &mut Vec<Line>,
) -> Result<Config, Error> {
    let log = log(&settings)?;
    let listen = listen(&settings)?;
    bootstrap(&settings, given)?;
    times(&settings)?;
    let is_set = |flag| given.contains(flag);
    if source == Source::CommandLine
        && is_set("listen-client-urls")
        && !is_set("advertise-client-urls")
    {
        return Err(Refused::NotAdvertised.into());
    }
    let retention = match settings.auto_compaction_mode.as_str() {
        "periodic" => retention(&settings, 3_600_000_000_000).map(AutoCompaction::periodic),
        "revision" => retention(&settings, 1).map(AutoCompaction::revision),
        "" => return Err(Refused::NoCompactionMode.into()),
        other => return Err(Refused::CompactionMode(other.to_owned()).into()),
    };
    if settings.compact_hash_check_time <= Span(0) {
        return Err(Refused::CompactHashTime(settings.compact_hash_check_time).into());
    }
    let gates = &settings.feature_gates;
    if gates.has(Gate::LeaseCheckpointPersist) && !gates.has(Gate::LeaseCheckpoint) {
        return Err(Refused::CheckpointPersist.into());
    }
    let (client_tls, peer_tls) = tls::check(&settings, notes)?;
    // From here on, etcd has begun to start.
    let auto_compaction = retention.map_err(Impossible::Retention)?;
    let founders = founders(&cluster(&settings))?;
    token(&settings.auth_token)?;
    let max_learners = usize::try_from(settings.max_learners).map_err(|_| Impossible::Learners)?;
    remarks(&settings, notes);
    let mut config = of(settings, log, listen, auto_compaction);
    (config.tls, config.peer_tls) = (client_tls, peer_tls);
    (config.max_learners, config.initial_cluster) = (max_learners, founders);
    Ok(config)
}

/// The members of a new cluster: this one, if nobody says.
fn cluster(settings: &Settings) -> String {
    match settings.initial_cluster.as_str() {
        CLUSTER if settings.name != NAME && !settings.name.is_empty() => {
            let urls = settings.initial_advertise_peer_urls.iter();
            urls.map(|url| format!("{}={url}", settings.name)).collect::<Vec<_>>().join(",")
        }
        said => said.to_owned(),
    }
}

/// Is it a kind of token, with options that are options?
fn token(said: &str) -> Result<(), Impossible> {
    let mut parts = said.split(',');
    let kind = parts.next().unwrap_or("");
    let options: Vec<&str> = parts.collect();
    let has_method = options.iter().any(|option| option.starts_with("sign-method="));
    let is_known = said.is_empty() || kind == "simple" || kind == "jwt" && has_method;
    if !is_known || !options.iter().all(|option| option.contains('=')) {
        return Err(Impossible::AuthToken);
    }
    Ok(())
}

/// What the rooms use of it.
fn of(
    settings: Settings,
    log: journal::Options,
    listen: Listen,
    auto_compaction: AutoCompaction,
) -> Config {
    let data_dir = match settings.data_dir.as_str() {
        "" => format!("{}.etcd", settings.name),
        place => place.to_owned(),
    };
    let quota = match settings.quota_backend_bytes {
        0 => DEFAULT_QUOTA,
        said => said,
    };
    let ticks = settings.election_timeout / settings.heartbeat_interval.max(1);
    Config {
        listen: listen.clients,
        listen_peers: listen.peers,
        client_urls: texts(&settings.advertise_client_urls),
        peer_urls: texts(&settings.initial_advertise_peer_urls),
        initial_cluster: Vec::new(),
        state: settings.initial_cluster_state,
        data_dir: data_dir.into(),
        wal_dir: Some(PathBuf::from(&settings.wal_dir)).filter(|_| !settings.wal_dir.is_empty()),
        heartbeat: Duration::from_millis(settings.heartbeat_interval),
        election_ticks: u32::try_from(ticks).unwrap_or(u32::MAX),
        pre_vote: settings.pre_vote,
        strict_reconfig: settings.strict_reconfig_check,
        max_learners: 1,
        snapshot_count: settings.snapshot_count,
        catch_up_entries: settings.snapshot_catchup_entries,
        quota: u64::try_from(quota).ok(),
        quota_said: quota,
        batch_interval: some(settings.backend_batch_interval).unwrap_or(BATCH_INTERVAL),
        batch_limit: positive(settings.backend_batch_limit).unwrap_or(10_000),
        max_txn_ops: size(settings.max_txn_ops),
        max_request_bytes: size(settings.max_request_bytes),
        limits: settings.limits(),
        pages: settings.pages(),
        auto_compaction,
        tls: Options::default(),
        peer_tls: Options::default(),
        auth: auth(&settings),
        metrics: match settings.metrics.as_str() {
            "extensive" => Metrics::Extensive,
            _ => Metrics::Basic,
        },
        log,
        slow_apply: settings.warning_apply_duration.duration(),
        slow_request: settings.warning_unary_request_duration.duration(),
        progress: match settings.watch_progress_notify_interval {
            Span(..=0) => Duration::from_secs(600),
            said => said.max(SHORTEST_PROGRESS).duration(),
        },
        compaction: Compaction {
            batch: size(positive(settings.compaction_batch_limit).unwrap_or(1_000)),
            sleep: settings.compaction_sleep_interval.duration(),
        },
        corruption_check: some(settings.corrupt_check_time),
        compact_hash_check: settings.compact_hash_check_time.duration(),
        sum_check: Some(SUM_CHECK),
        force_new_cluster: settings.force_new_cluster,
        no_fsync: settings.unsafe_no_fsync,
        runtimes: std::thread::available_parallelism().map_or(1, usize::from),
        name: settings.name,
        token: settings.initial_cluster_token,
        gates: settings.feature_gates,
        journal: Journal::default(),
    }
}

fn texts(urls: &[Url]) -> Vec<String> {
    let mut texts: Vec<String> = urls.iter().map(Url::to_string).collect();
    texts.sort();
    texts
}

fn size(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn positive(number: i64) -> Option<u64> {
    u64::try_from(number).ok().filter(|number| *number > 0)
}

fn some(span: Span) -> Option<Duration> {
    Some(span.duration()).filter(|span| !span.is_zero())
}

fn auth(settings: &Settings) -> Auth {
    let cost = u32::try_from(settings.bcrypt_cost).ok().filter(|cost| COSTS.contains(cost));
    Auth {
        token: settings.auth_token.clone(),
        bcrypt_cost: cost.unwrap_or(10),
        ttl: Duration::from_secs(settings.auth_token_ttl),
    }
}

/// How the journal is kept.
fn log(settings: &Settings) -> Result<journal::Options, Error> {
    match settings.logger.as_str() {
        "zap" => {}
        "capnslog" => return Err(Refused::OldLogger.into()),
        other => return Err(Refused::Logger(other.to_owned()).into()),
    }
    let format = match settings.log_format.as_str() {
        "" | "json" => Format::Json,
        "console" => Format::Console,
        other => return Err(Refused::LogFormat(other.to_owned()).into()),
    };
    let said = &settings.log_outputs;
    if said.len() > 1 && said.iter().any(|output| output == "default") {
        return Err(Refused::LogOutputs.into());
    }
    let mut outputs = Vec::new();
    for output in said {
        let output = match output.as_str() {
            "default" | "stderr" => Output::Stderr,
            "stdout" => Output::Stdout,
            "systemd/journal" => {
                let why = "the journal of systemd is not written to by itself; it reads stderr";
                return Err(Refused::LogOutput(why.to_owned()).into());
            }
            path => Output::File(PathBuf::from(path)),
        };
        if !outputs.contains(&output) {
            outputs.push(output);
        }
    }
    let level = Level::of(&settings.log_level);
    let level = level.ok_or_else(|| Error::Level(settings.log_level.clone()))?;
    Ok(journal::Options { outputs, level, format })
}

/// Where it listens, and for what.
fn listen(settings: &Settings) -> Result<Listen, Error> {
    let Settings { listen_peer_urls, listen_client_urls, .. } = settings;
    let Settings { listen_client_http_urls, listen_metrics_urls, .. } = settings;
    let mut all = listen_peer_urls.iter().chain(listen_client_urls);
    let mut more = listen_client_http_urls.iter().chain(listen_metrics_urls);
    if let Some(url) = all.by_ref().chain(more.by_ref()).find(|url| !url.is_own()) {
        return Err(Refused::Bind(url.clone()).into());
    }
    let serves = match listen_client_http_urls.is_empty() {
        true => Serves::All,
        false => Serves::Grpc,
    };
    let clients = [
        (listen_client_urls, serves),
        (listen_client_http_urls, Serves::Http),
        (listen_metrics_urls, Serves::Health),
    ];
    let mut listen = Listen::default();
    let place = |url: &Url, serves| {
        if url.is_file() {
            return Err(Error::from(Refused::UnixSocket(url.clone())));
        }
        let speaks = if url.is_secret() { Speaks::Https } else { Speaks::Http };
        Ok(Place { address: url.address().to_owned(), serves, speaks })
    };
    for (urls, serves) in clients {
        for url in urls {
            let place = place(url, serves)?;
            let same = |other: &&mut Place| {
                (&other.address, other.serves) == (&place.address, place.serves)
            };
            match listen.clients.iter_mut().find(same) {
                Some(other) if other.speaks == place.speaks => {}
                Some(other) => other.speaks = Speaks::Both,
                None => listen.clients.push(place),
            }
        }
    }
    for url in listen_peer_urls {
        let place = place(url, Serves::Health)?;
        if !listen.peers.iter().any(|peer| peer.address == place.address) {
            listen
                .peers
                .push(crate::config::PeerPlace { address: place.address, tls: url.is_secret() });
        }
    }
    Ok(listen)
}

/// A cluster is found in one way.
fn bootstrap(settings: &Settings, given: &BTreeSet<&'static str>) -> Result<(), Error> {
    let has_token = !settings.discovery_token.is_empty();
    let has_endpoints = !settings.discovery_endpoints.is_empty();
    let has_name = !settings.discovery_srv.is_empty();
    let names_all = given.contains("initial-cluster") && !settings.initial_cluster.is_empty();
    let ways = [names_all, has_endpoints, has_name];
    if ways.into_iter().filter(|is_way| *is_way).count() > 1 {
        return Err(Refused::Bootstraps.into());
    }
    if has_token != has_endpoints {
        return Err(Refused::HalfDiscovery.into());
    }
    if has_endpoints || has_name {
        return Err(Refused::Discovery.into());
    }
    Ok(())
}

fn times(settings: &Settings) -> Result<(), Error> {
    let (heartbeat, election) = (settings.heartbeat_interval, settings.election_timeout);
    for (flag, value) in [("heartbeat-interval", heartbeat), ("election-timeout", election)] {
        if value == 0 {
            return Err(Refused::NoTime { flag, value }.into());
        }
    }
    if heartbeat.saturating_mul(5) > election {
        return Err(Refused::ElectionTooShort { election, heartbeat }.into());
    }
    if election > LONGEST_ELECTION {
        return Err(Refused::ElectionTooLong(election).into());
    }
    Ok(())
}

/// How much stays: a number of units, or a span of time, whatever is counted.
fn retention(settings: &Settings, unit: u64) -> Result<u64, BadSpan> {
    let said = settings.auto_compaction_retention.as_str();
    let number = if said.is_empty() { Some(0) } else { said.parse::<u64>().ok() };
    match number {
        Some(number) => Ok(number.saturating_mul(unit)),
        None => Span::parse(said).map(|span| u64::try_from(span.0).unwrap_or(0)),
    }
}

/// What somebody should know who has said this.
fn remarks(settings: &Settings, notes: &mut Vec<Line>) {
    let mut warn = |message, fields| notes.push(Line::new(Level::Warn, message, fields));
    if settings.listen_client_http_urls.is_empty() {
        let message = "Running http and grpc server on single port. This is not recommended for \
                       production.";
        warn(message, fields![]);
    }
    if settings.name == NAME {
        let message = "it isn't recommended to use default name, please set a value for --name. \
                       Note that etcd might run into issue when multiple members have the same \
                       default name";
        warn(message, fields!["name": settings.name]);
    }
    if settings.data_dir.is_empty() {
        let place = format!("{}.etcd", settings.name);
        warn("'data-dir' was empty; using default", fields!["data-dir": place]);
    }
    if settings.max_request_bytes > LONG_REQUEST {
        let fields = fields![
            "max-request-bytes": settings.max_request_bytes,
            "recommended-request-bytes": LONG_REQUEST,
        ];
        warn("exceeded recommended request limit", fields);
    }
    if u64::try_from(settings.quota_backend_bytes).is_ok_and(|quota| quota > LARGE_QUOTA) {
        let fields = fields![
            "quota-size-bytes": settings.quota_backend_bytes,
            "quota-maximum-size-bytes": LARGE_QUOTA,
        ];
        warn("quota exceeds the maximum value", fields);
    }
    if (Span(1)..SHORTEST_PROGRESS).contains(&settings.watch_progress_notify_interval) {
        let fields = fields!["min-watch-progress-notify-interval": SHORTEST_PROGRESS.to_string()];
        warn("adjusting watch progress notify interval to minimum period", fields);
    }
    if !u32::try_from(settings.bcrypt_cost).is_ok_and(|cost| COSTS.contains(&cost)) {
        let fields = fields![
            "min-cost": COSTS.start(),
            "max-cost": COSTS.end(),
            "default-cost": 10,
            "given-cost": settings.bcrypt_cost,
        ];
        warn("use default bcrypt cost instead of the invalid given cost", fields);
    }
    let gates = &settings.feature_gates;
    if gates.has(Gate::LeaseCheckpoint) && !gates.has(Gate::LeaseCheckpointPersist) {
        let message = "Detected that checkpointing is enabled without persistence. Consider \
                       enabling feature gate LeaseCheckpointPersist";
        warn(message, fields![]);
    }
}
