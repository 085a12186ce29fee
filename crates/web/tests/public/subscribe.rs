//! Joining a list by a form, and a link to one's choices without a message.
use std::time::Duration;

use axum::Router;
use axum::http::{Method, StatusCode};
use consent::{ListId, Timestamp};
use serde_json::Value;
use store::{
    JobsWanted, ListDetails, ListText, ListUpdate, NOTICE_JOB, NewList, Notice, NoticeKind, NoticeOutcome,
    Settings, Store,
};
use web::{DeskConfig, PublicConfig, WebState, public_router};

use crate::world::{Answer, FORM, WORKSPACE, World, send};

const HOUR: Duration = Duration::from_hours(1);

/// Pages that something sends for; the client's address is what the request says.
pub fn router(world: &World, store: Store) -> Router {
    let mut config = PublicConfig::new(store, world.clock.clone());
    config.behind_proxy = true;
    config.desk = DeskConfig { email: true, texts: true, ..DeskConfig::new(WORKSPACE) };
    config.desk.per_minute = 100_000;
    config.desk.text_countries = vec!["GB".parse().unwrap()];
    public_router(WebState::new(config))
}

pub struct Desk {
    pub world: World,
    pub router: Router,
    pub news: ListId,
}

impl Desk {
    pub async fn new() -> Self {
        let world = World::new();
        let settings = Settings { brand: Some("Lumen <b>".to_owned()), ..Settings::default() };
        world.store.update_settings(WORKSPACE, settings.replacing()).await.unwrap();
        let text = |title: &str, description: &str| ListText {
            title: title.to_owned(),
            description: description.to_owned(),
        };
        let texts = [("en", text("The <i>News</i>", "Once a month")), ("de", text("Neues", "Monatlich"))];
        let texts = texts.map(|(language, text)| (language.to_owned(), text)).into();
        let details = ListDetails { public: true, texts, ..ListDetails::default() };
        let list = NewList { details, ..NewList::new("news", at(&world)) };
        let news = world.store.create_list(WORKSPACE, list).await.unwrap().id;
        let router = router(&world, world.store.clone());
        Self { world, router, news }
    }

    pub async fn get(&self, path: &str) -> Answer {
        send(&self.router, Method::GET, path, &[("accept-language", "en")], "").await
    }

    pub async fn post(&self, path: &str, body: &str) -> Answer {
        self.post_from("192.0.2.7", path, body).await
    }

    async fn post_from(&self, ip: &str, path: &str, body: &str) -> Answer {
        let headers = [("content-type", FORM), ("x-forwarded-for", ip), ("accept-language", "en")];
        send(&self.router, Method::POST, path, &headers, body).await
    }

    /// The notices that wait; they count as sent.
    async fn sent(&self) -> Vec<Notice> {
        let store = &self.world.store;
        let wanted = JobsWanted { kind: NOTICE_JOB.to_owned(), at_most: 100, attempts_max: 9 };
        let (lease, now) = (std::time::Duration::from_mins(1), at(&self.world));
        let jobs = store.lease_jobs(WORKSPACE, "test", vec![wanted], lease, now).await.unwrap();
        let mut notices = Vec::new();
        for job in jobs {
            let id = job.notice().unwrap();
            notices.extend(store.notice(WORKSPACE, id).await.unwrap());
            store.notice_done(WORKSPACE, id, NoticeOutcome::Sent).await.unwrap();
            assert!(
                store.end_job(WORKSPACE, job.lease, store::JobEnd::Done("1".to_owned()), now).await.unwrap()
            );
        }
        notices
    }

    async fn entries(&self) -> u64 {
        self.world.store.counts(WORKSPACE).await.unwrap().entries
    }

