//! What each service's events come to, and what is refused. Signatures made by other implementations are in the binary's
//! tests (`tests/webhooks.rs`).

use std::collections::BTreeMap;

use async_trait::async_trait;
use consent::{Timestamp, WorkspaceId};
use data_encoding::{BASE64, HEXLOWER};
use proptest::prelude::*;
use ring::hmac;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};

use super::*;
use crate::feedback::{Report, What};

const SECRET: &str = "correct horse battery staple";
const NOW: Timestamp = Timestamp(1_764_000_000_000_000);

/// There is no way out.
struct Nowhere;

#[async_trait]
impl Outside for Nowhere {
    async fn get(&self, _: &str) -> Result<Vec<u8>, String> {
        Err("no network".to_owned())
    }
}

fn setup() -> Setup {
    let lists = [("17", "news"), ("tips", "tips"), ("outbound", "offers"), ("club@mg.example.com", "club")];
    Setup {
        name: "hook".to_owned(),
        secrets: vec![SECRET.to_owned()],
        lists: lists
            .map(|(group, list)| (group.to_owned(), list.to_owned()))
            .into_iter()
            .collect::<BTreeMap<_, _>>(),
        ..Setup::default()
    }
}

fn endpoint(provider: Provider) -> Endpoint {
    let topics = vec!["arn:aws:sns:eu-west-1:123456789012:bounces".to_owned()];
    let setup = match provider {
        Provider::Ses => Setup { topics, secrets: Vec::new(), ..setup() },
        Provider::SendGrid => Setup { secrets: vec![key_pair().1], ..setup() },
        _ => setup(),
    };
    Endpoint::new(provider, WorkspaceId::MAIN, setup).unwrap()
}

/// One key for all tests of this process, and its public half as SendGrid shows it.
fn key_pair() -> (&'static EcdsaKeyPair, String) {
    use std::sync::OnceLock;
    static PAIR: OnceLock<EcdsaKeyPair> = OnceLock::new();
    let pair = PAIR.get_or_init(|| {
        let (algorithm, random) = (&ECDSA_P256_SHA256_ASN1_SIGNING, SystemRandom::new());
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random).unwrap()
    });
    let prefix = "3059301306072a8648ce3d020106082a8648ce3d030107034200";
    let mut info = HEXLOWER.decode(prefix.as_bytes()).unwrap();
    info.extend_from_slice(pair.public_key().as_ref());
    (pair, BASE64.encode(&info))
}

fn seconds(at: Timestamp) -> String {
    (at.0 / 1_000_000).to_string()
}

/// A request as the service would make it, asked of the endpoint.
fn ask(endpoint: &Endpoint, body: &[u8]) -> Result<Reception, Refusal> {
    let (basic, timestamp) =
        (format!("Basic {}", BASE64.encode(format!("hook:{SECRET}").as_bytes())), seconds(NOW));
    let mut headers = vec![("content-type", "application/json; charset=utf-8")];
    let signature;
    if endpoint.provider() == Provider::SendGrid {
        let message = [timestamp.as_bytes(), body].concat();
        signature = BASE64.encode(key_pair().0.sign(&SystemRandom::new(), &message).unwrap().as_ref());
        headers.push(("x-twilio-email-event-webhook-signature", &signature));
        headers.push(("x-twilio-email-event-webhook-timestamp", &timestamp));
    } else {
        headers.push(("authorization", &basic));
    }
    receive(endpoint, &Request { headers: &headers, query: "", body, now: NOW })
}

fn receive(endpoint: &Endpoint, request: &Request<'_>) -> Result<Reception, Refusal> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(endpoint.receive(request, &Nowhere))
}

fn events(provider: Provider, body: &Value) -> Events {
    let endpoint = endpoint(provider);
    if provider == Provider::Ses {
        return ses::events(&endpoint, &body.to_string()).unwrap();
    }
    let body =
        if provider == Provider::Mailgun { mailgun(NOW, "0123456789abcdef", body) } else { body.clone() };
    match ask(&endpoint, body.to_string().as_bytes()) {
        Ok(Reception::Events(events)) => events,
        other => panic!("{other:?}"),
    }
}

fn mailgun(at: Timestamp, token: &str, event: &Value) -> Value {
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    let signature = hmac::sign(&key, format!("{}{token}", seconds(at)).as_bytes());
    json!({
        "signature": { "timestamp": seconds(at), "token": token, "signature": HEXLOWER.encode(signature.as_ref()) },
        "event-data": event,
    })
}

