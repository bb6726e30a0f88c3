//! The member as a process.
//!
//! Owns [`main`]: from the words of the command line to the code that the process ends with. It
//! owns signals: the first one lets what is under way end, a second one does not. The process ends
//! by the signal that it got, as whoever sent it expects. And it owns the end by a panic: whatever
//! thread it is, the process ends with a line that says where.
//!
//! Left to others: what is told (`config`), and what a member does (`program`).

use crate::config::{self, Config, Error, Refused, Wish};
use crate::journal::{self, Journal, Level, Line, fields};
use crate::program::{Error as Ended, run};
use crate::stop::Stop;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, Write};
#[cfg(target_os = "linux")]
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::panic;
use std::process::{self, ExitCode};
use std::sync::{Arc, OnceLock};
use std::thread;

/// Runs the process.
pub fn main() -> ExitCode {
    let arguments: Result<Vec<String>, _> =
        std::env::args_os().map(OsString::into_string).collect();
    let Ok(arguments) = arguments else {
        write(&mut io::stderr(), "an argument is not UTF-8\n");
        return ExitCode::from(2);
    };
    let variables = std::env::vars_os();
    let variables: BTreeMap<String, String> = variables
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let mut notes = Vec::new();
    raise_limit();
    let read = config::read(arguments.get(1..).unwrap_or_default(), &variables, &mut notes);
    let config = match read {
        Ok(Wish::Run(config)) => config,
        Ok(Wish::Help) => return write(&mut io::stdout(), &config::help()),
        Ok(Wish::Version) => return write(&mut io::stdout(), &config::version()),
        Err(error) => return refuse(&error, &notes),
    };
    let journal = match Journal::open(&config.log) {
        Ok(journal) => journal,
        Err(error) => return refuse(&Refused::LogOutput(error.to_string()).into(), &notes),
    };
    for note in &notes {
        journal.say(note);
    }
    journal.info("Running: ", fields!["args": arguments]);
    end_by_panic(journal.clone());
    let code = live(&Config { journal: journal.clone(), ..*config }, &variables);
    journal.flush();
    code
}

/// As many files as the system lets it have: each client is one. (Go does so at every start.)
fn raise_limit() {
    let limit = getrlimit(Resource::Nofile);
    // If it is refused, there are as many as there were.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
}

/// Says something. Whoever does not listen does not miss it.
fn write(place: &mut dyn Write, text: &str) -> ExitCode {
    let _ = place.write_all(text.as_bytes()).and_then(|()| place.flush());
    ExitCode::SUCCESS
}

/// Says why no member is started.
fn refuse(error: &Error, notes: &[Line]) -> ExitCode {
    let journal = Journal::open(&journal::Options::default()).unwrap_or_default();
    for note in notes {
        journal.say(note);
    }
    if let Some(line) = error.line() {
        journal.say(&line);
    }
    journal.flush();
    if error.line().is_none() {
        write(&mut io::stderr(), &format!("{error}\n"));
    }
    if matches!(error, Error::Usage(_)) {
        write(&mut io::stderr(), config::usage());
    }
    ExitCode::from(error.exit_code())
}

/// Runs a member until it fails, or a signal comes.
fn live(config: &Config, variables: &BTreeMap<String, String>) -> ExitCode {
    let (stop, signal) = (Stop::default(), Arc::default());
    if let Err(error) = hear_signals(config, &stop, &signal) {
        config.journal.warn("signals are not heard", fields!["error": error.to_string()]);
    }
    let ended = run(config, &stop, |_| notify(&config.journal, variables));
    if let Err(error) = ended {
        config.journal.say(&error.line());
        if matches!(error, Ended::Left(_)) {
            let place = config.data_dir.display().to_string();
            let message = "data-dir used by this member must be removed";
            config.journal.warn(message, fields!["data-dir": place]);
            return ExitCode::SUCCESS;
        }
        return ExitCode::FAILURE;
    }
    if let Some(signal) = signal.get() {
        config.journal.flush();
        end_by(*signal);
    }
    ExitCode::SUCCESS
}

/// The first signal stops the member, and the second one the process.
fn hear_signals(config: &Config, stop: &Stop, first: &Arc<OnceLock<i32>>) -> io::Result<()> {
    let mut signals = Signals::new([SIGTERM, SIGINT])?;
    let (journal, stop, first) = (config.journal.clone(), stop.clone(), first.clone());
    let thread = thread::Builder::new().name("signals".to_owned());
    thread.spawn(move || {
        for signal in signals.forever() {
            let name = if signal == SIGINT { "interrupt" } else { "terminated" };
            if first.set(signal).is_err() {
                end_by(signal);
            }
            journal.info("received signal; shutting down", fields!["signal": name]);
            stop.stop();
        }
    })?;
    Ok(())
}

/// Ends the process as the signal would have ended it. The first process of a machine has no such
/// end.
fn end_by(signal: i32) -> ! {
    if process::id() != 1 {
        let _ = emulate_default_handler(signal);
    }
    process::exit(0)
}

/// A room that is gone would leave others waiting for ever.
fn end_by_panic(journal: Journal) {
    panic::set_hook(Box::new(move |panic| {
        let message = panic.payload_as_str().unwrap_or("a panic without words");
        let place = panic.location().map_or("?".to_owned(), ToString::to_string);
        let thread = thread::current().name().unwrap_or("?").to_owned();
        let fields = fields!["error": message, "place": place, "thread": thread];
        journal.say(&Line::new(Level::Panic, "the server has an error, and ends", fields));
        journal.flush();
        process::abort();
    }));
}

/// Tells the system's first process that clients can come, if it wants to know.
fn notify(journal: &Journal, variables: &BTreeMap<String, String>) {
    let Some(place) = variables.get("NOTIFY_SOCKET").filter(|place| !place.is_empty()) else {
        return;
    };
    journal.info("notifying init daemon", fields![]);
    let address = match place.strip_prefix('@') {
        #[cfg(target_os = "linux")]
        Some(name) => SocketAddr::from_abstract_name(name),
        #[cfg(not(target_os = "linux"))]
        Some(_) => Err(io::ErrorKind::Unsupported.into()),
        None => SocketAddr::from_pathname(place),
    };
    let sent = address.and_then(|address| {
        let socket = UnixDatagram::unbound()?;
        socket.set_nonblocking(true)?;
        socket.send_to_addr(b"READY=1", &address)
    });
    match sent {
        Ok(_) => journal.info("successfully notified init daemon", fields![]),
        Err(error) => {
            let fields = fields!["error": error.to_string()];
            journal.error("failed to notify systemd for readiness", fields);
        }
    }
}
