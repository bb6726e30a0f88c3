//! Before a member serves anybody: does it hold what the others hold?
//!
//! Owns [`compare_first`]. It asks each of the others once. Only a member that is reached and holds
//! something else keeps this one from starting: who is away says nothing, and whoever is behind
//! will catch up.

use crate::asking::{Asked, PATIENCE, Silent, ask_all, own, wait_for};
use crate::journal::{Fields, Journal, fields};
use crate::lines::hex;
use crate::links::Unhashed;
use crate::services::Member;
use crate::verdict::{Beside, Hashed, beside};
use std::time::{Duration, Instant};

/// Others that do not come within this time are away.
const AWAY: Duration = Duration::from_secs(2);

/// How often it is looked whether they have come.
const LOOK: Duration = Duration::from_millis(5);

/// Does this member hold what the others hold? If it is to stop meanwhile, it does.
pub fn compare_first(member: &Member, journal: &Journal) -> Result<bool, mvcc::Error> {
    let id = hex(member.signature.id.0);
    let fields = fields!["local-member-id": id, "timeout": format!("{PATIENCE:?}")];
    journal.info("starting initial corruption check", fields);
    let own = own(member, 0)?;
    let asked = wait_for(member, async {
        wait_for_others(member).await;
        ask_all(member, journal, own.revision).await
    });
    let mut different = 0;
    for other in asked.unwrap_or_default() {
        different += usize::from(is_different(&id, &own, &other, journal));
    }
    if different == 0 {
        let message = "initial corruption checking passed; no corruption";
        journal.info(message, fields!["local-member-id": id]);
    }
    Ok(different == 0)
}

/// Waits until there are ways to all others, or long enough.
async fn wait_for_others(member: &Member) {
    let until = Instant::now() + AWAY;
    let are_there = || member.links.all().keys().all(|id| member.links.is_reached(*id));
    while !are_there() && Instant::now() < until {
        tokio::time::sleep(LOOK).await;
    }
}

/// Does another member hold something else? Whatever else is between the two is worth a line.
fn is_different(id: &str, own: &Hashed, other: &Asked, journal: &Journal) -> bool {
    let mut fields: Fields = fields![
        "local-member-id": id,
        "local-member-revision": own.revision,
        "local-member-compact-revision": own.compacted,
        "local-member-hash": own.hash,
        "remote-peer-id": hex(other.id),
        "remote-peer-endpoints": other.urls,
    ];
    let message = match &other.answer {
        Ok(shown) => {
            fields.extend(fields![
                "remote-peer-revision": shown.newest,
                "remote-peer-compact-revision": shown.compacted,
                "remote-peer-hash": shown.hash,
            ]);
            match beside(own, shown) {
                Beside::Same => return false,
                Beside::NotEquallyFar => "found different compact revision values from remote peer",
                Beside::Different => {
                    journal.warn("found different hash values from remote peer", fields);
                    return true;
                }
            }
        }
        Err(Silent::Without(Unhashed::Future)) => "cannot fetch hash from slow remote peer",
        Err(Silent::Without(Unhashed::Compacted)) => {
            "cannot fetch hash from remote peer; local member is behind"
        }
        // That was said when it was asked.
        Err(Silent::Failed(_)) => return false,
    };
    journal.warn(message, fields);
    false
}
