//! A trace as a space-time diagram for the terminal.
//!
//! Owns the drawing: one lifeline a node, time downwards, an arrow where a message arrives. A long
//! run is cut to the steps that changed something, the last of them before the end. Where the nodes
//! do not fit side by side, the steps become a list. A message that waits for the disk is no arrow:
//! it stands beside its node's line until a sync lets it go.
//!
//! It reads a [`Trace`] and nothing else; whoever prints the text decides about colour and width.

use crate::report::{Event, Sent, Step, Trace};
use std::fmt::Write;

/// Where the first lifeline stands; the tick is left of it.
const MARGIN: usize = 9;
/// With less room than this for a node, the steps become a list.
const NARROWEST: usize = 13;
/// With more room than this for a node, arrows get long and nothing is clearer.
const WIDEST: usize = 24;
/// How many steps are drawn before the end.
const ROWS: usize = 16;

const RED: &str = "\x1b[31m";
const PLAIN: &str = "\x1b[0m";

/// The end of a trace, or its broken step, and what led to it, under the weather of its seed.
pub fn terminal(trace: &Trace, width: usize, color: bool) -> String {
    let end = trace.broken.as_ref().map_or(trace.steps.len(), |broken| broken.step + 1);
    let weather = trace.weather.as_ref().map(|words| format!("{words}\n")).unwrap_or_default();
    weather + &until(trace, end.min(trace.steps.len()), width, color)
}

/// The whole run, for a page that has room: up to so many of its telling steps.
pub fn whole(trace: &Trace, width: usize, steps: usize) -> String {
    drawn(trace, trace.steps.len(), width, false, steps)
}

/// The last steps before step `end`, which is not drawn itself.
pub fn until(trace: &Trace, end: usize, width: usize, color: bool) -> String {
    drawn(trace, end, width, color, ROWS)
}

fn drawn(trace: &Trace, end: usize, width: usize, color: bool, most: usize) -> String {
    let telling = telling(trace, end);
    let left_out = telling.len().saturating_sub(most);
    let steps = &telling[left_out..];
    let mut canvas = Canvas::new(trace, width);
    let broken = trace.broken.as_ref().map(|broken| broken.step);
    let mut text = canvas.heading();
    if left_out > 0 {
        let steps = if left_out == 1 { "step is" } else { "steps are" };
        let _ = writeln!(text, "{:>7}  {left_out} earlier {steps} in the replay", "…");
    }
    for number in 0..end {
        let step = &trace.steps[number];
        canvas.follow(step);
        if !steps.contains(&number) {
            continue;
        }
        let is_broken = broken == Some(number);
        for row in canvas.rows(number, is_broken) {
            if is_broken && color {
                let _ = writeln!(text, "{RED}{row}{PLAIN}");
            } else {
                let _ = writeln!(text, "{row}");
            }
        }
    }
    text
}

/// Each node's state after the steps before `end`, a line each; what step `end - 1` changed is
/// marked.
pub fn states(trace: &Trace, end: usize) -> String {
    let mut text = String::new();
    for (node, name) in trace.nodes.iter().enumerate() {
        let seen = |upto: usize| trace.steps[..upto].iter().rev().find(|s| s.node == Some(node));
        let Some(step) = seen(end) else { continue };
        let is_last = std::ptr::eq(step, &trace.steps[end - 1]);
        let before = if is_last { seen(end - 1) } else { Some(step) };
        let before = before.map(|step| step.state.as_slice()).unwrap_or_default();
        let _ = write!(text, "  {name}");
        if step.state.is_empty() {
            text.push_str("  down");
        }
        for field in &step.state {
            let mark = if before.is_empty() || before.contains(field) { "" } else { "*" };
            let _ = write!(text, "  {} {}{mark}", field.0, field.1);
        }
        text.push('\n');
    }
    text
}

