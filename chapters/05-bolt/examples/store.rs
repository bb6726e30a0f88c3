//! Looks at a store: its pages, and what is in it.
//!
//! ```text
//! cargo run -p bolt --example store -- check FILE
//! cargo run -p bolt --example store -- print FILE
//! ```

use bolt::{Bucket, Error, File, Folder, Options, Store};
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;

/// How many bytes of a key or a value are shown.
const SHOWN: usize = 60;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut out = BufWriter::new(io::stdout().lock());
    let done = match &arguments[..] {
        [what, file] if what == "check" => look(file, &mut out),
        [what, file] if what == "print" => show(file, &mut out),
        _ => {
            eprintln!("store: say `check FILE` or `print FILE`");
            return ExitCode::from(2);
        }
    };
    match done.and_then(|()| out.flush().map_err(output)) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads has seen enough.
        Err(Error::Io { source, .. }) if source.kind() == io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("store: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The store in a file that is there.
fn open(file: &str) -> Result<Store<Folder>, Error> {
    let path = Path::new(file);
    let missing = |source| Error::Io { doing: "cannot open", file: file.to_owned(), source };
    std::fs::metadata(path).map_err(missing)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or(file);
    Store::open(Folder::new(folder.unwrap_or(Path::new("."))), name, Options::default())
}

fn look(file: &str, out: &mut dyn Write) -> Result<(), Error> {
    let store = open(file)?;
    let account = store.check()?;
    let meta = store.view().meta();
    let line = format!(
        "commit {}, pages of {} bytes: {} used, {} free; {} buckets, {} keys",
        meta.commit, meta.page_size, account.used, account.free, account.buckets, account.keys
    );
    writeln!(out, "{line}").map_err(output)
}

fn show(file: &str, out: &mut dyn Write) -> Result<(), Error> {
    let store = open(file)?;
    // Then buckets are not too deep in each other either.
    store.check()?;
    bucket(&store.view().root()?, 0, out)
}

/// A bucket's keys, and those of the buckets in it.
fn bucket<F: File>(rows: &Bucket<'_, F>, depth: usize, out: &mut dyn Write) -> Result<(), Error> {
    let mut cursor = rows.cursor();
    cursor.first()?;
    while let Some((key, value)) = cursor.current() {
        let text = |bytes: &[u8]| bytes[..bytes.len().min(SHOWN)].escape_ascii().to_string();
        let room = "  ".repeat(depth);
        if cursor.is_bucket() {
            writeln!(out, "{room}{}/", text(key)).map_err(output)?;
            if let Some(below) = rows.bucket(key)? {
                bucket(&below, depth + 1, out)?;
            }
        } else {
            writeln!(out, "{room}{} = {}", text(key), text(value)).map_err(output)?;
        }
        cursor.go_on()?;
    }
    Ok(())
}

fn output(source: io::Error) -> Error {
    Error::Io { doing: "cannot write to", file: "the output".to_owned(), source }
}
