//! Addresses, bound.
//!
//! Owns [`listen`], which binds every address that a member was told, before anything else is done:
//! a second member on the same port must not touch files.
//!
//! Left to others: who is served there (`serve`).

use crate::config::{Config, PeerPlace, Place, Speaks};
use crate::door::{Door, Limits, Serves, Whose};
use crate::journal::fields;
use crate::reason::reason;
use crate::tls::{self, Dialer, Tls};
use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;

/// A member that says nothing for so long is asked whether it is there, and has so long to answer.
const PEER_SILENT: Duration = Duration::from_secs(1);
const PEER_DEAD: Duration = Duration::from_secs(3);

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
    /// How clients or other members are to speak there.
    #[error(transparent)]
    Tls(#[from] tls::Error),
}

/// Where clients come in.
pub type Clients = Vec<(SocketAddr, TcpListener, Arc<Door>)>;

/// Everything that is bound.
pub struct Listeners {
    /// Where clients come in, in the order of the configuration.
    pub clients: Clients,
    /// Where other members do.
    pub peers: Vec<(TcpListener, Arc<Door>)>,
    /// How they are called themselves.
    pub dialer: Arc<Dialer>,
}

/// Binds every address.
pub fn listen(config: &Config) -> Result<Listeners, Error> {
    let urls: Vec<String> = config.listen_peers.iter().map(PeerPlace::to_string).collect();
    config.journal.info("configuring peer listeners", fields!["listen-peer-urls": urls]);
    let bound = config.listen_peers.iter().map(|place| bind(&place.address));
    let bound = bound.collect::<Result<Vec<_>, Error>>()?;
    let dialer = Arc::new(Dialer::new(&config.peer_tls)?);
    let peer_tls = peer_tls(config)?;
    let peers = bound.into_iter().zip(&config.listen_peers).map(|(listener, place)| {
        let tls = peer_tls.clone().filter(|_| place.tls);
        (listener, Arc::new(peer_door(config, tls)))
    });
    let peers = peers.collect();
    let urls: Vec<String> = config.listen.iter().map(Place::to_string).collect();
    config.journal.info("configuring client listeners", fields!["listen-client-urls": urls]);
    let bound = config.listen.iter().map(|place| bind(&place.address));
    let bound = bound.collect::<Result<Vec<_>, Error>>()?;
    let tls = tls(config)?;
    let door = |(listener, place): (TcpListener, &Place)| {
        let address = listener.local_addr().map_err(|error| refused(&place.address, &error))?;
        let door = Door {
            whose: Whose::Clients,
            serves: place.serves,
            tls: tls.clone().filter(|_| place.speaks != Speaks::Http),
            plain: place.speaks != Speaks::Https,
            limits: config.limits,
            journal: config.journal.clone(),
        };
        Ok((address, listener, Arc::new(door)))
    };
    let clients = bound.into_iter().zip(&config.listen).map(door);
    Ok(Listeners { clients: clients.collect::<Result<Vec<_>, Error>>()?, peers, dialer })
}

/// How other members come in.
fn peer_door(config: &Config, tls: Option<Arc<Tls>>) -> Door {
    // One that is not there any more is to be noticed before it is missed.
    let (keepalive_interval, keepalive_timeout) = (PEER_SILENT, PEER_DEAD);
    let limits = Limits { keepalive_interval, keepalive_timeout, ..Limits::default() };
    let journal = config.journal.clone();
    let (whose, serves, plain) = (Whose::Members, Serves::All, tls.is_none());
    Door { whose, serves, tls, plain, limits, journal }
}

/// What it takes to shake hands with other members, if that is done anywhere.
fn peer_tls(config: &Config) -> Result<Option<Arc<Tls>>, Error> {
    if !config.listen_peers.iter().any(|place| place.tls) {
        return Ok(None);
    }
    let hosts: Vec<String> = config.listen_peers.iter().map(|it| host(&it.address)).collect();
    let own = config.data_dir.join("fixtures/peer");
    let info = config.peer_tls.to_string();
    let fields = fields!["tls-info": info, "cipher-suites": config.peer_tls.cipher_suites];
    config.journal.info("starting with peer TLS", fields);
    Ok(Some(Arc::new(Tls::new(&config.peer_tls, &own, &hosts, false)?)))
}

/// The host of an address.
fn host(address: &str) -> String {
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    host.trim_matches(['[', ']']).to_owned()
}

/// What it takes to shake hands, if that is done anywhere.
fn tls(config: &Config) -> Result<Option<Arc<Tls>>, Error> {
    let places: Vec<&Place> =
        config.listen.iter().filter(|place| place.speaks != Speaks::Http).collect();
    if places.is_empty() {
        return Ok(None);
    }
    let hosts: Vec<String> = config.listen.iter().map(|place| host(&place.address)).collect();
    let has_http = places.iter().any(|place| place.serves != Serves::Grpc);
    let own = config.data_dir.join("fixtures/client");
    Ok(Some(Arc::new(Tls::new(&config.tls, &own, &hosts, has_http)?)))
}

fn refused(place: &str, error: &io::Error) -> Error {
    Error::Refused { place: place.to_owned(), why: format!("bind: {}", reason(error)) }
}

/// Binds one address. If a name has several, it is the one that is not IPv6, as in Go.
fn bind(place: &str) -> Result<TcpListener, Error> {
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
