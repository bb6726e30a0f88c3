//! Requests at the edges of what there is, written by hand.
//!
//! Keys and values are texts here, a letter for each byte; and a revision may be written as what
//! the newest is at that time, and so much more or less: `$`, `$+1`, `$-3`.

use super::base64;
use serde_json::{Value, json};

/// A request as the gateway takes it, when the newest revision is this one.
pub fn at(request: &Value, current: i64) -> Value {
    match request {
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| (name.clone(), field(name, value, current)))
            .collect::<serde_json::Map<String, Value>>()
            .into(),
        Value::Array(list) => list.iter().map(|value| at(value, current)).collect(),
        other => other.clone(),
    }
}

fn field(name: &str, value: &Value, current: i64) -> Value {
    let is_bytes = ["key", "range_end", "value"].contains(&name);
    match value.as_str() {
        Some(text) if is_bytes => {
            let byte = |letter: char| u8::try_from(letter).expect("a letter for each byte");
            base64(&text.chars().map(byte).collect::<Vec<u8>>()).into()
        }
        Some(text) if text.starts_with('$') => {
            let offset = text[1..].parse().unwrap_or(0);
            (current + offset as i64).to_string().into()
        }
        Some(_) | None => at(value, current),
    }
}

const RANGE: &str = "/v3/kv/range";
const PUT: &str = "/v3/kv/put";
const DELETE: &str = "/v3/kv/deleterange";
const TXN: &str = "/v3/kv/txn";
const COMPACT: &str = "/v3/kv/compaction";
const HASH: &str = "/v3/maintenance/hashkv";
const GRANT: &str = "/v3/lease/grant";
const REVOKE: &str = "/v3/lease/revoke";

const LEAST: &str = "-9223372036854775808";
const MOST: &str = "9223372036854775807";

