//! Delivery statuses (RFC 3464): the bytes are the text and the status part of a report.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|raw: &[u8]| {
    let at = raw.iter().position(|byte| *byte == 0).unwrap_or(0);
    let (text, status) = raw.split_at(at);
    let mut mail = b"From: MAILER-DAEMON@x.example\nReturn-Path: <>\nContent-Type: multipart/report; boundary=b\n\n--b\n\n".to_vec();
    mail.extend_from_slice(text);
    mail.extend_from_slice(b"\n--b\nContent-Type: message/delivery-status\n\n");
    mail.extend_from_slice(status);
    mail.extend_from_slice(b"\n--b--\n");
    let reading = intake::mail::read(&mail);
    assert!(reading.recipients.iter().all(|recipient| !recipient.hard || recipient.action == intake::mail::Action::Failed));
});
