//! The player's pages: what can be told of them as text. Clicking through them is in `browser`.

mod browser;
mod toy;

use browser::Browser;
use harness::player;
use harness::report::{Broken, Event, Sent, Step, Trace};
use std::fs;
use std::path::Path;
use toy::two_leaders;

/// n1 leads, n2 crashes and forgets, and n3 leads the same round.
fn trace() -> Trace {
    let mut trace = two_leaders();
    let step = trace.steps.len() - 1;
    let message = "n1 and n3 lead r1".to_owned();
    trace.broken = Some(Broken { invariant: "One Leader".to_owned(), message, step });
    trace.title = "a vote that was forgotten".to_owned();
    trace.test = "votes::at_most_one".to_owned();
    trace.seed = Some(7);
    trace
}

/// A trace whose every text tries to get out of the page.
fn hostile() -> Trace {
    let texts = [
        "</script><script>document.title = 'out'</script>",
        "<!--<script>",
        "<img src=x onerror=\"document.title = 'out'\">",
        "\"'`${document.title = 'out'}\\u003c\u{2028}\u{2029}\0\u{202e}\u{1b}[31m]]>&lt;&amp;",
        "{script}{fragment}{title}",
    ];
    let text = texts.join(" ");
    let mut trace = trace();
    for text in [&mut trace.title, &mut trace.test] {
        text.push_str(&texts.concat());
    }
    trace.nodes = texts[..3].iter().map(|text| (*text).to_owned()).collect();
    for step in &mut trace.steps {
        step.says.push_str(&text);
        step.printed.push_str(&text);
        step.state.push((text.clone(), text.clone()));
        step.answers.push(text.clone());
        for sent in &mut step.sends {
            sent.label.push_str(&text);
        }
        if let Event::Deliver { label, .. } | Event::Lose { label, .. } = &mut step.event {
            label.push_str(&text);
        }
    }
    trace.broken = Some(Broken { invariant: text.clone(), message: text, step: 1 });
    trace
}

/// A run as long as a simulation's: every tick, n1 tells the others, who answer.
fn long(steps: usize) -> Trace {
    let mut trace = Trace { format: Trace::FORMAT.to_owned(), ..Trace::default() };
    trace.nodes = (1..=5).map(|node| format!("n{node}")).collect();
    let mut packet = 0;
    let mut send = |to: usize, label: &str| {
        packet += 1;
        Sent { packet: Some(packet), to, label: label.to_owned() }
    };
    let mut under_way = Vec::new();
    while trace.steps.len() < steps {
        let time = trace.steps.len() as u64 / 9;
        let step = |node, event, sends: &[Sent]| Step {
            time,
            node: Some(node),
            event,
            says: if time.is_multiple_of(7) { format!("at {time}") } else { String::new() },
            sends: sends.to_vec(),
            answers: Vec::new(),
            state: vec![("time".to_owned(), (time / 7).to_string())],
            printed: String::new(),
        };
        let sends: Vec<Sent> = (1..5).map(|to| send(to, "heartbeat t1")).collect();
        trace.steps.push(step(0, Event::Tick { count: 1 }, &sends));
        under_way.extend(sends.into_iter().map(|sent| (0, sent)));
        while let Some((from, sent)) = under_way.pop() {
            let Sent { packet, to, label } = sent;
            let packet = packet.expect("it has a number");
            let answers = if from == 0 { vec![send(0, "heard t1")] } else { Vec::new() };
            let event = Event::Deliver { packet, from, label, copy: false };
            trace.steps.push(step(to, event, &answers));
            under_way.extend(answers.into_iter().map(|sent| (to, sent)));
        }
    }
    trace.steps.truncate(steps);
    trace
}

/// The run that a page carries.
fn carried(page: &str) -> Trace {
    let (_, rest) = page.split_once("class=\"player-trace\">").expect("a page carries a run");
    let (json, _) = rest.split_once("</script>").expect("and closes it");
    serde_json::from_str(json).expect("as JSON")
}

