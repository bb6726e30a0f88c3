//! The command line, read as etcd's `etcdutl` reads it.
//!
//! Owns [`read`]: which command it is, its flags and its words. Flags may stand anywhere, a name
//! may be cut short as long as it is clear, and a word that is nearly a command is answered with
//! that one.
//!
//! Left to others: which commands there are (`table`), and what the words mean to one.

use crate::config::values::{Bad, Span, signed, switch, whole};
use crate::utility::failure::Failure;
use crate::utility::table::{Command, Flag, Kind, Name, PROGRAM, ROOT};
use crate::utility::usage::usage;
use std::collections::BTreeMap;
use std::time::Duration;

/// What is wanted.
#[derive(Debug)]
pub enum Wish {
    /// To know how a command is used.
    Help(&'static Command),
    /// That one is carried out.
    Run(Given),
}

/// A command, and what it was given.
#[derive(Debug)]
pub struct Given {
    /// The command.
    pub command: &'static Command,
    /// What is no flag.
    pub words: Vec<String>,
    /// Flags, each with a value that it can have.
    flags: BTreeMap<&'static str, String>,
    wants_help: bool,
}

impl Given {
    /// A flag's text; nothing if the command has no such flag.
    pub fn text(&self, name: &str) -> &str {
        let usual = || self.command.all_flags().find(|flag| flag.name == name);
        let given = self.flags.get(name).map(String::as_str);
        given.or_else(|| usual().map(|flag| flag.usual)).unwrap_or("")
    }

    /// Is a switch on?
    pub fn is(&self, name: &str) -> bool {
        switch(self.text(name)).unwrap_or(false)
    }

    /// A number that is not negative.
    pub fn whole(&self, name: &str) -> u64 {
        whole(self.text(name)).unwrap_or(0)
    }

    /// A number.
    pub fn signed(&self, name: &str) -> i64 {
        signed(self.text(name)).unwrap_or(0)
    }

    /// A span of time.
    pub fn span(&self, name: &str) -> Duration {
        Span::parse(self.text(name)).map_or(Duration::ZERO, Span::duration)
    }

    /// The word, if there is exactly one.
    pub fn only_word(&self) -> Option<&str> {
        match &self.words[..] {
            [word] => Some(word),
            [] | [_, _, ..] => None,
        }
    }
}

/// Reads the words behind the program's name.
pub fn read(words: &[String]) -> Result<Wish, Failure> {
    let (command, words) = find(words.iter().map(String::as_str).collect());
    if command.name == Name::Root
        && let Some(at) = first_word(command, &words)
    {
        return Err(unknown(command, words[at]));
    }
    let failed = |why: String| Failure::usage(&why, &usage(command, true));
    let given = flags(command, &words).map_err(failed)?;
    if given.wants_help || command.takes.is_empty() {
        return Ok(Wish::Help(command));
    }
    if command.name == Name::Help {
        return help(&given.words);
    }
    if let Some(count) = command.exactly.filter(|count| *count != given.words.len()) {
        let why = format!("accepts {count} arg(s), received {}", given.words.len());
        return Err(failed(why));
    }
    let required = command.flags.iter().filter(|flag| flag.required);
    let missing = required.filter(|flag| !given.flags.contains_key(flag.name));
    let missing: Vec<String> = missing.map(|flag| format!("{:?}", flag.name)).collect();
    match missing.is_empty() {
        true => Ok(Wish::Run(given)),
        false => Err(failed(format!("required flag(s) {} not set", missing.join(", ")))),
    }
}

/// The command that the words name, and all words but its names.
fn find(mut words: Vec<&str>) -> (&'static Command, Vec<&str>) {
    let mut command = &ROOT;
    while let Some(at) = first_word(command, &words)
        && let Some(inside) = command.within(words[at])
    {
        words.remove(at);
        command = inside;
    }
    (command, words)
}

/// Where the first word is that is neither a flag nor the value of one.
fn first_word(command: &Command, words: &[&str]) -> Option<usize> {
    let takes_next = |name: &str, by_letter: bool| {
        let is_meant = |flag: &&Flag| match by_letter {
            true => flag.letter.is_some_and(|letter| name.chars().eq([letter])),
            false => flag.name == name,
        };
        command.all_flags().find(is_meant).is_none_or(|flag| flag.kind != Kind::Switch)
    };
    let mut at = 0;
    while let Some(word) = words.get(at) {
        let is_flag = word.starts_with('-') && !word.contains('=');
        if *word == "--" {
            return None;
        } else if is_flag
            && match word.strip_prefix("--") {
                Some(name) => takes_next(name, false),
                None => word.len() == 2 && takes_next(&word[1..], true),
            }
        {
            if words.len() - at <= 2 {
                return None;
            }
            at += 1;
        } else if !word.is_empty() && !word.starts_with('-') {
            return Some(at);
        }
        at += 1;
    }
    None
}

/// All flags, with their values, and all other words.
fn flags(command: &'static Command, words: &[&str]) -> Result<Given, String> {
    let (flags, wants_help) = (BTreeMap::new(), false);
    let mut given = Given { command, words: Vec::new(), flags, wants_help };
    let mut rest = words.iter().copied();
    while let Some(word) = rest.next() {
        if word == "--" {
            given.words.extend(rest.map(str::to_owned));
            break;
        }
        match word.strip_prefix("--") {
            Some(flag) => given.take_long(word, flag, &mut rest)?,
            None if word.len() > 1 && word.starts_with('-') => {
                given.take_letters(&word[1..], &mut rest)?;
            }
            None => given.words.push(word.to_owned()),
        }
    }
    Ok(given)
}

/// The flag that every command has.
const HELP: Flag = Flag {
    name: "help",
    letter: Some('h'),
    kind: Kind::Switch,
    usual: "false",
    about: "",
    required: false,
};

impl Given {
    /// `--flag`, `--flag=value` or `--flag value`.
    fn take_long<'a>(
        &mut self,
        word: &str,
        flag: &'a str,
        rest: &mut impl Iterator<Item = &'a str>,
    ) -> Result<(), String> {
        if flag.is_empty() || flag.starts_with(['-', '=']) {
            return Err(format!("bad flag syntax: {word}"));
        }
        let (name, value) =
            flag.split_once('=').map_or((flag, None), |(name, value)| (name, Some(value)));
        let found = self.command.all_flags().chain([&HELP]).find(|flag| flag.name == name);
        let flag: &'static Flag = found.ok_or_else(|| format!("unknown flag: --{name}"))?;
        let value = match flag.kind {
            Kind::Switch => Some(value.unwrap_or("true")),
            Kind::Text | Kind::Whole | Kind::Signed | Kind::Span => value.or_else(|| rest.next()),
        };
        let value = value.ok_or_else(|| format!("flag needs an argument: --{name}"))?;
        self.set(flag, value)
    }

