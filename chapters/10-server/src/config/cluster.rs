//! The members of a new cluster, as they are told.
//!
//! Owns [`Founder`], and the checks that a member makes before its cluster is founded: it is one of
//! them, no address is told twice, and where others find it is what they are told, too. Once there
//! is a log, nobody asks any more.
//!
//! Left to others: when that is (`opening`).

use crate::config::error::Impossible;
use crate::config::urls::Url;
use crate::journal::{Journal, fields};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{SocketAddr, ToSocketAddrs};
use std::time::{Duration, Instant};

/// A member of a new cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Founder {
    /// What people call it.
    pub name: String,
    /// Where other members find it.
    pub urls: Vec<Url>,
}

/// Hosts that cannot be looked up are asked for so long, and so often.
const PATIENCE: Duration = Duration::from_secs(30);
const AGAIN: Duration = Duration::from_secs(1);

/// Reads `a=http://host:port,b=…`. Whoever has two addresses stands there twice.
pub fn founders(text: &str) -> Result<Vec<Founder>, Impossible> {
    let mut all: BTreeMap<&str, Vec<Url>> = BTreeMap::new();
    for part in text.split(',').filter(|part| !part.is_empty()) {
        let (name, url) = part.split_once('=').unwrap_or((part, ""));
        let url = Url::parse(url).map_err(Impossible::Cluster)?;
        all.entry(name).or_default().push(url);
    }
    let founder = |(name, mut urls): (&str, Vec<Url>)| {
        urls.sort();
        Founder { name: name.to_owned(), urls }
    };
    Ok(all.into_iter().map(founder).collect())
}

/// May this member found a cluster with those?
pub fn check(
    name: &str,
    advertised: &[Url],
    founders: &[Founder],
    journal: &Journal,
) -> Result<(), Impossible> {
    let Some(own) = founders.iter().find(|founder| founder.name == name) else {
        return Err(Impossible::NotInCluster(name.to_owned()));
    };
    let mut advertised = advertised.to_vec();
    advertised.sort();
    equal(&advertised, &own.urls, journal)
        .map_err(|why| unequal(name, &advertised, &own.urls, why))?;
    let mut seen = BTreeSet::new();
    if !founders.iter().flat_map(|founder| &founder.urls).all(|url| seen.insert(url)) {
        return Err(Impossible::Duplicate(texts(founders)));
    }
    Ok(())
}

/// As they were told, in the order of the alphabet.
pub fn texts(founders: &[Founder]) -> String {
    let pairs = founders
        .iter()
        .flat_map(|founder| founder.urls.iter().map(|url| format!("{}={url}", founder.name)));
    let mut pairs: Vec<String> = pairs.collect();
    pairs.sort();
    pairs.join(",")
}

/// What is wrong with two lists that are not equal.
fn unequal(name: &str, advertised: &[Url], own: &[Url], why: String) -> Impossible {
    let list = |urls: &[&Url], before: &str| {
        let texts: Vec<String> = urls.iter().map(|url| format!("{before}{url}")).collect();
        texts.join(",")
    };
    let named = format!("{name}=");
    let all: Vec<&Url> = advertised.iter().collect();
    let missing: BTreeSet<&Url> = own.iter().filter(|url| !advertised.contains(url)).collect();
    if !missing.is_empty() {
        let missing = list(&missing.into_iter().collect::<Vec<_>>(), &named);
        return Impossible::NotAdvertised { missing, advertised: list(&all, ""), why };
    }
    let missing: BTreeSet<&Url> = advertised.iter().filter(|url| !own.contains(url)).collect();
    if !missing.is_empty() {
        let missing = list(&missing.into_iter().collect::<Vec<_>>(), "");
        return Impossible::NotFounding { missing, cluster: list(&all, &named) };
    }
    Impossible::Unequal { advertised: list(&all, ""), cluster: list(&all, &named), why }
}

/// Are these the same addresses, if their hosts are looked up? If not, why not.
fn equal(one: &[Url], other: &[Url], journal: &Journal) -> Result<(), String> {
    if one == other {
        return Ok(());
    }
    let quoted = |urls: &[Url]| {
        let texts: Vec<String> = urls.iter().map(|url| format!("{:?}", url.text())).collect();
        texts.join(" ")
    };
    if one.len() != other.len() {
        return Err(format!("len([{}]) != len([{}])", quoted(one), quoted(other)));
    }
    let until = Instant::now() + PATIENCE;
    let mut resolved = [Vec::new(), Vec::new()];
    for (url, twin) in one.iter().zip(other) {
        // Equal texts are equal, whether they can be looked up or not.
        let both = if url == twin {
            [url.text().to_owned(), url.text().to_owned()]
        } else {
            [resolve(url, until, journal)?, resolve(twin, until, journal)?]
        };
        for (list, text) in resolved.iter_mut().zip(both) {
            list.push(text);
        }
    }
    let [mut one, mut other] = resolved;
    one.sort();
    other.sort();
    match one.iter().zip(&other).find(|(one, other)| one != other) {
        None => Ok(()),
        Some((one, other)) => Err(format!("resolved urls: {one:?} != {other:?}")),
    }
}

/// The address with its host looked up. `localhost` is not: who says so means this machine, and no
/// other member can mean the same.
fn resolve(url: &Url, until: Instant, journal: &Journal) -> Result<String, String> {
    if url.is_own() {
        return Ok(url.text().to_owned());
    }
    loop {
        let failed = match url.address().to_socket_addrs() {
            Ok(found) => match found.min_by_key(SocketAddr::is_ipv6) {
                Some(address) => {
                    return Ok(url.text().replace(url.address(), &address.to_string()));
                }
                None => "no such host".to_owned(),
            },
            Err(error) => error.to_string(),
        };
        let fields = fields!["url": url.text(), "host": url.address(), "error": failed];
        journal.warn("failed to resolve URL Host", fields);
        if Instant::now() + AGAIN > until {
            return Err(format!("failed to resolve {url}: {failed}"));
        }
        std::thread::sleep(AGAIN);
    }
}