/// The steps before `end` that a reader would miss if they were left out.
fn telling(trace: &Trace, end: usize) -> Vec<usize> {
    let mut states: Vec<&[(String, String)]> = vec![&[]; trace.nodes.len()];
    let mut found = Vec::new();
    for (number, step) in trace.steps[..end].iter().enumerate() {
        let changed = match step.node {
            Some(node) => std::mem::replace(&mut states[node], &step.state) != step.state,
            None => true,
        };
        let is_start = step.event == Event::Start;
        let fault =
            matches!(step.event, Event::Crash | Event::Restart | Event::Cut { .. } | Event::Heal)
                || matches!(step.event, Event::Wipe | Event::Command { .. } | Event::Calm { .. });
        let gated = step.sends.iter().any(Sent::waits);
        let released = step.event == Event::Sync && !step.sends.is_empty();
        let said = !step.says.is_empty() || !step.printed.is_empty() || !step.answers.is_empty();
        let tells = changed || fault || gated || released || said;
        let is_end = trace.broken.as_ref().is_some_and(|broken| broken.step == number);
        if (tells || is_end) && !is_start {
            found.push(number);
        }
    }
    found
}

struct Canvas<'a> {
    trace: &'a Trace,
    /// Columns from one lifeline to the next; none if the steps become a list.
    spacing: Option<usize>,
    width: usize,
    up: Vec<bool>,
}

