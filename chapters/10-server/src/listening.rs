//! Addresses, bound.
//!
//! Owns [`listen`], which binds every address that a member was told, before anything else is done:
//! a second member on the same port must not touch files.
//!
//! Left to others: who is served there (`serve`).

use crate::config::{Config, PeerPlace, Place};
use crate::journal::fields;
use crate::reason::reason;
use crate::serve::Door;
use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use tokio::sync::watch;

/// Why an address cannot be bound.
#[derive(Debug, Error)]
pub enum Error {
    /// The system refuses.
    #[error("listen tcp {place}: {why}")]
    Refused {
        /// Which.
        place: String,
        /// Why.
        why: String,
    },
    /// It is no port.
    #[error("listen tcp: address {0}: invalid port")]
    Port(String),
    /// Nobody speaks TLS here yet.
    #[error("cannot listen on TLS for {0}: this server does not speak TLS yet; use http")]
    NoTls(String),
}

/// Where clients come in.
pub type Clients = Vec<(SocketAddr, TcpListener, Arc<Door>)>;

/// Everything that is bound.
pub struct Listeners {
    /// Where clients come in, in the order of the configuration.
    pub clients: Clients,
    /// Where other members do.
    pub peers: Vec<TcpListener>,
}

/// Binds every address.
pub fn listen(config: &Config) -> Result<Listeners, Error> {
    let urls: Vec<String> = config.listen_peers.iter().map(PeerPlace::to_string).collect();
    config.journal.info("configuring peer listeners", fields!["listen-peer-urls": urls]);
    let peers = config.listen_peers.iter().map(|place| bind(&place.address, place.tls));
    let peers = peers.collect::<Result<Vec<_>, _>>()?;
    let urls: Vec<String> = config.listen.iter().map(Place::to_string).collect();
    config.journal.info("configuring client listeners", fields!["listen-client-urls": urls]);
    let door = |place: &Place| {
        let listener = bind(&place.address, place.tls)?;
        let address = listener.local_addr().map_err(|error| refused(&place.address, &error))?;
        Ok((address, listener, Arc::new(Door { serves: place.serves })))
    };
    let clients = config.listen.iter().map(door).collect::<Result<Vec<_>, Error>>()?;
    Ok(Listeners { clients, peers })
}

fn refused(place: &str, error: &io::Error) -> Error {
    Error::Refused { place: place.to_owned(), why: format!("bind: {}", reason(error)) }
}

/// Binds one address. If a name has several, it is the one that is not IPv6, as in Go.
fn bind(place: &str, is_secret: bool) -> Result<TcpListener, Error> {
    if is_secret {
        return Err(Error::NoTls(place.to_owned()));
    }
    // Without a port, the system takes one.
    let wanted = if place.ends_with(':') { format!("{place}0") } else { place.to_owned() };
    let (_, port) = wanted.rsplit_once(':').unwrap_or_default();
    if port.parse::<u16>().is_err() {
        return Err(Error::Port(port.to_owned()));
    }
    let not_found = |why: String| Error::Refused { place: place.to_owned(), why };
    let found = wanted.to_socket_addrs().map_err(|error| not_found(reason(&error)))?;
    let address = found.min_by_key(SocketAddr::is_ipv6);
    let address = address.ok_or_else(|| not_found("no such host".to_owned()))?;
    let place = address.to_string();
    let listener = TcpListener::bind(address).map_err(|error| refused(&place, &error))?;
    listener.set_nonblocking(true).map_err(|error| refused(&place, &error))?;
    Ok(listener)
}

/// Other members are not here yet: whoever comes in at their door is sent away.
pub async fn turn_away(listener: tokio::net::TcpListener, mut stops: watch::Receiver<bool>) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stops.wait_for(|stops| *stops) => return,
        };
        if accepted.is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}
