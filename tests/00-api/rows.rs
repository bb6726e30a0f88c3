//! What is stored, to the byte; and what decoding costs.

use api::{
    AlarmMember, AlarmType, KeyValue, Lease, Permission, PutRequest, Role, TxnRequest, User,
    UserAddOptions, permission, request_op,
};
use bytes::Bytes;
use harness::check;
use prost::Message;
use std::fmt::Debug;

/// A message and its bytes in hex, both ways.
#[track_caller]
fn is_written_as<M: Message + Default + PartialEq + Debug>(message: M, hex: &str) {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    let pairs = digits.chunks(2).map(|two| std::str::from_utf8(two).expect("digits are text"));
    let bytes: Vec<u8> =
        pairs.map(|two| u8::from_str_radix(two, 16).expect("two digits")).collect();
    assert_eq!(message.encode_to_vec(), bytes, "{message:?}");
    assert_eq!(M::decode(&bytes[..]).as_ref(), Ok(&message));
}

#[test]
fn pairs_are_as_etcd_stores_them() {
    check(|| {
        let put = KeyValue {
            key: "foo".into(),
            value: "bar2".into(),
            create_revision: 2,
            mod_revision: 3,
            version: 2,
            lease: 0,
        };
        is_written_as(put.clone(), "0a03666f6f 1002 1803 2002 2a0462617232");
        is_written_as(KeyValue { lease: 300, ..put }, "0a03666f6f1002180320022a0462617232 30ac02");
        let tombstone = KeyValue { key: "foo".into(), ..KeyValue::default() };
        is_written_as(tombstone, "0a03666f6f");
        is_written_as(KeyValue::default(), "");
    });
}

#[test]
fn leases_and_alarms_are_as_etcd_stores_them() {
    check(|| {
        let lease = Lease { id: 0x2040_a1fa_5315_8214, ttl: 300, remaining_ttl: 0 };
        is_written_as(lease, "08 9484d698a5bfa8a020 10ac02");
        let negative = Lease { id: -77, ttl: 300, remaining_ttl: 100 };
        is_written_as(negative, "08 b3ffffffffffffffff01 10ac02 1864");
        let mut alarm = AlarmMember { member_id: 5, ..AlarmMember::default() };
        alarm.set_alarm(AlarmType::Nospace);
        is_written_as(alarm, "0805 1001");
    });
}

#[test]
fn users_and_roles_are_as_etcd_stores_them() {
    check(|| {
        let user = User {
            name: "u".into(),
            password: "$2a".into(),
            roles: vec!["r".to_owned(), "s".to_owned()],
            options: Some(UserAddOptions::default()),
        };
        is_written_as(user.clone(), "0a0175 1203243261 1a0172 1a0173 2200");
        let options = Some(UserAddOptions { no_password: true });
        let without = User { password: Bytes::new(), roles: Vec::new(), options, ..user };
        is_written_as(without, "0a0175 22020801");
        let mut permission = Permission { key: "k".into(), ..Permission::default() };
        permission.set_perm_type(permission::Type::Readwrite);
        let read = Permission { key: "m".into(), range_end: "\0".into(), ..Permission::default() };
        let role = Role { name: "r".into(), key_permission: vec![permission, read] };
        is_written_as(role, "0a0172 1205 0802 12016b 1206 12016d 1a0100");
    });
}

#[test]
fn bytes_share_the_buffer_they_came_in() {
    check(|| {
        let sent = PutRequest { key: "key".into(), value: "value".into(), ..Default::default() };
        let buffer = Bytes::from(sent.encode_to_vec());
        let put = PutRequest::decode(buffer.clone()).expect("it was encoded here");
        assert_eq!(put, sent);
        let inside = buffer.as_ptr_range();
        for piece in [&put.key, &put.value] {
            let own = piece.as_ptr_range();
            assert!(inside.start <= own.start && own.end <= inside.end, "{piece:?} is a copy");
        }
    });
}

#[test]
fn transactions_nest_so_deep_and_no_deeper() {
    check(|| {
        let nested = |depth: usize| {
            let mut txn = TxnRequest::default();
            for _ in 0..depth {
                let request = Some(request_op::Request::RequestTxn(txn));
                txn = TxnRequest {
                    success: vec![api::RequestOp { request }],
                    ..TxnRequest::default()
                };
            }
            TxnRequest::decode(&txn.encode_to_vec()[..])
        };
        assert!(nested(50).is_ok());
        assert!(nested(51).is_err());
    });
}
