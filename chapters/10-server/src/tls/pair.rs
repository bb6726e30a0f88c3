//! A certificate and its key.
//!
//! Owns [`Pair`], both of them as they are in two files.

use super::error::Error;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Both.
pub struct Pair {
    /// The certificate, and those between it and whoever is trusted.
    pub chain: Vec<CertificateDer<'static>>,
    /// The key.
    pub key: PrivateKeyDer<'static>,
}

impl Pair {
    /// What is in these two files.
    pub fn read(files: &[Vec<u8>]) -> Result<Pair, Error> {
        let [certificates, key] = files else { unreachable!("there are two places") };
        let chain = CertificateDer::pem_slice_iter(certificates).collect::<Result<Vec<_>, _>>();
        let chain = chain.ok().filter(|chain| !chain.is_empty()).ok_or(Error::NoCertificate)?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| Error::NoKey)?;
        Ok(Pair { chain, key })
    }
}