/// `a@example.com userunknown hard`, and the like.
fn words(report: &Report) -> String {
    let what = match &report.what {
        What::Delivered => "delivered".to_owned(),
        What::Bounced { reason, hard } => {
            format!("{} {}", reason.as_str(), if *hard { "hard" } else { "soft" })
        }
        What::Complained => "complained".to_owned(),
        What::Unsubscribed { list } => format!("unsubscribed {}", list.as_deref().unwrap_or("all")),
        What::Noted => "noted".to_owned(),
    };
    format!("{} {what}", report.address.as_deref().unwrap_or("-"))
}

#[track_caller]
#[allow(clippy::needless_pass_by_value, reason = "the events are written where they are read")]
fn tells(provider: Provider, body: Value, expected: &[&str]) -> Events {
    let events = events(provider, &body);
    assert_eq!(events.reports.iter().map(words).collect::<Vec<_>>(), expected, "{body}");
    events
}

fn ses_event(kind: &str, key: &str, own: Value) -> Value {
    let mut event = json!({
        "eventType": kind,
        "mail": {
            "messageId": "0102", "source": "b.token@bounces.example.com", "destination": ["a@example.com"],
            "headers": [{ "name": "List-Unsubscribe", "value": "<https://mail.example.com/u/TOKEN>" }, { "name": "Subject", "value": "Hi" }],
            "tags": { "consentry": ["TAG"] },
        },
    });
    event[key] = own;
    event
}

#[test]
#[allow(clippy::too_many_lines, reason = "a table of events")]
fn ses() {
    let bounce = |kind: &str, subtype: &str, status: &str, text: &str| {
        let recipients = json!([{ "emailAddress": "a@example.com", "status": status, "diagnosticCode": text }, { "emailAddress": "B <b@example.com>" }]);
        ses_event(
            "Bounce",
            "bounce",
            json!({ "bounceType": kind, "bounceSubType": subtype, "feedbackId": "f1", "timestamp": "2025-11-24T15:00:00.123Z", "bouncedRecipients": recipients }),
        )
    };
    let told = tells(
        Provider::Ses,
        bounce("Permanent", "General", "5.1.1", "smtp; 550 5.1.1 unknown"),
        &["a@example.com userunknown hard", "b@example.com userunknown hard"],
    );
    assert_eq!(
        told.reports[0].tokens,
        ["<https://mail.example.com/u/TOKEN>", "TAG", "b.token@bounces.example.com"]
    );
    assert_eq!(told.reports[0].occurred_at, Timestamp::parse("2025-11-24T15:00:00.123Z").ok());
    assert_eq!(told.reports[0].detail, "5.1.1 smtp; 550 5.1.1 unknown");
    assert_ne!(told.reports[0].id, told.reports[1].id);
    // A permanent refusal of the message isn't one of the address.
    tells(
        Provider::Ses,
        bounce("Permanent", "General", "5.7.1", "policy"),
        &["a@example.com policyviolation soft", "b@example.com userunknown hard"],
    );
    tells(
        Provider::Ses,
        bounce("Transient", "MailboxFull", "5.2.2", "full"),
        &["a@example.com mailboxfull soft", "b@example.com mailboxfull soft"],
    );
    tells(
        Provider::Ses,
        bounce("Transient", "General", "4.4.7", "smtp; 451 4.4.7 message expired"),
        &["a@example.com expired soft", "b@example.com noted"],
    );
    // What SES makes of automatic answers: no action, no status, no diagnostic, or their own words.
    for (kind, subtype, text) in [
        ("Undetermined", "Undetermined", ""),
        ("Transient", "General", ""),
        ("Transient", "AutoReply", ""),
        ("Transient", "General", "I am out of the office until Monday"),
        ("Transient", "General", "smtp; 250 2.0.0 vacation"),
        ("Transient", "General", "Automatische Antwort: nicht da"),
    ] {
        tells(
            Provider::Ses,
            bounce(kind, subtype, "", text),
            &["a@example.com noted", "b@example.com noted"],
        );
    }
    let delayed = json!([{ "emailAddress": "a@example.com", "action": "delayed", "status": "4.4.1", "diagnosticCode": "smtp; 451 busy" }]);
    let delayed = json!({ "bounceType": "Transient", "bounceSubType": "General", "feedbackId": "f1", "bouncedRecipients": delayed });
    tells(Provider::Ses, ses_event("Bounce", "bounce", delayed), &["a@example.com noted"]);
    tells(
        Provider::Ses,
        bounce("Permanent", "OnAccountSuppressionList", "", ""),
        &["a@example.com userunknown hard", "b@example.com userunknown hard"],
    );
    let complaint = |kind: Value| {
        ses_event(
            "Complaint",
            "complaint",
            json!({ "feedbackId": "f2", "complaintFeedbackType": kind, "complainedRecipients": [{ "emailAddress": "a@example.com" }] }),
        )
    };
    tells(Provider::Ses, complaint(json!("abuse")), &["a@example.com complained"]);
    tells(Provider::Ses, complaint(Value::Null), &["a@example.com complained"]);
    tells(Provider::Ses, complaint(json!("not-spam")), &["a@example.com noted"]);
    tells(
        Provider::Ses,
        ses_event("Delivery", "delivery", json!({ "recipients": ["a@example.com", "c@example.com"] })),
        &["a@example.com delivered", "c@example.com delivered"],
    );
    let older = json!({ "notificationType": "Delivery", "mail": { "messageId": "1" }, "delivery": { "recipients": ["a@example.com"] } });
    tells(Provider::Ses, older, &["a@example.com delivered"]);
    for kind in ["Reject", "Rendering Failure", "DeliveryDelay", "Something new"] {
        tells(Provider::Ses, ses_event(kind, "x", json!({})), &["a@example.com noted"]);
    }
    assert_eq!(tells(Provider::Ses, ses_event("Open", "open", json!({})), &[]).passed_over, 1);
    // Tokens of a message to several people don't say which of them it is.
    let mut many = bounce("Permanent", "NoEmail", "", "");
    many["mail"]["destination"] = json!(["a@example.com", "b@example.com"]);
    assert!(
        tells(Provider::Ses, many, &["a@example.com userunknown hard", "b@example.com userunknown hard"])
            .reports[0]
            .tokens
            .is_empty()
    );
}