impl<'a> Canvas<'a> {
    fn new(trace: &'a Trace, width: usize) -> Canvas<'a> {
        let nodes = trace.nodes.len().max(1);
        let spacing = (width.saturating_sub(MARGIN) / nodes).min(WIDEST);
        let spacing = (spacing >= NARROWEST).then_some(spacing);
        Canvas { trace, spacing, width: width.max(20), up: vec![true; nodes] }
    }

    fn heading(&self) -> String {
        let Some(spacing) = self.spacing else {
            return String::new();
        };
        let mut row = format!("{:>6}   ", "tick");
        for name in &self.trace.nodes {
            let _ = write!(row, "{name:<spacing$}");
        }
        format!("{}\n", row.trim_end())
    }

    /// Keeps track of who is up.
    fn follow(&mut self, step: &Step) {
        let Some(node) = step.node else { return };
        match step.event {
            Event::Crash => self.up[node] = false,
            Event::Restart => self.up[node] = true,
            Event::Start
            | Event::Tick { .. }
            | Event::Timeout
            | Event::Deliver { .. }
            | Event::Lose { .. }
            | Event::Sync
            | Event::Work
            | Event::Pause
            | Event::Resume
            | Event::Cut { .. }
            | Event::Heal
            | Event::Calm { .. }
            | Event::Wipe
            | Event::Command { .. } => {}
        }
    }

    fn rows(&self, number: usize, broken: bool) -> Vec<String> {
        let step = &self.trace.steps[number];
        let (waits, lost) = (self.waits(step), self.lost(number));
        let mut rows = match self.spacing {
            Some(spacing) => self.diagram(step, &lost, spacing),
            None => vec![format!("{}{lost}", self.line(step))],
        };
        if let Some(node) = step.node {
            rows.extend(waits.iter().flat_map(|label| self.note(node, label)));
            let told = step.answers.iter();
            rows.extend(told.flat_map(|answer| self.told(node, answer)));
        }
        if broken && let Some(first) = rows.first_mut() {
            first.replace_range(0..1, "✗");
        }
        for line in step.printed.lines().take(4) {
            let name = step.node.map_or("", |node| &self.trace.nodes[node]);
            let line: String = line.chars().take(self.width.saturating_sub(MARGIN + 14)).collect();
            rows.push(format!("{:MARGIN$}{name} printed: {line}", ""));
        }
        rows
    }

    /// The kinds of messages that wait for the disk from this step on.
    fn waits<'s>(&self, step: &'s Step) -> Vec<&'s str> {
        let waits = step.sends.iter().filter(|sent| sent.waits());
        let mut labels: Vec<&str> = waits.map(|sent| sent.label.as_str()).collect();
        labels.dedup();
        labels
    }

    /// What a crash took with it, if step `number` is one.
    fn lost(&self, number: usize) -> String {
        let step = &self.trace.steps[number];
        let (Event::Crash, Some(node)) = (&step.event, step.node) else { return String::new() };
        let waiting = self.trace.waiting(node, number);
        let mut labels: Vec<&str> = waiting.iter().map(|sent| sent.label.as_str()).collect();
        labels.dedup();
        labels.iter().map(|label| format!(", {label} is lost")).collect()
    }

    /// A message that waits for the disk, on a row of its own.
    fn note(&self, node: usize, label: &str) -> Vec<String> {
        let long = format!("{label} waits for the disk");
        let Some(spacing) = self.spacing else {
            return vec![format!("{:>6}  {}  {long}", "", self.trace.nodes[node])];
        };
        let fits = long.chars().count() + 3 <= spacing;
        let text = if fits { long } else { format!("{label} waits") };
        self.beside(self.lifelines(spacing), node, &text, spacing)
    }

    /// What a client is told, on a row of its own.
    fn told(&self, node: usize, answer: &str) -> Vec<String> {
        let text = format!("told {answer}");
        match self.spacing {
            Some(spacing) => self.beside(self.lifelines(spacing), node, &text, spacing),
            None => vec![format!("{:>6}  {}  {text}", "", self.trace.nodes[node])],
        }
    }

    /// A step as a line of text, where there is no room for a picture.
    fn line(&self, step: &Step) -> String {
        let name = |node: usize| self.trace.nodes[node].as_str();
        let who = step.node.map_or("network", name);
        let what = match &step.event {
            Event::Deliver { from, label, .. } => format!("{} ─▶ {who}  {label}", name(*from)),
            Event::Lose { from, label, .. } => format!("{} ─✗ {who}  {label}", name(*from)),
            other => format!("{who}  {}", self.word(other)),
        };
        let says = if step.says.is_empty() { String::new() } else { format!(": {}", step.says) };
        format!("{:>6}  {what}{says}", step.time)
    }

    fn word(&self, event: &Event) -> String {
        match event {
            Event::Start => "starts".to_owned(),
            Event::Tick { .. } | Event::Timeout => "timer fires".to_owned(),
            Event::Deliver { label, .. } | Event::Lose { label, .. } => label.clone(),
            Event::Sync => "synced".to_owned(),
            Event::Work => "works".to_owned(),
            Event::Crash => "crashes".to_owned(),
            Event::Restart => "restarts".to_owned(),
            Event::Pause => "stands still".to_owned(),
            Event::Resume => "goes on".to_owned(),
            Event::Cut { links } => {
                let name = |node: &usize| self.trace.nodes[*node].as_str();
                let links: Vec<String> =
                    links.iter().map(|(from, to)| format!("{}→{}", name(from), name(to))).collect();
                format!("cut: {}", links.join(" "))
            }
            Event::Heal => "all links work".to_owned(),
            Event::Calm { dead } if dead.is_empty() => "calm".to_owned(),
            Event::Calm { dead } => {
                let dead: Vec<&str> = dead.iter().map(|node| &*self.trace.nodes[*node]).collect();
                format!("calm, without {}", dead.join(" "))
            }
            Event::Wipe => "loses its disk".to_owned(),
            Event::Command { label } => format!("asked: {label}"),
        }
    }

    fn diagram(&self, step: &Step, lost_too: &str, spacing: usize) -> Vec<String> {
        let column = |node: usize| MARGIN + node * spacing;
        let mut row = self.lifelines(spacing);
        put(&mut row, 0, &format!("{:>6}", step.time));
        let Some(node) = step.node else {
            let text = format!("── {} ", self.word(&step.event));
            let room = self.width.saturating_sub(MARGIN);
            let text: String = text.chars().take(room).collect();
            put(&mut row, MARGIN, &format!("{text:─<room$}"));
            return vec![finish(row)];
        };
        let (from, label, lost) = match &step.event {
            Event::Deliver { from, label, .. } => (*from, label, false),
            Event::Lose { from, label, .. } => (*from, label, true),
            other => {
                let text = format!("{}{lost_too}", self.own(step, other));
                return self.beside(row, node, &text, spacing);
            }
        };
        let head = match (lost, from < node) {
            (true, _) => "✗",
            (false, true) => "▶",
            (false, false) => "◀",
        };
        let (left, right) = (column(from.min(node)), column(from.max(node)));
        put(&mut row, left + 1, &"─".repeat(right - left - 1));
        put(&mut row, if from < node { right - 1 } else { left + 1 }, head);
        let label = cut_to(label, (right - left).saturating_sub(6));
        let at = if from < node { left + 3 } else { right - 3 - label.chars().count() - 1 };
        put(&mut row, at, &format!(" {label} "));
        if step.says.is_empty() || lost {
            return vec![finish(row)];
        }
        if from < node {
            return self.beside(row, node, &step.says, spacing);
        }
        let mut below = self.lifelines(spacing);
        put(&mut below, column(node) + 2, &cut_to(&step.says, self.room(node, spacing)));
        vec![finish(row), finish(below)]
    }

    /// What to write beside the lifeline for a node's own event.
    fn own(&self, step: &Step, event: &Event) -> String {
        match event {
            Event::Tick { .. } | Event::Timeout if !step.says.is_empty() => step.says.clone(),
            Event::Sync => synced(step),
            Event::Restart => format!("restarts, {}", step.says),
            other => self.word(other),
        }
    }

    /// How many columns are free right of a node's lifeline.
    fn room(&self, node: usize, spacing: usize) -> usize {
        let last = node + 1 == self.trace.nodes.len();
        let end = if last { self.width } else { MARGIN + (node + 1) * spacing - 1 };
        end.saturating_sub(MARGIN + node * spacing + 2)
    }

    /// Writes `text` right of a node's lifeline; what does not fit goes on the row below.
    fn beside(&self, mut row: Vec<char>, node: usize, text: &str, spacing: usize) -> Vec<String> {
        let (column, room) = (MARGIN + node * spacing + 2, self.room(node, spacing));
        if text.chars().count() <= room {
            put(&mut row, column, text);
            return vec![finish(row)];
        }
        let (first, rest) = split_at_word(text, room);
        put(&mut row, column, first);
        let mut below = self.lifelines(spacing);
        put(&mut below, column, &cut_to(rest, room));
        vec![finish(row), finish(below)]
    }

    fn lifelines(&self, spacing: usize) -> Vec<char> {
        let mut row = vec![' '; self.width + 4];
        for (node, up) in self.up.iter().enumerate() {
            row[MARGIN + node * spacing] = if *up { '│' } else { ' ' };
        }
        row
    }
}

/// What a sync brought: a new status, and the kinds of messages that waited for it.
fn synced(step: &Step) -> String {
    let mut text = "saved".to_owned();
    let left = step.sends.iter().filter(|sent| !sent.waits());
    let mut news: Vec<&str> = left.map(|sent| sent.label.as_str()).collect();
    news.dedup();
    if !step.says.is_empty() {
        news.insert(0, &step.says);
    }
    for piece in news {
        let _ = write!(text, ", {piece}");
    }
    text
}

fn split_at_word(text: &str, room: usize) -> (&str, &str) {
    let end = text.char_indices().nth(room).map_or(text.len(), |(at, _)| at);
    match text[..end].rfind(' ') {
        Some(at) => (&text[..at], text[at..].trim_start()),
        None => (&text[..end], &text[end..]),
    }
}

fn cut_to(text: &str, room: usize) -> String {
    if text.chars().count() <= room {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(room.saturating_sub(1)).collect();
    cut.push('…');
    cut
}

fn put(row: &mut [char], at: usize, text: &str) {
    for (slot, character) in row.iter_mut().skip(at).zip(text.chars()) {
        *slot = character;
    }
}

fn finish(row: Vec<char>) -> String {
    String::from_iter(row).trim_end().to_owned()
}
