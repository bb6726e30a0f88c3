//! How a command is used, in the words of etcd's `etcdutl`.
//!
//! Owns [`usage`]: it is what help says, and what follows the error of a command line.

use crate::utility::table::{Command, Flag, GLOBAL, Kind, Name};

/// Commands are in a column that is as wide as this.
const WIDTH: usize = 11;

/// How a command is used. The flag for help is there or not.
pub fn usage(command: &Command, has_help: bool) -> String {
    let path = command.path();
    let mut text = "Usage:\n".to_owned();
    if !command.takes.is_empty() {
        text += &format!("  {path}{}\n", command.takes);
    }
    if !command.inside.is_empty() {
        text += &format!("  {path} [command]\n\nAvailable Commands:\n");
        for inside in command.inside {
            text += &format!("  {:WIDTH$} {}\n", inside.word(), inside.about);
        }
    }
    let is_root = command.name == Name::Root;
    let mut own: Vec<(String, String)> = command.flags.iter().map(row).collect();
    if has_help {
        let help = ("  -h, --help".to_owned(), format!("help for {}", command.word()));
        own.push(help);
    }
    let global = GLOBAL.iter().map(row).collect();
    let groups = match is_root {
        true => vec![("Flags", [own, global].concat())],
        false => vec![("Flags", own), ("Global Flags", global)],
    };
    for (title, rows) in groups {
        text += &format!("\n{title}:\n{}", columns(rows));
    }
    if !command.inside.is_empty() {
        let more = "for more information about a command.";
        text += &format!("\nUse \"{path} [command] --help\" {more}\n");
    }
    text
}

/// What stands of a flag in the two columns.
fn row(flag: &Flag) -> (String, String) {
    let kind = match flag.kind {
        Kind::Text => " string",
        Kind::Switch => "",
        Kind::Whole => " uint",
        Kind::Signed => " int",
        Kind::Span => " duration",
    };
    let letter = flag.letter.map_or("    ".to_owned(), |letter| format!("-{letter}, "));
    let usual = match (flag.kind, flag.usual) {
        (_, "" | "0" | "false") => String::new(),
        (Kind::Text, usual) => format!(" (default {usual:?})"),
        (Kind::Switch | Kind::Whole | Kind::Signed | Kind::Span, usual) => {
            format!(" (default {usual})")
        }
    };
    (format!("  {letter}--{}{kind}", flag.name), format!("{}{usual}", flag.about))
}

/// Two columns, in the order of the flags' names.
fn columns(mut rows: Vec<(String, String)>) -> String {
    rows.sort_by(|(one, _), (other, _)| one[6..].cmp(&other[6..]));
    let width = rows.iter().map(|(flag, _)| flag.len()).max().unwrap_or(0);
    rows.iter().map(|(flag, about)| format!("{flag:width$}   {about}\n")).collect()
}
