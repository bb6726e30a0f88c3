//! A store without gaps: `defrag`, for a member that does not run.

use crate::journal::{Fields, Journal, fields};
use crate::sizes::size;
use crate::utility::failure::{Failure, opening};
use crate::utility::files::Place;
use bolt::{Directory, Options, Store};
use std::time::{Duration, Instant};

/// How full a page is after it, in percent, as etcd has it.
const FILL: usize = 90;

/// Writes a member's store anew.
pub fn run(data: &str, timeout: Duration, journal: &Journal) -> Result<(), Failure> {
    let place = Place::of_member(data, timeout);
    let failed =
        |why: &str| Failure::new(format!("Failed to defragment etcd data[{data}] ({why})"));
    if let Err(error) = std::fs::metadata(place.path()) {
        let why = crate::reason::reason(&error);
        return Err(failed(&format!("stat {}: {why}", place.path().display())));
    }
    let opened = Store::open(place.patient(), &place.name(), Options::default());
    let mut store = opened.map_err(|error| Failure::unopened(place.path(), &error, journal))?;
    let began = Instant::now();
    let before = Sizes::of(&store);
    let path = ("path", place.path().display().to_string().into());
    let mut said: Fields = vec![path.clone()];
    said.extend(before.fields());
    journal.info("defragmenting", said);
    store.defragment(FILL, || true).map_err(|error| failed(&opening(&error)))?;
    let after = Sizes::of(&store);
    let mut said: Fields = vec![path];
    let more = |after: u64, before: u64| i128::from(after) - i128::from(before);
    let difference = |number: i128| i64::try_from(number).unwrap_or(i64::MAX);
    let [all, used] = [more(after.all, before.all), more(after.used, before.used)];
    let mut sizes = after.fields().into_iter();
    said.extend(fields!["current-db-size-bytes-diff": difference(all)]);
    said.extend(sizes.by_ref().take(2));
    said.extend(fields!["current-db-size-in-use-bytes-diff": difference(used)]);
    said.extend(sizes);
    said.extend(fields!["took": format!("{:?}", began.elapsed())]);
    journal.info("finished defragmenting directory", said);
    Ok(())
}

/// How long a file is, and how much of that is used.
struct Sizes {
    all: u64,
    used: u64,
}

impl Sizes {
    fn of<D: Directory>(store: &Store<D>) -> Sizes {
        let view = store.view();
        let free = store.free().count() * view.pages().page_size() as u64;
        let all = view.image_length();
        Sizes { all, used: all.saturating_sub(free) }
    }

    fn fields(&self) -> Fields {
        fields![
            "current-db-size-bytes": self.all,
            "current-db-size": size(self.all),
            "current-db-size-in-use-bytes": self.used,
            "current-db-size-in-use": size(self.used),
        ]
    }
}
