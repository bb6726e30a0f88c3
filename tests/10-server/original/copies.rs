//! A copy of a member of ours, of which the original makes a member.

use crate::member::{Member, Whose};
use crate::programs::{folder, name, run};

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

#[test]
#[ignore = "compares with the original: cargo workbook verify"]
fn a_copy_of_ours_becomes_a_member_of_theirs() {
    let folder = folder();
    let [own, copy, restored] =
        ["data", "copy", "restored"].map(|inside| folder.path().join(inside));
    let ours = Member::start(Whose::Ours, &own);
    for at in 0..20 {
        ask(&ours, &["put", &format!("k/{}", at % 7), &format!("value {at}")]);
    }
    ask(&ours, &["del", "k/2"]);
    ask(&ours, &["compaction", "8"]);
    let granted = ask(&ours, &["lease", "grant", "10000"]);
    let lease = granted.split(' ').nth(1).expect("it has a name");
    ask(&ours, &["put", "leased", "1", "--lease", lease]);
    ask(&ours, &["role", "add", "reader"]);
    ask(&ours, &["role", "grant-permission", "reader", "read", "k/", "--prefix"]);
    ask(&ours, &["user", "add", "anna:secret"]);
    ask(&ours, &["user", "add", "root:root"]);
    ask(&ours, &["user", "grant-role", "root", "root"]);
    ask(&ours, &["user", "grant-role", "anna", "reader"]);
    ask(&ours, &["auth", "enable"]);
    let root = ["--user", "root:root"];
    ask(&ours, &[&root, &["snapshot", "save", name(&copy)][..]].concat());
    let answers = |member: &Member| {
        QUESTIONS.map(|question| ask(member, &[&root, question].concat())).to_vec()
    };
    let before = answers(&ours);
    ours.stop();

    let (copy, data) = (name(&copy), name(&restored));
    let members = "default=http://localhost:2380";
    run(
        "etcdutl",
        &[
            "snapshot",
            "restore",
            copy,
            "--data-dir",
            data,
            "--initial-cluster",
            members,
            "--initial-advertise-peer-urls",
            "http://localhost:2380",
        ],
    );
    let theirs = Member::start(Whose::Theirs, &restored);
    for (question, (ours, theirs)) in QUESTIONS.iter().zip(before.iter().zip(answers(&theirs))) {
        assert_eq!(*ours, theirs, "{question:?}");
    }
    let anna = ["--user", "anna:secret"];
    assert_eq!(ask(&theirs, &[&anna, &["get", "k/3"][..]].concat()), "k/3\nvalue 17");
    let ttl = ask(&theirs, &[&root, &["lease", "timetolive", lease, "--keys"][..]].concat());
    assert!(ttl.ends_with("attached keys([leased])"), "{ttl}");
    ask(&theirs, &[&root, &["put", "k/3", "goes on"][..]].concat());
    ask(&theirs, &[&root, &["lease", "revoke", lease][..]].concat());
    assert_eq!(ask(&theirs, &[&root, &["get", "leased"][..]].concat()), "");
    theirs.stop();
}
