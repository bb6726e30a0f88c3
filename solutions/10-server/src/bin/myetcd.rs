//! A member, as a program.

use server::{Config, Place, Serves, Speaks, Stop, run};
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut config = Config::default();
    let mut words = std::env::args().skip(1);
    while let (Some(flag), Some(value)) = (words.next(), words.next()) {
        match flag.as_str() {
            "--data-dir" => config.data_dir = value.into(),
            "--listen-client-urls" => {
                let address = value.trim_start_matches("http://").to_owned();
                let speaks = Speaks::Http;
                config.listen = vec![Place { address, serves: Serves::All, speaks }];
                config.client_urls = vec![value];
            }
            _ => {}
        }
    }
    let ready = |address: &[std::net::SocketAddr]| {
        eprintln!("ready to serve client requests on {address:?}")
    };
    match run(&config, &Stop::default(), ready) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
