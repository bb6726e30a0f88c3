//! One grading at a time.
//!
//! Owns the lock file under `target/workbook`. A second command waits and says so; the operating
//! system gives the lock back when its holder ends, however it ends.

use crate::repo::Repo;
use crate::{Error, screen};
use std::fs::{File, TryLockError};

/// While this lives, no other command grades in this folder.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock, waiting for its holder if there is one.
    pub fn take(repo: &Repo) -> Result<Lock, Error> {
        let store = repo.store();
        let path = store.join("lock");
        let failed = |error: std::io::Error| {
            Error::new(
                format!("cannot write {}: {error}", path.display()),
                "is the disk full, or the folder somebody else's? `cargo workbook doctor`",
            )
        };
        std::fs::create_dir_all(&store).map_err(failed)?;
        let options = File::options().create(true).truncate(false).write(true).open(&path);
        let file = options.map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                screen::remark(
                    "Another `cargo workbook` is grading in this folder; waiting for it.\n",
                );
                file.lock().map_err(failed)?;
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        Ok(Lock { _file: file })
    }
}
