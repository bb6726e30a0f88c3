//! gRPC's codes, which say what kind of error an error is.
//!
//! Owns [`Code`]. They are here so that nobody needs a network's library to name one.

use std::fmt;

/// The kind of an error, with gRPC's number and name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// No error.
    Ok = 0,
    /// The client has taken the request back.
    Canceled = 1,
    /// None of the others.
    Unknown = 2,
    /// The request is wrong, whatever the state is.
    InvalidArgument = 3,
    /// It took too long.
    DeadlineExceeded = 4,
    /// What was asked for is not there.
    NotFound = 5,
    /// What was to be made is there already.
    AlreadyExists = 6,
    /// Who asks may not.
    PermissionDenied = 7,
    /// There is no room.
    ResourceExhausted = 8,
    /// The state does not allow it.
    FailedPrecondition = 9,
    /// Somebody else was faster.
    Aborted = 10,
    /// Beyond what there is.
    OutOfRange = 11,
    /// Nobody does that here.
    Unimplemented = 12,
    /// Something that must hold does not.
    Internal = 13,
    /// Not now; another attempt may go well.
    Unavailable = 14,
    /// Something is lost for good.
    DataLoss = 15,
    /// Nobody knows who asks.
    Unauthenticated = 16,
}

impl Code {
    /// All codes, in the order of their numbers.
    pub const ALL: [Code; 17] = [
        Code::Ok,
        Code::Canceled,
        Code::Unknown,
        Code::InvalidArgument,
        Code::DeadlineExceeded,
        Code::NotFound,
        Code::AlreadyExists,
        Code::PermissionDenied,
        Code::ResourceExhausted,
        Code::FailedPrecondition,
        Code::Aborted,
        Code::OutOfRange,
        Code::Unimplemented,
        Code::Internal,
        Code::Unavailable,
        Code::DataLoss,
        Code::Unauthenticated,
    ];

    /// Its number, which is what travels.
    pub fn number(self) -> i32 {
        self as i32
    }

    /// The code with this number, or nothing if there is none.
    pub fn from_number(number: i32) -> Option<Code> {
        Code::ALL.into_iter().find(|code| code.number() == number)
    }
}

/// gRPC's name, as etcd's metrics and texts have it.
impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Code::Ok => f.write_str("OK"),
            other => write!(f, "{other:?}"),
        }
    }
}
