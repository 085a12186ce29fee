//! A look at HTML as readers have it: which links they can see and click, what those say, and where else addresses stand.

mod sheet;
mod style;
mod tree;

pub(crate) use self::sheet::Screen;
use self::sheet::Sheet;
use self::style::Style;
use self::tree::{Data, Tree};

/// Characters kept of what stands around a link, on each side.
const AROUND_MAX: usize = 300;

/// What a link says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct LinkText {
    /// The words that are shown, or those that stand for a picture.
    pub shown: String,
    /// What is read out in their place, and what is shown when one points at it.
    pub labels: Vec<String>,
    /// What stands before it in the same block, from the link before on.
    pub before: String,
    /// What stands behind it, up to the next link.
    pub after: String,
}

/// Who sees a link.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    /// On a computer's screen.
    pub wide: bool,
    /// On a phone's.
    pub narrow: bool,
}

impl Seen {
    /// Whether anybody does.
    pub(crate) fn by_anybody(self) -> bool {
        self.wide || self.narrow
    }

    /// Whether it is seen on a screen.
    pub(crate) fn on(self, screen: Screen) -> bool {
        match screen {
            Screen::Wide => self.wide,
            Screen::Narrow => self.narrow,
        }
    }
}

/// One thing of interest in HTML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    /// The `href` of an `<a>` or `<area>`.
    Link {
        /// The address.
        href: String,
        /// What it says.
        text: LinkText,
        /// Who sees it: it has content, and neither that nor what holds it is hidden.
        seen: Seen,
    },
    /// A comment, with what is in it. Conditional comments of old mail programs are comments to all others.
    Comment(String),
    /// Another attribute's value.
    Attribute {
        /// Of which element.
        tag: String,
        /// Its name.
        name: String,
        /// Its value.
        value: String,
    },
}

/// Looks through `html`.
pub(crate) fn scan(html: &str) -> Vec<Found> {
    let tree = Tree::read(html);
    let mut wide = Walk::through(&tree, Screen::Wide);
    let narrow = Walk::through(&tree, Screen::Narrow);
    for (found, other) in wide.iter_mut().zip(narrow) {
        if let (Found::Link { seen, text, .. }, Found::Link { seen: on_phones, text: there, .. }) =
            (found, other)
        {
            seen.narrow = on_phones.narrow;
            if !seen.wide && seen.narrow {
                *text = there;
            }
        }
    }
    wide
}

/// Elements that text doesn't flow across.
const BLOCKS: [&str; 24] = [
    "p",
    "div",
    "td",
    "th",
    "tr",
    "table",
    "tbody",
    "li",
    "ul",
    "ol",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "section",
    "article",
    "header",
    "footer",
    "center",
    "blockquote",
    "body",
    "pre",
];

/// One way through a document, as it looks on one screen.
struct Walk<'t> {
    tree: &'t Tree,
    screen: Screen,
    sheet: Sheet,
    found: Vec<Found>,
    /// The open link's place in `found`.
    link: Option<usize>,
    /// The link that text behind it belongs to.
    last: Option<usize>,
    /// What was shown since the last link or the beginning of the block.
    since: String,
}

/// What is to be done next.
enum Step {
    Enter(usize, std::rc::Rc<Style>),
    Leave(usize, Option<usize>),
}

impl<'t> Walk<'t> {
    fn through(tree: &'t Tree, screen: Screen) -> Vec<Found> {
        let mut walk = Walk {
            tree,
            screen,
            sheet: sheets(tree, screen),
            found: Vec::new(),
            link: None,
            last: None,
            since: String::new(),
        };
        let mut steps = vec![Step::Enter(0, std::rc::Rc::new(Style::root()))];
        while let Some(step) = steps.pop() {
            match step {
                Step::Enter(node, around) => walk.enter(node, &around, &mut steps),
                Step::Leave(node, link) => walk.leave(node, link),
            }
        }
        walk.found
    }

