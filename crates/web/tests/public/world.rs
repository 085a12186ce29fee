//! A store of its own in a temporary folder, a clock turned by hand, and the routes on top.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU8, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use consent::{
    Address, Clock, Entropy, Level, ListId, Purpose, RunId, Source, Subject, Timestamp, Token, WorkspaceId,
};
use http_body_util::BodyExt as _;
use store::sqlite::OpenOptions;
use store::{AddressOwner, Entry, LedgerReaders, NewList, NewRun, ProfileRow, ProfileView, Settings, Store};
use tower::ServiceExt as _;
use web::{PublicConfig, WebState, public_router};

pub const WORKSPACE: WorkspaceId = WorkspaceId::MAIN;
pub const FORM: &str = "application/x-www-form-urlencoded";
pub const ONE_CLICK: &str = "List-Unsubscribe=One-Click";

/// Stands still unless turned.
pub struct HandClock(AtomicI64);

impl HandClock {
    pub fn turn(&self, by: Duration) {
        self.0.fetch_add(i64::try_from(by.as_micros()).unwrap(), Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }

    fn monotonic(&self) -> Duration {
        Duration::from_micros(self.0.load(Ordering::SeqCst) as u64)
    }
}

#[derive(Default)]
pub struct Counting(AtomicU8);

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes {
            *byte = self.0.fetch_add(1, Ordering::Relaxed).wrapping_mul(151);
        }
    }
}

pub struct World {
    dir: tempfile::TempDir,
    pub store: Store,
    pub clock: Arc<HandClock>,
    pub router: Router,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The address of the page's link or form that holds `part`, as a path.
    pub fn link(&self, part: &str) -> Option<String> {
        let body = self.body.replace("&#x2f;", "/");
        let quoted = body.split('"').find(|text| text.starts_with("../") && text.contains(part));
        quoted.map(|path| path[2..].to_owned())
    }
}

impl World {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(HandClock(AtomicI64::new(Timestamp::parse("2026-05-03T10:00:00Z").unwrap().0)));
        let options = OpenOptions {
            dir: dir.path().join("data"),
            clock: clock.clone(),
            entropy: Arc::new(Counting(AtomicU8::new(0))),
        };
        let store = store::sqlite::open(options).unwrap();
        let router = public_router(WebState::new(PublicConfig::new(store.clone(), clock.clone())));
        Self { dir, store, clock, router }
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The store on a full disk: it reads, and takes no writes.
    pub fn full_disk(&self) -> Store {
        let faults = Arc::new(store::Faults::default());
        faults.fill_disk(true);
        self.store.with_faults(faults)
    }

    pub fn ledger_dir(&self) -> std::path::PathBuf {
        self.dir.path().join("data").join(store::sqlite::LEDGER_DIR)
    }

    pub async fn show_entries_to(&self, ledger: LedgerReaders) {
        self.store
            .update_settings(WORKSPACE, Settings { ledger, ..Settings::default() }.replacing())
            .await
            .unwrap();
    }

    pub fn turn_to_next_minute(&self) {
        let into_minute = self.now().0.rem_euclid(60_000_000);
        self.clock.turn(Duration::from_micros((60_000_000 - into_minute).cast_unsigned()));
    }

    pub async fn person(&self, email: &str, locale: Option<&str>) -> AddressOwner {
        let address = Address::email(email).unwrap();
        let row = ProfileRow {
            addresses: vec![address.clone()],
            locale: locale.map(str::to_owned),
            received_at: self.clock.now(),
            ..ProfileRow::default()
        };
        self.store.import(WORKSPACE, vec![row]).await.unwrap();
        self.store.resolve(WORKSPACE, vec![address]).await.unwrap().remove(0).unwrap()
    }

    pub async fn run(&self, spec: &str) -> RunId {
        let at = self.clock.now();
        let configuration = self.store.put_configuration(WORKSPACE, "marketing", "{}", at).await.unwrap().id;
        let run = NewRun {
            campaign: "spring".to_owned(),
            configuration,
            list: None,
            fingerprint: "0".to_owned(),
            spec: spec.to_owned(),
            audience: std::iter::once(1u64).collect(),
            created_at: at,
        };
        self.store.create_run(WORKSPACE, run).await.unwrap().id
    }

