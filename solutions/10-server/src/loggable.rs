//! Requests and answers as they stand in log lines: keys, and no values.
//!
//! Owns these texts, which are etcd's. It writes what holds a value by one rule and all else by
//! another: with a blank after each field and bytes in octal, or with two blanks between fields and
//! bytes in hexadecimal.
//!
//! Left to others: when a line is worth it (`services`, `state`).

use crate::proposal::{Answer, Proposal, UserWish, Wish};
use api::compare::{CompareResult, CompareTarget, TargetUnion};
use api::range_request::{SortOrder, SortTarget};
use api::request_op::Request;
use api::response_op::Response;
use api::{
    AlarmType, CompactionRequest, Compare, DeleteRangeRequest, PutRequest, RangeRequest,
    RangeResponse, RequestOp, TxnRequest, TxnResponse,
};
use prost::Message;
use std::fmt::{Display, Write as _};

/// `key:"a" value_size:1 `.
pub fn put(request: &PutRequest) -> String {
    let PutRequest { key, value, lease, prev_kv, ignore_value, ignore_lease } = request;
    let mut text = Closed::default();
    text.bytes("key", key);
    text.field("value_size", value.len(), !value.is_empty());
    text.field("lease", lease, *lease != 0);
    for (name, is_on) in
        [("prev_kv", prev_kv), ("ignore_value", ignore_value), ("ignore_lease", ignore_lease)]
    {
        text.field(name, "true", *is_on);
    }
    text.0
}

/// `key:"a"  range_end:"b"`.
pub fn range(request: &RangeRequest) -> String {
    let mut text = Open::default();
    text.bytes("key", &request.key);
    text.bytes("range_end", &request.range_end);
    text.number("limit", request.limit);
    text.number("revision", request.revision);
    let order = SortOrder::try_from(request.sort_order).map(|order| order.as_str_name());
    text.name("sort_order", request.sort_order, order.ok());
    let target = SortTarget::try_from(request.sort_target).map(|target| target.as_str_name());
    text.name("sort_target", request.sort_target, target.ok());
    text.switch("serializable", request.serializable);
    text.switch("keys_only", request.keys_only);
    text.switch("count_only", request.count_only);
    text.number("min_mod_revision", request.min_mod_revision);
    text.number("max_mod_revision", request.max_mod_revision);
    text.number("min_create_revision", request.min_create_revision);
    text.number("max_create_revision", request.max_create_revision);
    text.0
}

/// The same of a deletion.
pub fn delete_range(request: &DeleteRangeRequest) -> String {
    let mut text = Open::default();
    text.bytes("key", &request.key);
    text.bytes("range_end", &request.range_end);
    text.switch("prev_kv", request.prev_kv);
    text.0
}

/// `compare:<…> success:<…> failure:<…>`.
pub fn txn(request: &TxnRequest) -> String {
    let list = |all: Vec<String>| all.join(" ");
    let operations = |all: &[RequestOp]| list(all.iter().map(operation).collect());
    let compare = list(request.compare.iter().map(comparison).collect());
    let (success, failure) = (operations(&request.success), operations(&request.failure));
    format!("compare:<{compare}> success:<{success}> failure:<{failure}>")
}

fn operation(operation: &RequestOp) -> String {
    match &operation.request {
        Some(Request::RequestRange(request)) => format!("request_range:{{{}}}", range(request)),
        Some(Request::RequestPut(request)) => format!("request_put:<{}>", put(request)),
        Some(Request::RequestDeleteRange(request)) => {
            format!("request_delete_range:{{{}}}", delete_range(request))
        }
        Some(Request::RequestTxn(request)) => format!("request_txn:<{}>", txn(request)),
        None => String::new(),
    }
}

fn comparison(compare: &Compare) -> String {
    let result = CompareResult::try_from(compare.result).map(|result| result.as_str_name());
    let target = CompareTarget::try_from(compare.target).map(|target| target.as_str_name());
    if let Some(TargetUnion::Value(value)) = &compare.target_union {
        let mut text = Closed::default();
        text.field("result", result.unwrap_or("?"), compare.result != 0);
        text.field("target", target.unwrap_or("?"), compare.target != 0);
        text.bytes("key", &compare.key);
        text.field("value_size", value.len(), !value.is_empty());
        text.bytes("range_end", &compare.range_end);
        return text.0;
    }
    let mut text = Open::default();
    text.name("result", compare.result, result.ok());
    text.name("target", compare.target, target.ok());
    text.bytes("key", &compare.key);
    match &compare.target_union {
        Some(TargetUnion::Version(number)) => text.any("version", number),
        Some(TargetUnion::CreateRevision(number)) => text.any("create_revision", number),
        Some(TargetUnion::ModRevision(number)) => text.any("mod_revision", number),
        Some(TargetUnion::Lease(number)) => text.any("lease", number),
        Some(TargetUnion::Value(_)) | None => {}
    }
    text.bytes("range_end", &compare.range_end);
    text.0
}