    fn enter(&mut self, node: usize, around: &std::rc::Rc<Style>, steps: &mut Vec<Step>) {
        let tree = self.tree;
        let children = |style: &std::rc::Rc<Style>, steps: &mut Vec<Step>| {
            let children = tree.0[node].children.iter().rev();
            steps.extend(children.map(|child| Step::Enter(*child, std::rc::Rc::clone(style))));
        };
        match &tree.0[node].data {
            Data::Root => children(around, steps),
            Data::Comment(text) => self.found.push(Found::Comment(text.clone())),
            Data::Text(text) => {
                if around.shows_text() {
                    self.text(text);
                }
            }
            Data::Element(name, attributes) => {
                let style = around.within(name, attributes, &self.sheet.of(tree, node), self.screen);
                if BLOCKS.contains(&&**name) {
                    self.new_block();
                }
                let outer = self.link;
                self.attributes(name, attributes, &style);
                let picture = matches!(&**name, "img" | "svg" | "input");
                if picture && style.shows_picture(attributes, self.screen) {
                    let alt = attributes.iter().find(|(name, _)| name == "alt");
                    self.show(alt.map_or("", |(_, alt)| alt));
                }
                if name == "br" {
                    self.text(" ");
                }
                steps.push(Step::Leave(node, outer));
                children(&std::rc::Rc::new(style), steps);
            }
        }
    }

    fn leave(&mut self, node: usize, outer: Option<usize>) {
        let name = self.tree.name(node);
        if self.link != outer {
            self.last = self.link;
            self.link = outer;
        }
        if BLOCKS.contains(&name) {
            self.new_block();
        }
    }

    fn new_block(&mut self) {
        self.since.clear();
        self.last = None;
    }

    fn attributes(&mut self, name: &str, attributes: &[(String, String)], style: &Style) {
        for (attribute, value) in attributes {
            if attribute == "href" && matches!(name, "a" | "area") {
                let labels =
                    attributes.iter().filter(|(name, _)| matches!(&**name, "aria-label" | "title" | "alt"));
                let labels = labels.map(|(_, label)| label.clone()).collect();
                let text =
                    LinkText { labels, before: std::mem::take(&mut self.since), ..LinkText::default() };
                self.found.push(Found::Link { href: value.trim().to_owned(), text, seen: Seen::default() });
                let place = self.found.len() - 1;
                if name == "area" {
                    if style.shows_picture(&[], self.screen) {
                        self.see(place);
                    }
                } else {
                    self.link = Some(place);
                }
            } else {
                self.found.push(Found::Attribute {
                    tag: name.to_owned(),
                    name: attribute.clone(),
                    value: value.clone(),
                });
            }
        }
    }

    fn text(&mut self, text: &str) {
        let blank =
            |c: char| c.is_whitespace() || "\u{200b}\u{200c}\u{200d}\u{feff}\u{ad}\u{34f}".contains(c);
        if text.chars().all(blank) {
            self.words(" ");
        } else {
            self.show(text);
        }
    }

    /// Something is seen; `words` are what it says.
    fn show(&mut self, words: &str) {
        if let Some(place) = self.link {
            self.see(place);
        }
        self.words(words);
    }

    fn see(&mut self, place: usize) {
        let screen = self.screen;
        if let Some(Found::Link { seen, .. }) = self.found.get_mut(place) {
            match screen {
                Screen::Wide => seen.wide = true,
                Screen::Narrow => seen.narrow = true,
            }
        }
    }

    fn words(&mut self, words: &str) {
        if let Some(Found::Link { text, .. }) = self.link.and_then(|place| self.found.get_mut(place)) {
            text.shown.push_str(words);
            return;
        }
        if let Some(Found::Link { text, .. }) = self.last.and_then(|place| self.found.get_mut(place))
            && text.after.len() < AROUND_MAX
        {
            text.after.push_str(words);
        }
        self.since.push_str(words);
        if self.since.len() > 2 * AROUND_MAX {
            let at = self.since.ceil_char_boundary(self.since.len() - AROUND_MAX);
            self.since.drain(..at);
        }
    }
}

/// The style sheets of a document that hold on a screen. Those in comments don't.
fn sheets(tree: &Tree, screen: Screen) -> Sheet {
    let mut sheet = Sheet::default();
    for node in (0..tree.0.len()).filter(|node| tree.name(*node) == "style") {
        let media = tree.attribute(node, "media").unwrap_or_default();
        for child in &tree.0[node].children {
            if let Data::Text(text) = &tree.0[*child].data {
                sheet.add(text, media, screen);
            }
        }
    }
    sheet
}

#[cfg(test)]
mod tests;
