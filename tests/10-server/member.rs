//! Members to ask: one in this process, with its files in a directory of its own, or a process.

use crate::client::Client;
use server::{Config, Place, Serves, Speaks, Stop, run};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::mpsc;
use std::thread::JoinHandle;
use tempfile::TempDir;

/// A member that runs in threads of this process.
pub struct Member {
    pub address: SocketAddr,
    stop: Stop,
    thread: JoinHandle<Result<(), server::Error>>,
}

/// A place for a member's files.
pub fn place() -> TempDir {
    tempfile::tempdir().expect("there is room")
}

/// How a member of these tests is.
pub fn config(place: &Path) -> Config {
    Config {
        data_dir: place.join("data"),
        listen: vec![Place {
            address: "127.0.0.1:0".to_owned(),
            serves: Serves::All,
            speaks: Speaks::Http,
        }],
        listen_peers: Vec::new(),
        runtimes: 2,
        ..Config::default()
    }
}

impl Member {
    /// Starts one, and waits until clients can come.
    pub fn start(config: Config) -> Member {
        let stop = Stop::default();
        let (send, ready) = mpsc::channel();
        let thread = std::thread::spawn({
            let stop = stop.clone();
            move || run(&config, &stop, |all| send.send(all[0]).expect("it is waited for"))
        });
        match ready.recv() {
            Ok(address) => Member { address, stop, thread },
            Err(_) => {
                let ended = thread.join().expect("it does not panic");
                panic!("it did not start: {}", ended.expect_err("it says why"));
            }
        }
    }

    /// A client of it.
    pub fn client(&self) -> Client {
        Client::new(self.address)
    }

    /// Stops it, as a person would. What is under way is answered.
    pub fn stop(self) {
        self.stop.stop();
        self.thread.join().expect("it does not panic").expect("it stopped by wish");
    }
}
