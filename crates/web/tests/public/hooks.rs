//! `/hooks/NAME`: what is answered when; who may call is tested against the binary.

use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use intake::webhook::{BODY_LENGTH_MAX, Endpoint, Outside, Provider, Setup};
use store::Store;
use tower::ServiceExt as _;
use web::{PublicConfig, WebState, Webhooks, public_router};

use crate::world::{Answer, WORKSPACE, World, send};

pub const PATH: &str = "/hooks/mark";
pub const SECRET: (&str, &str) = ("x-webhook-secret", "correct-horse-battery");
pub const JSON: (&str, &str) = ("content-type", "application/json");

struct Nowhere;

#[async_trait]
impl Outside for Nowhere {
    async fn get(&self, _: &str) -> Result<Vec<u8>, String> {
        Err("no network".to_owned())
    }
}

pub fn webhooks() -> Arc<Webhooks> {
    let setup = Setup { name: "mark".to_owned(), secrets: vec![SECRET.1.to_owned()], ..Setup::default() };
    let endpoint = Endpoint::new(Provider::Postmark, WORKSPACE, setup).unwrap();
    Arc::new(Webhooks::new(vec![endpoint], Arc::new(Nowhere)))
}

fn router(world: &World, store: Store) -> Router {
    let mut config = PublicConfig::new(store, world.clock.clone());
    config.webhooks = Some(webhooks());
    public_router(WebState::new(config))
}

pub fn opt_out(address: &str) -> String {
    format!(
        r#"{{"RecordType":"SubscriptionChange","Recipient":"{address}","SuppressSending":true,"SuppressionReason":"ManualSuppression","ChangedAt":"2026-05-03T09:00:00Z"}}"#
    )
}

async fn post(router: &Router, body: &str) -> Answer {
    send(router, Method::POST, PATH, &[JSON, SECRET], body).await
}

#[tokio::test]
async fn an_opt_out_is_recorded_before_it_is_acknowledged() {
    let world = World::new();
    let owner = world.person("ada@example.com", None).await;
    let before = world.everything(&owner).await;
    let full = router(&world, world.full_disk());
    let refused = post(&full, &opt_out("ada@example.com")).await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(!refused.header("retry-after").is_empty());
    assert_eq!(refused.header("content-type"), "application/problem+json");
    assert!(!refused.body.contains("ada"));
    assert_eq!(world.everything(&owner).await, before);
    let router = router(&world, world.store.clone());
    assert_eq!(post(&router, &opt_out("ada@example.com")).await.status, StatusCode::OK);
    let after = world.everything(&owner).await;
    assert_ne!(after, before);
    // Once more: nothing more.
    assert_eq!(post(&router, &opt_out("ada@example.com")).await.status, StatusCode::OK);
    assert_eq!(world.everything(&owner).await, after);
}

#[tokio::test]
async fn no_other_request_changes_anything() {
    let world = World::new();
    let owner = world.person("ada@example.com", None).await;
    let router = router(&world, world.store.clone());
    let before = world.everything(&owner).await;
    for method in [Method::GET, Method::HEAD, Method::PUT, Method::DELETE, Method::PATCH] {
        let answer = send(&router, method, PATH, &[JSON, SECRET], &opt_out("ada@example.com")).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    }
    let body = opt_out("ada@example.com");
    let answer = send(&router, Method::OPTIONS, PATH, &[JSON, SECRET], &body).await;
    assert_eq!((answer.status, answer.header("allow")), (StatusCode::OK, "POST, OPTIONS"));
    let answer = send(&router, Method::POST, PATH, &[JSON], &body).await;
    assert_eq!(
        (answer.status, answer.header("www-authenticate")),
        (StatusCode::UNAUTHORIZED, "Basic realm=\"webhooks\"")
    );
    let answer = send(&router, Method::POST, "/hooks/other", &[JSON, SECRET], &body).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    // Where no webhook is configured there is none.
    let answer = send(&world.router, Method::POST, PATH, &[JSON, SECRET], &body).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert_eq!(world.everything(&owner).await, before);
}

#[tokio::test]
async fn a_body_without_a_length_is_measured_as_it_comes() {
    let world = World::new();
    let router = router(&world, world.store.clone());
    let ask = async |length: usize| {
        let piece = axum::body::Bytes::from(vec![b' '; 1024 * 1024]);
        let pieces = std::iter::repeat_n(piece, length / (1024 * 1024)).map(Ok::<_, std::io::Error>);
        let body = Body::from_stream(futures_util::stream::iter(pieces));
        let request =
            Request::post(PATH).header(JSON.0, JSON.1).header(SECRET.0, SECRET.1).body(body).unwrap();
        router.clone().oneshot(request).await.unwrap().status()
    };
    assert_eq!(ask(BODY_LENGTH_MAX).await, StatusCode::BAD_REQUEST);
    assert_eq!(ask(BODY_LENGTH_MAX + 1024 * 1024).await, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(ask(100 * 1024 * 1024).await, StatusCode::PAYLOAD_TOO_LARGE);
}
