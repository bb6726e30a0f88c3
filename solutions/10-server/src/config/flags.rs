//! The flags: what each is called, takes and sets.
//!
//! Owns [`Flag`] and what is done with one. The same table is read for the command line, the
//! environment, the file and the help, so that none of them knows a flag that another does not.
//!
//! Left to others: the table itself (`table`), and the order in which flags are read (`reading`).

use crate::config::State;
use crate::config::gates::Gates;
use crate::config::settings::Settings;
use crate::config::table::TABLE;
use crate::config::urls::Url;
use crate::config::values::{Bad, Span, signed, switch, whole};
use std::path::PathBuf;

/// A flag.
pub struct Flag {
    /// Without the hyphens before it.
    pub name: &'static str,
    /// What it takes, and where that goes.
    pub kind: Kind,
    /// What it is for; nothing for those that are there for the sake of old command lines.
    pub about: &'static str,
}

/// Where in the settings a value goes.
pub type Place<T> = fn(&mut Settings) -> &mut T;

/// What a flag takes.
#[derive(Clone, Copy)]
pub enum Kind {
    /// Any text.
    Text(Place<String>),
    /// A file; none if the text is empty.
    Path(Place<Option<PathBuf>>),
    /// Yes or no. The flag alone says yes.
    Switch(Place<bool>),
    /// A number that is not negative.
    Whole(Width, Place<u64>),
    /// A number.
    Signed(Width, Place<i64>),
    /// A span of time.
    Span(Place<Span>),
    /// Addresses.
    Urls(Place<Vec<Url>>),
    /// Where pages come from whose scripts may ask: addresses, or a star for everywhere.
    Origins(Place<Vec<String>>),
    /// A list; in a file it is one, too.
    List(Place<Vec<String>>),
    /// A list; in a file it is one text.
    Joined(Place<Vec<String>>),
    /// Is the cluster new?
    State(Place<State>),
    /// Feature gates.
    Gates(Place<Gates>),
    /// It is read, and means nothing here.
    Unused(Unused),
}

/// How many bits a number has. The file's errors say so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// As many as the machine's words.
    Word,
    /// 32.
    Bits32,
    /// 64.
    Bits64,
}

/// What a flag takes that means nothing here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unused {
    /// Any text.
    Text,
    /// Yes or no.
    Switch,
    /// A number that is not negative.
    Whole,
    /// A number.
    Signed,
    /// A span of time.
    Span,
    /// One of these.
    OneOf(&'static [&'static str]),
    /// Nothing, or anything after a `=`.
    Old,
}

impl Flag {
    /// The flag of this name.
    pub fn of(name: &str) -> Option<&'static Flag> {
        flags().find(|flag| flag.name == name)
    }

    /// How it is called in the environment.
    pub fn variable(&self) -> String {
        format!("ETCD_{}", self.name.to_ascii_uppercase().replace('-', "_"))
    }

    /// May it stand alone?
    pub fn is_switch(&self) -> bool {
        matches!(self.kind, Kind::Switch(_) | Kind::Unused(Unused::Switch | Unused::Old))
    }

    /// Does it mean nothing here?
    pub fn is_unused(&self) -> bool {
        matches!(self.kind, Kind::Unused(_))
    }

    /// Sets it to what this text says.
    pub fn set(&self, settings: &mut Settings, text: &str) -> Result<(), Bad> {
        match self.kind {
            Kind::Text(place) => text.clone_into(place(settings)),
            Kind::Path(place) => {
                *place(settings) = Some(PathBuf::from(text)).filter(|_| !text.is_empty());
            }
            Kind::Switch(place) => *place(settings) = switch(text)?,
            Kind::Whole(width, place) => *place(settings) = whole_of(width, text)?,
            Kind::Signed(_, place) => *place(settings) = signed(text)?,
            Kind::Span(place) => {
                *place(settings) = Span::parse(text).map_err(|_| Bad::Parse)?;
            }
            // An empty list leaves things as they are.
            Kind::Urls(_) if text.is_empty() => {}
            Kind::Urls(place) => *place(settings) = Url::list(text)?,
            Kind::Origins(place) => *place(settings) = origins(text)?,
            Kind::List(place) | Kind::Joined(place) => *place(settings) = list(text),
            Kind::State(place) => *place(settings) = State::of(text).ok_or(Bad::Value)?,
            Kind::Gates(place) => *place(settings) = Gates::parse(text)?,
            Kind::Unused(unused) => unused.check(text)?,
        }
        Ok(())
    }

    /// What it is set to.
    pub fn shown(&self, settings: &mut Settings) -> String {
        let texts = |urls: &[Url]| urls.iter().map(Url::text).collect::<Vec<_>>().join(",");
        match self.kind {
            Kind::Text(place) => place(settings).clone(),
            Kind::Path(place) => match place(settings) {
                Some(path) => path.display().to_string(),
                None => String::new(),
            },
            Kind::Switch(place) => place(settings).to_string(),
            Kind::Whole(_, place) => place(settings).to_string(),
            Kind::Signed(_, place) => place(settings).to_string(),
            Kind::Span(place) => place(settings).to_string(),
            Kind::Urls(place) => texts(place(settings)),
            Kind::Origins(place) | Kind::List(place) | Kind::Joined(place) => {
                place(settings).join(",")
            }
            Kind::State(place) => place(settings).name().to_owned(),
            Kind::Gates(place) => place(settings).to_string(),
            Kind::Unused(_) => String::new(),
        }
    }
}

impl Unused {
    fn check(self, text: &str) -> Result<(), Bad> {
        match self {
            Unused::Text | Unused::Old => Ok(()),
            Unused::Switch => switch(text).map(|_| ()),
            Unused::Whole => whole(text).map(|_| ()),
            Unused::Signed => signed(text).map(|_| ()),
            Unused::Span => Span::parse(text).map(|_| ()).map_err(|_| Bad::Parse),
            Unused::OneOf(texts) if texts.contains(&text) => Ok(()),
            Unused::OneOf(_) => Err(Bad::Named(text.to_owned())),
        }
    }
}

/// Every flag.
pub fn flags() -> impl Iterator<Item = &'static Flag> {
    TABLE.iter().flat_map(|(_, flags)| flags.iter())
}

fn whole_of(width: Width, text: &str) -> Result<u64, Bad> {
    match width {
        Width::Word | Width::Bits64 => whole(text),
        Width::Bits32 => {
            let is_number = !text.is_empty() && text.chars().all(|digit| digit.is_ascii_digit());
            let number = text.parse::<u32>().map(u64::from);
            number.map_err(|_| match is_number {
                true => Bad::Wide(text.to_owned()),
                false => Bad::Syntax(text.to_owned()),
            })
        }
    }
}

/// The parts between commas.
fn list(text: &str) -> Vec<String> {
    text.split(',').map(str::to_owned).collect()
}

fn origins(text: &str) -> Result<Vec<String>, Bad> {
    if text == "*" {
        return Ok(vec!["*".to_owned()]);
    }
    Ok(Url::list(text)?.iter().map(Url::to_string).collect())
}
