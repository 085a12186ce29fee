//! From mails to reports.

use consent::{AddressId, BounceReason, KeyRing, Level, ListId, Purpose, Timestamp, Token, WorkspaceId};

use super::reports::{self, Origin};
use crate::feedback::{Report, What};
use crate::mail::{Envelope, Kind, read_with};

const NOW: Timestamp = Timestamp(1_800_000_000_000_000);

fn ring() -> KeyRing {
    KeyRing::new([(1, [7; 32])])
}

fn token(purpose: Purpose, address: i64) -> String {
    let token = Token {
        purpose,
        level: Level::Channel,
        workspace: WorkspaceId(1),
        address: AddressId(address),
        reference: consent::Reference::of_run(consent::RunId(7)),
        list: ListId(0),
        epoch: 0,
    };
    ring().sign(&token).unwrap().to_local_part()
}

fn to(purpose: Purpose, address: i64) -> String {
    let kind = if purpose == Purpose::Bounce { 'b' } else { 'u' };
    format!("{kind}.{}@back.example", token(purpose, address))
}

fn taken(raw: &str, from: Option<&str>, to: &[&str], may_name_address: bool) -> (Kind, Vec<Report>) {
    let reading = read_with(raw.as_bytes(), Envelope { from, to });
    let to = to.iter().map(|to| (*to).to_owned()).collect();
    let origin = Origin { from: from.map(str::to_owned), to };
    (reading.kind, reports::of(&reading, raw.as_bytes(), &origin, may_name_address, &ring(), NOW))
}

fn bounce(message_id: &str, recipients: &[(&str, &str, &str)]) -> String {
    let fields: Vec<_> = recipients
        .iter()
        .map(|(address, action, status)| {
            format!("Final-Recipient: rfc822; {address}\r\nAction: {action}\r\nStatus: {status}\r\n")
        })
        .collect();
    format!(
        "From: MAILER-DAEMON@mx.example\r\n{message_id}Date: Tue, 24 Nov 2026 01:00:00 +0000\r\n\
         Subject: Undelivered Mail Returned to Sender\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n\r\n--b\r\n\
         Content-Type: text/plain\r\n\r\nYour message could not be delivered: user unknown\r\n--b\r\n\
         Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n{}\r\n--b--\r\n",
        fields.join("\r\n")
    )
}

#[test]
fn a_copy_of_a_mail_counts_once_and_another_mail_again() {
    let gone = [("gone@example.com", "failed", "5.1.1")];
    for id in ["Message-ID: <1@mx.example>\r\n", ""] {
        let mail = bounce(id, &gone);
        let verp = to(Purpose::Bounce, 42);
        let (kind, smtp) = taken(&mail, Some(""), &[&verp], false);
        assert_eq!((kind, smtp.len()), (Kind::Bounce, 1));
        let hard = What::Bounced { reason: BounceReason::UserUnknown, hard: true };
        assert_eq!((&smtp[0].what, smtp[0].tokens.as_slice()), (&hard, &[token(Purpose::Bounce, 42)][..]));
        assert_eq!(smtp[0].address, None, "the token says who");
        // The same through a mailbox: other line ends, fields in front, no envelope.
        let copy = format!("Return-Path: <>\nDelivered-To: {verp}\n{}", mail.replace("\r\n", "\n"));
        assert_eq!(taken(&copy, None, &[], true).1[0].id, smtp[0].id, "{id}");
        let other = mail.replace("01:00:00", "02:00:00");
        assert_ne!(taken(&other, Some(""), &[&verp], false).1[0].id, smtp[0].id);
        let another = to(Purpose::Bounce, 43);
        assert_ne!(taken(&mail, Some(""), &[&another], false).1[0].id, smtp[0].id);
    }
}

#[test]
fn without_a_token_an_address_counts_only_where_it_may() {
    let mail = bounce("", &[("a@example.com", "failed", "5.1.1"), ("b@example.com", "failed", "4.2.2")]);
    let named = taken(&mail, None, &[], true).1;
    assert_eq!(named.len(), 2);
    assert_eq!(named[0].address.as_deref(), Some("a@example.com"));
    assert!(matches!(named[1].what, What::Bounced { hard: false, .. }), "{:?}", named[1].what);
    assert_ne!(named[0].id, named[1].id);
    let unnamed = taken(&mail, Some(""), &["postmaster@back.example"], false).1;
    assert!(unnamed.iter().all(|report| report.address.is_none()));
}

