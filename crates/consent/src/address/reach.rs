//! Which numbers a stranger may have a text sent to: fraudsters make pages send texts to numbers that earn by them.

use phonenumber::metadata::DATABASE;
use phonenumber::{PhoneNumber, Type};

use super::{Address, Namespace};
use crate::jurisdiction::Country;

/// The North American plan: a dozen countries share its code, and what it hasn't given out may be any one's.
const NORTH_AMERICA: u16 = 1;
/// Digits that neighbours have in common, after the country code.
const NEIGHBOURS_SHARE: usize = 3;

impl Address {
    /// The country whose people have such a number on a phone that gets texts; `None` for premium rates, shared costs,
    /// satellites, services without a country, and for whatever isn't known: numbers that earn money are often of a length
    /// that no plan lists.
    pub fn texted_country(&self) -> Option<Country> {
        let number = self.parsed_number()?;
        match number.number_type(&DATABASE) {
            Type::Mobile | Type::FixedLineOrMobile => country(&number),
            Type::Unknown if has_mobile_neighbours(&self.raw, number.country().code()) => {
                main_country(&number)
            }
            _ => None,
        }
    }

    /// The country that a sender's number is of, whatever kind of number it is.
    pub fn sender_country(&self) -> Option<Country> {
        let number = self.parsed_number()?;
        country(&number).or_else(|| main_country(&number))
    }

    fn parsed_number(&self) -> Option<PhoneNumber> {
        let is_number = self.namespace == Namespace::Phone;
        is_number.then(|| phonenumber::parse(None, &self.raw).ok()).flatten()
    }
}

/// Whether numbers of the same length that begin with the same digits are mobile ones, and none is of another kind: plans
/// have gaps among such numbers. What begins like premium rates has none, whatever its length.
fn has_mobile_neighbours(raw: &str, code: u16) -> bool {
    let Some(national) = raw.strip_prefix(&format!("+{code}")).filter(|_| code != NORTH_AMERICA) else {
        return false;
    };
    let Some((start, rest)) = national.split_at_checked(NEIGHBOURS_SHARE) else { return false };
    let mut mobile = false;
    for digit in '0'..='9' {
        let neighbour = format!("+{code}{start}{}", digit.to_string().repeat(rest.len()));
        let kind = phonenumber::parse(None, &neighbour).map(|number| number.number_type(&DATABASE));
        match kind {
            Ok(Type::Mobile | Type::FixedLineOrMobile) => mobile = true,
            Ok(Type::Unknown) | Err(_) => {}
            Ok(_) => return false,
        }
    }
    mobile
}

fn country(number: &PhoneNumber) -> Option<Country> {
    number.country().id()?.as_ref().parse().ok()
}

/// The first country of a calling code; `None` for those of no country, whose region is `001`.
fn main_country(number: &PhoneNumber) -> Option<Country> {
    DATABASE.region(&number.country().code())?.first()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_earn_money_have_no_country() {
        let country =
            |text: &str| Address::phone(text, None).unwrap().texted_country().map(|c| c.as_str().to_owned());
        for (number, expected) in [
            ("+4915112345678", Some("DE")),
            ("+436641234567", Some("AT")),
            ("+447700900123", Some("GB")),
            ("+12025550123", Some("US")),
            ("+18765551234", Some("JM")),
            ("+14165550123", Some("CA")),
            ("+33612345678", Some("FR")),
            ("+77012345678", Some("KZ")),
            ("+15005550006", None),
            ("+4990012345678", None),
            ("+491801234567", None),
            ("+449098790000", None),
            ("+447012345678", None),
            ("+19005551234", None),
            ("+33899123456", None),
            ("+870773111632", None),
            ("+881612345678", None),
            ("+88213123456", None),
            ("+979123456789", None),
            ("+80812345678", None),
            ("+80012345678", None),
            ("+4911833", None),
            ("+49137123456", None),
            ("+49900123456", None),
            ("+49700123456", None),
            ("+4932123456789", None),
            ("+493012345678", None),
            ("+39899123456", None),
            ("+34803123456", None),
            ("+41900123456", None),
            ("+43900123456", None),
            ("+31900123456", None),
            ("+48700123456", None),
            ("+491711234567", Some("DE")),
            ("+393401234567", Some("IT")),
            ("+34612345678", Some("ES")),
            ("+41791234567", Some("CH")),
            ("+48512345678", Some("PL")),
            ("+5511961234567", Some("BR")),
            ("+525512345678", Some("MX")),
        ] {
            assert_eq!(country(number).as_deref(), expected, "{number}");
        }
    }

    #[test]
    fn a_sender_is_of_a_country_whatever_its_number_earns() {
        let country = |text: &str| Address::phone(text, None).unwrap().sender_country();
        for (number, expected) in [("+15005550006", "US"), ("+447700900000", "GB"), ("+18005550100", "US")] {
            assert_eq!(country(number).unwrap().as_str(), expected, "{number}");
        }
        assert_eq!(country("+870773111632"), None);
    }
}
