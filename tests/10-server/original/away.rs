//! Three members of ours and three of the original, of which one is killed and comes back: clients
//! of others go on beside it, and see the same.

use crate::member::Whose;
use crate::plain::{Drawn, Place, plain};
use crate::programs::{Running, folder, name, program, run, until};
use crate::shell::{Line, Said, lines};
use serde_json::Value;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use tempfile::TempDir;

/// How many members there are.
const COUNT: usize = 3;
/// So often others may take a port before a member does.
const ATTEMPTS: usize = 20;

/// What people ask of members of which one is away. The first one leads. These change nothing, and
/// are asked at once, since many of them wait for whoever is away.
const ASKED: &str = "\
endpoint health
endpoint health -w json
endpoint health --cluster
endpoint health --cluster -w table
endpoint status
endpoint status -w json
endpoint status --cluster
endpoint status --cluster -w table
endpoint hashkv
endpoint hashkv --cluster
endpoint hashkv --cluster -w json
member list
member list -w json
member list -w table
get a
get a -w json
get a --consistency s
get '' --prefix --keys-only
alarm list
lease list
watch a --rev 1 | head -n 3
";

/// And these change something.
const TOLD: &str = "\
put b 1
del b --prev-kv
txn <<< \"value(\\\"a\\\") = \\\"1\\\"\\n\\nput a 2\\n\\n\\n\"
get a
member promote $M2
member remove 123
member add m4 --peer-urls=http://$P1
member update $M2 --peer-urls=http://$P1
move-leader 123
move-leader $M1
move-leader $M2
put c 1
get c
";

/// Members with their files in one folder.
struct Members {
    whose: Whose,
    folder: TempDir,
    /// The port for clients of each, and that for other members.
    ports: Vec<[u16; 2]>,
    running: Vec<Option<Running>>,
}

impl Members {
    /// Starts them, and waits until all are ready.
    fn start(whose: Whose) -> Members {
        let started = (0..ATTEMPTS).find_map(|_| {
            let listeners: Vec<TcpListener> = (0..2 * COUNT)
                .map(|_| TcpListener::bind("127.0.0.1:0").expect("one is free"))
                .collect();
            let ports: Vec<u16> =
                listeners.iter().map(|one| one.local_addr().expect("it is bound").port()).collect();
            drop(listeners);
            let ports = ports.chunks(2).map(|both| [both[0], both[1]]).collect();
            let mut members = Members { whose, folder: folder(), ports, running: Vec::new() };
            members.running = (0..COUNT).map(|at| Some(members.begin(at))).collect();
            (0..COUNT).all(|at| members.is_ready(at)).then_some(members)
        });
        started.expect("ports that were free were taken a moment later, and again and again")
    }

    fn begin(&self, at: usize) -> Running {
        let mut command = match self.whose {
            Whose::Ours => Command::new(env!("CARGO_BIN_EXE_myetcd")),
            Whose::Theirs => program("etcd"),
        };
        let [client, peer] = self.ports[at].map(|port| format!("http://127.0.0.1:{port}"));
        let all = self.ports.iter().enumerate();
        let all = all.map(|(at, [_, peer])| format!("m{at}=http://127.0.0.1:{peer}"));
        command.arg(format!("--name=m{at}")).arg("--unsafe-no-fsync");
        command.args(["--data-dir", name(&self.folder.path().join(format!("m{at}")))]);
        command.args(["--listen-client-urls", &client, "--advertise-client-urls", &client]);
        command.args(["--listen-peer-urls", &peer, "--initial-advertise-peer-urls", &peer]);
        command.args(["--initial-cluster", &all.collect::<Vec<_>>().join(",")]);
        let output = File::create(self.log(at)).expect("there is room on the disk");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(output);
        Running::start(&mut command)
    }

    fn log(&self, at: usize) -> PathBuf {
        self.folder.path().join(format!("m{at}.log"))
    }

    /// Waits until clients can come to it; or somebody else has its port.
    fn is_ready(&mut self, at: usize) -> bool {
        let (log, whose) = (self.log(at), self.whose);
        let running = self.running[at].as_mut().expect("it was started");
        until("the member is ready", || {
            let ended = running.ended();
            let text = String::from_utf8_lossy(&fs::read(&log).expect("it is there")).into_owned();
            match ended {
                _ if text.contains("ready to serve client requests") => Some(true),
                Some(_) if text.contains("address already in use") => Some(false),
                Some(status) => panic!("{whose:?} ended with {status}\n{text}"),
                None => None,
            }
        })
    }

