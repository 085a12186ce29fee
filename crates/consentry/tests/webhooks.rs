//! Webhooks against the real binary, signed by another implementation, which the services' own libraries accept.

#![allow(clippy::unwrap_used, reason = "a test ends at the first thing that isn't as expected")]

mod support;

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use data_encoding::BASE64;
use serde_json::{Value, json};
use support::{Desk, Serving};
use xtask::servers::Signer;

const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:bounces";
const SECRET: &str = "correct-horse-battery";
const JSON: &str = "application/json";

const PROVIDERS: [&str; 6] = ["ses", "sendgrid", "postmark", "mailgun", "sparkpost", "azure"];

/// A running server with a webhook of each service.
struct Stage {
    desk: Desk,
    serving: Serving,
    signer: Signer,
}

/// A request as a service makes it.
#[derive(Clone, Debug)]
struct Call {
    method: &'static str,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

#[allow(clippy::disallowed_methods, reason = "the server compares with the system's clock")]
fn now() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()
}

fn rfc3339(seconds: u64) -> String {
    consent::Timestamp(i64::try_from(seconds).unwrap() * 1_000_000).to_string()
}

impl Stage {
    fn new() -> Option<Self> {
        let signer = Signer::find().unwrap()?;
        let desk = Desk::new();
        let (_, key) = signer.sendgrid("0", "").unwrap();
        desk.write("secret", SECRET);
        desk.write("sendgrid-key", key);
        let certificate = signer.sns_certificate();
        let mut file = format!(
            "[[webhook]]\nname = \"ses\"\nprovider = \"ses\"\ntopics = [\"{TOPIC}\"]\ncertificates = [\"{}\"]\n",
            certificate.display()
        );
        for provider in &PROVIDERS[1..] {
            let secret = if *provider == "sendgrid" { "sendgrid-key" } else { "secret" };
            file += &format!(
                "[[webhook]]\nname = \"{provider}\"\nprovider = \"{provider}\"\nsecret = {{ file = \"{secret}\" }}\nlists = {{ 17 = \"news\" }}\n"
            );
        }
        desk.write("consentry.toml", file);
        desk.run(&["list", "create", "news"]).exits(0);
        let serving = desk.serve_with(&["--config", "consentry.toml"]);
        Some(Self { desk, serving, signer })
    }

    /// A bounce of `address` as the service reports it, with the event id `id`.
    fn bounce(&self, provider: &str, address: &str, id: &str) -> Call {
        let event = match provider {
            "ses" => json!({
                "notificationType": "Bounce", "mail": { "messageId": id, "destination": [address] },
                "bounce": { "bounceType": "Permanent", "bounceSubType": "General", "feedbackId": id, "bouncedRecipients": [{ "emailAddress": address, "status": "5.1.1" }] },
            }),
            "sendgrid" => {
                json!([{ "event": "bounce", "email": address, "sg_event_id": id, "status": "5.1.1" }])
            }
            "postmark" => json!({ "RecordType": "Bounce", "ID": id, "Type": "HardBounce", "Email": address }),
            "mailgun" => {
                json!({ "event": "failed", "severity": "permanent", "id": id, "recipient": address, "delivery-status": { "message": "5.1.1" } })
            }
            "sparkpost" => {
                json!([{ "msys": { "message_event": { "type": "bounce", "bounce_class": "10", "event_id": id, "rcpt_to": address } } }])
            }
            _ => {
                json!([{ "id": id, "eventType": "Microsoft.Communication.EmailDeliveryReportReceived", "data": { "recipient": address, "status": "Bounced" } }])
            }
        };
        self.signed(provider, &event, now())
    }

