//! What is counted of the entries that are carried out.
//!
//! Owns [`count`], and etcd's names for wishes, which are labels of metrics.

use crate::metrics::Metrics;
use crate::proposal::{Answer, Outcome, Proposal, Wish};
use api::Error;
use std::borrow::Cow;
use std::time::Duration;

/// A proposal was carried out, in so much time.
pub fn count(metrics: &Metrics, proposal: &Proposal, outcome: &Outcome, took: Duration) {
    let Some(wish) = &proposal.wish else { return };
    if let Some(name) = name(wish) {
        // That the past is gone already is as good as to remove it.
        let is_well = matches!(outcome, Ok(_) | Err(Error::Compacted));
        let success = if is_well { "true" } else { "false" };
        metrics.state.apply.with(&[&name, success, "v3"]).took(took);
    }
    let Ok(answer) = outcome else { return };
    match (wish, answer) {
        (Wish::Put(_), _) => metrics.state.puts.add(1),
        (Wish::DeleteRange(_), _) => metrics.state.deletes.add(1),
        (_, Answer::Txn(response)) => metrics.state.txn(response),
        (_, Answer::LeaseGrant(response)) => {
            metrics.leases.granted.add(1);
            metrics.leases.ttl.observe(response.ttl as f64);
        }
        (Wish::LeaseRevoke(_), _) => metrics.leases.revoked.add(1),
        (Wish::LeaseIsOver(_), _) => {
            metrics.leases.revoked.add(1);
            metrics.leases.expired.add(1);
        }
        // Of the rest, nothing is counted but the time.
        (_, _) => {}
    }
}

/// What etcd calls it; none if it is something that etcd does not time.
fn name(wish: &Wish) -> Option<Cow<'static, str>> {
    let name = match wish {
        Wish::Put(_) => "Put",
        Wish::DeleteRange(_) => "DeleteRange",
        Wish::Txn(_) => "Txn",
        Wish::Compact(_) => "Compaction",
        Wish::LeaseGrant(_) => "LeaseGrant",
        Wish::LeaseRevoke(_) | Wish::LeaseIsOver(_) => "LeaseRevoke",
        Wish::LeaseRests(_) => "LeaseCheckpoint",
        Wish::Alarm(_) => "Alarm",
        Wish::Publish(_) => "ClusterMemberAttrSet",
        Wish::SetVersion(_) => "ClusterVersionSet",
        Wish::SetDowngrade(_) => "DowngradeInfoSet",
        Wish::Users(wish) => {
            return wish.name().map(|name| match name {
                "LogIn" => "Authenticate".into(),
                // Of its own requests, etcd has forgotten to name this one.
                "Status" => "unknown".into(),
                name => format!("Auth{name}").into(),
            });
        }
        Wish::AddMember(_)
        | Wish::PromoteMember(_)
        | Wish::RemoveMember(_)
        | Wish::UpdateMember(_) => return None,
    };
    Some(name.into())
}
