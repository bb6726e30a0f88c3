//! What every call of a client needs.
//!
//! Owns the table: [`Call`] and [`Call::need`]. Every call of etcd stands in it, so that none can
//! be forgotten.
//!
//! | call | needs | and of keys (`requests`) |
//! |---|---|---|
//! | Range, RangeStream | | read: the range |
//! | Put | | write: the key, all keys of the lease; read: the key, if it asks for the pair before |
//! | DeleteRange | | write: the range; read: the range, if it asks for the pairs before |
//! | Txn | | all of that, in both lists; read: what is compared |
//! | Watch | | read: the range, as it came |
//! | Compact | root | |
//! | LeaseGrant | a user | |
//! | LeaseRevoke, LeaseKeepAlive | a user | write: all keys of the lease |
//! | LeaseTimeToLive | a user | read: all keys of the lease, if it asks for them |
//! | LeaseLeases | a user | read: all keys of all leases |
//! | MemberList, Status, AlarmGet | a user | |
//! | every other of members and maintenance | root | |
//! | Authenticate, AuthStatus | | |
//! | UserGet, RoleGet | root, or that it is one's own | |
//! | every other of users and roles | root | |
//!
//! Locks and elections are made of these calls, and need what those need.
//!
//! Root stands above all of it. Where keys are needed, a revision is as well: an old token of
//! root's reads no key, and yet names all users. So it is in etcd.

use crate::asker::Asker;
use crate::state::Auth;
use api::Error;
use std::fmt;

/// What a call needs, keys apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Nothing.
    Nothing,
    /// That somebody says who asks.
    User,
    /// A user with the role `root`.
    Root,
}

/// Makes the enum, and what each of its variants needs, from one list.
macro_rules! calls {
    ($($(#[$doc:meta])* $name:ident = $need:ident;)*) => {
        /// The calls of etcd's clients, by etcd's names.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Call {
            $($(#[$doc])* $name,)*
        }

        impl Call {
            /// All calls.
            pub const ALL: &[Call] = &[$(Call::$name),*];

            /// What it needs, keys apart.
            pub fn need(self) -> Need {
                match self {
                    $(Call::$name => Need::$need,)*
                }
            }
        }
    };
}

calls! {
    /// Reads keys.
    Range = Nothing;
    /// Reads keys, in pieces.
    RangeStream = Nothing;
    /// Writes a key.
    Put = Nothing;
    /// Deletes keys.
    DeleteRange = Nothing;
    /// Compares, and does one of two lists.
    Txn = Nothing;
    /// Forgets revisions.
    Compact = Root;
    /// Is told of changes.
    Watch = Nothing;
    /// Makes a lease.
    LeaseGrant = User;
    /// Ends a lease, and deletes its keys.
    LeaseRevoke = User;
    /// Renews a lease.
    LeaseKeepAlive = User;
    /// Asks about a lease.
    LeaseTimeToLive = User;
    /// Asks for all leases.
    LeaseLeases = User;
    /// Adds a member.
    MemberAdd = Root;
    /// Removes a member.
    MemberRemove = Root;
    /// Changes the addresses of a member.
    MemberUpdate = Root;
    /// Asks for all members.
    MemberList = User;
    /// Gives a learner a vote.
    MemberPromote = Root;
    /// Asks for alarms.
    AlarmGet = User;
    /// Raises an alarm.
    AlarmActivate = Root;
    /// Clears an alarm.
    AlarmDeactivate = Root;
    /// Asks a member how it is.
    Status = User;
    /// Makes a store smaller.
    Defragment = Root;
    /// A hash of the whole store.
    Hash = Root;
    /// A hash of all keys.
    HashKv = Root;
    /// An image of the store.
    Snapshot = Root;
    /// Makes another member lead.
    MoveLeader = Root;
    /// Goes back to an earlier version.
    Downgrade = Root;
    /// Turns authentication on.
    AuthEnable = Root;
    /// Turns it off.
    AuthDisable = Root;
    /// Asks whether it is on.
    AuthStatus = Nothing;
    /// Gives a token for a name and a password.
    Authenticate = Nothing;
    /// Adds a user.
    UserAdd = Root;
    /// Names the roles of a user.
    UserGet = Root;
    /// Names all users.
    UserList = Root;
    /// Deletes a user.
    UserDelete = Root;
    /// Changes a password, also one's own.
    UserChangePassword = Root;
    /// Gives a role to a user.
    UserGrantRole = Root;
    /// Takes a role from a user.
    UserRevokeRole = Root;
    /// Adds a role.
    RoleAdd = Root;
    /// Names the permissions of a role.
    RoleGet = Root;
    /// Names all roles.
    RoleList = Root;
    /// Deletes a role.
    RoleDelete = Root;
    /// Lets a role do something with some keys.
    RoleGrantPermission = Root;
    /// Takes that back.
    RoleRevokePermission = Root;
}

/// Its name.
impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl Auth {
    /// Does whoever asks have what the call needs, keys apart? Not for [`Call::UserGet`] and
    /// [`Call::RoleGet`], which need less if one asks about oneself.
    pub fn check_call(&self, asker: &Asker, call: Call) -> Result<(), Error> {
        match call.need() {
            Need::Nothing => Ok(()),
            Need::User => self.check_user(asker),
            Need::Root => self.check_root(asker),
        }
    }

    /// May whoever asks know the roles of this user? Root may, and everybody their own. (Nobody's
    /// name is empty, and so is that of no user: who asks for it is told so.)
    pub fn check_user_get(&self, asker: &Asker, user: &str) -> Result<(), Error> {
        self.check_root(asker)
            .or_else(|error| if asker.name() == user { Ok(()) } else { Err(error) })
    }

    /// May whoever asks know the permissions of this role? Root may, and everybody who has it.
    pub fn check_role_get(&self, asker: &Asker, role: &str) -> Result<(), Error> {
        self.check_root(asker).or_else(|error| {
            let has_it = self.user(asker.name()).is_some_and(|user| user.has_role(role));
            if has_it { Ok(()) } else { Err(error) }
        })
    }
}