    async fn edit(&self, change: impl FnOnce(&mut ListUpdate)) {
        let list = self.world.store.list_by_id(WORKSPACE, self.news).await.unwrap().unwrap();
        let mut update =
            ListUpdate { details: list.details, starts_at: list.starts_at, ends_at: list.ends_at };
        change(&mut update);
        self.world.store.update_list(WORKSPACE, self.news, update).await.unwrap();
    }
}

fn at(world: &World) -> Timestamp {
    consent::Clock::now(&*world.clock)
}

const ANN: &str = "address=ann%40example.com&agree=yes&via=page&lang=en";

/// What every one of these pages keeps to.
fn plain(answer: &Answer) {
    assert!(answer.header("content-security-policy").starts_with("default-src 'none'; style-src 'sha256-"));
    assert_eq!((answer.header("set-cookie"), answer.header("location")), ("", ""));
    assert!(answer.body.len() < 30_000 && !answer.body.contains("<script"));
    assert!(!answer.body.contains("<b>") && !answer.body.contains("<i>"), "{}", answer.body);
}

#[tokio::test]
async fn a_public_list_has_a_form_in_the_readers_language() {
    let desk = Desk::new().await;
    let english = desk.get("/lists/news").await;
    plain(&english);
    assert_eq!(english.status, StatusCode::OK);
    assert!(
        english.body.contains("The &lt;i&gt;News&lt;&#x2f;i&gt;") && english.body.contains("Once a month")
    );
    assert!(english.body.contains("action=\"../subscribe/news\"") && english.body.contains("type=\"email\""));
    let (_, form) = english.body.split_once("<form").unwrap();
    assert!(!form.contains(" checked"), "nothing is ticked towards yes");
    let german = desk.get("/lists/news?lang=de").await;
    assert!(
        german.body.contains("<html lang=\"de\"") && german.body.contains("Monatlich"),
        "{}",
        german.body
    );
    assert!(desk.get("/lists/news?by=sms").await.body.contains("type=\"tel\""));
    let unknown = desk.get("/lists/nothing").await;
    desk.edit(|update| update.details.public = false).await;
    let private = desk.get("/lists/news").await;
    assert_eq!((private.status, unknown.status), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND));
    assert_eq!(private.body, unknown.body, "a private list isn't told from none");
    assert_eq!(desk.post("/subscribe/news", ANN).await.status, StatusCode::NOT_FOUND);
    assert!(desk.sent().await.is_empty());
}

#[tokio::test]
async fn a_list_that_is_not_open_takes_nobody() {
    let desk = Desk::new().await;
    let now = at(&desk.world);
    for (starts_at, ends_at, told) in [
        (Some(now.plus(30 * 24 * HOUR)), None, "from 2 June 2026 on"),
        (None, Some(Timestamp(now.0 - 1)), "This list has ended"),
    ] {
        desk.edit(|update| (update.starts_at, update.ends_at) = (starts_at, ends_at)).await;
        for answer in [desk.get("/lists/news").await, desk.post("/subscribe/news", ANN).await] {
            plain(&answer);
            assert_eq!(answer.status, StatusCode::CONFLICT);
            assert!(answer.body.contains(told), "{}", answer.body);
        }
    }
    assert!(desk.sent().await.is_empty());
}