#[test]
fn a_run_can_be_read_back_from_its_page() {
    for trace in [trace(), hostile(), long(500), Trace::default()] {
        assert_eq!(carried(&player::page(&trace)), trace);
        assert_eq!(carried(&player::fragment(&trace, "run")), trace);
    }
}

#[test]
fn a_page_is_small_and_needs_nothing_else() {
    let page = player::page(&trace());
    let run = serde_json::to_string(&trace()).unwrap().len();
    let size = page.len() - run;
    assert!(size < 100_000, "{size} bytes without the run");
    for address in ["http:", "https:", "//www", "url(", "@import", "src=", "fetch(", "import("] {
        assert!(!page.contains(address), "a page asks for something: {address}");
    }
    let shared = format!("{}{}", player::style(), player::script());
    assert!(page.contains(player::style()) && page.contains(player::script()));
    let shared = shared.to_lowercase();
    for end in ["</script", "</style", "<!--"] {
        assert!(!shared.contains(end), "what is shared would end at {end}");
    }
}

#[test]
fn nothing_in_a_run_gets_out_of_its_place() {
    let (calm, hostile) = (player::page(&trace()), player::page(&hostile()));
    for tag in ["<script", "</script", "<!--", "<img", "<pre", "<div", "<title", "</title"] {
        let count = |page: &str| page.matches(tag).count();
        assert_eq!(count(&calm), count(&hostile), "{tag}");
    }
    let fragment = player::fragment(&trace(), "a\" onclick=\"b<c>");
    assert!(fragment.contains("id=\"a&quot; onclick=&quot;b&lt;c&gt;\""), "{fragment}");
}

#[test]
fn a_damaged_run_still_makes_a_page() {
    let mut traces = vec![Trace::default(), trace(), trace(), trace(), trace()];
    traces[1].nodes.clear();
    traces[2].steps[4].node = None;
    traces[3].broken.as_mut().unwrap().step = 1_000;
    traces[4].steps.push(Step {
        time: 1,
        node: Some(1),
        event: Event::Lose { packet: 9, from: 1, label: String::new() },
        says: String::new(),
        sends: vec![Sent { packet: None, to: 77, label: String::new() }],
        answers: Vec::new(),
        state: Vec::new(),
        printed: String::new(),
    });
    for trace in &traces {
        assert_eq!(carried(&player::page(trace)), *trace);
    }
    let Some(mut browser) = Browser::start("a_damaged_run_still_makes_a_page") else { return };
    for trace in &traces {
        browser.open(&player::page(trace), "");
        let told = browser.text("document.querySelector('.player-damaged').textContent");
        assert!(told.contains("damaged") || told.contains("Nothing happened"), "{told}");
    }
}

