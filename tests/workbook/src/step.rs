//! Stepping through a run: one step a key on a terminal, everything at once elsewhere.
//!
//! Owns the screen of a step (the diagram so far, what happened, each node's state) and the keys.
//!
//! Invariant: however stepping ends, the terminal is as it was before.

use crate::Error;
use crate::screen::{self, Look, Style, clip, harmless, paragraph, wrap};
use harness::draw;
use harness::report::{Broken, Event, Trace};
use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr,
};
use std::io::{IsTerminal, Read};

/// Shows a run.
pub fn through(trace: &Trace, look: Look) -> Result<(), Error> {
    if trace.steps.is_empty() {
        screen::say("This run has no steps.\n");
        return Ok(());
    }
    let keys = if look.terminal { Keys::open() } else { None };
    match keys {
        Some(keys) => interactive(trace, &keys),
        None => screen::say(&all(trace, look)),
    }
    Ok(())
}

fn interactive(trace: &Trace, keys: &Keys) {
    let last = trace.steps.len() - 1;
    let mut number = 0;
    loop {
        let look = Look::now();
        let help = "Enter → on · b ← back · g start · G end · q leave";
        let help = look.paint(Style::Faint, help);
        // Two lines for the keys, one for the cursor.
        let rows = screen::rows().saturating_sub(3);
        screen::say(&format!("\x1b[2J\x1b[H{}\n{help}\n", one(trace, number, look, rows)));
        if screen::closed() {
            return;
        }
        match keys.next() {
            Key::On if number < last => number += 1,
            Key::Back => number = number.saturating_sub(1),
            Key::Start => number = 0,
            Key::End => number = last,
            Key::Leave => return,
            Key::On | Key::Other => {}
        }
    }
}

/// The screen of one step, in at most `rows` lines as far as the diagram can be cut at its top.
pub fn one(trace: &Trace, number: usize, look: Look, rows: usize) -> String {
    let right = format!("step {} of {}", number + 1, trace.steps.len());
    let heading = crate::report::heading(&title(trace), &right, look);
    let mut below = String::new();
    for line in wrap(&describe(trace, number), look.width) {
        below.push_str(&look.paint(Style::Strong, &line));
        below.push('\n');
    }
    below.push_str(&states(trace, number + 1, look));
    if let Some(broken) = trace.broken.as_ref().filter(|broken| broken.step == number) {
        below.push('\n');
        for line in wrap(&harmless(&breaks(broken)), look.width) {
            below.push_str(&look.paint(Style::Bad, &line));
            below.push('\n');
        }
    }
    let diagram = draw::until(trace, number + 1, look.width, look.color);
    // The heading, and an empty line above and below the diagram.
    let room = rows.saturating_sub(below.lines().count() + 3);
    format!("{heading}\n{}\n{below}", last_rows(&diagram, room))
}

/// The first line of a diagram, which names the nodes, and as many of the last as there is room
/// for.
fn last_rows(diagram: &str, room: usize) -> String {
    let lines: Vec<&str> = diagram.lines().collect();
    let kept = match lines.split_first() {
        Some((first, rest)) if lines.len() > room => {
            let rest = &rest[rest.len() - room.saturating_sub(1).min(rest.len())..];
            [&[*first], rest].concat()
        }
        Some(_) | None => lines,
    };
    kept.iter().map(|line| format!("{line}\n")).collect()
}

/// Every step, for a pipe or a file.
pub fn all(trace: &Trace, look: Look) -> String {
    let mut text = format!("{}\n\n", title(trace));
    text.push_str(&draw::terminal(trace, look.width, look.color));
    for number in 0..trace.steps.len() {
        text.push('\n');
        let words = format!("step {}: {}", number + 1, describe(trace, number));
        text.push_str(&paragraph(&words, 0, look.width));
        text.push_str(&states(trace, number + 1, look));
    }
    if let Some(broken) = &trace.broken {
        let place = format!("step {}: ", broken.step + 1);
        let words = format!("{place}{}", harmless(&breaks(broken)));
        text.push('\n');
        text.push_str(&paragraph(&words, 0, look.width));
    }
    text
}

/// The broken invariant and what broke it.
pub fn breaks(broken: &Broken) -> String {
    if broken.invariant.is_empty() {
        broken.message.clone()
    } else {
        format!("{} is broken: {}", broken.invariant, broken.message)
    }
}

fn title(trace: &Trace) -> String {
    match (&trace.title, &trace.test) {
        (title, test) if title.is_empty() || trace.broken.is_some() => test.clone(),
        (title, _) => harmless(title.lines().next().unwrap_or_default()),
    }
}

/// One step in words.
fn describe(trace: &Trace, number: usize) -> String {
    let step = &trace.steps[number];
    let name = |node: usize| trace.nodes[node].as_str();
    let who = step.node.map_or("the network", name);
    let mut text = format!("tick {}, {who}: {}", step.time, happened(trace, &step.event));
    if !step.says.is_empty() {
        text.push_str(&format!("; {}", step.says));
    }
    for sent in step.sends.iter().filter(|sent| !sent.waits()) {
        text.push_str(&format!("; to {}: {}", name(sent.to), sent.label));
    }
    for sent in step.sends.iter().filter(|sent| sent.waits()) {
        text.push_str(&format!("; waits for the disk, to {}: {}", name(sent.to), sent.label));
    }
    for answer in &step.answers {
        text.push_str(&format!("; tells a client: {answer}"));
    }
    if let (Event::Crash, Some(node)) = (&step.event, step.node) {
        for sent in trace.waiting(node, number) {
            text.push_str(&format!("; lost, to {}: {}", name(sent.to), sent.label));
        }
    }
    harmless(&text)
}

