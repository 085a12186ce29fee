//! What is known of the countries that have a country code. Lengths and trunk prefixes, by which nearly all numbers are read,
//! stand in a table of our own: libphonenumber's metadata has to parse a thousand patterns before it tells them.

use std::sync::LazyLock;

use phonenumber::Metadata;
use phonenumber::metadata::DATABASE;

/// Digits of a country code.
const DIGITS: std::ops::RangeInclusive<usize> = 1..=3;
/// One more than the greatest of them.
const CODES: usize = 1_000;

/// A country code.
pub(super) struct Code {
    number: u16,
    /// Trunk prefixes of the countries that have it, each once.
    pub(super) trunks: Vec<&'static str>,
    /// How many digits their numbers have: a bit for each length.
    lengths: u64,
}

/// Lines of code, lengths and trunk prefixes.
const TABLE: &str = include_str!("codes.tsv");

static KNOWN: LazyLock<Vec<Option<Code>>> = LazyLock::new(|| {
    let mut known: Vec<Option<Code>> = std::iter::repeat_with(|| None).take(CODES).collect();
    for code in TABLE.lines().filter_map(Code::read) {
        let at = usize::from(code.number);
        known[at] = Some(code);
    }
    known
});

/// A number's country code, the digits after it, and what is known of the code.
pub(super) fn of(digits: &str) -> Option<(&str, &str, &'static Code)> {
    DIGITS.into_iter().find_map(|length| {
        let (code, national) = digits.split_at_checked(length)?;
        let known = KNOWN.get(code.parse::<usize>().ok()?)?.as_ref()?;
        Some((code, national, known))
    })
}

impl Code {
    fn read(line: &'static str) -> Option<Self> {
        let mut parts = line.split('\t');
        let number = parts.next()?.parse().ok()?;
        let mut items = || parts.next().map(|part| part.split(',').filter(|item| !item.is_empty()));
        let lengths =
            items()?.filter_map(|length| length.parse().ok()).map(bit).fold(0, |all, bit| all | bit);
        Some(Self { number, trunks: items()?.collect(), lengths })
    }

    /// The countries that have it.
    pub(super) fn regions(&self) -> Vec<&'static Metadata> {
        DATABASE.by_code(&self.number).unwrap_or_default()
    }

    /// Whether numbers there have so many digits.
    pub(super) fn has_length(&self, national: &str) -> bool {
        self.lengths & bit(national.len()) != 0
    }

    /// Whether numbers there begin and go on so.
    pub(super) fn has(&self, national: &str) -> bool {
        self.has_length(national)
            && self.regions().iter().any(|region| region.descriptors().general().is_match(national))
    }
}

fn bit(length: usize) -> u64 {
    1_u64.checked_shl(length as u32).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use phonenumber::Type;

    use super::*;

    /// The kinds of numbers that may be written to; each says which lengths it has.
    const KINDS: [Type; 10] = [
        Type::Mobile,
        Type::FixedLine,
        Type::TollFree,
        Type::PremiumRate,
        Type::SharedCost,
        Type::PersonalNumber,
        Type::Voip,
        Type::Pager,
        Type::Uan,
        Type::Voicemail,
    ];

    /// A line of the table as the metadata has it.
    fn line(code: u16) -> Option<String> {
        let regions = DATABASE.by_code(&code)?;
        let mut trunks: Vec<&str> = regions.iter().filter_map(|region| region.national_prefix()).collect();
        let kinds = regions.iter().flat_map(|of| KINDS.iter().filter_map(|kind| of.descriptors().get(*kind)));
        let mut lengths: Vec<u16> =
            kinds.flat_map(phonenumber::metadata::Descriptor::possible_length).copied().collect();
        trunks.sort_unstable();
        trunks.dedup();
        lengths.sort_unstable();
        lengths.dedup();
        let lengths: Vec<String> = lengths.iter().map(u16::to_string).collect();
        Some(format!("{code}\t{}\t{}\n", lengths.join(","), trunks.join(",")))
    }

    /// If it fails after an update of `phonenumber`, what it expects is the new table.
    #[test]
    fn the_table_is_what_the_metadata_says() {
        let expected: String = (0..CODES as u16).filter_map(line).collect();
        assert_eq!(TABLE, expected);
        assert!(KNOWN.iter().flatten().count() == TABLE.lines().count() && TABLE.lines().count() > 200);
    }
}