    fn signed(&self, provider: &str, event: &Value, at: u64) -> Call {
        match provider {
            "ses" => self.sns(&notification(&event.to_string(), at), "2"),
            "sendgrid" => {
                let (timestamp, body) = (at.to_string(), event.to_string());
                let (signature, _) = self.signer.sendgrid(&timestamp, &body).unwrap();
                call(provider, body)
                    .with("X-Twilio-Email-Event-Webhook-Signature", &signature)
                    .with("X-Twilio-Email-Event-Webhook-Timestamp", &timestamp)
            }
            // The token follows from the event: what is signed again is signed alike.
            "mailgun" => self.mailgun(event, at, &BASE64.encode(event["id"].as_str().unwrap().as_bytes())),
            "postmark" => call(provider, event.to_string()).with("Authorization", &basic(SECRET)),
            "sparkpost" => {
                call(provider, event.to_string()).with("Authorization", &format!("Bearer {SECRET}"))
            }
            _ => {
                let mut call = call(provider, event.to_string());
                call.path += &format!("?secret={SECRET}");
                call
            }
        }
    }

    fn sns(&self, message: &Value, version: &str) -> Call {
        let body = self.signer.sns(message.clone(), version).unwrap();
        let mut call = call("ses", body.to_string());
        call.headers = vec![("Content-Type".to_owned(), "text/plain; charset=UTF-8".to_owned())];
        call.with("x-amz-sns-message-type", message["Type"].as_str().unwrap())
    }

    fn mailgun(&self, event: &Value, at: u64, token: &str) -> Call {
        let signature = self.signer.mailgun(SECRET, &at.to_string(), token).unwrap();
        call("mailgun", json!({ "signature": signature, "event-data": event }).to_string())
    }

    #[track_caller]
    fn answers(&self, call: &Call, expected: u16) -> String {
        let (status, answer) = send(&self.serving.address, call, call.body.len());
        assert_eq!(status, expected, "{} {}: {answer}", call.method, call.path);
        answer
    }

    /// What the gate says of an address, and the server's answer to no question: it is killed.
    fn killed(self) -> Desk {
        drop(self.serving);
        self.desk
    }
}

fn notification(message: &str, at: u64) -> Value {
    json!({ "Type": "Notification", "MessageId": format!("m-{at}"), "TopicArn": TOPIC, "Subject": "Amazon SES", "Message": message, "Timestamp": rfc3339(at) })
}

fn basic(secret: &str) -> String {
    format!("Basic {}", BASE64.encode(format!("hook:{secret}").as_bytes()))
}

fn call(provider: &str, body: impl Into<Vec<u8>>) -> Call {
    let headers = vec![("Content-Type".to_owned(), JSON.to_owned())];
    Call { method: "POST", path: format!("/hooks/{provider}"), headers, body: body.into() }
}

impl Call {
    fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same with other keys: signed by nobody, or with a secret that is one letter off.
    fn forged(mut self) -> Self {
        for (name, value) in &mut self.headers {
            if name == "Authorization" {
                *value = if value.starts_with("Basic") {
                    basic("correct-horse-batterz")
                } else {
                    value.replace("correct", "borrect")
                };
            }
        }
        self.path = self.path.replace("correct", "borrect");
        let text = String::from_utf8(self.body).unwrap();
        // Of what is signed one letter is another.
        self.body =
            text.replace("example.com", "example.org").replace("\"token\":\"", "\"token\":\"A").into_bytes();
        self
    }
}

/// One request on a connection of its own; `length` is what its head promises.
fn send(address: &str, call: &Call, length: usize) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut head = format!(
        "{} {} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {length}\r\n",
        call.method, call.path
    );
    for (name, value) in &call.headers {
        head += &format!("{name}: {value}\r\n");
    }
    stream.write_all(format!("{head}\r\n").as_bytes()).unwrap();
    stream.write_all(&call.body).unwrap();
    if length > call.body.len() {
        stream.shutdown(Shutdown::Write).unwrap();
    }
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    (answer.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0), answer)
}

/// `permit`, or why not.
fn verdict(desk: &Desk, address: &str, more: &[&str]) -> String {
    let ran = desk.run(&[&["--json", "check", "--channel", "email", "--address", address], more].concat());
    let value = ran.json();
    let word = if value["decision"] == "permit" { &value["decision"] } else { &value["reason"] };
    word.as_str().unwrap().to_owned()
}

