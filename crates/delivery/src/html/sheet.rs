//! The little of CSS that tells whether something is seen: style sheets, which of their rules hold on a screen, and which
//! elements they are about.

use super::tree::Tree;

/// Most rules that are looked at.
const RULES_MAX: usize = 5_000;
/// Deepest nesting of `@media` and the like.
const DEPTH_MAX: usize = 8;
/// Pixels of an em where nothing says otherwise.
pub(super) const EM: f32 = 16.0;

/// A screen that mail is read on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Screen {
    /// A computer's.
    Wide,
    /// A phone's.
    Narrow,
}

impl Screen {
    pub(super) fn width(self) -> f32 {
        match self {
            Self::Wide => 1024.0,
            Self::Narrow => 375.0,
        }
    }
}

/// One property and its value, both in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Declaration {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) important: bool,
}

/// What stands in a `style` attribute or between the braces of a rule.
pub(super) fn declarations(text: &str) -> Vec<Declaration> {
    let text = without_comments(text);
    let read = |one: &str| {
        let (name, value) = one.split_once(':')?;
        let value = value.trim().to_lowercase();
        let (value, important) = match value.rsplit_once('!') {
            Some((value, word)) if word.trim() == "important" => (value.trim().to_owned(), true),
            _ => (value, false),
        };
        Some(Declaration { name: name.trim().to_lowercase(), value, important })
    };
    split(&text, ';').filter_map(read).collect()
}

/// The rules of all style sheets of a document that hold on a screen, in their order.
#[derive(Default)]
pub(super) struct Sheet(Vec<Rule>);

struct Rule {
    selector: Selector,
    declarations: Vec<Declaration>,
}

impl Sheet {
    /// Adds a style sheet.
    pub(super) fn add(&mut self, text: &str, media: &str, screen: Screen) {
        if holds(media, screen) {
            self.rules(&without_comments(text), screen, 0);
        }
    }

    fn rules(&mut self, mut text: &str, screen: Screen, depth: usize) {
        while let Some(at) = find(text, &['{', ';', '}']) {
            let (head, rest) = (text[..at].trim(), &text[at + 1..]);
            if !text[at..].starts_with('{') {
                text = rest;
                continue;
            }
            let end = closing(rest);
            let body = &rest[..end];
            text = rest.get(end + 1..).unwrap_or_default();
            let lower = head.to_ascii_lowercase();
            if let Some(media) = lower.strip_prefix("@media") {
                if depth < DEPTH_MAX && holds(media, screen) {
                    self.rules(body, screen, depth + 1);
                }
            } else if lower.starts_with("@supports") || lower.starts_with("@layer") {
                if depth < DEPTH_MAX {
                    self.rules(body, screen, depth + 1);
                }
            } else if !head.starts_with('@') {
                let declarations = declarations(body);
                for selector in split(head, ',').filter_map(Selector::parse) {
                    if self.0.len() < RULES_MAX {
                        self.0.push(Rule { selector, declarations: declarations.clone() });
                    }
                }
            }
        }
    }

    /// What the rules say of an element, the weightiest last; those that are important come apart.
    pub(super) fn of(&self, tree: &Tree, element: usize) -> Vec<&Declaration> {
        let mut found: Vec<_> = self.0.iter().filter(|rule| rule.selector.is_of(tree, element)).collect();
        found.sort_by_key(|rule| rule.selector.weight);
        found.into_iter().flat_map(|rule| &rule.declarations).collect()
    }
}

/// Whether a list of media queries is true on a screen.
fn holds(media: &str, screen: Screen) -> bool {
    let media = media.trim().to_ascii_lowercase();
    media.is_empty() || split(&media, ',').any(|query| query_holds(query.trim(), screen))
}

fn query_holds(query: &str, screen: Screen) -> bool {
    let (query, negated) = query.strip_prefix("not ").map_or((query, false), |rest| (rest, true));
    let true_of = query.split(" and ").all(|part| {
        let part = part.trim().trim_start_matches("only ").trim();
        match part.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
            Some(condition) => condition_holds(condition, screen),
            None => matches!(part, "screen" | "all" | ""),
        }
    });
    true_of != negated
}

