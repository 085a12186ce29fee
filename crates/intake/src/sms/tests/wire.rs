//! What each provider's requests come to, and what is refused.

use consent::{Channel, Timestamp, WorkspaceId};
use data_encoding::{BASE64, HEXLOWER};
use proptest::prelude::*;
use ring::hmac;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

mod receipts;
mod samples;

use self::samples::*;
use crate::sms::*;
use crate::webhook::{Refusal, Request};

const SECRET: &str = "correct horse battery staple";
const NOW: Timestamp = Timestamp(1_764_000_000_000_000);
const SECONDS: &str = "1764000000";
const URL: &str = "https://sms.example.com/sms/x";
const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

fn key_pair() -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap()
}

fn endpoint(provider: Provider) -> Endpoint {
    let telnyx = BASE64.encode(key_pair().public_key().as_ref());
    let secret = if provider == Provider::Telnyx { telnyx } else { SECRET.to_owned() };
    let fields = json!({
        "from": "/sms/who", "text": "/sms/what", "id": "/sms/id", "time": "/sms/when", "to": "/sms/to", "status": "/sms/status", "code": "/sms/code", "token": "/sms/ref",
        "delivered": ["ok"], "failed": ["no"], "opted_out": ["E7"], "signature_header": "X-Sig",
    });
    let setup = Setup {
        name: "x".to_owned(),
        secrets: vec!["another secret, older".to_owned(), secret.clone()],
        url: URL.to_owned(),
        verify_token: (provider == Provider::Meta).then(|| SECRET.to_owned()),
        fields: (provider == Provider::Custom).then(|| serde_json::from_value(fields).unwrap()),
    };
    let secrets = if provider == Provider::Telnyx { vec![secret] } else { setup.secrets.clone() };
    Endpoint::new(provider, WorkspaceId::MAIN, Setup { secrets, ..setup }).unwrap()
}

/// A request as it came.
#[derive(Clone, Default)]
struct Call {
    headers: Vec<(&'static str, String)>,
    query: String,
    body: Vec<u8>,
}

impl Call {
    fn new(content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            headers: vec![("content-type", content_type.to_owned())],
            query: String::new(),
            body: body.into(),
        }
    }

    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value.into()));
        self
    }

    fn to(&self, endpoint: &Endpoint) -> Result<Reception, Refusal> {
        let headers: Vec<_> = self.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        endpoint.receive(&Request { headers: &headers, query: &self.query, body: &self.body, now: NOW })
    }

    fn events(&self, provider: Provider) -> Events {
        match self.to(&endpoint(provider)) {
            Ok(Reception::Events(events)) => events,
            other => panic!("{provider:?}: {other:?}"),
        }
    }

    fn one(&self, provider: Provider) -> Event {
        let events = self.events(provider).events;
        assert_eq!(events.len(), 1, "{events:?}");
        events.into_iter().next().unwrap()
    }
}

#[test]
fn texts_of_all_providers_read_alike() {
    for (provider, call) in texts() {
        let Event::Message(message) = call.one(provider) else { panic!("{provider:?}") };
        assert_eq!((message.id.as_str(), message.text.as_str()), ("SM1", "Stop"), "{provider:?}");
        assert_eq!(message.channel, Channel::Sms);
        assert_eq!(crate::sms::number::address(&message.from).unwrap().raw(), "+491751234567");
        assert_eq!(crate::sms::number::sender(&message.to, message.channel), "+15005550006", "{provider:?}");
        let at = (provider != Provider::Twilio).then(|| Timestamp::parse("2025-11-24T15:59:00Z").unwrap());
        assert_eq!(message.at, at, "{provider:?}");
    }
}

