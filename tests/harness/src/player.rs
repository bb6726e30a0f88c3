//! A recorded run as something to step through in a browser.
//!
//! Owns the *player*: a space-time diagram with the state of every node beside it. [`page`] is one
//! file that needs nothing else, for `play` and `replay`; [`fragment`] is the same as a part of a
//! page that has [`style`] and [`script`], for the book. The browser's half is in `player/`: what a
//! trace means (`model.js`), what it looks like (`paint.js`, `diagram.js`), the words beside it
//! (`panel.js`, `help.js`), and what moves it (`player.js`).
//!
//! Invariants: nothing in a trace can end the element that it is embedded in, whatever a learner
//! prints; a page asks for nothing outside itself, and says so in its policy; a trace that is in a
//! page can be read back from it.
//!
//! Left to others: where the page is written, and the opening of a browser.

use crate::draw;
use crate::report::{Event, Trace};
use std::fmt::Write;

const PAGE: &str = include_str!("player/page.html");

/// The columns of the still picture, for paper and for browsers without scripts.
const STILL: usize = 90;
/// How many steps it shows at most, the last ones.
const ROWS: usize = 100;

/// A page of its own that plays the run: one file, to be opened from a disk.
pub fn page(trace: &Trace) -> String {
    let title = [&trace.title, &trace.test].into_iter().find(|name| !name.is_empty());
    let title = title.map_or("A recorded run", String::as_str);
    let player = block(trace, "run", " data-page");
    let parts = [
        ("{title}", escaped(title)),
        ("{page.css}", include_str!("player/page.css").to_owned()),
        ("{style}", style().to_owned()),
        ("{fragment}", player),
        ("{script}", script().to_owned()),
        ("{page.js}", include_str!("player/page.js").to_owned()),
    ];
    filled(PAGE, &parts)
}

/// The player as a part of a page; `id` is that of its element. The page carries [`style`] and
/// [`script`], each once, and sets the variables of the book's theme.
pub fn fragment(trace: &Trace, id: &str) -> String {
    block(trace, id, "")
}

/// What every player of a page looks like, to be included once.
pub fn style() -> &'static str {
    include_str!("player/player.css")
}

/// What brings every player of a page to life, to be included once, as a plain script.
pub fn script() -> &'static str {
    concat!(
        include_str!("player/model.js"),
        include_str!("player/paint.js"),
        include_str!("player/diagram.js"),
        include_str!("player/panel.js"),
        include_str!("player/help.js"),
        include_str!("player/player.js"),
    )
}

fn block(trace: &Trace, id: &str, attribute: &str) -> String {
    let id = escaped(id);
    let still = if is_sound(trace) { draw::whole(trace, STILL, ROWS) } else { String::new() };
    format!(
        "<div class=\"player\" id=\"{id}\"{attribute}>\n\
         <script type=\"application/json\" class=\"player-trace\">{}</script>\n\
         <details class=\"player-as-text\"><summary>The run as text</summary>\n\
         <pre class=\"player-still-picture\" tabindex=\"0\">{}</pre></details>\n</div>",
        embedded(trace),
        escaped(&still)
    )
}

/// The trace as JSON that contains no character with a meaning in HTML. Those that have one occur
/// in JSON only inside of strings, where an escape says the same.
fn embedded(trace: &Trace) -> String {
    let json = serde_json::to_string(trace).expect("a trace is strings, numbers and lists");
    let mut safe = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                let _ = write!(safe, "\\u{:04x}", u32::from(character));
            }
            other => safe.push(other),
        }
    }
    safe
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '\0' => safe.push('\u{fffd}'),
            other => safe.push(other),
        }
    }
    safe
}

/// The template with its places filled, from left to right: what was filled in is not looked at.
fn filled(template: &str, parts: &[(&str, String)]) -> String {
    let mut text = String::new();
    let mut rest = template;
    for (place, part) in parts {
        let (before, after) = rest.split_once(place).expect("the template has all places in order");
        text.push_str(before);
        text.push_str(part);
        rest = after;
    }
    text.push_str(rest);
    text
}

/// Does every number of the trace point to something? A file may say anything; a still picture is
/// drawn only of what holds together. (The script says what is wrong with the rest.)
fn is_sound(trace: &Trace) -> bool {
    let known = |node: usize| node < trace.nodes.len();
    let sound = trace.steps.iter().all(|step| {
        let passes = match &step.event {
            Event::Deliver { from, .. } | Event::Lose { from, .. } => {
                known(*from) && step.node.is_some_and(|node| node != *from)
            }
            Event::Cut { links } => links.iter().all(|(from, to)| known(*from) && known(*to)),
            Event::Start
            | Event::Tick { .. }
            | Event::Timeout
            | Event::Sync
            | Event::Work
            | Event::Crash
            | Event::Restart
            | Event::Pause
            | Event::Resume
            | Event::Wipe
            | Event::Command { .. }
            | Event::Heal => true,
            Event::Calm { dead } => dead.iter().all(|node| known(*node)),
        };
        passes && step.node.is_none_or(known) && step.sends.iter().all(|sent| known(sent.to))
    });
    sound && trace.broken.as_ref().is_none_or(|broken| broken.step < trace.steps.len())
}
