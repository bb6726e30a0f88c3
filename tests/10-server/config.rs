//! What a member is told: each way of telling it, and each text that refuses.

use harness::check;
use server::config::{AutoCompaction, Error, Gate, Metrics, State, Wish, help, read};
use server::tls::Version;
use server::{Config, Serves};
use std::collections::BTreeMap;
use std::time::Duration;

/// What is read of these words, with nothing in the environment.
fn read_words(words: &[&str]) -> Result<Wish, Error> {
    read_all(words, &[])
}

fn read_all(words: &[&str], environment: &[(&str, &str)]) -> Result<Wish, Error> {
    let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    let pairs = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    read(&words, &pairs.collect::<BTreeMap<_, _>>(), &mut Vec::new())
}

/// The configuration that comes of these words.
fn config(words: &[&str]) -> Config {
    running(read_words(words))
}

fn running(wish: Result<Wish, Error>) -> Config {
    match wish.expect("it is right") {
        Wish::Run(config) => *config,
        other => panic!("a member was wanted, and not {other:?}"),
    }
}

/// A file with these lines.
fn file(text: &str) -> Result<Wish, Error> {
    let place = tempfile::NamedTempFile::new().expect("there is room");
    std::fs::write(place.path(), text).expect("there is room");
    read_words(&["--config-file", place.path().to_str().expect("it has a plain name")])
}

/// The exit code, the message of the line (none if it is told without one), and the text.
fn told(error: &Error) -> (u8, &'static str, String) {
    (error.exit_code(), error.line().map_or("", |line| line.message), error.to_string())
}

#[test]
fn without_a_word_it_is_as_etcd_is() {
    check(|| {
        let config = config(&[]);
        assert_eq!((config.name.as_str(), config.token.as_str()), ("default", "etcd-cluster"));
        assert_eq!(config.data_dir.to_str(), Some("default.etcd"));
        assert_eq!(config.listen[0].address, "localhost:2379");
        assert_eq!(config.listen[0].serves, Serves::All);
        assert_eq!(config.initial_cluster(), "default=http://localhost:2380");
        assert_eq!((config.heartbeat, config.election_ticks), (Duration::from_millis(100), 10));
        assert_eq!(config.quota, Some(2 << 30));
        assert_eq!((config.max_txn_ops, config.max_request_bytes), (128, 1_572_864));
        assert_eq!(config.auto_compaction, AutoCompaction::Off);
        assert_eq!(config.progress, Duration::from_secs(600));
        assert!(config.pages.gateway && config.pre_vote && config.strict_reconfig);
        assert!(config.gates.has(Gate::FastLeaseKeepAlive));
        assert!(!config.gates.has(Gate::LeaseCheckpoint));
        assert!(matches!(read_words(&["--version"]), Ok(Wish::Version)));
        assert!(matches!(read_words(&["-h", "extra"]), Ok(Wish::Help)));
    });
}

#[test]
fn flags_are_written_as_in_go() {
    check(|| {
        for words in [&["-name", "a"][..], &["--name", "a"], &["--name=a"], &["-name=a"]] {
            assert_eq!(config(words).name, "a", "{words:?}");
        }
        assert_eq!(config(&["--name", "a", "--name", "b"]).name, "b", "the last one");
        assert_eq!(config(&["--name", "a"]).data_dir.to_str(), Some("a.etcd"));
        assert_eq!(config(&["--name=a"]).initial_cluster(), "a=http://localhost:2380");
        assert!(!config(&["--pre-vote=F"]).pre_vote);
        assert!(config(&["--force-new-cluster"]).force_new_cluster);
        for (text, number) in [("0x10", 16), ("1_0", 10), ("010", 8), ("0b11", 3), ("0", 0)] {
            assert_eq!(config(&["--snapshot-count", text]).snapshot_count, number, "{text}");
        }
        for (text, nanoseconds) in [("1h30m", 5_400_000_000_000), (".5s", 500_000_000)] {
            let interval = config(&["--grpc-keepalive-timeout", text]).limits.keepalive_timeout;
            assert_eq!(interval, Duration::from_nanos(nanoseconds), "{text}");
        }
        assert_eq!(config(&["--quota-backend-bytes", "-1"]).quota, None);
        assert_eq!(config(&["--metrics=extensive"]).metrics, Metrics::Extensive);
        let progress = config(&["--watch-progress-notify-interval", "50ms"]).progress;
        assert_eq!(progress, Duration::from_millis(100), "not shorter");
    });
}