    fn endpoint(&self, at: usize) -> String {
        format!("127.0.0.1:{}", self.ports[at][0])
    }

    fn endpoints(&self) -> String {
        (0..COUNT).map(|at| self.endpoint(at)).collect::<Vec<_>>().join(",")
    }

    /// Which one leads, the cluster's number, and that of each.
    fn roles(&self) -> (usize, u64, Vec<u64>) {
        until("one leads", || {
            let all: Vec<Value> = (0..COUNT).map(|at| self.status(at)).collect();
            let number = |value: &Value| value.as_u64().expect("it is one");
            let ids: Vec<u64> = all.iter().map(|it| number(&it["header"]["member_id"])).collect();
            let leader = number(&all[0]["leader"]);
            let leads = ids.iter().position(|id| *id == leader)?;
            let cluster = number(&all[0]["header"]["cluster_id"]);
            all.iter().all(|it| it["leader"] == leader).then_some((leads, cluster, ids))
        })
    }

    fn status(&self, at: usize) -> Value {
        let words = ["--endpoints", &self.endpoint(at), "endpoint", "status", "-w", "json"];
        let said: Value = serde_json::from_str(&run("etcdctl", &words)).expect("it is JSON");
        said[0]["Status"].clone()
    }

    /// Kills one: nothing that it keeps only in memory is left.
    fn kill(&mut self, at: usize) {
        self.running[at] = None;
    }

    /// Starts one again, with the same addresses.
    fn restart(&mut self, at: usize) {
        let again = (0..ATTEMPTS).any(|_| {
            self.running[at] = Some(self.begin(at));
            self.is_ready(at)
        });
        assert!(again, "its port was taken meanwhile");
    }
}

