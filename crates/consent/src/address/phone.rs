//! Phone numbers: which digits are a number, and numbers whose form has changed.
//!
//! What is read is what libphonenumber's metadata knows of a country: its trunk prefix, the lengths of its numbers, and how
//! they begin.

mod codes;

use std::borrow::Cow;

use codes::Code;
use phonenumber::Metadata;

use super::AddressError;
use crate::jurisdiction::Country;

/// Digits of a number in all (ITU-T E.164).
const DIGITS_MAX: usize = 15;
/// Fewest digits that are taken for a number.
const DIGITS_MIN: usize = 7;
/// Digits that may be dialled beside it.
const TRUNK_DIGITS_MAX: usize = 4;

/// Trunk prefixes that ended, by country code; address books are full of them. Mexico's did in 2019 (IFT, Plan Técnico
/// Fundamental de Numeración).
const RETIRED_TRUNKS: [(&str, &str); 3] = [("52", "01"), ("52", "044"), ("52", "045")];

/// The digits of a number, punctuation dropped; `None` if something else stands in it.
pub(super) fn digits(text: &str) -> Option<Cow<'_, str>> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(text.into());
    }
    let mut digits = String::with_capacity(16);
    for c in text.chars() {
        match c {
            '0'..='9' => digits.push(c),
            ' ' | '-' | '.' | '(' | ')' | '[' | ']' | '/' => {}
            _ => return None,
        }
    }
    Some(digits.into())
}

/// A number in E.164 from its digits with country code; a trunk prefix among them is taken out.
pub(super) fn international(digits: &str) -> Result<String, AddressError> {
    if digits.starts_with('0') || !(DIGITS_MIN..=DIGITS_MAX + TRUNK_DIGITS_MAX).contains(&digits.len()) {
        return Err(AddressError::Phone);
    }
    let mut written = String::with_capacity(digits.len() + 1);
    written.extend(["+", digits]);
    if alias(&written).is_some() {
        return Ok(written);
    }
    let number = match codes::of(digits) {
        Some((code, national, known)) => {
            match significant(code, national, known).ok_or(AddressError::Impossible)? {
                whole if whole == national => written,
                other => format!("+{code}{other}"),
            }
        }
        // A country code that was given out since.
        None => written,
    };
    // Without its trunk prefix it may have become too short.
    let fits = (DIGITS_MIN + 1..=DIGITS_MAX + 1).contains(&number.len());
    if fits { Ok(number) } else { Err(AddressError::Impossible) }
}

/// A number in E.164 from the form in which it is dialled in a country.
pub(super) fn national(text: &str, country: Country) -> Option<String> {
    let id = country.as_str().parse::<phonenumber::country::Id>().ok()?;
    let number = phonenumber::parse(Some(id), text).ok()?;
    let written =
        phonenumber::is_valid(&number).then(|| number.format().mode(phonenumber::Mode::E164).to_string())?;
    international(written.strip_prefix('+')?).ok()
}

/// Under which keys earlier versions kept a number: with the trunk prefix after the country code, which they took for a
/// part of it.
pub(super) fn formerly(number: &str) -> Vec<String> {
    let Some(digits) = number.strip_prefix('+') else { return Vec::new() };
    let Some((code, national, known)) = codes::of(digits) else { return Vec::new() };
    let former = |trunk: &&str| {
        let (code, trunk) = (code, *trunk);
        if code.len() + trunk.len() + national.len() > DIGITS_MAX {
            return None;
        }
        let mut former = String::with_capacity(number.len() + trunk.len());
        former.extend(["+", code, trunk, national]);
        let digits = &former["+".len()..];
        // Digits that make another number there were read as that.
        let other = trunk != "0" && known.has_length(&digits[code.len()..]);
        // A number that begins with a zero may be another one with a second zero before it.
        let is_it = !national.starts_with('0') || international(digits).is_ok_and(|read| read == number);
        (!other && is_it).then_some(former)
    };
    known.trunks.iter().filter_map(former).collect()
}

