//! Rows of leases, to the byte.

use crate::member::{OPTIONS, Rows, at, empty, grant, id, ids, left, load, rest, revoke};
use bytes::Bytes;
use harness::check;
use lease::{Keep, Lessor, Reign};

fn hex(text: &str) -> Bytes {
    let digits: Vec<char> = text.chars().filter(|digit| !digit.is_whitespace()).collect();
    let byte = |pair: &[char]| {
        u8::from_str_radix(&pair.iter().collect::<String>(), 16).expect("two digits")
    };
    digits.chunks(2).map(byte).collect::<Vec<u8>>().into()
}

#[test]
fn a_row_is_that_of_etcd() {
    check(|| {
        let mut lessor = empty();
        let number = 0x2040_a1fa_5315_8214;
        let row = grant(&mut lessor, number, 300, at(0));
        assert_eq!(row.bucket, b"lease");
        assert_eq!(row.key, hex("2040a1fa53158214"));
        assert_eq!(row.value, Some(hex("08 9484d698a5bfa8a020 10 ac02")));

        let row = grant(&mut lessor, -77, 9_000_000_000, at(0));
        assert_eq!(row.key, hex("ffffffffffffffb3"));
        assert_eq!(row.value, Some(hex("08 b3ffffffffffffffff01 10 80b4c4c321")));

        let row = revoke(&mut lessor, number);
        assert_eq!((row.bucket, row.key), (&b"lease"[..], hex("2040a1fa53158214")));
        assert_eq!(row.value, None, "it is to be deleted");
    });
}

#[test]
fn a_rest_is_a_field_of_the_row_and_none_is_no_field() {
    check(|| {
        let mut lessor = empty();
        let granted = grant(&mut lessor, 1_000, 1_000, at(0));
        let rows = lessor.checkpoint(&[rest(1_000, Some(700))], Keep::Row, at(0));
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].key, hex("00000000000003e8"));
        assert_eq!(rows[0].value, Some(hex("08e807 10e807 18bc05")));
        assert_eq!(lessor.checkpoint(&[rest(1_000, None)], Keep::Row, at(0)), [granted]);
    });
}

#[test]
fn what_is_kept_in_memory_only_is_in_no_row() {
    check(|| {
        let mut lessor = empty();
        grant(&mut lessor, 7, 1_000, at(0));
        assert_eq!(lessor.checkpoint(&[rest(7, Some(700))], Keep::Memory, at(0)), []);
        lessor.promote(Reign(1), at(0));
        assert_eq!(left(&lessor, 7, at(0)), 701, "and still it counts, with an election on top");
    });
}

#[test]
fn a_rest_that_is_taken_back_is_taken_out_of_its_row_wherever_rests_are_kept() {
    check(|| {
        let mut lessor = empty();
        let granted = grant(&mut lessor, 7, 1_000, at(0));
        let _ = lessor.checkpoint(&[rest(7, Some(700))], Keep::Row, at(0));
        // The cluster has gone back to a version that keeps no rests in rows.
        assert_eq!(lessor.checkpoint(&[rest(7, None)], Keep::Memory, at(0)), [granted]);
    });
}

#[test]
fn a_start_finds_what_was_stored() {
    check(|| {
        let row = |key: &str, value: &str| (hex(key), hex(value));
        let rows = Rows::from([
            row("00000000000003e8", "08e807 10e807 18bc05"),
            row("0000000000000007", "0807 103c"),
            row("ffffffffffffffb3", "08b3ffffffffffffffff01 1002"),
        ]);
        let mut lessor = load(OPTIONS, &rows);
        assert!(!lessor.is_primary(), "nobody is, after a start");
        assert_eq!(lessor.leases(), ids(&[-77, 7, 1_000]));
        lessor.promote(Reign(1), at(0));
        let granted = |number| lessor.time_to_live(id(number), at(0)).expect("it is there").granted;
        assert_eq!([-77, 7, 1_000].map(|it| granted(it).seconds()), [2, 60, 1_000]);
        assert_eq!([-77, 7, 1_000].map(|it| left(&lessor, it, at(0))), [3, 61, 701]);
    });
}

#[test]
fn fields_that_are_not_known_are_passed_over() {
    check(|| {
        let rows = Rows::from([(hex("0000000000000007"), hex("0807 103c 2005"))]);
        assert_eq!(load(OPTIONS, &rows).leases(), ids(&[7]));
    });
}

#[test]
fn a_row_that_is_none_of_a_lease_is_refused_by_name() {
    check(|| {
        for (key, value, why) in [
            ("0000000000000007", "08", "its value is no lease"),
            ("0000000000000007", "", "its lease has no number"),
            ("0000000000000000", "103c", "its lease has no number"),
            ("0000000000000008", "0807 103c", "its lease has another number"),
            ("07", "0807 103c", "its lease has another number"),
            ("", "0807 103c", "its lease has another number"),
            ("0000000000000007", "0807", "no lease can last that long"),
            ("0000000000000007", "0807 10ffffffffffffffffff01", "no lease can last that long"),
            ("0000000000000007", "0807 1081b4c4c321", "no lease can last that long"),
            ("0000000000000007", "0807 103c 18ffffffffffffffffff01", "no lease can have that rest"),
        ] {
            let rows = [(hex("0000000000000001"), hex("0801 103c")), (hex(key), hex(value))];
            let error = Lessor::load(OPTIONS, rows).expect_err(why);
            assert_eq!(error.why, why, "{key} {value}");
            assert_eq!(error.key, hex(key).escape_ascii().to_string());
            let text = error.to_string();
            assert!(text.starts_with("bucket \"lease\", row \""), "{text}");
            assert!(text.ends_with("restore a backup"), "{text}");
        }
    });
}

#[test]
fn any_bytes_have_an_answer() {
    check(|| {
        let mut draws = harness::Draws::new(5);
        for _ in 0..20_000 {
            let mut bytes = |most| -> Bytes {
                let length = draws.index(most);
                (0..length).map(|_| draws.next().to_le_bytes()[0]).collect::<Vec<u8>>().into()
            };
            let (key, value) = (bytes(10), bytes(24));
            // It is a lease, or it is refused; and nothing else.
            drop(Lessor::load(OPTIONS, [(key, value)]));
        }
    });
}
