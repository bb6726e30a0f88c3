//! What a finished page refers to, and what can be referred to in it.
//!
//! Owns the reading of HTML and CSS; leaves to `links` whether what it finds is right.

use std::cell::RefCell;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};

/// A place in a page that names another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reference {
    /// Followed when a reader asks for it: `<a href>`.
    Link(String),
    /// Fetched with the page: a script, a style, an image, a font.
    Resource { what: String, address: String },
    /// An id in the same page.
    Id(String),
}

/// One page or style sheet.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Anatomy {
    /// Every id, in order, also if it occurs twice.
    pub ids: Vec<String>,
    pub references: Vec<Reference>,
}

/// Takes an HTML page apart.
pub(crate) fn page(html: &str) -> Anatomy {
    let queue = BufferQueue::default();
    queue.push_back(StrTendril::from(html));
    let tokenizer = Tokenizer::new(Reader::default(), TokenizerOpts::default());
    // A script's text pauses the tokenizer at its end tag; it goes on where it stopped.
    while !queue.is_empty() {
        let _ = tokenizer.feed(&queue);
    }
    tokenizer.end();
    let reader = tokenizer.sink;
    let mut anatomy = reader.anatomy.into_inner();
    anatomy.references.extend(style(&reader.styles.into_inner()));
    anatomy
}

/// What a style sheet fetches.
pub(crate) fn style(css: &str) -> Vec<Reference> {
    let mut found = Vec::new();
    for (start, what) in [("url(", "url()"), ("@import", "@import")] {
        for part in css.split(start).skip(1) {
            let part = part.trim_start();
            let end = match part.chars().next() {
                Some(quote @ ('"' | '\'')) => part[1..].find(quote).map(|end| end + 1),
                _ => part.find([')', ';']),
            };
            let address = &part[..end.unwrap_or(part.len())];
            let address = address.trim_matches(['"', '\'', ' ']).to_owned();
            if what == "@import" && address.starts_with("url(") {
                continue;
            }
            found.push(Reference::Resource { what: what.to_owned(), address });
        }
    }
    found
}

#[derive(Default)]
struct Reader {
    anatomy: RefCell<Anatomy>,
    styles: RefCell<String>,
    in_style: RefCell<bool>,
}

impl TokenSink for Reader {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        match token {
            Token::TagToken(tag) if tag.kind == TagKind::StartTag => {
                self.tag(&tag);
                *self.in_style.borrow_mut() = &*tag.name == "style";
                match &*tag.name {
                    "script" => TokenSinkResult::RawData(RawKind::ScriptData),
                    "style" => TokenSinkResult::RawData(RawKind::Rawtext),
                    _ => TokenSinkResult::Continue,
                }
            }
            Token::TagToken(_) => {
                *self.in_style.borrow_mut() = false;
                TokenSinkResult::Continue
            }
            Token::CharacterTokens(text) if *self.in_style.borrow() => {
                self.styles.borrow_mut().push_str(&text);
                TokenSinkResult::Continue
            }
            _ => TokenSinkResult::Continue,
        }
    }
}

impl Reader {
    fn tag(&self, tag: &Tag) {
        let mut anatomy = self.anatomy.borrow_mut();
        let element = &*tag.name;
        for attribute in &tag.attrs {
            let value = attribute.value.trim();
            let resource = |address: &str| Reference::Resource {
                what: format!("<{element} {}>", &*attribute.name.local),
                address: address.to_owned(),
            };
            match (&*attribute.name.local, element) {
                ("id", _) => anatomy.ids.push(value.to_owned()),
                ("name", "a") => anatomy.ids.push(value.to_owned()),
                ("href", "a" | "area") => anatomy.references.push(Reference::Link(value.into())),
                ("href" | "xlink:href", "use") if value.starts_with('#') => {
                    anatomy.references.push(Reference::Id(value[1..].to_owned()));
                }
                ("href" | "xlink:href", _)
                | ("src" | "poster" | "action" | "formaction" | "background" | "manifest", _)
                | ("data", "object") => anatomy.references.push(resource(value)),
                ("srcset", _) => {
                    for candidate in
                        value.split(',').filter_map(|part| part.split_whitespace().next())
                    {
                        anatomy.references.push(resource(candidate));
                    }
                }
                ("for" | "aria-labelledby" | "aria-describedby" | "aria-controls", _) => {
                    let ids = value.split_whitespace().map(|id| Reference::Id(id.to_owned()));
                    anatomy.references.extend(ids);
                }
                (_, _) if value.contains("url(") => {
                    for reference in style(value) {
                        anatomy.references.push(match reference {
                            Reference::Resource { address, .. } if address.starts_with('#') => {
                                Reference::Id(address[1..].to_owned())
                            }
                            other => other,
                        });
                    }
                }
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_taken_apart() {
        let anatomy = page(
            "<script>if (1 < 2) document.write('<a href=\"no\">')</script><h1 id=a>x</h1>\
             <a href='b.html#c'>b</a><style>p { background: url(\"p.png\") }</style>\
             <img src=i.png srcset='i.png 1x, j.png 2x'><svg><use href='#u'/>\
             <path marker-end='url(#m)'/></svg><label for=f></label><script src=s.js></script>",
        );
        let resource = |what: &str, address: &str| Reference::Resource {
            what: what.to_owned(),
            address: address.to_owned(),
        };
        assert_eq!(anatomy.ids, ["a"]);
        assert_eq!(
            anatomy.references,
            [
                Reference::Link("b.html#c".to_owned()),
                resource("<img src>", "i.png"),
                resource("<img srcset>", "i.png"),
                resource("<img srcset>", "j.png"),
                Reference::Id("u".to_owned()),
                Reference::Id("m".to_owned()),
                Reference::Id("f".to_owned()),
                resource("<script src>", "s.js"),
                resource("url()", "p.png"),
            ]
        );
    }

    #[test]
    fn a_style_sheet_names_what_it_fetches() {
        let found = style("@import 'a.css'; @import url(b.css); p { src: url( 'c.woff' ) }");
        let addresses: Vec<String> = found
            .into_iter()
            .map(|reference| match reference {
                Reference::Resource { address, .. } => address,
                other => format!("{other:?}"),
            })
            .collect();
        assert_eq!(addresses, ["b.css", "c.woff", "a.css"]);
    }
}