/// The national significant number, if the digits can be one of these countries.
fn significant<'n>(code: &str, national: &'n str, known: &Code) -> Option<Cow<'n, str>> {
    let possible = known.has_length(national);
    if possible && !national.starts_with('0') && !known.trunks.iter().any(|trunk| national.starts_with(trunk))
    {
        return Some(national.into());
    }
    if known.has(national) {
        return Some(national.into());
    }
    let regions = known.regions();
    let undialled = |region: &&Metadata| {
        let trunk = || national.strip_prefix(region.national_prefix()?).map(Cow::Borrowed);
        let fits = |number: &Cow<'_, str>| known.has(number);
        dialled(national, region).map(Cow::Owned).filter(fits).or_else(|| trunk().filter(fits))
    };
    if let Some(number) = regions.iter().find_map(undialled) {
        return Some(number);
    }
    // Ranges that were given out since the metadata was made: by their length.
    if possible && !national.starts_with('0') {
        return Some(national.into());
    }
    let retired = RETIRED_TRUNKS.iter().filter(|(of, _)| *of == code).map(|(_, trunk)| *trunk);
    let trunks = regions.iter().filter_map(|region| region.national_prefix()).chain(retired);
    let mut undialled = trunks.filter_map(|trunk| national.strip_prefix(trunk));
    let rest = undialled.find(|rest| !rest.starts_with('0') && known.has_length(rest));
    rest.or_else(|| Some(national).filter(|_| possible && zero_leads(&regions))).map(Cow::Borrowed)
}

/// Whether numbers there begin with zero, as in Italy.
fn zero_leads(regions: &[&Metadata]) -> bool {
    regions.iter().any(|region| {
        let kinds = [region.descriptors().fixed_line(), region.descriptors().mobile()];
        let examples = kinds.into_iter().flatten().filter_map(phonenumber::metadata::Descriptor::example);
        examples.into_iter().any(|example| example.starts_with('0'))
    })
}

/// What is left of digits once prefixes are off with which a number is dialled there.
fn dialled(national: &str, region: &Metadata) -> Option<String> {
    let prefixes = region.national_prefix_for_parsing()?;
    let captures = prefixes.captures(national)?;
    let whole = captures.get(0).filter(|whole| whole.start() == 0 && whole.end() > 0)?;
    let kept = captures.get(captures.len() - 1).filter(|_| captures.len() > 1);
    match (region.national_prefix_transform_rule(), kept) {
        (Some(rule), Some(_)) => Some(prefixes.replace(national, rule).into_owned()),
        _ => Some(national[whole.end()..].to_owned()),
    }
}

/// The newest form of a number in E.164, where that isn't the number itself.
///
/// - Mexico: the `1` after `+52` for mobiles ended in 2019 (IFT, Plan Técnico Fundamental de Numeración).
/// - Brazil: mobiles got a ninth digit in front, 2012 to 2016 (Anatel, Resolution 553).
/// - Argentina: mobiles are called with a `9` from abroad and reached by text without (ENACOM); an area's numbers are
///   given out once, with or without.
/// - Benin: all numbers got `01` in front on 30 November 2024 (ARCEP Bénin).
pub(super) fn alias(number: &str) -> Option<String> {
    let after = |prefix: &str, digits: usize| number.strip_prefix(prefix).filter(|rest| rest.len() == digits);
    // No area begins with zero: where one stands, it is a trunk prefix of which the number isn't rid yet.
    let area = |rest: &&str| !rest.starts_with('0');
    if let Some(rest) = after("+521", 10).filter(area) {
        return Some(format!("+52{rest}"));
    }
    if let Some(rest) = after("+55", 10) {
        let (area, subscriber) = rest.split_at(2);
        let mobile = !area.starts_with('0') && subscriber.starts_with(['6', '7', '8', '9']);
        return mobile.then(|| format!("+55{area}9{subscriber}"));
    }
    if let Some(rest) = after("+549", 10).filter(area) {
        return Some(format!("+54{rest}"));
    }
    after("+229", 8).map(|rest| format!("+22901{rest}"))
}

#[cfg(test)]
mod tests {
    use crate::{Address, AddressError, Namespace};

    #[test]
    fn old_and_new_forms_are_one() {
        for (old, new) in [
            ("+52 1 55 1234 5678", "+525512345678"),
            ("+55 11 8765-4321", "+5511987654321"),
            ("+54 9 11 1234-5678", "+541112345678"),
            ("+229 97 12 34 56", "+2290197123456"),
        ] {
            let address = Address::phone(old, None).unwrap();
            assert_eq!(address.key(), new);
            assert_ne!(address.raw(), new);
            assert_eq!(Address::phone(new, None).unwrap().key(), new);
        }
        // Fixed lines in Brazil have eight digits for good, and other countries nothing of the kind.
        for same in ["+551132654321", "+5511987654321", "+15215551234", "+525512345678"] {
            assert_eq!(Address::phone(same, None).unwrap().key(), same);
        }
    }

