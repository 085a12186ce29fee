//! Just enough of Rust's lexical grammar: what is code, what is a string literal, what is a comment, and which lines are tests.

/// A Rust file taken apart.
#[derive(Debug)]
pub(super) struct Source {
    /// The text with the content of comments, string and character literals blanked; lines stay where they are.
    pub code: String,
    /// Line (from 1) and content of every string literal.
    pub strings: Vec<(usize, String)>,
    /// Per line, whether it belongs to an item under `#[cfg(test)]`.
    test_lines: Vec<bool>,
}

impl Source {
    pub fn parse(text: &str) -> Self {
        let mut lexer =
            Lexer { text: text.as_bytes(), at: 0, line: 1, code: Vec::new(), strings: Vec::new() };
        lexer.run();
        let code = String::from_utf8_lossy(&lexer.code).into_owned();
        let test_lines = test_lines(&code);
        Self { code, strings: lexer.strings, test_lines }
    }

    /// Whether line `line` (from 1) is test code.
    pub fn is_test(&self, line: usize) -> bool {
        self.test_lines.get(line - 1).copied().unwrap_or(false)
    }

    /// The code's lines that aren't tests, with their numbers from 1.
    pub fn product_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.code
            .lines()
            .enumerate()
            .map(|(index, line)| (index + 1, line))
            .filter(|(number, _)| !self.is_test(*number))
    }
}

struct Lexer<'a> {
    text: &'a [u8],
    at: usize,
    line: usize,
    code: Vec<u8>,
    strings: Vec<(usize, String)>,
}

impl Lexer<'_> {
    fn run(&mut self) {
        while let Some(&byte) = self.text.get(self.at) {
            let rest = &self.text[self.at..];
            if rest.starts_with(b"//") {
                let length = rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len());
                self.blank(length);
            } else if rest.starts_with(b"/*") {
                self.blank(block_comment_length(rest));
            } else if let Some((opening, hashes)) = raw_string(rest).filter(|_| !self.in_word()) {
                let end = [b"\"".as_slice(), &vec![b'#'; hashes]].concat();
                let body = &rest[opening..];
                let length = body.windows(end.len()).position(|part| part == end).unwrap_or(body.len());
                self.string(opening, length, end.len());
            } else if byte == b'"' {
                let length = quoted_length(&rest[1..], b'"');
                self.string(1, length, 1);
            } else if byte == b'\'' && is_character(rest) {
                self.blank(2 + quoted_length(&rest[1..], b'\''));
            } else {
                self.keep(1);
            }
        }
    }

    /// Whether the byte before belongs to a name, as the r of `for"` would.
    fn in_word(&self) -> bool {
        self.code.last().is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
    }

    fn string(&mut self, opening: usize, length: usize, closing: usize) {
        let body = &self.text[self.at + opening..][..length];
        self.strings.push((self.line, String::from_utf8_lossy(body).into_owned()));
        self.keep(opening);
        self.blank(length);
        self.keep(closing);
    }

    fn keep(&mut self, length: usize) {
        let end = self.text.len().min(self.at + length);
        self.code.extend_from_slice(&self.text[self.at..end]);
        self.advance(end);
    }

    fn blank(&mut self, length: usize) {
        let end = self.text.len().min(self.at + length);
        let blanked = self.text[self.at..end].iter().map(|&byte| if byte == b'\n' { b'\n' } else { b' ' });
        self.code.extend(blanked);
        self.advance(end);
    }

    fn advance(&mut self, end: usize) {
        for byte in &self.text[self.at..end] {
            self.line += usize::from(*byte == b'\n');
        }
        self.at = end;
    }
}

/// Length of the opening (`r#"`, `br"`, `cr##"`) and number of hashes.
fn raw_string(rest: &[u8]) -> Option<(usize, usize)> {
    let prefix = [b"br".as_slice(), b"cr", b"r"].into_iter().find(|prefix| rest.starts_with(prefix))?.len();
    let hashes = rest[prefix..].iter().take_while(|&&byte| byte == b'#').count();
    (rest.get(prefix + hashes) == Some(&b'"')).then_some((prefix + hashes + 1, hashes))
}

/// Where the literal that started just before `body` ends.
fn quoted_length(body: &[u8], quote: u8) -> usize {
    let mut at = 0;
    while at < body.len() && body[at] != quote {
        at += if body[at] == b'\\' { 2 } else { 1 };
    }
    at.min(body.len())
}

/// Tells `'a'` from the lifetime `'a`.
fn is_character(rest: &[u8]) -> bool {
    rest.get(1) == Some(&b'\\')
        || std::str::from_utf8(&rest[1..rest.len().min(6)])
            .or_else(|error| std::str::from_utf8(&rest[1..=error.valid_up_to()]))
            .ok()
            .and_then(|text| text.char_indices().nth(1))
            .is_some_and(|(_, letter)| letter == '\'')
}

fn block_comment_length(rest: &[u8]) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < rest.len() {
        if rest[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                break;
            }
        } else {
            at += 1;
        }
    }
    at
}

/// Marks the lines from `#[cfg(test)]` to the end of the item after it.
fn test_lines(code: &str) -> Vec<bool> {
    let mut marks = vec![false; code.lines().count()];
    let mut from = 0;
    while let Some(offset) = code[from..].find("#[cfg(test)]") {
        let start = from + offset;
        let end = start + item_length(&code[start..]);
        let line_of = |at: usize| code[..at].matches('\n').count();
        let last = line_of(end).min(marks.len() - 1);
        marks[line_of(start)..=last].fill(true);
        from = end.max(start + 1);
    }
    marks
}

/// Bytes until the item's `;` outside of any bracket, or its closing brace.
fn item_length(item: &str) -> usize {
    let mut depth = 0_usize;
    for (at, letter) in item.char_indices() {
        match letter {
            '{' | '(' | '[' => depth += 1,
            '}' | ')' | ']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 && letter == '}' {
                    return at;
                }
            }
            ';' if depth == 0 => return at,
            _ => {}
        }
    }
    item.len()
}

#[cfg(test)]
mod tests {
    use super::Source;

    #[test]
    fn comments_and_literals_are_blanked() {
        let source = Source::parse(
            "a(\"x // y\", 'z', '\"', '\\''); // now\n/* /* in */ out */ b<'a>(r#\"q\"r\"#);\nc",
        );
        let names: String = source.code.chars().filter(char::is_ascii_alphabetic).collect();
        assert_eq!(names, "abarc");
        assert_eq!(source.strings, [(1, "x // y".to_owned()), (2, "q\"r".to_owned())]);
        assert_eq!(source.code.lines().count(), 3);
    }

    #[test]
    fn letters_beyond_ascii_are_characters_too() {
        let source = Source::parse("f('ä', '中', '\u{1f600}', \"ß\"); fn g<'life>() {}");
        assert_eq!(source.strings.len(), 1);
        assert!(source.code.contains("fn g<'life>()"));
    }

    #[test]
    fn test_items_are_marked_to_their_end() {
        let source = Source::parse(
            "fn a() {}\n#[cfg(test)]\nmod tests {\n  fn b() { \"}\" }\n}\nfn c() {}\n#[cfg(test)]\nmod d;\nfn e() {}",
        );
        let tests: Vec<_> = (1..=9).filter(|&line| source.is_test(line)).collect();
        assert_eq!(tests, [2, 3, 4, 5, 7, 8]);
    }

    #[test]
    fn a_word_that_ends_in_r_is_no_raw_string() {
        let source = Source::parse("var\"a\\\"b\" x");
        assert_eq!(source.strings, [(1, "a\\\"b".to_owned())]);
    }
}
