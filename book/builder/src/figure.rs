//! Figures: SVG files of the book's own, drawn into the page so that they follow its theme.
//!
//! Owns what a figure may hold. Everything is on a list of what is allowed, because the markup
//! becomes part of the page: an element or attribute that is not on it is refused by name, and so
//! is every fixed colour, which would vanish in one of the two themes. Classes come from the
//! palette that `theme/css/figures.css` documents and draws.
//!
//! Invariant: all ids of a drawn figure begin with its own prefix, so two figures on a page, or
//! all figures on the print page, never share one.

use std::fmt::Write as _;

use roxmltree::{Attribute, Document, Node, ParsingOptions};

use crate::html::{escape, inline};

mod extent;

/// The classes that a figure may use; `theme/css/figures.css` says what each is for.
pub const PALETTE: &[&str] = &[
    "node",
    "leader",
    "candidate",
    "follower",
    "down",
    "box",
    "disk",
    "log",
    "entry",
    "message",
    "lost",
    "wait",
    "line",
    "lifeline",
    "good",
    "bad",
    "note",
    "soft",
    "fill",
    "title",
    "label",
    "small",
    "code",
    "middle",
    "end",
];

/// Arrow heads that every figure can name in `marker-end` without defining them.
pub const MARKERS: &[&str] = &["arrow", "arrow-lost", "arrow-good", "arrow-bad", "arrow-soft"];

/// The widest figure: wider ones would be too small to read on a phone.
const WIDEST: f64 = 760.0;

const ELEMENTS: &[&str] = &[
    "svg", "title", "desc", "g", "defs", "marker", "symbol", "use", "path", "line", "polyline",
    "polygon", "rect", "circle", "ellipse", "text", "tspan", "clipPath", "mask", "pattern",
];

const COLOURS: &[&str] = &["fill", "stroke", "color", "stop-color", "flood-color"];

const ATTRIBUTES: &str = "\
    id class viewBox preserveAspectRatio x y x1 y1 x2 y2 dx dy cx cy r rx ry width height d \
    points transform rotate opacity fill-opacity fill-rule stroke-width stroke-dasharray \
    stroke-dashoffset stroke-linecap stroke-linejoin stroke-opacity marker-start marker-mid \
    marker-end markerWidth markerHeight markerUnits orient refX refY text-anchor \
    dominant-baseline font-weight font-style textLength lengthAdjust letter-spacing clip-path \
    clip-rule mask patternUnits patternTransform patternContentUnits maskUnits clipPathUnits \
    href version visibility vector-effect paint-order space";

/// Draws the SVG in `source` as a `<figure>` on one line of HTML. `prefix` keeps its ids apart.
///
/// # Errors
/// The line in the SVG, where it is known, and what is not allowed there.
pub fn draw(source: &str, caption: &str, prefix: &str) -> Result<String, (usize, String)> {
    let options = ParsingOptions { allow_dtd: false, nodes_limit: 20_000, ..Default::default() };
    let document = Document::parse_with_options(source, options)
        .map_err(|error| (error.pos().row as usize, format!("not well-formed: {error}")))?;
    let root = document.root_element();
    let fault = |node: Node<'_, '_>, reason: String| {
        (document.text_pos_at(node.range().start).row as usize, reason)
    };
    if root.tag_name().name() != "svg" {
        return Err(fault(root, "the outermost element is not <svg>".into()));
    }
    let title = root
        .children()
        .find(|child| child.is_element() && child.tag_name().name() == "title")
        .and_then(|title| title.text())
        .map(str::trim)
        .filter(|title| !title.is_empty());
    let Some(title) = title else {
        let reason = "no <title>: it is what a reader who cannot see the figure gets";
        return Err(fault(root, reason.into()));
    };
    let (width, height) = size(root).map_err(|reason| fault(root, reason))?;
    for node in root.descendants().filter(Node::is_element) {
        extent::fits(node, width).map_err(|reason| fault(node, reason))?;
    }
    let ids: Vec<&str> = root.descendants().filter_map(|node| node.attribute("id")).collect();
    let mut drawing = Drawing { prefix, ids, used_markers: Vec::new(), svg: String::new() };
    for child in root.children() {
        drawing.node(child).map_err(|(node, reason)| fault(node, reason))?;
    }
    let name = escape(title);
    let markers = drawing.markers();
    Ok(format!(
        "<figure class=\"figure\"><div class=\"canvas\">\
         <svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{name}\" \
         style=\"--width:{width}\">{markers}{}</svg></div>\
         <figcaption>{}</figcaption></figure>",
        drawing.svg,
        inline(caption)
    ))
}

/// The figure's size from its `viewBox`; one unit is one pixel where there is room.
fn size(root: Node<'_, '_>) -> Result<(f64, f64), String> {
    let wanted = format!("want viewBox=\"0 0 WIDTH HEIGHT\" with a width up to {WIDEST}");
    let view = root.attribute("viewBox").ok_or_else(|| format!("no viewBox; {wanted}"))?;
    let numbers: Vec<f64> = view
        .split([' ', ','])
        .filter(|part| !part.is_empty())
        .map_while(|part| part.parse().ok())
        .collect();
    match numbers[..] {
        [0.0, 0.0, width, height]
            if width > 0.0 && width <= WIDEST && height > 0.0 && height.is_finite() =>
        {
            Ok((width, height))
        }
        _ => Err(format!("viewBox=\"{view}\"; {wanted}")),
    }
}

