//! The keys that sign tokens and check them, from the files in which people keep them.
//!
//! Owns [`Signer`] and [`Checker`], and the way to them from PEM: as OpenSSL writes private keys of
//! either age (`PRIVATE KEY`, `RSA PRIVATE KEY`, `EC PRIVATE KEY`), public ones, and certificates.
//!
//! A key belongs to one way to sign. That is what keeps a public key, which anybody may have, from
//! being taken for the secret of HMAC.

use crate::der::{BYTES, Der, FIRST, INTEGER, SECOND, SEQUENCE, blocks};
use crate::error::Error;
use crate::method::{Kind, Method};
use ring::hmac;
use ring::rand::SystemRandom;
use ring::signature::{
    self, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair, RsaEncoding, RsaKeyPair,
    UnparsedPublicKey,
};

/// What signs.
pub(crate) enum Signer {
    Hmac(hmac::Key),
    Rsa(RsaKeyPair, &'static dyn RsaEncoding),
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

/// What checks.
pub(crate) enum Checker {
    Hmac(hmac::Key),
    Public(UnparsedPublicKey<Vec<u8>>),
}

/// Which algorithm a public key is for, as its file says.
const RSA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";
const P256: &[u8] = b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07";
const P384: &[u8] = b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22";
const ED25519: &[u8] = b"\x06\x03\x2b\x65\x70";

fn invalid(why: &'static str) -> Error {
    Error::InvalidKey { why }
}

const NO_PEM: &str = "Key must be a PEM encoded PKCS1 or PKCS8 key";

impl Signer {
    /// The private key in this file.
    pub fn read(method: Method, file: &[u8]) -> Result<Signer, Error> {
        Ok(match method.kind() {
            Kind::Hmac(algorithm) => Signer::Hmac(hmac::Key::new(algorithm, file)),
            Kind::Rsa(encoding, _) => Signer::Rsa(rsa(file)?, encoding),
            Kind::Ecdsa(algorithm, _) => Signer::Ecdsa(ecdsa(algorithm, file)?),
            Kind::Ed25519 => Signer::Ed25519(ed25519(file)?),
        })
    }

    /// The public half, as a [`Checker`] has it. HMAC has none.
    pub fn public(&self) -> Option<&[u8]> {
        match self {
            Signer::Hmac(_) => None,
            Signer::Rsa(pair, _) => Some(pair.public_key().as_ref()),
            Signer::Ecdsa(pair) => Some(pair.public_key().as_ref()),
            Signer::Ed25519(pair) => Some(pair.public_key().as_ref()),
        }
    }

    /// Signs. Some ways to sign draw a number for it, from the system, for the library takes it
    /// from nowhere else.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        let drawn = "the system has random numbers";
        match self {
            Signer::Hmac(key) => hmac::sign(key, message).as_ref().to_vec(),
            Signer::Rsa(pair, encoding) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(*encoding, &random, message, &mut signature).expect(drawn);
                signature
            }
            Signer::Ecdsa(pair) => pair.sign(&random, message).expect(drawn).as_ref().to_vec(),
            Signer::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
        }
    }
}

impl Checker {
    /// What checks what this signs.
    pub fn of(method: Method, signer: &Signer) -> Checker {
        match (signer, signer.public()) {
            (Signer::Hmac(key), _) => Checker::Hmac(key.clone()),
            (_, public) => {
                let public = public.expect("all the others have one");
                Checker::with(method, public.to_vec())
            }
        }
    }

    /// The public key in this file. HMAC has none: a file that anybody may read is no secret.
    pub fn read(method: Method, file: &[u8]) -> Result<Option<Checker>, Error> {
        let (algorithm, why) = match method.kind() {
            Kind::Hmac(_) => return Ok(None),
            Kind::Rsa(..) => (RSA, "key is not a valid RSA public key"),
            Kind::Ecdsa(..) if method == Method::ES256 => {
                (P256, "key is not a valid ECDSA public key")
            }
            Kind::Ecdsa(..) => (P384, "key is not a valid ECDSA public key"),
            Kind::Ed25519 => (ED25519, "key is not a valid Ed25519 public key"),
        };
        let (title, der) = blocks(file).into_iter().next().ok_or_else(|| invalid(NO_PEM))?;
        let public = match &title[..] {
            "PUBLIC KEY" => public_of(Der(&der), algorithm).map(<[u8]>::to_vec),
            "CERTIFICATE" => certified(&der, algorithm).map(<[u8]>::to_vec),
            "RSA PUBLIC KEY" if algorithm == RSA => Some(der),
            _ => None,
        };
        Ok(Some(Checker::with(method, public.ok_or_else(|| invalid(why))?)))
    }