#[test]
fn ses_preferences() {
    let change = |old: Value, new: Value, all: bool| {
        let own = json!({ "timestamp": "2025-11-24T15:00:00Z", "oldTopicPreferences": { "topicSubscriptionStatus": old }, "newTopicPreferences": { "unsubscribeAll": all, "topicSubscriptionStatus": new } });
        ses_event("Subscription", "subscription", own)
    };
    let topics = |news: &str, tips: &str| json!([{ "topicName": "17", "subscriptionStatus": news }, { "topicName": "tips", "subscriptionStatus": tips }]);
    tells(
        Provider::Ses,
        change(topics("OptIn", "OptIn"), topics("OptOut", "OptIn"), false),
        &["a@example.com unsubscribed news"],
    );
    tells(
        Provider::Ses,
        change(topics("OptOut", "OptIn"), topics("OptOut", "OptOut"), false),
        &["a@example.com unsubscribed tips"],
    );
    tells(
        Provider::Ses,
        change(topics("OptOut", "OptOut"), topics("OptIn", "OptOut"), false),
        &["a@example.com noted"],
    );
    tells(
        Provider::Ses,
        change(topics("OptIn", "OptIn"), topics("OptIn", "OptIn"), true),
        &["a@example.com unsubscribed all"],
    );
    // A topic that stands for no list of ours widens it.
    let other = json!([{ "topicName": "other", "subscriptionStatus": "OptOut" }]);
    tells(Provider::Ses, change(json!([]), other, false), &["a@example.com unsubscribed all"]);
}

