//! Not written yet.

use crate::{Error, repo::Repo};
use std::process::ExitCode;

pub fn run(_: &Repo) -> Result<ExitCode, Error> { Err(Error::new("not written yet", "")) }
