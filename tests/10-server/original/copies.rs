//! A copy of a member of ours, of which the original makes a member, and the other way round.

use crate::member::{Member, Whose};
use crate::programs::{folder, name, run};
use std::process::Command;

/// How a copy is asked for what it holds, as somebody who may see all.
const QUESTIONS: [&[&str]; 9] = [
    &["get", "", "--prefix"],
    &["get", "", "--prefix", "-w", "fields"],
    &["get", "k/3", "--rev", "9", "-w", "fields"],
    &["get", "", "--prefix", "--rev", "12"],
    &["endpoint", "hashkv", "--rev", "20"],
    &["lease", "list"],
    &["user", "list"],
    &["user", "get", "anna", "--detail"],
    &["role", "get", "reader"],
];

fn ask(member: &Member, words: &[&str]) -> String {
    let endpoint = member.endpoint();
    let said = run("etcdctl", &[&["--endpoints", &endpoint], words].concat());
    // In which term, and who is asked, is not in the copy.
    let lines = said.lines().filter(|line| !line.starts_with("\"RaftTerm\""));
    lines.collect::<Vec<_>>().join("\n").replace(&endpoint, "")
}

/// All that a copy can hold.
fn fill(member: &Member) {
    for at in 0..20 {
        ask(member, &["put", &format!("k/{}", at % 7), &format!("value {at}")]);
    }
    ask(member, &["del", "k/2"]);
    ask(member, &["compaction", "8"]);
    let granted = ask(member, &["lease", "grant", "10000"]);
    let lease = granted.split(' ').nth(1).expect("it has a name");
    ask(member, &["put", "leased", "1", "--lease", lease]);
    ask(member, &["role", "add", "reader"]);
    ask(member, &["role", "grant-permission", "reader", "read", "k/", "--prefix"]);
    ask(member, &["user", "add", "anna:secret"]);
    ask(member, &["user", "add", "root:root"]);
    ask(member, &["user", "grant-role", "root", "root"]);
    ask(member, &["user", "grant-role", "anna", "reader"]);
    ask(member, &["auth", "enable"]);
}

const ROOT: [&str; 2] = ["--user", "root:root"];

fn answers(member: &Member) -> Vec<String> {
    QUESTIONS.map(|question| ask(member, &[&ROOT, question].concat())).to_vec()
}

/// Makes a member's files of a copy, with the program that belongs to it.
fn restore(whose: Whose, copy: &str, data: &str, more: &[&str]) {
    let mut words = vec!["snapshot", "restore", copy, "--data-dir", data];
    words.extend(["--initial-cluster", "default=http://localhost:2380"]);
    words.extend(["--initial-advertise-peer-urls", "http://localhost:2380"]);
    words.extend(more);
    match whose {
        Whose::Ours => {
            let ended = Command::new(env!("CARGO_BIN_EXE_myetcdutl")).args(words).output();
            let ended = ended.expect("it was built");
            assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
        }
        Whose::Theirs => drop(run("etcdutl", &words)),
    }
}

/// What the one holds, the other makes a member of.
fn becomes(one: Whose, other: Whose) {
    let folder = folder();
    let [own, copy, restored, grown] =
        ["data", "copy", "restored", "grown"].map(|inside| folder.path().join(inside));
    let first = Member::start(one, &own);
    fill(&first);
    ask(&first, &[&ROOT, &["snapshot", "save", name(&copy)][..]].concat());
    let before = answers(&first);
    first.stop();

    restore(other, name(&copy), name(&restored), &[]);
    let second = Member::start(other, &restored);
    for (question, (before, after)) in QUESTIONS.iter().zip(before.iter().zip(answers(&second))) {
        assert_eq!(*before, after, "{question:?}");
    }
    let anna = ["--user", "anna:secret"];
    assert_eq!(ask(&second, &[&anna, &["get", "k/3"][..]].concat()), "k/3\nvalue 17");
    let leases = ask(&second, &[&ROOT, &["lease", "list"][..]].concat());
    let lease = leases.lines().nth(1).expect("there is one");
    let ttl = ask(&second, &[&ROOT, &["lease", "timetolive", lease, "--keys"][..]].concat());
    assert!(ttl.ends_with("attached keys([leased])"), "{ttl}");
    ask(&second, &[&ROOT, &["put", "k/3", "goes on"][..]].concat());
    ask(&second, &[&ROOT, &["lease", "revoke", lease][..]].concat());
    assert_eq!(ask(&second, &[&ROOT, &["get", "leased"][..]].concat()), "");
    second.stop();

    // With revisions left out, both programs make the same of it.
    let more = ["--bump-revision", "1000", "--mark-compacted"];
    let members = [Whose::Ours, Whose::Theirs].map(|whose| {
        let data = grown.with_extension(format!("{whose:?}"));
        restore(whose, name(&copy), name(&data), &more);
        let member = Member::start(whose, &data);
        ask(&member, &[&ROOT, &["put", "k/3", "goes on"][..]].concat());
        let hash = ask(&member, &[&ROOT, &["endpoint", "hashkv"][..]].concat());
        let all = ["get", "", "--prefix", "-w", "fields"];
        let found = ask(&member, &[&ROOT, &all[..]].concat());
        member.stop();
        (hash, found)
    });
    assert_eq!(members[0], members[1]);
    assert!(members[0].0.ends_with(", 1024"), "{}", members[0].0);
}

#[test]
#[ignore = "compares with the original: cargo workbook verify"]
fn a_copy_of_ours_becomes_a_member_of_theirs() {
    becomes(Whose::Ours, Whose::Theirs);
}

#[test]
#[ignore = "compares with the original: cargo workbook verify"]
fn a_copy_of_theirs_becomes_a_member_of_ours() {
    becomes(Whose::Theirs, Whose::Ours);
}
