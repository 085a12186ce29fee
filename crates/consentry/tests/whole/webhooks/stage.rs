//! A running server with a webhook of each service, and requests as the services make them.

use data_encoding::BASE64;
use serde_json::{Value, json};
use xtask::servers::Signer;

use crate::support::call::{Call, basic, now, rfc3339, send};
use crate::support::{Desk, Serving};

pub const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:bounces";
pub const SECRET: &str = "correct-horse-battery";
pub const JSON: &str = "application/json";

pub const PROVIDERS: [&str; 6] = ["ses", "sendgrid", "postmark", "mailgun", "sparkpost", "azure"];

/// A running server with a webhook of each service.
pub struct Stage {
    pub desk: Desk,
    pub serving: Serving,
    pub signer: Signer,
}

impl Stage {
    pub fn new() -> Option<Self> {
        Self::at(Desk::new())
    }

    pub fn at(desk: Desk) -> Option<Self> {
        let signer = Signer::find().unwrap()?;
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
            let secret = format!("secret = {{ file = \"{secret}\" }}");
            let table = ["[[webhook]]\nname = \"", provider, "\"\nprovider = \"", provider, "\"\n", &secret];
            file.extend(table);
            file.push_str("\nlists = { 17 = \"news\" }\n");
        }
        desk.write("consentry.toml", file);
        desk.run(&["list", "create", "news"]).exits(0);
        let serving = desk.serve_with(&["--config", "consentry.toml"]);
        Some(Self { desk, serving, signer })
    }

    /// A bounce of `address` as the service reports it, with the event id `id`.
    pub fn bounce(&self, provider: &str, address: &str, id: &str) -> Call {
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

    pub fn signed(&self, provider: &str, event: &Value, at: u64) -> Call {
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
                call.path = format!("{}?secret={SECRET}", call.path);
                call
            }
        }
    }

    pub fn sns(&self, message: &Value, version: &str) -> Call {
        let body = self.signer.sns(message.clone(), version).unwrap();
        let mut call = call("ses", body.to_string());
        call.headers = vec![("Content-Type".to_owned(), "text/plain; charset=UTF-8".to_owned())];
        call.with("x-amz-sns-message-type", message["Type"].as_str().unwrap())
    }

    pub fn mailgun(&self, event: &Value, at: u64, token: &str) -> Call {
        let signature = self.signer.mailgun(SECRET, &at.to_string(), token).unwrap();
        call("mailgun", json!({ "signature": signature, "event-data": event }).to_string())
    }

    #[track_caller]
    pub fn answers(&self, call: &Call, expected: u16) -> String {
        let (status, answer) = send(&self.serving.address, call, call.body.len());
        assert_eq!(status, expected, "{} {}: {answer}", call.method, call.path);
        answer
    }

    /// What the gate says of an address, and the server's answer to no question: it is killed.
    pub fn killed(self) -> Desk {
        drop(self.serving);
        self.desk
    }
}

pub fn notification(message: &str, at: u64) -> Value {
    json!({ "Type": "Notification", "MessageId": format!("m-{at}"), "TopicArn": TOPIC, "Subject": "Amazon SES", "Message": message, "Timestamp": rfc3339(at) })
}

pub fn call(provider: &str, body: impl Into<Vec<u8>>) -> Call {
    let headers = vec![("Content-Type".to_owned(), JSON.to_owned())];
    Call { method: "POST", path: format!("/hooks/{provider}"), headers, body: body.into() }
}

/// The same with other keys: signed by nobody, or with a secret that is one letter off.
pub fn forged(call: &Call) -> Call {
    let mut forged = call.clone();
    for (name, value) in &mut forged.headers {
        if name == "Authorization" {
            *value = if value.starts_with("Basic") {
                basic("correct-horse-batterz")
            } else {
                value.replace("correct", "borrect")
            };
        }
    }
    forged.path = forged.path.replace("correct", "borrect");
    let text = String::from_utf8(forged.body).unwrap();
    // Of what is signed one letter is another.
    forged.body =
        text.replace("example.com", "example.org").replace("\"token\":\"", "\"token\":\"A").into_bytes();
    forged
}

/// `permit`, or why not.
pub fn verdict(desk: &Desk, address: &str, more: &[&str]) -> String {
    let ran = desk.run(&[&["--json", "check", "--channel", "email", "--address", address], more].concat());
    let value = ran.json();
    let word = if value["decision"] == "permit" { &value["decision"] } else { &value["reason"] };
    word.as_str().unwrap().to_owned()
}
