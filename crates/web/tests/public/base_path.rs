//! Everything below a path of a proxy's, as a browser, a mail program and services meet it: with a proxy that takes the path
//! off, and with one that passes it on.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, Uri, header};
use axum::response::Response;
use consent::{Level, Purpose, Reference, Sent, Token};
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{
    BufferQueue, TagKind, Token as Piece, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use http_body_util::BodyExt as _;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use url::Url;
use web::landing::{self, Asks, Checkbox, Content, Reach};
use web::{AjoConfig, AjoState, ApiKey, DeskConfig, Keys, LedgerFiles, PublicConfig, Scope, WebState};

use crate::subscribe::Desk;
use crate::world::{FORM, ONE_CLICK, WORKSPACE, World};

/// Where the proxy has the pages.
const BASE: &str = "/mail/opt-outs";
/// A page that a walk comes to is looked at once; so many at most.
const PAGES_MAX: usize = 300;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    TakesOff,
    PassesOn,
}

/// A reverse proxy with one rule: what is below the base goes to the server. The rest is another's, and answered so.
async fn proxy(State((server, kind)): State<(SocketAddr, Kind)>, mut request: Request) -> Response {
    let target = request.uri().path_and_query().unwrap().as_str().to_owned();
    let below = target.strip_prefix(BASE).filter(|rest| rest.starts_with('/'));
    let Some(rest) = below else {
        let answer = Response::builder().status(StatusCode::MISDIRECTED_REQUEST);
        return answer.body(Body::from(format!("{target} is another server's"))).unwrap();
    };
    let path: Uri = if kind == Kind::TakesOff { rest } else { &target }.parse().unwrap();
    *request.uri_mut() = path;
    ask(server, request).await
}

async fn ask(server: SocketAddr, request: Request) -> Response {
    let stream = TcpStream::connect(server).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    sender.send_request(request).await.unwrap().map(Body::new)
}

