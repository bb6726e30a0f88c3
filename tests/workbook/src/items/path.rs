//! What a person writes to name an item, and whether an item fits it.
//!
//! Owns the grammar of paths and the order of fits. It reads no files.

use super::{Item, Kind, Owner};
use crate::Error;

/// A path, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    /// The crate, as Rust spells it.
    pub(super) package: String,
    /// There is nothing but the crate.
    is_crate: bool,
    /// What stands between the crate and the last part.
    before: Vec<Part>,
    last: Part,
}

#[derive(Debug, PartialEq, Eq)]
enum Part {
    Name(String),
    /// `<Type as Trait>`, or `<Type>`, without spaces.
    Block(String, Option<String>),
}

/// How well an item fits; a better one wins over all lesser ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fit {
    outside_tests: bool,
    all_modules: bool,
}

impl Wanted {
    pub(super) fn parse(path: &str) -> Result<Wanted, Error> {
        let wrong = |why: &str| {
            Error::new(
                format!("`{path}` is not the path of an item: {why}"),
                "write crate::Type::method, crate::function or crate::<Type as Trait>::method",
            )
        };
        let mut parts = Vec::new();
        for text in split(path).ok_or_else(|| wrong("its angle brackets do not match"))? {
            parts.push(Part::parse(text).ok_or_else(|| wrong("a part of it is empty"))?);
        }
        let last = parts.pop().ok_or_else(|| wrong("it is empty"))?;
        if parts.is_empty() {
            return match last {
                Part::Name(name) => Ok(Wanted {
                    package: name.clone(),
                    is_crate: true,
                    before: Vec::new(),
                    last: Part::Name(name),
                }),
                Part::Block(..) => Err(wrong("it does not begin with a crate")),
            };
        }
        match parts.remove(0) {
            Part::Name(package) => Ok(Wanted { package, is_crate: false, before: parts, last }),
            Part::Block(..) => Err(wrong("it does not begin with a crate")),
        }
    }

    /// The name that is looked for.
    pub(super) fn last(&self) -> &str {
        match &self.last {
            Part::Name(name) | Part::Block(name, _) => name,
        }
    }

    pub(super) fn fits(&self, item: &Item) -> Option<Fit> {
        let before = match (&self.last, item.kind) {
            (_, Kind::Declaration) => return None,
            (_, kind) if self.is_crate != (kind == Kind::Crate) => return None,
            (Part::Name(_), Kind::Impl) => return None,
            (Part::Name(name), _) if *name != item.name => return None,
            (Part::Name(_), _) => self.before_owner(item.owner.as_ref())?,
            (block, Kind::Impl) if block.is_owner(item.owner.as_ref()?) => &self.before[..],
            (Part::Block(..), _) => return None,
        };
        let mut modules = item.modules.iter();
        for part in before {
            let Part::Name(wanted) = part else { return None };
            modules.find(|module| *module == wanted)?;
        }
        Some(Fit { outside_tests: !item.in_tests, all_modules: before.len() == item.modules.len() })
    }

    /// The parts that must be modules, if the part that must be the owner fits.
    fn before_owner(&self, owner: Option<&Owner>) -> Option<&[Part]> {
        let Some(owner) = owner else { return Some(&self.before) };
        let (part, modules) = self.before.split_last()?;
        part.is_owner(owner).then_some(modules)
    }
}

impl Part {
    fn parse(text: &str) -> Option<Part> {
        let inner = text.strip_prefix('<').and_then(|rest| rest.strip_suffix('>'));
        let part = match inner {
            None => Part::Name(compact(text)),
            Some(inner) => match inner.split_once(" as ") {
                None => Part::Block(compact(inner), None),
                Some((of, name)) => Part::Block(compact(of), Some(compact(name))),
            },
        };
        match &part {
            Part::Name(name) | Part::Block(name, _) if name.is_empty() => None,
            Part::Block(_, Some(name)) if name.is_empty() => None,
            Part::Name(_) | Part::Block(..) => Some(part),
        }
    }

    fn is_owner(&self, owner: &Owner) -> bool {
        match (self, owner) {
            (Part::Name(name), Owner::Inherent(of) | Owner::Trait(of, _)) => of.is(name),
            (Part::Name(name), Owner::Definition(of)) => name == of,
            (Part::Block(name, None), Owner::Inherent(of)) => of.is(name),
            (Part::Block(name, Some(wanted)), Owner::Trait(of, implemented)) => {
                of.is(name) && implemented.is(wanted)
            }
            (Part::Block(..), _) => false,
        }
    }
}

/// The parts between `::`, except inside angle brackets; nothing if these do not match.
fn split(path: &str) -> Option<Vec<&str>> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0_usize, 0);
    let bytes = path.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'<' => depth += 1,
            b'>' => depth = depth.checked_sub(1)?,
            b':' if depth == 0 && bytes.get(at + 1) == Some(&b':') => {
                parts.push(path[start..at].trim());
                at += 1;
                start = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    parts.push(path[start..].trim());
    (depth == 0).then_some(parts)
}

/// The text without white space.
pub(super) fn compact(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_whitespace()).collect()
}

/// How many letters one must add, drop or change to make one name of the other.
pub(super) fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, letter) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, theirs) in other.iter().enumerate() {
            let change = diagonal + usize::from(letter != *theirs);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}
