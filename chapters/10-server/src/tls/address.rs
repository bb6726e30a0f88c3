//! Where a member comes from, and whether its certificate says so.
//!
//! Owns [`check`]. A certificate without addresses and names says nothing of it.
//!
//! Names are asked for where threads may wait: the system knows them from others.

use super::error::Error;
use super::leaf::Leaf;
use dns_lookup::{lookup_addr, lookup_host};
use std::io;
use std::net::{IpAddr, SocketAddr};
use tokio::task::spawn_blocking;

/// Is a certificate for whoever is at this address?
pub async fn check(leaf: &Leaf, remote: io::Result<SocketAddr>) -> Result<(), Error> {
    let (names, addresses) = (leaf.dns_names.clone(), leaf.ip_addresses.clone());
    if names.is_empty() && addresses.is_empty() {
        return Ok(());
    }
    let remote = remote.map_err(Error::Gone)?.ip().to_canonical();
    if addresses.contains(&remote) {
        return Ok(());
    }
    if names.is_empty() {
        return Err(Error::Address { valid: addresses, remote });
    }
    let asked = spawn_blocking(move || (is_called(remote, &names), names)).await;
    match asked {
        Ok((true, _)) => Ok(()),
        Ok((false, names)) => Err(Error::Names { names, remote }),
        // The member ends.
        Err(_) => Err(Error::Names { names: Vec::new(), remote }),
    }
}

/// Is this one of its names? Of `*.example.com` only the system can say it, from the address.
fn is_called(remote: IpAddr, names: &[String]) -> bool {
    let own = lookup_addr(&remote).unwrap_or_default();
    let own = own.trim_end_matches('.');
    names.iter().any(|name| match name.strip_prefix('*').filter(|end| end.starts_with('.')) {
        Some(end) => own.ends_with(end),
        None => {
            name == own || lookup_host(name).is_ok_and(|mut found| found.any(|one| one == remote))
        }
    })
}
