//! Who a member is that starts for the first time.
//!
//! Owns [`Birth`]: a member founds a cluster, together with all that it was told of, or it comes to
//! one that is there. Founders need not speak with each other: each computes the same numbers, and
//! writes the same first entry. Who comes later asks the others who they are, finds itself among
//! them, and waits for the state.
//!
//! A member that asks serves nobody yet. Whoever asks it meanwhile is turned away at once: founders
//! that start at the same moment would else wait for each other's answers until they give up.
//!
//! Left to others: files (`opening`), and how others are asked (`peers`).

use crate::config::{Config, Founder, Impossible, State};
use crate::ids;
use crate::lines::hex;
use crate::listening::Listeners;
use crate::peers::{Asked, ask_for_members};
use crate::roster::Roster;
use crate::version::{LOWEST, Version};
use basics::NodeId;
use futures_util::future::{join_all, select_ok};
use raft::Stored;
use std::collections::BTreeSet;
use std::future::pending;
use std::time::Duration;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::time::sleep;
use wal::Identity;

/// How long to wait where the system has no room for one more connection.
const PAUSE: Duration = Duration::from_millis(10);

/// Why there is no place in the cluster for this member.
#[derive(Debug, Error)]
pub enum Error {
    /// What it was told is wrong.
    #[error(transparent)]
    Told(#[from] Impossible),
    /// The others have seen it, so it has lost its log.
    #[error("member {0} has already been bootstrapped")]
    Again(String),
    /// The others speak what this one does not.
    #[error("incompatible with current running cluster")]
    Version,
    /// The others are others than it was told.
    #[error("error validating peerURLs {members}: {why}")]
    Others {
        /// The members that there are.
        members: String,
        /// What is wrong.
        why: String,
    },
}

/// A member that starts for the first time.
pub struct Birth {
    /// Who it is.
    pub identity: Identity,
    /// What it remembers.
    pub stored: Stored,
    /// All founders; nobody, if it comes later.
    pub founders: Roster,
}

impl Birth {
    /// That of a member that was told this.
    pub fn of(config: &Config, listeners: &Listeners) -> Result<Birth, Error> {
        config.check_founders()?;
        match config.state {
            State::New => found(config, listeners),
            State::Existing => join(config, listeners),
        }
    }
}

/// Where a founder is.
fn urls(founder: &Founder) -> Vec<String> {
    founder.urls.iter().map(|url| url.text().to_owned()).collect()
}

fn found(config: &Config, listeners: &Listeners) -> Result<Birth, Error> {
    let id = |founder: &Founder| ids::member(&urls(founder), &config.token);
    let founders = &config.initial_cluster;
    let all: Vec<NodeId> = founders.iter().map(id).collect();
    let own = founders.iter().find(|founder| founder.name == config.name).map(id);
    let own = own.ok_or_else(|| Impossible::NotInCluster(config.name.clone()))?;
    if let Some(asked) = ask_others(config, listeners)
        && let Some(roster) = Roster::of_json(&asked.members)
        && roster.get(own).is_some_and(|entry| !entry.client_urls.is_empty())
    {
        return Err(Error::Again(hex(own.0)));
    }
    let roster = founders.iter().zip(&all).map(|(founder, id)| {
        let name = founder.name.clone();
        (*id, name, urls(founder))
    });
    Ok(Birth {
        identity: Identity { cluster: ids::cluster(&all), member: own.0 },
        stored: Stored::found(all.iter().copied()),
        founders: Roster::of_founders(roster),
    })
}

fn join(config: &Config, listeners: &Listeners) -> Result<Birth, Error> {
    let asked = ask_others(config, listeners).ok_or(Impossible::NoCluster)?;
    let Asked { cluster, members, version } = asked;
    let roster = Roster::of_json(&members).ok_or(Impossible::NoCluster)?;
    let wrong = |why: &str| Error::Others {
        members: String::from_utf8_lossy(&members).trim().to_owned(),
        why: why.to_owned(),
    };
    let all = roster.list();
    if all.len() != config.initial_cluster.len() {
        return Err(wrong("member count is unequal"));
    }
    let sorted = |urls: &[String]| urls.iter().cloned().collect::<BTreeSet<String>>();
    let told: Vec<BTreeSet<String>> =
        config.initial_cluster.iter().map(|founder| sorted(&urls(founder))).collect();
    for member in &all {
        if !told.contains(&sorted(&member.peer_urls)) {
            let why = format!(
                "PeerURLs: no match found for existing member ({}, {:?})",
                hex(member.id),
                member.peer_urls
            );
            return Err(wrong(&why));
        }
    }
    let own = sorted(&config.peer_urls);
    let own = all.iter().find(|member| sorted(&member.peer_urls) == own);
    let own = own.ok_or_else(|| wrong("this member is not among them"))?;
    if !own.name.is_empty() || !own.client_urls.is_empty() {
        // It has had a vote, and perhaps given it, and holds nothing of what it has promised.
        return Err(Error::Again(hex(own.id)));
    }
    if version.is_some_and(|version| version < LOWEST || version > Version::own()) {
        return Err(Error::Version);
    }
    Ok(Birth {
        identity: Identity { cluster, member: own.id },
        stored: Stored::join(),
        founders: Roster::default(),
    })
}

/// Where others may be, as this member was told.
pub fn addresses(config: &Config) -> Vec<String> {
    let others = config.initial_cluster.iter().filter(|founder| founder.name != config.name);
    let mut urls: Vec<String> = others.flat_map(urls).collect();
    urls.sort();
    urls
}

/// Asks whoever else is in the list, all at once, until somebody answers.
fn ask_others(config: &Config, listeners: &Listeners) -> Option<Asked> {
    let urls = addresses(config);
    let runtime = Builder::new_current_thread().enable_all().build().ok()?;
    runtime.block_on(async {
        let asking = urls.iter().map(|url| Box::pin(ask_for_members(&listeners.dialer, url)));
        let asking: Vec<_> = asking.collect();
        if asking.is_empty() {
            return None;
        }
        tokio::select! {
            asked = select_ok(asking) => asked.ok().map(|(asked, _)| asked),
            () = turn_away(listeners) => None,
        }
    })
}

/// Closes every connection of another member. It does so for ever.
async fn turn_away(listeners: &Listeners) {
    let turning = listeners.peers.iter().map(|(listener, _)| async {
        // One that cannot be listened to twice keeps others waiting, for as long as they want.
        let listener = listener.try_clone().and_then(TcpListener::from_std);
        let Ok(listener) = listener else { return pending().await };
        loop {
            // If the system has no files left, it may have some soon.
            if listener.accept().await.is_err() {
                sleep(PAUSE).await;
            }
        }
    });
    join_all(turning).await;
    pending().await
}
