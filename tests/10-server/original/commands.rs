//! The same command lines for a server of ours and for one of the original.

use crate::member::{Member, Whose};
use crate::plain::{Drawn, Place, plain};
use crate::programs::{folder, name};
use crate::shell::{HANGS, Line, Said, lines};
use std::fmt::Write;
use std::thread;

const COMMANDS: &str = include_str!("commands.txt");
/// How wide a column of a report is.
const WIDTH: usize = 78;

/// All that a server's clients see, one answer a line of the file.
fn conversation(whose: Whose, lines: &[Line]) -> Vec<Said> {
    let folder = folder();
    let own = name(folder.path());
    let member = Member::start(whose, &folder.path().join("data"));
    let endpoint = member.endpoint();
    let mut drawn = Drawn::default();
    let mut answers = Vec::new();
    for line in lines {
        let said = line.run(&endpoint, &|word| drawn.meaning(&word.replace("$FOLDER", own)));
        drawn.hear(&said.output);
        let place = Place { endpoint: &endpoint, folder: own };
        answers.push(plain(line, &said, &drawn, &place));
    }
    member.stop();
    answers
}

/// Two answers side by side.
fn side_by_side(line: &Line, ours: &Said, theirs: &Said) -> String {
    let rows = |said: &Said| {
        let mut rows = vec![format!("code {:?}", said.code)];
        rows.extend(said.output.lines().map(str::to_owned));
        rows.extend(said.errors.lines().map(|line| format!("! {line}")));
        let wrap = |row: String| {
            let letters: Vec<char> = row.chars().collect();
            let pieces = letters.chunks(WIDTH).map(|piece| piece.iter().collect());
            if letters.is_empty() { vec![String::new()] } else { pieces.collect::<Vec<String>>() }
        };
        rows.into_iter().flat_map(wrap).collect::<Vec<String>>()
    };
    let (ours, theirs) = (rows(ours), rows(theirs));
    let mut report = format!("\ncommands.txt:{}: {}\n", line.at, line.text);
    writeln!(report, "   {:WIDTH$} │ theirs", "ours").expect("a text has room");
    for at in 0..ours.len().max(theirs.len()) {
        let [ours, theirs] = [&ours, &theirs].map(|rows| rows.get(at).map_or("", String::as_str));
        let mark = if ours == theirs { ' ' } else { '≠' };
        writeln!(report, " {mark} {ours:WIDTH$} │ {theirs}").expect("a text has room");
    }
    report
}

#[test]
#[ignore = "compares with the original: cargo workbook verify"]
fn every_command_has_the_same_answer() {
    let lines = lines(COMMANDS);
    let lines = &lines[..];
    let [ours, theirs] = thread::scope(|scope| {
        [Whose::Ours, Whose::Theirs]
            .map(|whose| scope.spawn(move || conversation(whose, lines)))
            .map(|thread| thread.join().expect("it says why above"))
    });
    let mut report = String::new();
    for ((line, ours), theirs) in lines.iter().zip(&ours).zip(&theirs) {
        let hangs = theirs.errors.contains(HANGS);
        if hangs || ours != theirs {
            report += &side_by_side(line, ours, theirs);
        }
    }
    assert!(report.is_empty(), "{report}");
}
