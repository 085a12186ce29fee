//! Phone numbers as spreadsheets and other tools leave them.

use std::borrow::Cow;

use consent::Address;
use consent::jurisdiction::Country;

/// Reads a phone number: in E.164, in national form, or as the bare digits that a spreadsheet made of it.
pub(super) fn phone(text: &str, country: Option<Country>) -> Result<Address, String> {
    let text = cleaned(text);
    if is_rounded(&text) {
        return Err(
            "a spreadsheet has rounded the number and its last digits are lost; export the column as text"
                .to_owned(),
        );
    }
    if text.bytes().all(|b| b.is_ascii_digit())
        && let Some(address) = country.and_then(|country| international(&text, country))
    {
        return Ok(address);
    }
    Address::phone(&text, country).map_err(|error| error.to_string())
}

/// Without an apostrophe in front and a decimal fraction of nothing, as spreadsheets write numbers.
fn cleaned(text: &str) -> Cow<'_, str> {
    let text = text.trim().trim_start_matches('\'').trim_start_matches("=\"").trim_end_matches('"');
    let whole = text.split_once(['.', ',']).filter(|(digits, fraction)| {
        let digits = digits.trim_start_matches('+');
        digits.len() > 6
            && digits.bytes().all(|b| b.is_ascii_digit())
            && !fraction.is_empty()
            && fraction.bytes().all(|b| b == b'0')
    });
    whole.map_or(Cow::Borrowed(text), |(digits, _)| Cow::Borrowed(digits))
}

/// `4.91701E+11`, with point or comma.
fn is_rounded(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else { return false };
    let exponent = exponent.trim_start_matches('+');
    let number =
        |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b',');
    number(mantissa.trim_start_matches(['+', '-']))
        && !exponent.is_empty()
        && exponent.bytes().all(|b| b.is_ascii_digit())
}

/// Bare digits that begin with the country's own code and go on with a number that is valid there.
fn international(digits: &str, country: Country) -> Option<Address> {
    if digits.starts_with('0') || digits.len() < 10 {
        return None;
    }
    let whole = Address::phone(&format!("+{digits}"), None).ok()?;
    let national = |length: usize| Address::phone(&digits[length..], Some(country)).ok();
    (1..=3).filter_map(national).any(|number| number.key() == whole.key()).then_some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_spreadsheets_leave_them() {
        let read = |text: &str, country: &str| {
            phone(text, country.parse().ok()).map(|address| address.raw().to_owned()).unwrap_or_default()
        };
        for (text, country, number) in [
            ("0170 1234567", "DE", "+491701234567"),
            ("+49 170 1234567", "", "+491701234567"),
            ("491701234567", "DE", "+491701234567"),
            ("491701234567.0", "DE", "+491701234567"),
            ("+491701234567.00", "", "+491701234567"),
            ("'+49 170 1234567", "", "+491701234567"),
            ("14155550101", "US", "+14155550101"),
            ("(415) 555-0101", "US", "+14155550101"),
            ("06 12 34 56 78", "FR", "+33612345678"),
            ("491701234567", "", ""),
            ("491701234567", "FR", ""),
            ("4.91701E+11", "DE", ""),
            ("4,9170E+11", "DE", ""),
        ] {
            assert_eq!(read(text, country), number, "{text} {country}");
        }
        assert!(phone("4.915E+11", None).unwrap_err().contains("rounded"));
    }
}
