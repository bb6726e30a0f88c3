//! Small pieces of HTML that can stand in a Markdown page.
//!
//! Invariant: what [`one_line`] returns holds no line break, so it is one HTML block wherever
//! Markdown finds it, in a list item too, and no blank line can end it early.

/// Escapes text for an element's content or a quoted attribute.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + text.len() / 8);
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// Replaces line breaks by their character reference: the browser shows the same.
pub(crate) fn one_line(html: &str) -> String {
    html.replace('\r', "").replace('\n', "&#10;")
}

/// Escapes a title or a sentence, with text between backticks as code.
pub(crate) fn inline(text: &str) -> String {
    let mut parts = text.split('`');
    let mut html = words(parts.next().unwrap_or_default());
    let rest: Vec<&str> = parts.collect();
    for (index, part) in rest.iter().enumerate() {
        let code = index % 2 == 0;
        let closed = index + 1 < rest.len();
        match (code, closed) {
            (true, true) => html.push_str(&format!("<code>{}</code>", escape(part))),
            (true, false) => html.push_str(&format!("`{}", words(part))),
            (false, _) => html.push_str(&words(part)),
        }
    }
    html
}

/// Escaped, with the curly quotes that mdBook gives the rest of the page.
fn words(text: &str) -> String {
    let mut before = ' ';
    let mut curly = String::with_capacity(text.len());
    for letter in text.chars() {
        let opens = before.is_whitespace() || matches!(before, '(' | '[' | '“' | '‘');
        curly.push(match (letter, opens) {
            ('"', true) => '“',
            ('"', false) => '”',
            ('\'', true) => '‘',
            ('\'', false) => '’',
            (other, _) => other,
        });
        before = letter;
    }
    escape(&curly)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_escaped_and_backticks_become_code() {
        assert_eq!(escape("a<b> & \"c\""), "a&lt;b&gt; &amp; &quot;c&quot;");
        assert_eq!(
            inline("n1 calls `grants()` & wins"),
            "n1 calls <code>grants()</code> &amp; wins"
        );
        assert_eq!(inline("one ` alone"), "one ` alone");
        assert_eq!(inline("n2's \"vote\" `'a'`"), "n2’s “vote” <code>'a'</code>");
        assert_eq!(one_line("a\r\n\nb"), "a&#10;&#10;b");
    }
}
