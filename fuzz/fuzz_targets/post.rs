//! Bodies of posts: to links, and of the services that bring text messages. The first byte chooses whose it is.
#![no_main]

use std::sync::LazyLock;

use consent::{Timestamp, WorkspaceId};
use data_encoding::{BASE64, HEXLOWER};
use intake::sms::{EVENTS_MAX, Endpoint, Fields, Provider, Reception, Setup, twilio};
use intake::unsubscribe::{Post, parse_post};
use intake::webhook::Request;
use libfuzzer_sys::fuzz_target;
use ring::hmac;

const SECRET: &str = "correct-horse-battery";
const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";
const URL: &str = "https://news.example/sms/hook";
const ONE_CLICK: &[u8] = b"List-Unsubscribe=One-Click";

static CUSTOM: LazyLock<Endpoint> = LazyLock::new(|| endpoint(Provider::Custom));
static INFOBIP: LazyLock<Endpoint> = LazyLock::new(|| endpoint(Provider::Infobip));
static BANDWIDTH: LazyLock<Endpoint> = LazyLock::new(|| endpoint(Provider::Bandwidth));
static TWILIO: LazyLock<Endpoint> = LazyLock::new(|| endpoint(Provider::Twilio));
static META: LazyLock<Endpoint> = LazyLock::new(|| endpoint(Provider::Meta));
static GOOGLE: LazyLock<Endpoint> = LazyLock::new(|| endpoint(Provider::Google));

fn endpoint(provider: Provider) -> Endpoint {
    let fields = Fields {
        items: "/messages".to_owned(),
        from: "from".to_owned(),
        to: "to".to_owned(),
        text: "text".to_owned(),
        id: "id".to_owned(),
        time: "time".to_owned(),
        status: "status".to_owned(),
        code: "code".to_owned(),
        token: "token".to_owned(),
        delivered: vec!["ok".to_owned()],
        failed: vec!["no".to_owned()],
        opted_out: vec!["stop".to_owned()],
        ..Fields::default()
    };
    let setup = Setup {
        name: "hook".to_owned(),
        secrets: vec![SECRET.to_owned()],
        url: URL.to_owned(),
        fields: (provider == Provider::Custom).then_some(fields),
        ..Setup::default()
    };
    Endpoint::new(provider, WorkspaceId::MAIN, setup).expect("the setup is complete")
}

fuzz_target!(|data: &[u8]| {
    let Some((choice, body)) = data.split_first() else { return };
    match choice % 8 {
        0 => link(body),
        1 => text_message(&CUSTOM, &[("content-type", FORM), ("x-webhook-secret", SECRET)], body),
        2 => text_message(&CUSTOM, &[("content-type", JSON), ("x-webhook-secret", SECRET)], body),
        3 => text_message(&INFOBIP, &[("content-type", JSON), ("x-webhook-secret", SECRET)], body),
        4 => text_message(&BANDWIDTH, &[("content-type", JSON), ("x-webhook-secret", SECRET)], body),
        5 => {
            let fields: Vec<_> = form_urlencoded::parse(body).into_owned().collect();
            let signature = twilio::signature(SECRET, URL, &fields);
            text_message(&TWILIO, &[("content-type", FORM), ("x-twilio-signature", &signature)], body);
        }
        6 => {
            let signature = format!("sha256={}", HEXLOWER.encode(&mac(hmac::HMAC_SHA256, body)));
            text_message(&META, &[("content-type", JSON), ("x-hub-signature-256", &signature)], body);
        }
        _ => {
            let signature = BASE64.encode(&mac(hmac::HMAC_SHA512, body));
            let envelope = format!(r#"{{"message":{{"data":"{}"}}}}"#, BASE64.encode(body));
            let headers = [("content-type", JSON), ("x-goog-signature", signature.as_str())];
            text_message(&GOOGLE, &headers, envelope.as_bytes());
        }
    }
});

fn mac(algorithm: hmac::Algorithm, body: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(algorithm, SECRET.as_bytes()), body).as_ref().to_vec()
}

fn text_message(endpoint: &Endpoint, headers: &[(&str, &str)], body: &[u8]) {
    let request = Request { headers, query: "", body, now: Timestamp(1_764_000_000_000_000) };
    if let Ok(Reception::Events(events)) = endpoint.receive(&request) {
        assert!(events.events.len() <= EVENTS_MAX);
    }
}

/// The media type in the first line, then the body.
fn link(data: &[u8]) {
    let end = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let kind = String::from_utf8_lossy(&data[..end]);
    let body = data.get(end + 1..).unwrap_or_default();
    let read = parse_post(&kind, body);
    // What is one-click by its body alone is so whatever it is called.
    if parse_post("", body) == Post::OneClick {
        assert_eq!(parse_post("text/plain", body), Post::OneClick);
        assert_eq!(parse_post(FORM, body), Post::OneClick);
    }
    if body.trim_ascii() == ONE_CLICK {
        assert_eq!(read, Post::OneClick);
    }
    match read {
        // Nothing is opted out by what doesn't say so, nor by what a page might say as well.
        Post::OneClick => assert!(body.len() >= ONE_CLICK.len()),
        Post::Page(..) => assert!(kind.trim_start().get(..FORM.len()).is_some_and(|s| s.eq_ignore_ascii_case(FORM))),
        Post::Neither => {}
    }
}
