//! What a figure may hold, and what it turns into.

mod demo;

use book_builder::figure::{MARKERS, PALETTE, draw};
use demo::{Demo, page};

fn svg(body: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 100 50\">\n\
         <title>A figure</title>\n\
         {body}\n</svg>"
    )
}

#[track_caller]
fn refused(source: &str, expected: &str) {
    match draw(source, "see", "f") {
        Ok(html) => panic!("it was drawn: {html}"),
        Err((_, reason)) => assert!(reason.contains(expected), "want: {expected}\nhave: {reason}"),
    }
}

#[test]
fn a_figure_is_drawn_into_the_page() {
    let html = Demo::new().page("01-vote/index.html");
    let start = html.find("<figure class=\"figure\">").expect("a figure");
    let figure = &html[start..start + html[start..].find("</figure>").expect("its end")];
    for expected in [
        "role=\"img\"",
        "aria-label=\"n1 asks n2 and n3 for their votes; the request to n3 is lost\"",
        "viewbox=\"0 0 600 250\"",
        "style=\"--width:600\"",
        "id=\"figure-01-vote-three-nodes-1-arrow-lost\"",
        "marker-end=\"url(#figure-01-vote-three-nodes-1-arrow-lost)\"",
        "href=\"#figure-01-vote-three-nodes-1-ask\"",
        "lost &amp; gone",
        "<figcaption>n1 needs two of three votes: its own and n2’s.",
        "<code>n1</code> wins",
    ] {
        assert!(figure.contains(expected), "want: {expected}\nin: {figure}");
    }
    assert!(!figure.contains("comment") && !figure.contains("<title>"), "{figure}");
}

#[test]
fn a_figure_twice_on_a_page_shares_no_id() {
    let line = "{{#figure three-nodes.svg | See.}}\n\n";
    page(&format!("# Vote\n\n{line}{line}")).page("01-vote/index.html");
}

#[test]
fn what_would_break_the_page_is_refused() {
    refused("<svg", "not well-formed");
    refused(&svg("<rect></g>"), "not well-formed");
    refused("<!DOCTYPE svg [<!ENTITY a \"b\">]><svg/>", "not well-formed");
    refused("<g/>", "outermost element is not <svg>");
    refused("<svg viewBox=\"0 0 10 10\"/>", "no <title>");
    refused("<svg viewBox=\"0 0 10 10\"><title> </title></svg>", "no <title>");
    refused("<svg><title>A</title></svg>", "no viewBox");
    refused("<svg viewBox=\"0 0 900 10\"><title>A</title></svg>", "with a width up to 760");
    refused("<svg viewBox=\"0 0 NaN 10\"><title>A</title></svg>", "viewBox=");
    refused(&svg("<script>alert(1)</script>"), "<script> is not allowed");
    refused(&svg("<style>p { color: red }</style>"), "<style> is not allowed");
    refused(&svg("<image href=\"a.png\"/>"), "<image> is not allowed");
    refused(&svg("<foreignObject/>"), "<foreignObject> is not allowed");
    refused(&svg("<rect onclick=\"a()\"/>"), "is a script");
    refused(&svg("<rect style=\"fill: red\"/>"), "use a class of the palette");
    refused(&svg("<use href=\"https://example.org/a.svg#b\"/>"), "leads out of the figure");
    refused(&svg("<rect mask=\"url(a.svg#b)\"/>"), "leads out of the figure");
    refused(&svg("<path marker-end=\"url(#arow)\"/>"), "nothing has the id \"arow\"");
    refused(&svg("<rect data-x=\"1\"/>"), "data-x=\"1\" is not allowed");
}

#[test]
fn colours_and_sizes_come_from_the_theme() {
    for colour in ["black", "#fff", "white", "rgb(0,0,0)"] {
        refused(&svg(&format!("<rect fill=\"{colour}\"/>")), "is a fixed colour");
        refused(&svg(&format!("<path stroke=\"{colour}\"/>")), "is a fixed colour");
    }
    refused(&svg("<g class=\"node mesage\"/>"), "no class \"mesage\" in the palette: node, leader");
    refused(&svg("<text font-size=\"9\">a</text>"), "want 13 to 40");
    let fine = svg("<rect fill=\"none\" stroke=\"currentColor\" class=\"good\"/>\
                    <text font-size=\"18\" fill=\"var(--ink-soft)\">a &lt; b</text>");
    let html = draw(&fine, "see", "f").expect("a figure");
    assert!(html.contains("a &lt; b") && !html.contains('\n'), "{html}");
}

#[test]
fn a_fault_is_named_with_both_files() {
    let text = "# Vote\n\n{{#figure nodes.svg | See.}}\n\n\
                {{#figure a.svg}}\n\n\
                {{#figure ../a.svg | See.}}\n\n{{#figure a.png | See.}}\n\n\
                {{#figure b.svg | See.}}\n";
    let demo = page(text).with("book/src/01-vote/b.svg", &svg("<rect fill=\"black\"/>"));
    demo.fails(&[
        "README.md:3: cannot read the figure book/src/01-vote/nodes.svg",
        "README.md:5: want `name.svg | a sentence",
        "README.md:7: `../a.svg` leads out of the page's folder",
        "README.md:9: `a.png` is not the name of an .svg file",
        "README.md:11: book/src/01-vote/b.svg:3: fill=\"black\" is a fixed colour",
    ]);
}

#[test]
fn the_palette_is_the_style_sheet_s() {
    let css = include_str!("../../theme/css/figures.css");
    let comment = &css[..css.find("*/").expect("a comment at the top")];
    for class in PALETTE {
        let described =
            comment.split(|letter: char| !letter.is_alphanumeric()).any(|word| word == *class);
        assert!(described, "figures.css does not describe the class {class}");
        assert!(css.contains(&format!(".{class}")), "figures.css does not draw the class {class}");
    }
    for marker in MARKERS {
        assert!(comment.contains(marker), "figures.css does not describe the marker {marker}");
    }
}