#[test]
fn an_address_with_several_targets_is_gone_only_with_all_of_them() {
    let verp = to(Purpose::Bounce, 42);
    let what = |recipients: &[(&str, &str, &str)]| {
        let reports = taken(&bounce("", recipients), Some(""), &[&verp], false).1;
        assert_eq!(reports.len(), 1);
        reports[0].what.clone()
    };
    let gone = ("a@example.com", "failed", "5.1.1");
    assert!(matches!(what(&[gone, ("b@example.com", "failed", "5.1.1")]), What::Bounced { hard: true, .. }));
    assert!(matches!(what(&[gone, ("b@example.com", "failed", "4.2.2")]), What::Bounced { hard: false, .. }));
    assert_eq!(what(&[gone, ("b@example.com", "delayed", "4.2.2")]), What::Noted);
    assert_eq!(what(&[gone, ("b@example.com", "delivered", "2.0.0")]), What::Delivered);
}

#[test]
fn only_its_own_token_unsubscribes() {
    let (ann, bob) = (to(Purpose::Unsubscribe, 42), to(Purpose::Unsubscribe, 43));
    let mail = "From: ann@example.com\r\nMessage-ID: <1@c.example>\r\n\r\nstop\r\n";
    let (kind, both) = taken(mail, Some("ann@example.com"), &[&ann, &bob], false);
    assert_eq!((kind, both.len()), (Kind::Unsubscribe, 2));
    for (report, address) in both.iter().zip([42, 43]) {
        assert_eq!(report.what, What::Unsubscribed { list: None });
        assert_eq!(report.tokens, [token(Purpose::Unsubscribe, address)]);
        assert!(report.raw.as_ref().unwrap().contains("stop"));
    }
    assert_ne!(both[0].id, both[1].id);
    assert_eq!(taken(mail, Some("ann@example.com"), &[&ann], false).1[0].id, both[0].id);
    for (from, to) in [
        (Some(""), ann.as_str()),
        (Some("ann@example.com"), to(Purpose::Bounce, 42).as_str()),
        (Some("ann@example.com"), &format!("u.{}@back.example", token(Purpose::Bounce, 42))),
        (Some("ann@example.com"), &ann.replacen("u.a", "u.b", 1)),
    ] {
        let (_, reports) = taken(mail, from, &[to], false);
        assert_eq!(reports.iter().map(|report| &report.what).collect::<Vec<_>>(), [&What::Noted], "{to}");
    }
}

#[test]
fn a_no_without_any_identity_is_never_taken_for_an_older_one() {
    let ann = to(Purpose::Unsubscribe, 42);
    let at = |now| {
        let reading = read_with(b"\r\n", Envelope { from: Some("a@b.example"), to: &[&ann] });
        let origin = Origin { from: Some("a@b.example".into()), to: vec![ann.clone()] };
        reports::of(&reading, b"\r\n", &origin, false, &ring(), now)[0].clone()
    };
    assert_eq!(at(NOW).what, What::Unsubscribed { list: None });
    assert_ne!(at(NOW).id, at(Timestamp(NOW.0 + 1)).id);
}

#[test]
fn a_complaint_is_one_however_little_it_says() {
    let report = |kind: &str| {
        format!(
            "From: fbl@provider.example\r\nMessage-ID: <{kind}@p.example>\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/report; report-type=feedback-report; boundary=b\r\n\r\n--b\r\n\
             Content-Type: text/plain\r\n\r\nspam\r\n--b\r\nContent-Type: message/feedback-report\r\n\r\n\
             Feedback-Type: {kind}\r\nUser-Agent: x/1\r\nVersion: 1\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n\
             Return-Path: <{}>\r\nFrom: news@brand.example\r\nTo: redacted\r\n\r\nhi\r\n--b--\r\n",
            to(Purpose::Bounce, 42)
        )
    };
    for (kind, what) in [
        ("abuse", What::Complained),
        ("fraud", What::Complained),
        ("opt-out", What::Complained),
        ("not-spam", What::Noted),
        ("auth-failure", What::Noted),
    ] {
        let (_, reports) = taken(&report(kind), Some(""), &["fbl@back.example"], true);
        assert_eq!((reports.len(), &reports[0].what), (1, &what), "{kind}");
        assert_eq!(reports[0].tokens, [token(Purpose::Bounce, 42)], "{kind}");
    }
}

#[test]
fn what_is_neither_is_noted() {
    for mail in ["", "\0\u{ff}", "From: a@b.example\r\nSubject: hello\r\n\r\nhi\r\n"] {
        let (kind, reports) = taken(mail, None, &[], true);
        assert_eq!((kind, reports.len(), &reports[0].what), (Kind::None, 1, &What::Noted));
    }
}

#[test]
fn what_was_not_believed_at_one_address_counts_at_another() {
    let raw = bounce("<one@isp.example>", &[("ann@example.com", "failed", "5.1.1")]);
    let ids = [false, true].map(|may_name| taken(&raw, Some(""), &["x@back.example.com"], may_name).1[0].id);
    assert_ne!(ids[0], ids[1]);
}