struct Drawing<'a> {
    prefix: &'a str,
    ids: Vec<&'a str>,
    used_markers: Vec<&'static str>,
    svg: String,
}

type Refused<'a> = (Node<'a, 'a>, String);

impl<'a> Drawing<'a> {
    fn node(&mut self, node: Node<'a, 'a>) -> Result<(), Refused<'a>> {
        if node.is_text() {
            // A line break here would be one in the page's Markdown.
            let words: Vec<&str> =
                node.text().unwrap_or_default().split('\n').map(str::trim).collect();
            let text = match words[..] {
                [_] => node.text().unwrap_or_default().to_owned(),
                _ => words.join(" "),
            };
            self.svg.push_str(&escape(&text));
            return Ok(());
        }
        if !node.is_element() {
            return Ok(());
        }
        let name = node.tag_name().name();
        if !ELEMENTS.contains(&name) {
            return Err((node, format!("<{name}> is not allowed in a figure")));
        }
        if matches!(name, "title" | "desc") && node.parent_element().is_some_and(is_root) {
            // The title is the label of the whole; as an element it would pop up as a tooltip.
            return Ok(());
        }
        let _ = write!(self.svg, "<{name}");
        for attribute in node.attributes() {
            let value = self.attribute(&attribute).map_err(|reason| (node, reason))?;
            let _ = write!(self.svg, " {}=\"{}\"", attribute.name(), escape(&value));
        }
        if node.has_children() {
            self.svg.push('>');
            for child in node.children() {
                self.node(child)?;
            }
            let _ = write!(self.svg, "</{name}>");
        } else {
            self.svg.push_str("/>");
        }
        Ok(())
    }

    /// The value to draw, or why there can be none.
    fn attribute(&mut self, attribute: &Attribute<'a, 'a>) -> Result<String, String> {
        let (name, value) = (attribute.name(), attribute.value().replace(['\n', '\r'], " "));
        if COLOURS.contains(&name) {
            let follows = matches!(value.as_str(), "none" | "currentColor" | "inherit")
                || value.starts_with("var(--");
            if !follows {
                return Err(format!(
                    "{name}=\"{value}\" is a fixed colour; use a class of the palette in \
                     book/theme/css/figures.css, currentColor, none or var(--…)"
                ));
            }
            return Ok(value);
        }
        match name {
            "font-size" => self.font_size(value),
            "style" => Err("style=\"…\" is not allowed; use a class of the palette".into()),
            _ if name.starts_with("on") => Err(format!("{name}=\"…\" is a script")),
            "class" => match value.split_whitespace().find(|class| !PALETTE.contains(class)) {
                None => Ok(value),
                Some(class) => {
                    Err(format!("no class \"{class}\" in the palette: {}", PALETTE.join(", ")))
                }
            },
            "id" => Ok(format!("{}-{value}", self.prefix)),
            "href" => match value.strip_prefix('#') {
                Some(id) => Ok(format!("#{}", self.own(id)?)),
                None => Err(format!("href=\"{value}\" leads out of the figure")),
            },
            name if ATTRIBUTES.split(' ').any(|known| known == name) => {
                self.references(name, value)
            }
            name => Err(format!("the attribute {name}=\"{value}\" is not allowed in a figure")),
        }
    }

    fn font_size(&self, value: String) -> Result<String, String> {
        match value.trim_end_matches("px").parse::<f64>() {
            Ok(size) if (13.0..=40.0).contains(&size) => Ok(value),
            _ => Err(format!("font-size=\"{value}\"; want 13 to 40, to be readable on a phone")),
        }
    }

    /// Follows `url(#id)`, the one address that a value may hold.
    fn references(&mut self, name: &str, value: String) -> Result<String, String> {
        if !value.contains("url(") {
            return Ok(value);
        }
        let id = value.strip_prefix("url(#").and_then(|rest| rest.strip_suffix(')'));
        let Some(id) = id else {
            return Err(format!("{name}=\"{value}\" leads out of the figure"));
        };
        Ok(format!("url(#{})", self.own(id)?))
    }

    /// The prefixed form of an id of this figure, or of a marker that every figure has.
    fn own(&mut self, id: &str) -> Result<String, String> {
        if self.ids.contains(&id) {
            return Ok(format!("{}-{id}", self.prefix));
        }
        let Some(marker) = MARKERS.iter().copied().find(|marker| *marker == id) else {
            return Err(format!(
                "nothing has the id \"{id}\"; defined for you are {}",
                MARKERS.join(", ")
            ));
        };
        if !self.used_markers.contains(&marker) {
            self.used_markers.push(marker);
        }
        Ok(format!("{}-{marker}", self.prefix))
    }

    fn markers(&self) -> String {
        if self.used_markers.is_empty() {
            return String::new();
        }
        let mut defs = String::from("<defs>");
        for marker in &self.used_markers {
            let _ = write!(
                defs,
                "<marker id=\"{}-{marker}\" class=\"{marker}\" viewBox=\"0 0 10 10\" refX=\"9\" \
                 refY=\"5\" markerWidth=\"10\" markerHeight=\"10\" \
                 markerUnits=\"userSpaceOnUse\" orient=\"auto-start-reverse\">\
                 <path d=\"M0 0.8 L10 5 L0 9.2 Z\"/></marker>",
                self.prefix
            );
        }
        defs.push_str("</defs>");
        defs
    }
}

fn is_root(node: Node<'_, '_>) -> bool {
    node.parent_element().is_none()
}