#[test]
fn a_bounce_from_each_service_suppresses_once_and_survives_a_kill() {
    let Some(stage) = Stage::new() else { return };
    for provider in PROVIDERS {
        let call = stage.bounce(provider, &format!("{provider}@example.com"), "e1");
        stage.answers(&call, 200);
        // A delivery whose acknowledgement got lost is made again.
        stage.answers(&call, 200);
    }
    let desk = stage.killed();
    for provider in PROVIDERS {
        assert_eq!(
            verdict(&desk, &format!("{provider}@example.com"), &[]),
            "AddressSuppressed",
            "{provider}"
        );
    }
    assert_eq!(verdict(&desk, "someone@example.com", &[]), "permit");
}

#[test]
fn complaints_and_unsubscriptions_opt_out() {
    let Some(stage) = Stage::new() else { return };
    let ses = json!({ "eventType": "Complaint", "mail": { "messageId": "1" }, "complaint": { "feedbackId": "1", "complainedRecipients": [{ "emailAddress": "c1@example.com" }, { "emailAddress": "not an address" }, { "emailAddress": "c2@example.com" }] } });
    stage.answers(&stage.signed("ses", &ses, now()), 200);
    let grid = json!([
        { "event": "group_unsubscribe", "email": "news@example.com", "asm_group_id": 17, "sg_event_id": "1" },
        { "event": "new thing", "email": "new@example.com", "sg_event_id": "2" }, 7,
        { "event": "unsubscribe", "email": "all@example.com", "sg_event_id": "3" },
    ]);
    stage.answers(&stage.signed("sendgrid", &grid, now()), 200);
    let change = |address: &str, suppress: bool| json!({ "RecordType": "SubscriptionChange", "Recipient": address, "SuppressSending": suppress, "SuppressionReason": "ManualSuppression", "ChangedAt": rfc3339(now()) });
    stage.answers(&stage.signed("postmark", &change("off@example.com", true), now()), 200);
    stage.answers(&stage.signed("postmark", &change("on@example.com", false), now()), 200);
    stage.answers(
        &stage.signed(
            "mailgun",
            &json!({ "event": "unsubscribed", "id": "1", "recipient": "gun@example.com" }),
            now(),
        ),
        200,
    );
    let spark = json!([{ "msys": { "unsubscribe_event": { "type": "list_unsubscribe", "event_id": "1", "rcpt_to": "spark@example.com" } } }]);
    stage.answers(&stage.signed("sparkpost", &spark, now()), 200);
    let desk = stage.killed();
    for address in ["c1@example.com", "c2@example.com"] {
        assert_eq!(verdict(&desk, address, &[]), "AddressSuppressed");
        let values = desk.run(&["--json", "profile", "show", address]).exits(0).out;
        assert!(values.contains("complaint"), "{values}");
    }
    for address in ["all@example.com", "off@example.com", "gun@example.com", "spark@example.com"] {
        assert_eq!(verdict(&desk, address, &[]), "OptedOutChannel", "{address}");
    }
    for address in ["on@example.com", "new@example.com", "news@example.com"] {
        assert_eq!(verdict(&desk, address, &[]), "permit", "{address}");
    }
    assert_eq!(verdict(&desk, "news@example.com", &["--list", "news"]), "UnsubscribedFromList");
    desk.run(&["ledger", "verify"]).exits(0);
}

#[test]
fn a_wrong_key_is_refused() {
    let Some(stage) = Stage::new() else { return };
    for provider in PROVIDERS {
        let call = stage.bounce(provider, "a@example.com", "e1");
        let answer = stage.answers(&call.clone().forged(), 403);
        assert!(answer.contains("application/problem+json"), "{answer}");
        let mut bare = Call { headers: vec![call.headers[0].clone()], ..call };
        bare.path = format!("/hooks/{provider}");
        if matches!(provider, "ses" | "mailgun") {
            let mut body: Value = serde_json::from_slice(&bare.body).unwrap();
            body.as_object_mut().unwrap().retain(|name, _| !name.eq_ignore_ascii_case("signature"));
            bare.body = body.to_string().into_bytes();
        }
        stage.answers(&bare, 401);
    }
    let desk = stage.killed();
    for address in ["a@example.com", "a@example.org"] {
        assert_eq!(verdict(&desk, address, &[]), "permit");
    }
}

