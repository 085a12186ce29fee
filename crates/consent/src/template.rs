//! How deep a template is, told before anything reads it.
//!
//! MiniJinja reads templates by recursion, and what it makes of a chain such as `a|upper|upper|…` or of `elif` after `elif`
//! is as deep as the chain is long. So a short text could use up a thread's stack, which ends the process. What is counted
//! here bounds every such depth: the words and signs of one expression, and the statements that are open at one place.

/// Most words and signs in one expression or statement.
pub const SIGNS_MAX: usize = 400;
/// Most statements open at one place; each `elif` counts as one more.
pub const OPEN_MAX: usize = 48;

/// Why a template isn't read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TooDeep {
    /// One expression is too long.
    #[error("an expression has more than {SIGNS_MAX} words and signs: split it")]
    Expression {
        /// Its line, from 1.
        line: usize,
    },
    /// Too many statements stand in each other.
    #[error("more than {OPEN_MAX} statements stand in each other (each `elif` counts)")]
    Statements {
        /// The line of the last one, from 1.
        line: usize,
    },
}

impl TooDeep {
    /// The line, from 1.
    pub const fn line(&self) -> usize {
        match self {
            Self::Expression { line } | Self::Statements { line } => *line,
        }
    }
}

/// The expressions and statements of a template, in order, each with the place where it begins and without its delimiters.
/// Reads as MiniJinja does: strings hide delimiters, comments and `raw` hide everything.
pub fn blocks(source: &str) -> Vec<(usize, Block<'_>)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = source[at..].find('{').map(|brace| at + brace) {
        let Some(kind) = source.as_bytes().get(next + 1) else { break };
        let inner = next + 2;
        at = match kind {
            b'{' => {
                let end = end_of(source, inner);
                found.push((next, Block::Expression(&source[inner..end])));
                (end + 2).min(source.len())
            }
            b'%' => {
                let end = end_of(source, inner);
                let text = &source[inner..end];
                found.push((next, Block::Statement(text)));
                let behind = (end + 2).min(source.len());
                if first_word(text) == "raw" { end_of_raw(source, behind) } else { behind }
            }
            b'#' => source[inner..].find("#}").map_or(source.len(), |end| inner + end + 2),
            _ => next + 1,
        };
        // A delimiter may be cut by the end of the text, or stand before a character of several bytes.
        while !source.is_char_boundary(at) {
            at += 1;
        }
    }
    found
}

/// A part of a template that isn't text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Block<'s> {
    /// Of `{{ … }}`.
    Expression(&'s str),
    /// Of `{% … %}`.
    Statement(&'s str),
}

impl<'s> Block<'s> {
    /// What stands in it.
    pub const fn text(self) -> &'s str {
        match self {
            Self::Expression(text) | Self::Statement(text) => text,
        }
    }
}

/// The first word of a statement.
pub fn first_word(statement: &str) -> &str {
    let text = statement.trim_start_matches(['-', '+']).trim_start();
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    &text[..end]
}

/// Passes if nothing in a template is too deep to be read.
pub fn check_depth(source: &str) -> Result<(), TooDeep> {
    let line = |at: usize| source[..at].matches('\n').count() + 1;
    // What is open, each with the `elif`s in it.
    let mut open: Vec<usize> = Vec::new();
    for (at, block) in blocks(source) {
        if signs(block.text()) > SIGNS_MAX {
            return Err(TooDeep::Expression { line: line(at) });
        }
        let Block::Statement(text) = block else { continue };
        match first_word(text) {
            "elif" | "else" => {
                if let Some(last) = open.last_mut() {
                    *last += 1;
                }
            }
            word if word.starts_with("end") => drop(open.pop()),
            "include" | "import" | "from" | "extends" | "do" | "break" | "continue" => {}
            // Only its form with a body is closed.
            "set" if text.contains('=') => {}
            _ => open.push(1),
        }
        if open.iter().sum::<usize>() > OPEN_MAX {
            return Err(TooDeep::Statements { line: line(at) });
        }
    }
    Ok(())
}

/// Words, strings and signs.
fn signs(text: &str) -> usize {
    let (mut count, mut in_word) = (0, false);
    let mut rest = text.as_bytes();
    while let [byte, behind @ ..] = rest {
        rest = behind;
        let word = byte.is_ascii_alphanumeric() || *byte == b'_' || !byte.is_ascii();
        if matches!(byte, b'"' | b'\'') {
            count += 1;
            rest = behind_string(behind, *byte);
        } else if word && !in_word || !word && !byte.is_ascii_whitespace() {
            count += 1;
        }
        in_word = word;
    }
    count
}

