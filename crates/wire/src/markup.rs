//! HTML in pieces, as a browser's tokenizer takes it apart, at a bounded cost: nothing is nested, so nothing is deep, and what
//! is read is given away at once.

use std::cell::{Cell, RefCell};

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::{RawKind, State};
use html5ever::tokenizer::{
    BufferQueue, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};

/// Bytes that are read before it is looked how long a tag has become.
const PIECE_BYTES: usize = 4 << 10;
/// What long tags may cost together: the tokenizer compares each attribute of a tag with all those before it, so that one of
/// a megabyte would take minutes. As much as one tag, or comment, of 10,000 words; what is behind isn't read.
const COMPARISONS_MAX: usize = 50_000_000;

/// A piece of HTML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// A tag that opens an element.
    Open(Tag),
    /// The name of an element that ends, in lower case.
    Close(String),
    /// Text, its character references decoded; what `script` and `style` hold is text too.
    Text(String),
}

/// A tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// In lower case.
    pub name: String,
    attributes: Vec<(String, String)>,
}

impl Tag {
    /// An attribute's value, decoded; empty for one without.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}

/// Gives away the pieces of any text in their order, comments left out. Time and memory grow with the length alone.
pub fn read(html: &str, each: impl FnMut(Piece)) {
    run(html, TokenizerOpts::default(), each);
}

/// A text with its character references decoded.
pub fn decode(text: &str) -> String {
    let mut decoded = String::with_capacity(text.len());
    // As in a field of text, which no tag ends that wasn't begun.
    let within = TokenizerOpts { initial_state: Some(State::RawData(RawKind::Rcdata)), ..Default::default() };
    run(text, within, |piece| {
        if let Piece::Text(text) = piece {
            decoded.push_str(&text);
        }
    });
    decoded
}

fn run(html: &str, options: TokenizerOpts, each: impl FnMut(Piece)) {
    let tokenizer = Tokenizer::new(Sink { each: RefCell::new(each), given: Cell::new(false) }, options);
    let (mut rest, mut words, mut comparisons) = (html, 0, 0);
    while !rest.is_empty() {
        let (piece, behind) = rest.split_at(rest.floor_char_boundary(PIECE_BYTES));
        rest = behind;
        let queue = BufferQueue::default();
        queue.push_back(StrTendril::from_slice(piece));
        tokenizer.sink.given.set(false);
        // Scripts aren't run, so a piece is read to its end, in one go or more.
        while !queue.is_empty() {
            let _ = tokenizer.feed(&queue);
        }
        if tokenizer.sink.given.get() {
            words = words_in(piece.rsplit('<').next().unwrap_or_default());
            continue;
        }
        // All of it belongs to one tag, which goes on.
        let more = words_in(piece);
        comparisons += words * more;
        words += more;
        if comparisons > COMPARISONS_MAX {
            return;
        }
    }
    tokenizer.end();
}

/// What could be attributes.
fn words_in(tag: &str) -> usize {
    tag.bytes().filter(|b| b.is_ascii_whitespace() || b"/\"'".contains(b)).count()
}

struct Sink<F> {
    each: RefCell<F>,
    /// Whether anything came of the piece that is read.
    given: Cell<bool>,
}

impl<F: FnMut(Piece)> TokenSink for Sink<F> {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut next = TokenSinkResult::Continue;
        let piece = match token {
            Token::TagToken(tag) if tag.kind == TagKind::EndTag => Piece::Close(tag.name.to_string()),
            Token::TagToken(tag) => {
                next = state_within(&tag.name);
                let attributes = tag.attrs.into_iter();
                let attributes =
                    attributes.map(|found| (found.name.local.to_string(), found.value.to_string())).collect();
                Piece::Open(Tag { name: tag.name.to_string(), attributes })
            }
            Token::CharacterTokens(text) => Piece::Text(text.to_string()),
            Token::NullCharacterToken => Piece::Text(char::REPLACEMENT_CHARACTER.to_string()),
            Token::CommentToken(_) | Token::DoctypeToken(_) => {
                self.given.set(true);
                return next;
            }
            Token::EOFToken | Token::ParseError(_) => return next,
        };
        self.given.set(true);
        (self.each.borrow_mut())(piece);
        next
    }
}

