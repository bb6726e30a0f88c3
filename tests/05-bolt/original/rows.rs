//! What a store holds, as our store reads it.
//!
//! Owns [`Held`]: a bucket as a value, so that two states can be compared, and so that a test can
//! say what is to be there.

use bolt::{Bucket, Changes, Folder, Options, Store, View};
use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

/// A bucket, or the store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    pub values: BTreeMap<Vec<u8>, Vec<u8>>,
    /// By their names, which are text in all these tests.
    pub buckets: BTreeMap<String, Held>,
}

impl Held {
    /// What is in a view.
    pub fn of(view: &View<File>) -> Held {
        Held::inside(&view.root().expect("it is sound"))
    }

    fn inside(bucket: &Bucket<'_, File>) -> Held {
        let mut held = Held::default();
        let mut cursor = bucket.cursor();
        cursor.first().expect("it is sound");
        while let Some((key, value)) = cursor.current() {
            if cursor.is_bucket() {
                let below = bucket.bucket(key).expect("it is sound").expect("it is a bucket");
                let name = String::from_utf8(key.to_vec()).expect("its name is text");
                held.buckets.insert(name, Held::inside(&below));
            } else {
                held.values.insert(key.to_vec(), value.to_vec());
            }
            cursor.go_on().expect("it is sound");
        }
        held
    }

    /// The bucket at this path, which is made if it is not there.
    pub fn at(&mut self, path: &[&str]) -> &mut Held {
        match path {
            [] => self,
            [name, rest @ ..] => self.buckets.entry((*name).to_owned()).or_default().at(rest),
        }
    }

    /// The names of the buckets in it.
    pub fn names(&self) -> Vec<String> {
        self.buckets.keys().cloned().collect()
    }

    /// Its keys, and the names of the buckets in it, in order.
    pub fn keys(&self) -> Vec<Vec<u8>> {
        let names = self.buckets.keys().map(|name| name.clone().into_bytes());
        let mut keys: Vec<Vec<u8>> = self.values.keys().cloned().chain(names).collect();
        keys.sort();
        keys
    }
}

/// The bucket at this path, in changes.
pub fn at<'a>(changes: &'a mut Changes, path: &[&str]) -> &'a mut Changes {
    path.iter().fold(changes, |changes, name| changes.bucket((*name).to_owned()))
}

/// Our store in a file that is there, or that is made.
pub fn open(file: &Path) -> Store<Folder> {
    with(file, Options::default())
}

/// The same, with these options.
pub fn with(file: &Path, options: Options) -> Store<Folder> {
    let folder = Folder::new(file.parent().expect("it is in a folder"));
    let name = file.file_name().and_then(|name| name.to_str()).expect("its name is text");
    Store::open(folder, name, options).expect("it is sound, and nobody else has it")
}

/// Bytes as bbolt's command writes and reads them.
pub fn shown(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