#[test]
#[allow(clippy::too_many_lines, reason = "a table of events")]
fn sendgrid() {
    let event = |kind: &str, more: Value| {
        let mut event = json!({ "email": "a@example.com", "event": kind, "sg_event_id": format!("id-{kind}"), "timestamp": 1_764_000_000, "consentry": "TOKEN" });
        event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!([event])
    };
    let told = tells(
        Provider::SendGrid,
        event(
            "bounce",
            json!({ "type": "bounce", "status": "5.1.1", "reason": "550 no such user", "bounce_classification": "Invalid Address" }),
        ),
        &["a@example.com userunknown hard"],
    );
    assert_eq!(told.reports[0].tokens, ["TOKEN"]);
    assert_eq!(told.reports[0].occurred_at, Some(NOW));
    tells(
        Provider::SendGrid,
        event(
            "bounce",
            json!({ "type": "blocked", "status": "5.7.1", "bounce_classification": "Reputation" }),
        ),
        &["a@example.com securityerror soft"],
    );
    tells(Provider::SendGrid, event("bounce", json!({ "type": "blocked" })), &["a@example.com blocked soft"]);
    tells(
        Provider::SendGrid,
        event("bounce", json!({ "bounce_classification": "Mailbox Unavailable" })),
        &["a@example.com mailboxfull soft"],
    );
    tells(
        Provider::SendGrid,
        event("dropped", json!({ "reason": "Bounced Address" })),
        &["a@example.com userunknown hard"],
    );
    tells(
        Provider::SendGrid,
        event("dropped", json!({ "reason": "Spam Reporting Address" })),
        &["a@example.com complained"],
    );
    tells(
        Provider::SendGrid,
        event("dropped", json!({ "reason": "Spam Content" })),
        &["a@example.com noted"],
    );
    tells(Provider::SendGrid, event("spamreport", json!({})), &["a@example.com complained"]);
    tells(
        Provider::SendGrid,
        event("unsubscribe", json!({ "asm_group_id": 17 })),
        &["a@example.com unsubscribed all"],
    );
    tells(
        Provider::SendGrid,
        event("group_unsubscribe", json!({ "asm_group_id": 17 })),
        &["a@example.com unsubscribed news"],
    );
    tells(
        Provider::SendGrid,
        event("group_unsubscribe", json!({ "asm_group_id": 18 })),
        &["a@example.com unsubscribed all"],
    );
    tells(
        Provider::SendGrid,
        event("group_resubscribe", json!({ "asm_group_id": 17 })),
        &["a@example.com noted"],
    );
    tells(Provider::SendGrid, event("deferred", json!({})), &["a@example.com noted"]);
    tells(
        Provider::SendGrid,
        event("delivered", json!({ "response": "250 OK" })),
        &["a@example.com delivered"],
    );
    assert_eq!(tells(Provider::SendGrid, event("open", json!({})), &[]).passed_over, 1);
    // What can be read acts, whatever stands beside it.
    let mixed = json!([7, "x", null, { "event": [] }, { "email": "c@example.com", "event": "spamreport" }]);
    tells(
        Provider::SendGrid,
        mixed,
        &["- noted", "- noted", "- noted", "- noted", "c@example.com complained"],
    );
}

#[test]
fn postmark() {
    let bounce = |kind: &str, details: &str| json!({ "RecordType": "Bounce", "ID": 42, "Type": kind, "Email": "a@example.com", "Details": details, "BouncedAt": "2025-11-24T10:00:00-05:00", "Metadata": { "consentry": "TOKEN" } });
    let told = tells(
        Provider::Postmark,
        bounce("HardBounce", "smtp;550 5.1.1 unknown"),
        &["a@example.com userunknown hard"],
    );
    assert_eq!(told.reports[0].tokens, ["TOKEN"]);
    assert_eq!(told.reports[0].occurred_at, Timestamp::parse("2025-11-24T15:00:00Z").ok());
    tells(Provider::Postmark, bounce("BadEmailAddress", ""), &["a@example.com userunknown hard"]);
    tells(
        Provider::Postmark,
        bounce("SoftBounce", "smtp;452 4.2.2 full"),
        &["a@example.com mailboxfull soft"],
    );
    tells(Provider::Postmark, bounce("Blocked", ""), &["a@example.com blocked soft"]);
    tells(Provider::Postmark, bounce("SpamNotification", ""), &["a@example.com spamdetected soft"]);
    tells(Provider::Postmark, bounce("Unsubscribe", ""), &["a@example.com unsubscribed all"]);
    for kind in ["AutoResponder", "Transient", "ChallengeVerification", "Subscribe", "New", "Unknown"] {
        tells(Provider::Postmark, bounce(kind, ""), &["a@example.com noted"]);
    }
    tells(
        Provider::Postmark,
        bounce("SoftBounce", "Réponse automatique : absente"),
        &["a@example.com noted"],
    );
    tells(Provider::Postmark, bounce("Unknown", "smtp;452 4.2.2 full"), &["a@example.com mailboxfull soft"]);
    tells(
        Provider::Postmark,
        json!({ "RecordType": "SpamComplaint", "ID": 43, "Email": "a@example.com" }),
        &["a@example.com complained"],
    );
    let change = |suppress: bool, reason: &str| json!({ "RecordType": "SubscriptionChange", "Recipient": "a@example.com", "MessageStream": "outbound", "Origin": "Recipient", "SuppressSending": suppress, "SuppressionReason": reason, "ChangedAt": "2025-11-24T15:00:00Z", "MessageID": "m" });
    tells(Provider::Postmark, change(true, "ManualSuppression"), &["a@example.com unsubscribed offers"]);
    tells(Provider::Postmark, change(true, "SpamComplaint"), &["a@example.com complained"]);
    tells(Provider::Postmark, change(true, "HardBounce"), &["a@example.com userunknown hard"]);
    // Taken off Postmark's list again: no opt-out.
    tells(Provider::Postmark, change(false, "ManualSuppression"), &["a@example.com noted"]);
    tells(
        Provider::Postmark,
        json!({ "RecordType": "Delivery", "Recipient": "a@example.com" }),
        &["a@example.com delivered"],
    );
}

