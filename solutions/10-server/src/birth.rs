//! Who a member is that starts for the first time.
//!
//! Owns [`Birth`]: a member founds a cluster, together with all that it was told of, or it comes to
//! one that is there. Founders need not speak with each other: each computes the same numbers, and
//! writes the same first entry. Who comes later asks the others who they are, finds itself among
//! them, and waits for the state.
//!
//! Left to others: files (`opening`), and how others are asked (`peers`).

use crate::config::{Config, Founder, Impossible, State};
use crate::ids;
use crate::lines::hex;
use crate::peers::{Asked, ask_for_members};
use crate::roster::Roster;
use crate::tls::Dialer;
use crate::version::{LOWEST, Version};
use basics::NodeId;
use raft::Stored;
use std::collections::BTreeSet;
use thiserror::Error;
use tokio::runtime::Builder;
use wal::Identity;

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
    pub fn of(config: &Config, dialer: &Dialer) -> Result<Birth, Error> {
        config.check_founders()?;
        match config.state {
            State::New => found(config, dialer),
            State::Existing => join(config, dialer),
        }
    }
}

/// Where a founder is.
fn urls(founder: &Founder) -> Vec<String> {
    founder.urls.iter().map(|url| url.text().to_owned()).collect()
}

fn found(config: &Config, dialer: &Dialer) -> Result<Birth, Error> {
    let id = |founder: &Founder| ids::member(&urls(founder), &config.token);
    let founders = &config.initial_cluster;
    let all: Vec<NodeId> = founders.iter().map(id).collect();
    let own = founders.iter().find(|founder| founder.name == config.name).map(id);
    let own = own.ok_or_else(|| Impossible::NotInCluster(config.name.clone()))?;
    if let Some(asked) = ask_others(config, dialer)
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

fn join(config: &Config, dialer: &Dialer) -> Result<Birth, Error> {
    let asked = ask_others(config, dialer).ok_or(Impossible::NoCluster)?;
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

/// Asks whoever else is in the list, one after the other, until somebody answers.
fn ask_others(config: &Config, dialer: &Dialer) -> Option<Asked> {
    let urls = addresses(config);
    let runtime = Builder::new_current_thread().enable_all().build().ok()?;
    runtime.block_on(async {
        for url in urls {
            if let Ok(asked) = ask_for_members(dialer, &url).await {
                return Some(asked);
            }
        }
        None
    })
}
