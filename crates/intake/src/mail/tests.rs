//! Whole mails: the real ones under `tests/data/bounces`, and made-up ones for what those don't have.

use std::path::{Path, PathBuf};

use consent::BounceReason;
use proptest::prelude::*;
use serde_json::Value;

use super::*;

#[path = "layouts_tests.rs"]
mod layouts;

const TOKEN: &str = "aebagbaf6x7wcllq2mzs3k5v7yq4adsbq2mzs3k5";

/// Rows of the labels that nobody could read from the mail: a placeholder for recipients that were taken out, and reports whose
/// recipients the labels leave out.
const WITHOUT_ADDRESS: [&str; 3] = ["arf-15.eml", "rfc3464-28.eml", "rfc3834-02.eml"];

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn samples() -> Vec<(String, Vec<u8>)> {
    let files = std::fs::read_dir(folder("tests/data/bounces")).unwrap();
    let mails =
        files.map(|file| file.unwrap().path()).filter(|path| path.extension().is_some_and(|e| e == "eml"));
    let mut samples: Vec<_> = mails
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap()))
        .collect();
    samples.sort();
    samples
}

fn rows(reading: &Reading) -> Vec<(String, bool)> {
    let mut rows: Vec<_> = reading
        .recipients
        .iter()
        .map(|recipient| (recipient.reason.as_str().to_owned(), recipient.hard))
        .collect();
    rows.sort();
    rows
}

