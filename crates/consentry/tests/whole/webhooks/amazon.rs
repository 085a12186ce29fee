//! Messages of SNS: whose they are, what they are signed with, and what is fetched for them.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use axum::body::Body;
use axum::http::Request;
use consent::{Clock, Entropy, Timestamp, WorkspaceId};
use intake::webhook::{Endpoint, Outside, Provider, Reception, Refusal, Setup};
use serde_json::{Value, json};
use tower::ServiceExt as _;
use web::{PublicConfig, WebState, Webhooks, public_router};
use xtask::servers::Signer;

use super::stage::{Stage, TOPIC, call, notification, verdict};
use crate::support::call::{now, rfc3339};

const CONFIRM: &str = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=x&Token=t";

/// Gives out one certificate, and remembers what it was asked for.
struct Amazon {
    certificate: Option<Vec<u8>>,
    asked: Mutex<Vec<String>>,
}

impl Amazon {
    fn new(certificate: Option<Vec<u8>>) -> Arc<Self> {
        Arc::new(Self { certificate, asked: Mutex::default() })
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

#[async_trait]
impl Outside for Amazon {
    async fn get(&self, url: &str) -> Result<Vec<u8>, String> {
        self.asked.lock().unwrap().push(url.to_owned());
        self.certificate.clone().ok_or_else(|| "no network".to_owned())
    }
}

/// An endpoint that takes the certificate from Amazon.
fn endpoint() -> Endpoint {
    let setup = Setup { name: "ses".to_owned(), topics: vec![TOPIC.to_owned()], ..Setup::default() };
    Endpoint::new(Provider::Ses, WorkspaceId::MAIN, setup).unwrap()
}

async fn receive(
    endpoint: &Endpoint,
    message: &Value,
    now: u64,
    amazon: &Amazon,
) -> Result<Reception, Refusal> {
    let body = message.to_string();
    let now = Timestamp(i64::try_from(now).unwrap() * 1_000_000);
    let headers = [("content-type", "text/plain; charset=UTF-8")];
    let request = intake::webhook::Request { headers: &headers, query: "", body: body.as_bytes(), now };
    endpoint.receive(&request, amazon).await
}

fn confirmation(topic: &str) -> Value {
    json!({ "Type": "SubscriptionConfirmation", "MessageId": "c", "Token": "t", "TopicArn": topic, "Message": "You have chosen", "SubscribeURL": CONFIRM, "Timestamp": rfc3339(now()) })
}

/// The system's clock, in seconds.
struct Wall;

impl Clock for Wall {
    fn now(&self) -> Timestamp {
        Timestamp(i64::try_from(now()).unwrap() * 1_000_000)
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

struct Zeros;

impl Entropy for Zeros {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

#[tokio::test]
async fn the_certificate_is_fetched_once_and_only_from_amazon() {
    let Some(signer) = Signer::find().unwrap() else { return };
    let amazon = Amazon::new(Some(std::fs::read(signer.sns_certificate()).unwrap()));
    let endpoint = endpoint();
    for version in ["1", "2"] {
        let message = signer.sns(notification("{}", now()), version).unwrap();
        assert!(matches!(receive(&endpoint, &message, now(), &amazon).await, Ok(Reception::Events(_))));
    }
    assert_eq!(amazon.asked().len(), 1);
    let mut elsewhere = signer.sns(notification("{}", now()), "2").unwrap();
    for url in [
        "https://sns.eu-west-1.amazonaws.com.example.org/a.pem",
        "https://sns.s3.amazonaws.com/a.pem",
        "https://sns.s3-eu-west-1.amazonaws.com/a.pem",
        "https://sns.eu-west-2.amazonaws.com/a.pem",
        "https://127.0.0.1/a.pem",
        "http://sns.eu-west-1.amazonaws.com/a.pem",
    ] {
        elsewhere["SigningCertURL"] = json!(url);
        let refused = receive(&endpoint, &elsewhere, now(), &amazon).await;
        assert!(matches!(refused, Err(Refusal::Forged(_))), "{url}: {refused:?}");
    }
    // Another topic's message isn't worth a fetch.
    let mut other = signer.sns(notification("{}", now()), "2").unwrap();
    other["TopicArn"] = json!("arn:aws:sns:eu-west-1:123456789012:other");
    other["SigningCertURL"] = json!("https://sns.eu-west-2.amazonaws.com/a.pem");
    assert!(matches!(receive(&endpoint, &other, now(), &amazon).await, Err(Refusal::OtherTopic)));
    assert_eq!(amazon.asked().len(), 1);
}

#[tokio::test]
async fn a_certificate_counts_while_it_is_valid() {
    let Some(signer) = Signer::find().unwrap() else { return };
    let amazon = Amazon::new(Some(std::fs::read(signer.sns_certificate()).unwrap()));
    let endpoint = endpoint();
    for at in [now() - 3_600, now() + 3 * 86_400] {
        let message = signer.sns(notification("{}", at), "2").unwrap();
        let refused = receive(&endpoint, &message, at, &amazon).await;
        assert!(matches!(refused, Err(Refusal::Forged("certificate's time"))), "{refused:?}");
    }
    // What can't be fetched or isn't a certificate can't be checked: SNS is to try again.
    let message = signer.sns(notification("{}", now()), "2").unwrap();
    for amazon in [Amazon::new(None), Amazon::new(Some(b"<html>".to_vec()))] {
        assert!(matches!(receive(&endpoint, &message, now(), &amazon).await, Err(Refusal::Unavailable(_))));
    }
}

#[tokio::test]
async fn a_subscription_is_confirmed_for_the_configured_topic_only() {
    let Some(signer) = Signer::find().unwrap() else { return };
    let amazon = Amazon::new(Some(std::fs::read(signer.sns_certificate()).unwrap()));
    let desk = crate::support::Desk::new();
    let open =
        store::sqlite::OpenOptions { dir: desk.data_dir(), clock: Arc::new(Wall), entropy: Arc::new(Zeros) };
    let store = store::sqlite::open(open).unwrap();
    let mut config = PublicConfig::new(store, Arc::new(Wall));
    config.webhooks = Some(Arc::new(Webhooks::new(vec![endpoint()], amazon.clone())));
    let router = public_router(WebState::new(config));
    let post = async |message: &Value| {
        let request = Request::post("/hooks/ses").header("content-type", "text/plain");
        router.clone().oneshot(request.body(Body::from(message.to_string())).unwrap()).await.unwrap().status()
    };
    let other = signer.sns(confirmation("arn:aws:sns:eu-west-1:123456789012:other"), "2").unwrap();
    assert_eq!(post(&other).await, 403);
    let mut forged = signer.sns(confirmation(TOPIC), "2").unwrap();
    forged["SubscribeURL"] = json!(CONFIRM.replace("Token=t", "Token=u"));
    assert_eq!(post(&forged).await, 403);
    assert!(!amazon.asked().contains(&CONFIRM.to_owned()));
    assert_eq!(post(&signer.sns(confirmation(TOPIC), "2").unwrap()).await, 200);
    assert_eq!(amazon.asked().last().unwrap(), CONFIRM);
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
