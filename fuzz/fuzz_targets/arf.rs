//! Complaints (RFC 5965): the bytes are the feedback report and the message complained about.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|raw: &[u8]| {
    let at = raw.iter().position(|byte| *byte == 0).unwrap_or(0);
    let (message, report) = raw.split_at(at);
    let mut mail = b"From: fbl@x.example\nContent-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/feedback-report\n\n".to_vec();
    mail.extend_from_slice(report);
    mail.extend_from_slice(b"\n--b\nContent-Type: message/rfc822\n\n");
    mail.extend_from_slice(message);
    mail.extend_from_slice(b"\n--b--\n");
    let _ = intake::mail::read(&mail);
});