async fn served(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

struct Seen {
    status: StatusCode,
    location: Option<String>,
    policy: String,
    body: String,
}

/// The server, a proxy in front of it, and what is known of both.
struct Site {
    desk: Desk,
    proxy: SocketAddr,
}

impl Site {
    async fn new(kind: Kind) -> Self {
        let desk = Desk::new().await;
        let world = &desk.world;
        crate::look::wear(world, crate::look::lumen()).await;
        let mut config = PublicConfig::new(world.store.clone(), world.clock.clone());
        config.desk = DeskConfig { email: true, texts: true, ..DeskConfig::new(WORKSPACE) };
        config.desk.per_minute = 100_000;
        config.desk.per_network = u16::MAX;
        config.desk.text_countries = vec!["GB".parse().unwrap()];
        config.webhooks = Some(crate::hooks::webhooks());
        let verifier_key = store::Store::ledger_verifier_key(&world.store).unwrap();
        config.ledger =
            Some(LedgerFiles { dir: world.ledger_dir(), verifier_key, keys: Keys::of_file(Vec::new()) });
        let public_url = format!("https://example.com{BASE}");
        let ajo = AjoState::new(AjoConfig {
            store: world.store.clone(),
            workspace: WORKSPACE,
            clock: world.clock.clone(),
            entropy: Arc::new(crate::world::Counting::default()),
            keys: Keys::of_file(vec![ApiKey::new("crm".to_owned(), "secret", vec![Scope::AjoSuppression])]),
            profile_namespace: "id".to_owned(),
            uploads_dir: world.ledger_dir().join("uploads"),
            public_url: Some(public_url.clone()),
        });
        let routes = web::ajo_router(&ajo).fallback_service(web::public_router(WebState::new(config)));
        let routes = web::below(routes, Some(&public_url));
        let server = served(routes).await;
        let proxy = served(Router::new().fallback(proxy).with_state((server, kind))).await;
        Self { desk, proxy }
    }

    fn world(&self) -> &World {
        &self.desk.world
    }

    fn url(&self, path: &str) -> Url {
        Url::parse(&format!("http://{}{BASE}{path}", self.proxy)).unwrap()
    }

    async fn send(&self, method: Method, url: &Url, headers: &[(&str, &str)], body: &str) -> Seen {
        let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
        let mut request = Request::builder().method(method).uri(target).header(header::HOST, "example.com");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = ask(self.proxy, request.body(Body::from(body.to_owned())).unwrap()).await;
        let (parts, body) = response.into_parts();
        let text = |name| parts.headers.get(name).map(|value| value.to_str().unwrap().to_owned());
        let body = String::from_utf8_lossy(&body.collect().await.unwrap().to_bytes()).into_owned();
        Seen {
            status: parts.status,
            location: text(header::LOCATION),
            policy: text(header::CONTENT_SECURITY_POLICY).unwrap_or_default(),
            body,
        }
    }

    async fn get(&self, url: &Url) -> Seen {
        self.send(Method::GET, url, &[], "").await
    }

    /// Follows redirects, as a browser does; answers where it ended.
    async fn open(&self, url: &Url) -> (Url, Seen) {
        let mut url = url.clone();
        for _ in 0..5 {
            let seen = self.get(&url).await;
            let Some(location) = seen.location.as_ref().filter(|_| seen.status.is_redirection()) else {
                return (url, seen);
            };
            url = url.join(location).unwrap();
        }
        panic!("{url} leads round and round");
    }

    async fn landing(&self) -> i64 {
        let tick = |label: &str, asks| Checkbox {
            label: label.to_owned(),
            asks,
            target: Reach::Channel,
            list: None,
        };
        let content = Content {
            title: "Ours".to_owned(),
            language: "en".to_owned(),
            button: "Save".to_owned(),
            parts: BTreeMap::from([("primary".to_owned(), "<h2>Hi</h2>{{ form }}".to_owned())]),
            form: vec![tick("Mail me", Asks::In), tick("No more", Asks::Out)],
            ..Content::default()
        };
        let world = self.world();
        let put = landing::put(&world.store, WORKSPACE, "spring", &content, world.now());
        let (page, problems) = put.await.unwrap();
        assert_eq!(problems, []);
        world.store.publish_landing_page(WORKSPACE, "spring", page.version, world.now()).await.unwrap();
        page.id.0
    }

    /// The links that messages carry, and the pages that a brand links to.
    async fn doors(&self) -> Vec<String> {
        let world = self.world();
        let owner = world.person("ann@example.com", None).await;
        let page = self.landing().await;
        let levels = [Level::Any, Level::Channel, Level::Identity, Level::Subscription];
        let of_level = |level| {
            let list = self.desk.news;
            world.link(&Token { list, ..world.token(&owner, level) })
        };
        let mut doors: Vec<String> = levels.into_iter().map(of_level).collect();
        let token = world.token(&owner, Level::Channel);
        let preferences = token.with_purpose(Purpose::Preferences);
        let short = world.store.key_ring().sign_short(&preferences).unwrap();
        doors.extend([
            world.link(&preferences),
            format!("{}/", doors[0]),
            format!("{}/more/of/it", doors[0]),
            format!("/s/{short}"),
            world.link(&Token {
                purpose: Purpose::Landing,
                reference: Reference::Page(page, Sent::Unknown),
                ..token
            }),
            self.desk.link(&self.desk.request("joe@example.com").await),
        ]);
        let fixed = ["/pages/spring", "/lists/news", "/subscribe/news", "/choices", "/u/broken", "/c/broken"];
        doors.extend(fixed.map(str::to_owned));
        doors
    }
}

/// A form of a page: where it goes, and what it would send with each of its buttons.
struct Form {
    action: String,
    bodies: Vec<String>,
}

/// What a page leads to.
#[derive(Default)]
struct Ways {
    links: Vec<String>,
    forms: Vec<Form>,
    fields: Vec<(String, String)>,
    buttons: Vec<(String, String)>,
    action: Option<String>,
    select: Option<String>,
}

impl Ways {
    fn of(html: &str) -> Self {
        struct Sink(RefCell<Ways>);
        impl TokenSink for Sink {
            type Handle = ();

            fn process_token(&self, token: Piece, _: u64) -> TokenSinkResult<()> {
                if let Piece::TagToken(tag) = token {
                    let value = |name: &str| {
                        let found = tag.attrs.iter().find(|attribute| &*attribute.name.local == name);
                        found.map(|attribute| attribute.value.to_string())
                    };
                    self.0.borrow_mut().tag(&tag.name, tag.kind == TagKind::StartTag, value);
                }
                TokenSinkResult::Continue
            }
        }
        let input = BufferQueue::default();
        input.push_back(StrTendril::from(html));
        let tokenizer = Tokenizer::new(Sink(RefCell::default()), TokenizerOpts::default());
        let _ = tokenizer.feed(&input);
        tokenizer.end();
        tokenizer.sink.0.into_inner()
    }

    fn tag(&mut self, name: &str, begins: bool, value: impl Fn(&str) -> Option<String>) {
        match (name, begins) {
            ("a" | "link", true) => self.links.extend(value("href")),
            ("img" | "script" | "iframe", true) => self.links.extend(value("src")),
            ("form", true) => {
                assert_eq!(value("method").as_deref(), Some("post"));
                self.action = Some(value("action").unwrap_or_default());
            }
            ("form", false) => {
                let fields = |pairs: &[(String, String)], button: Option<&(String, String)>| {
                    let mut body = url::form_urlencoded::Serializer::new(String::new());
                    body.extend_pairs(pairs.iter().chain(button));
                    body.finish()
                };
                let (pairs, buttons) = (std::mem::take(&mut self.fields), std::mem::take(&mut self.buttons));
                let named = buttons.iter().map(|button| fields(&pairs, Some(button)));
                let bodies = if buttons.is_empty() { vec![fields(&pairs, None)] } else { named.collect() };
                let action = self.action.take().unwrap();
                self.forms.push(Form { action, bodies });
            }
            ("button", true) => {
                let name = value("name").filter(|name| !name.is_empty());
                self.buttons.extend(name.map(|name| (name, value("value").unwrap_or_default())));
            }
            ("input", true) => {
                let kind = value("type").unwrap_or_default();
                let ticked = value("checked").or_else(|| value("required")).is_some();
                let chosen = !matches!(&*kind, "radio" | "checkbox") || ticked;
                let typed = match &*kind {
                    "email" => Some("eve@example.com".to_owned()),
                    "text" if value("name").as_deref() == Some("address") => {
                        Some("eve@example.com".to_owned())
                    }
                    _ => value("value"),
                };
                if let Some(name) = value("name").filter(|_| chosen) {
                    self.fields.push((name, typed.unwrap_or_default()));
                }
            }
            ("select", true) => self.select = value("name"),
            ("option", true) if value("selected").is_some() => {
                let name = self.select.clone().unwrap_or_default();
                self.fields.push((name, value("value").unwrap_or_default()));
            }
            _ => {}
        }
    }
}

/// Opens every link and sends every form that can be reached from the doors.
async fn walk(kind: Kind) {
    let site = Site::new(kind).await;
    let mut next: Vec<Url> = site.doors().await.iter().map(|door| site.url(door)).collect();
    let (mut seen, mut sent, mut logos) = (BTreeSet::new(), 0, 0);
    while let Some(url) = next.pop() {
        if !seen.insert(url.to_string()) || seen.len() > PAGES_MAX {
            continue;
        }
        let (at, page) = site.open(&url).await;
        assert!(at.path().starts_with(BASE), "{kind:?}: {url} leads out to {at}");
        let is_broken = url.path().ends_with("/broken");
        let expected = if is_broken { page.status.is_client_error() } else { page.status == StatusCode::OK };
        assert!(
            expected && page.status != StatusCode::MISDIRECTED_REQUEST,
            "{kind:?}: {url}: {}",
            page.status
        );
        if page.policy.contains("sandbox") {
            logos += 1;
            continue;
        }
        let ways = Ways::of(&page.body);
        for link in &ways.links {
            let to = at.join(link).unwrap();
            if to.host_str() == at.host_str() {
                assert!(to.path().starts_with(&format!("{BASE}/")), "{kind:?}: {at} links to {to}");
                next.push(to);
            }
        }
        for Form { action, bodies } in &ways.forms {
            let to = at.join(action).unwrap();
            assert!(to.path().starts_with(&format!("{BASE}/")), "{kind:?}: a form on {at} goes to {to}");
            for body in bodies {
                let answer = site.send(Method::POST, &to, &[("content-type", FORM)], body).await;
                sent += 1;
                match &answer.location {
                    Some(location) if answer.status == StatusCode::SEE_OTHER => {
                        next.push(to.join(location).unwrap());
                    }
                    _ => assert!(
                        matches!(answer.status, StatusCode::OK | StatusCode::TOO_MANY_REQUESTS),
                        "{kind:?}: {body} to {to}: {} {}",
                        answer.status,
                        answer.body
                    ),
                }
                // The answer is a page at the form's own address.
                for link in Ways::of(&answer.body).links {
                    let to = to.join(&link).unwrap();
                    if to.host_str() == at.host_str() {
                        assert!(to.path().starts_with(&format!("{BASE}/")), "{kind:?}: {body}: {to}");
                        next.push(to);
                    }
                }
            }
        }
        assert!(ways.forms.len() + ways.links.len() > 0, "{kind:?}: {at} leads nowhere");
    }
    assert!(seen.len() > 20 && sent > 15 && logos > 0, "{kind:?}: {} {sent} {logos}", seen.len());
}

#[tokio::test]
async fn every_link_and_form_stays_below_the_path_that_a_proxy_takes_off() {
    walk(Kind::TakesOff).await;
}

#[tokio::test]
async fn every_link_and_form_stays_below_the_path_that_a_proxy_passes_on() {
    walk(Kind::PassesOn).await;
}

#[tokio::test]
async fn what_programs_ask_for_is_found_below_the_path() {
    for kind in [Kind::TakesOff, Kind::PassesOn] {
        let site = Site::new(kind).await;
        let world = site.world();
        let owner = world.person("ann@example.com", None).await;
        let form = [("content-type", FORM)];
        let link = site.url(&world.unsubscribe(&owner, Level::Channel));
        let one_click = site.send(Method::POST, &link, &form, ONE_CLICK).await;
        assert_eq!((one_click.status, &*one_click.body), (StatusCode::OK, ""), "{kind:?}");
        let view = world.view(&owner).await;
        assert!(view.values.values().any(|held| held.choice.is_no()), "{kind:?}: it is recorded");
        for path in ["/healthz", "/readyz", "/robots.txt", "/.well-known/gpc.json", "/ledger/vkey"] {
            assert_eq!(site.get(&site.url(path)).await.status, StatusCode::OK, "{kind:?}: {path}");
        }
        let hook = site.url(crate::hooks::PATH);
        let headers = [crate::hooks::JSON, crate::hooks::SECRET];
        let told = site.send(Method::POST, &hook, &headers, &crate::hooks::opt_out("joe@example.com")).await;
        assert_eq!(told.status, StatusCode::OK, "{kind:?}: {}", told.body);
        let nowhere = site.get(&site.url("/nowhere")).await;
        assert_eq!(nowhere.status, StatusCode::NOT_FOUND, "{kind:?}");
    }
}

/// Links in answers of Adobe's interface are appended to its base URL, by some clients in another way than by others.
#[tokio::test]
async fn the_next_page_of_a_suppression_list_is_found_below_the_path() {
    for kind in [Kind::TakesOff, Kind::PassesOn] {
        let site = Site::new(kind).await;
        let key = [("authorization", "Bearer secret"), ("content-type", "application/json")];
        for name in ["a", "b", "c"] {
            let address = format!("{name}@example.com");
            let body =
                serde_json::json!([{ "entity": { "type": "email", "entityValue": address } }]).to_string();
            let added =
                site.send(Method::POST, &site.url("/ajo/config/suppression/addresses"), &key, &body).await;
            assert!(added.status.is_success(), "{kind:?}: {} {}", added.status, added.body);
        }
        let first = site.url("/ajo/config/suppression/addresses?limit=1");
        let page = site.send(Method::GET, &first, &key, "").await;
        assert_eq!(page.status, StatusCode::OK, "{kind:?}: {}", page.body);
        let page: serde_json::Value = serde_json::from_str(&page.body).unwrap();
        let href = page.pointer("/_links/next/href").and_then(serde_json::Value::as_str).unwrap();
        let appended = Url::parse(&format!("{}{href}", site.url("/ajo"))).unwrap();
        let resolved = first.join(href).unwrap();
        for next in [appended, resolved] {
            let answer = site.send(Method::GET, &next, &key, "").await;
            assert_eq!(answer.status, StatusCode::OK, "{kind:?}: {next}: {}", answer.body);
        }
    }
}