    /// `-f`, `-fg`, `-f=value`, `-fvalue` or `-f value`.
    fn take_letters<'a>(
        &mut self,
        word: &'a str,
        rest: &mut impl Iterator<Item = &'a str>,
    ) -> Result<(), String> {
        let mut letters = word;
        while let Some(letter) = letters.chars().next() {
            let all = letters;
            letters = &letters[letter.len_utf8()..];
            let mut flags = self.command.all_flags().chain([&HELP]);
            let found = flags.find(|flag| flag.letter == Some(letter));
            let flag: &'static Flag =
                found.ok_or_else(|| format!("unknown shorthand flag: {letter:?} in -{all}"))?;
            let value = match letters.strip_prefix('=') {
                Some(value) if !value.is_empty() => std::mem::take(&mut letters).get(1..),
                Some(_) | None if flag.kind == Kind::Switch => Some("true"),
                Some(_) | None if !letters.is_empty() => Some(std::mem::take(&mut letters)),
                Some(_) | None => rest.next(),
            };
            let missing = || format!("flag needs an argument: {letter:?} in -{all}");
            self.set(flag, value.ok_or_else(missing)?)?;
        }
        Ok(())
    }

    /// A flag has a value from now on, if it can have it.
    fn set(&mut self, flag: &'static Flag, value: &str) -> Result<(), String> {
        let why = |function: &str, bad: Bad| {
            let why = if bad == Bad::Range { bad.to_string() } else { "invalid syntax".to_owned() };
            format!("strconv.{function}: parsing {value:?}: {why}")
        };
        let checked = match flag.kind {
            Kind::Text => Ok(()),
            Kind::Switch => switch(value).map(drop).map_err(|bad| why("ParseBool", bad)),
            Kind::Whole => whole(value).map(drop).map_err(|bad| why("ParseUint", bad)),
            Kind::Signed => signed(value).map(drop).map_err(|bad| why("ParseInt", bad)),
            Kind::Span => Span::parse(value).map(drop).map_err(|bad| bad.to_string()),
        };
        checked.map_err(|why| {
            format!("invalid argument {value:?} for {:?} flag: {why}", flag.called())
        })?;
        if flag.name == HELP.name {
            self.wants_help = switch(value).unwrap_or(false);
        }
        self.flags.insert(flag.name, value.to_owned());
        Ok(())
    }
}

/// How the command is used that these words name.
fn help(words: &[String]) -> Result<Wish, Failure> {
    let (command, rest) = find(words.iter().map(String::as_str).collect());
    if command.name != Name::Root || first_word(command, &rest).is_none() {
        return Ok(Wish::Help(command));
    }
    let topic = words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(" ");
    let text = format!("Unknown help topic [{topic}]\n{}", usage(&ROOT, false));
    Err(Failure { text, code: 0 })
}

/// A word that is no command.
fn unknown(command: &Command, word: &str) -> Failure {
    let mut why = format!("unknown command {word:?} for {PROGRAM:?}");
    let is_near = |command: &&&Command| {
        let (name, word) = (command.word(), word.to_lowercase());
        name.starts_with(&word) || distance(name, &word) <= 2
    };
    let commands = command.inside.iter().filter(|command| command.name != Name::Help);
    let near: Vec<&str> = commands.filter(is_near).map(|command| command.word()).collect();
    if !near.is_empty() {
        why += "\n\nDid you mean this?\n";
        near.iter().for_each(|name| why += &format!("\t{name}\n"));
    }
    let help = format!("Run '{PROGRAM} --help' for usage.");
    Failure { text: format!("Error: {why}\n{help}\nError: {why}\n"), code: 1 }
}

/// How many letters have to be put, taken or changed to make one word of the other.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, letter) in one.chars().enumerate() {
        let mut before = std::mem::replace(&mut row[0], at + 1);
        for (to, wanted) in other.iter().enumerate() {
            let changed = before + usize::from(letter != *wanted);
            before = row[to + 1];
            row[to + 1] = changed.min(before + 1).min(row[to] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::distance;

    #[test]
    fn a_distance_counts_letters() {
        for (one, other, wanted) in
            [("defrag", "defragg", 1), ("version", "verzion", 1), ("", "abc", 3), ("ab", "ba", 2)]
        {
            assert_eq!(distance(one, other), wanted, "{one} {other}");
            assert_eq!(distance(other, one), wanted, "{other} {one}");
        }
    }
}
