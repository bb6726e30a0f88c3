//! The name of a content: which code a cached grade was given for.
//!
//! Owns a hash that is the same on every machine and with every compiler: FNV-1a with 128 bits. It
//! guards against accidents, which is all that a cache on the learner's own disk has to fear.
//!
//! Invariant: two different lists of files never feed the same bytes; every name and every content
//! is preceded by its length.

use std::fs;
use std::path::{Path, PathBuf};

/// A hash that is being computed.
#[derive(Clone, Copy, Debug)]
pub struct Hasher(u128);

impl Default for Hasher {
    fn default() -> Hasher {
        Hasher(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d)
    }
}

impl Hasher {
    /// Adds bytes, preceded by their length.
    pub fn add(&mut self, bytes: &[u8]) {
        self.feed(&(bytes.len() as u64).to_le_bytes());
        self.feed(bytes);
    }

    /// Adds a file's name and content, or the fact that it cannot be read.
    pub fn add_file(&mut self, name: &str, path: &Path) {
        self.add(name.as_bytes());
        match fs::read(path) {
            Ok(bytes) => self.add(&bytes),
            Err(error) => self.add(format!("unreadable: {:?}", error.kind()).as_bytes()),
        }
    }

    /// Adds every file below a folder, in order, without build products and mutants.
    pub fn add_folder(&mut self, name: &str, folder: &Path) {
        self.add(name.as_bytes());
        for path in files_below(folder) {
            let inside = path.strip_prefix(folder).unwrap_or(&path);
            self.add_file(&inside.to_string_lossy(), &path);
        }
    }

    /// The hash, as 32 hexadecimal digits.
    pub fn name(self) -> String {
        format!("{:032x}", self.0)
    }

    fn feed(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 ^= u128::from(*byte);
            self.0 = self.0.wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
        }
    }
}

/// Every file below a folder, sorted; hidden ones, `target` and `mutants` are left out, and links
/// to folders are not followed.
pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if name.starts_with('.') || name == "target" || name == "mutants" {
                continue;
            }
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                Ok(_) => found.push(entry.path()),
                Err(_) => {}
            }
        }
    }
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_fnv_1a() {
        let mut hasher = Hasher::default();
        hasher.feed(b"a");
        assert_eq!(hasher.name(), "d228cb696f1a8caf78912b704e4a8964");
    }

    #[test]
    fn moving_bytes_from_one_file_to_the_next_is_a_difference() {
        let name = |parts: [&[u8]; 2]| {
            let mut hasher = Hasher::default();
            parts.iter().for_each(|part| hasher.add(part));
            hasher.name()
        };
        assert_ne!(name([b"ab", b"c"]), name([b"a", b"bc"]));
    }
}
