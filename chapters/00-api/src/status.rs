//! Errors of the catalogue as gRPC sends them.
//!
//! Owns the way from an [`Error`] to a status and back.

use crate::code::Code;
use crate::errors::Error;
use tonic::Status;

impl From<Code> for tonic::Code {
    fn from(code: Code) -> tonic::Code {
        tonic::Code::from_i32(code.number())
    }
}

impl From<Error> for Status {
    /// What a server sends.
    fn from(error: Error) -> Status {
        Status::new(error.sent().into(), error.text())
    }
}

impl Error {
    /// What a client has been sent, or nothing if the catalogue does not have it. The text decides,
    /// whatever the code is.
    pub fn from_status(status: &Status) -> Option<Error> {
        Error::from_text(status.message())
    }
}
