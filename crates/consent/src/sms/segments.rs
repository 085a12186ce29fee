//! How many parts a text goes out in: providers bill by them, and long texts are torn.

/// Septets of a message in one part, and of each part of a longer one: 140 octets, less 6 of the header that joins parts (3GPP
/// TS 23.040 §9.2.3.24.1).
const GSM7: (usize, usize) = (160, 153);
/// The same in 16-bit units.
const UCS2: (usize, usize) = (70, 67);

/// The default alphabet (3GPP TS 23.038 §6.2.1), without escape.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
                     ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// Its extension (§6.2.1.1): an escape and a septet each.
const EXTENSION: &str = "\u{c}^{}\\[~]|€";

/// How a text is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Seven bits a character.
    Gsm7,
    /// Sixteen bits a character, for the whole text, as soon as one character isn't in GSM-7.
    Ucs2,
}

impl Encoding {
    /// `GSM-7` or `UCS-2`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gsm7 => "GSM-7",
            Self::Ucs2 => "UCS-2",
        }
    }
}

/// What a text takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segments {
    /// The encoding.
    pub encoding: Encoding,
    /// Septets, or 16-bit units.
    pub units: usize,
    /// Parts; an empty text is one.
    pub count: usize,
    /// The first character that forces UCS-2.
    pub wide: Option<char>,
}

impl Segments {
    /// Units that fit into as many parts as this one takes.
    pub fn room(&self) -> usize {
        let (single, part) = if self.encoding == Encoding::Gsm7 { GSM7 } else { UCS2 };
        if self.count == 1 { single } else { self.count * part }
    }
}

impl std::fmt::Display for Segments {
    /// `2 segments, 180 of 306 characters in GSM-7`
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let s = if self.count == 1 { "" } else { "s" };
        let (units, room, encoding) = (self.units, self.room(), self.encoding.as_str());
        write!(f, "{} segment{s}, {units} of {room} characters in {encoding}", self.count)
    }
}

/// Counts what a text takes. Neither an escaped character nor a surrogate pair is torn between two parts.
pub fn segments(text: &str) -> Segments {
    let wide = text.chars().find(|c| septets(*c).is_none());
    let encoding = if wide.is_none() { Encoding::Gsm7 } else { Encoding::Ucs2 };
    let width = |c: char| if wide.is_none() { septets(c).unwrap_or(1) } else { c.len_utf16() };
    let (single, part) = if wide.is_none() { GSM7 } else { UCS2 };
    let units: usize = text.chars().map(width).sum();
    let mut count = 1;
    if units > single {
        let mut filled = 0;
        for width in text.chars().map(width) {
            if filled + width > part {
                count += 1;
                filled = 0;
            }
            filled += width;
        }
    }
    Segments { encoding, units, count, wide }
}

fn septets(c: char) -> Option<usize> {
    if BASIC.contains(c) {
        Some(1)
    } else if EXTENSION.contains(c) {
        Some(2)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_as_networks_do() {
        let count = |text: &str| {
            let found = segments(text);
            (found.encoding, found.units, found.count)
        };
        assert_eq!(BASIC.chars().count(), 127);
        assert_eq!(count(""), (Encoding::Gsm7, 0, 1));
        assert_eq!(count(&"a".repeat(160)), (Encoding::Gsm7, 160, 1));
        assert_eq!(count(&"a".repeat(161)), (Encoding::Gsm7, 161, 2));
        assert_eq!(count(&"a".repeat(306)), (Encoding::Gsm7, 306, 2));
        assert_eq!(count(&"a".repeat(307)), (Encoding::Gsm7, 307, 3));
        assert_eq!(count(&"€".repeat(80)), (Encoding::Gsm7, 160, 1));
        // An escape isn't parted from its character: 153 septets hold 76 of them.
        assert_eq!(count(&"€".repeat(153)), (Encoding::Gsm7, 306, 3));
        assert_eq!(count(&"я".repeat(70)), (Encoding::Ucs2, 70, 1));
        assert_eq!(count(&"я".repeat(71)), (Encoding::Ucs2, 71, 2));
        assert_eq!(count(&"😀".repeat(35)), (Encoding::Ucs2, 70, 1));
        // 67 units hold 33 pairs.
        assert_eq!(count(&"😀".repeat(67)), (Encoding::Ucs2, 134, 3));
    }

    #[test]
    fn says_what_forces_the_wide_encoding() {
        let found = segments("50 % off – today’s deal");
        assert_eq!((found.wide, found.encoding), (Some('–'), Encoding::Ucs2));
        assert_eq!(found.to_string(), "1 segment, 23 of 70 characters in UCS-2");
        assert_eq!(segments(&"a".repeat(180)).to_string(), "2 segments, 180 of 306 characters in GSM-7");
    }
}
