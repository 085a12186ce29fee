//! Unsubscribe requests: the first line is the address that the mail went to, the rest its header and body.
#![no_main]

use intake::mail::{Envelope, Kind, read_with};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|raw: &[u8]| {
    let at = raw.iter().position(|byte| *byte == b'\n').unwrap_or(raw.len());
    let (to, mail) = raw.split_at(at);
    let to = String::from_utf8_lossy(to);
    let to: [&str; 1] = [&to];
    let reading = read_with(mail.get(1..).unwrap_or_default(), Envelope { from: Some("a@x.example"), to: &to });
    assert!(reading.kind != Kind::Unsubscribe || !reading.tokens.is_empty());
});