/// What isn't about the width is taken for true, but that nobody's colours are dark.
fn condition_holds(condition: &str, screen: Screen) -> bool {
    let width = screen.width();
    if let Some((name, value)) = condition.split_once(':') {
        let (name, value) = (name.trim(), value.trim());
        let pixels = pixels(value, EM, screen);
        return match (name, pixels) {
            ("max-width" | "max-device-width", Some(most)) => width <= most,
            ("min-width" | "min-device-width", Some(least)) => width >= least,
            ("width" | "device-width", Some(exactly)) => (width - exactly).abs() < 1.0,
            ("orientation", _) => (value == "landscape") == (screen == Screen::Wide),
            ("prefers-color-scheme", _) => value != "dark",
            _ => true,
        };
    }
    let of_width = |text: &str| text.trim() == "width";
    for (sign, most) in [("<=", true), (">=", false), ("<", true), (">", false)] {
        if let Some((left, right)) = condition.split_once(sign) {
            let (bound, most) = if of_width(left) { (right, most) } else { (left, !most) };
            return pixels(bound.trim(), EM, screen)
                .is_none_or(|bound| if most { width <= bound } else { width >= bound });
        }
    }
    true
}

/// A length in pixels; percentages and unknown units are `None`.
pub(super) fn pixels(value: &str, em: f32, screen: Screen) -> Option<f32> {
    let end = value.find(|c: char| c.is_ascii_alphabetic() || c == '%').unwrap_or(value.len());
    let number: f32 = value[..end].trim().parse().ok()?;
    Some(match &value[end..] {
        "px" => number,
        "" if number.abs() < f32::EPSILON => 0.0,
        "pt" => number * 4.0 / 3.0,
        "pc" => number * 16.0,
        "in" => number * 96.0,
        "cm" => number * 96.0 / 2.54,
        "mm" => number * 96.0 / 25.4,
        "em" => number * em,
        "rem" => number * EM,
        "ex" | "ch" => number * em / 2.0,
        "vw" | "vmin" => number * screen.width() / 100.0,
        "vh" | "vmax" => number * 8.0,
        _ => return None,
    })
}

/// How an element must stand to the one before it in a selector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Joint {
    Within,
    ChildOf,
}

/// One element's part of a selector.
#[derive(Debug, Default)]
struct Compound {
    name: String,
    ids: Vec<String>,
    classes: Vec<String>,
    /// Name, comparison, value.
    attributes: Vec<(String, char, String)>,
}

/// Which elements a rule is about. What isn't understood is about none.
#[derive(Debug)]
struct Selector {
    /// From the element itself outwards; the joint is the one towards the next.
    parts: Vec<(Compound, Joint)>,
    weight: (usize, usize, usize),
}

impl Selector {
    fn parse(text: &str) -> Option<Self> {
        let mut parts: Vec<(Compound, Joint)> = Vec::new();
        let mut joint = Joint::Within;
        let text = text.replace('>', " > ");
        for word in words(&text) {
            match word {
                ">" => joint = Joint::ChildOf,
                "+" | "~" => return None,
                word => {
                    parts.push((Compound::parse(word)?, joint));
                    joint = Joint::Within;
                }
            }
        }
        let count = |of: fn(&Compound) -> usize| parts.iter().map(|(part, _)| of(part)).sum();
        let weight = (
            count(|part| part.ids.len()),
            count(|part| part.classes.len() + part.attributes.len()),
            count(|part| usize::from(!part.name.is_empty())),
        );
        parts.reverse();
        (!parts.is_empty()).then_some(Self { parts, weight })
    }

    fn is_of(&self, tree: &Tree, element: usize) -> bool {
        self.parts[0].0.is_of(tree, element) && self.stands(tree, element, 0)
    }

    /// Whether what `element` stands in fits the parts after `at`.
    fn stands(&self, tree: &Tree, element: usize, at: usize) -> bool {
        let Some((next, _)) = self.parts.get(at + 1) else { return true };
        let mut outer = tree.0[element].parent;
        while let Some(parent) = outer {
            if next.is_of(tree, parent) && self.stands(tree, parent, at + 1) {
                return true;
            }
            if self.parts[at].1 == Joint::ChildOf {
                return false;
            }
            outer = tree.0[parent].parent;
        }
        false
    }
}

