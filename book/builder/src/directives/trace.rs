//! `{{#trace 1 module::test | what to see}}`: a run to step through, recorded from the solution.
//!
//! The first of a page brings the player's style and script along. Where there is no solution, a
//! sentence stands in the run's place.

use harness::player;

use crate::context::{Context, Expanded};
use crate::html::inline;

/// Puts the player with the run into the page.
pub(super) fn expand(context: &Context<'_>, words: &str) -> Expanded {
    let (chapter, test, caption) = parts(words)
        .ok_or("want `1 module::test | a sentence that says what to see`, 1 being the chapter")?;
    let caption = format!("<figcaption>{}</figcaption>", inline(caption));
    let Some(trace) = context.checkout.trace(chapter, test)? else {
        return Ok(format!(
            "<figure class=\"trace\"><p class=\"absent\">This run is recorded from the solution, \
             which this copy does not have: <code>cargo workbook play {chapter}</code> shows a run \
             of your own code.</p>{caption}</figure>"
        ));
    };
    let stem = context.page.html.trim_end_matches(".html").replace(['/', '.', '_'], "-");
    let id = format!("trace-{stem}-{}", context.traces + 1);
    // To Markdown, an empty line would be the end of the figure.
    let fragment = player::fragment(&trace, &id);
    let lines = fragment.lines().map(|line| if line.trim().is_empty() { "&nbsp;" } else { line });
    let player = lines.collect::<Vec<&str>>().join("\n");
    let figure = format!("<figure class=\"trace\">\n{player}\n{caption}</figure>");
    if context.traces > 0 {
        return Ok(figure);
    }
    let (style, script) = (player::style(), player::script());
    Ok(format!("<style>\n{style}</style>\n\n{figure}\n\n<script>\n{script}</script>"))
}

/// The chapter, the test and the caption.
fn parts(words: &str) -> Option<(u32, &str, &str)> {
    let (run, caption) = words.split_once('|')?;
    let (chapter, test) = run.trim().split_once(' ')?;
    let (test, caption) = (test.trim(), caption.trim());
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "_:".contains(letter);
    let is_test = !test.is_empty() && test.chars().all(plain);
    (is_test && !caption.is_empty()).then_some((chapter.parse().ok()?, test, caption))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_a_chapter_a_test_and_a_caption() {
        assert_eq!(parts("1 votes::early | n2 waits."), Some((1, "votes::early", "n2 waits.")));
        for wrong in ["", "1", "1 a::b", "1 a::b |", "one a::b | c", "1 a b | c", "| c", "1 | c"] {
            assert_eq!(parts(wrong), None, "{wrong}");
        }
    }
}
