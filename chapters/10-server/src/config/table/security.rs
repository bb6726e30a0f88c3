//! The flags of TLS, and of logins.
//!
//! Owns two sections of the table.

use super::flag;
use crate::config::flags::{Flag, Kind, Width};

/// Of TLS, and of who may come in.
pub const SECURITY: &[Flag] = &[
    flag(
        "cert-file",
        Kind::Path(|settings| &mut settings.client_tls.cert_file),
        "The certificate that it shows clients.",
    ),
    flag("key-file", Kind::Path(|settings| &mut settings.client_tls.key_file), "The key of it."),
    flag(
        "client-cert-auth",
        Kind::Switch(|settings| &mut settings.client_tls.client_cert_auth),
        "Ask clients for a certificate, whose name is a user.",
    ),
    flag(
        "client-cert-file",
        Kind::Path(|settings| &mut settings.client_tls.own_cert_file),
        "The certificate that it shows where it is a client itself.",
    ),
    flag(
        "client-key-file",
        Kind::Path(|settings| &mut settings.client_tls.own_key_file),
        "The key of it.",
    ),
    flag(
        "trusted-ca-file",
        Kind::Path(|settings| &mut settings.client_tls.trusted_ca_file),
        "Who signs the certificates of clients.",
    ),
    flag(
        "client-crl-file",
        Kind::Path(|settings| &mut settings.client_tls.crl_file),
        "Which certificates are not good any more.",
    ),
    flag(
        "client-cert-allowed-hostname",
        Kind::List(|settings| &mut settings.client_tls.allowed_hostname),
        "Which hosts certificates of clients may be for.",
    ),
    flag(
        "auto-tls",
        Kind::Switch(|settings| &mut settings.client_tls.auto),
        "Make a certificate at the start.",
    ),
    flag(
        "peer-cert-file",
        Kind::Path(|settings| &mut settings.peer_tls.cert_file),
        "The certificate that it shows other members.",
    ),
    flag("peer-key-file", Kind::Path(|settings| &mut settings.peer_tls.key_file), "The key of it."),
    flag(
        "peer-client-cert-auth",
        Kind::Switch(|settings| &mut settings.peer_tls.client_cert_auth),
        "Ask other members for a certificate.",
    ),
    flag(
        "peer-client-cert-file",
        Kind::Path(|settings| &mut settings.peer_tls.own_cert_file),
        "The certificate that it shows where it is a client itself.",
    ),
    flag(
        "peer-client-key-file",
        Kind::Path(|settings| &mut settings.peer_tls.own_key_file),
        "The key of it.",
    ),
    flag(
        "peer-trusted-ca-file",
        Kind::Path(|settings| &mut settings.peer_tls.trusted_ca_file),
        "Who signs the certificates of other members.",
    ),
    flag(
        "peer-crl-file",
        Kind::Path(|settings| &mut settings.peer_tls.crl_file),
        "Which certificates are not good any more.",
    ),
    flag(
        "peer-cert-allowed-cn",
        Kind::List(|settings| &mut settings.peer_tls.allowed_cn),
        "Which names certificates of members may have.",
    ),
    flag(
        "peer-cert-allowed-hostname",
        Kind::List(|settings| &mut settings.peer_tls.allowed_hostname),
        "Which hosts they may be for.",
    ),
    flag(
        "peer-auto-tls",
        Kind::Switch(|settings| &mut settings.peer_tls.auto),
        "Make a certificate at the start.",
    ),
    flag(
        "peer-skip-client-san-verification",
        Kind::Switch(|settings| &mut settings.peer_skip_addresses),
        "Let members come from elsewhere than their certificates say.",
    ),
    flag(
        "self-signed-cert-validity",
        Kind::Whole(Width::Word, |settings| &mut settings.self_signed_cert_validity),
        "How many years a certificate is good that was made.",
    ),
    flag(
        "cipher-suites",
        Kind::List(|settings| &mut settings.cipher_suites),
        "Which ciphers TLS 1.2 may use, as Go calls them.",
    ),
    flag(
        "tls-min-version",
        Kind::Text(|settings| &mut settings.tls_min_version),
        "The oldest TLS that is spoken: TLS1.2 or TLS1.3.",
    ),
    flag("tls-max-version", Kind::Text(|settings| &mut settings.tls_max_version), "The newest."),
    flag(
        "cors",
        Kind::Origins(|settings| &mut settings.cors),
        "From which pages scripts may ask; * for all.",
    ),
    flag(
        "host-whitelist",
        Kind::Joined(|settings| &mut settings.host_whitelist),
        "By which names of this host clients may ask, if not under TLS; * for all.",
    ),
];

/// Of logins.
pub const AUTH: &[Flag] = &[
    flag(
        "auth-token",
        Kind::Text(|settings| &mut settings.auth_token),
        "What a login gives: simple, or jwt and its options.",
    ),
    flag(
        "bcrypt-cost",
        Kind::Whole(Width::Word, |settings| &mut settings.bcrypt_cost),
        "How long it takes to try a password: 4 to 31.",
    ),
    flag(
        "auth-token-ttl",
        Kind::Whole(Width::Word, |settings| &mut settings.auth_token_ttl),
        "How many seconds a simple token is good.",
    ),
];
