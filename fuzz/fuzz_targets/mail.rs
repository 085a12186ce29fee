//! Whole messages: header, MIME parts, encodings, and everything that is read from them.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|raw: &[u8]| {
    let reading = intake::mail::read(raw);
    assert!(reading.recipients.iter().all(|recipient| recipient.diagnostic.len() <= intake::mail::DIAGNOSTIC_KEPT_MAX));
});
