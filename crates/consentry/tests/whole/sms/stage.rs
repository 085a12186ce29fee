//! A running server with a receiver of each provider, and requests as the providers make them.

use serde_json::{Value, json};
use xtask::servers::TextSigner;

use crate::support::call::{Call, basic, now, rfc3339, send};
use crate::support::{Desk, Serving};

pub const SECRET: &str = "0123456789abcdef0123456789abcdef";
const PUBLIC_URL: &str = "https://sms.example.com";
const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
/// The sender that texts go to.
pub const US: &str = "+15005550006";

/// `vonage` posts forms, as its older interface does; `messages` is a receiver of Vonage's newer one.
pub const RECEIVERS: [&str; 8] =
    ["twilio", "sinch", "infobip", "telnyx", "vonage", "messages", "bandwidth", "custom"];

/// A running server.
pub struct Stage {
    pub desk: Desk,
    pub serving: Serving,
    pub signer: TextSigner,
}

impl Stage {
    pub fn at(desk: Desk) -> Option<Self> {
        let signer = TextSigner::start().unwrap()?;
        desk.write("secret", SECRET);
        desk.write("telnyx-key", signer.telnyx_key(SECRET).unwrap());
        desk.run(&["init", "--brand", "Bakery", "--public-url", PUBLIC_URL]).exits(0);
        let mut file = String::new();
        for name in RECEIVERS.iter().chain(&["meta", "join"]) {
            let (provider, more) = match *name {
                "messages" => ("vonage", String::new()),
                "join" => (
                    "twilio",
                    "keywords = { double_opt_in = [\"CAKE\"] }\n[[sms.keyword]]\nwords = [\"HOURS\"]\nreply = \"8 to 18, {brand} & co\"\n"
                        .to_owned(),
                ),
                "meta" => ("meta", "verify_token = { file = \"secret\" }\n".to_owned()),
                "custom" => (
                    "custom",
                    "fields = { items = \"/in\", from = \"/who\", to = \"/to\", text = \"/what\", id = \"/id\", time = \"/at\" }\n"
                        .to_owned(),
                ),
                name => (name, String::new()),
            };
            let secret = if *name == "telnyx" { "telnyx-key" } else { "secret" };
            let section = format!(
                "[[sms]]\nname = \"{name}\"\nprovider = \"{provider}\"\nsecret = {{ file = \"{secret}\" }}\n{more}\n"
            );
            file.push_str(&section);
        }
        desk.write("consentry.toml", file);
        let serving = desk.serve_with(&["--config", "consentry.toml"]);
        Some(Self { desk, serving, signer })
    }

    /// A text as the provider tells of it.
    pub fn text(&self, receiver: &str, from: &str, id: &str, text: &str) -> Call {
        let (bare, to, at) = (from.trim_start_matches('+'), &US[1..], rfc3339(now()));
        let value = match receiver {
            "twilio" | "join" => {
                let fields =
                    [("MessageSid", id), ("From", from), ("To", US), ("Body", text), ("NumMedia", "0")];
                return self.twilio(receiver, &fields);
            }
            "vonage" => {
                let fields =
                    [("messageId", id), ("msisdn", bare), ("to", to), ("text", text), ("type", "text")];
                return self.vonage(&fields);
            }
            "sinch" => {
                json!({ "type": "mo_text", "id": id, "from": bare, "to": to, "body": text, "received_at": at })
            }
            "infobip" => {
                json!({ "results": [{ "messageId": id, "from": bare, "to": to, "text": text, "receivedAt": at }] })
            }
            "telnyx" => {
                json!({ "data": { "event_type": "message.received", "occurred_at": at, "payload": { "id": id, "from": { "phone_number": from }, "to": [{ "phone_number": US }], "text": text } } })
            }
            "messages" => {
                json!({ "channel": "sms", "message_uuid": id, "from": bare, "to": to, "timestamp": at, "message_type": "text", "text": text })
            }
            "bandwidth" => {
                json!([{ "type": "message-received", "time": at, "to": US, "message": { "id": id, "from": from, "text": text } }])
            }
            "meta" => {
                json!({ "entry": [{ "changes": [{ "value": { "metadata": { "display_phone_number": to }, "messages": [{ "from": bare, "id": id, "timestamp": now().to_string(), "type": "text", "text": { "body": text } }] } }] }] })
            }
            _ => json!({ "in": [{ "who": from, "to": US, "what": text, "id": id, "at": at }] }),
        };
        self.json(receiver, &value, now())
    }

    /// A body of JSON, signed at a time.
    pub fn json(&self, receiver: &str, value: &Value, at: u64) -> Call {
        let body = value.to_string();
        let provider = if receiver == "messages" { "vonage" } else { receiver };
        let mut call = call(receiver, JSON, body.clone());
        match provider {
            "infobip" | "bandwidth" | "custom" => call = call.with("Authorization", &basic(SECRET)),
            _ => {
                for (name, value) in self.signer.headers(provider, SECRET, &body, at).unwrap() {
                    call = call.with(&name, &value);
                }
            }
        }
        call
    }

    /// A form of Twilio's.
    pub fn twilio(&self, receiver: &str, fields: &[(&str, &str)]) -> Call {
        let url = format!("{PUBLIC_URL}/sms/{receiver}");
        let mut call = call(receiver, FORM, form(fields));
        for (name, value) in self.signer.twilio(SECRET, &url, fields).unwrap() {
            call = call.with(&name, &value);
        }
        call
    }

    /// A form of Vonage's.
    pub fn vonage(&self, fields: &[(&str, &str)]) -> Call {
        let signed = self.signer.vonage_fields(SECRET, fields, now()).unwrap();
        let fields: Vec<_> = signed.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        call("vonage", FORM, form(&fields))
    }

    /// Sends it; the answer's body.
    #[track_caller]
    pub fn answers(&self, call: &Call, expected: u16) -> String {
        let (status, answer) = send(&self.serving.address, call, call.body.len());
        assert_eq!(status, expected, "{} {}: {answer}", call.method, call.path);
        answer
    }

    /// The brand brings these numbers in. A number that only texts us has no default, and gets no marketing without a yes.
    pub fn bring_in(&self, numbers: &[&str]) {
        self.desk.write("people.csv", format!("phone\n{}\n", numbers.join("\n")));
        self.desk.run(&["import", "profiles", "people.csv"]).exits(0);
    }

    /// Why a marketing text to a number goes out, or doesn't.
    pub fn verdict(&self, number: &str) -> String {
        verdict(&self.desk, "sms", number)
    }

    /// The server is killed.
    pub fn killed(self) -> Desk {
        drop(self.serving);
        self.desk
    }
}

fn call(receiver: &str, content_type: &str, body: String) -> Call {
    let headers = vec![("Content-Type".to_owned(), content_type.to_owned())];
    Call { method: "POST", path: format!("/sms/{receiver}"), headers, body: body.into_bytes() }
}

fn form(fields: &[(&str, &str)]) -> String {
    let encode = |text: &str| -> String {
        let plain = |b: u8| b.is_ascii_alphanumeric().then(|| char::from(b).to_string());
        text.bytes().map(|b| plain(b).unwrap_or_else(|| format!("%{b:02X}"))).collect()
    };
    let pairs: Vec<_> =
        fields.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    pairs.join("&")
}

/// `permit`, or why not.
pub fn verdict(desk: &Desk, channel: &str, number: &str) -> String {
    let value = desk.run(&["--json", "check", "--channel", channel, "--address", number]).json();
    let word = if value["decision"] == "permit" { &value["decision"] } else { &value["reason"] };
    word.as_str().unwrap().to_owned()
}
