//! Text as the rules compare it: one case, no marks, words apart.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// So many characters of a message are read, the longest that providers join from parts; the rest is cut off.
pub const MAX_CHARS: usize = 1_600;

/// So many characters of one word are read: longer than any word of a rule.
const MAX_WORD_CHARS: usize = 40;

/// Signs that mean something by themselves; all others are left out.
const SIGNS: [char; 9] = ['🛑', '🚫', '⛔', '✋', '🖐', '👎', '🖕', '🔕', '🆘'];

/// A word of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each says something of its own")]
pub(super) struct Word {
    /// Normalised.
    pub text: String,
    /// A comma, a full stop or a new line stands before it.
    pub breaks: bool,
    /// A new line or what ends a sentence stands before it.
    pub ends: bool,
    /// A new line stands before it.
    pub line: bool,
    /// A sign stands before it that people end a sentence with: an emoji, a dash between spaces.
    pub apart: bool,
}

/// Normalises: NFKC, no invisible characters, lower case, no diacritics (where they are marks of a letter and not letters
/// of their own), no quotes, emoji or punctuation, single spaces. Words of more than 40 characters are cut.
pub fn normalise(text: &str) -> String {
    let words = words(text);
    words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
}

/// The normalised words of a message.
pub(super) fn words(text: &str) -> Vec<Word> {
    let mut reader = Reader::default();
    for char in folded(text).nfc().take(2 * MAX_CHARS) {
        reader.read(char);
    }
    reader.finish()
}

/// Compatibility forms resolved, lower case, marks and invisible characters gone.
fn folded(text: &str) -> impl Iterator<Item = char> + '_ {
    let marked = text.chars().take(MAX_CHARS).map(apostrophe).nfkd();
    let mut base = ' ';
    marked
        .flat_map(char::to_lowercase)
        .filter(move |&char| {
            if !is_combining_mark(char) {
                base = char;
            }
            !is_invisible(char) && !is_dropped_mark(char, base)
        })
        .flat_map(|char| {
            let (first, second) = letter(char);
            std::iter::once(first).chain(second)
        })
}

/// Before compatibility forms are resolved, which makes a space of some apostrophes.
fn apostrophe(char: char) -> char {
    match char {
        '’' | '‘' | '‛' | 'ʼ' | 'ʻ' | '′' | '´' | '`' | '＇' => '\'',
        char => char,
    }
}

fn is_invisible(char: char) -> bool {
    // Arabic words are stretched by it.
    char == '\u{640}' || crate::is_invisible(char)
}

/// Marks that writers leave out. й is a letter of its own, as are voiced kana and the vowels of Indic scripts and Thai.
fn is_dropped_mark(char: char, base: char) -> bool {
    match char {
        '\u{306}' => base != 'и',
        '\u{300}'..='\u{36f}'
        | '\u{591}'..='\u{5c7}'
        | '\u{610}'..='\u{61a}'
        | '\u{64b}'..='\u{65f}'
        | '\u{670}' => is_combining_mark(char),
        _ => false,
    }
}

/// Letters that are written in more than one way.
fn letter(char: char) -> (char, Option<char>) {
    match char {
        'ß' => ('s', Some('s')),
        'æ' => ('a', Some('e')),
        'œ' => ('o', Some('e')),
        'þ' => ('t', Some('h')),
        'ø' => ('o', None),
        'ł' => ('l', None),
        'đ' | 'ð' => ('d', None),
        'ı' => ('i', None),
        'ς' => ('σ', None),
        'ى' | 'ی' => ('ي', None),
        'ة' => ('ه', None),
        'ک' => ('ك', None),
        char => (char, None),
    }
}

/// Chinese characters, kana, hangul, Thai: written without spaces, or with spaces that can't be relied on.
pub(super) fn is_unspaced(char: char) -> bool {
    matches!(char,
        '\u{e00}'..='\u{e7f}' | '\u{1100}'..='\u{11ff}' | '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{30ff}'
        | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

/// Puts characters together to words.
#[derive(Default)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "what stands before the next word; each is asked for by itself"
)]
struct Reader {
    words: Vec<Word>,
    word: String,
    chars: usize,
    breaks: bool,
    ends: bool,
    line: bool,
    apart: bool,
    /// The last character was a space.
    spaced: bool,
    /// A quote stands before the word under way.
    quoted: bool,
    /// An apostrophe behind it, which closes the quote if no letter follows.
    closing: bool,
}

