//! What clients want, by the number of their command.
//!
//! The kind of a wish follows from the number alone; who asks, and with which words, from what the
//! asked member knows and from a draw. Two registers are written by [`Kind::Write`] and by nothing
//! else, one key by [`Kind::Swap`]; so what is in them can be told from outside.

use super::node::Setup;
use api::alarm_request::AlarmAction;
use api::compare::{CompareResult, CompareTarget, TargetUnion};
use api::permission::Type;
use api::request_op::Request;
use api::{
    AlarmRequest, AlarmType, AuthDisableRequest, AuthEnableRequest, AuthRoleAddRequest,
    AuthRoleDeleteRequest, AuthRoleGetRequest, AuthRoleGrantPermissionRequest,
    AuthRoleRevokePermissionRequest, AuthStatusRequest, AuthUserAddRequest,
    AuthUserChangePasswordRequest, AuthUserDeleteRequest, AuthUserGetRequest,
    AuthUserGrantRoleRequest, AuthUserListRequest, AuthUserRevokeRoleRequest, CompactionRequest,
    Compare, DeleteRangeRequest, LeaseGrantRequest, LeaseId, LeaseRevokeRequest, Permission,
    PutRequest, RangeRequest, RequestOp, TxnRequest, User, UserAddOptions,
};
use auth::Asker;
use basics::NodeId;
use harness::Draws;
use prost::Message;
use server::still::{
    AddMember, LoggedIn, PromoteMember, Publish, RemoveMember, SetDowngrade, SetVersion, Still,
    UpdateMember, UserWish, Wish,
};

/// Clients' last commands, when all is calm, have these numbers and more.
pub const LAST: u64 = 1_000_000;

/// What members propose themselves has these numbers and more.
pub const OWN: u64 = 1_000_000_000;

/// An alarm that nothing minds. The last commands raise it.
pub const BELL: i32 = 99;

/// The key of compare-and-set.
pub const SWAPPED: &str = "swapped";

/// The keys that alice may write.
const ALICES: (&str, &str) = ("a/", "a0");

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Reads a register.
    Read(u64),
    /// Writes its number to a register.
    Write(u64),
    /// Renews a lease.
    Renew(LeaseId),
    /// Compares and sets.
    Swap,
    /// A transaction in a transaction.
    Nested,
    /// Deletes keys.
    Delete,
    /// Puts a key under a lease, or takes it from there.
    Attach,
    Grant,
    Revoke,
    Compact,
    Users,
    /// A user writes where she may, or may not.
    Named,
    Members,
    Alarm,
    Version,
    /// Another member is to lead.
    Transfer,
    /// The last one: all members must carry it out.
    Last,
}

pub fn kind(command: u64) -> Kind {
    if command >= LAST {
        return Kind::Last;
    }
    let mut draws = Draws::new(command ^ 0x5eed);
    let register = draws.below(2);
    match draws.below(100) {
        0..=10 => Kind::Write(register),
        11..=17 => Kind::Read(register),
        18..=23 => Kind::Swap,
        24..=27 => Kind::Nested,
        28..=30 => Kind::Delete,
        31..=39 => Kind::Attach,
        40..=47 => Kind::Grant,
        48 => Kind::Revoke,
        49..=56 => Kind::Renew(lease(&mut draws)),
        57..=61 => Kind::Compact,
        62..=74 => Kind::Users,
        75..=83 => Kind::Named,
        84..=90 => Kind::Members,
        91..=94 => Kind::Alarm,
        95..=98 => Kind::Transfer,
        _ => Kind::Version,
    }
}

/// A register's key.
pub fn register(number: u64) -> String {
    format!("register/{number}")
}

/// The number of a register's value, or of what was swapped in.
pub fn number(value: &[u8]) -> u64 {
    let text = std::str::from_utf8(value).expect("clients write numbers");
    text.parse().expect("clients write numbers")
}

/// A range of one key.
pub fn only(key: &str) -> RangeRequest {
    RangeRequest { key: key.to_owned().into(), ..RangeRequest::default() }
}

/// Clients have few leases, and so meet.
fn lease(draws: &mut Draws) -> LeaseId {
    let number = i64::try_from(draws.between(1, 5)).expect("it is small");
    LeaseId::new(number).expect("it is not 0")
}

