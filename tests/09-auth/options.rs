//! The text that says how tokens are made, and what etcd says of it.

use crate::jwts::RSA;
use auth::{Error, Method, Options};
use harness::check;
use std::io;
use std::time::Duration;

fn why(text: &str) -> String {
    match Options::parse(text) {
        Err(Error::InvalidOptions { why }) => why,
        other => panic!("{text}: {other:?}"),
    }
}

/// How long tokens last with these words.
fn lasts(text: &str) -> Option<Duration> {
    match Options::parse(&format!("jwt,sign-method=HS256,priv-key=k,ttl={text}")) {
        Ok(Options::Jwt(options)) => Some(options.lasts),
        Ok(other) => panic!("{text}: {other:?}"),
        Err(_) => None,
    }
}

#[test]
fn are_a_kind_and_what_belongs_to_it() {
    check(|| {
        assert_eq!(Options::parse(""), Ok(Options::None));
        assert_eq!(Options::parse("simple"), Ok(Options::Simple));
        assert_eq!(Options::parse("simple,a=b"), Ok(Options::Simple), "and nobody minds");
        let text = "jwt,pub-key=/p,priv-key=/q,sign-method=RS256,ttl=10m,foo=bar,e=";
        let Ok(Options::Jwt(options)) = Options::parse(text) else { panic!("it is good") };
        assert_eq!(options.method, Method::RS256);
        assert_eq!(options.public.as_deref(), Some("/p"));
        assert_eq!(options.private.as_deref(), Some("/q"));
        assert_eq!(options.lasts, Duration::from_secs(600));
        assert_eq!(options.unknown, ["e", "foo"]);
        for method in Method::ALL {
            let parsed = Options::parse(&format!("jwt,sign-method={method}"));
            assert!(matches!(parsed, Ok(Options::Jwt(options)) if options.method == method));
        }
    });
}

#[test]
fn that_cannot_be_are_refused() {
    check(|| {
        for kind in ["x", "Simple", "JWT", " simple"] {
            assert!(why(kind).starts_with("unknown token type"), "{kind}");
        }
        for text in ["simple,", "simple,a", "jwt,sign-method=HS256,", "jwt,a=b=c,sign-method=HS256"]
        {
            assert!(why(text).starts_with("no option"), "{text}");
        }
        assert_eq!(why("jwt,sign-method=HS256,ttl=1m,ttl=1m"), "ttl is there twice");
        assert_eq!(why("simple,a=b,a=c"), "a is there twice");
        for text in ["jwt", "jwt,sign-method=", "jwt,sign-method=XX", "jwt,sign-method=rs256"] {
            assert_eq!(why(text), "auth: invalid auth signature method", "{text}");
        }
        assert_eq!(why("jwt,ttl=x"), "time: invalid duration \"x\"");
        let text = |text: &str| Options::parse(text).expect_err("it cannot be").to_string();
        assert_eq!(text("x"), "auth: invalid auth options");
        let none = "unsupported signing method: *jwt.signingMethodNone";
        assert_eq!(text("jwt,sign-method=none,priv-key=k"), none);
        assert_eq!(text("jwt,sign-method=ES512"), "unsupported signing method: ES512");
    });
}

#[test]
fn say_times_as_go_does() {
    check(|| {
        let millis = |text: &str| lasts(text).map(|lasts| lasts.as_millis());
        let good = [
            ("10m", 600_000),
            ("1h30m", 5_400_000),
            ("1.5s", 1_500),
            (".5s", 500),
            ("1.s", 1_000),
            ("1500ms", 1_500),
            ("+2s", 2_000),
            ("-5m", 0),
            ("0", 0),
            ("-0", 0),
            ("0s", 0),
            ("3000000us", 3_000),
            ("3000000µs", 3_000),
            ("3000000μs", 3_000),
            ("5000000ns", 5),
            ("1h1m1s1ms", 3_661_001),
            ("2562047h", 9_223_369_200_000),
            ("", 300_000),
        ];
        for (text, expected) in good {
            assert_eq!(millis(text), Some(expected), "{text:?}");
        }
        let bad = [
            "x",
            "1",
            "s",
            "1x",
            "1 s",
            "m1",
            "1m2",
            ".s",
            ".",
            "+",
            "-",
            "1.2.3s",
            "1e3s",
            "2562048h",
            "99999999999999999999s",
            "18446744073709551615ns",
            "--1s",
            "5M",
        ];
        for text in bad {
            assert_eq!(lasts(text), None, "{text:?}");
        }
    });
}

#[test]
fn name_files_that_are_read() {
    check(|| {
        let files = |name: &str| match name {
            "/rsa" => Ok(RSA.0.to_vec()),
            "/rsa.pub" => Ok(RSA.1.to_vec()),
            "/empty" => Ok(Vec::new()),
            _ => Err(io::Error::new(io::ErrorKind::NotFound, "no such file or directory")),
        };
        let load = |text: &str| match Options::parse(text) {
            Ok(Options::Jwt(options)) => options.load(files),
            other => panic!("{other:?}"),
        };
        for text in ["priv-key=/rsa", "pub-key=/rsa.pub", "priv-key=/rsa,pub-key=/rsa.pub"] {
            assert!(load(&format!("jwt,sign-method=RS256,{text}")).is_ok(), "{text}");
        }
        let missing = Err(Error::MissingKey);
        for text in ["RS256", "RS256,priv-key=", "RS256,priv-key=/empty", "HS256,pub-key=/rsa.pub"]
        {
            let loaded = load(&format!("jwt,sign-method={text}")).map(|_| ());
            assert_eq!(loaded, missing, "{text}");
        }
        let why = "open /no: no such file or directory".to_owned();
        for text in ["priv-key=/no", "pub-key=/no", "pub-key=/rsa.pub,priv-key=/no"] {
            let loaded = load(&format!("jwt,sign-method=RS256,{text}")).map(|_| ());
            assert_eq!(loaded, Err(Error::InvalidOptions { why: why.clone() }), "{text}");
        }
    });
}
