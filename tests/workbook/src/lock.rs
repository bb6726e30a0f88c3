//! One at a time.
//!
//! Owns lock files under `target`. Whoever comes second waits; the operating system gives the lock
//! back when its holder ends, however it ends. Grading has a lock of its own, and so has whatever
//! may go on beside it.

use crate::repo::Repo;
use crate::{Error, screen};
use std::fs::{File, TryLockError};
use std::path::Path;

/// While this lives, no other command has the same lock.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of those who grade in this folder; says so if it has to wait.
    pub fn take(repo: &Repo) -> Result<Lock, Error> {
        Lock::at(&repo.store().join("lock"), || {
            screen::remark("Another `cargo workbook` is grading in this folder; waiting for it.\n");
        })
    }

    /// Takes the lock that is this file, waiting for its holder if there is one: `waits` is called
    /// first then.
    pub fn at(path: &Path, waits: impl FnOnce()) -> Result<Lock, Error> {
        let failed = |error: std::io::Error| {
            Error::new(
                format!("cannot write {}: {error}", path.display()),
                "is the disk full, or the folder somebody else's? `cargo workbook doctor`",
            )
        };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        let options = File::options().create(true).truncate(false).write(true).open(path);
        let file = options.map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                waits();
                file.lock().map_err(failed)?;
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        Ok(Lock { _file: file })
    }
}
