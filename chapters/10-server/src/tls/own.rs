//! A certificate that a member makes for itself.
//!
//! Owns [`certificate`]. Nobody trusts it, but what is said is not heard by others.
//!
//! etcd's keys are on the curve P-521, which ring does not have. These are on P-256.

use super::error::Error;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose, date_time_ymd,
};
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// A year, as etcd counts them.
const YEAR: Duration = Duration::from_hours(365 * 24);

/// Where the certificate and its key are. They are made if one of them is missing.
pub fn certificate(
    directory: &Path,
    hosts: &[String],
    years: u64,
) -> Result<(PathBuf, PathBuf), Error> {
    if years == 0 {
        return Err(Error::Years);
    }
    let (certificate, key) = (directory.join("cert.pem"), directory.join("key.pem"));
    if certificate.exists() && key.exists() {
        return Ok((certificate, key));
    }
    let pair = KeyPair::generate()?;
    let signed = parameters(hosts, years)?.self_signed(&pair)?;
    let made = DirBuilder::new().recursive(true).mode(0o700).create(directory);
    made.map_err(|error| Error::file("mkdir", directory, error))?;
    write(&certificate, &signed.pem(), 0o644)?;
    write(&key, &pair.serialize_pem(), 0o600)?;
    Ok((certificate, key))
}

fn parameters(hosts: &[String], years: u64) -> Result<CertificateParams, Error> {
    let mut parameters = CertificateParams::new(hosts)?;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    parameters.not_before = date_time_ymd(1970, 1, 1) + now;
    // The dates that can be written end with the year 9999.
    parameters.not_after = match years {
        0..1000 => parameters.not_before + u32::try_from(years).expect("it is small") * YEAR,
        1000.. => date_time_ymd(9999, 12, 31),
    };
    parameters.distinguished_name = DistinguishedName::new();
    parameters.distinguished_name.push(DnType::OrganizationName, "etcd");
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.key_usages = vec![
        KeyUsagePurpose::DigitalSignature,
        KeyUsagePurpose::KeyEncipherment,
        KeyUsagePurpose::CrlSign,
    ];
    parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    Ok(parameters)
}

/// Writes a file that is there whole or not at all.
fn write(place: &Path, text: &str, mode: u32) -> Result<(), Error> {
    let beside = place.with_extension("tmp");
    let done = || -> io::Result<()> {
        let _ = fs::remove_file(&beside);
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&beside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, place)
    };
    done().map_err(|error| Error::file("write", place, error))
}
