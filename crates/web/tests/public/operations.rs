use std::sync::Arc;

use axum::http::{Method, StatusCode};
use consent::{Level, Purpose, Token};
use store::Store as _;
use store::ledger::Checkpoint;
use web::{LedgerFiles, PublicConfig, WebState, public_router};

use crate::full_disk::FullDisk;
use crate::world::{FORM, ONE_CLICK, World, send};

#[tokio::test]
async fn every_answer_carries_the_headers() {
    let world = World::new();
    let owner = world.person("ann@example.com", None).await;
    let link = world.unsubscribe(&owner, Level::Channel);
    let choices = world.link(&Token { purpose: Purpose::Preferences, ..world.token(&owner, Level::Channel) });
    for path in
        [&*link, &*choices, "/u/abc", "/p/abc", "/nothing", "/healthz", "/robots.txt", "/ledger/checkpoint"]
    {
        let answer = world.get(path).await;
        for (name, value) in [
            ("referrer-policy", "no-referrer"),
            ("x-robots-tag", "noindex"),
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
        ] {
            assert_eq!(answer.header(name), value, "{path} {name}");
        }
        assert!(!answer.headers.contains_key("set-cookie"));
        if !answer.header("content-type").starts_with("text/html") {
            continue;
        }
        let policy = answer.header("content-security-policy");
        for part in [
            "default-src 'none';",
            "style-src 'sha256-",
            "form-action 'self';",
            "frame-ancestors 'none';",
            "base-uri 'none'",
        ] {
            assert!(policy.contains(part), "{path} {policy}");
        }
        assert!(
            !answer.body.contains("<script")
                && !answer.body.contains(" style=")
                && !answer.body.contains("http"),
            "{path}"
        );
    }
    assert_eq!(world.get("/robots.txt").await.body, "User-agent: *\nDisallow: /\n");
}

#[tokio::test]
async fn a_store_that_takes_no_writes_never_gets_an_ok() {
    let world = World::new();
    let owner = world.person("ann@example.com", None).await;
    let link = world.unsubscribe(&owner, Level::Channel);
    let choices = world.link(&Token { purpose: Purpose::Preferences, ..world.token(&owner, Level::Channel) });
    let full = Arc::new(FullDisk(world.store.clone()));
    let router = public_router(WebState::new(PublicConfig::new(full, world.clock.clone())));
    assert_eq!(world.get("/readyz").await.status, StatusCode::OK);
    for (method, path, body) in [
        (Method::POST, &*link, ONE_CLICK),
        (Method::POST, &link, "via=page&action=unsubscribe"),
        (Method::POST, &choices, "via=page&action=stop-all"),
        (Method::GET, "/readyz", ""),
    ] {
        let answer = send(&router, method, path, &[("content-type", FORM)], body).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert_eq!(answer.header("retry-after"), "5");
    }
    // What needs no write goes on.
    for path in [&*link, &choices, "/healthz"] {
        assert_eq!(send(&router, Method::GET, path, &[], "").await.status, StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn the_ledger_can_be_fetched_and_nothing_beside_it() {
    let world = World::new();
    let owner = world.person("ann@example.com", None).await;
    world.one_click(&world.unsubscribe(&owner, Level::Channel)).await;
    let size = world.store.seal_ledger().await.unwrap();
    let verifier_key = world.store.ledger_verifier_key().unwrap();
    assert_eq!(world.get("/ledger/vkey").await.status, StatusCode::NOT_FOUND);
    let mut config = PublicConfig::new(world.store.clone(), world.clock.clone());
    config.ledger = Some(LedgerFiles { dir: world.ledger_dir(), verifier_key: verifier_key.clone() });
    let router = public_router(WebState::new(config));
    let get = |path: &'static str| send_bytes(&router, path);
    assert_eq!(get("/ledger/vkey").await.1, format!("{verifier_key}\n").into_bytes());
    store::ledger::VerifierKey::parse(&verifier_key).unwrap();
    let (status, text) = get("/ledger/checkpoint").await;
    assert_eq!(status, StatusCode::OK);
    let checkpoint = Checkpoint::parse(std::str::from_utf8(&text).unwrap()).unwrap();
    assert_eq!((checkpoint.size(), size), (1, 1));
    assert_eq!(get("/ledger/tile/0/000.p/1").await.1.len(), 32);
    assert_eq!(get("/ledger/tile/entries/000.p/1").await.0, StatusCode::OK);
    for path in [
        "/ledger/tile/0/000",
        "/ledger/../master.key",
        "/ledger/%2e%2e/master.key",
        "/ledger/..%2fmaster.key",
        "/ledger/tile/..%2f..%2fmaster.key",
        "/ledger/tile/0/%2fetc%2fpasswd",
        "/ledger/.writing",
        "/ledger/",
    ] {
        assert_eq!(get(path).await.0, StatusCode::NOT_FOUND, "{path}");
    }
}

async fn send_bytes(router: &axum::Router, path: &str) -> (StatusCode, Vec<u8>) {
    use http_body_util::BodyExt as _;
    use tower::ServiceExt as _;
    let request = axum::http::Request::get(path).body(axum::body::Body::empty()).unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    let status = response.status();
    (status, response.into_body().collect().await.unwrap().to_bytes().to_vec())
}

#[tokio::test]
async fn requests_past_the_limits_are_turned_away() {
    let world = World::new();
    assert_eq!(world.get(&format!("/u/{}", "a".repeat(3000))).await.status, StatusCode::URI_TOO_LONG);
    let large = "a".repeat(17_000);
    let answer = send(&world.router, Method::GET, "/healthz", &[("x-large", &large)], "").await;
    assert_eq!(answer.status, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
}

#[tokio::test]
async fn behind_a_proxy_the_last_forwarded_address_is_evidence() {
    let world = World::new();
    let owner = world.person("ann@example.com", None).await;
    let mut config = PublicConfig::new(world.store.clone(), world.clock.clone());
    config.behind_proxy = true;
    let router = public_router(WebState::new(config));
    let headers = [("content-type", FORM), ("x-forwarded-for", "203.0.113.9, 192.0.2.1")];
    let path = world.unsubscribe(&owner, Level::Channel);
    assert_eq!(send(&router, Method::POST, &path, &headers, ONE_CLICK).await.status, StatusCode::OK);
    let history = world.store.history(crate::world::WORKSPACE, owner.profile, None, 1).await.unwrap();
    assert_eq!(history.entries[0].evidence.ip.as_deref(), Some("192.0.2.1"));
}