/// What the client sees while one of three goes and comes: the one that leads, or another one.
fn seen_while_one_is_away(whose: Whose, leads: bool) -> String {
    let mut members = Members::start(whose);
    let leader = members.roles().0;
    let victim = if leads { leader } else { (leader + 1) % COUNT };
    let mut command = program("client");
    command.args([&members.endpoints(), "away"]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("there is room for one more process");
    let mut stdin = child.stdin.take().expect("it is piped");
    let stdout = BufReader::new(child.stdout.take().expect("it is piped"));
    let _ends = Ends(child);
    let mut seen = String::new();
    for line in stdout.lines() {
        let line = line.expect("it is text");
        match &line[..] {
            "kill it" => members.kill(victim),
            "start it" => members.restart(victim),
            _ => {}
        }
        if ["kill it", "start it", "enough"].contains(&&line[..]) {
            stdin.write_all(b"go\n").expect("it waits for that");
        }
        seen += &format!("{line}\n");
    }
    seen
}

/// A process that ends when nobody waits for it any more.
struct Ends(Child);

impl Drop for Ends {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What a client may rely on.
const PROMISED: &str = "\
# away
kill it
start it
enough
puts: missing 0, not told 0, not in order 0; all were told: true
counted: true
by two at a time: locks 0, elections 0
the lease has time left: true, is kept: true, keys [\"away/leased\"]
";

#[test]
#[ignore = "compares with the original: cargo workbook verify"]
fn the_library_loses_nothing_when_one_of_three_is_killed() {
    for leads in [true, false] {
        thread::scope(|scope| {
            let seen = [Whose::Ours, Whose::Theirs]
                .map(|whose| (whose, scope.spawn(move || seen_while_one_is_away(whose, leads))));
            for (whose, thread) in seen {
                let seen = thread.join().expect("it says why above");
                assert_eq!(seen, PROMISED, "{whose:?}, the one that leads: {leads}");
            }
        });
    }
}

/// Who is who, in the words of a command or of an answer: `$E1` is the address of the first member
/// for clients, `$P1` that for other members, `$M1` its number, and `$N1` its name. What is in
/// decimal stays a number, so that JSON stays JSON.
struct Names(Vec<(String, String)>);

impl Names {
    fn of(members: &Members, cluster: u64, ids: &[u64], order: [usize; COUNT]) -> Names {
        let mut names = vec![(cluster.to_string(), "1000".to_owned())];
        for (number, at) in (1..).zip(order) {
            let [client, peer] = members.ports[at].map(|port| format!("127.0.0.1:{port}"));
            let name = |kind: char| format!("${kind}{number}");
            names.extend([(client, name('E')), (peer, name('P')), (format!("m{at}"), name('N'))]);
            names.push((format!("{:x}", ids[at]), name('M')));
            names.push((ids[at].to_string(), (1_000 + number).to_string()));
        }
        Names(names)
    }

    fn meaning(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (own, name)| match name.starts_with('$') {
            true => text.replace(name, own),
            false => text,
        })
    }

    fn hide(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (own, name)| text.replace(own, name))
    }
}

/// A list in JSON, in the order of the addresses in it. Who has answered first or has the lowest
/// number comes first else.
fn in_order(output: String) -> String {
    let Ok(Value::Array(mut list)) = serde_json::from_str(&output) else { return output };
    list.sort_by_key(|one| (one["Endpoint"].to_string(), one["endpoint"].to_string()));
    Value::Array(list).to_string()
}

/// What one command says, in an order that does not depend on who is who.
fn said(line: &Line, endpoints: &str, names: &Names) -> Said {
    let said = line.run(endpoints, &|word| names.meaning(word));
    let place = Place { endpoint: "nowhere", folder: "nowhere" };
    let hidden = |text: &str| names.hide(text);
    let output = in_order(hidden(&said.output));
    let hidden = Said { output, errors: hidden(&said.errors), ..said };
    let mut plain = plain(line, &hidden, &Drawn::default(), &place);
    for text in [&mut plain.output, &mut plain.errors] {
        let mut lines: Vec<&str> = text.lines().collect();
        lines.sort_unstable();
        *text = lines.join("\n");
    }
    plain
}

/// All that is said while the last of three is away, if the first one leads for as long as it may.
fn conversation(whose: Whose) -> Option<Vec<Said>> {
    let mut members = Members::start(whose);
    let (leader, cluster, ids) = members.roles();
    let order = [leader, (leader + 1) % COUNT, (leader + 2) % COUNT];
    let names = Names::of(&members, cluster, &ids, order);
    let endpoints = order.map(|at| members.endpoint(at)).join(",");
    for key in ["a", "d"] {
        run("etcdctl", &["--endpoints", &endpoints, "put", key, "1"]);
    }
    // All of them have it.
    for at in 0..COUNT {
        run("etcdctl", &["--endpoints", &members.endpoint(at), "get", "d"]);
    }
    let term = |members: &Members| {
        let status = members.status(order[1]);
        status["raftTerm"].as_u64().expect("it is a number")
    };
    let began = term(&members);
    members.kill(order[2]);
    let told = lines(TOLD);
    let first = members.endpoint(leader);
    let mut answers: Vec<Said> = thread::scope(|scope| {
        let (endpoints, first, names) = (&endpoints, &first, &names);
        let ask = |line: Line| {
            // Any of them may answer, and then another one is in the answer.
            let endpoints = if line.text.starts_with("endpoint") { endpoints } else { first };
            scope.spawn(move || said(&line, endpoints, names))
        };
        let asked: Vec<_> = lines(ASKED).into_iter().map(ask).collect();
        asked.into_iter().map(|thread| thread.join().expect("it says why above")).collect()
    });
    answers.extend(told.iter().map(|line| said(line, &first, &names)));
    // One is told to lead, and that is the only election; else the machine was too slow.
    (term(&members) == began + 1).then_some(answers)
}

#[test]
#[ignore = "compares with the original: cargo workbook verify"]
fn commands_have_the_same_answers_when_one_of_three_is_away() {
    let [ours, theirs] = thread::scope(|scope| {
        [Whose::Ours, Whose::Theirs]
            .map(|whose| scope.spawn(move || (0..ATTEMPTS).find_map(|_| conversation(whose))))
            .map(|thread| thread.join().expect("it says why above"))
            .map(|answers| answers.expect("an election that nobody wanted, again and again"))
    });
    let mut report = String::new();
    let all = lines(ASKED).into_iter().chain(lines(TOLD));
    for ((line, ours), theirs) in all.zip(&ours).zip(&theirs) {
        if ours != theirs {
            report += &format!("\n{}\n  ours:   {ours:#?}\n  theirs: {theirs:#?}\n", line.text);
        }
    }
    assert!(report.is_empty(), "{report}");
}
