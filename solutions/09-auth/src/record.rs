//! Who did what: one line for each entry, and for each refusal that somebody should see.
//!
//! Owns [`Record`], a value from which the server writes its audit log. No password, hash or token
//! is ever in one; and whatever a client wrote is quoted, so that no name makes a line of its own.

use crate::asker::{Asker, AuthRevision};
use crate::needs::Call;
use crate::request::Request;
use api::permission::Type;
use api::{Error, Permission};
use std::fmt;

/// One thing that somebody did, or was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The entry of the log, or none if it never came to one.
    pub index: Option<u64>,
    /// Who.
    pub by: Asker,
    /// What.
    pub call: Call,
    /// To what: `user` and `role` with their names, `keys` and `permission` as they were said.
    pub to: Vec<(&'static str, String)>,
    /// The revision of users and roles after it, or why it was refused.
    pub answer: Result<AuthRevision, Error>,
}

impl Record {
    /// A request that was applied.
    pub(crate) fn of(
        index: Option<u64>,
        by: Asker,
        request: &Request,
        answer: Result<AuthRevision, Error>,
    ) -> Record {
        Record { index, by, call: request.call(), to: objects(request), answer }
    }

    /// Somebody was refused before there was an entry: a read, say, or a watcher.
    pub fn refused(by: Asker, call: Call, error: Error) -> Record {
        Record { index: None, by, call, to: Vec::new(), answer: Err(error) }
    }

    /// Somebody has tried to log in with this name.
    pub fn failed_login(name: &str, error: Error) -> Record {
        let to = vec![("user", name.to_owned())];
        Record { to, ..Record::refused(Asker::Nobody, Call::Authenticate, error) }
    }
}

/// What a request is about.
fn objects(request: &Request) -> Vec<(&'static str, String)> {
    let user = |name: &String| vec![("user", name.clone())];
    let role = |name: &String| vec![("role", name.clone())];
    match request {
        Request::Enable
        | Request::Disable
        | Request::Status
        | Request::UserList
        | Request::RoleList => Vec::new(),
        Request::Authenticate(log_in) => user(&log_in.name),
        Request::UserAdd(request) => user(&request.name),
        Request::UserGet(request) => user(&request.name),
        Request::UserDelete(request) => user(&request.name),
        Request::UserChangePassword(request) => user(&request.name),
        Request::UserGrantRole(request) => [user(&request.user), role(&request.role)].concat(),
        Request::UserRevokeRole(request) => [user(&request.name), role(&request.role)].concat(),
        Request::RoleAdd(request) => role(&request.name),
        Request::RoleGet(request) => role(&request.role),
        Request::RoleDelete(request) => role(&request.role),
        Request::RoleGrantPermission(request) => {
            let mut objects = role(&request.name);
            if let Some(permission) = &request.perm {
                objects.push(("keys", keys(&permission.key, &permission.range_end)));
                objects.push(("permission", kind(permission)));
            }
            objects
        }
        Request::RoleRevokePermission(request) => {
            let mut objects = role(&request.role);
            objects.push(("keys", keys(&request.key, &request.range_end)));
            objects
        }
    }
}

fn keys(key: &[u8], range_end: &[u8]) -> String {
    match range_end {
        [] => key.escape_ascii().to_string(),
        [0] => format!("{}..", key.escape_ascii()),
        end => format!("{}..{}", key.escape_ascii(), end.escape_ascii()),
    }
}

fn kind(permission: &Permission) -> String {
    match Type::try_from(permission.perm_type) {
        Ok(Type::Read) => "read".to_owned(),
        Ok(Type::Write) => "write".to_owned(),
        Ok(Type::Readwrite) => "readwrite".to_owned(),
        Err(_) => permission.perm_type.to_string(),
    }
}

/// For a log: `entry 12: "root" UserGrantRole user="u" role="r": ok, revision 5`.
impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(index) = self.index {
            write!(f, "entry {index}: ")?;
        }
        write!(f, "{} {}", self.by, self.call)?;
        for (what, name) in &self.to {
            write!(f, " {what}={name:?}")?;
        }
        match self.answer {
            Ok(revision) => write!(f, ": ok, revision {revision}"),
            Err(error) => write!(f, ": {error}"),
        }
    }
}
