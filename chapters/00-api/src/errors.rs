//! The catalogue of errors that a client of etcd can see.
//!
//! Owns [`Error`]: each text and its code. Clients tell errors apart by their texts, so a text is
//! part of the protocol, to the byte.
//!
//! Left to others: when an error is due, which is the rule of whoever finds it; and errors that
//! name something, which are the transport's and the gateway's.

use crate::code::Code;
use std::fmt;

/// Makes the enum, and what is known of each of its variants, from one list.
macro_rules! catalogue {
    ($($(#[$doc:meta])* $name:ident = $code:ident, $text:literal;)*) => {
        /// An error that a client of etcd 3.7 can see.
        ///
        /// The names are etcd's. Codes are not always what one would guess: a user who is not found
        /// is a [`Code::FailedPrecondition`], a wrong password an [`Code::InvalidArgument`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Error {
            $($(#[$doc])* $name,)*
        }

        impl Error {
            /// All errors, in the order of the catalogue.
            pub const ALL: &[Error] = &[$(Error::$name),*];

            /// Its text, to the byte.
            pub fn text(self) -> &'static str {
                match self {
                    $(Error::$name => $text,)*
                }
            }

            /// The kind of error that it is, as etcd's own client counts it.
            pub fn code(self) -> Code {
                match self {
                    $(Error::$name => Code::$code,)*
                }
            }
        }
    };
}

catalogue! {
    /// A key is empty where one is needed.
    EmptyKey = InvalidArgument, "etcdserver: key is not provided";
    /// A put that keeps a value or a lease found nothing to keep; or an operation of a transaction
    /// is none.
    KeyNotFound = InvalidArgument, "etcdserver: key not found";
    /// A put that keeps the value brings one.
    ValueProvided = InvalidArgument, "etcdserver: value is provided";
    /// A put that keeps the lease brings one.
    LeaseProvided = InvalidArgument, "etcdserver: lease is provided";
    /// A transaction has more operations than the limit.
    TooManyOps = InvalidArgument, "etcdserver: too many operations in txn request";
    /// A transaction puts a key twice, or puts and deletes it.
    DuplicateKey = InvalidArgument, "etcdserver: duplicate key given in txn request";
    /// The client's version, in its metadata, is not text.
    InvalidClientAPIVersion = InvalidArgument, "etcdserver: invalid client api version";
    /// There is no such order, or no such thing to sort by.
    InvalidSortOption = InvalidArgument, "etcdserver: invalid sort option";
    /// The revision is forgotten.
    Compacted = OutOfRange, "etcdserver: mvcc: required revision has been compacted";
    /// The revision is still to come.
    FutureRev = OutOfRange, "etcdserver: mvcc: required revision is a future revision";
    /// The file has reached its limit.
    NoSpace = ResourceExhausted, "etcdserver: mvcc: database space exceeded";
    /// There is no such lease.
    LeaseNotFound = NotFound, "etcdserver: requested lease not found";
    /// The number of a new lease is taken.
    LeaseExist = FailedPrecondition, "etcdserver: lease already exists";
    /// The lease would last too long.
    LeaseTTLTooLarge = OutOfRange, "etcdserver: too large lease TTL";
    /// The client has ended its stream of watchers.
    WatchCanceled = Canceled, "etcdserver: watch canceled";
    /// A member with this number is there already.
    MemberExist = FailedPrecondition, "etcdserver: member ID already exist";
    /// A member with this address is there already.
    PeerURLExist = FailedPrecondition, "etcdserver: Peer URLs already exists";
    /// The change would leave too few members that have ever started. (See [`Error::sent`].)
    MemberNotEnoughStarted = FailedPrecondition,
        "etcdserver: re-configuration failed due to not enough started members";
    /// An address is missing or is none.
    MemberBadURLs = InvalidArgument, "etcdserver: given member URLs are invalid";
    /// There is no such member, or not any more.
    MemberNotFound = NotFound, "etcdserver: member not found";
    /// The member to be promoted has a vote.
    MemberNotLearner = FailedPrecondition, "etcdserver: can only promote a learner member";
    /// The learner is too far behind to be promoted.
    LearnerNotReady = FailedPrecondition,
        "etcdserver: can only promote a learner member which is in sync with leader";
    /// There are as many learners as may be.
    TooManyLearners = FailedPrecondition, "etcdserver: too many learner members in cluster";
    /// Another cluster was meant.
    ClusterIDMismatch = FailedPrecondition, "etcdserver: cluster ID mismatch";
    /// The request has more bytes than the limit.
    RequestTooLarge = InvalidArgument, "etcdserver: request is too large";
    /// Applying is too far behind what is committed. (See [`Error::sent`].)
    RequestTooManyRequests = ResourceExhausted, "etcdserver: too many requests";
    /// Authentication needs a user `root`.
    RootUserNotExist = FailedPrecondition, "etcdserver: root user does not exist";
    /// Authentication needs the user `root` to have the role `root`.
    RootRoleNotExist = FailedPrecondition, "etcdserver: root user does not have root role";
    /// The name of a new user is taken.
    UserAlreadyExist = FailedPrecondition, "etcdserver: user name already exists";
    /// A new user has no name; or nobody has said who is asking.
    UserEmpty = InvalidArgument, "etcdserver: user name is empty";
    /// There is no such user.
    UserNotFound = FailedPrecondition, "etcdserver: user name not found";
    /// The name of a new role is taken.
    RoleAlreadyExist = FailedPrecondition, "etcdserver: role name already exists";
    /// There is no such role.
    RoleNotFound = FailedPrecondition, "etcdserver: role name not found";
    /// A new role has no name.
    RoleEmpty = InvalidArgument, "etcdserver: role name is empty";
    /// There is no such user, or the password is another one.
    AuthFailed = InvalidArgument, "etcdserver: authentication failed, invalid user ID or password";
    /// A permission to be granted is missing.
    PermissionNotGiven = InvalidArgument, "etcdserver: permission not given";
    /// The user may not do this.
    PermissionDenied = PermissionDenied, "etcdserver: permission denied";
    /// The user does not have the role.
    RoleNotGranted = FailedPrecondition, "etcdserver: role is not granted to the user";
    /// The role does not have the permission.
    PermissionNotGranted = FailedPrecondition, "etcdserver: permission is not granted to the role";
    /// Authentication is off.
    AuthNotEnabled = FailedPrecondition, "etcdserver: authentication is not enabled";
    /// The token is unknown, or its time is up.
    InvalidAuthToken = Unauthenticated, "etcdserver: invalid auth token";
    /// What may not be changed: `root` while authentication is on, or a range that is empty.
    InvalidAuthMgmt = InvalidArgument, "etcdserver: invalid auth management";
    /// Users or roles have changed since the token was made.
    AuthOldRevision = InvalidArgument, "etcdserver: revision of auth store is old";
    /// There is no leader now.
    NoLeader = Unavailable, "etcdserver: no leader";
    /// Only the leader can do this.
    NotLeader = FailedPrecondition, "etcdserver: not leader";
    /// Another member leads now.
    LeaderChanged = Unavailable, "etcdserver: leader changed";
    /// The cluster's version cannot do this yet.
    NotCapable = FailedPrecondition, "etcdserver: not capable";
    /// The member is stopping.
    Stopped = Unavailable, "etcdserver: server stopped";
    /// It took too long. A write may still come about.
    Timeout = Unavailable, "etcdserver: request timed out";
    /// The same, around an election.
    TimeoutDueToLeaderFail = Unavailable,
        "etcdserver: request timed out, possibly due to previous leader failure";
    /// The same, while the member was cut off.
    TimeoutDueToConnectionLost = Unavailable,
        "etcdserver: request timed out, possibly due to connection lost";
    /// Applying took too long to come as far as was asked about.
    TimeoutWaitAppliedIndex = Unavailable,
        "etcdserver: request timed out, waiting for the applied index took too long";
    /// Too few members are connected for the change.
    Unhealthy = Unavailable, "etcdserver: unhealthy cluster";
    /// Members disagree about what is stored, and writes wait until that is looked into.
    Corrupt = DataLoss, "etcdserver: corrupt cluster";
    /// A learner does not answer this.
    NotSupportedForLearner = FailedPrecondition, "etcdserver: rpc not supported for learner";
    /// The member that was to lead cannot.
    BadLeaderTransferee = FailedPrecondition, "etcdserver: bad leader transferee";
    /// The version to go back to is not one.
    WrongDowngradeVersionFormat = InvalidArgument,
        "etcdserver: wrong downgrade target version format";
    /// The version to go back to is not the one before.
    InvalidDowngradeTargetVersion = InvalidArgument, "etcdserver: invalid downgrade target version";
    /// The cluster has no version yet.
    ClusterVersionUnavailable = FailedPrecondition,
        "etcdserver: cluster version not found during downgrade";
    /// A downgrade is under way.
    DowngradeInProcess = FailedPrecondition, "etcdserver: cluster has a downgrade job in progress";
    /// No downgrade is under way.
    NoInflightDowngrade = FailedPrecondition, "etcdserver: no inflight downgrade job";
    /// The request was taken back.
    Canceled = Canceled, "etcdserver: request canceled";
    /// The request's own time was up.
    DeadlineExceeded = DeadlineExceeded, "etcdserver: context deadline exceeded";

    // What is sent as it is, without being in that list; the two of gRPC itself come last.
    /// The user has no password to log in with.
    NoPasswordUser = Unknown,
        "auth: authentication failed, password was given for no password user";
    /// The member can check tokens, and not make them.
    VerifyOnlyKey = Unknown, "auth: token signing attempted with verify-only key";
    /// bcrypt takes 72 bytes.
    PasswordTooLong = Unknown, "bcrypt: password length exceeds 72 bytes";
    /// There is no such action.
    UnknownMethod = Unknown, "etcdserver: unknown method";
    /// The other member does not lead yet.
    TimeoutLeaderTransfer = Unknown, "etcdserver: request timed out, leader transfer took too long";
    /// The member does not look after leases, for it does not lead.
    NotPrimaryLessor = Unknown, "not a primary lessor";
    /// The lease of a lock ran out while it was waited for.
    SessionExpired = Unknown, "mutex: session is expired";
    /// A client that does not lead its election speaks for it.
    ElectionNotLeader = Unknown, "election: not leader";
    /// Nobody leads the election.
    ElectionNoLeader = Unknown, "election: no leader";
    /// Who speaks for an election must show that it leads.
    LeaderFieldMissing = Unknown, "\"leader\" field must be provided";
    /// Pieces come in the order of keys.
    RangeStreamSorted = Unimplemented, "RangeStream does not support custom sort orders";
    /// Pieces come without bounds on revisions.
    RangeStreamFiltered = Unimplemented, "RangeStream does not support revision filters";
    /// gRPC's own: the client has taken the request back.
    ContextCanceled = Canceled, "context canceled";
    /// gRPC's own: the time that the client gave is up.
    ContextDeadlineExceeded = DeadlineExceeded, "context deadline exceeded";
}

impl Error {
    /// The code that a server sends. It is [`code`](Error::code), but for two errors, which etcd
    /// takes for its client's and sends as [`Code::Unknown`]. Its client recovers the code from the
    /// text; others see what is sent.
    ///
    /// The services for locks and elections send every error as [`Code::Unknown`].
    pub fn sent(self) -> Code {
        match self {
            Error::MemberNotEnoughStarted | Error::RequestTooManyRequests => Code::Unknown,
            other => other.code(),
        }
    }

    /// The error with this text, or nothing if it is no text of the catalogue.
    pub fn from_text(text: &str) -> Option<Error> {
        Error::ALL.iter().copied().find(|error| error.text() == text)
    }

    /// How a watcher that is refused is told the reason: code and text in one line.
    pub fn cancel_reason(self) -> String {
        format!("rpc error: code = {} desc = {self}", self.sent())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl std::error::Error for Error {}