impl Reader {
    fn read(&mut self, char: char) {
        let spaced = std::mem::replace(&mut self.spaced, char.is_whitespace());
        if std::mem::take(&mut self.closing) && !char.is_alphanumeric() {
            self.apart = true;
            self.end();
            self.apart = true;
        }
        if char.is_alphanumeric() || is_combining_mark(char) {
            let unspaced = is_unspaced(char);
            if self.word.chars().next_back().is_some_and(|last| is_unspaced(last) != unspaced) {
                self.end();
            }
            if self.chars < MAX_WORD_CHARS || unspaced {
                self.word.push(char);
                self.chars += 1;
            }
            return;
        }
        match char {
            // English joins (don't), French and Italian put words together (n'envoyez).
            '\'' => {
                if matches!(
                    self.word.as_str(),
                    "l" | "d" | "n" | "m" | "t" | "s" | "j" | "c" | "qu" | "dell" | "all"
                ) {
                    self.end();
                } else if self.word.is_empty() {
                    self.quoted = true;
                } else {
                    // 'remove': a word in quotes is set apart.
                    self.closing = self.quoted;
                }
            }
            '"' => {
                self.end();
                self.apart = true;
            }
            // f***: a letter that isn't spelled out.
            '*' if !self.word.is_empty() => {
                if !self.word.ends_with('*') {
                    self.word.push('*');
                }
            }
            char if SIGNS.contains(&char) => {
                self.end();
                self.word.push(char);
                self.end();
            }
            char => {
                self.end();
                self.line |= matches!(char, '\n' | '\r' | '\u{2028}' | '\u{2029}' | '\u{b}' | '\u{c}');
                self.breaks |= self.line || is_break(char);
                self.ends |=
                    self.line || matches!(char, '.' | '!' | '?' | ';' | '。' | '！' | '？' | '؟' | '।');
                // A dash within a word joins.
                self.apart |= if char.is_ascii() { spaced && is_dash(char) } else { !char.is_whitespace() };
            }
        }
    }

    fn end(&mut self) {
        let word = self.word.trim_end_matches('*');
        if !word.is_empty() {
            let text = one_script(word);
            let Self { breaks, ends, line, apart, .. } = *self;
            self.words.push(Word { text, breaks, ends, line, apart });
            (self.breaks, self.ends, self.line, self.apart) = (false, false, false, false);
        }
        self.word.clear();
        self.chars = 0;
        self.quoted = false;
    }

    fn finish(mut self) -> Vec<Word> {
        self.apart |= self.closing;
        self.end();
        self.words
    }
}

/// A word of Latin letters with others among them that only look so, in Latin letters alone.
fn one_script(word: &str) -> String {
    let latin = word.bytes().any(|byte| byte.is_ascii_alphabetic());
    let looks = |char: char| {
        Some(match char {
            'а' | 'α' => 'a',
            'с' | 'ϲ' => 'c',
            'е' | 'ε' => 'e',
            'і' | 'ι' => 'i',
            'ј' => 'j',
            'к' | 'κ' => 'k',
            'м' => 'm',
            'п' => 'n',
            'о' | 'ο' => 'o',
            'р' | 'ρ' => 'p',
            'ѕ' => 's',
            'т' | 'τ' => 't',
            'υ' => 'u',
            'х' | 'χ' => 'x',
            'у' => 'y',
            _ => return None,
        })
    };
    if !latin || word.is_ascii() {
        return word.to_owned();
    }
    word.chars().map(|char| looks(char).unwrap_or(char)).collect()
}

fn is_dash(char: char) -> bool {
    matches!(char, '-' | '/' | '|' | '~' | '*' | '+' | '=' | '>' | '_' | '#' | '&')
}

fn is_break(char: char) -> bool {
    matches!(
        char,
        '.' | ','
            | ';'
            | ':'
            | '!'
            | '?'
            | '('
            | ')'
            | '。'
            | '、'
            | '，'
            | '؟'
            | '،'
            | '؛'
            | '¿'
            | '¡'
            | '–'
            | '—'
            | '।'
    )
}
