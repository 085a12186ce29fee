//! Phone numbers whose form has changed: people and providers use both, and a refusal must hold for both.

/// The newest form of a number in E.164, where that isn't the number itself.
///
/// - Mexico: the `1` after `+52` for mobiles ended in 2019 (IFT, Plan Técnico Fundamental de Numeración).
/// - Brazil: mobiles got a ninth digit in front, 2012 to 2016 (Anatel, Resolution 553).
/// - Argentina: mobiles are called with a `9` from abroad and reached by text without (ENACOM); an area's numbers are
///   given out once, with or without.
/// - Benin: all numbers got `01` in front on 30 November 2024 (ARCEP Bénin).
pub(super) fn alias(number: &str) -> Option<String> {
    let after = |prefix: &str, digits: usize| number.strip_prefix(prefix).filter(|rest| rest.len() == digits);
    if let Some(rest) = after("+521", 10) {
        return Some(format!("+52{rest}"));
    }
    if let Some(rest) = after("+55", 10) {
        let (area, subscriber) = rest.split_at(2);
        return subscriber.starts_with(['6', '7', '8', '9']).then(|| format!("+55{area}9{subscriber}"));
    }
    if let Some(rest) = after("+549", 10) {
        return Some(format!("+54{rest}"));
    }
    after("+229", 8).map(|rest| format!("+22901{rest}"))
}

#[cfg(test)]
mod tests {
    use crate::{Address, Namespace};

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
}
