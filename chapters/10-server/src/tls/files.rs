//! Files that may be replaced while a member runs.
//!
//! Owns [`Fresh`], what is in some files, as of now. They are read once more whenever one of them
//! changed, and each time while they are young: a file that is written twice within one tick of
//! the file system's clock looks as if nothing had happened.
//!
//! Left to others: what is in them.

use super::error::Error;
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

/// A file that was not changed for so long is known by its stamp.
const YOUNG: Duration = Duration::from_secs(2);

/// What is in some files.
pub struct Fresh<T> {
    places: Vec<PathBuf>,
    /// Makes something of what is in them.
    make: Make<T>,
    last: Mutex<Option<(Vec<Stamp>, Arc<T>)>>,
}

type Make<T> = Box<dyn Fn(&[Vec<u8>]) -> Result<T, Error> + Send + Sync>;

/// What tells one state of a file from another: which file, how long, and when it was changed.
type Stamp = (u64, u64, u64, i64, i64);

impl<T> Fresh<T> {
    /// Nothing is read before it is asked for.
    pub fn new(
        places: Vec<PathBuf>,
        make: impl Fn(&[Vec<u8>]) -> Result<T, Error> + Send + Sync + 'static,
    ) -> Fresh<T> {
        Fresh { places, make: Box::new(make), last: Mutex::default() }
    }

    /// What is in them now.
    pub fn get(&self) -> Result<Arc<T>, Error> {
        let stamps = self.stamps()?;
        let mut last = self.last.lock().expect("nobody panics while holding it");
        if let Some((known, made)) = &*last
            && Some(known) == stamps.as_ref()
        {
            return Ok(made.clone());
        }
        let files = self.places.iter().map(|place| read(place)).collect::<Result<Vec<_>, _>>()?;
        let made = Arc::new((self.make)(&files)?);
        // The stamps are older than what was read: if it changed in between, it is read again.
        *last = stamps.map(|stamps| (stamps, made.clone()));
        Ok(made)
    }

    /// The stamps of all files, or none if one of them is young.
    fn stamps(&self) -> Result<Option<Vec<Stamp>>, Error> {
        let now = SystemTime::now();
        let mut stamps = Vec::with_capacity(self.places.len());
        let mut is_young = false;
        for place in &self.places {
            let found = fs::metadata(place).map_err(|error| Error::file("open", place, error))?;
            let age = found.modified().ok().and_then(|then| now.duration_since(then).ok());
            is_young |= age.is_none_or(|age| age < YOUNG);
            let (seconds, nanoseconds) = (found.ctime(), found.ctime_nsec());
            stamps.push((found.dev(), found.ino(), found.len(), seconds, nanoseconds));
        }
        Ok((!is_young).then_some(stamps))
    }
}

/// What is in a file.
pub fn read(place: &Path) -> Result<Vec<u8>, Error> {
    let mut file = File::open(place).map_err(|error| Error::file("open", place, error))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(|error| Error::file("read", place, error))?;
    Ok(bytes)
}
