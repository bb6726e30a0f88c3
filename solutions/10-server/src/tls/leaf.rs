//! What is said of a client in its certificate.
//!
//! Owns [`Leaf`], names and numbers in a certificate, and [`Revoked`], a list of such numbers.
//!
//! Left to others: whether it is true (rustls).

use super::error::Error;
use std::collections::HashSet;
use std::fmt::Write;
use std::net::IpAddr;
use std::sync::Arc;
use x509_cert::Certificate;
use x509_cert::crl::CertificateList;
use x509_cert::der::Decode;
use x509_cert::der::oid::db::rfc4519;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::{DirectoryString, GeneralName};

/// Names in a certificate.
#[derive(Debug, Default)]
pub struct Leaf {
    /// The common name of whom it was made for; nothing if it has none. The last one counts.
    pub common_name: Arc<str>,
    /// Other names.
    pub dns_names: Vec<String>,
    /// Addresses.
    pub ip_addresses: Vec<IpAddr>,
}

impl Leaf {
    /// What this certificate says. None if it cannot be read.
    pub fn read(der: &[u8]) -> Option<Leaf> {
        let certificate = Certificate::from_der(der).ok()?;
        let told = certificate.tbs_certificate();
        let mut leaf = Leaf::default();
        for name in told.subject().iter().filter(|name| name.oid == rfc4519::COMMON_NAME) {
            leaf.common_name = DirectoryString::try_from(&name.value).ok()?.value().into();
        }
        let others = told.get_extension::<SubjectAltName>().ok()?;
        for name in others.map(|(_, names)| names.0).unwrap_or_default() {
            match name {
                GeneralName::DnsName(name) => leaf.dns_names.push(name.to_string()),
                GeneralName::IpAddress(address) => {
                    let four = <[u8; 4]>::try_from(address.as_bytes()).map(IpAddr::from);
                    let sixteen = <[u8; 16]>::try_from(address.as_bytes()).map(IpAddr::from);
                    leaf.ip_addresses.extend(four.or(sixteen));
                }
                GeneralName::OtherName(_)
                | GeneralName::Rfc822Name(_)
                | GeneralName::DirectoryName(_)
                | GeneralName::EdiPartyName(_)
                | GeneralName::UniformResourceIdentifier(_)
                | GeneralName::RegisteredId(_) => {}
            }
        }
        Some(leaf)
    }
}

/// Numbers of certificates that are not valid any more. Whose they are, nobody asks: etcd looks at
/// nothing else in the list.
pub struct Revoked(HashSet<Vec<u8>>);

impl Revoked {
    /// Those of a list, which is in DER.
    pub fn read(der: &[u8]) -> Result<Revoked, Error> {
        let list = CertificateList::<x509_cert::certificate::Rfc5280>::from_der(der);
        let list = list.map_err(|_| Error::NotRevoked)?.tbs_cert_list;
        let revoked = list.revoked_certificates.unwrap_or_default();
        let numbers = revoked.iter().map(|one| number(one.serial_number.as_bytes()).to_vec());
        Ok(Revoked(numbers.collect()))
    }

    /// Is this certificate among them?
    pub fn check(&self, der: &[u8]) -> Result<(), Error> {
        let certificate = Certificate::from_der(der).map_err(|_| Error::Unreadable)?;
        let number = number(certificate.tbs_certificate().serial_number().as_bytes());
        match self.0.contains(number) {
            true => Err(Error::Revoked(hexadecimal(number))),
            false => Ok(()),
        }
    }
}

/// A number without its leading zeros, which say that it is not negative.
fn number(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    &bytes[zeros..]
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("there is room");
        text
    })
}