#[test]
fn mailgun_events() {
    let event = |kind: &str, more: Value| {
        let mut event = json!({ "event": kind, "id": "e1", "recipient": "a@example.com", "timestamp": 1_764_000_000.25, "user-variables": { "consentry": "TOKEN" } });
        event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        event
    };
    let failed = |severity: &str, reason: &str, status: Value| {
        event("failed", json!({ "severity": severity, "reason": reason, "delivery-status": status }))
    };
    let told = tells(
        Provider::Mailgun,
        failed("permanent", "generic", json!({ "code": 550, "message": "5.1.1 no such user" })),
        &["a@example.com userunknown hard"],
    );
    assert_eq!(told.reports[0].occurred_at, Some(Timestamp(NOW.0 + 250_000)));
    assert_eq!(told.reports[0].tokens, ["TOKEN"]);
    tells(
        Provider::Mailgun,
        failed("permanent", "suppress-bounce", json!({ "code": 605 })),
        &["a@example.com userunknown hard"],
    );
    tells(
        Provider::Mailgun,
        failed("permanent", "suppress-unsubscribe", json!({ "code": 606 })),
        &["a@example.com unsubscribed all"],
    );
    tells(
        Provider::Mailgun,
        failed("permanent", "suppress-complaint", json!({ "code": 607 })),
        &["a@example.com complained"],
    );
    tells(
        Provider::Mailgun,
        failed("permanent", "old", json!({ "code": 602 })),
        &["a@example.com expired soft"],
    );
    tells(
        Provider::Mailgun,
        failed("permanent", "generic", json!({ "enhanced-code": "5.2.2" })),
        &["a@example.com mailboxfull soft"],
    );
    tells(
        Provider::Mailgun,
        failed("temporary", "generic", json!({ "code": 450 })),
        &["a@example.com noted"],
    );
    tells(Provider::Mailgun, event("complained", json!({})), &["a@example.com complained"]);
    tells(
        Provider::Mailgun,
        event("unsubscribed", json!({ "tags": ["17"] })),
        &["a@example.com unsubscribed all"],
    );
    tells(
        Provider::Mailgun,
        event("unsubscribed", json!({ "mailing-list": { "address": "club@mg.example.com" } })),
        &["a@example.com unsubscribed club"],
    );
    assert_eq!(tells(Provider::Mailgun, event("opened", json!({})), &[]).passed_over, 1);
    tells(Provider::Mailgun, json!("no event"), &["- noted"]);
}

#[test]
fn sparkpost() {
    let message = |kind: &str, more: Value| {
        let mut event = json!({ "type": kind, "event_id": "9", "rcpt_to": "a@example.com", "timestamp": "1764000000", "rcpt_meta": { "consentry": "TOKEN" } });
        event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!([{ "msys": { "message_event": event } }])
    };
    let told = tells(
        Provider::SparkPost,
        message(
            "bounce",
            json!({ "bounce_class": "10", "raw_reason": "550 5.1.1 unknown", "raw_rcpt_to": "A@example.com" }),
        ),
        &["A@example.com userunknown hard"],
    );
    assert_eq!(told.reports[0].occurred_at, Some(NOW));
    assert_eq!(told.reports[0].tokens, ["TOKEN"]);
    tells(
        Provider::SparkPost,
        message("out_of_band", json!({ "bounce_class": 22 })),
        &["a@example.com mailboxfull soft"],
    );
    tells(
        Provider::SparkPost,
        message("bounce", json!({ "bounce_class": "51" })),
        &["a@example.com badreputation soft"],
    );
    tells(
        Provider::SparkPost,
        message("bounce", json!({ "bounce_class": "90" })),
        &["a@example.com unsubscribed all"],
    );
    tells(Provider::SparkPost, message("bounce", json!({ "bounce_class": "60" })), &["a@example.com noted"]);
    tells(
        Provider::SparkPost,
        message("spam_complaint", json!({ "fbtype": "abuse" })),
        &["a@example.com complained"],
    );
    tells(
        Provider::SparkPost,
        message("spam_complaint", json!({ "fbtype": "not-spam" })),
        &["a@example.com noted"],
    );
    tells(Provider::SparkPost, message("delay", json!({})), &["a@example.com noted"]);
    tells(Provider::SparkPost, message("delivery", json!({})), &["a@example.com delivered"]);
    for kind in ["list_unsubscribe", "link_unsubscribe"] {
        let event = json!([{ "msys": { "unsubscribe_event": { "type": kind, "event_id": "1", "rcpt_to": "a@example.com" } } }]);
        tells(Provider::SparkPost, event, &["a@example.com unsubscribed all"]);
    }
    assert_eq!(
        tells(Provider::SparkPost, json!([{ "msys": { "track_event": { "type": "click" } } }]), &[])
            .passed_over,
        1
    );
    // A ping.
    tells(Provider::SparkPost, json!([{ "msys": {} }]), &[]);
}

