//! Phone numbers: whoever refuses has an address, and reading a number again changes nothing.

#![no_main]

use consent::{Address, former_keys};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let (rest, country) = text.split_at_checked(text.len().saturating_sub(2)).unwrap_or((text, ""));
    for (text, country) in [(text, None), (rest, country.parse().ok())] {
        if let Ok(address) = Address::phone(text, country) {
            let again = Address::phone(address.key(), None).expect("a number's key is a number");
            assert_eq!(again.key(), address.key());
            for former in former_keys(address.namespace(), address.key()) {
                assert_eq!(Address::phone(&former, None).expect("it was a number").key(), address.key());
            }
        }
    }
    if text.chars().any(char::is_alphanumeric) && !text.chars().any(char::is_control) {
        let _ = Address::phone_as_received(text);
    }
});
