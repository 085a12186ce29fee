//! Names and words as they are compared: without case, accents and punctuation.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A name in the form in which it is compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::import) struct Plain {
    /// Its words; `camelCase` counts as two.
    pub(in crate::import) words: Vec<String>,
    /// Its letters and digits alone.
    pub(in crate::import) squashed: String,
}

impl Plain {
    pub(in crate::import) fn new(name: &str) -> Self {
        let mut spaced = String::with_capacity(name.len() + 8);
        let mut before = None;
        let mut letters = name.chars().peekable();
        while let Some(c) = letters.next() {
            let next_is_small = letters.peek().is_some_and(|next| next.is_lowercase());
            let turns = match before {
                Some(before) if char::is_lowercase(before) => c.is_uppercase(),
                // The last capital of an acronym begins the next word: `SMSOptOut`.
                Some(before) if char::is_uppercase(before) => c.is_uppercase() && next_is_small,
                _ => false,
            };
            if turns {
                spaced.push(' ');
            }
            spaced.push(c);
            before = Some(c);
        }
        let folded = folded(&spaced);
        let words: Vec<String> = folded
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect();
        let squashed = words.concat();
        Self { words, squashed }
    }

    /// Whether these words stand in the name, one after the other.
    pub(in crate::import) fn has(&self, words: &[String]) -> bool {
        !words.is_empty() && self.words.windows(words.len()).any(|window| window == words)
    }
}

/// Letters and digits alone, in lower case and without accents.
pub(in crate::import) fn squashed(text: &str) -> String {
    if text.is_ascii() {
        return text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    }
    folded(text).chars().filter(|c| c.is_alphanumeric()).collect()
}

/// What [`squashed`] makes of each byte of ASCII; nothing of zero.
const SQUASHED: [u8; 128] = {
    let mut squashed = [0; 128];
    let mut byte = 0_u8;
    while byte < 128 {
        if byte.is_ascii_alphanumeric() {
            squashed[byte as usize] = byte.to_ascii_lowercase();
        }
        byte += 1;
    }
    squashed
};

/// [`squashed`] of ASCII, into a buffer. Imports do this to each line.
pub(in crate::import) fn squash_ascii(text: &[u8], squashed: &mut Vec<u8>) {
    squashed.resize(text.len(), 0);
    let mut length = 0;
    for byte in text {
        let small = SQUASHED[usize::from(*byte & 0x7f)];
        squashed[length] = small;
        length += usize::from(small != 0);
    }
    squashed.truncate(length);
}

/// Adds a text's letters and digits in the form of [`squashed`]. Only what isn't ASCII takes the long way.
pub(in crate::import) fn squash_into(text: &str, squashed: &mut String) {
    let mut rest = text;
    while !rest.is_empty() {
        let plain = rest.bytes().position(|byte| !byte.is_ascii()).unwrap_or(rest.len());
        let (ascii, behind) = rest.split_at(plain);
        let letters = ascii.bytes().filter(u8::is_ascii_alphanumeric);
        squashed.extend(letters.map(|byte| char::from(byte.to_ascii_lowercase())));
        let other = behind.bytes().position(|byte| byte.is_ascii()).unwrap_or(behind.len());
        let (other, behind) = behind.split_at(other);
        if !other.is_empty() {
            squashed.extend(folded(other).chars().filter(|c| c.is_alphanumeric()));
        }
        rest = behind;
    }
}

/// Lower case, without accents; letters that aren't decomposed as they are written without their sign.
fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    let seen = text.chars().filter(|c| !consent::is_invisible(*c));
    for c in seen.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase) {
        match c {
            'ß' => folded.push_str("ss"),
            'ø' => folded.push('o'),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'ł' => folded.push('l'),
            'đ' | 'ð' => folded.push('d'),
            'ı' => folded.push('i'),
            'þ' => folded.push_str("th"),
            // `don't` is one word, whatever the apostrophe.
            '\'' | '\u{2019}' | '`' => {}
            c if is_combining_mark(c) => {}
            c => folded.push(c),
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_by_their_words() {
        for (name, words) in [
            ("HasOptedOutOfEmail", "has opted out of email"),
            ("UNSUB_TIME", "unsub time"),
            ("SMSOptOut", "sms opt out"),
            ("Opted out of email: Marketing Information", "opted out of email marketing information"),
            ("Désinscrit (le)", "desinscrit le"),
            ("ODHLÁŠEN", "odhlasen"),
            ("Don’t mail", "dont mail"),
            ("Größe", "grosse"),
        ] {
            assert_eq!(Plain::new(name).words.join(" "), words);
        }
        assert_eq!(squashed("NEVER_SUBSCRIBED"), "neversubscribed");
        assert_eq!(squashed("Désabonné(e)"), "desabonnee");
        for text in ["NEVER_SUBSCRIBED", "Désabonné(e)", "ODHLÁŠEN, x", "Don’t 'mail'", "退会 a\u{301}Ñ", ""]
        {
            let mut into = String::new();
            squash_into(text, &mut into);
            assert_eq!(into, squashed(text));
        }
        let ascii: String = (0..128_u8).map(char::from).collect();
        let mut into = vec![7];
        squash_ascii(ascii.as_bytes(), &mut into);
        assert_eq!(into, squashed(&ascii).as_bytes());
    }
}