#[test]
fn what_is_said_comes_to_where_it_is_used() {
    check(|| {
        let all = config(&[
            "--listen-client-urls=http://127.0.0.1:1,http://[::1]:2,http://127.0.0.1:1",
            "--advertise-client-urls=http://b:2,http://a:1",
            "--listen-client-http-urls=http://127.0.0.1:3",
            "--listen-metrics-urls=http://127.0.0.1:4",
            "--heartbeat-interval=7",
            "--election-timeout=100",
            "--auto-compaction-mode=revision",
            "--auto-compaction-retention=5",
            "--feature-gates=AllAlpha=true,AllBeta=false,InitialCorruptCheck=false",
            "--peer-cert-allowed-cn=a,b",
            "--tls-max-version=TLS1.3",
            "--bcrypt-cost=32",
        ]);
        let places: Vec<_> =
            all.listen.iter().map(|place| (place.address.as_str(), place.serves)).collect();
        let expected = [
            ("127.0.0.1:1", Serves::Grpc),
            ("[::1]:2", Serves::Grpc),
            ("127.0.0.1:3", Serves::Http),
            ("127.0.0.1:4", Serves::Health),
        ];
        assert_eq!(places, expected);
        assert_eq!(all.client_urls, ["http://a:1", "http://b:2"]);
        assert_eq!((all.election_ticks, all.election_timeout().as_millis()), (14, 98));
        assert_eq!(all.auto_compaction, AutoCompaction::Revision(5));
        assert!(all.gates.has(Gate::LeaseCheckpoint) && !all.gates.has(Gate::FastLeaseKeepAlive));
        assert!(!all.gates.has(Gate::InitialCorruptCheck), "what is said of one holds");
        assert_eq!(all.peer_tls.allowed_cn, ["a", "b"]);
        assert_eq!(all.tls.max_version, Some(Version::Tls13));
        assert_eq!(all.auth.bcrypt_cost, 10, "etcd takes its own for one that cannot be");
        let kept = |retention| config(&["--auto-compaction-retention", retention]).auto_compaction;
        let hours = |count: u64| AutoCompaction::Periodic(Duration::from_secs(3_600 * count));
        assert_eq!((kept("2"), kept("60m"), kept("0")), (hours(2), hours(1), AutoCompaction::Off));
    });
}

