//! The ways in which a token can be signed.
//!
//! Owns [`Method`] and what each of them is to the library that does it.

use crate::error::Error;
use ring::signature::{self as sign, RsaEncoding, VerificationAlgorithm};
use ring::{hmac, signature::EcdsaSigningAlgorithm};
use std::fmt;

/// A way to sign, by its name in the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names are those of the standard, RFC 7518")]
pub enum Method {
    HS256,
    HS384,
    HS512,
    RS256,
    RS384,
    RS512,
    PS256,
    PS384,
    PS512,
    ES256,
    ES384,
    EdDSA,
}

/// What a way to sign is made of.
pub(crate) enum Kind {
    /// One secret signs and checks.
    Hmac(hmac::Algorithm),
    /// RSA, in one of its two ways.
    Rsa(&'static dyn RsaEncoding, &'static dyn VerificationAlgorithm),
    /// A curve.
    Ecdsa(&'static EcdsaSigningAlgorithm, &'static dyn VerificationAlgorithm),
    /// Edwards' curve.
    Ed25519,
}

impl Method {
    /// All that there are.
    pub const ALL: [Method; 12] = [
        Method::HS256,
        Method::HS384,
        Method::HS512,
        Method::RS256,
        Method::RS384,
        Method::RS512,
        Method::PS256,
        Method::PS384,
        Method::PS512,
        Method::ES256,
        Method::ES384,
        Method::EdDSA,
    ];

    /// The one with this name. `none` is known to etcd's library as well, and refused; and so is
    /// here what etcd has besides.
    pub fn parse(name: &str) -> Result<Method, Error> {
        match Method::ALL.into_iter().find(|method| method.to_string() == name) {
            Some(method) => Ok(method),
            None if name == "none" => {
                Err(Error::UnsupportedMethod { method: "*jwt.signingMethodNone".to_owned() })
            }
            None if name == "ES512" => Err(Error::UnsupportedMethod { method: name.to_owned() }),
            None => {
                Err(Error::InvalidOptions { why: "auth: invalid auth signature method".into() })
            }
        }
    }

    pub(crate) fn kind(self) -> Kind {
        match self {
            Method::HS256 => Kind::Hmac(hmac::HMAC_SHA256),
            Method::HS384 => Kind::Hmac(hmac::HMAC_SHA384),
            Method::HS512 => Kind::Hmac(hmac::HMAC_SHA512),
            Method::RS256 => Kind::Rsa(&sign::RSA_PKCS1_SHA256, &sign::RSA_PKCS1_2048_8192_SHA256),
            Method::RS384 => Kind::Rsa(&sign::RSA_PKCS1_SHA384, &sign::RSA_PKCS1_2048_8192_SHA384),
            Method::RS512 => Kind::Rsa(&sign::RSA_PKCS1_SHA512, &sign::RSA_PKCS1_2048_8192_SHA512),
            Method::PS256 => Kind::Rsa(&sign::RSA_PSS_SHA256, &sign::RSA_PSS_2048_8192_SHA256),
            Method::PS384 => Kind::Rsa(&sign::RSA_PSS_SHA384, &sign::RSA_PSS_2048_8192_SHA384),
            Method::PS512 => Kind::Rsa(&sign::RSA_PSS_SHA512, &sign::RSA_PSS_2048_8192_SHA512),
            Method::ES256 => {
                Kind::Ecdsa(&sign::ECDSA_P256_SHA256_FIXED_SIGNING, &sign::ECDSA_P256_SHA256_FIXED)
            }
            Method::ES384 => {
                Kind::Ecdsa(&sign::ECDSA_P384_SHA384_FIXED_SIGNING, &sign::ECDSA_P384_SHA384_FIXED)
            }
            Method::EdDSA => Kind::Ed25519,
        }
    }
}

/// Its name.
impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}
