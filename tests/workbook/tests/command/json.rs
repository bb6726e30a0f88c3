//! The file that `--json` writes keeps to its schema.

use crate::fixture::Fixture;
use serde_json::Value;
use std::fs;

/// As much of JSON Schema as `results.schema.json` uses.
fn check(schema: &Value, value: &Value, whole: &Value, place: &str, errors: &mut Vec<String>) {
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        let target = whole.pointer(reference.trim_start_matches('#')).expect("it is defined");
        return check(target, value, whole, place, errors);
    }
    if let Some(only) = schema.get("const")
        && only != value
    {
        errors.push(format!("{place} is not {only}"));
    }
    if let Some(some) = schema.get("enum").and_then(Value::as_array)
        && !some.contains(value)
    {
        errors.push(format!("{place} is {value}, not one of {some:?}"));
    }
    let types: Vec<&str> = match schema.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(some)) => some.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let own = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    if !types.is_empty() && !types.contains(&own) {
        errors.push(format!("{place} is {own}, not {types:?}"));
    }
    for name in schema.get("required").and_then(Value::as_array).into_iter().flatten() {
        let name = name.as_str().expect("a name");
        if value.get(name).is_none() {
            errors.push(format!("{place} has no {name}"));
        }
    }
    let properties = schema.get("properties").and_then(Value::as_object);
    if let (Some(properties), Some(object)) = (properties, value.as_object()) {
        for (name, inner) in object {
            match properties.get(name) {
                Some(schema) => check(schema, inner, whole, &format!("{place}.{name}"), errors),
                None => errors.push(format!("{place}.{name} is not in the schema")),
            }
        }
    }
    if let (Some(schema), Some(items)) = (schema.get("items"), value.as_array()) {
        for (number, inner) in items.iter().enumerate() {
            check(schema, inner, whole, &format!("{place}[{number}]"), errors);
        }
    }
}

fn result(fixture: &Fixture, mode: &str, arguments: &[&str], status: i32) -> Value {
    let file = fixture.path("result.json");
    let mut all = vec!["grade"];
    all.extend(arguments);
    all.extend(["--json", "result.json"]);
    fixture.run_with(mode, &all).ends(status);
    let text = fs::read_to_string(&file).expect("the file is written");
    assert!(!text.contains(&*fixture.root().to_string_lossy()), "no paths of the machine");
    let value: Value = serde_json::from_str(&text).expect("it is JSON");
    let schema = Path::schema();
    let mut errors = Vec::new();
    check(&schema, &value, &schema, "result", &mut errors);
    assert_eq!(errors, Vec::<String>::new(), "{text}");
    value
}

struct Path;

impl Path {
    fn schema() -> Value {
        let text = include_str!("../../results.schema.json");
        serde_json::from_str(text).expect("the schema is JSON")
    }
}

#[test]
fn every_kind_of_result_keeps_to_the_schema() {
    let fixture = Fixture::new();
    let right = result(&fixture, "", &["1"], 0);
    assert_eq!(right["points"]["earned"], 18);
    assert_eq!(right["chapters"][0]["exercises"][1]["tests"][0]["state"], "passed");

    let wrong = result(&fixture, "seed 7", &["1.2", "--seeds", "3", "--seed", "5"], 1);
    assert_eq!(
        (&wrong["seeds"], &wrong["seed"], &wrong["target"]),
        (&3.into(), &5.into(), &"1.2".into())
    );
    let test = &wrong["chapters"][0]["exercises"][0]["tests"][1];
    assert_eq!((&test["invariant"], &test["seed"]), (&"Election Safety".into(), &7.into()));

    for (mode, state) in [
        ("hole 1.2", "not_written"),
        ("panic", "panicked"),
        ("loop", "hung"),
        ("stack", "crashed"),
        ("exit", "ended_early"),
    ] {
        let found = result(&fixture, mode, &["1.2"], 1);
        assert_eq!(found["chapters"][0]["exercises"][0]["state"], state, "{mode}");
    }
    let waits = result(&fixture, "hole 1.2", &["1"], 1);
    assert_eq!(waits["chapters"][0]["exercises"][2]["waits_for"], "1.2");
    let caused = result(&fixture, "wrong", &["1"], 1);
    assert_eq!(caused["chapters"][0]["exercises"][2]["perhaps_because_of"], "1.2");
}

#[test]
fn a_chapter_that_does_not_compile_has_a_result_too() {
    let fixture = Fixture::new();
    fixture.edit("chapters/01-fixture/src/lib.rs", "_ => 42,", "_ => nothing,");
    let broken = result(&fixture, "", &["1"], 2);
    assert_eq!(broken["build"]["ok"], false);
    assert_eq!(broken["build"]["part"], "code");
    assert_eq!(broken["points"]["earned"], 0);
}

#[test]
fn the_same_code_gives_the_same_bytes() {
    let fixture = Fixture::shared();
    let bytes = |name: &str| {
        fixture.run_with("seed 7", &["grade", "1", "--json", name]).ends(1);
        fs::read(fixture.path(name)).expect("the file is written")
    };
    assert_eq!(bytes("one.json"), bytes("two.json"));
}

#[test]
fn a_file_that_cannot_be_written_is_named() {
    let ran = Fixture::shared().run(&["grade", "1.1", "--json", "/proc/no/such.json"]);
    ran.ends(2).complains("cannot write /proc/no/such.json").complains("next:");
}