/// Command lines that are none, and what etcd says about them.
const USAGES: &[(&[&str], &str)] = &[
    (&["--nope"], "flag provided but not defined: -nope"),
    (&["-nope=1"], "flag provided but not defined: -nope"),
    (
        &["--experimental-initial-corrupt-check"],
        "flag provided but not defined: -experimental-initial-corrupt-check",
    ),
    (&["---x"], "bad flag syntax: ---x"),
    (&["--=x"], "bad flag syntax: --=x"),
    (&["--name"], "flag needs an argument: -name"),
    (&["--snapshot-count", "-1"], r#"invalid value "-1" for flag -snapshot-count: parse error"#),
    (
        &["--snapshot-count", "99999999999999999999"],
        "invalid value \"99999999999999999999\" for flag -snapshot-count: value out of range",
    ),
    (
        &["--max-concurrent-streams", "4294967296"],
        "invalid value \"4294967296\" for flag -max-concurrent-streams: strconv.ParseUint: \
         parsing \"4294967296\": value out of range",
    ),
    (&["--pre-vote=maybe"], r#"invalid boolean value "maybe" for -pre-vote: parse error"#),
    (
        &["--watch-progress-notify-interval", "1"],
        r#"invalid value "1" for flag -watch-progress-notify-interval: parse error"#,
    ),
    (
        &["--initial-cluster-state", "joining"],
        r#"invalid value "joining" for flag -initial-cluster-state: invalid value"#,
    ),
    (
        &["--v2-deprecation", "not-yet"],
        r#"invalid value "not-yet" for flag -v2-deprecation: invalid value "not-yet""#,
    ),
    (
        &["--listen-client-urls", "foo"],
        "invalid value \"foo\" for flag -listen-client-urls: URL scheme must be http, https, \
         unix, or unixs: foo",
    ),
    (
        &["--listen-client-urls", "http://127.0.0.1"],
        "invalid value \"http://127.0.0.1\" for flag -listen-client-urls: URL address does not \
         have the form \"host:port\": http://127.0.0.1",
    ),
    (
        &["--listen-client-urls", "http://h:1/p"],
        "invalid value \"http://h:1/p\" for flag -listen-client-urls: URL must not contain a \
         path: http://h:1/p",
    ),
    (
        &["--listen-client-urls", "127.0.0.1:1"],
        "invalid value \"127.0.0.1:1\" for flag -listen-client-urls: parse \"127.0.0.1:1\": \
         first path segment in URL cannot contain colon",
    ),
    (
        &["--listen-client-urls", "http://h:abc"],
        "invalid value \"http://h:abc\" for flag -listen-client-urls: parse \"http://h:abc\": \
         invalid port \":abc\" after host",
    ),
    (
        &["--listen-client-urls", "http://[::1:1"],
        "invalid value \"http://[::1:1\" for flag -listen-client-urls: parse \
         \"http://[::1:1\": missing ']' in host",
    ),
    (
        &["--cors", "http://x"],
        "invalid value \"http://x\" for flag -cors: URL address does not have the form \
         \"host:port\": http://x",
    ),
    (
        &["--feature-gates", "Nope=true"],
        r#"invalid value "Nope=true" for flag -feature-gates: unrecognized feature gate: Nope"#,
    ),
    (
        &["--feature-gates", "LeaseCheckpoint"],
        "invalid value \"LeaseCheckpoint\" for flag -feature-gates: missing bool value for \
         LeaseCheckpoint",
    ),
    (
        &["--feature-gates", "AllBeta=x"],
        "invalid value \"AllBeta=x\" for flag -feature-gates: invalid value of AllBeta=x, err: \
         strconv.ParseBool: parsing \"x\": invalid syntax",
    ),
];

#[test]
fn a_command_line_that_is_none_is_told_so() {
    check(|| {
        for (words, text) in USAGES {
            let error = read_words(words).expect_err("it is none");
            assert_eq!(told(&error), (2, "", (*text).to_owned()), "{words:?}");
        }
        let error = read_words(&["--log-level", "x"]).expect_err("there is none");
        assert_eq!(told(&error), (2, "", "unrecognized level: \"x\"".to_owned()));
    });
}

/// What contradicts itself, or etcd's rules.
const REFUSALS: &[(&[&str], &str)] = &[
    (&["extra"], r#""extra" is not a valid flag"#),
    (&["--force-new-cluster", "true"], r#""true" is not a valid flag"#),
    (&["--", "--name"], r#""--name" is not a valid flag"#),
    (&["--config-file", "/nowhere/f"], "open /nowhere/f: no such file or directory"),
    (
        &["--listen-client-urls", "http://127.0.0.1:1"],
        "--advertise-client-urls is required when --listen-client-urls is set explicitly",
    ),
    (
        &["--listen-peer-urls", "http://example.com:1"],
        "expected IP in URL for binding (http://example.com:1)",
    ),
    (&["--heartbeat-interval", "0"], "--heartbeat-interval must be >0 (set to 0ms)"),
    (
        &["--heartbeat-interval", "300"],
        "--election-timeout[1000ms] should be at least as 5 times as --heartbeat-interval[300ms]",
    ),
    (
        &["--election-timeout", "60000"],
        "--election-timeout[60000ms] is too long, and should be set less than 50000ms",
    ),
    (
        &["--initial-cluster", "a=http://h:1", "--discovery-srv", "x"],
        "multiple discovery or bootstrap flags are set. Choose one of \"initial-cluster\", \
         \"discovery-endpoints\" or \"discovery-srv\"",
    ),
    (&["--discovery-token", "x"], "both --discovery-token and --discovery-endpoints must be set"),
    (&["--auto-compaction-mode", "x"], r#"unknown auto-compaction-mode "x""#),
    (&["--auto-compaction-mode="], "undefined auto-compaction-mode"),
    (&["--compact-hash-check-time", "-1s"], "--compact-hash-check-time must be >0 (set to -1s)"),
    (
        &["--feature-gates", "LeaseCheckpointPersist=true"],
        "enabling feature gate LeaseCheckpointPersist requires enabling feature gate \
         LeaseCheckpoint",
    ),
    (
        &["--tls-min-version", "TLS1.1"],
        r#"unexpected TLS version "TLS1.1" (must be one of: TLS1.2, TLS1.3)"#,
    ),
    (
        &["--tls-min-version", "TLS1.3", "--tls-max-version", "TLS1.2"],
        "min version (TLS1.3) is greater than max version (TLS1.2)",
    ),
    (
        &["--tls-min-version", "TLS1.3", "--cipher-suites", "TLS_RSA_WITH_AES_128_CBC_SHA"],
        "cipher suites cannot be configured when only TLS1.3 is enabled",
    ),
    (&["--logger", "x"], r#"unknown logger option "x""#),
    (&["--logger", "capnslog"], "--logger=capnslog is removed in v3.5"),
    (&["--log-format", "x"], "unknown log format: x, supported values json, console"),
    (&["--log-outputs", "stderr,default"], r#"multi logoutput for "default" is not supported yet"#),
];

/// Of what no member can be made.
const IMPOSSIBLE: &[(&[&str], &str)] = &[
    (&["--cipher-suites", "NOPE"], r#"unexpected TLS cipher suite "NOPE""#),
    (
        &["--listen-client-urls", "https://127.0.0.1:1", "--advertise-client-urls", "https://h:1"],
        "TLS key/cert (--cert-file, --key-file) must be provided for client url \
         https://127.0.0.1:1 with HTTPS scheme",
    ),
    (
        &["--listen-peer-urls", "https://127.0.0.1:2380"],
        "cannot listen on TLS for 127.0.0.1:2380: KeyFile and CertFile are not presented",
    ),
    (
        &["--initial-cluster", "nothing"],
        "error setting up initial cluster: URL scheme must be http, https, unix, or unixs: ",
    ),
    (
        &["--initial-cluster", "a=http://h:1/x"],
        "error setting up initial cluster: URL must not contain a path: http://h:1/x",
    ),
    (
        &["--auto-compaction-retention", "x"],
        r#"error parsing CompactionRetention: time: invalid duration "x""#,
    ),
    (
        &["--auto-compaction-retention", "-1"],
        r#"error parsing CompactionRetention: time: missing unit in duration "-1""#,
    ),
    (
        &["--auto-compaction-retention", "0x1"],
        r#"error parsing CompactionRetention: time: unknown unit "x" in duration "0x1""#,
    ),
    (&["--auth-token", "x"], "auth: invalid auth options"),
    (&["--auth-token", "jwt"], "auth: invalid auth options"),
];

#[test]
fn what_does_not_fit_together_is_refused_in_etcds_words() {
    check(|| {
        for (words, text) in REFUSALS {
            let error = read_words(words).expect_err("it does not fit");
            assert_eq!(
                told(&error),
                (1, "failed to verify flags", (*text).to_owned()),
                "{words:?}"
            );
        }
        for (words, text) in IMPOSSIBLE {
            let error = read_words(words).expect_err("it does not fit");
            assert_eq!(told(&error), (1, "discovery failed", (*text).to_owned()), "{words:?}");
        }
        let error = read_words(&["--auto-tls", "--self-signed-cert-validity", "0"]);
        let text = "selfSignedCertValidity is invalid,it should be greater than 0";
        let expected = (1, "failed to get client self-signed certs", text.to_owned());
        assert_eq!(told(&error.expect_err("no time at all")), expected);
    });
}

#[test]
fn a_new_cluster_has_this_member_as_others_find_it() {
    check(|| {
        let founding = |urls: &str, cluster: &str| {
            let words = ["--initial-advertise-peer-urls", urls, "--initial-cluster", cluster];
            config(&words).check_founders().map_err(|error| error.to_string())
        };
        let one = "default=http://127.0.0.1:1";
        assert_eq!(founding("http://127.0.0.1:1", one), Ok(()));
        assert_eq!(
            founding("http://nowhere.invalid:1", "default=http://nowhere.invalid:1"),
            Ok(())
        );
        let rows = [
            (
                "http://127.0.0.1:1",
                "z=http://127.0.0.1:1",
                "couldn't find local name \"default\" in the initial cluster configuration",
            ),
            (
                "http://127.0.0.1:1",
                "z=http://127.0.0.1:1,default=http://127.0.0.1:1",
                "initial cluster default=http://127.0.0.1:1,z=http://127.0.0.1:1 has duplicate \
                 url",
            ),
            (
                "http://127.0.0.1:1",
                "default=http://127.0.0.1:2",
                "--initial-cluster has default=http://127.0.0.1:2 but missing from \
                 --initial-advertise-peer-urls=http://127.0.0.1:1 (resolved urls: \
                 \"http://127.0.0.1:1\" != \"http://127.0.0.1:2\")",
            ),
            (
                "http://127.0.0.1:1,http://127.0.0.1:3",
                one,
                "--initial-advertise-peer-urls has http://127.0.0.1:3 but missing from \
                 --initial-cluster=default=http://127.0.0.1:1,default=http://127.0.0.1:3",
            ),
            (
                "http://localhost:1",
                "default=http://localhost:1,default=http://localhost:1",
                "failed to resolve http://localhost:1 to match \
                 --initial-cluster=default=http://localhost:1 (len([\"http://localhost:1\"]) != \
                 len([\"http://localhost:1\" \"http://localhost:1\"]))",
            ),
        ];
        for (urls, cluster, text) in rows {
            assert_eq!(founding(urls, cluster), Err(text.to_owned()), "{urls} {cluster}");
        }
    });
}

#[test]
fn the_environment_says_what_the_command_line_does_not() {
    check(|| {
        let read = |words: &[&str], name, value| read_all(words, &[(name, value)]);
        assert_eq!(running(read(&[], "ETCD_NAME", "x")).name, "x");
        assert_eq!(running(read(&["--name", "y"], "ETCD_NAME", "")).name, "y", "nothing is unset");
        assert!(matches!(read(&[], "ETCD_VERSION", "1"), Ok(Wish::Run(_))));
        let error = read(&["--name", "y"], "ETCD_NAME", "x").expect_err("it is said twice");
        let line = error.line().expect("it stands in the log");
        let message = "conflicting environment variable is shadowed by corresponding command-line \
                       flag (either unset environment variable or disable flag))";
        assert_eq!((error.exit_code(), line.message), (1, message));
        assert_eq!(line.fields, [("environment-variable", "ETCD_NAME".into())]);
        let rows = [
            ("ETCD_SNAPSHOT_COUNT", "x", "parse error"),
            ("ETCD_PRE_VOTE", "x", "parse error"),
            ("ETCD_INITIAL_CLUSTER_STATE", "x", "invalid value"),
            ("ETCD_FEATURE_GATES", "x=true", "unrecognized feature gate: x"),
        ];
        for (name, value, why) in rows {
            let error = read(&[], name, value).expect_err("it is none");
            let text = format!("invalid value {value:?} for {name}: {why}");
            assert_eq!(told(&error), (1, "failed to verify flags", text));
        }
        let mut notes = Vec::new();
        let environment = [("ETCD_NOPE".to_owned(), "1".to_owned())].into();
        let words = ["--max-wals=3".to_owned(), "--force".to_owned()];
        server::config::read(&words, &environment, &mut notes).expect("it is right");
        let fields = |message: &str| {
            let note = notes.iter().find(|note| note.message.starts_with(message));
            note.expect("it is noted").fields.clone()
        };
        let unknown = fields("unrecognized environment variable");
        assert_eq!(unknown, [("environment-variable", "ETCD_NOPE=1".into())]);
        let unused = fields("flags that have no meaning");
        assert_eq!(unused, [("flags", ["max-wals", "force"].as_slice().into())], "named once");
    });
}

#[test]
fn a_file_says_everything() {
    check(|| {
        let config = running(file(
            "name: a\nheartbeat-interval: 20\nelection-timeout: 200\nunknown: [1, {b: c}]\n\
             initial-cluster-state: existing\nwatch-progress-notify-interval: 1000000000\n\
             listen-client-urls: http://127.0.0.1:1,http://127.0.0.1:2\ncert-file: ignored\n\
             auto-compaction-retention: '1'\nforce-new-cluster: yes\nlog-outputs: [stdout]\n\
             feature-gates: LeaseCheckpoint=true\nquota-backend-bytes: -1\nwal-dir: null\n\
             client-transport-security:\n  cert-file: c\n  allowed-cn: [x, z]\n\
             peer-transport-security: {auto-tls: true}\n",
        ));
        assert_eq!((config.name.as_str(), config.state), ("a", State::Existing));
        assert_eq!((config.heartbeat, config.election_ticks), (Duration::from_millis(20), 10));
        assert_eq!(config.progress, Duration::from_secs(1), "in nanoseconds");
        assert_eq!(config.listen.len(), 2, "nobody has to advertise what a file says");
        assert_eq!(config.auto_compaction, AutoCompaction::Periodic(Duration::from_secs(3_600)));
        assert!(config.force_new_cluster && config.gates.has(Gate::LeaseCheckpoint));
        assert_eq!((config.quota, config.wal_dir), (None, None));
        assert_eq!(config.tls.cert_file.as_deref(), Some("c".as_ref()));
        assert_eq!(config.tls.allowed_cn, ["x", "z"]);
        assert!(config.peer_tls.auto && !config.tls.auto);
        assert_eq!(running(file("name: a\nname: b\n")).name, "b");
        assert_eq!(running(file(r#"{"name": "json"}"#)).name, "json");
        assert_eq!(running(file("")).name, "default");
        let error = file("listen-client-urls: foo\n").expect_err("it is none");
        let text = "unexpected error setting up listen-client-urls: URL scheme must be http, \
                    https, unix, or unixs: foo";
        assert_eq!(told(&error), (1, "", text.to_owned()));
    });
}

/// Values of a file that are of another type than Go has there. A plus stands for a field of it.
const TYPES: &[(&str, &str)] = &[
    ("name: 5", "number into +Config.name of type string"),
    ("name: y", "bool into +Config.name of type string"),
    (
        "watch-progress-notify-interval: 1s",
        "string into +Config.watch-progress-notify-interval of type time.Duration",
    ),
    (
        "feature-gates: {LeaseCheckpoint: true}",
        "object into +configJSON.feature-gates of type string",
    ),
    (
        "auto-compaction-retention: 1",
        "number into +Config.auto-compaction-retention of type string",
    ),
    ("heartbeat-interval: '100'", "string into +Config.heartbeat-interval of type uint"),
    ("snapshot-count: -1", "number -1 into +Config.snapshot-count of type uint64"),
    ("snapshot-count: 1.5", "number 1.5 into +Config.snapshot-count of type uint64"),
    ("force-new-cluster: 'true'", "string into +Config.force-new-cluster of type bool"),
    (
        "listen-client-urls: [http://h:1]",
        "array into +configJSON.listen-client-urls of type string",
    ),
    ("log-outputs: stdout", "string into +Config.log-outputs of type []string"),
    (
        "client-transport-security: 3",
        "number into +configJSON.client-transport-security of type embed.securityConfig",
    ),
    (
        "client-transport-security: {cert-file: 5}",
        "number into Go struct field securityConfig.configJSON.client-transport-security.cert-file \
         of type string",
    ),
    ("- a", "array into Go value of type embed.configYAML"),
];

#[test]
fn a_value_of_a_file_has_its_type() {
    check(|| {
        let start = "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal";
        for (text, why) in TYPES {
            let error = file(text).expect_err("it has another type");
            let text = format!("{start} {}", why.replace('+', "Go struct field configYAML."));
            assert_eq!(told(&error), (1, "failed to verify flags", text));
        }
        let text = |yaml| file(yaml).expect_err("it is none").to_string();
        assert_eq!(text("initial-cluster-state: x"), "unexpected clusterState \"x\"");
        assert_eq!(text("feature-gates: x=true"), "unrecognized feature gate: x");
        assert!(text("a: [").starts_with("error converting YAML to JSON: yaml: "));
        // Every name stands for ten of the one before it: nobody has so much memory.
        let mut bomb = "a0: &a0 [x, x]\n".to_owned();
        for at in 1..40 {
            let before = format!("*a{}, ", at - 1).repeat(10);
            bomb += &format!("a{at}: &a{at} [{before}]\n");
        }
        assert!(text(&bomb).starts_with("error converting YAML to JSON: yaml: "));
    });
}

#[test]
fn the_help_has_every_flag_that_means_something() {
    check(|| {
        let help = help();
        for flag in ["--name 'default'", "--grpc-keepalive-interval '2h0m0s'", "--cors '*'"] {
            assert!(help.contains(flag), "{flag}");
        }
        for line in help.lines().filter_map(|line| line.strip_prefix("  --")) {
            let name = line.split(' ').next().expect("it has one");
            if let Err(error) = read_words(&[&format!("--{name}=")]) {
                assert!(!error.to_string().starts_with("flag provided"), "{name}");
            }
        }
    });
}