/// What follows a string whose first quotation mark was read.
fn behind_string(mut rest: &[u8], quote: u8) -> &[u8] {
    while let [byte, behind @ ..] = rest {
        rest = match (byte, behind) {
            (b'\\', [_, behind @ ..]) => behind,
            (byte, _) if *byte == quote => return behind,
            _ => behind,
        };
    }
    rest
}

/// Where the delimiter at the end of an expression or statement stands; the end of the text where there is none. As in the
/// engine, none counts inside a string or an open bracket.
fn end_of(source: &str, from: usize) -> usize {
    let mut rest = &source.as_bytes()[from..];
    let mut brackets = 0_usize;
    while let [byte, behind @ ..] = rest {
        match (byte, behind.first()) {
            (b'}' | b'%', Some(b'}')) if brackets == 0 => return source.len() - rest.len(),
            (b'"' | b'\'', _) => {
                rest = behind_string(behind, *byte);
                continue;
            }
            (b'(' | b'[' | b'{', _) => brackets += 1,
            (b')' | b']' | b'}', _) => brackets = brackets.saturating_sub(1),
            _ => {}
        }
        rest = behind;
    }
    source.len()
}

/// Behind the `endraw` of a `raw`.
fn end_of_raw(source: &str, from: usize) -> usize {
    let ends =
        source[from..].match_indices("{%").find(|(at, _)| first_word(&source[from + at + 2..]) == "endraw");
    let end = ends.and_then(|(at, _)| source[from + at..].find("%}").map(|close| from + at + close + 2));
    end.unwrap_or(source.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn blocks_are_found_as_the_engine_finds_them() {
        let found =
            |source| blocks(source).into_iter().map(|(_, block)| block.text().trim()).collect::<Vec<_>>();
        assert_eq!(
            found("a {{ b }} c {%- if d -%} {# {{ e }} #} {{ '}}' ~ \"\\\"}}\" }}"),
            ["b", "- if d -", "'}}' ~ \"\\\"}}\""]
        );
        assert_eq!(found("{{ {'a': {'b': 1}} }}{{ c }}"), ["{'a': {'b': 1}}", "c"]);
        assert_eq!(found("{% raw %}{{ a }}{% endraw %}{{ b }}"), ["raw", "b"]);
        assert_eq!(found("{{ a"), ["a"]);
        assert_eq!(found("{\u{e4}{{ a }}"), ["a"]);
    }

    #[test]
    fn chains_and_nests_are_refused_whatever_they_are_made_of() {
        let long = |part: &str| format!("{{{{ a{} }}}}", part.repeat(1_000));
        for part in [
            "|upper",
            ".a",
            "[0]",
            " ~ a",
            " + a",
            " and a",
            " if a else b",
            " is a",
            "(a)",
            " == a",
            " not in a",
        ] {
            assert!(matches!(check_depth(&long(part)), Err(TooDeep::Expression { line: 1 })), "{part}");
        }
        for open in ["(", "[", "not ", "-", "{1:", "a(", "a if "] {
            let deep = format!("\n{{% if {} %}}", open.repeat(1_000));
            assert!(matches!(check_depth(&deep), Err(TooDeep::Expression { line: 2 })), "{open}");
        }
        for statement in [
            "if a",
            "for a in b",
            "with a=1",
            "filter upper",
            "call a()",
            "macro a()",
            "block a",
            "set a",
            "-if a",
            "autoescape true",
        ] {
            let deep = format!("{{% {statement} %}}\n").repeat(500);
            assert!(matches!(check_depth(&deep), Err(TooDeep::Statements { .. })), "{statement}");
        }
        let chain = format!("{{% if a %}}{}{{% endif %}}", "{% elif b %}x".repeat(500));
        assert!(matches!(check_depth(&chain), Err(TooDeep::Statements { .. })));
        // Delimiters in strings end nothing.
        assert!(check_depth(&format!("{{{{ '}}}}'{} }}}}", "|upper".repeat(1_000))).is_err());
        assert!(check_depth(&format!("{{{{ ('}}}}' }}}} {} ) }}}}", "|upper".repeat(1_000))).is_err());
    }

    #[test]
    fn long_templates_pass() {
        let page =
            "{% for a in b %}{% if c %}{{ d|default('e') }}{% elif f %}g{% else %}h{% endif %}{% endfor %}";
        assert_eq!(check_depth(&page.repeat(5_000)), Ok(()));
        let list = format!("{{% if a in [{}] %}}x{{% endif %}}", "'DE', ".repeat(100));
        assert_eq!(check_depth(&list), Ok(()));
        assert_eq!(check_depth(&"{% set a = 1 %}{% include 'b' %}".repeat(500)), Ok(()));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(\\{\\{|\\{%|\\{#|\\}\\}|%\\}|#\\}|raw|endraw|if|endif|['\"\\\\(){}\\[\\] a]|\\PC){0,60}") {
            let _ = check_depth(&text);
        }
    }
}
