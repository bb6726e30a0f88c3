//! Every message, field, number, enum and call, against the table beside this file.
//!
//! The table was collected from etcd 3.7.1. It has what clients see and what is stored.

use harness::check;
use prost::Message;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorSet,
    ServiceDescriptorProto,
};
use std::collections::BTreeSet;

const TABLE: &str = include_str!("messages.tsv");
const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

#[test]
fn messages_fields_and_calls_are_those_of_etcd() {
    check(|| {
        let wanted: BTreeSet<String> = TABLE.lines().skip(1).map(str::to_owned).collect();
        let found = facts();
        let missing: Vec<_> = wanted.difference(&found).collect();
        let extra: Vec<_> = found.difference(&wanted).collect();
        assert!(missing.is_empty(), "etcd has, and we have not: {missing:#?}");
        assert!(extra.is_empty(), "we have, and etcd has not: {extra:#?}");
        assert!(wanted.len() > 400, "only {} facts: the table is not whole", wanted.len());
    });
}

/// Everything that the build was made from, in the form of the table.
fn facts() -> BTreeSet<String> {
    let set = FileDescriptorSet::decode(DESCRIPTORS).expect("the build wrote it");
    let mut found = BTreeSet::new();
    for file in &set.file {
        for message in &file.message_type {
            add_message(&mut found, file.package(), message);
        }
        for one in &file.enum_type {
            add_enum(&mut found, file.package(), one);
        }
        for service in &file.service {
            add_service(&mut found, file.package(), service);
        }
    }
    found
}

fn add(found: &mut BTreeSet<String>, columns: [&str; 6]) {
    let is_new = found.insert(columns.join("\t"));
    assert!(is_new, "{columns:?} is there twice");
}

fn add_message(found: &mut BTreeSet<String>, inside: &str, message: &DescriptorProto) {
    let name = format!("{inside}.{}", message.name());
    add(found, ["message", &name, "", "", "", ""]);
    for field in &message.field {
        let number = field.number().to_string();
        let (of, label) = (type_of(field, message), label_of(field, message));
        add(found, ["field", &name, field.name(), &number, &of, &label]);
    }
    for one in &message.enum_type {
        add_enum(found, &name, one);
    }
    // A map is a list of entries, which are a message of its own making.
    for inner in message.nested_type.iter().filter(|inner| !is_entry(inner)) {
        add_message(found, &name, inner);
    }
}

fn is_entry(message: &DescriptorProto) -> bool {
    message.options.as_ref().is_some_and(|options| options.map_entry())
}

/// The map's entry that this field is a list of, if it is one.
fn entry<'a>(
    field: &FieldDescriptorProto,
    message: &'a DescriptorProto,
) -> Option<&'a DescriptorProto> {
    let inner = field.type_name().rsplit('.').next()?;
    message.nested_type.iter().find(|one| is_entry(one) && one.name() == inner)
}

fn type_of(field: &FieldDescriptorProto, message: &DescriptorProto) -> String {
    if let Some(entry) = entry(field, message) {
        let [key, value] = [0, 1].map(|at| type_of(&entry.field[at], entry));
        return format!("map<{key},{value}>");
    }
    match field.r#type() {
        Type::Bool => "bool".to_owned(),
        Type::Bytes => "bytes".to_owned(),
        Type::Int64 => "int64".to_owned(),
        Type::String => "string".to_owned(),
        Type::Uint32 => "uint32".to_owned(),
        Type::Uint64 => "uint64".to_owned(),
        Type::Enum | Type::Message => field.type_name().trim_start_matches('.').to_owned(),
        other => panic!("{} is {other:?}, which etcd never uses", field.name()),
    }
}

fn label_of(field: &FieldDescriptorProto, message: &DescriptorProto) -> String {
    if field.label() == Label::Repeated && entry(field, message).is_none() {
        return "repeated".to_owned();
    }
    let choice = field.oneof_index.and_then(|at| message.oneof_decl.get(usize::try_from(at).ok()?));
    choice.map_or(String::new(), |choice| format!("oneof {}", choice.name()))
}

fn add_enum(found: &mut BTreeSet<String>, inside: &str, one: &EnumDescriptorProto) {
    let name = format!("{inside}.{}", one.name());
    for value in &one.value {
        add(found, ["value", &name, value.name(), &value.number().to_string(), "", ""]);
    }
}

fn add_service(found: &mut BTreeSet<String>, inside: &str, service: &ServiceDescriptorProto) {
    let name = format!("{inside}.{}", service.name());
    for method in &service.method {
        let [from, to] =
            [method.input_type(), method.output_type()].map(|name| name.trim_start_matches('.'));
        let streams = match (method.client_streaming(), method.server_streaming()) {
            (false, false) => "unary",
            (false, true) => "server",
            (true, true) => "bidi",
            (true, false) => "client",
        };
        add(found, ["rpc", &name, method.name(), "", &format!("{from} -> {to}"), streams]);
    }
}
