//! Does every word of a figure stay inside it?
//!
//! A figure is set in the reader's own system font, so nobody knows exactly how wide a text is.
//! What is certain is that a text may be cut on one machine and not on another. The widths here are
//! those of DejaVu Sans, the widest of the common ones: what fits with it fits everywhere.

use roxmltree::Node;

/// How far a text may reach over the edge: the widths are rounded.
const SLACK: f64 = 2.0;

/// Refuses a `<text>`, or a `<tspan>` with a place of its own, that would be cut at the left or the
/// right. Texts that are turned or moved by a `transform` are the author's to check.
pub(super) fn fits(text: Node<'_, '_>, width: f64) -> Result<(), String> {
    if !placed(text) || text.ancestors().any(|node| node.has_attribute("transform")) {
        return Ok(());
    }
    let number = |name: &str| text.attribute(name).and_then(|value| value.parse::<f64>().ok());
    let start = number("x").unwrap_or(0.0) + number("dx").unwrap_or(0.0);
    let words = words(text);
    let long = length(&words, size(text), has_class(text, "code"), has_class(text, "title"));
    let (left, right) = match anchor(text) {
        Anchor::Start => (start, start + long),
        Anchor::Middle => (start - long / 2.0, start + long / 2.0),
        Anchor::End => (start - long, start),
    };
    if left < -SLACK {
        return Err(format!("\"{words}\" is cut at the left: it is up to {long:.0} wide"));
    }
    if right > width + SLACK {
        return Err(format!(
            "\"{words}\" is cut at the right: it is up to {long:.0} wide and may end at \
             {right:.0} of {width}"
        ));
    }
    Ok(())
}

enum Anchor {
    Start,
    Middle,
    End,
}

fn placed(node: Node<'_, '_>) -> bool {
    match node.tag_name().name() {
        "text" => true,
        "tspan" => node.has_attribute("x"),
        _ => false,
    }
}

/// The text that starts at the node's place, without parts that have places of their own.
fn words(text: Node<'_, '_>) -> String {
    let own = |node: &Node<'_, '_>| {
        let inner = node.ancestors().take_while(|outer| *outer != text);
        node.is_text() && !inner.into_iter().any(placed)
    };
    let parts: Vec<&str> = text.descendants().filter(own).filter_map(|node| node.text()).collect();
    parts.concat().split_whitespace().collect::<Vec<&str>>().join(" ")
}

fn has_class(node: Node<'_, '_>, class: &str) -> bool {
    node.ancestors().any(|outer| {
        let mut classes = outer.attribute("class").unwrap_or_default().split_whitespace();
        classes.any(|own| own == class)
    })
}

fn anchor(node: Node<'_, '_>) -> Anchor {
    for outer in node.ancestors() {
        let class = outer.attribute("class").unwrap_or_default();
        let class = class.split_whitespace().find(|class| matches!(*class, "middle" | "end"));
        match class.or(outer.attribute("text-anchor")) {
            Some("middle") => return Anchor::Middle,
            Some("end") => return Anchor::End,
            Some("start") => return Anchor::Start,
            _ => {}
        }
    }
    Anchor::Start
}

/// The font's size, from the nearest class or attribute; `theme/css/figures.css` has the same.
fn size(node: Node<'_, '_>) -> f64 {
    for outer in node.ancestors() {
        let classes: Vec<&str> =
            outer.attribute("class").unwrap_or_default().split_whitespace().collect();
        for (class, size) in [("small", 13.0), ("title", 17.0), ("label", 14.0), ("code", 14.0)] {
            if classes.contains(&class) {
                return size;
            }
        }
        let size = outer.attribute("font-size").map(|size| size.trim_end_matches("px"));
        if let Some(size) = size.and_then(|size| size.parse().ok()) {
            return size;
        }
    }
    15.0
}

fn length(words: &str, size: f64, code: bool, strong: bool) -> f64 {
    let letter = |letter: char| match letter {
        _ if code => 0.602,
        'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | ' ' | '’' => 0.31,
        'f' | 'r' | 't' | '(' | ')' | '[' | ']' | '-' | 'I' | 'J' => 0.4,
        'm' | 'w' | 'M' | 'W' | '→' | '←' | '…' | '—' => 0.93,
        'A'..='Z' => 0.68,
        _ => 0.61,
    };
    let ems: f64 = words.chars().map(letter).sum();
    ems * size * if strong && !code { 1.1 } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &str) -> Result<(), String> {
        let svg = format!("<svg>{body}</svg>");
        let document = roxmltree::Document::parse(&svg).expect("well-formed");
        document.descendants().filter(Node::is_element).try_for_each(|node| fits(node, 100.0))
    }

    #[test]
    fn a_text_over_the_edge_is_refused() {
        assert_eq!(check("<text x=\"10\" y=\"5\">leads</text>"), Ok(()));
        let right = check("<text x=\"60\">leads term 1</text>").expect_err("too far right");
        assert!(right.contains("cut at the right"), "{right}");
        let left = check("<g class=\"end\"><text x=\"60\">leads term 1</text></g>");
        assert!(left.expect_err("too far left").contains("cut at the left"));
        assert_eq!(check("<text class=\"small middle\" x=\"50\">leads term 1</text>"), Ok(()));
        assert!(check("<text class=\"code\" x=\"0\">leads term 12</text>").is_err());
        assert_eq!(check("<text class=\"code small\" x=\"0\">leads term 1</text>"), Ok(()));
    }

    #[test]
    fn parts_with_places_of_their_own_count_alone() {
        let parts = "<text x=\"5\">leads<tspan x=\"5\" dy=\"9\">term 1</tspan> now</text>";
        assert_eq!(check(parts), Ok(()));
        let parts = "<text x=\"5\">leads<tspan x=\"80\" dy=\"9\">term 1</tspan></text>";
        assert!(check(parts).is_err());
        assert_eq!(check("<g transform=\"rotate(3)\"><text x=\"99\">leads</text></g>"), Ok(()));
    }
}