    #[test]
    fn whatever_a_message_came_from_is_an_address() {
        for (text, namespace, raw) in [
            ("+14155550100", Namespace::Phone, "+14155550100"),
            ("14155550100", Namespace::Phone, "+14155550100"),
            ("whatsapp:+14155550100", Namespace::Phone, "+14155550100"),
            ("12345", Namespace::Phone, "+12345"),
            ("+0 123 456", Namespace::Phone, "+0123456"),
            ("AMAZON", Namespace::Custom("sms".to_owned()), "AMAZON"),
            ("123456789012345678901234", Namespace::Custom("sms".to_owned()), "123456789012345678901234"),
        ] {
            let address = Address::phone_as_received(text).unwrap();
            assert_eq!((address.namespace(), address.raw()), (&namespace, raw));
        }
        assert!(Address::phone_as_received(" ").is_err() && Address::phone_as_received("a\0b").is_err());
    }

    fn number(text: &str, country: &str) -> Result<String, AddressError> {
        Address::phone(text, country.parse().ok()).map(|address| address.raw().to_owned())
    }

    #[test]
    fn a_trunk_prefix_is_no_part_of_an_international_number() {
        for (text, country, expected) in [
            ("+44 07911 123402", "", "+447911123402"),
            ("+4407911123402", "GB", "+447911123402"),
            ("+44 (0) 7911 123402", "", "+447911123402"),
            ("+44(0)7911123402", "US", "+447911123402"),
            ("+44.(07911).123402", "", "+447911123402"),
            ("+44-0-7911-123402", "", "+447911123402"),
            ("004407911123402", "", "+447911123402"),
            ("4407911123402", "GB", "+447911123402"),
            ("07911123402", "GB", "+447911123402"),
            ("0011 44 07911 123402", "AU", "+447911123402"),
            ("011 44 7911 123402", "US", "+447911123402"),
            ("+49 0170 1234567", "", "+491701234567"),
            ("+49(0)170 1234567", "", "+491701234567"),
            ("+33 06 12 34 56 78", "", "+33612345678"),
            ("+61 0412 345 678", "", "+61412345678"),
            ("+31 (0)6 12345678", "", "+31612345678"),
            ("+7 8 912 345 67 89", "", "+79123456789"),
            ("+7 8 701 234 56 78", "", "+77012345678"),
            ("+7 800 555 35 35", "", "+78005553535"),
            ("+36 06 30 123 4567", "", "+36301234567"),
            ("+370 8 612 34567", "", "+37061234567"),
            ("+370 0 612 34567", "", "+37061234567"),
            ("+52 01 55 1234 5678", "", "+525512345678"),
            ("+52 045 55 1234 5678", "", "+525512345678"),
            ("+54 0 11 1234 5678", "", "+541112345678"),
            ("+55 0 11 98765 4321", "", "+5511987654321"),
            ("+1 1 415 555 0134", "", "+14155550134"),
            // Where a zero is part of the number.
            ("+39 06 1234567", "", "+39061234567"),
            ("+39 (0)6 1234567", "", "+39061234567"),
            ("+39 347 1234567", "", "+393471234567"),
            ("+39 06 69812345", "VA", "+390669812345"),
            ("+378 0549 882914", "", "+3780549882914"),
            ("+225 01 23 45 67 89", "", "+2250123456789"),
            ("+229 01 97 12 34 56", "", "+2290197123456"),
        ] {
            assert_eq!(number(text, country).as_deref(), Ok(expected), "{text} {country}");
        }
        for impossible in [
            "+1 0415 555 0134",
            "+1 415 555 12",
            "+44 00 7911 123402",
            "+33 6 12 34 56",
            "0011447911123402",
            "+49 01246",
        ] {
            assert_eq!(number(impossible, ""), Err(AddressError::Impossible), "{impossible}");
        }
    }