#[test]
fn azure() {
    let report = |status: &str| json!([{ "id": "1", "eventType": "Microsoft.Communication.EmailDeliveryReportReceived", "eventTime": "2025-11-24T15:00:01Z", "data": { "recipient": "a@example.com", "status": status, "deliveryStatusDetails": { "statusMessage": "" }, "deliveryAttemptTimeStamp": "2025-11-24T15:00:00.2855749+00:00" } }]);
    assert_eq!(
        tells(Provider::Azure, report("Bounced"), &["a@example.com userunknown hard"]).reports[0].occurred_at,
        Timestamp::parse("2025-11-24T15:00:00.285574Z").ok()
    );
    tells(Provider::Azure, report("Suppressed"), &["a@example.com userunknown hard"]);
    tells(Provider::Azure, report("Failed"), &["a@example.com mailererror soft"]);
    tells(Provider::Azure, report("Quarantined"), &["a@example.com spamdetected soft"]);
    tells(Provider::Azure, report("FilteredSpam"), &["a@example.com spamdetected soft"]);
    tells(Provider::Azure, report("Expanded"), &["a@example.com noted"]);
    tells(Provider::Azure, report("Delivered"), &["a@example.com delivered"]);
    let cloud = json!({ "specversion": "1.0", "id": "2", "type": "Microsoft.Communication.EmailDeliveryReportReceived", "data": { "recipient": "a@example.com", "status": "Bounced" } });
    tells(Provider::Azure, cloud, &["a@example.com userunknown hard"]);
    let validation = json!([{ "id": "3", "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent", "data": { "validationCode": "512d38b6" } }]);
    let answer = ask(&endpoint(Provider::Azure), validation.to_string().as_bytes());
    assert!(matches!(answer, Ok(Reception::Validation { code }) if code == "512d38b6"));
}

#[test]
fn the_same_event_has_the_same_id_whatever_it_comes_in() {
    let event = |id: &str| json!({ "email": "a@example.com", "event": "spamreport", "sg_event_id": id });
    let first = events(Provider::SendGrid, &json!([event("1"), event("2")])).reports;
    let second = events(Provider::SendGrid, &json!([event("2")])).reports;
    assert_eq!(first[1].id, second[0].id);
    assert_ne!(first[0].id, first[1].id);
}

#[test]
fn a_secret_is_shown_in_one_of_four_ways() {
    let endpoint = endpoint(Provider::Postmark);
    let try_with = |name: &str, value: &str, query: &str| {
        let headers = [("content-type", "application/json"), (name, value)];
        endpoint.admit(&Request { headers: &headers, query, body: &[], now: NOW })
    };
    let basic = |pair: &str| format!("Basic {}", BASE64.encode(pair.as_bytes()));
    assert_eq!(try_with("authorization", &basic(&format!("any:{SECRET}")), ""), Ok(()));
    assert_eq!(try_with("authorization", &format!("Bearer {SECRET}"), ""), Ok(()));
    assert_eq!(try_with("x-webhook-secret", SECRET, ""), Ok(()));
    assert_eq!(try_with("x", "", &format!("a=b&secret={}", SECRET.replace(' ', "%20"))), Ok(()));
    let forged = Err(Refusal::Forged("secret"));
    assert_eq!(try_with("authorization", &basic("any:other"), ""), forged);
    assert_eq!(try_with("authorization", "Basic ?", ""), forged);
    assert_eq!(try_with("x-webhook-secret", &SECRET[1..], ""), forged);
    assert_eq!(try_with("x", "", "secret="), forged);
    assert_eq!(try_with("x", "", ""), Err(Refusal::Unsigned("secret")));
}