#[test]
fn forged_unsigned_and_late_requests_are_refused() {
    for (provider, call) in texts() {
        let endpoint = endpoint(provider);
        // One letter of the body is another: those that aren't signed can't tell.
        if !matches!(provider, Provider::Infobip | Provider::Bandwidth) {
            let mut forged = call.clone();
            let encoded = provider == Provider::Google;
            let (mark, after) = if encoded { (b"data", 12) } else { (b"Stop", 1) };
            let at = forged.body.windows(4).position(|four| four == mark).unwrap();
            forged.body[at + after] ^= 1;
            let refused = forged.to(&endpoint);
            assert!(matches!(refused, Err(Refusal::Forged(_))), "{provider:?} {refused:?}");
        }
        let bare = Call { headers: vec![call.headers[0].clone()], ..call.clone() };
        let bare = if provider == Provider::Vonage { Call::new(FORM, "text=Stop&msisdn=1") } else { bare };
        assert!(matches!(bare.to(&endpoint), Err(Refusal::Unsigned(_))), "{provider:?}");
        let typed = call.clone().with("content-type", "text/plain").to(&endpoint);
        assert!(matches!(typed, Err(Refusal::ContentType)), "{provider:?} {typed:?}");
        let coded = call.clone().with("content-encoding", "gzip").to(&endpoint);
        assert!(matches!(coded, Err(Refusal::ContentType)), "{provider:?} {coded:?}");
        let huge = Call { body: vec![b' '; BODY_LENGTH_MAX + 1], ..call };
        assert!(matches!(huge.to(&endpoint), Err(Refusal::TooLarge)), "{provider:?}");
    }
    let late = sinch(&json!({})).with("x-sinch-webhook-signature-timestamp", "1763900000");
    assert!(matches!(late.to(&endpoint(Provider::Sinch)), Err(Refusal::Stale)));
    let late = telnyx(&json!({})).with("telnyx-timestamp", "1763999600");
    assert!(matches!(late.to(&endpoint(Provider::Telnyx)), Err(Refusal::Stale)));
    let body = json!({ "message_uuid": "1", "from": "1", "text": "Stop" });
    let late = vonage_token(&body, &json!({ "alg": "HS256" }), 1_763_900_000);
    assert!(matches!(late.to(&endpoint(Provider::Vonage)), Err(Refusal::Stale)));
    let other = vonage_token(&body, &json!({ "alg": "none" }), 1_764_000_000);
    assert!(matches!(other.to(&endpoint(Provider::Vonage)), Err(Refusal::Forged(_))));
}

#[test]
fn a_receiver_that_anybody_could_call_isnt_made() {
    let make = |provider: Provider, setup: Setup| Endpoint::new(provider, WorkspaceId::MAIN, setup).err();
    let named = Setup { name: "x".to_owned(), url: URL.to_owned(), ..Setup::default() };
    for provider in [Provider::Twilio, Provider::Infobip, Provider::Telnyx, Provider::Custom] {
        assert_eq!(make(provider, named.clone()), Some(SetupError::NoSecret));
    }
    let short = Setup { secrets: vec!["0123456789abcde".to_owned()], ..named.clone() };
    assert_eq!(make(Provider::Sinch, short), Some(SetupError::ShortSecret));
    let secret = Setup { secrets: vec![SECRET.to_owned()], ..named };
    assert_eq!(make(Provider::Telnyx, secret.clone()), Some(SetupError::Key));
    assert_eq!(
        make(Provider::Twilio, Setup { url: String::new(), ..secret.clone() }),
        Some(SetupError::NoUrl)
    );
    assert_eq!(make(Provider::Custom, secret.clone()), Some(SetupError::NoField("from")));
    let token = Setup { verify_token: Some(SECRET.to_owned()), ..secret.clone() };
    assert_eq!(make(Provider::Sinch, token), Some(SetupError::Needless("verify_token")));
    for name in ["", "A", "a/b", &"a".repeat(49)] {
        assert_eq!(
            make(Provider::Sinch, Setup { name: name.to_owned(), ..secret.clone() }),
            Some(SetupError::Name)
        );
    }
    assert_eq!("aws".parse::<Provider>(), Err(SetupError::Provider));
}

#[test]
fn telnyx_says_what_it_has_answered() {
    let read = |autoresponse: Value| {
        let payload = json!({ "id": "1", "from": { "phone_number": "+491751234567" }, "text": "genug",
            "to": [{ "phone_number": "+15005550006" }], "autoresponse_type": autoresponse });
        let call = telnyx(&json!({ "data": { "event_type": "message.received", "payload": payload } }));
        let Event::Message(message) = call.one(Provider::Telnyx) else { panic!() };
        message.opt_out_type
    };
    assert_eq!(read(json!("STOP")), Some(OptOutType::Stop));
    assert_eq!((read(json!(null)), read(json!("CUSTOM"))), (None, None));
}

#[test]
fn twilio_says_what_it_has_answered() {
    for (word, expected) in
        [("STOP", OptOutType::Stop), ("HELP", OptOutType::Help), ("START", OptOutType::Start)]
    {
        let fields = [
            ("From", "whatsapp:+491751234567"),
            ("To", "whatsapp:+15005550006"),
            ("Body", "genug"),
            ("MessageSid", "SM1"),
            ("MessagingServiceSid", "MG0123456789abcdef0123456789abcdef"),
            ("OptOutType", word),
            ("Unknown", "1"),
        ];
        let Event::Message(message) = twilio("a=b", &fields).one(Provider::Twilio) else { panic!() };
        assert_eq!(message.opt_out_type, Some(expected));
        assert_eq!(message.channel, Channel::WhatsApp);
        assert_eq!(message.pool.as_deref(), Some("MG0123456789abcdef0123456789abcdef"));
    }
    // JSON is under the signature by its digest, which stands in the address.
    let body = json!({ "MessageSid": "SM1", "From": "+491751234567", "To": "+15005550006", "Body": "Stop" })
        .to_string();
    let query = format!("bodySHA256={}", HEXLOWER.encode(&Sha256::digest(&body)));
    let signed = twilio(&query, &[]);
    let call = Call { body: body.into(), ..signed }.with("content-type", JSON);
    assert!(matches!(call.one(Provider::Twilio), Event::Message(_)));
    let mut forged = call;
    forged.body[2] ^= 1;
    assert!(matches!(forged.to(&endpoint(Provider::Twilio)), Err(Refusal::Forged(_))));
}

