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
use futures_util::future::join_all;
use raft::Stored;
use std::collections::BTreeSet;
use std::convert::Infallible;
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
    let knows = |asked: &Asked| {
        let roster = Roster::of_json(&asked.members);
        roster.is_some_and(|it| it.get(own).is_some_and(|entry| !entry.client_urls.is_empty()))
    };
    if ask_others(config, listeners).iter().any(knows) {
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
    join_by(config, ask_others(config, listeners))
}

/// By what the others have answered. One that lags may not have heard yet that this one is to come,
/// so whoever finds a place for it is believed. It may not have heard either that this one came to
/// that place before and was lost, so nobody may have seen it there; or which version they speak.
fn join_by(config: &Config, answers: Vec<Asked>) -> Result<Birth, Error> {
    let (mut places, mut refusals) = (Vec::new(), Vec::new());
    for asked in answers {
        match join_as(config, asked) {
            Ok(birth) => places.push(birth),
            Err(why) => refusals.push(why),
        }
    }
    let forbids = |why: &Error, birth: &Birth| match why {
        // Another number is another member: one that was at this address, and was replaced.
        Error::Again(id) => *id == hex(birth.identity.member),
        Error::Version => true,
        Error::Told(_) | Error::Others { .. } => false,
    };
    let is_free = |birth: &Birth| !refusals.iter().any(|why| forbids(why, birth));
    match places.into_iter().find(is_free) {
        Some(birth) => Ok(birth),
        None => {
            let may_lag = |why: &Error| !matches!(why, Error::Again(_) | Error::Version);
            Err(refusals.into_iter().min_by_key(may_lag).unwrap_or(Impossible::NoCluster.into()))
        }
    }
}

/// By one of these answers.
fn join_as(config: &Config, asked: Asked) -> Result<Birth, Error> {
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

/// Asks whoever else is in the list, all at once. The answers, in the order of the addresses.
fn ask_others(config: &Config, listeners: &Listeners) -> Vec<Asked> {
    let urls = addresses(config);
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.expect("the system has room for one more").block_on(async {
        let asking = urls.iter().map(|url| ask_for_members(&listeners.dialer, url));
        tokio::select! {
            answers = join_all(asking) => answers.into_iter().flatten().collect(),
            never = turn_away(listeners) => match never {},
        }
    })
}

/// Closes every connection of another member. It does so for ever.
async fn turn_away(listeners: &Listeners) -> Infallible {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Somebody knows of a third member, which has this number, and this name if it has come.
    fn told(id: u64, name: &str) -> Asked {
        let urls = if name.is_empty() { "" } else { r#""http://c:2""# };
        asked(&format!(
            r#",{{"id":{id},"peerURLs":["http://c:1"],"name":"{name}","clientURLs":[{urls}]}}"#
        ))
    }

    fn asked(more: &str) -> Asked {
        let other = |id: u64, at| {
            format!(r#"{{"id":{id},"peerURLs":["http://{at}:1"],"name":"{at}","clientURLs":[]}}"#)
        };
        let members = format!("[{},{}{more}]", other(1, "a"), other(2, "b"));
        Asked { cluster: 7, members: members.into(), version: Some(Version::own()) }
    }

    fn joined(answers: Vec<Asked>) -> Result<Birth, String> {
        let url = |at: &str| crate::config::Url::parse(&format!("http://{at}:1"));
        let founder =
            |at: &str| Founder { name: at.to_owned(), urls: vec![url(at).expect("it is one")] };
        let config = Config {
            name: "c".to_owned(),
            peer_urls: vec!["http://c:1".to_owned()],
            initial_cluster: ["a", "b", "c"].map(founder).to_vec(),
            state: State::Existing,
            ..Config::default()
        };
        join_by(&config, answers).map_err(|error| error.to_string())
    }

    #[test]
    fn whoever_lags_is_in_nobodys_way() {
        // It has not heard of this one, or knows the one that was at its address before.
        for lags in [|| asked(""), || told(9, "c")] {
            for answers in [vec![lags(), told(3, "")], vec![told(3, ""), lags()]] {
                let birth = joined(answers).expect("there is a place");
                assert_eq!((birth.identity.cluster, birth.identity.member), (7, 3));
            }
        }
    }

    #[test]
    fn whoever_was_seen_by_anybody_does_not_come_again() {
        let again = "member 3 has already been bootstrapped";
        for answers in [vec![told(3, ""), told(3, "c")], vec![told(3, "c"), told(3, ""), asked("")]]
        {
            assert_eq!(joined(answers).err().as_deref(), Some(again));
        }
    }

    #[test]
    fn nobody_comes_to_a_cluster_of_which_anybody_says_that_it_speaks_something_else() {
        let other = || Asked { version: Version::parse("99.0.0"), ..told(3, "") };
        for answers in [vec![told(3, ""), other()], vec![other(), told(3, "")]] {
            assert_eq!(joined(answers).err(), Some(Error::Version.to_string()));
        }
    }

    #[test]
    fn where_there_is_no_place_the_first_answer_says_why() {
        let told = joined(Vec::new()).err().expect("nobody answers");
        assert_eq!(told, Impossible::NoCluster.to_string());
        let other = || asked(r#",{"id":4,"peerURLs":["http://d:1"],"name":"","clientURLs":[]}"#);
        let no_match = "PeerURLs: no match found for existing member (4, [\"http://d:1\"])";
        let answers = [
            (vec![asked(""), other()], "member count is unequal"),
            (vec![other(), asked("")], no_match),
        ];
        for (answers, why) in answers {
            let told = joined(answers).err().expect("there is no place");
            assert!(told.ends_with(why), "{told}");
        }
    }
}