impl Compound {
    fn parse(text: &str) -> Option<Self> {
        let mut compound = Self::default();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let tail = match first {
                '.' | '#' | ':' | '[' => &rest[1..],
                _ => rest,
            };
            if first == '[' {
                let (inside, after) = tail.split_once(']')?;
                compound.attributes.push(attribute(inside));
                rest = after;
                continue;
            }
            let end = tail.find(['.', '#', ':', '[']).unwrap_or(tail.len());
            let (name, after) = tail.split_at(end);
            match first {
                '.' => compound.classes.push(name.to_owned()),
                '#' => compound.ids.push(name.to_owned()),
                // Links that nobody has touched; what depends on anything else isn't known.
                ':' if matches!(name, "link" | "any-link") => {
                    compound.attributes.push(("href".to_owned(), ' ', String::new()));
                }
                ':' => return None,
                _ if name != "*" => compound.name = name.to_ascii_lowercase(),
                _ => {}
            }
            rest = after;
        }
        Some(compound)
    }

    fn is_of(&self, tree: &Tree, node: usize) -> bool {
        let name = tree.name(node);
        let has = |attribute: &str, wanted: &str| {
            let value = tree.attribute(node, attribute).unwrap_or_default();
            value.split_ascii_whitespace().any(|word| word == wanted)
        };
        !name.is_empty()
            && (self.name.is_empty() || self.name == name)
            && self.ids.iter().all(|id| tree.attribute(node, "id") == Some(id))
            && self.classes.iter().all(|class| has("class", class))
            && self.attributes.iter().all(|(name, comparison, wanted)| {
                tree.attribute(node, name).is_some_and(|value| match comparison {
                    '=' => value == wanted,
                    '~' => has(name, wanted),
                    '*' => value.contains(wanted.as_str()),
                    '^' => value.starts_with(wanted.as_str()),
                    '$' => value.ends_with(wanted.as_str()),
                    '|' => value == wanted || value.starts_with(&format!("{wanted}-")),
                    _ => true,
                })
            })
    }
}

/// `class~="x"`: name, comparison and value.
fn attribute(text: &str) -> (String, char, String) {
    let Some((name, value)) = text.split_once('=') else {
        return (text.trim().to_ascii_lowercase(), ' ', String::new());
    };
    let comparison = name.chars().last().filter(|c| "~*^$|".contains(*c)).unwrap_or('=');
    let name = name.trim_end_matches(['~', '*', '^', '$', '|']).trim().to_ascii_lowercase();
    (name, comparison, value.trim().trim_matches(['"', '\'']).to_owned())
}

fn without_comments(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("/*") {
        clean.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, rest)| rest);
    }
    clean.push_str(rest);
    clean.replace("<!--", "").replace("-->", "")
}

/// The first of some characters outside quotes and brackets.
fn find(text: &str, wanted: &[char]) -> Option<usize> {
    let (mut quote, mut depth) = (None, 0_usize);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), _) => quote = Some(open).filter(|open| *open != c),
            (None, '"' | '\'') => quote = Some(c),
            (None, _) if depth == 0 && wanted.contains(&c) => return Some(at),
            (None, '(' | '[') => depth += 1,
            (None, ')' | ']') => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// Where the block that is open at the start of `text` ends.
fn closing(text: &str) -> usize {
    let (mut at, mut depth) = (0, 1_usize);
    while let Some(next) = find(&text[at..], &['{', '}']) {
        at += next;
        depth = if text[at..].starts_with('{') { depth + 1 } else { depth - 1 };
        if depth == 0 {
            return at;
        }
        at += 1;
    }
    text.len()
}

fn split(text: &str, at: char) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let (part, tail) = match find(text, &[at]) {
            Some(end) => (&text[..end], Some(&text[end + at.len_utf8()..])),
            None => (text, None),
        };
        rest = tail;
        Some(part)
    })
}

/// Parts at white space outside quotes and brackets.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_start();
        if rest.is_empty() {
            return None;
        }
        let end = find(rest, &[' ', '\t', '\n', '\r', '\u{c}']).unwrap_or(rest.len());
        let (word, tail) = rest.split_at(end);
        rest = tail;
        Some(word)
    })
}