/// How the content of an element is read: a browser's tree says so, which isn't made here.
fn state_within(name: &str) -> TokenSinkResult<()> {
    TokenSinkResult::RawData(match name {
        "title" | "textarea" => RawKind::Rcdata,
        "style" | "xmp" | "iframe" | "noembed" | "noframes" => RawKind::Rawtext,
        "script" => RawKind::ScriptData,
        "plaintext" => return TokenSinkResult::Plaintext,
        _ => return TokenSinkResult::Continue,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `<a href=x>` as `<a href=x>`, with text between.
    fn shown(html: &str) -> String {
        let mut out = String::new();
        read(html, |piece| match piece {
            Piece::Open(tag) => {
                let attributes: Vec<_> =
                    tag.attributes.iter().map(|(name, value)| format!(" {name}={value}")).collect();
                out.extend(["<", tag.name.as_str(), attributes.concat().as_str(), ">"]);
            }
            Piece::Close(name) => out.extend(["</", name.as_str(), ">"]),
            Piece::Text(text) => out.push_str(&text),
        });
        out
    }

    #[test]
    fn pieces_are_those_of_a_browser() {
        for (html, pieces) in [
            ("<A HREF='x&amp;y' b>1 &lt 2</a>", "<a href=x&y b=>1 < 2</a>"),
            ("a<!-- <b> -->c<!doctype html>d", "acd"),
            ("<script><b></script><style></b></style>", "<script><b></script><style></b></style>"),
            (
                "<title><b>&amp;</title><textarea></b></textarea>",
                "<title><b>&</title><textarea></b></textarea>",
            ),
            ("<p a=1 a=2>", "<p a=1>"),
            ("1<2 & 3>2 &bogus; &#x20AC;&#128;", "1<2 & 3>2 &bogus; €€"),
            ("a\0b<p\0>\r\n", "a\u{fffd}b<p\u{fffd}>\n"),
            ("<plaintext></plaintext><b>", "<plaintext></plaintext><b>"),
            ("<p>open", "<p>open"),
            ("<p class=\"never closed", ""),
            ("", ""),
        ] {
            assert_eq!(shown(html), pieces, "{html:?}");
        }
    }

    #[test]
    fn references_are_decoded_and_nothing_else() {
        assert_eq!(
            decode("a &amp; &#47;u&sol;T <b href='&quot;'></title>"),
            "a & /u/T <b href='\"'></title>"
        );
    }

    #[test]
    fn hostile_text_is_read_in_time() {
        let deep = "<b><i><table>".repeat(100_000);
        let mut count = 0;
        read(&deep, |_| count += 1);
        assert_eq!(count, 300_000);
        let nuls = "\0".repeat(1 << 20);
        assert_eq!(shown(&nuls).chars().count(), 1 << 20);
        let brackets = "<".repeat(1 << 20);
        assert_eq!(shown(&brackets).len(), 1 << 20);
        let references = "&".repeat(1 << 20);
        assert_eq!(shown(&references).len(), 1 << 20);
        // Each attribute is compared with those before it: minutes, if it were read to its end.
        for separator in [" ", "=\"\" ", "=\">\"", "/"] {
            let attributes: Vec<_> = (0..400_000).map(|n| format!("a{n:x}{separator}")).collect();
            let tag = format!("before<p {}>after", attributes.concat());
            assert_eq!(shown(&tag), "before", "{separator:?}");
        }
        let comment = format!("before<!--{}-->after", "x ".repeat(9_000));
        assert_eq!(shown(&comment), "beforeafter");
    }
}
