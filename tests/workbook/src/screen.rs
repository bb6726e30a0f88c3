//! The terminal: how wide, whether in colour, and how to write to it without ever failing.
//!
//! Owns standard output and standard error for the whole command. What a person reads goes through
//! [`say`]; an error goes through [`complain`]; a line that is overwritten goes through
//! [`Passing`].
//!
//! Invariants: colour and cursor control are sent to a terminal only, colour never where `NO_COLOR`
//! is set; once the reader has closed the pipe nothing more is written, and nothing panics.

use crate::Error;
use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

/// The reader of standard output is gone.
static CLOSED: AtomicBool = AtomicBool::new(false);

/// What standard output can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Columns, from 60 to 100; 80 where there is no terminal.
    pub width: usize,
    /// Colours may be used.
    pub color: bool,
    /// It is a terminal: lines may be overwritten.
    pub terminal: bool,
}

/// The narrowest screen that layouts are made for.
pub const NARROWEST: usize = 60;
/// Beyond this, lines get hard to read.
pub const WIDEST: usize = 100;

impl Look {
    /// Standard output, as it is now.
    pub fn now() -> Look {
        let terminal = std::io::stdout().is_terminal();
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        let asked = std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok());
        let measured = || {
            let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok()?;
            (terminal && size.ws_col > 0).then_some(usize::from(size.ws_col))
        };
        let width = asked.or_else(measured).unwrap_or(80).clamp(NARROWEST, WIDEST);
        Look { width, color: terminal && !plain, terminal }
    }

    /// Without a terminal, at a given width.
    pub fn plain(width: usize) -> Look {
        Look { width, color: false, terminal: false }
    }

    /// The text in a style, if there are colours.
    pub fn paint(&self, style: Style, text: &str) -> String {
        if self.color && !text.is_empty() {
            format!("\x1b[{}m{text}\x1b[0m", style.code())
        } else {
            text.to_owned()
        }
    }
}

/// How many lines the terminal has; 24 if it does not say.
pub fn rows() -> usize {
    let size = rustix::termios::tcgetwinsize(std::io::stdout());
    size.ok().filter(|size| size.ws_row > 0).map_or(24, |size| usize::from(size.ws_row))
}

/// What a piece of text is, which decides its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// A heading.
    Strong,
    /// Right.
    Good,
    /// Wrong.
    Bad,
    /// Something to type.
    Command,
    /// Less important.
    Faint,
}

impl Style {
    fn code(self) -> &'static str {
        match self {
            Style::Strong => "1",
            Style::Good => "32",
            Style::Bad => "31",
            Style::Command => "36",
            Style::Faint => "2",
        }
    }
}

/// Writes text to standard output as it is; add your own line ends.
pub fn say(text: &str) {
    if closed() {
        return;
    }
    let mut out = std::io::stdout().lock();
    if out.write_all(text.as_bytes()).and_then(|()| out.flush()).is_err() {
        CLOSED.store(true, Ordering::Relaxed);
    }
}

/// Nobody reads standard output any more.
pub fn closed() -> bool {
    CLOSED.load(Ordering::Relaxed)
}

/// Writes an error and its next step to standard error; on a terminal, in lines that fit.
pub fn complain(error: &Error) {
    let stdout = Look::now();
    let terminal = std::io::stderr().is_terminal();
    let look = Look { color: terminal && stdout.color, ..stdout };
    let mut text = String::new();
    let mut part = |label: &str, style: Style, indent: usize, words: &str| {
        let width = if terminal { look.width } else { usize::MAX };
        let lines = wrap(&format!("{label} {words}"), width.saturating_sub(indent));
        for (number, line) in lines.iter().enumerate() {
            let painted = match line.strip_prefix(label).filter(|_| number == 0) {
                Some(rest) => format!("{}{rest}", look.paint(style, label)),
                None => line.clone(),
            };
            text.push_str(&format!("{:indent$}{painted}\n", ""));
        }
    };
    part("error:", Style::Bad, 0, &error.message);
    if !error.next.is_empty() {
        part("next:", Style::Strong, 2, &error.next);
    }
    remark(&text);
}

/// Writes text to standard error; if nobody reads that, so be it.
pub fn remark(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

/// The width of a text on the screen, colours aside.
pub fn width_of(text: &str) -> usize {
    let mut width = 0;
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter == '\x1b' {
            letters.by_ref().find(|inner| inner.is_ascii_alphabetic());
        } else {
            width += 1;
        }
    }
    width
}

/// A text in lines of at most `width` columns, broken at spaces.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let indent: String = paragraph.chars().take_while(|letter| *letter == ' ').collect();
        let mut line = indent.clone();
        for word in paragraph.split_whitespace() {
            let used = width_of(&line);
            if used > indent.len() && used + 1 + width_of(word) > width {
                lines.push(std::mem::replace(&mut line, indent.clone()));
            }
            if width_of(&line) > indent.len() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line.trim_end().to_owned());
    }
    lines
}

/// [`wrap`], with every line moved to the right.
pub fn paragraph(text: &str, indent: usize, width: usize) -> String {
    let mut result = String::new();
    for line in wrap(text, width.saturating_sub(indent)) {
        if line.is_empty() {
            result.push('\n');
        } else {
            result.push_str(&format!("{:indent$}{line}\n", ""));
        }
    }
    result
}

/// At most `width` columns of a text; what is left out becomes an ellipsis.
pub fn clip(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(width.saturating_sub(1)).collect();
    cut.push('…');
    cut
}

/// What a program printed, without the characters that would move a terminal's cursor.
pub fn harmless(text: &str) -> String {
    text.chars()
        .filter(|letter| !letter.is_control() || *letter == '\n' || *letter == '\t')
        .collect::<String>()
        .replace('\t', "    ")
}

/// One line on a terminal that says what is going on, gone when it is over.
#[derive(Debug)]
pub struct Passing {
    shown: bool,
    active: bool,
}

impl Passing {
    /// Nothing is shown yet; on anything but a terminal nothing will be.
    pub fn new(look: Look) -> Passing {
        Passing { shown: false, active: look.terminal }
    }

    /// Replaces the line.
    pub fn show(&mut self, text: &str) {
        if self.active {
            let width = Look::now().width.saturating_sub(1);
            say(&format!("\r\x1b[2K{}", clip(text, width)));
            self.shown = true;
        }
    }

    /// Takes the line away.
    pub fn clear(&mut self) {
        if self.shown {
            say("\r\x1b[2K");
            self.shown = false;
        }
    }
}

impl Drop for Passing {
    fn drop(&mut self) {
        self.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_wrapped_at_spaces() {
        assert_eq!(wrap("one two three four", 9), ["one two", "three", "four"]);
        assert_eq!(wrap("  one two three", 9), ["  one two", "  three"]);
        assert_eq!(wrap("unbreakable words", 4), ["unbreakable", "words"]);
        assert_eq!(wrap("a\n\nb", 4), ["a", "", "b"]);
    }

    #[test]
    fn colours_have_no_width() {
        let look = Look { width: 80, color: true, terminal: true };
        assert_eq!(width_of(&look.paint(Style::Bad, "wrong")), 5);
        assert_eq!(Look::plain(80).paint(Style::Bad, "wrong"), "wrong");
    }

    #[test]
    fn a_program_cannot_move_the_cursor() {
        assert_eq!(harmless("a\x1b[2Jb\r\nc\td"), "a[2Jb\nc    d");
    }
}