#[tokio::test]
async fn a_post_only_queues_a_notice_whoever_the_address_is() {
    let desk = Desk::new().await;
    let before = desk.entries().await;
    desk.world.person("ann@example.com", Some("fr")).await;
    let known = desk.post("/subscribe/news", ANN).await;
    plain(&known);
    assert_eq!(known.status, StatusCode::OK);
    assert!(known.body.contains("a…@example.com"), "{}", known.body);
    let unknown = desk.post("/subscribe/news", &ANN.replace("ann", "abe")).await;
    assert_eq!(known.body.replace("ann@", "abe@"), unknown.body);
    assert_eq!(desk.entries().await, before, "nobody's choice has changed");
    let abe = consent::Address::email("abe@example.com").unwrap();
    assert_eq!(desk.world.store.resolve(WORKSPACE, vec![abe]).await.unwrap(), [None], "nobody was made");
    let notices = desk.sent().await;
    let told: Vec<_> = notices.iter().map(|notice| (notice.kind, notice.list, &*notice.language)).collect();
    assert_eq!(told, [(NoticeKind::Confirm, Some(desk.news), "en"); 2]);
    let asked = &notices[0].asked;
    let said: Value = serde_json::from_str(asked.raw.as_deref().unwrap()).unwrap();
    assert_eq!(
        (asked.ip.as_deref(), &said["page"], &said["language"]),
        (Some("192.0.2.7"), &"subscribe".into(), &"en".into())
    );
    let words = said["said"].as_str().unwrap();
    assert!(words.starts_with("The <i>News</i>: Once a month\nYes, Lumen <b> may send me"), "{words}");
    assert_eq!(said["version"].as_str().unwrap().len(), 12);
}

#[tokio::test]
async fn an_embedded_form_is_taken_in_its_language() {
    let desk = Desk::new().await;
    let body = "lang=de&by=sms&address=%2B44+7700+900123&agree=yes&next=https%3A%2F%2Fevil.example&return=%2F%2Fevil.example";
    let answer = desk.post("/subscribe/news?next=https://evil.example", body).await;
    plain(&answer);
    assert_eq!(answer.status, StatusCode::OK);
    assert!(!answer.body.contains("evil"), "no way on to elsewhere");
    let notice = desk.sent().await.remove(0);
    assert_eq!((notice.address.raw(), &*notice.language), ("+447700900123", "de"));
    let said: Value = serde_json::from_str(notice.asked.raw.as_deref().unwrap()).unwrap();
    assert_eq!(said["page"], "subscribe-form");
    assert!(said["said"].as_str().unwrap().contains("Neues"));
}