#[test]
fn sns_messages_of_both_versions_and_for_the_topic_only() {
    let Some(stage) = Stage::new() else { return };
    let event = |address: &str| {
        json!({ "notificationType": "Complaint", "mail": { "messageId": address }, "complaint": { "complainedRecipients": [{ "emailAddress": address }] } }).to_string()
    };
    for version in ["1", "2"] {
        stage.answers(
            &stage.sns(&notification(&event(&format!("v{version}@example.com")), now()), version),
            200,
        );
    }
    // A signature of one version under the name of the other.
    let mut mixed = stage.sns(&notification(&event("x@example.com"), now()), "1");
    mixed.body = String::from_utf8(mixed.body)
        .unwrap()
        .replace("\"SignatureVersion\":\"1\"", "\"SignatureVersion\":\"2\"")
        .into();
    stage.answers(&mixed, 403);
    let mut other = notification(&event("x@example.com"), now());
    other["TopicArn"] = json!("arn:aws:sns:eu-west-1:123456789012:other");
    stage.answers(&stage.sns(&other, "2"), 403);
    let mut confirmation = json!({ "Type": "SubscriptionConfirmation", "MessageId": "c", "Token": "t", "TopicArn": TOPIC, "Message": "You have chosen", "SubscribeURL": "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=t", "Timestamp": rfc3339(now()) });
    confirmation["TopicArn"] = json!("arn:aws:sns:eu-west-1:123456789012:other");
    stage.answers(&stage.sns(&confirmation, "2"), 403);
    confirmation["TopicArn"] = json!(TOPIC);
    confirmation["SubscribeURL"] = json!("https://127.0.0.1/?Action=ConfirmSubscription&Token=t");
    stage.answers(&stage.sns(&confirmation, "2"), 400);
    let goodbye = json!({ "Type": "UnsubscribeConfirmation", "MessageId": "u", "Token": "t", "TopicArn": TOPIC, "Message": "You have chosen", "SubscribeURL": "https://sns.eu-west-1.amazonaws.com/?x", "Timestamp": rfc3339(now()) });
    stage.answers(&stage.sns(&goodbye, "2"), 200);
    stage.answers(&stage.sns(&notification("Successfully validated SNS topic", now()), "2"), 200);
    // Delivered raw, the event comes without its envelope.
    let raw = call("ses", event("x@example.com"));
    stage.answers(&raw, 401);
    assert!(stage.answers(&raw.with("x-amz-sns-rawdelivery", "true"), 401).contains("raw message delivery"));
    let desk = stage.killed();
    for (address, expected) in [
        ("v1@example.com", "AddressSuppressed"),
        ("v2@example.com", "AddressSuppressed"),
        ("x@example.com", "permit"),
    ] {
        assert_eq!(verdict(&desk, address, &[]), expected);
    }
}

#[test]
fn replays_do_nothing() {
    let Some(stage) = Stage::new() else { return };
    // Long after it was signed.
    let day = 26 * 3_600;
    let old = |provider: &str, event: &Value| stage.answers(&stage.signed(provider, event, now() - day), 403);
    old("ses", &json!({}));
    old("sendgrid", &json!([{ "event": "spamreport", "email": "a@example.com" }]));
    old("mailgun", &json!({ "event": "complained", "id": "1", "recipient": "a@example.com" }));
    // A captured token with another event, which its signature doesn't cover.
    let event = |address: &str, id: &str| json!({ "event": "complained", "id": id, "recipient": address });
    let first = stage.mailgun(&event("a@example.com", "2"), now(), "0123456789abcdef");
    stage.answers(&first, 200);
    stage.answers(&first, 200);
    let mut swapped: Value = serde_json::from_slice(&first.body).unwrap();
    swapped["event-data"] = event("b@example.com", "3");
    assert!(stage.answers(&call("mailgun", swapped.to_string()), 403).contains("used before"));
    let desk = stage.killed();
    assert_eq!(verdict(&desk, "a@example.com", &[]), "AddressSuppressed");
    assert_eq!(verdict(&desk, "b@example.com", &[]), "permit");
    // Soft bounces count once for an event, however often it comes: see the conformance suite. The ledger has one entry.
    let shown = desk.run(&["--json", "profile", "show", "a@example.com"]).exits(0);
    assert_eq!(shown.out.matches("\"complaint\"").count(), 1, "{}", shown.out);
}