/// The variables that the style sheet uses, with their values.
#[test]
fn a_page_has_the_colours_of_the_book() {
    let book = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../book/theme/css/variables.css");
    let book = fs::read_to_string(book).expect("the book's theme is in the repository");
    let own = include_str!("../src/player/page.css");
    let value = |css: &str, name: &str| {
        let (_, rest) = css.split_once(&format!("\n  --{name}:"))?;
        Some(rest.split_once(';')?.0.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    let mut names = 0;
    for used in player::style().split("var(--").skip(1) {
        let name = used.split([')', ',']).next().unwrap();
        // It is set by the script, for each player.
        if name == "player-nodes" {
            continue;
        }
        names += 1;
        let (ours, theirs) = (value(own, name), value(&book, name));
        assert!(
            ours.is_some() && ours == theirs,
            "--{name}: {ours:?} here, {theirs:?} in the book"
        );
    }
    assert!(names > 20, "only {names} variables were found");
}

#[test]
fn hostile_texts_stay_texts_in_a_browser() {
    let Some(mut browser) = Browser::start("hostile_texts_stay_texts_in_a_browser") else { return };
    browser.open(&player::page(&hostile()), "");
    for _ in 0..20 {
        assert!(browser.yes("document.querySelector('.player-app') !== null"));
        assert!(!browser.text("document.title").starts_with("out"));
        assert_eq!(browser.number("document.images.length"), 0);
        browser.press("ArrowLeft", "");
    }
    let printed = browser.text("document.querySelector('.player-printed pre').textContent");
    assert!(printed.contains("</script><script>"), "{printed}");
    assert!(!printed.contains('\u{202e}') && !printed.contains('\u{1b}'), "{printed:?}");
}

#[test]
fn it_is_clicked_through() {
    let Some(mut browser) = Browser::start("it_is_clicked_through") else { return };
    let trace = trace();
    let last = trace.steps.len();
    browser.open(&player::page(&trace), "");
    // A failing run opens at the step that broke it.
    assert_eq!(browser.step(), last);
    let said = browser.text("document.querySelector('.player-now').innerText");
    assert!(said.contains("n3 receives \u{201c}yes r1\u{201d} from n2"), "{said}");
    assert!(said.contains("This broke One Leader: n1 and n3 lead r1"), "{said}");
    let facts = browser.text("document.querySelector('.player-head').innerText");
    assert!(facts.contains("votes::at_most_one") && facts.contains("seed 7"), "{facts}");
    let changed = "[...document.querySelectorAll('.player-changed')].map((c) => c.textContent)";
    assert_eq!(browser.text(changed), "[\"leads r1, changed from waits r1\"]");

    browser.click("First step");
    assert_eq!(browser.step(), 1);
    browser.click("Step back");
    assert_eq!(browser.step(), 1, "there is nothing before the first step");
    browser.click("Step forward");
    assert_eq!(browser.step(), 2);
    browser.click("Next change");
    assert_eq!(browser.step(), 4, "n1 becomes a candidate");
    browser.click("Broken step");
    assert_eq!(browser.step(), last);

    for (key, text, step) in [
        ("Home", "", 1),
        ("ArrowRight", "", 2),
        ("ArrowDown", "", 3),
        ("ArrowLeft", "", 2),
        ("n", "n", 4),
        ("End", "", last),
        ("b", "b", last),
    ] {
        browser.press(key, text);
        assert_eq!(browser.step(), step, "after {key}");
    }
    browser.press("?", "?");
    assert!(browser.yes("document.querySelector('dialog').open"));
    browser.press("Escape", "");
    assert!(browser.yes("!document.querySelector('dialog').open"));

    // A tap on a row of the diagram goes to its step.
    let row = "document.querySelector('.player-sheet').getBoundingClientRect().top + 34 * 2.5";
    let y = browser.number(row);
    browser.click_at(200, y);
    assert_eq!(browser.step(), 3);

    // Playing goes on to the end, and stops there.
    browser.text("(document.querySelector('select').value = '20')");
    browser.click("Play");
    browser.wait_for(&format!("document.querySelector('.player').player.at === {last} - 1"));
    browser.wait_for("document.querySelector('[aria-label=Play]') !== null");
    assert_eq!(browser.problems(), Vec::<String>::new());
}

#[test]
fn an_address_names_a_step_and_faults_are_drawn() {
    let name = "an_address_names_a_step_and_faults_are_drawn";
    let Some(mut browser) = Browser::start(name) else { return };
    let mut trace = trace();
    let waiting = Sent { packet: None, to: 1, label: "vote? r1".to_owned() };
    trace.steps[3].sends.push(waiting);
    let network = |event| Step {
        time: 6,
        node: None,
        event,
        says: String::new(),
        sends: Vec::new(),
        answers: Vec::new(),
        state: Vec::new(),
        printed: String::new(),
    };
    trace.steps.push(network(Event::Cut { links: vec![(0, 1), (1, 0)] }));
    trace.steps.push(network(Event::Heal));
    let (cut, crash) = (trace.steps.len() - 1, 8);
    trace.steps.push(network(Event::Calm { dead: vec![2] }));
    trace.steps.push(Step { node: Some(0), ..network(Event::Work) });
    assert_eq!(trace.steps[crash - 1].event, Event::Crash, "{:?}", trace.steps);
    browser.open(&player::page(&trace), &format!("#step={cut}"));
    assert_eq!(browser.step(), cut);
    let said = browser.text("document.querySelector('.player-now').innerText");
    assert!(said.contains("n1→n2 n2→n1"), "{said}");
    let count = |kind: &str| format!("document.querySelectorAll('.player-drawing .{kind}').length");
    for (kind, least) in [
        ("player-wait", 1),
        ("player-message.player-arrow", 4),
        ("player-cut-span", 1),
        ("player-underway.player-arrow", 2),
        ("player-disk", 1),
    ] {
        let found = browser.number(&count(kind));
        assert!(found >= least, "{found} of {kind}");
    }
    browser.text(&format!("(location.hash = 'step={}')", cut + 2));
    browser.wait_for(&format!("document.querySelector('.player').player.at === {}", cut + 1));
    let said = browser.text("document.querySelector('.player-now').innerText");
    assert!(said.contains("storm is over") && said.contains("n3 will not come back"), "{said}");
    browser.text(&format!("(location.hash = 'step={}')", cut + 3));
    browser.wait_for(&format!("document.querySelector('.player').player.at === {}", cut + 2));
    let said = browser.text("document.querySelector('.player-now').innerText");
    assert!(said.contains("n1 does some of its background work"), "{said}");
    browser.text(&format!("(location.hash = 'step={crash}')"));
    browser.wait_for(&format!("document.querySelector('.player').player.at === {crash} - 1"));
    let lanes = browser.text("document.querySelector('.player-lanes').innerText");
    assert!(lanes.contains("n2\ndown"), "{lanes}");
    assert_eq!(browser.problems(), Vec::<String>::new());
}

#[test]
fn ten_thousand_steps_are_drawn_a_few_at_a_time() {
    let name = "ten_thousand_steps_are_drawn_a_few_at_a_time";
    let Some(mut browser) = Browser::start(name) else { return };
    browser.open(&player::page(&long(10_000)), "");
    assert!(browser.yes("document.querySelector('.player').player.diagram.folded"));
    browser.press("f", "f");
    for key in ["End", "Home"] {
        browser.press(key, "");
        let shapes = browser.number("document.querySelectorAll('.player-drawing *').length");
        assert!((50..2_000).contains(&shapes), "{shapes} shapes are in the page");
    }
    let half = "(document.querySelector('.player-frame').scrollTop = 170000)";
    browser.text(half);
    browser.wait_for("document.querySelector('.player').player.diagram.drawn.first > 4900");
    let rows = browser.number("document.querySelector('.player').player.diagram.rows.length");
    assert_eq!(rows, 10_000);
}

#[test]
fn a_page_of_the_book_can_have_several_and_they_leave_its_keys_alone() {
    let name = "a_page_of_the_book_can_have_several_and_they_leave_its_keys_alone";
    let Some(mut browser) = Browser::start(name) else { return };
    let page = format!(
        "<!doctype html><meta charset=utf-8><style>{}</style>{}{}<script>{}</script>",
        player::style(),
        player::fragment(&trace(), "one"),
        player::fragment(&trace(), "two"),
        player::script()
    );
    browser.open(&page, "#step=5");
    let at = "[one.player.at, two.player.at]";
    assert_eq!(browser.text(at), "[0,0]", "in the book, a run opens at its beginning");
    browser.press("ArrowRight", "");
    assert_eq!(browser.text(at), "[0,0]", "the key was meant for the page");
    browser.text("(two.querySelector('.player-frame').focus(), '')");
    browser.press("ArrowRight", "");
    assert_eq!(browser.text(at), "[0,1]");
    assert_eq!(browser.problems(), Vec::<String>::new());
}