/// What a client says to a member, and in whose name.
pub struct Client<'a> {
    pub still: &'a Still,
    pub draws: Draws,
    pub setup: &'a Setup,
}

impl Client<'_> {
    /// The wish of a command that goes through the log.
    pub fn wish(&mut self, command: u64) -> (Asker, Wish) {
        let wish = match kind(command) {
            Kind::Write(number) => Wish::Put(PutRequest {
                key: register(number).into(),
                value: command.to_string().into(),
                prev_kv: true,
                ..PutRequest::default()
            }),
            Kind::Swap => Wish::Txn(self.swap(command)),
            Kind::Nested => Wish::Txn(self.nested(command)),
            Kind::Delete => Wish::DeleteRange(self.delete()),
            Kind::Attach => Wish::Put(self.attach(command)),
            Kind::Grant => {
                let ticks = u32::try_from(self.draws.between(5, 40)).expect("it is small");
                let seconds = (self.setup.tick * ticks).as_secs().max(1);
                let ttl = i64::try_from(seconds).expect("it is small");
                Wish::LeaseGrant(LeaseGrantRequest { id: lease(&mut self.draws).get(), ttl })
            }
            Kind::Revoke => {
                Wish::LeaseRevoke(LeaseRevokeRequest { id: lease(&mut self.draws).get() })
            }
            Kind::Compact => Wish::Compact(self.compact()),
            Kind::Users => Wish::Users(self.users()),
            Kind::Named => return self.named(command),
            Kind::Members => self.members(command),
            Kind::Alarm => Wish::Alarm(self.alarm()),
            Kind::Version => self.version(),
            Kind::Last => return (Asker::Cluster, Wish::Alarm(bell(command))),
            Kind::Read(_) | Kind::Renew(_) | Kind::Transfer => {
                unreachable!("they do not go through the log")
            }
        };
        (self.asker(), wish)
    }

    /// Root, if people have names here; but now and then somebody says none.
    fn asker(&mut self) -> Asker {
        if self.still.users().is_enabled() && !self.draws.chance(10) {
            return self.user("root");
        }
        Asker::Nobody
    }

    fn user(&self, name: &str) -> Asker {
        Asker::User { name: name.into(), revision: self.still.users().revision() }
    }

    /// One more than what is there now, or what was there before, goes to the key.
    fn swap(&mut self, command: u64) -> TxnRequest {
        let found = self.still.range(&only(SWAPPED)).expect("it is read at the newest revision");
        let compare = match found.kvs.first() {
            Some(pair) => {
                compare(SWAPPED, CompareTarget::Value, TargetUnion::Value(pair.value.clone()))
            }
            None => compare(SWAPPED, CompareTarget::Version, TargetUnion::Version(0)),
        };
        let put = PutRequest {
            key: SWAPPED.into(),
            value: command.to_string().into(),
            prev_kv: true,
            ..PutRequest::default()
        };
        TxnRequest {
            compare: vec![compare],
            success: vec![operation(Request::RequestPut(put))],
            failure: vec![operation(Request::RequestRange(only(SWAPPED)))],
        }
    }

    fn nested(&mut self, command: u64) -> TxnRequest {
        let key = format!("n/{}", self.draws.below(3));
        let put = PutRequest {
            key: key.clone().into(),
            value: command.to_string().into(),
            lease: if self.draws.chance(40) { lease(&mut self.draws).get() } else { 0 },
            ..PutRequest::default()
        };
        let delete = DeleteRangeRequest {
            key: "k/".into(),
            range_end: format!("k/{}", self.draws.between(1, 5)).into(),
            prev_kv: true,
        };
        let inner = TxnRequest {
            compare: vec![compare(&key, CompareTarget::Create, TargetUnion::CreateRevision(0))],
            success: vec![operation(Request::RequestPut(put.clone()))],
            failure: vec![operation(Request::RequestDeleteRange(delete))],
        };
        let bound = i64::try_from(self.draws.below(80)).expect("it is small");
        let mut later = compare(&key, CompareTarget::Mod, TargetUnion::ModRevision(bound));
        later.result = CompareResult::Less.into();
        TxnRequest {
            compare: vec![later],
            success: vec![
                operation(Request::RequestTxn(inner)),
                operation(Request::RequestRange(only(&register(0)))),
            ],
            failure: vec![operation(Request::RequestDeleteRange(DeleteRangeRequest {
                key: key.into(),
                ..DeleteRangeRequest::default()
            }))],
        }
    }

    fn delete(&mut self) -> DeleteRangeRequest {
        let from = self.draws.below(6);
        let to = if self.draws.chance(50) { format!("k/{}", from + 2) } else { String::new() };
        let key = format!("k/{from}").into();
        DeleteRangeRequest { key, range_end: to.into(), prev_kv: self.draws.chance(50) }
    }

    fn attach(&mut self, command: u64) -> PutRequest {
        PutRequest {
            key: format!("k/{}", self.draws.below(6)).into(),
            value: command.to_string().into(),
            lease: if self.draws.chance(80) { lease(&mut self.draws).get() } else { 0 },
            ..PutRequest::default()
        }
    }

    fn compact(&mut self) -> CompactionRequest {
        let current = self.still.current().wire();
        let back = i64::try_from(self.draws.below(6)).expect("it is small");
        let revision = if self.draws.chance(5) { current + 3 } else { current - back };
        CompactionRequest { revision, ..CompactionRequest::default() }
    }

    /// The next thing that is missing for people to have names, and alice her keys; or something
    /// that breaks it.
    fn users(&mut self) -> UserWish {
        let rows = self.still.rows("authUsers").expect("a store can be read");
        let users = rows.into_iter().map(|(_, row)| User::decode(row).expect("it is a user"));
        let users: Vec<User> = users.collect();
        let find = |name: &str| users.iter().find(|user| user.name == name.as_bytes());
        let has = |name: &str, role: &str| {
            find(name).is_some_and(|user| user.roles.iter().any(|held| held == role))
        };
        let roles = self.still.rows("authRoles").expect("a store can be read");
        let grants = roles.iter().any(|(_, row)| row.windows(2).any(|two| two == b"a/"));
        if self.draws.chance(25) {
            return self.less();
        }
        let grant = |user: &str, role: &str| AuthUserGrantRoleRequest {
            user: user.to_owned(),
            role: role.to_owned(),
        };
        match () {
            () if find("root").is_none() => add("root", true).into(),
            () if !has("root", "root") => grant("root", "root").into(),
            () if roles.is_empty() => AuthRoleAddRequest { name: "writer".to_owned() }.into(),
            () if !grants => AuthRoleGrantPermissionRequest {
                name: "writer".to_owned(),
                perm: Some(Permission {
                    perm_type: Type::Readwrite.into(),
                    key: ALICES.0.into(),
                    range_end: ALICES.1.into(),
                }),
            }
            .into(),
            () if find("alice").is_none() => add("alice", false).into(),
            () if !has("alice", "writer") => grant("alice", "writer").into(),
            () if !self.still.users().is_enabled() => AuthEnableRequest {}.into(),
            () if find("bob").is_none() => add("bob", true).into(),
            () => self.less(),
        }
    }

    /// Somebody can do less, or is asked about.
    fn less(&mut self) -> UserWish {
        let (alice, writer) = ("alice".to_owned(), "writer".to_owned());
        match self.draws.below(12) {
            0 => AuthDisableRequest {}.into(),
            1 | 2 => AuthUserRevokeRoleRequest { name: alice, role: writer }.into(),
            3 | 4 => AuthRoleRevokePermissionRequest {
                role: writer,
                key: ALICES.0.into(),
                range_end: ALICES.1.into(),
            }
            .into(),
            5 => AuthUserDeleteRequest { name: alice }.into(),
            6 => AuthRoleDeleteRequest { role: writer }.into(),
            7 => AuthUserChangePasswordRequest {
                name: alice,
                hashed_password: "b3RoZXI=".to_owned(),
                ..AuthUserChangePasswordRequest::default()
            }
            .into(),
            8 => AuthUserListRequest {}.into(),
            9 => AuthRoleGetRequest { role: writer }.into(),
            10 => AuthUserGetRequest { name: alice }.into(),
            _ if self.draws.chance(50) => AuthStatusRequest {}.into(),
            _ => LoggedIn { name: alice, draw: self.draws.next().to_be_bytes().repeat(2) }.into(),
        }
    }

    /// Alice or bob writes what is alice's, or something else.
    fn named(&mut self, command: u64) -> (Asker, Wish) {
        let name = if self.draws.chance(70) { "alice" } else { "bob" };
        let place = if self.draws.chance(75) { "a/key" } else { "k/1" };
        let (key, value) = (place.into(), command.to_string().into());
        let put = PutRequest { key, value, ..PutRequest::default() };
        let asker = match self.still.users().is_enabled() {
            true => self.user(name),
            false => Asker::Nobody,
        };
        (asker, Wish::Put(put))
    }

    fn members(&mut self, command: u64) -> Wish {
        let id = self.draws.between(1, self.setup.nodes as u64);
        let members = self.still.members();
        let learner = members.iter().find(|member| member.is_learner);
        if let Some(learner) = learner.filter(|_| self.draws.chance(60)) {
            return Wish::PromoteMember(PromoteMember { id: learner.id });
        }
        let is_there = members.iter().any(|member| member.id == id);
        let peer_urls = vec![format!("http://n{id}:{command}")];
        match self.draws.below(4) {
            0..=2 if !self.setup.changes && is_there => {
                Wish::UpdateMember(UpdateMember { id, peer_urls })
            }
            0 if is_there && members.len() > 2 => Wish::RemoveMember(RemoveMember { id }),
            1 if is_there => Wish::UpdateMember(UpdateMember { id, peer_urls }),
            _ if !is_there && !self.still.is_removed(NodeId(id)) => {
                let is_learner = self.draws.chance(70);
                Wish::AddMember(AddMember { id, peer_urls, is_learner })
            }
            _ => {
                let name = format!("named-by-{command}");
                Wish::Publish(Publish { id, name, client_urls: peer_urls })
            }
        }
    }

    /// An alarm that is raised is soon cleared again: not much is done meanwhile.
    fn alarm(&mut self) -> AlarmRequest {
        if let Some(request) = cleared(self.still) {
            return request;
        }
        let alarm = if self.draws.chance(70) { AlarmType::Nospace } else { AlarmType::Corrupt };
        let member_id = self.draws.between(1, self.setup.nodes as u64);
        AlarmRequest { action: AlarmAction::Activate.into(), member_id, alarm: alarm.into() }
    }

    fn version(&mut self) -> Wish {
        let minor = self.draws.between(5, 7);
        match self.draws.below(3) {
            0 => Wish::SetVersion(SetVersion { version: format!("3.{minor}.0") }),
            1 => Wish::SetDowngrade(SetDowngrade { target: Some(format!("3.{minor}.0")) }),
            _ => Wish::SetDowngrade(SetDowngrade { target: None }),
        }
    }
}