#[test]
fn bodies_that_end_early_are_too_long_or_of_another_kind_are_refused() {
    let Some(stage) = Stage::new() else { return };
    for provider in PROVIDERS {
        let whole = stage.bounce(provider, "a@example.com", "e1");
        let mut cut = whole.clone();
        cut.body.truncate(whole.body.len() / 2);
        // SendGrid's signature covers the body, so it is that which fails first.
        stage.answers(&cut, if provider == "sendgrid" { 403 } else { 400 });
        let (status, answer) = send(&stage.serving.address, &cut, whole.body.len());
        assert!(matches!(status, 0 | 400), "{provider}: {answer}");
        for kind in ["text/html", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
        {
            stage.answers(&whole.clone().with("Content-Type", kind), 415);
        }
        let mut long = whole.clone();
        long.body.resize(10 * 1024 * 1024, b' ');
        stage.answers(&long, 413);
        for method in ["GET", "HEAD", "PUT", "DELETE"] {
            stage.answers(&Call { method, ..whole.clone() }, 405);
        }
    }
    stage.answers(&call("unknown", "{}"), 404);
    let desk = stage.killed();
    assert_eq!(verdict(&desk, "a@example.com", &[]), "permit");
}

#[test]
fn azure_is_answered_when_it_subscribes() {
    let Some(stage) = Stage::new() else { return };
    let event = json!([{ "id": "1", "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent", "data": { "validationCode": "512d38b6" } }]);
    let answer = stage.answers(&stage.signed("azure", &event, now()), 200);
    assert!(answer.ends_with("{\"validationResponse\":\"512d38b6\"}"), "{answer}");
    stage.answers(&call("azure", event.to_string()), 401);
    let mut handshake = Call { method: "OPTIONS", ..stage.signed("azure", &json!({}), now()) };
    handshake.body.clear();
    let answer = stage.answers(&handshake.clone().with("WebHook-Request-Origin", "eventgrid.azure.net"), 200);
    assert!(answer.to_ascii_lowercase().contains("webhook-allowed-origin: eventgrid.azure.net"), "{answer}");
    handshake.path = "/hooks/azure".to_owned();
    stage.answers(&handshake, 401);
}

#[test]
fn a_server_with_a_webhook_that_anybody_could_call_doesnt_start() {
    let desk = Desk::new();
    let refused = |file: &str| {
        desk.write("consentry.toml", file);
        desk.run(&["serve", "--listen", "127.0.0.1:0", "--config", "consentry.toml"]).exits(1).err
    };
    for provider in &PROVIDERS[1..] {
        let said = refused(&format!("[[webhook]]\nname = \"x\"\nprovider = \"{provider}\"\n"));
        assert!(said.contains("`x`: `secret` is missing"), "{said}");
    }
    assert!(refused("[[webhook]]\nname = \"x\"\nprovider = \"ses\"\n").contains("`topics` is missing"));
    let unset =
        "[[webhook]]\nname = \"x\"\nprovider = \"azure\"\nsecret = { env = \"CONSENTRY_TEST_UNSET\" }\n";
    assert!(refused(unset).contains("CONSENTRY_TEST_UNSET holds no secret"));
    assert!(refused("[[webhook]]\nname = \"x\"\nprovider = \"mandrill\"\n").contains("`provider` is ses"));
    assert!(refused("[[webhook]]\nname = \"x\"\nprovider = \"ses\"\nsecrets = 1\n").contains("secrets"));
}