fn happened(trace: &Trace, event: &Event) -> String {
    let name = |node: usize| trace.nodes[node].as_str();
    match event {
        Event::Start => "starts".to_owned(),
        Event::Tick { count: 1 } => "the clock ticks".to_owned(),
        Event::Tick { count } => format!("the clock ticks {count} times"),
        Event::Timeout => "its election timer fires".to_owned(),
        Event::Deliver { from, label, copy, .. } => {
            let again = if *copy { "a copy of " } else { "" };
            format!("receives {again}\"{label}\" from {}", name(*from))
        }
        Event::Lose { from, label, .. } => format!("\"{label}\" from {} is lost", name(*from)),
        Event::Work => "does some of its background work".to_owned(),
        Event::Sync => "its disk has synced".to_owned(),
        Event::Crash => "loses power".to_owned(),
        Event::Restart => "starts again from its disk".to_owned(),
        Event::Pause => "stands still".to_owned(),
        Event::Resume => "goes on".to_owned(),
        Event::Wipe => "gets a blank disk".to_owned(),
        Event::Command { label } => format!("is asked to {label}"),
        Event::Cut { links } => {
            let links = links.iter().map(|(from, to)| format!("{}→{}", name(*from), name(*to)));
            format!("links are cut: {}", links.collect::<Vec<_>>().join(" "))
        }
        Event::Heal => "every link works again".to_owned(),
        Event::Calm { dead } if dead.is_empty() => "the storm is over".to_owned(),
        Event::Calm { dead } => {
            let dead: Vec<&str> = dead.iter().map(|node| name(*node)).collect();
            format!("the storm is over; {} will not come back", dead.join(", "))
        }
    }
}

/// Each node's state after the steps before `end`; the marked values are those that changed.
fn states(trace: &Trace, end: usize, look: Look) -> String {
    let mut text = String::new();
    for line in draw::states(trace, end).lines() {
        for (number, part) in wrap(&harmless(line), look.width.saturating_sub(4)).iter().enumerate()
        {
            let indent = if number == 0 { "  " } else { "      " };
            text.push_str(&format!("{indent}{}\n", clip(part.trim_start(), look.width - 6)));
        }
    }
    text
}

enum Key {
    On,
    Back,
    Start,
    End,
    Leave,
    Other,
}

/// The keyboard, a key at a time. Ctrl-C arrives as a key too, so that the terminal is restored.
struct Keys {
    before: Termios,
}

impl Keys {
    fn open() -> Option<Keys> {
        let stdin = std::io::stdin();
        if !stdin.is_terminal() {
            return None;
        }
        let before = tcgetattr(&stdin).ok()?;
        let mut raw = before.clone();
        raw.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG);
        raw.special_codes[SpecialCodeIndex::VMIN] = 1;
        raw.special_codes[SpecialCodeIndex::VTIME] = 0;
        tcsetattr(&stdin, OptionalActions::Now, &raw).ok()?;
        Some(Keys { before })
    }

    fn next(&self) -> Key {
        let mut bytes = [0; 8];
        // An arrow key sends its three bytes at once.
        match std::io::stdin().lock().read(&mut bytes) {
            Ok(0) | Err(_) => Key::Leave,
            Ok(length) => match &bytes[..length] {
                b"\n" | b"\r" | b" " | b"n" | b"l" | b"\x1b[C" | b"\x1b[B" => Key::On,
                b"b" | b"p" | b"h" | b"\x7f" | b"\x1b[D" | b"\x1b[A" => Key::Back,
                b"g" | b"\x1b[H" => Key::Start,
                b"G" | b"\x1b[F" => Key::End,
                b"q" | b"Q" | b"\x03" | b"\x04" | b"\x1b" => Key::Leave,
                _ => Key::Other,
            },
        }
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        // A terminal that has gone away needs no restoring.
        let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, &self.before);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use harness::report::{Sent, Step};

    #[test]
    fn what_waits_for_the_disk_is_not_sent_and_a_crash_takes_it() {
        let step = |event, packets: &[Option<u32>]| Step {
            time: 3,
            node: Some(0),
            event,
            says: String::new(),
            sends: packets
                .iter()
                .map(|packet| Sent { packet: *packet, to: 1, label: "vote? t1".to_owned() })
                .collect(),
            answers: Vec::new(),
            state: Vec::new(),
            printed: String::new(),
        };
        let trace = |steps: Vec<Step>| Trace {
            nodes: vec!["n1".to_owned(), "n2".to_owned()],
            steps,
            ..Trace::default()
        };
        let lost = trace(vec![step(Event::Timeout, &[None]), step(Event::Crash, &[])]);
        let waits = "tick 3, n1: its election timer fires; waits for the disk, to n2: vote? t1";
        assert_eq!(describe(&lost, 0), waits);
        assert_eq!(describe(&lost, 1), "tick 3, n1: loses power; lost, to n2: vote? t1");
        let [timer, crash] = [Event::Timeout, Event::Crash];
        let sent = vec![step(timer, &[None]), step(Event::Sync, &[Some(0)]), step(crash, &[])];
        let sent = trace(sent);
        assert_eq!(describe(&sent, 1), "tick 3, n1: its disk has synced; to n2: vote? t1");
        assert_eq!(describe(&sent, 2), "tick 3, n1: loses power");
    }

    #[test]
    fn a_diagram_is_cut_below_its_first_line() {
        assert_eq!(last_rows("names\n1\n2\n3\n", 3), "names\n2\n3\n");
        assert_eq!(last_rows("names\n1\n", 2), "names\n1\n");
        assert_eq!(last_rows("names\n1\n2\n", 0), "names\n");
        assert_eq!(last_rows("", 0), "");
    }
}