/// What clears an alarm that matters, if one is raised.
pub fn cleared(still: &Still) -> Option<AlarmRequest> {
    let raised = still.alarms().into_iter().find(|raised| raised.alarm != BELL)?;
    let action = AlarmAction::Deactivate.into();
    Some(AlarmRequest { action, member_id: raised.member_id, alarm: raised.alarm })
}

/// The alarm of a last command. The cluster raises it, so nothing refuses it.
fn bell(command: u64) -> AlarmRequest {
    AlarmRequest { action: AlarmAction::Activate.into(), member_id: command, alarm: BELL }
}

fn add(name: &str, no_password: bool) -> AuthUserAddRequest {
    AuthUserAddRequest {
        name: name.to_owned(),
        options: Some(UserAddOptions { no_password }),
        hashed_password: if no_password { String::new() } else { "aGFzaGVk".to_owned() },
        ..AuthUserAddRequest::default()
    }
}

fn compare(key: &str, target: CompareTarget, union: TargetUnion) -> Compare {
    Compare {
        result: CompareResult::Equal.into(),
        target: target.into(),
        key: key.to_owned().into(),
        target_union: Some(union),
        ..Compare::default()
    }
}

fn operation(request: Request) -> RequestOp {
    RequestOp { request: Some(request) }
}