    pub async fn list(&self, name: &str) -> ListId {
        let list = NewList::new(name, self.clock.now());
        self.store.create_list(WORKSPACE, list).await.unwrap().id
    }

    #[allow(clippy::unused_self, reason = "reads as `link` and `unsubscribe` do")]
    pub fn token(&self, owner: &AddressOwner, level: Level) -> Token {
        Token {
            purpose: Purpose::Unsubscribe,
            level,
            workspace: WORKSPACE,
            address: owner.address,
            reference: consent::Reference::NO_MESSAGE,
            list: ListId(0),
            epoch: owner.epoch,
        }
    }

    pub fn link(&self, token: &Token) -> String {
        let door = match token.purpose {
            Purpose::Preferences => 'p',
            Purpose::Landing => 'l',
            _ => 'u',
        };
        format!("/{door}/{}", self.store.key_ring().sign(token).unwrap().to_url())
    }

    /// An unsubscribe link for one level.
    pub fn unsubscribe(&self, owner: &AddressOwner, level: Level) -> String {
        self.link(&self.token(owner, level))
    }

    pub async fn send(&self, method: Method, path: &str, kind: &str, body: &str) -> Answer {
        send(&self.router, method, path, &[("content-type", kind)], body).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        send(&self.router, Method::GET, path, &[], "").await
    }

    pub async fn one_click(&self, path: &str) -> Answer {
        self.send(Method::POST, path, FORM, ONE_CLICK).await
    }

    pub async fn press(&self, path: &str, action: &str) -> Answer {
        self.send(Method::POST, path, FORM, &format!("via=page&action={action}")).await
    }

    /// What is known of an address's owner.
    pub async fn view(&self, owner: &AddressOwner) -> ProfileView {
        self.store.profile(WORKSPACE, owner.profile).await.unwrap().unwrap()
    }

    /// The address as it is now.
    pub async fn again(&self, owner: &AddressOwner) -> AddressOwner {
        self.store.owner(WORKSPACE, owner.address).await.unwrap().unwrap()
    }

    /// The latest entry of the ledger about somebody.
    pub async fn newest(&self, owner: &AddressOwner) -> Entry {
        self.store.history(WORKSPACE, owner.profile, None, 1).await.unwrap().entries.remove(0)
    }

    /// Everything that a request could have changed.
    pub async fn everything(&self, owner: &AddressOwner) -> String {
        let owner = self.store.owner(WORKSPACE, owner.address).await.unwrap();
        let profile = owner.as_ref().unwrap().profile;
        let history = self.store.history(WORKSPACE, profile, None, 100).await.unwrap();
        let view = self.store.profile(WORKSPACE, profile).await.unwrap();
        let entries = self.store.counts(WORKSPACE).await.unwrap().entries;
        format!("{owner:?} {history:?} {view:?} {entries}")
    }

    /// A deliberate new subscription on the brand's site.
    pub async fn resubscribe(&self, owner: &AddressOwner) -> AddressOwner {
        let change = consent::ConsentChange {
            subject: Subject::Address(owner.address),
            sets: std::iter::once((consent::Target::Field(consent::Field::Email), consent::Choice::Yes))
                .collect(),
            occurred_at: Some(self.clock.now()),
            received_at: self.clock.now(),
            source: Source::API,
            run: None,
            evidence: consent::Evidence::default(),
        };
        self.store.record(WORKSPACE, vec![change]).await.unwrap();
        self.store.owner(WORKSPACE, owner.address).await.unwrap().unwrap()
    }
}

/// Saves a page of choices a little later; answers where it leads.
pub async fn save(world: &World, path: &str, fields: &str) -> String {
    world.clock.turn(Duration::from_secs(5));
    let answer = world.send(Method::POST, path, FORM, &format!("via=page&action=save&{fields}")).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{fields}: {}", answer.body);
    answer.header("location").to_owned()
}

/// What an entry's evidence says of page, version, language and words.
pub fn statement(entry: &Entry) -> serde_json::Value {
    serde_json::from_str(entry.evidence.raw.as_deref().unwrap()).unwrap()
}

pub async fn send(
    router: &Router,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::from(body.to_owned())).unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = String::from_utf8_lossy(&body.collect().await.unwrap().to_bytes()).into_owned();
    Answer { status: parts.status, headers: parts.headers, body }
}