    #[test]
    fn what_was_copied_along_with_a_number_is_taken_off() {
        for text in [
            "\u{202a}+44 7911 123402\u{202c}",
            "\u{200e}+44\u{a0}7911\u{a0}123402",
            "+44\u{2011}7911\u{2013}123402",
            "\u{ff0b}\u{ff14}\u{ff14}\u{ff17}\u{ff19}\u{ff11}\u{ff11}\u{ff11}\u{ff12}\u{ff13}\u{ff14}\u{ff10}\u{ff12}",
            "+\u{664}\u{664}\u{667}\u{669}\u{661}\u{661}\u{661}\u{662}\u{663}\u{664}\u{660}\u{662}",
            "+\u{6f4}\u{6f4} 7911 123402",
            "'+447911123402",
            "\u{201c}+447911123402\u{201d}",
            "TEL:+44-7911-123402",
            "whatsapp:+447911123402",
        ] {
            assert_eq!(number(text, "").as_deref(), Ok("+447911123402"), "{text:?}");
        }
        for bad in
            ["+44 7911 12340x", "+447911123402;ext=1", "4.47911E+11", "+44 7911 123402 / +44 7911 123403"]
        {
            assert!(number(bad, "GB").is_err(), "{bad}");
        }
    }

    #[test]
    fn former_keys_are_those_with_the_trunk_prefix() {
        for (key, former) in [
            ("+447911123402", vec!["+4407911123402"]),
            ("+79123456789", vec!["+789123456789"]),
            ("+390669812345", vec![]),
            ("+9991234567", vec![]),
            ("not a number", vec![]),
        ] {
            assert_eq!(crate::former_keys(&Namespace::Phone, key), former, "{key}");
            assert!(crate::former_keys(&Namespace::Email, key).is_empty());
        }
    }

    #[test]
    fn a_trunk_prefix_behind_an_old_form_makes_no_key_that_cannot_be_read() {
        for text in ["+549 0 4048 19367", "+549(0)040[48 (0)1/9367", "+521 0 5512 34567", "+55 01 8765 4321"]
        {
            let Ok(address) = Address::phone(text, None) else { continue };
            assert_eq!(Address::phone(address.key(), None).unwrap().key(), address.key(), "{text}");
        }
    }

    /// Found by fuzzing: with one more zero in front this is a number of its own.
    #[test]
    fn a_former_key_is_the_number_and_no_other() {
        for text in ["+82 0093014 4499", "+82-0 093014499", "+39 06 12345678"] {
            let Ok(address) = Address::phone(text, None) else { continue };
            for former in crate::former_keys(address.namespace(), address.key()) {
                assert_eq!(Address::phone(&former, None).unwrap().key(), address.key(), "{text}: {former}");
            }
        }
        assert!(Address::phone("+82 0093014 4499", None).is_ok(), "the case is still one");
    }

    #[test]
    fn the_corpus_is_read() {
        let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/phone");
        let mut numbers = 0;
        for file in std::fs::read_dir(corpus).unwrap() {
            // The target leaves alone what isn't text.
            let Ok(text) = String::from_utf8(std::fs::read(file.unwrap().path()).unwrap()) else { continue };
            let (rest, country) = text.split_at_checked(text.len().saturating_sub(2)).unwrap_or((&text, ""));
            for (text, country) in [(text.as_str(), None), (rest, country.parse().ok())] {
                let Ok(address) = Address::phone(text, country) else { continue };
                let again = Address::phone(address.key(), None).unwrap();
                assert_eq!(again.key(), address.key(), "{text}");
                numbers += 1;
            }
        }
        assert!(numbers > 10, "{numbers}");
    }

    proptest::proptest! {
        #[test]
        fn reading_a_number_again_changes_nothing(text in "\\+?(1|7|20|33|36|39|44|49|52|54|55|225|229|370|378|976)[0-9]{5,12}", trunk in "0|8|06|1|", country in "GB|IT|US|MX|RU|") {
            let text = text.replacen("44", &format!("44{trunk}"), 1);
            if let Ok(address) = Address::phone(&text, country.parse().ok()) {
                for form in [address.raw(), address.key()] {
                    let again = Address::phone(form, None).unwrap();
                    proptest::prop_assert_eq!(again.key(), address.key());
                }
                for former in crate::former_keys(address.namespace(), address.key()) {
                    let same = Address::phone(&former, None).unwrap();
                    proptest::prop_assert_eq!(same.key(), address.key());
                }
            }
        }

        #[test]
        fn whoever_refuses_has_an_address(text in "[+0-9 ().\u{202a}\u{a0}٠-٩a-z-]{0,30}") {
            let address = Address::phone_as_received(&text);
            // Nothing but spaces and marks is nobody.
            proptest::prop_assert!(address.is_ok() || !text.contains(|c: char| c.is_alphanumeric()));
            if let (Ok(well), Ok(received)) = (Address::phone(&text, None), address) {
                proptest::prop_assert_eq!(well.key(), received.key());
            }
        }
    }
}
