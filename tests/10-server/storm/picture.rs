//! A round as a picture: time goes to the right, each member and each client has a line.
//!
//! Owns the drawing, of a round that failed: a page that needs nothing else, and a few lines for a
//! terminal.

use super::told::{Call, Fault, History, Moment, Wrong};
use std::fmt::Write;

/// So many pixels a second has, and a line.
const SECOND: f64 = 400.0;
const LINE: usize = 34;
const MARGIN: f64 = 90.0;

/// So many calls are told of around what is wrong.
const TOLD: usize = 12;

/// The calls around what is wrong, for a terminal. Those that show it are marked.
pub fn lines(history: &History, wrong: &Wrong) -> String {
    let mut text = String::new();
    let at = wrong.at.or_else(|| wrong.calls.last().map(|call| history.calls[*call].asked));
    let mut shown: Vec<usize> = wrong.calls.clone();
    if let Some(at) = at {
        let before = history.calls.partition_point(|call| call.asked <= at);
        shown.extend(before.saturating_sub(TOLD)..before);
    }
    shown.sort_unstable();
    shown.dedup();
    for fault in history.faults.iter().filter(|fault| at.is_some_and(|at| fault.began <= at)) {
        let _ = writeln!(text, "{:>9.3}      {}", seconds(fault.began), fault_words(fault));
    }
    for number in shown {
        let call = &history.calls[number];
        let mark = if wrong.calls.contains(&number) { "▶" } else { " " };
        let end = end(call).map_or("…".to_owned(), |end| format!("{:.3}", seconds(end)));
        let _ = writeln!(text, "{:>9.3} {end:>9} {mark} {call}", seconds(call.asked));
    }
    text
}

fn fault_words(fault: &Fault) -> String {
    let members: Vec<String> = fault.members.iter().map(|one| format!("m{one}")).collect();
    format!("{} until {:.3}: {}", members.join(" "), seconds(fault.ended), fault.words)
}

fn seconds(at: Moment) -> f64 {
    at.as_secs_f64()
}

fn end(call: &Call) -> Option<Moment> {
    let told = call.told.as_ref().map(|told| told.at);
    told.or(call.gave_up.as_ref().map(|(at, _)| *at))
}

fn place(at: Moment) -> f64 {
    MARGIN + seconds(at) * SECOND
}

/// The page.
pub fn page(seed: u64, history: &History, wrong: &Wrong) -> String {
    let members = members(history);
    let clients = history.calls.iter().map(|call| call.client + 1).max().unwrap_or_default();
    let ends = history.calls.iter().filter_map(end);
    let last = ends.chain(history.faults.iter().map(|fault| fault.ended)).max();
    let (width, height) =
        (place(last.unwrap_or_default()) + 40.0, (members.len() + clients + 1) * LINE);
    let mut drawn = String::new();
    draw_faults(&mut drawn, history, &members);
    draw_calls(&mut drawn, history, wrong, members.len());
    for (line, name) in members
        .iter()
        .map(|member| format!("m{member}"))
        .chain((0..clients).map(|client| format!("client {client}")))
        .enumerate()
    {
        let _ = writeln!(drawn, r#"<text x="6" y="{}">{name}</text>"#, line * LINE + 42);
    }
    if let Some(at) = wrong.at {
        let x = place(at);
        let line = format!(r#"x1="{x:.1}" x2="{x:.1}" y1="18" y2="{height}""#);
        let _ = writeln!(drawn, r#"<line class="wrong" {line}/>"#);
    }
    let mut second = Moment::ZERO;
    while place(second) < width {
        let x = place(second);
        let seconds = second.as_secs();
        let _ = writeln!(drawn, r#"<text class="time" x="{x:.1}" y="12">{seconds} s</text>"#);
        second += Moment::from_secs(1);
    }
    let shows = wrong.at.map_or(0.0, place);
    let text = escaped(&format!("{}\n\n{}", wrong.text, lines(history, wrong)));
    format!(
        r##"<!doctype html><html lang="en"><meta charset="utf-8">
<title>Round {seed}</title><style>
:root {{ color-scheme: light dark }}
body {{ font: 15px system-ui, sans-serif; margin: 2em }}
div {{ overflow-x: auto }} svg {{ display: block }} text {{ fill: currentColor; font-size: 13px }}
.time {{ opacity: .6 }} .fault {{ fill: #d9a400; opacity: .45 }} .done {{ fill: #2a8f4d }}
.nothing {{ fill: #3b7dd8 }} .unknown {{ fill: #999 }}
.bad {{ fill: #d22; stroke: #d22; stroke-width: 3 }}
.wrong {{ stroke: #d22; stroke-dasharray: 4 }} pre {{ overflow-x: auto }}
</style><h1>Round {seed}</h1><pre>{text}</pre>
<p>Green: it was done. Blue: it was read, or not done. Grey: nobody was told. Red: it cannot be
true. Yellow: what was done to a member. Point at a bar to see what it says.</p>
<div><svg xmlns="http://www.w3.org/2000/svg" width="{width:.0}" height="{height}">
{drawn}</svg></div><script>
document.querySelector("div").scrollLeft = {shows:.0} - innerWidth / 2;
</script></html>
"##
    )
}

fn members(history: &History) -> Vec<usize> {
    let called = history.calls.iter().map(|call| call.member);
    let suffered = history.faults.iter().flat_map(|fault| fault.members.iter().copied());
    let mut all: Vec<usize> = called.chain(suffered).collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn draw_faults(drawn: &mut String, history: &History, members: &[usize]) {
    for fault in &history.faults {
        let (from, to) = (place(fault.began), place(fault.ended));
        for member in &fault.members {
            let line = members.iter().position(|one| one == member).expect("it is among them");
            bar(drawn, "fault", (from, to), line * LINE + 26, 22, &fault_words(fault));
        }
    }
}

fn draw_calls(drawn: &mut String, history: &History, wrong: &Wrong, above: usize) {
    for (number, call) in history.calls.iter().enumerate() {
        let class = match &call.told {
            _ if wrong.calls.contains(&number) => "bad",
            Some(told) if told.has_changed => "done",
            Some(_) => "nothing",
            None => "unknown",
        };
        let (from, to) = (place(call.asked), place(end(call).unwrap_or(call.asked)));
        bar(drawn, class, (from, to), (above + call.client) * LINE + 28, 18, &call.to_string());
    }
}

fn bar(
    drawn: &mut String,
    class: &str,
    (from, to): (f64, f64),
    y: usize,
    height: usize,
    words: &str,
) {
    let (width, words) = ((to - from).max(1.5), escaped(words));
    let place = format!(r#"x="{from:.1}" y="{y}" width="{width:.1}" height="{height}""#);
    let _ = writeln!(drawn, r#"<rect class="{class}" {place}><title>{words}</title></rect>"#);
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
