use axum::http::{Method, StatusCode};
use consent::{Level, Purpose};
use store::LedgerReaders;
use store::ledger::Checkpoint;
use web::{ApiKey, Keys, LedgerFiles, PublicConfig, Scope, WebState, public_router};

use crate::world::{FORM, ONE_CLICK, World, send};

#[tokio::test]
async fn every_answer_carries_the_headers() {
    let world = World::new();
    let owner = world.person("ann@example.com", None).await;
    let link = world.unsubscribe(&owner, Level::Channel);
    let choices = world.link(&world.token(&owner, Level::Channel).with_purpose(Purpose::Preferences));
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
    let choices = world.link(&world.token(&owner, Level::Channel).with_purpose(Purpose::Preferences));
    let full = world.full_disk();
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
    config.ledger = Some(LedgerFiles {
        dir: world.ledger_dir(),
        verifier_key: verifier_key.clone(),
        keys: Keys::of_file(Vec::new()),
    });
    let router = public_router(WebState::new(config));
    let get = |path: &'static str| send_bytes(&router, path);
    world.show_entries_to(LedgerReaders::Public).await;
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

/// A router that serves the ledger to holders of keys.
fn with_ledger(world: &World) -> axum::Router {
    let key = |name: &str, scopes| ApiKey::new(name.to_owned(), &format!("{name}-secret-123456"), scopes);
    let mut config = PublicConfig::new(world.store.clone(), world.clock.clone());
    config.ledger = Some(LedgerFiles {
        dir: world.ledger_dir(),
        verifier_key: world.store.ledger_verifier_key().unwrap(),
        keys: Keys::of_file(vec![
            key("auditor", vec![Scope::LedgerRead]),
            key("crm", vec![Scope::AjoSuppression, Scope::AjoConsent]),
        ]),
    });
    public_router(WebState::new(config))
}

#[tokio::test]
async fn entries_are_for_holders_of_a_key_unless_the_workspace_says_otherwise() {
    let world = World::new();
    let owner = world.person("ann@example.com", None).await;
    world.one_click(&world.unsubscribe(&owner, Level::Channel)).await;
    world.store.seal_ledger().await.unwrap();
    let router = with_ledger(&world);
    let get = async |path: &str, authorization: &str| {
        let headers = [("authorization", authorization)];
        let headers = if authorization.is_empty() { &headers[..0] } else { &headers[..] };
        send(&router, Method::GET, path, headers, "").await
    };
    // Spelt in other ways it is the same file, and those past the end aren't told from those that are there.
    for path in
        ["/ledger/tile/entries/000.p/1", "/ledger/tile/%65ntries/000.p/1", "/ledger/tile/entries/000.p/9"]
    {
        for (authorization, status) in [
            ("", StatusCode::UNAUTHORIZED),
            ("Basic auditor-secret-123456", StatusCode::UNAUTHORIZED),
            ("Bearer ", StatusCode::UNAUTHORIZED),
            ("Bearer auditor-secret-123457", StatusCode::UNAUTHORIZED),
            ("Bearer crm-secret-123456", StatusCode::FORBIDDEN),
        ] {
            let answer = get(path, authorization).await;
            assert_eq!(answer.status, status, "{path} {authorization}");
            assert_eq!(answer.header("content-type"), "application/problem+json");
            assert_eq!(answer.header("cache-control"), "no-store");
            let told: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
            assert_eq!(told["status"], status.as_u16());
            assert!(told["detail"].as_str().is_some_and(|detail| detail.contains("key")), "{told}");
            assert_eq!(answer.header("www-authenticate").is_empty(), status == StatusCode::FORBIDDEN);
        }
    }
    let auditor = "Bearer auditor-secret-123456";
    let answer = get("/ledger/tile/entries/000.p/1", auditor).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.body.contains(r#"{"v":2,"#), "{}", answer.body);
    assert_eq!(get("/ledger/tile/entries/000.p/9", auditor).await.status, StatusCode::NOT_FOUND);
    for open in ["/ledger/checkpoint", "/ledger/vkey", "/ledger/tile/0/000.p/1"] {
        assert_eq!(get(open, "").await.status, StatusCode::OK, "{open}");
    }
    // At once, without a restart.
    world.show_entries_to(LedgerReaders::Public).await;
    assert_eq!(get("/ledger/tile/entries/000.p/1", "").await.status, StatusCode::OK);
    world.show_entries_to(LedgerReaders::Keyed).await;
    assert_eq!(get("/ledger/tile/entries/000.p/1", "").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_full_bundle_is_kept_by_the_caller_and_by_no_cache_between() {
    let world = World::new();
    for number in 0..256 {
        let owner = world.person(&format!("p{number}@example.com"), None).await;
        world.one_click(&world.unsubscribe(&owner, Level::Channel)).await;
    }
    world.store.seal_ledger().await.unwrap();
    let router = with_ledger(&world);
    let caching = async |path: &str| {
        let headers = [("authorization", "Bearer auditor-secret-123456")];
        send(&router, Method::GET, path, &headers, "").await.header("cache-control").to_owned()
    };
    assert_eq!(caching("/ledger/tile/entries/000").await, "private, max-age=31536000, immutable");
    assert_eq!(caching("/ledger/tile/0/000").await, "public, max-age=31536000, immutable");
    world.show_entries_to(LedgerReaders::Public).await;
    assert_eq!(caching("/ledger/tile/entries/000").await, "public, max-age=31536000, immutable");
}

#[tokio::test]
async fn who_asks_all_the_time_is_told_the_minute_of_an_entry_and_no_more() {
    let world = World::new();
    let router = with_ledger(&world);
    let size = async || {
        let answer = send(&router, Method::GET, "/ledger/checkpoint", &[], "").await;
        Checkpoint::parse(&answer.body).unwrap().size()
    };
    let tile = async |width: u64| {
        let path = format!("/ledger/tile/0/000.p/{width}");
        send(&router, Method::GET, &path, &[], "").await.status
    };
    world.turn_to_next_minute();
    assert_eq!(size().await, 0);
    let owner = world.person("ann@example.com", None).await;
    world.one_click(&world.unsubscribe(&owner, Level::Channel)).await;
    assert_eq!(world.store.seal_ledger().await.unwrap(), 1);
    // Neither the checkpoint nor a tile of hashes tells that something has come.
    assert_eq!((size().await, tile(1).await), (0, StatusCode::NOT_FOUND));
    world.turn_to_next_minute();
    // Whatever asks first turns all of it.
    send(&router, Method::GET, "/readyz", &[], "").await;
    let other = world.person("eve@example.com", None).await;
    world.one_click(&world.unsubscribe(&other, Level::Channel)).await;
    assert_eq!(world.store.seal_ledger().await.unwrap(), 2);
    assert_eq!((size().await, tile(1).await, tile(2).await), (1, StatusCode::OK, StatusCode::NOT_FOUND));
    world.turn_to_next_minute();
    assert_eq!((size().await, tile(2).await), (2, StatusCode::OK));
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
