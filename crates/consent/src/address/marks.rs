//! Characters that come along when an address is copied, and those that look like others.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

pub(super) use crate::is_invisible;

/// What word processors and other languages write for quotes.
pub(super) fn is_quote(c: char) -> bool {
    matches!(c, '\u{ab}' | '\u{bb}' | '\u{2018}'..='\u{201f}' | '\u{2039}' | '\u{203a}' | '\u{300c}'..='\u{300f}' | '\u{301d}'..='\u{301f}' | '\u{ff02}' | '\u{ff07}')
}

/// The zeros of the scripts whose digits stand in rows of ten (Unicode, category Nd).
const ZEROS: [char; 18] = [
    '\u{660}', '\u{6f0}', '\u{7c0}', '\u{966}', '\u{9e6}', '\u{a66}', '\u{ae6}', '\u{b66}', '\u{be6}',
    '\u{c66}', '\u{ce6}', '\u{d66}', '\u{e50}', '\u{ed0}', '\u{f20}', '\u{1040}', '\u{17e0}', '\u{1810}',
];

/// A phone number in ASCII as far as it can be: digits of other scripts and wide forms, dashes and spaces of all kinds;
/// without what nobody sees and typographic quotes. Borrowed when nothing changes.
pub(super) fn plain_number(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return text.into();
    }
    let shown = text.chars().filter(|c| !is_invisible(*c) && !is_quote(*c));
    shown.nfkc().map(plain).collect::<String>().into()
}

fn plain(c: char) -> char {
    let digit =
        ZEROS.iter().find_map(|zero| u32::from(c).checked_sub(u32::from(*zero)).filter(|digit| *digit < 10));
    if let Some(digit) = digit {
        return char::from_digit(digit, 10).unwrap_or(c);
    }
    match c {
        '\u{2010}'..='\u{2015}' | '\u{2043}' | '\u{2212}' | '\u{30fc}' => '-',
        c if c.is_whitespace() => ' ',
        c => c,
    }
}