#[test]
fn what_isnt_signed_or_signed_long_ago_is_refused() {
    let (grid, gun) = (endpoint(Provider::SendGrid), endpoint(Provider::Mailgun));
    let json_type = ("content-type", "application/json");
    let unsigned = Request { headers: &[json_type], query: "", body: b"[]", now: NOW };
    assert!(matches!(receive(&grid, &unsigned), Err(Refusal::Unsigned(_))));
    assert!(matches!(receive(&gun, &Request { body: b"{}", ..unsigned }), Err(Refusal::Unsigned(_))));
    let body = mailgun(NOW, "0123456789", &json!({})).to_string();
    let signed =
        |body: &str, now| receive(&gun, &Request { body: body.as_bytes(), now, ..unsigned }).map(drop);
    assert_eq!(signed(&body, NOW), Ok(()));
    let hours = |hours: i64| Timestamp(NOW.0 + hours * 3_600_000_000);
    assert_eq!(signed(&body, hours(8)), Ok(()));
    assert_eq!(signed(&body, hours(10)), Err(Refusal::Stale));
    assert_eq!(signed(&body, hours(-1)), Err(Refusal::Stale));
    assert_eq!(signed(&body.replace("0123456789", "0123456788"), NOW), Err(Refusal::Forged("signature")));
    let at = |now| {
        let headers = [
            json_type,
            ("x-twilio-email-event-webhook-signature", "MEUCIQ=="),
            ("x-twilio-email-event-webhook-timestamp", "1764000000"),
        ];
        receive(&grid, &Request { headers: &headers, query: "", body: b"[]", now }).map(drop)
    };
    assert_eq!(at(NOW), Err(Refusal::Forged("signature")));
    assert_eq!(at(hours(26)), Err(Refusal::Stale));
    assert_eq!(at(hours(-1)), Err(Refusal::Stale));
}

#[test]
fn a_mailgun_token_is_one_however_it_is_cut() {
    let token = |at: &str, token: &str| {
        let mut body = mailgun(NOW, "1abcdef", &json!({}));
        body["signature"]["timestamp"] = json!(at);
        body["signature"]["token"] = json!(token);
        match ask(&endpoint(Provider::Mailgun), body.to_string().as_bytes()) {
            Ok(Reception::Events(events)) => events.token,
            _ => None,
        }
    };
    let whole = seconds(NOW);
    assert!(token(&whole, "1abcdef").is_some());
    // One digit more or fewer is another time, centuries away.
    assert_eq!(token(&format!("{whole}1"), "abcdef"), None);
    assert_eq!(token(&whole[..9], &format!("{}1abcdef", &whole[9..])), None);
}

#[test]
fn what_isnt_the_service_s_is_refused() {
    let postmark = endpoint(Provider::Postmark);
    let secret = ("x-webhook-secret", SECRET);
    let ask = |headers: &[(&str, &str)], body: &[u8]| {
        receive(&postmark, &Request { headers, query: "", body, now: NOW }).map(drop)
    };
    let json_type = ("content-type", "application/json");
    assert_eq!(ask(&[secret, ("content-type", "text/html")], b"{}"), Err(Refusal::ContentType));
    assert_eq!(ask(&[secret], b"{}"), Err(Refusal::ContentType));
    assert_eq!(ask(&[secret, json_type, ("content-encoding", "gzip")], b"{}"), Err(Refusal::ContentType));
    assert!(matches!(ask(&[secret, json_type], b"{\"RecordType\": \"Bou"), Err(Refusal::Malformed(_))));
    assert!(matches!(ask(&[secret, json_type], b"7"), Err(Refusal::Malformed(_))));
    assert!(matches!(ask(&[secret, json_type], b""), Err(Refusal::Malformed(_))));
    assert!(matches!(ask(&[secret, json_type], "[".repeat(100_000).as_bytes()), Err(Refusal::Malformed(_))));
    assert_eq!(ask(&[secret, json_type], &vec![b' '; BODY_LENGTH_MAX + 1]), Err(Refusal::TooLarge));
    let many = json!(vec![json!({}); EVENTS_MAX + 1]).to_string();
    assert_eq!(ask(&[secret, json_type], many.as_bytes()), Err(Refusal::TooLarge));
}

#[test]
fn a_message_to_very_many_is_too_large() {
    let many: Vec<String> = (0..200).map(|n| format!("a{n}@example.com")).collect();
    let topics: Vec<Value> =
        (0..200).map(|n| json!({ "topicName": n.to_string(), "subscriptionStatus": "OptOut" })).collect();
    let mut event = ses_event(
        "Subscription",
        "subscription",
        json!({ "newTopicPreferences": { "topicSubscriptionStatus": topics } }),
    );
    event["mail"]["destination"] = json!(many);
    assert!(matches!(ses::events(&endpoint(Provider::Ses), &event.to_string()), Err(Refusal::TooLarge)));
}