#[test]
fn messages_without_a_text_are_passed_over() {
    let calls = [
        (Provider::Twilio, twilio("", &[("From", "+491751234567"), ("SmsStatus", "received")])),
        (Provider::Sinch, sinch(&json!({ "type": "mo_binary", "from": "1", "body": "AA==", "udh": "00" }))),
        (Provider::Infobip, basic(&json!({ "results": [{ "from": "49", "message": { "type": "IMAGE" } }] }))),
        (Provider::Telnyx, telnyx(&json!({ "data": { "event_type": "message.sent", "payload": {} } }))),
        (Provider::Vonage, vonage_fields(&[("type", "binary"), ("msisdn", "49"), ("data", "00")])),
        (
            Provider::Meta,
            meta(
                &json!({ "entry": [{ "changes": [{ "value": { "messages": [{ "from": "49", "type": "image" }] } }] }] }),
            ),
        ),
        (Provider::Google, google(&json!({ "senderPhoneNumber": "+49", "eventType": "IS_TYPING" }))),
        (Provider::Custom, custom(&json!({ "sms": { "status": "queued" } }))),
        (Provider::Custom, custom(&json!({ "sms": { "what": "Stop" } }))),
    ];
    for (provider, call) in calls {
        let events = call.events(provider);
        assert_eq!((events.events.len(), events.passed_over), (0, 1), "{provider:?} {events:?}");
    }
}

