//! The files of a chapter: all but what a build leaves behind.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// All files below a folder, sorted, relative to it. `target` and hidden entries are left out.
pub fn list(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    below(folder, Path::new(""), &mut found)?;
    found.sort();
    Ok(found)
}

fn below(folder: &Path, inside: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder.join(inside))? {
        let entry = entry?;
        let name = entry.file_name();
        let path = inside.join(&name);
        if name.as_encoded_bytes().starts_with(b".") || path == Path::new("target") {
            continue;
        }
        if entry.path().is_dir() {
            below(folder, &path, found)?;
        } else {
            found.push(path);
        }
    }
    Ok(())
}

/// All files of a folder with their bytes, or none if there is no such folder.
pub fn read(folder: &Path) -> io::Result<Vec<(PathBuf, Vec<u8>)>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    list(folder)?
        .into_iter()
        .map(|path| Ok((path.clone(), fs::read(folder.join(&path))?)))
        .collect()
}

/// Removes a file below `folder`, and the folders between that are empty then.
pub fn remove(folder: &Path, file: &Path) -> io::Result<()> {
    fs::remove_file(folder.join(file))?;
    let between = file.ancestors().skip(1).take_while(|path| !path.as_os_str().is_empty());
    for path in between {
        if fs::remove_dir(folder.join(path)).is_err() {
            break;
        }
    }
    Ok(())
}