#[test]
fn real_mails_have_the_rows_of_their_labels() {
    let labels: Value =
        serde_json::from_slice(&std::fs::read(folder("tests/data/bounces/labels.json")).unwrap()).unwrap();
    let mut wrong = Vec::new();
    for (name, raw) in samples() {
        let Some(label) = labels.get(&name) else { continue };
        let reading = read(&raw);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let mut expected: Vec<_> = label["expected"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| (text(&row["reason"]), row["hard"].as_bool().unwrap()))
            .collect();
        expected.sort();
        let feedback = text(&label["expected"][0]["feedback_type"]);
        let mut addresses: Vec<String> = label["recipients"].as_array().unwrap().iter().map(text).collect();
        let mut found: Vec<String> =
            reading.recipients.iter().map(|recipient| recipient.address.clone()).collect();
        addresses.sort();
        addresses.dedup();
        found.sort();
        found.dedup();
        let found_feedback = reading.feedback_type.map_or("", FeedbackType::name);
        let same = rows(&reading) == expected && found_feedback == feedback;
        if !(same && (found == addresses || WITHOUT_ADDRESS.contains(&name.as_str()))) {
            wrong.push(format!(
                "{name}: {:?} {found:?} {found_feedback:?}, not {expected:?} {addresses:?}",
                rows(&reading)
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_ordinary_mail_is_none_of_them() {
    let samples = samples();
    let (_, raw) = samples.iter().find(|(name, _)| name == "is-not-bounce-01.eml").unwrap();
    let reading = read(raw);
    assert_eq!((reading.kind, reading.recipients.len()), (Kind::None, 0));
    assert_eq!(reading.message_id.as_deref(), Some("51e458a6.21eb420a.5f83.4ce2@mx.example.com"));
    assert_eq!(reading.date.map(|date| date.to_string()).as_deref(), Some("2013-07-15T20:16:38Z"));
    for letter in [
        "From: a@x.example\nTo: b@y.example\nSubject: Delivery of your parcel failed\n\nYour parcel could not be delivered. Call us.\n",
        "From: a@x.example\nTo: b@y.example\nSubject: Re: bounce handling\n\nMy mails to c@x.example bounce, what does 550 5.1.1 mean?\n",
        "From: a@x.example\nReturn-Path: <a@x.example>\nSubject: hi\nPrecedence: bulk\n\nNews of the week\n",
        "",
        "\n\n",
        "no header at all",
    ] {
        assert_eq!(read(letter.as_bytes()).kind, Kind::None, "{letter}");
    }
}

fn mail(head: &str, body: &str) -> Reading {
    read(format!("From: Ann <ann@x.example>\n{head}\n\n{body}").as_bytes())
}

#[test]
fn a_token_in_the_address_unsubscribes_whatever_the_mail_says() {
    for (head, body) in [
        (format!("To: u.{TOKEN}@lists.example\nSubject: unsubscribe"), ""),
        (format!("To: <U.{}@Lists.Example>", TOKEN.to_uppercase()), "please keep sending"),
        (format!("To: u+{TOKEN}@lists.example\nSubject: Returned mail"), "Mail was sent by Apple Mail"),
        (format!("Delivered-To: u.{TOKEN}@lists.example\nTo: someone@else.example"), "<html>"),
        (
            format!("To: u.{TOKEN}@lists.example\nAuto-Submitted: auto-replied\nX-Apple-Unsubscribe: true"),
            "x",
        ),
    ] {
        let reading = mail(&head, body);
        assert_eq!(reading.kind, Kind::Unsubscribe, "{head}");
        assert_eq!(reading.tokens, [TOKEN], "{head}");
    }
}

#[test]
fn machines_do_not_unsubscribe() {
    let to = format!("To: u.{TOKEN}@lists.example");
    for (head, body) in [
        (format!("{to}\nAuto-Submitted: auto-replied\nSubject: hm"), "I am away"),
        (format!("{to}\nReturn-Path: <>\nSubject: hm"), "hello"),
        (
            format!("{to}\nSubject: Undelivered Mail Returned to Sender\nReturn-Path: <>"),
            "<a@y.example>: User unknown",
        ),
        (format!("{to}\nX-Autoreply: yes"), "x"),
    ] {
        assert_ne!(mail(&head, body).kind, Kind::Unsubscribe, "{head}");
    }
    let envelope = Envelope { from: Some(""), to: &[] };
    assert_ne!(
        read_with(format!("From: a@x.example\n{to}\n\n").as_bytes(), envelope).kind,
        Kind::Unsubscribe
    );
}

#[test]
fn the_envelope_counts_as_an_address() {
    let to = format!("u.{TOKEN}@lists.example");
    let envelope = Envelope { from: Some("a@x.example"), to: &[&to] };
    let reading = read_with(b"From: a@x.example\nTo: undisclosed\n\n", envelope);
    assert_eq!((reading.kind, reading.tokens.as_slice()), (Kind::Unsubscribe, [TOKEN.to_owned()].as_slice()));
}

#[test]
fn answers_of_machines_are_told_from_bounces() {
    for head in [
        "Subject: Automatic reply: hello\nReturn-Path: <>",
        "Subject: Abwesenheitsnotiz: Hallo",
        "Subject: =?UTF-8?B?6Ieq5YuV6L+U5L+h?=",
        "Subject: Out of Office: your mail was not delivered to me\nReturn-Path: <>",
        "Subject: hello\nAuto-Submitted: auto-replied (vacation)",
        "Subject: Re: hello\nX-Autorespond: 1",
    ] {
        let reading = mail(
            head,
            "I'm away until Monday. Write to bob@x.example; your message could not be delivered in time.",
        );
        assert_eq!(reading.kind, Kind::AutoReply, "{head}");
        let [recipient] = reading.recipients.as_slice() else { panic!("{head}: one person answered") };
        assert_eq!(
            (recipient.address.as_str(), recipient.reason, recipient.hard),
            ("ann@x.example", BounceReason::Vacation, false)
        );
    }
    let challenge = mail(
        "Subject: Re: hello\nIn-Reply-To: <1@x.example>",
        "Please prove you are human: https://x.example/c",
    );
    assert_eq!(challenge.kind, Kind::AutoReply);
}

fn report(fields: &str) -> Reading {
    let text = format!(
        "From: MAILER-DAEMON@x.example\nTo: b.{TOKEN}@lists.example\nContent-Type: multipart/report; boundary=\"b 1\"\n\n--b 1\nContent-Type: text/plain\n\nHello.\n\n--b 1\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x.example\n\n{fields}\n\n--b 1--\n"
    );
    read(text.as_bytes())
}

#[test]
fn only_what_failed_is_hard() {
    let row = |action: &str| {
        format!(
            "Final-Recipient: rfc822; a@x.example\nAction: {action}\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 User unknown"
        )
    };
    for (action, read, hard) in [
        ("failed", Action::Failed, true),
        ("Failed (permanent)", Action::Failed, true),
        ("delayed", Action::Delayed, false),
        ("relayed", Action::Relayed, false),
        ("delivered", Action::Delivered, false),
    ] {
        let reading = report(&row(action));
        assert_eq!(reading.kind, Kind::Bounce);
        assert_eq!(reading.tokens, [TOKEN]);
        assert_eq!((reading.recipients[0].action, reading.recipients[0].hard), (read, hard), "{action}");
    }
}

#[test]
fn the_original_recipient_is_the_one_that_was_mailed() {
    let reading = report(
        "Original-Recipient: rfc822;ann@x.example\nFinal-Recipient: rfc822; ann.smith@inner.x.example\nAction: failed\nStatus: 5.2.2",
    );
    let recipient = &reading.recipients[0];
    assert_eq!(
        (recipient.address.as_str(), recipient.mailed()),
        ("ann.smith@inner.x.example", "ann@x.example")
    );
}

#[test]
fn a_report_that_a_message_is_no_spam_is_no_objection() {
    for (written, objection) in [
        ("abuse", true),
        ("fraud", true),
        ("opt-out", true),
        ("virus", true),
        ("other", true),
        ("not-spam", false),
        ("auth-failure", false),
    ] {
        let text = format!(
            "From: fbl@x.example\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\n\n--b\nContent-Type: message/feedback-report\n\nFeedback-Type: {written}\nOriginal-Rcpt-To: <redacted@x.example>\n\n--b\nContent-Type: message/rfc822\n\nTo: ann@x.example\nReturn-Path: <b.{TOKEN}@lists.example>\nList-Unsubscribe: <https://lists.example/u/AQEDAgX1_-ESl4NDM7Vrtf4hwBwEGi>\n\nhi\n--b--\n"
        );
        let reading = read(text.as_bytes());
        assert_eq!(reading.kind, Kind::Complaint);
        let feedback = reading.feedback_type.unwrap();
        assert_eq!((feedback.name(), feedback.is_objection()), (written, objection));
        assert_eq!(reading.recipients[0].address, "ann@x.example");
        assert_eq!(reading.tokens, [TOKEN, "AQEDAgX1_-ESl4NDM7Vrtf4hwBwEGi"]);
    }
}

#[test]
fn hotmail_complains_without_a_report() {
    let text = "From: staff@hotmail.com\nTo: fbl@lists.example\nSubject: complaint about message from 192.0.2.1\nX-HmXmrOriginalRecipient: ann@hotmail.example\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\nX-HmXmrOriginalRecipient: ann@hotmail.example\nFrom: news@lists.example\nTo: undisclosed@x.example\nSubject: hi\n\nx\n--b--\n";
    let reading = read(text.as_bytes());
    assert_eq!((reading.kind, reading.feedback_type), (Kind::Complaint, Some(FeedbackType::Abuse)));
    assert_eq!(reading.recipients[0].address, "ann@hotmail.example");
}

#[test]
fn broken_parts_are_still_read() {
    let text = "From: MAILER-DAEMON@x.example\nSubject: Returned mail\nContent-Type: multipart/report; boundary=other\n\n--b\nContent-Type: message/delivery-status\n\nFinal-Recipient: rfc822; a@y.example\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 no such user\n";
    let reading = read(text.as_bytes());
    assert_eq!(reading.recipients[0].address, "a@y.example");
    assert_eq!(reading.recipients[0].reason, BounceReason::UserUnknown);
}

#[test]
fn a_forwarded_bounce_is_a_bounce() {
    let inner = "From: MAILER-DAEMON@x.example\nSubject: failure notice\nReturn-Path: <>\n\nHi. This is the qmail-send program at x.example.\n\n<a@y.example>:\nSorry, no mailbox here by that name. (#5.1.1)\n";
    let text = format!(
        "From: ann@x.example\nSubject: FYI\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nsee below\n--b\nContent-Type: message/rfc822\n\n{inner}\n--b--\n"
    );
    let reading = read(text.as_bytes());
    assert_eq!((reading.kind, reading.recipients[0].address.as_str()), (Kind::Bounce, "a@y.example"));
}

#[test]
fn addresses_do_not_show_in_debug_output() {
    let reading = report(
        "Final-Recipient: rfc822; secret@x.example\nAction: failed\nDiagnostic-Code: smtp; 550 secret@x.example unknown",
    );
    assert!(!format!("{reading:?}").contains("secret"));
}

/// Nothing that a fuzzer kept makes the reader panic; the folder is missing in a packaged crate.
#[test]
fn what_fuzzing_found_interesting_is_read() {
    let mut count = 0;
    for target in ["mail", "dsn", "arf", "mailto"] {
        let Ok(files) = std::fs::read_dir(folder("../../fuzz/corpus").join(target)) else { continue };
        for file in files {
            let raw = std::fs::read(file.unwrap().path()).unwrap();
            let reading = read(&raw);
            assert!(
                reading.recipients.iter().all(|recipient| recipient.diagnostic.len() <= DIAGNOSTIC_KEPT_MAX)
            );
            count += 1;
        }
    }
    assert!(count > 100, "only {count} inputs under fuzz/corpus");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Cut, spliced and overwritten reports are read without a panic, and never say more than the limits allow.
    #[test]
    fn mutated_mails_are_read(
        picks in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..40),
        cut: prop::sample::Index,
        which: prop::sample::Index,
        other: prop::sample::Index,
    ) {
        let samples = samples();
        let mut raw = which.get(&samples).1.clone();
        let second = &other.get(&samples).1;
        let at = cut.index(raw.len());
        raw.truncate(at);
        raw.extend_from_slice(&second[at.min(second.len())..]);
        for (place, byte) in picks {
            if !raw.is_empty() {
                let place = place.index(raw.len());
                raw[place] = byte;
            }
        }
        let reading = read(&raw);
        prop_assert!(reading.tokens.len() <= 32 * 16);
        for recipient in &reading.recipients {
            prop_assert!(recipient.diagnostic.len() <= DIAGNOSTIC_KEPT_MAX);
            prop_assert!(!recipient.hard || recipient.action == Action::Failed);
        }
    }

    #[test]
    fn any_bytes_are_read(raw: Vec<u8>) {
        let _ = read(&raw);
    }
}