#[test]
fn parts_are_told_from_whole_messages() {
    let part = |number: &str, total: &str| {
        let fields = [
            ("messageId", "1"),
            ("msisdn", "491751234567"),
            ("to", "15005550006"),
            ("text", "a"),
            ("concat", "true"),
            ("concat-ref", "8"),
            ("concat-part", number),
            ("concat-total", total),
        ];
        match vonage_fields(&fields).one(Provider::Vonage) {
            Event::Message(message) => message.part,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(part("2", "3"), Some(Part { reference: "8".to_owned(), number: 2, total: 3 }));
    for (number, total) in [("0", "3"), ("4", "3"), ("1", "1"), ("1", "256"), ("x", "y"), ("1", "")] {
        assert_eq!(part(number, total), None, "{number} of {total}");
    }
}

#[test]
fn choices_in_messaging_apps_are_found_wherever_they_stand() {
    let whatsapp = |value: &str| {
        json!({
            "messaging_product": "whatsapp", "metadata": { "display_phone_number": "15005550006", "phone_number_id": "1" }, "contacts": [{ "wa_id": "491751234567" }],
            "user_preferences": [{ "wa_id": "491751234567", "detail": "User requested to stop marketing messages", "category": "marketing_messages", "value": value, "timestamp": 1_763_999_940 }]
        })
    };
    let of_meta = |value: &str| json!({ "object": "whatsapp_business_account", "entry": [{ "id": "1", "changes": [{ "value": whatsapp(value), "field": "user_preferences" }] }] });
    let older = json!({ "contacts": [], "messages": [{ "from": "491751234567", "id": "w", "system": { "body": "…", "marketing": "stop", "type": "user_preference_changed" }, "timestamp": 1_763_999_940, "type": "system" }] });
    let rcs = json!({ "senderPhoneNumber": "+491751234567", "eventType": "UNSUBSCRIBE", "eventId": "e", "agentId": "shop" });
    for (provider, call, channel) in [
        (Provider::Meta, meta(&of_meta("stop")), Channel::WhatsApp),
        (Provider::Infobip, basic(&json!({ "results": [{ "event": whatsapp("stop") }] })), Channel::WhatsApp),
        (Provider::Sinch, sinch(&json!({ "type": "whatsapp", "payload": older })), Channel::WhatsApp),
        (Provider::Google, google(&rcs), Channel::Sms),
        (Provider::Vonage, vonage(&json!({ "channel": "rcs", "event": rcs })), Channel::Sms),
        (Provider::Custom, custom(&json!({ "raw": [{ "deep": rcs }] })), Channel::Sms),
    ] {
        let found = call.events(provider).events;
        let Some(Event::Preference(choice)) = found.first() else { panic!("{provider:?} {found:?}") };
        assert!(choice.stop && choice.channel == channel, "{choice:?}");
        assert_eq!(crate::sms::number::address(&choice.from).unwrap().raw(), "+491751234567");
    }
    let Event::Preference(choice) = meta(&of_meta("resume")).one(Provider::Meta) else { panic!() };
    assert!(!choice.stop);
    assert_eq!(crate::sms::number::sender(&choice.to, choice.channel), "whatsapp:+15005550006");
    assert_eq!(choice.at, Some(Timestamp(1_763_999_940_000_000)));
    assert!(meta(&of_meta("interested")).events(Provider::Meta).events.is_empty());
}

#[test]
fn whatsapps_own_webhook() {
    let body = json!({ "entry": [{ "changes": [{ "field": "messages", "value": {
        "metadata": { "display_phone_number": "+1 500-555-0006" },
        "messages": [
            { "from": "491751234567", "id": "w1", "timestamp": "1763999940", "type": "text", "text": { "body": "Stop" } },
            { "from": "491751234567", "id": "w2", "timestamp": "1763999940", "type": "button", "button": { "text": "Stop promotions" } },
        ],
        "statuses": [{ "id": "w3", "recipient_id": "491751234567", "status": "failed", "errors": [{ "code": 131_050 }], "biz_opaque_callback_data": "TOKEN" }],
    } }] }] });
    let events = meta(&body).events(Provider::Meta).events;
    let [Event::Message(text), Event::Message(button), Event::Receipt(receipt)] = events.as_slice() else {
        panic!("{events:?}")
    };
    assert_eq!((text.text.as_str(), button.text.as_str()), ("Stop", "Stop promotions"));
    assert_eq!(crate::sms::number::sender(&text.to, text.channel), "whatsapp:+15005550006");
    assert_eq!((receipt.state, receipt.token.as_str()), (State::OptedOut, "TOKEN"));
    let challenge = |query: &str| {
        let request = Request { headers: &[], query, body: &[], now: NOW };
        endpoint(Provider::Meta).challenge(&request)
    };
    let token = SECRET.replace(' ', "+");
    let asked = format!("hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token={token}");
    assert_eq!(challenge(&asked), Ok(Some("1158201444".to_owned())));
    assert!(challenge(&asked.replace("correct", "c0rrect")).is_err());
    assert!(challenge(&asked.replace("1158201444", "%3Cscript%3E")).is_err());
    assert!(challenge("").is_err());
    let request = Request { headers: &[], query: &asked, body: &[], now: NOW };
    assert_eq!(endpoint(Provider::Twilio).challenge(&request), Ok(None));
}

#[test]
fn googles_webhook_is_told_apart_from_others_by_its_token() {
    let ask = |token: &str| {
        let body = json!({ "clientToken": token, "secret": "s1" }).to_string();
        Call::new(JSON, body).to(&endpoint(Provider::Google))
    };
    assert!(matches!(ask(SECRET), Ok(Reception::Secret(secret)) if secret == "s1"));
    assert!(matches!(ask("other"), Err(Refusal::Forged(_))));
}

#[test]
fn too_many_events_are_refused_and_long_ones_are_cut() {
    let result = |at: usize| json!({ "messageId": at.to_string(), "from": "491751234567", "text": "hi" });
    let many = |count: usize| basic(&json!({ "results": (0..count).map(result).collect::<Vec<_>>() }));
    assert_eq!(many(EVENTS_MAX).events(Provider::Infobip).events.len(), EVENTS_MAX);
    assert!(matches!(many(EVENTS_MAX + 1).to(&endpoint(Provider::Infobip)), Err(Refusal::TooLarge)));
    let long = json!({ "results": [{ "from": "4".repeat(9_000), "text": "é\u{0}".repeat(90_000) }] });
    let Event::Message(message) = basic(&long).one(Provider::Infobip) else { panic!() };
    assert!(message.from.len() <= 512 && message.text.len() <= 8_192 && !message.text.contains('\0'));
    assert!(message.id.starts_with("made:"));
}

proptest! {
    #[test]
    fn no_body_panics(body in "[\\[\\]{}\"a-z:,=&%0-9\u{0}é]{0,80}") {
        for provider in [Provider::Infobip, Provider::Bandwidth] {
            let pair = BASE64.encode(format!("hook:{SECRET}").as_bytes());
            let call = Call::new(JSON, body.clone()).with("authorization", format!("Basic {pair}"));
            let _ = call.to(&endpoint(provider));
        }
        let signature = HEXLOWER.encode(&mac(hmac::HMAC_SHA256, body.as_bytes()));
        for kind in [JSON, FORM] {
            let _ = Call::new(kind, body.clone()).with("x-sig", signature.clone()).to(&endpoint(Provider::Custom));
            let _ = Call::new(kind, body.clone()).to(&endpoint(Provider::Vonage));
        }
    }
}