/// What an entry wishes, with the number under which somebody waits for it.
pub fn proposal(proposal: &Proposal) -> String {
    let number = proposal.sender.map_or(0, |sender| sender.number);
    let open = |name: &str, text: String| format!("header:{{ID:{number}}}  {name}:{{{text}}}");
    let closed = |name: &str, text: String| format!("header:<ID:{number}> {name}:<{text}>");
    match &proposal.wish {
        Some(Wish::Put(request)) => closed("put", put(request)),
        Some(Wish::Txn(request)) => closed("txn", txn(request)),
        Some(Wish::DeleteRange(request)) => open("delete_range", delete_range(request)),
        Some(Wish::Compact(request)) => open("compaction", compaction(*request)),
        Some(Wish::LeaseGrant(request)) => {
            closed("lease_grant", format!("ttl:{}-second id:{:016x}", request.ttl, request.id))
        }
        Some(Wish::LeaseRevoke(request)) => {
            closed("lease_revoke", format!("id:{:016x}", request.id))
        }
        Some(Wish::LeaseIsOver(over)) => closed("lease_revoke", format!("id:{:016x}", over.lease)),
        Some(Wish::LeaseRests(_)) => open("lease_checkpoint", String::new()),
        Some(Wish::Alarm(request)) => {
            let mut text = Open::default();
            text.name("action", request.action, action(request.action));
            text.any_if("memberID", request.member_id, request.member_id != 0);
            let alarm = AlarmType::try_from(request.alarm).map(|alarm| alarm.as_str_name());
            text.name("alarm", request.alarm, alarm.ok());
            open("alarm", text.0)
        }
        // Names of users and roles may be as secret as values.
        Some(Wish::Users(wish)) => open(&users(wish), String::new()),
        Some(Wish::AddMember(wish)) => open("add_member", format!("ID:{}", wish.id)),
        Some(Wish::PromoteMember(wish)) => open("promote_member", format!("ID:{}", wish.id)),
        Some(Wish::RemoveMember(wish)) => open("remove_member", format!("ID:{}", wish.id)),
        Some(Wish::UpdateMember(wish)) => open("update_member", format!("ID:{}", wish.id)),
        Some(Wish::Publish(wish)) => {
            let mut inner = Open::default();
            inner.bytes("name", wish.name.as_bytes());
            wish.client_urls.iter().for_each(|url| inner.bytes("client_urls", url.as_bytes()));
            let text = format!("member_ID:{}  member_attributes:{{{}}}", wish.id, inner.0);
            open("cluster_member_attr_set", text)
        }
        Some(Wish::SetVersion(wish)) => {
            open("cluster_version_set", format!("ver:\"{}\"", wish.version))
        }
        Some(Wish::SetDowngrade(_)) => open("downgrade_info_set", String::new()),
        None => format!("header:{{ID:{number}}}"),
    }
}

fn action(number: i32) -> Option<&'static str> {
    api::alarm_request::AlarmAction::try_from(number).ok().map(|action| action.as_str_name())
}

fn compaction(request: CompactionRequest) -> String {
    let mut text = Open::default();
    text.number("revision", request.revision);
    text.switch("physical", request.physical);
    text.0
}

/// `UserGrantRole` is `auth_user_grant_role` there.
fn users(wish: &UserWish) -> String {
    let name = match wish.name() {
        Some("LogIn") => return "authenticate".to_owned(),
        Some(name) => name,
        None => "",
    };
    let mut text = "auth".to_owned();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            text.push('_');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}