#[test]
fn without_a_secret_there_is_no_webhook() {
    let refused = |provider, setup| Endpoint::new(provider, WorkspaceId::MAIN, setup).unwrap_err();
    for provider in
        [Provider::SendGrid, Provider::Postmark, Provider::Mailgun, Provider::SparkPost, Provider::Azure]
    {
        assert_eq!(refused(provider, Setup { secrets: Vec::new(), ..setup() }), SetupError::NoSecret);
        assert_eq!(
            refused(provider, Setup { secrets: vec!["short".to_owned()], ..setup() }),
            SetupError::ShortSecret
        );
    }
    assert_eq!(refused(Provider::Ses, Setup { secrets: Vec::new(), ..setup() }), SetupError::NoTopics);
    assert_eq!(refused(Provider::SendGrid, setup()), SetupError::Key);
    let topics = |arn: &str| Setup { topics: vec![arn.to_owned()], ..setup() };
    for arn in [
        "bounces",
        "arn:aws:sqs:eu-west-1:123456789012:bounces",
        "arn:aws:sns:eu-west-1:12:x",
        "arn:aws:sns:eu-west-1:123456789012:",
    ] {
        assert_eq!(refused(Provider::Ses, topics(arn)), SetupError::Topic(arn.to_owned()));
    }
    assert_eq!(refused(Provider::Mailgun, topics("x")), SetupError::Needless("topics"));
    for name in ["", "a b", "A", "a/b", "ä", &"a".repeat(49)] {
        assert_eq!(refused(Provider::Azure, Setup { name: name.to_owned(), ..setup() }), SetupError::Name);
    }
}

#[test]
fn debug_shows_no_secret() {
    assert!(!format!("{:?}", endpoint(Provider::Mailgun)).contains(SECRET));
}

/// Anything that could stand in such JSON.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "(Bounce|Complaint|Subscription|bounce|failed|unsubscribed|[a-z@<>.5-9 ]{0,20}|\\PC{0,10})"
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 64, 6, |inner| {
        let names = "(eventType|RecordType|event|msys|message_event|mail|bounce|bouncedRecipients|emailAddress|email|recipient|data|status|type|destination|headers|timestamp)";
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(names, inner, 0..6).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn no_event_panics_and_none_gets_lost(body in value()) {
        let body = json!([body]);
        for provider in [Provider::SendGrid, Provider::Postmark, Provider::SparkPost, Provider::Azure] {
            let told = events(provider, &body);
            let emptiness = body.pointer("/0/msys").and_then(Value::as_object).is_some_and(serde_json::Map::is_empty);
            prop_assert!(told.passed_over > 0 || !told.reports.is_empty() || emptiness);
        }
        ses::events(&endpoint(Provider::Ses), &body[0].to_string()).unwrap();
        events(Provider::Mailgun, &body[0]);
    }

    #[test]
    fn no_envelope_panics(body in "\\PC{0,200}") {
        let _ = sns::Envelope::parse(body.as_bytes());
        let _ = sns::Certificate::read(body.as_bytes());
    }
}

/// Whoever names certificates that can't be had, or that haven't signed the message, makes us ask for each once a minute.
#[tokio::test]
async fn a_certificate_that_cannot_be_had_is_not_asked_for_again_and_again() {
    struct Asked(std::sync::atomic::AtomicUsize);
    #[async_trait]
    impl Outside for Asked {
        async fn get(&self, _: &str) -> Result<Vec<u8>, String> {
            self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            Err("no such host".to_owned())
        }
    }
    let (endpoint, outside) = (endpoint(Provider::Ses), Asked(0.into()));
    let take = async |name: String, at: Timestamp| {
        let body = json!({
            "Type": "Notification", "MessageId": "1", "TopicArn": "arn:aws:sns:eu-west-1:123456789012:bounces",
            "Message": "{}", "Timestamp": at.to_string(), "SignatureVersion": "2", "Signature": "AAAA",
            "SigningCertURL": format!("https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-{name}.pem"),
        });
        let body = body.to_string();
        let headers = [("content-type", "text/plain")];
        let request = Request { headers: &headers, query: "", body: body.as_bytes(), now: at };
        let refused = endpoint.receive(&request, &outside).await.unwrap_err();
        assert!(matches!(refused, Refusal::Unavailable(_)), "{refused:?}");
        outside.0.load(std::sync::atomic::Ordering::SeqCst)
    };
    let later = |seconds| NOW.plus(std::time::Duration::from_secs(seconds));
    for second in 0..59 {
        assert_eq!(take("1".to_owned(), later(second)).await, 1);
    }
    assert_eq!(take("1".to_owned(), later(60)).await, 2);
    // Many names take no more room than a few.
    for name in 0..100 {
        take(format!("9{name}"), later(61)).await;
    }
    assert_eq!(take("999".to_owned(), later(61)).await, 102, "the latest are remembered");
}