/// A path, and what is sent there.
pub type Request = (&'static str, Value);

/// All of them, in this order.
pub fn all() -> Vec<Request> {
    let clear = (DELETE, json!({ "key": "\0", "range_end": "\0" }));
    let mut list = vec![clear];
    for part in [puts, ranges, sorts, numbers, deletions, bytes] {
        list.extend(part());
    }
    for part in [comparisons, transactions, nested, limits, past, compactions, leases] {
        list.extend(part());
    }
    list
}

fn puts() -> Vec<Request> {
    vec![
        (PUT, json!({ "key": "a", "value": "1" })),
        (PUT, json!({ "key": "a" })),
        (PUT, json!({ "key": "a", "value": "2", "prev_kv": true })),
        (PUT, json!({ "key": "a", "ignore_value": true, "prev_kv": true })),
        (PUT, json!({ "key": "a", "ignore_value": true, "ignore_lease": true })),
        (PUT, json!({ "key": "a", "value": "3", "ignore_lease": true })),
        (PUT, json!({ "key": "a", "ignore_value": true, "lease": "7" })),
        (RANGE, json!({ "key": "a" })),
        (PUT, json!({ "key": "a", "value": "4", "ignore_lease": true, "prev_kv": true })),
        (RANGE, json!({ "key": "a" })),
        (PUT, json!({ "key": "a", "ignore_value": true, "prev_kv": true })),
        (RANGE, json!({ "key": "a" })),
        (PUT, json!({ "key": "a", "value": "5", "lease": LEAST })),
        (PUT, json!({ "key": "a", "value": "5", "lease": MOST })),
        (PUT, json!({ "key": "n", "ignore_value": true, "lease": "1000" })),
        (PUT, json!({ "key": "n", "ignore_lease": true, "value": "v" })),
        (PUT, json!({ "key": "n", "ignore_lease": true, "lease": "7" })),
        (PUT, json!({ "key": "n", "ignore_value": true, "value": "v", "lease": "1000" })),
        (DELETE, json!({ "key": "a", "prev_kv": true })),
        (PUT, json!({ "key": "a", "ignore_value": true })),
        (PUT, json!({ "key": "a", "value": "6", "prev_kv": true })),
        (RANGE, json!({ "key": "a" })),
    ]
}

fn ranges() -> Vec<Request> {
    let mut list: Vec<Request> = ["aa", "ab", "b", "ba", "c"]
        .into_iter()
        .map(|key| (PUT, json!({ "key": key, "value": format!("of {key}") })))
        .collect();
    list.extend([
        (PUT, json!({ "key": "ab", "value": "again", "lease": "7" })),
        (RANGE, json!({ "key": "a", "range_end": "b" })),
        (RANGE, json!({ "key": "a", "range_end": "a" })),
        (RANGE, json!({ "key": "b", "range_end": "a" })),
        (RANGE, json!({ "key": "a", "range_end": "\0" })),
        (RANGE, json!({ "key": "\0", "range_end": "\0" })),
        (RANGE, json!({ "key": "\0" })),
        (RANGE, json!({ "key": "a", "range_end": "\0\0" })),
        (RANGE, json!({ "key": "a\0", "range_end": "aa\0" })),
        (RANGE, json!({ "key": "c", "range_end": "\0", "limit": "1" })),
        (RANGE, json!({ "key": "b", "range_end": "\0", "limit": "3" })),
        (RANGE, json!({ "key": "b", "range_end": "\0", "limit": "2" })),
        (RANGE, json!({ "key": "a", "range_end": "\0", "limit": MOST })),
        (RANGE, json!({ "key": "a", "range_end": "\0", "limit": LEAST })),
        (RANGE, json!({ "key": "a", "limit": "1" })),
        (RANGE, json!({ "key": "a", "keys_only": true })),
        (RANGE, json!({ "key": "ab", "keys_only": true })),
        (RANGE, json!({ "key": "ab", "keys_only": true, "sort_target": "VALUE" })),
        (RANGE, json!({ "key": "ab", "keys_only": true, "sort_target": "MOD" })),
        (RANGE, json!({ "key": "a", "range_end": "\0", "keys_only": true, "limit": "2" })),
        (RANGE, json!({ "key": "a", "range_end": "\0", "keys_only": true, "count_only": true })),
        (RANGE, json!({ "key": "a", "range_end": "\0", "count_only": true, "limit": "1" })),
        (RANGE, json!({ "key": "n", "count_only": true })),
        (RANGE, json!({ "key": "a", "range_end": "\0", "count_only": true, "revision": "$-3" })),
        (RANGE, json!({ "key": "a", "range_end": "\0", "revision": "$-3", "keys_only": true })),
        (RANGE, json!({ "key": "a", "range_end": "\0", "serializable": true })),
        (RANGE, json!({ "key": "", "range_end": "b" })),
        (RANGE, json!({ "key": "", "sort_order": 77 })),
        (RANGE, json!({ "key": "a", "sort_order": -1 })),
        (RANGE, json!({ "key": "a", "sort_target": 5 })),
        (RANGE, json!({ "key": "a", "sort_order": 77, "revision": "$+5" })),
    ]);
    list
}

/// Every order of every target, with a limit that cuts and without.
fn sorts() -> Vec<Request> {
    let mut list = Vec::new();
    for target in ["KEY", "VERSION", "CREATE", "MOD", "VALUE"] {
        for order in ["NONE", "ASCEND", "DESCEND"] {
            for limit in ["0", "2", "6"] {
                list.push((
                    RANGE,
                    json!({
                        "key": "\0", "range_end": "\0",
                        "sort_target": target, "sort_order": order, "limit": limit,
                    }),
                ));
            }
        }
    }
    let by_value = |order: &str| {
        json!({
            "key": "\0", "range_end": "\0", "keys_only": true,
            "sort_target": "VALUE", "sort_order": order, "limit": "3",
        })
    };
    list.extend(["NONE", "ASCEND", "DESCEND"].map(|order| (RANGE, by_value(order))));
    list
}

/// Bounds on revisions, and the least and most that a number can be.
fn numbers() -> Vec<Request> {
    let mut list = Vec::new();
    let names =
        ["min_mod_revision", "max_mod_revision", "min_create_revision", "max_create_revision"];
    for name in names {
        for number in ["$-2", "$", "-1", LEAST, MOST] {
            let mut request = json!({ "key": "\0", "range_end": "\0", "limit": "2" });
            request[name] = number.into();
            list.push((RANGE, request));
        }
    }
    list.extend([
        (
            RANGE,
            json!({
                "key": "\0", "range_end": "\0", "keys_only": true,
                "min_mod_revision": "$-3", "max_create_revision": "$-1",
            }),
        ),
        (
            RANGE,
            json!({
                "key": "\0", "range_end": "\0", "count_only": true, "min_mod_revision": "$",
            }),
        ),
        (
            RANGE,
            json!({
                "key": "\0", "range_end": "\0", "limit": "1", "revision": "$-2",
                "min_create_revision": "$-5", "sort_target": "MOD", "sort_order": "DESCEND",
            }),
        ),
    ]);
    for revision in ["-1", "$", "$+1", "$-1", "1", LEAST, MOST] {
        list.push((RANGE, json!({ "key": "a", "revision": revision })));
        let range = json!({ "request_range": { "key": "a", "revision": revision } });
        list.push((TXN, json!({ "success": [range] })));
    }
    list
}

fn deletions() -> Vec<Request> {
    vec![
        (DELETE, json!({ "key": "nothing" })),
        (DELETE, json!({ "key": "b", "range_end": "a", "prev_kv": true })),
        (DELETE, json!({ "key": "b", "range_end": "b" })),
        (DELETE, json!({ "key": "", "range_end": "\0" })),
        (DELETE, json!({ "key": "aa", "range_end": "b", "prev_kv": true })),
        (DELETE, json!({ "key": "aa", "range_end": "b", "prev_kv": true })),
        (PUT, json!({ "key": "aa", "value": "anew", "prev_kv": true })),
        (RANGE, json!({ "key": "aa", "range_end": "b" })),
        (RANGE, json!({ "key": "aa", "range_end": "b", "revision": "$-1" })),
        (RANGE, json!({ "key": "aa", "range_end": "b", "revision": "$-2" })),
        (DELETE, json!({ "key": "b", "range_end": "\0" })),
    ]
}

/// Keys of any bytes.
fn bytes() -> Vec<Request> {
    let long = "long".repeat(250);
    let mut list: Vec<Request> = ["\0", "\0\0", "\u{ff}", "\u{ff}\u{ff}", "\n", &long]
        .into_iter()
        .map(|key| (PUT, json!({ "key": key, "value": "\0\u{ff}" })))
        .collect();
    list.extend([
        (RANGE, json!({ "key": "\0" })),
        (RANGE, json!({ "key": "\0", "range_end": "\0" })),
        (RANGE, json!({ "key": "\0", "range_end": "\n" })),
        (RANGE, json!({ "key": "\u{ff}", "range_end": "\0", "keys_only": true })),
        (RANGE, json!({ "key": "\u{ff}", "range_end": "\u{ff}\0" })),
        (DELETE, json!({ "key": "\u{ff}", "range_end": "\0" })),
        (DELETE, json!({ "key": "\0", "range_end": "a" })),
        (DELETE, json!({ "key": long })),
        (RANGE, json!({ "key": "\0", "range_end": "\0" })),
    ]);
    list
}

fn comparisons() -> Vec<Request> {
    let mut list = vec![
        (PUT, json!({ "key": "x1", "value": "5", "lease": "7" })),
        (PUT, json!({ "key": "x2", "value": "55", "lease": "7" })),
        (PUT, json!({ "key": "x1", "value": "5", "lease": "7" })),
    ];
    let given = [
        ("VERSION", "version", ["0", "1", "2", LEAST, MOST]),
        ("CREATE", "create_revision", ["0", "$-2", "$-1", LEAST, MOST]),
        ("MOD", "mod_revision", ["0", "$", "$-1", LEAST, MOST]),
        ("LEASE", "lease", ["0", "7", "8", LEAST, MOST]),
        ("VALUE", "value", ["", "5", "54", "6", "\u{ff}"]),
    ];
    for (target, name, numbers) in given {
        for number in numbers {
            let mut compare = Vec::new();
            for (key, range_end) in [("x1", ""), ("x", "y"), ("none", ""), ("y", "x")] {
                for result in ["EQUAL", "NOT_EQUAL", "GREATER", "LESS"] {
                    let mut one = json!({
                        "key": key, "range_end": range_end, "target": target, "result": result,
                    });
                    one[name] = number.into();
                    compare.push(one);
                }
            }
            // The answers to all of them, one a transaction.
            let one = |compare: Value| json!({ "request_txn": { "compare": [compare] } });
            let all: Vec<Value> = compare.into_iter().map(one).collect();
            list.push((TXN, json!({ "success": all })));
        }
    }
    let odd = [
        json!({ "key": "x1", "target": "VERSION", "result": "EQUAL", "mod_revision": "2" }),
        json!({ "key": "x1", "target": "VERSION", "result": "GREATER", "value": "5" }),
        json!({ "key": "x1", "target": "VERSION", "result": "GREATER" }),
        json!({ "key": "x1", "target": "VALUE", "result": "EQUAL", "version": "2" }),
        json!({ "key": "x1", "target": "VALUE", "result": "GREATER" }),
        json!({ "key": "none", "target": "VALUE", "result": "EQUAL" }),
        json!({ "key": "none", "target": "LEASE", "result": "EQUAL", "version": "1" }),
        json!({ "key": "x1", "target": 9, "result": "EQUAL", "version": "99" }),
        json!({ "key": "x1", "target": 9, "result": "LESS", "version": "99" }),
        json!({ "key": "none", "target": 9, "result": "NOT_EQUAL" }),
        json!({ "key": "x1", "target": "VERSION", "result": 9, "version": "99" }),
        json!({ "key": "x1", "target": "VERSION", "result": -1, "version": "99" }),
        json!({ "key": "none", "target": "VALUE", "result": 9 }),
        json!({ "key": "x", "range_end": "\0", "target": "LEASE", "lease": "7" }),
        json!({ "key": "\0", "range_end": "\0", "target": "LEASE", "lease": "7" }),
        json!({ "key": "", "target": "VERSION" }),
    ];
    list.extend(odd.map(|compare| (TXN, json!({ "compare": [compare] }))));
    list
}

fn get(key: &str) -> Value {
    json!({ "request_range": { "key": key } })
}

fn set(key: &str, value: &str) -> Value {
    json!({ "request_put": { "key": key, "value": value, "prev_kv": true } })
}

fn remove(key: &str, range_end: &str) -> Value {
    json!({ "request_delete_range": { "key": key, "range_end": range_end, "prev_kv": true } })
}

fn within(success: &[Value], failure: &[Value]) -> Value {
    json!({ "request_txn": { "success": success, "failure": failure } })
}

fn transactions() -> Vec<Request> {
    let keep = |key: &str| json!({ "request_put": { "key": key, "ignore_value": true } });
    let past = |revision: &str| json!({ "request_range": { "key": "t", "revision": revision } });
    vec![
        (TXN, json!({})),
        (TXN, json!({ "success": [{}] })),
        (TXN, json!({ "success": [set("t", "1"), get("t"), past("$"), past("$-1")] })),
        (TXN, json!({ "success": [set("t", "2"), past("$+1")] })),
        (TXN, json!({ "success": [past("$"), set("t", "3"), past("0"), past("-1")] })),
        (TXN, json!({ "success": [get("t"), remove("t", ""), get("t"), remove("t", "u")] })),
        (TXN, json!({ "success": [remove("t", ""), set("t1", "1"), remove("t", "")] })),
        (TXN, json!({ "success": [remove("t", "u"), set("t", "1")] })),
        (TXN, json!({ "success": [set("t", "1"), remove("t", "u")] })),
        (TXN, json!({ "success": [remove("t", "\0"), set("t", "1"), get("t")] })),
        (TXN, json!({ "success": [set("t", "1"), remove("a", "\0"), get("t")] })),
        (TXN, json!({ "success": [set("z", "1"), remove("u", "t"), get("z")] })),
        (TXN, json!({ "success": [remove("none", ""), get("z")] })),
        (
            TXN,
            json!({
                "success": [set("t2", "1"), { "request_put": { "key": "t3", "lease": "1000" } }]
            }),
        ),
        (TXN, json!({ "success": [set("t2", "1"), keep("t2")] })),
        (TXN, json!({ "success": [set("t2", "1"), keep("t3")] })),
        (
            TXN,
            json!({
                "success": [
                    { "request_put": { "key": "t3", "ignore_lease": true, "lease": "1000" } },
                    { "request_put": { "key": "" } },
                ]
            }),
        ),
        (TXN, json!({ "success": [get("t2"), get("t3")], "failure": [set("", "1")] })),
        (
            TXN,
            json!({
                "compare": [{ "key": "t2", "target": "VERSION", "version": "7" }],
                "success": [{ "request_put": { "key": "t3", "lease": "1000" } }],
                "failure": [set("t3", "3"), get("t3")],
            }),
        ),
        (
            TXN,
            json!({
                "success": [
                    { "request_range": { "key": "\0", "range_end": "\0", "limit": "1" } },
                    { "request_range": { "key": "\0", "range_end": "\0", "count_only": true } },
                    { "request_range": { "key": "\0", "range_end": "\0", "keys_only": true } },
                    { "request_range": {
                        "key": "\0", "range_end": "\0", "sort_order": "DESCEND",
                        "sort_target": "MOD", "min_mod_revision": "$-3",
                    } },
                ],
            }),
        ),
    ]
}

fn nested() -> Vec<Request> {
    let no_lease = json!({ "request_put": { "key": "e9", "lease": "1000" } });
    let to_come = json!({ "request_range": { "key": "e9", "revision": "$+1" } });
    let put_and_deleted = |value: &str| {
        let both = [within(&[set("e", value)], &[]), within(&[remove("e", "")], &[])];
        (TXN, json!({ "success": both }))
    };
    let deep = within(&[set("d3", "3"), within(&[set("d4", "4"), get("d3")], &[])], &[]);
    vec![
        (TXN, json!({ "success": [set("d1", "1"), within(&[set("d2", "2"), deep], &[])] })),
        (
            TXN,
            json!({
                "success": [
                    set("d1", "2"),
                    { "request_txn": {
                        "compare": [{ "key": "d1", "target": "VALUE", "value": "1" }],
                        "success": [get("d1"), set("d2", "it sees the state before")],
                        "failure": [set("d2", "it sees what was put")],
                    } },
                    get("d2"),
                ],
            }),
        ),
        // A key that is put and deleted at one revision, and one that is deleted and put.
        put_and_deleted("1"),
        (RANGE, json!({ "key": "e" })),
        (PUT, json!({ "key": "e", "value": "2" })),
        put_and_deleted("3"),
        (RANGE, json!({ "key": "e", "revision": "$-1" })),
        (RANGE, json!({ "key": "e" })),
        (PUT, json!({ "key": "e", "value": "4", "prev_kv": true })),
        (
            TXN,
            json!({ "success": [within(&[remove("e", "")], &[]), within(&[set("e", "5")], &[])] }),
        ),
        (TXN, json!({ "success": [remove("e", "\0"), set("e", "6"), get("e")] })),
        (RANGE, json!({ "key": "e" })),
        (TXN, json!({ "success": [within(&[get("e")], &[]), within(&[], &[])] })),
        (TXN, json!({ "success": [within(&[set("e", "7")], &[set("e", "8")])] })),
        (TXN, json!({ "success": [within(&[set("e", "7")], &[]), within(&[], &[set("e", "8")])] })),
        (TXN, json!({ "success": [within(&[set("e", "7")], &[remove("a", "f")])] })),
        (TXN, json!({ "success": [within(&[], &[remove("a", "f")]), set("e", "7")] })),
        (TXN, json!({ "success": [within(&[set("", "7")], &[]), {}] })),
        (TXN, json!({ "success": [{}, within(&[set("", "7")], &[])] })),
        (TXN, json!({ "success": [within(&[], &[json!({})])] })),
        (TXN, json!({ "success": [set("e", "9"), within(&[no_lease], &[])] })),
        (TXN, json!({ "success": [set("e", "9"), within(&[to_come], &[])] })),
        (RANGE, json!({ "key": "e" })),
    ]
}

/// How many operations there may be.
fn limits() -> Vec<Request> {
    let many = |count: usize| vec![get("none"); count];
    let with = |count: usize, below: usize| [many(count), vec![within(&many(below), &[])]].concat();
    let compare = vec![json!({ "key": "none" }); 129];
    vec![
        (TXN, json!({ "success": many(128) })),
        (TXN, json!({ "success": many(129) })),
        (TXN, json!({ "failure": many(129) })),
        (TXN, json!({ "compare": compare })),
        (TXN, json!({ "success": with(0, 127) })),
        (TXN, json!({ "success": with(0, 128) })),
        (TXN, json!({ "success": with(63, 64) })),
        (TXN, json!({ "success": with(63, 65) })),
        (TXN, json!({ "success": with(127, 0) })),
        (TXN, json!({ "success": with(127, 1) })),
    ]
}

/// What was, and what has not been yet.
fn past() -> Vec<Request> {
    let mut list = vec![
        (PUT, json!({ "key": "p", "value": "1" })),
        (DELETE, json!({ "key": "p" })),
        (PUT, json!({ "key": "p", "value": "2" })),
        (PUT, json!({ "key": "p", "value": "3" })),
        (DELETE, json!({ "key": "p" })),
    ];
    for revision in ["$-6", "$-5", "$-4", "$-3", "$-2", "$-1", "$", "$+1"] {
        list.push((RANGE, json!({ "key": "p", "revision": revision })));
        list.push((HASH, json!({ "revision": revision })));
    }
    list.push((HASH, json!({ "revision": MOST })));
    list
}

fn compactions() -> Vec<Request> {
    let compact = |revision: &str| (COMPACT, json!({ "revision": revision, "physical": true }));
    let mut list = vec![
        compact(LEAST),
        compact(MOST),
        compact("$+1"),
        (COMPACT, json!({ "revision": "-1" })),
        (PUT, json!({ "key": "q", "value": "1" })),
        (DELETE, json!({ "key": "q" })),
        // Of a deletion at exactly this revision, something stays.
        compact("$"),
        (HASH, json!({})),
        compact("$"),
        (RANGE, json!({ "key": "\0", "range_end": "\0" })),
        (PUT, json!({ "key": "q1", "value": "1" })),
        compact("$-1"),
        compact("$"),
        (PUT, json!({ "key": "q2", "value": "1" })),
        (HASH, json!({})),
        (HASH, json!({ "revision": "$" })),
        (DELETE, json!({ "key": "\0", "range_end": "\0" })),
        (PUT, json!({ "key": "q3", "value": "1" })),
        (PUT, json!({ "key": "q3", "value": "2" })),
        compact("$-1"),
        (HASH, json!({})),
        (DELETE, json!({ "key": "q3" })),
        (HASH, json!({})),
    ];
    list.extend(deletions_that_stay());
    for revision in ["$-3", "$-2", "$-1", "$", "-1", "-2", "0", LEAST] {
        list.push((RANGE, json!({ "key": "q3", "revision": revision })));
        let range = json!({ "request_range": { "key": "q3", "revision": revision } });
        list.push((TXN, json!({ "success": [range] })));
    }
    list
}

/// Deletions of exactly the revision of a compaction, with and without anything else that is there.
fn deletions_that_stay() -> Vec<Request> {
    let compact = (COMPACT, json!({ "revision": "$", "physical": true }));
    let both = [within(&[set("q4", "1")], &[]), within(&[remove("q4", "")], &[])];
    vec![
        (PUT, json!({ "key": "q5", "value": "1" })),
        (TXN, json!({ "success": both })),
        compact.clone(),
        (DELETE, json!({ "key": "q9" })),
        (PUT, json!({ "key": "q6", "value": "1" })),
        (HASH, json!({})),
        (PUT, json!({ "key": "q4", "value": "2" })),
        (HASH, json!({})),
        (HASH, json!({ "revision": "$-1" })),
        (DELETE, json!({ "key": "\0", "range_end": "\0" })),
        (HASH, json!({})),
        compact.clone(),
        (PUT, json!({ "key": "q7", "value": "1" })),
        (DELETE, json!({ "key": "q7" })),
        (HASH, json!({})),
        (TXN, json!({ "success": [set("q7", "2"), set("q8", "2")] })),
        (HASH, json!({})),
        (HASH, json!({ "revision": "$-1" })),
        compact,
        (DELETE, json!({ "key": "\0", "range_end": "\0" })),
        (HASH, json!({})),
    ]
}

fn leases() -> Vec<Request> {
    vec![
        (PUT, json!({ "key": "l2", "value": "1", "lease": "7" })),
        (PUT, json!({ "key": "l1", "value": "1", "lease": "7" })),
        (PUT, json!({ "key": "l3", "value": "1", "lease": "-3" })),
        (PUT, json!({ "key": "l2", "value": "2", "lease": "-3", "prev_kv": true })),
        (
            TXN,
            json!({ "success": [
            { "request_put": { "key": "l4", "lease": "7" } },
            { "request_put": { "key": "l3", "ignore_lease": true, "value": "3" } },
            { "request_range": { "key": "l", "range_end": "m" } },
        ] }),
        ),
        (REVOKE, json!({ "ID": "7" })),
        (RANGE, json!({ "key": "l", "range_end": "m" })),
        (RANGE, json!({ "key": "l", "range_end": "m", "revision": "$-1" })),
        (REVOKE, json!({ "ID": "7" })),
        (PUT, json!({ "key": "l1", "lease": "7" })),
        (GRANT, json!({ "ID": "7", "TTL": "100000" })),
        (REVOKE, json!({ "ID": "7" })),
        (GRANT, json!({ "ID": LEAST, "TTL": "100000" })),
        (PUT, json!({ "key": "l5", "lease": LEAST })),
        (RANGE, json!({ "key": "l5" })),
        (REVOKE, json!({ "ID": LEAST })),
        (HASH, json!({})),
    ]
}