/// What an entry was answered.
pub fn answer(answer: &Answer) -> String {
    let size = match answer {
        Answer::Put(response) => response.encoded_len(),
        Answer::DeleteRange(response) => response.encoded_len(),
        Answer::Txn(response) => response.encoded_len(),
        Answer::Compact(response) => response.encoded_len(),
        Answer::LeaseGrant(response) => response.encoded_len(),
        Answer::LeaseRevoke(response) => response.encoded_len(),
        Answer::Alarm(response) => response.encoded_len(),
        Answer::Users(_) | Answer::Members(_) | Answer::Done(()) => return String::new(),
    };
    format!("size:{size}")
}

/// The answer to a read, without what a member adds to its header.
pub fn range_response(response: &RangeResponse) -> String {
    let bare = response.header.as_ref().map_or(0, |header| {
        let full = header.encoded_len();
        let own = api::ResponseHeader { revision: header.revision, ..Default::default() };
        full - own.encoded_len()
    });
    format!("range_response_count:{} size:{}", response.kvs.len(), response.encoded_len() - bare)
}

/// The same of a transaction that does nothing but read.
pub fn txn_response(response: &TxnResponse) -> String {
    let one = |it: &api::ResponseOp| match &it.response {
        Some(Response::ResponseRange(response)) => {
            format!("range_response_count:{}", response.kvs.len())
        }
        Some(
            Response::ResponsePut(_) | Response::ResponseDeleteRange(_) | Response::ResponseTxn(_),
        )
        | None => String::new(),
    };
    let all: Vec<String> = response.responses.iter().map(one).collect();
    let bare = response.header.as_ref().map_or(0, |header| {
        let own = api::ResponseHeader { revision: header.revision, ..Default::default() };
        header.encoded_len() - own.encoded_len()
    });
    format!("responses:<{}> size:{}", all.join(" "), response.encoded_len() - bare)
}

/// Fields with a blank after each.
#[derive(Default)]
struct Closed(String);

impl Closed {
    fn field(&mut self, name: &str, value: impl Display, is_there: bool) {
        if is_there {
            let _ = write!(self.0, "{name}:{value} ");
        }
    }

    fn bytes(&mut self, name: &str, bytes: &[u8]) {
        let mut text = String::new();
        for byte in bytes {
            match byte {
                b'\n' => text.push_str("\\n"),
                b'\r' => text.push_str("\\r"),
                b'\t' => text.push_str("\\t"),
                b'"' => text.push_str("\\\""),
                b'\\' => text.push_str("\\\\"),
                b' '..=b'~' => text.push(char::from(*byte)),
                other => {
                    let _ = write!(text, "\\{other:03o}");
                }
            }
        }
        self.field(name, format_args!("\"{text}\""), !bytes.is_empty());
    }
}

/// Fields with two blanks between them.
#[derive(Default)]
struct Open(String);

impl Open {
    fn any(&mut self, name: &str, value: impl Display) {
        let between = if self.0.is_empty() { "" } else { "  " };
        let _ = write!(self.0, "{between}{name}:{value}");
    }

    fn any_if(&mut self, name: &str, value: impl Display, is_there: bool) {
        if is_there {
            self.any(name, value);
        }
    }

    fn number(&mut self, name: &str, number: i64) {
        self.any_if(name, number, number != 0);
    }

    fn switch(&mut self, name: &str, is_on: bool) {
        self.any_if(name, "true", is_on);
    }

    fn name(&mut self, name: &str, number: i32, known: Option<&str>) {
        match known {
            Some(known) => self.any_if(name, known, number != 0),
            None => self.any_if(name, number, number != 0),
        }
    }

    fn bytes(&mut self, name: &str, bytes: &[u8]) {
        let mut text = String::new();
        for chunk in bytes.utf8_chunks() {
            for letter in chunk.valid().chars() {
                match letter {
                    '\n' => text.push_str("\\n"),
                    '\r' => text.push_str("\\r"),
                    '\t' => text.push_str("\\t"),
                    '"' => text.push_str("\\\""),
                    '\\' => text.push_str("\\\\"),
                    '\0'..=' ' | '\x7f' if letter != ' ' => {
                        let _ = write!(text, "\\x{:02x}", u32::from(letter));
                    }
                    '\u{80}'..='\u{9f}' => {
                        let _ = write!(text, "\\u{:04x}", u32::from(letter));
                    }
                    letter => text.push(letter),
                }
            }
            for byte in chunk.invalid() {
                let _ = write!(text, "\\x{byte:02x}");
            }
        }
        self.any_if(name, format_args!("\"{text}\""), !bytes.is_empty());
    }
}
