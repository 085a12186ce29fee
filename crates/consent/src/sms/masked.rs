//! Keywords in letters that only look like those of a keyword: `ЅТОР` of Cyrillic letters, `ꓢꓔꓳꓑ` of Lisu ones, `🅢🅣🅞🅟`.
//!
//! Words are compared by their skeletons (Unicode Technical Standard 39), and replaced only where one makes a keyword that means no: a yes or a
//! call for help counts as it is written.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;
use unicode_security::skeleton;

use super::keywords::Keywords;
use super::lexicon::{LEXICON, Roles, compact};

/// Shorter keywords look like words of other alphabets.
const KEYWORD_CHARS_MIN: usize = 3;
/// Longest word that is compared.
const WORD_CHARS_MAX: usize = 40;

/// The built-in keywords by what they look like, in capitals and in small letters.
static KEYWORDS: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    let means_no = LEXICON.exact.iter().filter(|(keyword, exact)| {
        exact.role.any(Roles::STOP) && keyword.is_ascii() && keyword.len() >= KEYWORD_CHARS_MIN
    });
    means_no
        .flat_map(|(keyword, _)| forms(keyword).map(|form| (form, keyword.as_str())).collect::<Vec<_>>())
        .collect()
});

/// The text with its masked keywords as they are spelled.
pub(super) fn unmasked<'t>(text: &'t str, keywords: &Keywords) -> Cow<'t, str> {
    if text.is_ascii() {
        return text.into();
    }
    let mut plain: Option<String> = None;
    let mut done = 0;
    let mut rest = text.char_indices().peekable();
    while let Some((start, first)) = rest.next() {
        if !is_letter(first) {
            continue;
        }
        let mut end = start + first.len_utf8();
        while let Some((at, next)) = rest.next_if(|(_, next)| is_letter(*next)) {
            end = at + next.len_utf8();
        }
        if let Some(keyword) = keyword(&text[start..end], keywords) {
            let plain = plain.get_or_insert_default();
            plain.push_str(&text[done..start]);
            plain.push_str(&keyword);
            done = end;
        }
    }
    match plain {
        Some(mut plain) => {
            plain.push_str(&text[done..]);
            plain.into()
        }
        None => text.into(),
    }
}

/// The keyword that a word looks like without being written so.
fn keyword(word: &str, keywords: &Keywords) -> Option<String> {
    if word.is_ascii() || word.chars().nth(WORD_CHARS_MAX).is_some() {
        return None;
    }
    let own = compact(word);
    if !own.is_empty() && (LEXICON.exact.contains_key(&own) || LEXICON.words.contains_key(&own)) {
        return None;
    }
    let plain: String = word.chars().map(unframed).collect();
    let looks = looks(&plain);
    let own = || {
        keywords.own_stops().find(|keyword| keyword.is_ascii() && forms(keyword).any(|form| form == looks))
    };
    KEYWORDS.get(&looks).copied().or_else(own).map(str::to_owned)
}

fn is_letter(c: char) -> bool {
    c.is_alphanumeric() || is_combining_mark(c) || unframed(c) != c
}

/// How a keyword looks, however it is written.
fn forms(keyword: &str) -> impl Iterator<Item = String> {
    [keyword.to_uppercase(), keyword.to_lowercase()].into_iter().map(|form| looks(&form))
}

/// A word's skeleton without regard to case and marks.
fn looks(word: &str) -> String {
    let bare: String = word.nfkd().filter(|c| !is_combining_mark(*c)).collect();
    // Small capitals have no skeleton among Latin letters.
    let shape: String = bare.chars().map(small_capital).collect();
    let shape: String = skeleton(&shape).collect();
    shape.to_lowercase().chars().map(small_capital).collect()
}

/// Letters in filled circles and squares, and the signs that flags are made of.
fn unframed(c: char) -> char {
    let starts = ['\u{1f150}', '\u{1f170}', '\u{1f1e6}', '\u{1f130}', '\u{1f110}'];
    let letter = starts.into_iter().find_map(|start| {
        u32::from(c)
            .checked_sub(u32::from(start))
            .filter(|letter| *letter < 26)
            .and_then(|letter| u8::try_from(letter).ok())
    });
    letter.map_or(c, |letter| char::from(b'A' + letter))
}

/// Small capitals, and small letters of Greek and Cyrillic that look like Latin capitals made small.
fn small_capital(c: char) -> char {
    match c {
        'ᴀ' => 'a',
        'ʙ' | 'в' => 'b',
        'ᴄ' => 'c',
        'ᴅ' => 'd',
        'ᴇ' => 'e',
        'ɢ' => 'g',
        'ʜ' | 'н' => 'h',
        'ɪ' => 'i',
        'ᴊ' => 'j',
        'ᴋ' | 'к' | 'κ' => 'k',
        'ʟ' => 'l',
        'ᴍ' | 'м' => 'm',
        'ɴ' => 'n',
        'ᴏ' => 'o',
        'ᴘ' | 'ᴩ' => 'p',
        'ʀ' => 'r',
        'ꜱ' => 's',
        'ᴛ' | 'т' | 'τ' => 't',
        'ᴜ' => 'u',
        'ᴠ' => 'v',
        'ᴡ' => 'w',
        'ʏ' => 'y',
        'ᴢ' => 'z',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_read_whatever_letters_they_are_made_of() {
        for (text, plain) in [
            ("ЅТОР", "stop"),
            ("ѕтор", "stop"),
            ("ՏТОР please", "stop please"),
            ("ꓢꓔꓳꓑ", "stop"),
            ("🅢🅣🅞🅟", "stop"),
            ("🇸🇹🇴🇵", "stop"),
            ("sᴛᴏᴘ", "stop"),
            ("ꜱᴛᴏᴘ", "stop"),
            ("ΤΕΡΜΑ ЕΝD", "ΤΕΡΜΑ end"),
            ("ВАЈА", "baja"),
        ] {
            assert_eq!(unmasked(text, &Keywords::default()), plain, "{text}");
        }
        for text in
            ["СТОП", "нет", "сор", "Где мой заказ?", "START", "ЅТАRТ", "Не хочу", "🇩🇪 hallo", "где стол"]
        {
            assert_eq!(unmasked(text, &Keywords::default()), text);
        }
    }
}
