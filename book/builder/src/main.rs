//! `book-builder`: builds, serves and checks the book; and is its preprocessor under mdBook.
//!
//! Owns the command line and what is printed. Everything else is in the library.

use std::ffi::OsString;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use book_builder::checkout::Checkout;
use book_builder::problem::Problems;
use book_builder::serve::Server;
use book_builder::site::{self, Built};
use book_builder::{changes, preprocess};
use workbook::{guard, limits};

const USAGE: &str = "\
book-builder: the book as a site

  build           writes the site to book/dist
  serve [--port]  builds, serves on 127.0.0.1 (port 4000), builds again on every change
  check           does all that build does, and writes nothing
  check --untouched FOLDER
                  the same in a checkout whose chapters/ nobody has edited
  preprocess      what mdBook runs; `mdbook build book` works as usual
";
const PORT: u16 = 4000;
const LOOK_AGAIN: Duration = Duration::from_millis(500);

fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    if let [first, cpu, memory, program, arguments @ ..] = words.as_slice()
        && first == "__exec"
    {
        return become_test([cpu, memory], program, arguments);
    }
    let words: Vec<String> = words.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match run(&words) {
        Ok(code) => code,
        Err(reason) => {
            say_error(&reason);
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[&str]) -> Result<ExitCode, String> {
    match words {
        ["preprocess", "supports", renderer] | ["supports", renderer] => {
            let code = if preprocess::supports(renderer) { 0 } else { 1 };
            Ok(ExitCode::from(code))
        }
        ["preprocess"] => {
            // mdBook runs its preprocessors in the book's own folder.
            let output = BufWriter::new(io::stdout().lock());
            preprocess::answer(&here()?, io::stdin().lock(), output).map_err(told)?;
            Ok(ExitCode::SUCCESS)
        }
        ["build"] => {
            let start = Instant::now();
            let built = site::build(&here()?).map_err(told)?;
            say(&format!(
                "Built the book: {} in {:.1} s.\n{}\n  open it in a browser, or read it while \
                 you write: cargo workbook book --serve",
                counted(&built),
                start.elapsed().as_secs_f64(),
                shown(&built.index),
            ));
            Ok(ExitCode::SUCCESS)
        }
        ["check"] => check(&here()?),
        ["check", "--untouched", folder] => {
            check(&Checkout::around(Path::new(folder))?.untouched())
        }
        ["serve"] => serve(PORT),
        ["serve", "--port", port] => match port.parse() {
            Ok(port) => serve(port),
            Err(_) => Err(format!("`{port}` is not a port; want a number up to 65535")),
        },
        ["__guard"] => Ok(guard::stand()),
        [] | ["help" | "-h" | "--help"] => {
            say(USAGE.trim_end());
            Ok(ExitCode::SUCCESS)
        }
        other => Err(format!("I do not know `{}`.\n\n{}", other.join(" "), USAGE.trim_end())),
    }
}

/// A run that the book shows is recorded in a process of its own, and `workbook::run` starts the
/// program that it is in.
fn become_test(limits: [&OsString; 2], program: &OsString, arguments: &[OsString]) -> ExitCode {
    let [cpu, memory] = limits.map(|word| word.to_str().and_then(|word| word.parse().ok()));
    match (cpu, memory) {
        (Some(cpu), Some(memory)) => {
            say_error(&limits::become_test(cpu, memory, program, arguments).to_string());
        }
        _ => say_error("__exec wants seconds of CPU time and MiB of memory"),
    }
    ExitCode::FAILURE
}

fn here() -> Result<Checkout, String> {
    let folder = std::env::current_dir().map_err(|error| format!("no current folder: {error}"))?;
    Checkout::around(&folder)
}

fn check(checkout: &Checkout) -> Result<ExitCode, String> {
    let built = site::check(checkout).map_err(told)?;
    let counted = counted(&built);
    say(&format!("The book is sound: {counted}.\n  to read it: cargo workbook book"));
    Ok(ExitCode::SUCCESS)
}

fn serve(port: u16) -> Result<ExitCode, String> {
    let checkout = here()?;
    let mut stamp = changes::stamp(&checkout);
    let built = site::build(&checkout).map_err(told)?;
    let folder = built.index.parent().unwrap_or(Path::new("."));
    let server = Server::bind(folder, port).map_err(|error| {
        format!("cannot serve on port {port}: {error}\n  another port: --port 0 takes a free one")
    })?;
    let address = server.address().map_err(|error| format!("no address: {error}"))?;
    let renewed = server.renewed();
    thread::spawn(move || server.run());
    say(&format!("http://{address}/  {}; Ctrl-C ends it", counted(&built)));
    loop {
        thread::sleep(LOOK_AGAIN);
        let now = changes::stamp(&checkout);
        if now == stamp {
            continue;
        }
        stamp = now;
        match site::build(&checkout) {
            Ok(built) => {
                renewed.announce();
                say(&format!("built again: {}", counted(&built)));
            }
            Err(problems) => {
                say_error(&told(problems));
                say_error("The last good build stays on show.");
            }
        }
    }
}

fn counted(built: &Built) -> String {
    format!("{} pages, all {} links lead somewhere", built.pages, built.followed)
}

fn told(problems: Problems) -> String {
    let list: Vec<String> = problems.list().iter().map(|problem| format!("  {problem}")).collect();
    let count = match list.len() {
        1 => "a problem".to_owned(),
        count => format!("{count} problems"),
    };
    format!("The book has {count}:\n{}\nMend it, then: cargo workbook book", list.join("\n"))
}

/// A path as it can be typed from here.
fn shown(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(&here).unwrap_or(path).display().to_string()
}

// A closed pipe is the reader's decision, not an error.
fn say(text: &str) {
    let _ = writeln!(io::stdout(), "{text}");
}

fn say_error(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}