#[tokio::test]
async fn what_cannot_be_sent_to_or_was_not_agreed_to_is_shown_again() {
    let desk = Desk::new().await;
    for (body, told) in [
        ("address=ann%40example.com", "Tick the box"),
        ("address=ann%40example.com&agree=no", "Tick the box"),
        ("address=ann%40example.com&agree=yes&agree=yes", "Tick the box"),
        ("agree=yes", "This is no email address"),
        ("address=ann&agree=yes", "This is no email address"),
        ("address=ann%40example.com%0d%0aBcc%3a+x%40y.example&agree=yes", "This is no email address"),
        ("address=ann%40example.com%2c+x%40y.example&agree=yes", "This is no email address"),
        ("address=%22%3e%3ci%3eann%40x&agree=yes", "This is no email address"),
        ("address=0170+123&agree=yes&by=sms", "This is no phone number"),
    ] {
        let answer = desk.post("/subscribe/news", body).await;
        plain(&answer);
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
        assert!(answer.body.contains(told) && answer.body.contains("aria-describedby=\"wrong\""), "{body}");
    }
    for (kind, body) in [("text/plain", ANN), (FORM, &*"x=1&".repeat(40))] {
        let answer =
            send(&desk.router, Method::POST, "/subscribe/news", &[("content-type", kind)], body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    }
    assert!(desk.sent().await.is_empty());
}

#[tokio::test]
async fn choices_are_found_without_a_message_and_nothing_is_learnt() {
    let desk = Desk::new().await;
    let form = desk.get("/choices").await;
    plain(&form);
    assert!(form.body.contains("Email address or phone number"));
    desk.world.person("ann@example.com", None).await;
    let ask = async |text: &str| desk.post("/choices", &format!("address={text}&lang=en")).await;
    let (known, unknown) = (ask("ann%40example.com").await, ask("abe%40example.com").await);
    plain(&known);
    assert_eq!((known.status, &known.body), (StatusCode::OK, &unknown.body));
    assert_eq!(ask("%2B44+7700+900123").await.status, StatusCode::OK);
    let wrong = ask("anne").await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    assert!(wrong.body.contains("This is neither an email address"));
    let notices = desk.sent().await;
    assert!(notices.iter().all(|notice| notice.kind == NoticeKind::Choices && notice.list.is_none()));
    assert_eq!(notices.len(), 3);
    // However often, the answer is the same: what an address had enough of is looked at when it is sent.
    for _ in 0..9 {
        assert_eq!(ask("ann%40example.com").await.body, known.body);
    }
    assert_eq!(desk.sent().await.len(), 1, "while one waits there is no second");
}

#[tokio::test]
async fn texts_go_to_people_in_the_countries_that_were_named() {
    let desk = Desk::new().await;
    // France, premium rate, shared cost, a satellite, a personal number.
    for number in ["33612345678", "449098790000", "448431234567", "870773111632", "447012345678"] {
        for (path, body) in [
            ("/choices", format!("address=%2B{number}")),
            ("/subscribe/news", format!("by=sms&agree=yes&address=%2B{number}")),
        ] {
            let answer = desk.post(path, &body).await;
            plain(&answer);
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{number}");
            assert!(answer.body.contains("Use the link in a message from"), "{}", answer.body);
        }
    }
    assert!(desk.sent().await.is_empty());
    assert_eq!(desk.post("/choices", "address=%2B447700900123").await.status, StatusCode::OK);
    assert_eq!(desk.sent().await.len(), 1);
}

#[tokio::test]
async fn what_cannot_be_taken_uses_up_nobodys_share() {
    let desk = Desk::new().await;
    for _ in 0..300 {
        assert_eq!(
            desk.post("/subscribe/news", "address=ann&agree=yes").await.status,
            StatusCode::BAD_REQUEST
        );
        assert_eq!(
            desk.post("/subscribe/news", "address=a%40b.example").await.status,
            StatusCode::BAD_REQUEST
        );
        assert_eq!(desk.post("/choices", "address=ann").await.status, StatusCode::BAD_REQUEST);
    }
    assert_eq!(desk.post("/subscribe/news", ANN).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_network_has_its_share() {
    let desk = Desk::new().await;
    let ask = async |ip: &str, n: u32| {
        desk.post_from(ip, "/choices", &format!("address=p{n}%40example.com")).await.status
    };
    for n in 0..120 {
        assert_eq!(ask(&format!("192.0.2.{n}"), n).await, StatusCode::OK);
    }
    assert_eq!(ask("192.0.2.200", 120).await, StatusCode::TOO_MANY_REQUESTS);
    let refused = desk.post_from("192.0.2.201", "/subscribe/news", ANN).await;
    plain(&refused);
    assert!(refused.body.contains("Nothing has been sent"), "{}", refused.body);
    assert_eq!(ask("198.51.100.1", 121).await, StatusCode::OK);
    desk.world.clock.turn(HOUR);
    assert_eq!(ask("192.0.2.200", 122).await, StatusCode::OK);
}

#[tokio::test]
async fn without_a_sender_the_page_says_what_to_do_instead() {
    let desk = Desk::new().await;
    let router = &desk.world.router;
    for (method, path) in [
        (Method::GET, "/choices"),
        (Method::POST, "/choices"),
        (Method::GET, "/lists/news"),
        (Method::POST, "/subscribe/news"),
    ] {
        let answer = send(router, method, path, &[("content-type", FORM)], ANN).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert!(answer.body.contains("Use the link in a message from"), "{}", answer.body);
    }
    assert!(desk.sent().await.is_empty());
    // What can't be kept isn't promised (I2).
    let full = router_on_full_disk(&desk.world);
    for path in ["/choices", "/subscribe/news"] {
        let answer = send(&full, Method::POST, path, &[("content-type", FORM)], ANN).await;
        assert_eq!((answer.status, answer.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "5"));
    }
}

fn router_on_full_disk(world: &World) -> Router {
    router(world, world.full_disk())
}
