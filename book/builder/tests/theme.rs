//! The theme's promises that can be computed: contrast in both themes, no name without a value, no
//! address outside.

use std::collections::BTreeMap;

const VARIABLES: &str = include_str!("../../theme/css/variables.css");
const STYLES: &[(&str, &str)] = &[
    ("variables.css", VARIABLES),
    ("general.css", include_str!("../../theme/css/general.css")),
    ("chrome.css", include_str!("../../theme/css/chrome.css")),
    ("figures.css", include_str!("../../theme/css/figures.css")),
    ("print.css", include_str!("../../theme/css/print.css")),
];
const OTHERS: &[(&str, &str)] = &[
    ("book.js", include_str!("../../theme/book.js")),
    ("index.hbs", include_str!("../../theme/index.hbs")),
    ("toc.js.hbs", include_str!("../../theme/toc.js.hbs")),
    ("toc.html.hbs", include_str!("../../theme/toc.html.hbs")),
];

/// Text and the grounds that it stands on: WCAG AA wants 4.5 to 1.
const TEXT: &[(&str, &[&str])] = &[
    ("ink", &["paper", "surface", "raised", "accent-soft", "note-soft", "good-soft", "bad-soft"]),
    ("ink-soft", &["paper", "surface", "raised", "accent-soft", "note-soft"]),
    ("accent", &["paper", "surface", "raised", "accent-soft", "note-soft"]),
    ("note", &["paper", "raised", "note-soft"]),
    ("good", &["paper", "raised", "good-soft"]),
    ("bad", &["paper", "raised", "bad-soft"]),
    ("warn", &["paper", "raised", "warn-soft"]),
    ("code-keyword", &["surface"]),
    ("code-string", &["surface"]),
    ("code-number", &["surface"]),
    ("code-type", &["surface"]),
];
/// Lines that carry meaning, and the borders of what can be operated: 3 to 1.
const LINES: &[(&str, &[&str])] = &[("edge", &["paper", "raised", "surface"])];

/// The light and the dark value of every colour.
fn colours() -> BTreeMap<String, [f64; 2]> {
    let mut colours = BTreeMap::new();
    for line in VARIABLES.lines() {
        let Some((name, value)) = line.trim().split_once(':') else { continue };
        let value = value.trim().strip_prefix("light-dark(#");
        let Some((light, dark)) = value.and_then(|value| value.split_once(", #")) else { continue };
        let dark = dark.trim_end_matches(");");
        let name = name.trim_start_matches("--").to_owned();
        colours.insert(name, [luminance(light), luminance(dark)]);
    }
    assert!(colours.len() > 15, "{colours:?}");
    colours
}

/// The relative luminance of WCAG 2.
fn luminance(hex: &str) -> f64 {
    let channel = |at: usize| {
        let value = u8::from_str_radix(&hex[at..at + 2], 16).expect("two hexadecimal digits");
        let value = f64::from(value) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(0) + 0.7152 * channel(2) + 0.0722 * channel(4)
}

#[test]
fn contrast_is_enough_in_both_themes() {
    let colours = colours();
    let mut poor = Vec::new();
    for (pairs, least) in [(TEXT, 4.5), (LINES, 3.0)] {
        for (text, grounds) in pairs {
            for ground in *grounds {
                for (theme, name) in ["light", "dark"].into_iter().enumerate() {
                    let (one, other) = (colours[*text][theme], colours[*ground][theme]);
                    let ratio = (one.max(other) + 0.05) / (one.min(other) + 0.05);
                    if ratio < least {
                        poor.push(format!("{name}: {text} on {ground} is {ratio:.2} to 1"));
                    }
                }
            }
        }
    }
    assert!(poor.is_empty(), "{poor:#?}");
}

#[test]
fn every_variable_has_a_value() {
    let all: String = STYLES.iter().map(|(_, css)| *css).collect();
    for (file, css) in STYLES {
        for used in css.split("var(--").skip(1) {
            let name = used.split([')', ',']).next().unwrap_or_default();
            // A figure's width comes from the figure.
            let known = name == "width" || all.contains(&format!("--{name}:"));
            assert!(known, "{file} uses --{name}, which nothing sets");
        }
    }
}

#[test]
fn colours_are_named_in_one_place() {
    for (file, css) in &STYLES[1..STYLES.len() - 1] {
        for (at, line) in css.lines().enumerate() {
            let fixed = line.split('#').skip(1).any(|rest| {
                let digits = rest.chars().take_while(char::is_ascii_hexdigit).count();
                matches!(digits, 3 | 6)
            });
            assert!(!fixed, "{file}:{} has a colour of its own: {line}", at + 1);
        }
    }
}

#[test]
fn the_theme_names_no_other_place() {
    for (file, text) in STYLES.iter().chain(OTHERS) {
        for address in ["http://", "https://", "//cdn", "@import"] {
            assert!(!text.contains(address), "{file} has {address}");
        }
    }
}