    fn with(method: Method, public: Vec<u8>) -> Checker {
        match method.kind() {
            Kind::Hmac(_) => unreachable!("it has no public key"),
            Kind::Rsa(_, how) | Kind::Ecdsa(_, how) => {
                Checker::Public(UnparsedPublicKey::new(how, public))
            }
            Kind::Ed25519 => Checker::Public(UnparsedPublicKey::new(&signature::ED25519, public)),
        }
    }

    /// Does it check what this signs?
    pub fn is_for(&self, signer: &Signer) -> bool {
        match self {
            Checker::Hmac(_) => true,
            Checker::Public(key) => signer.public() == Some(key.as_ref()),
        }
    }

    /// Was this signed with the key?
    pub fn is_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Checker::Hmac(key) => hmac::verify(key, message, signature).is_ok(),
            Checker::Public(key) => key.verify(message, signature).is_ok(),
        }
    }
}

/// The private key in a file: the first block that is one, with its title.
fn private(file: &[u8]) -> Result<(String, Vec<u8>), Error> {
    let mut blocks = blocks(file).into_iter();
    // OpenSSL writes the curve in a block of its own, before the key.
    blocks.find(|(title, _)| title != "EC PARAMETERS").ok_or_else(|| invalid(NO_PEM))
}

fn rsa(file: &[u8]) -> Result<RsaKeyPair, Error> {
    let (title, der) = private(file)?;
    let pair = match &title[..] {
        "PRIVATE KEY" => RsaKeyPair::from_pkcs8(&der),
        "RSA PRIVATE KEY" => RsaKeyPair::from_der(&der),
        _ => return Err(invalid("key is not a valid RSA private key")),
    };
    pair.map_err(|_| invalid("key is not a valid RSA private key of at least 2048 bits"))
}

fn ecdsa(algorithm: &'static EcdsaSigningAlgorithm, file: &[u8]) -> Result<EcdsaKeyPair, Error> {
    let (title, der) = private(file)?;
    let numbers = match &title[..] {
        "PRIVATE KEY" => inside(&der).and_then(numbers),
        "EC PRIVATE KEY" => numbers(&der),
        _ => None,
    };
    let why = "key is not a valid ECDSA private key of this curve, with its public half";
    let (number, point) = numbers.ok_or_else(|| invalid(why))?;
    let random = SystemRandom::new();
    let pair = EcdsaKeyPair::from_private_key_and_public_key(algorithm, number, point, &random);
    pair.map_err(|_| invalid(why))
}

fn ed25519(file: &[u8]) -> Result<Ed25519KeyPair, Error> {
    let why = "key is not a valid Ed25519 private key";
    match private(file)? {
        (title, der) if title == "PRIVATE KEY" => {
            Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der).map_err(|_| invalid(why))
        }
        _ => Err(invalid(why)),
    }
}

/// The key inside PKCS #8, which says in front of it what it is for.
fn inside(der: &[u8]) -> Option<&[u8]> {
    let mut key = Der(der).open(SEQUENCE)?;
    key.take(INTEGER)?;
    key.take(SEQUENCE)?;
    key.take(BYTES)
}

/// The private number of a curve's key, and the public point that it makes.
fn numbers(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut key = Der(der).open(SEQUENCE)?;
    key.take(INTEGER)?;
    let number = key.take(BYTES)?;
    // The curve, which the point says as well.
    key.take(FIRST);
    let point = key.open(SECOND)?.bits()?;
    Some((number, point))
}

/// A public key, if it is for this algorithm.
fn public_of<'a>(mut der: Der<'a>, algorithm: &[u8]) -> Option<&'a [u8]> {
    let mut key = der.open(SEQUENCE)?;
    let found = key.take(SEQUENCE)?;
    if found == algorithm { key.bits() } else { None }
}

/// The public key in a certificate, of which nothing else is looked at.
fn certified<'a>(der: &'a [u8], algorithm: &[u8]) -> Option<&'a [u8]> {
    let mut certificate = Der(der).open(SEQUENCE)?.open(SEQUENCE)?;
    // The version may be left out. Then come number, algorithm, issuer, dates and subject.
    certificate.take(FIRST);
    certificate.take(INTEGER)?;
    for _ in 0..4 {
        certificate.take(SEQUENCE)?;
    }
    public_of(certificate, algorithm)
}
