//! What a store holds beside keys and their revisions.
//!
//! Owns [`Contents`], and [`read`], which finds it: at a start, and when another member has brought
//! its state.
//!
//! Left to others: rows (`rows`), and who shows the contents to whom (`facts`).

use crate::alarms::Alarms;
use crate::disk::File;
use crate::facts::Versions;
use crate::roster::Roster;
use crate::rows;
use auth::Auth;
use basics::Position;
use bolt::backend::View;
use lease::Lessor;
use raft::Configuration;
use thiserror::Error;

/// Why a store cannot be read.
#[derive(Debug, Error)]
pub enum Error {
    /// Its file.
    #[error(transparent)]
    Store(#[from] bolt::Error),
    /// Users and roles in it.
    #[error(transparent)]
    Users(#[from] auth::Error),
    /// A lease in it.
    #[error(transparent)]
    Lease(#[from] lease::Foreign),
    /// No member has written it.
    #[error("the store does not say up to which entry it goes; restore it as a snapshot")]
    NoPosition,
}

/// What is in a store.
pub struct Contents {
    /// Up to which entry it goes.
    pub applied: Position,
    /// By whom the cluster decides.
    pub configuration: Configuration,
    /// Users and roles.
    pub auth: Auth,
    /// What is wrong.
    pub alarms: Alarms,
    /// Who belongs to the cluster.
    pub roster: Roster,
    /// Which versions the cluster speaks.
    pub versions: Versions,
    /// The leases.
    pub lessor: Lessor,
}

/// Reads it.
pub fn read(view: &View<File>, leases: lease::Options) -> Result<Contents, Error> {
    let mut users = Vec::new();
    for bucket in [auth::AUTH, auth::USERS, auth::ROLES] {
        for row in view.range(bucket.as_bytes(), ..)? {
            let (key, value) = row?;
            users.push((bucket, key, value));
        }
    }
    let rows: Result<Vec<_>, _> = view.range(lease::BUCKET, ..)?.collect();
    Ok(Contents {
        applied: rows::position(view)?.ok_or(Error::NoPosition)?,
        configuration: rows::configuration(view)?.ok_or(Error::NoPosition)?,
        auth: Auth::load(users)?,
        alarms: rows::alarms(view)?,
        roster: rows::roster(view)?,
        versions: rows::versions(view)?,
        lessor: Lessor::load(leases, rows?)?,
    })
}
