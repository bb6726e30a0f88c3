//! Comparing what is there with what a transaction expects.
//!
//! Owns [`holds`]. Most comparisons are answered by the index; those of values and leases need the
//! row.
//!
//! Left to others: what follows from it (`txn`).

use crate::error::Error;
use crate::stamp::Stamp;
use crate::versions::Life;
use crate::view::Shared;
use api::compare::{CompareResult, CompareTarget, TargetUnion};
use api::{Compare, KeyValue, Keys, Revision};
use bytes::Bytes;
use std::cmp::Ordering;

/// Does a comparison hold for every key of its range? If there is no key, it is compared as one
/// that has zero of everything, and no value.
pub fn holds(
    shared: &Shared,
    at: Revision,
    mut read: impl FnMut(Stamp) -> Result<KeyValue, Error>,
    compare: &Compare,
) -> Result<bool, Error> {
    let keys = Keys::new(&compare.key, &compare.range_end);
    let is_of_row = [CompareTarget::Value as i32, CompareTarget::Lease as i32];
    let needs_rows = is_of_row.contains(&compare.target);
    let (mut is_any, mut holds) = (false, true);
    let mut found: Vec<(Stamp, Life)> = Vec::new();
    shared.each(&keys, at, |_, stamp, life| {
        is_any = true;
        match needs_rows {
            true => found.push((stamp, life)),
            false => holds = is_as_asked(compare, &Fact::of(stamp, life)),
        }
        holds
    });
    if !is_any {
        let is_of_value = compare.target == CompareTarget::Value as i32;
        return Ok(!is_of_value && is_as_asked(compare, &Fact::default()));
    }
    for (stamp, life) in found {
        let KeyValue { lease, value, .. } = read(stamp)?;
        if !is_as_asked(compare, &Fact { lease, value, ..Fact::of(stamp, life) }) {
            return Ok(false);
        }
    }
    Ok(holds)
}

/// What is known of a key that is compared.
#[derive(Default)]
struct Fact {
    version: i64,
    created: i64,
    modified: i64,
    lease: i64,
    value: Bytes,
}

impl Fact {
    /// What is known without the key's row.
    fn of(stamp: Stamp, life: Life) -> Fact {
        Fact {
            version: i64::try_from(life.version.get()).expect("nobody counts that far"),
            created: life.created.wire(),
            modified: stamp.revision.wire(),
            ..Fact::default()
        }
    }
}

/// Does one fact stand to what is given as the comparison asks? What it does not name is zero, or
/// empty; and a target that there is not is equal, as in etcd.
fn is_as_asked(compare: &Compare, fact: &Fact) -> bool {
    let given = |wanted: CompareTarget| match (&compare.target_union, wanted) {
        (Some(TargetUnion::Version(number)), CompareTarget::Version)
        | (Some(TargetUnion::CreateRevision(number)), CompareTarget::Create)
        | (Some(TargetUnion::ModRevision(number)), CompareTarget::Mod)
        | (Some(TargetUnion::Lease(number)), CompareTarget::Lease) => *number,
        _ => 0,
    };
    let order = match CompareTarget::try_from(compare.target) {
        Ok(target @ CompareTarget::Version) => fact.version.cmp(&given(target)),
        Ok(target @ CompareTarget::Create) => fact.created.cmp(&given(target)),
        Ok(target @ CompareTarget::Mod) => fact.modified.cmp(&given(target)),
        Ok(target @ CompareTarget::Lease) => fact.lease.cmp(&given(target)),
        Ok(CompareTarget::Value) => match &compare.target_union {
            Some(TargetUnion::Value(value)) => fact.value.cmp(value),
            _ => fact.value.cmp(&Bytes::new()),
        },
        Err(_) => Ordering::Equal,
    };
    match CompareResult::try_from(compare.result) {
        Ok(CompareResult::Equal) => order == Ordering::Equal,
        Ok(CompareResult::NotEqual) => order != Ordering::Equal,
        Ok(CompareResult::Greater) => order == Ordering::Greater,
        Ok(CompareResult::Less) => order == Ordering::Less,
        Err(_) => true,
    }
}
