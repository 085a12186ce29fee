//! How much work HTML is to read.
//!
//! The tree that a browser, and our sanitiser, makes of HTML can be far larger than the text: an element that isn't closed is
//! looked at again by each one behind it, and some are made again in each paragraph. So the text is read once without
//! keeping anything, in small pieces, until it is through or has cost too much.

use std::borrow::Cow;
use std::cell::Cell;
use std::rc::Rc;

use html5ever::interface::{ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::tendril::{StrTendril, TendrilSink as _};
use html5ever::{Attribute, ExpandedName, ParseOpts, QualName, local_name, ns, parse_fragment};

/// Elements that are made.
const ELEMENTS_MAX: usize = 10_000;
/// Elements in each other.
const DEPTH_MAX: usize = 100;
/// Looks at elements while reading: some 20 for each element of an ordinary page.
const LOOKS_MAX: usize = 1_000_000;
/// Bytes that are read before the counts are looked at again.
const PIECE_BYTES: usize = 256;
/// Words in a tag: each attribute is compared with those before it.
const WORDS_MAX: usize = 64;

/// Whether HTML can be read without much work.
pub(super) fn is_light(html: &str) -> bool {
    if html.split('>').any(|piece| tag_words(piece) > WORDS_MAX) {
        return false;
    }
    let counts = Rc::new(Counts::default());
    let sink = Scale { document: Rc::new(Node::new(plain("html"))), counts: Rc::clone(&counts) };
    let context = QualName::new(None, ns!(html), local_name!("div"));
    let mut parser = parse_fragment(sink, ParseOpts::default(), context, Vec::new(), false);
    let mut rest = html;
    while !rest.is_empty() {
        let end = (PIECE_BYTES..=rest.len()).find(|at| rest.is_char_boundary(*at)).unwrap_or(rest.len());
        parser.process(StrTendril::from_slice(&rest[..end]));
        rest = &rest[end..];
        if !counts.is_light() {
            return false;
        }
    }
    parser.finish();
    counts.is_light()
}

/// The words from the beginning of a tag on, in what stands before the next `>`.
fn tag_words(piece: &str) -> usize {
    let begins = |at: &usize| piece[at + 1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
    let Some(tag) = piece.match_indices('<').map(|(at, _)| at).find(begins) else { return 0 };
    piece[tag..].split(|c: char| c.is_ascii_whitespace() || c == '/').filter(|word| !word.is_empty()).count()
}

fn plain(name: &str) -> QualName {
    QualName::new(None, ns!(html), name.into())
}

#[derive(Default)]
struct Counts {
    elements: Cell<usize>,
    looks: Cell<usize>,
    depth: Cell<usize>,
}

impl Counts {
    fn is_light(&self) -> bool {
        self.elements.get() <= ELEMENTS_MAX && self.looks.get() <= LOOKS_MAX && self.depth.get() <= DEPTH_MAX
    }

    fn look(&self) {
        self.looks.set(self.looks.get() + 1);
    }
}

/// An element, as far as reading on needs it.
struct Node {
    name: QualName,
    depth: Cell<usize>,
}

impl Node {
    fn new(name: QualName) -> Self {
        Self { name, depth: Cell::new(0) }
    }
}

/// Takes what is read, and counts.
struct Scale {
    document: Rc<Node>,
    counts: Rc<Counts>,
}

impl Scale {
    fn place(&self, depth: usize, child: &NodeOrText<Rc<Node>>) {
        self.counts.look();
        if let NodeOrText::AppendNode(node) = child {
            node.depth.set(depth);
            self.counts.depth.set(self.counts.depth.get().max(depth));
        }
    }
}

impl TreeSink for Scale {
    type Handle = Rc<Node>;
    type Output = ();
    type ElemName<'a> = ExpandedName<'a>;

    fn finish(self) {}

    fn parse_error(&self, _: Cow<'static, str>) {}

    fn get_document(&self) -> Rc<Node> {
        Rc::clone(&self.document)
    }

    fn elem_name<'a>(&'a self, target: &'a Rc<Node>) -> ExpandedName<'a> {
        self.counts.look();
        target.name.expanded()
    }

    fn create_element(&self, name: QualName, _: Vec<Attribute>, _: ElementFlags) -> Rc<Node> {
        self.counts.elements.set(self.counts.elements.get() + 1);
        Rc::new(Node::new(name))
    }

    fn create_comment(&self, _: StrTendril) -> Rc<Node> {
        Rc::new(Node::new(plain("")))
    }

    fn create_pi(&self, _: StrTendril, _: StrTendril) -> Rc<Node> {
        Rc::new(Node::new(plain("")))
    }

    fn append(&self, parent: &Rc<Node>, child: NodeOrText<Rc<Node>>) {
        self.place(parent.depth.get() + 1, &child);
    }

    fn append_based_on_parent_node(&self, element: &Rc<Node>, _: &Rc<Node>, child: NodeOrText<Rc<Node>>) {
        self.place(element.depth.get(), &child);
    }

    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}

    fn get_template_contents(&self, target: &Rc<Node>) -> Rc<Node> {
        Rc::clone(target)
    }

    fn same_node(&self, one: &Rc<Node>, other: &Rc<Node>) -> bool {
        self.counts.look();
        Rc::ptr_eq(one, other)
    }

    fn set_quirks_mode(&self, _: QuirksMode) {}

    fn append_before_sibling(&self, sibling: &Rc<Node>, child: NodeOrText<Rc<Node>>) {
        self.place(sibling.depth.get(), &child);
    }

    fn add_attrs_if_missing(&self, _: &Rc<Node>, _: Vec<Attribute>) {}

    fn remove_from_parent(&self, _: &Rc<Node>) {}

    fn reparent_children(&self, _: &Rc<Node>, _: &Rc<Node>) {
        self.counts.look();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_light() {
        let page = "<h1>News</h1><p>One<br>two <b>three</b> &amp; a &lt; b<ul><li>a<li>b</ul><table><tr><td>x<td>y</table>";
        assert!(is_light(page));
        assert!(is_light(&page.repeat(500)));
        assert!(is_light(&format!("<p>{}</p>", "many words, a < b, ".repeat(3_000))));
        assert!(is_light(&"<p>unclosed ".repeat(2_000)));
        assert!(is_light(""));
    }

    #[test]
    fn what_would_grow_is_heavy() {
        let numbered = |part: &str, count: usize| {
            (0..count).map(|at| part.replace('#', &at.to_string())).collect::<String>()
        };
        for heavy in [
            "<div>".repeat(10_000),
            "<b>".repeat(10_000),
            "<table><tr><td>".repeat(3_000),
            "<blockquote><p>".repeat(3_000),
            "<a><a>".repeat(8_000),
            "<svg>".repeat(5_000),
            numbered("<b a#>", 5_000),
            numbered("<p><b a#>x", 4_000),
            numbered("<font c=#><p>", 4_000),
            numbered("<i c#></p>", 4_000),
            numbered("<b a#><table><td></b></table>", 3_000),
            format!("<p {}>", numbered("a# ", 10_000)),
            format!("<p {}>", numbered("/a#", 10_000)),
            "<!--><div>".repeat(5_000),
        ] {
            assert!(!is_light(&heavy), "{}", &heavy[..60]);
        }
    }
}
