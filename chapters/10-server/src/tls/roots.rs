//! Whom a member trusts.
//!
//! Owns [`read`]: the authorities of a file, or those of the system.

use super::error::Error;
use super::files;
use std::path::Path;
use tokio_rustls::rustls::RootCertStore;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;

/// The authorities in this file, or those whom the system trusts, if none is named.
pub fn read(authorities: Option<&Path>) -> Result<RootCertStore, Error> {
    let certificates = match authorities {
        Some(place) => {
            let file = files::read(place)?;
            let all = CertificateDer::pem_slice_iter(&file).collect::<Result<Vec<_>, _>>();
            all.unwrap_or_default()
        }
        None => rustls_native_certs::load_native_certs().certs,
    };
    let mut roots = RootCertStore::empty();
    // What the system has may be older than what rustls reads. A file that was named is for this.
    let (trusted, ignored) = roots.add_parsable_certificates(certificates);
    if trusted == 0 || (authorities.is_some() && ignored != 0) {
        return Err(nobody(authorities));
    }
    Ok(roots)
}

/// Nobody there can be trusted.
pub fn nobody(authorities: Option<&Path>) -> Error {
    let place = authorities.map_or("the system".to_owned(), |place| place.display().to_string());
    Error::NobodyTrusted { place }
}
