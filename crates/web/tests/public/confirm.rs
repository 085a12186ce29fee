//! Confirming that an address joins a list.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use consent::{
    AddressId, Choice, ConsentChange, Evidence, Field, KeyRing, Level, ListId, Origin, Purpose, Reference,
    Source, Subject, Target, Token,
};
use serde_json::Value;
use store::{NewOptInRequest, OptInKey, OptInRequest};

use crate::subscribe::Desk;
use crate::world::{Answer, FORM, WORKSPACE, send};

const CONFIRM: &str = "via=page&action=confirm";
const ASKED: &str =
    r#"{"page":"subscribe","version":"0123456789ab","language":"en","said":"Ja, <b>Neues</b>"}"#;

impl Desk {
    pub async fn request(&self, email: &str) -> OptInRequest {
        let now = consent::Clock::now(&*self.world.clock);
        let request = NewOptInRequest {
            address: consent::Address::email(email).unwrap(),
            list: self.news,
            requested_at: now,
            expires_at: now.plus(Duration::from_hours(48)),
            asked: Evidence { raw: Some(ASKED.to_owned()), ..Evidence::default() },
        };
        self.world.store.request_opt_in(WORKSPACE, request).await.unwrap()
    }

    pub fn link(&self, request: &OptInRequest) -> String {
        format!("/c/{}", self.world.store.key_ring().sign(&token(request)).unwrap().to_url())
    }

    async fn say(&self, request: &OptInRequest, target: Target, choice: Choice) {
        let now = consent::Clock::now(&*self.world.clock);
        let change = ConsentChange {
            subject: Subject::Named(request.address.clone().unwrap(), Origin::Stranger),
            sets: std::iter::once((target, choice)).collect(),
            occurred_at: Some(now),
            received_at: now,
            source: Source::PAGE,
            run: None,
            evidence: Evidence::default(),
        };
        self.world.store.record(WORKSPACE, vec![change]).await.unwrap();
    }

    async fn view(&self, request: &OptInRequest) -> Option<store::ProfileView> {
        let store = &self.world.store;
        let owner =
            store.resolve(WORKSPACE, vec![request.address.clone().unwrap()]).await.unwrap().remove(0)?;
        store.profile(WORKSPACE, owner.profile).await.unwrap()
    }

    /// The list's value for the owner of a request.
    async fn choice(&self, request: &OptInRequest) -> Choice {
        let view = self.view(request).await;
        let held = view.iter().flat_map(|view| &view.subscriptions).find(|(list, ..)| *list == self.news);
        held.map(|(.., held)| held.choice).unwrap_or_default()
    }

    /// The same, and the source and evidence of its entry.
    async fn value(&self, request: &OptInRequest) -> (Choice, Source, Evidence) {
        let view = self.view(request).await.unwrap();
        let held = &view.subscriptions.iter().find(|(list, ..)| *list == self.news).unwrap().2;
        let entry = self.world.store.entry(WORKSPACE, held.entry).await.unwrap().unwrap();
        (held.choice, entry.source, entry.evidence)
    }
}

fn shows(answer: &Answer, title: &str) {
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.body.contains(&format!("<h1>{title}")), "{title}: {}", answer.body);
    assert!(answer.body.len() < 30_000 && !answer.body.contains("<script"));
}

fn token(request: &OptInRequest) -> Token {
    let OptInKey::Typed { who, list, id } = request.key else { panic!("{:?}", request.key) };
    Token {
        purpose: Purpose::Join,
        level: Level::Subscription,
        workspace: WORKSPACE,
        address: AddressId(who),
        reference: Reference::Request(id),
        list,
        epoch: 0,
    }
}

/// Titles of a page.
const ASK: &str = "Subscribe to";
const JOINED: &str = "You’re subscribed";
const EXPIRED: &str = "This link has ended";
const SUPERSEDED: &str = "Not subscribed";

#[tokio::test]
async fn only_the_button_confirms_and_the_words_are_kept() {
    let desk = Desk::new().await;
    let request = desk.request("ann@example.com").await;
    let link = desk.link(&request);
    for method in [Method::GET, Method::HEAD, Method::GET] {
        let answer = send(&desk.router, method, &link, &[], "").await;
        assert_eq!(answer.status, StatusCode::OK);
    }
    let page = send(&desk.router, Method::GET, &link, &[("accept-language", "de")], "").await;
    assert!(page.body.contains("<html lang=\"en\"") && page.body.contains("a…@example.com"), "{}", page.body);
    assert!(page.body.contains("Ja, &lt;b&gt;Neues&lt;&#x2f;b&gt;"), "what was agreed to: {}", page.body);
    for (kind, body) in [
        (FORM, ""),
        (FORM, "via=page"),
        (FORM, "via=page&action=save"),
        (FORM, "via=page&action=confirm&action=confirm"),
        (FORM, "List-Unsubscribe=One-Click"),
        ("text/plain", CONFIRM),
        ("application/json", "{\"via\":\"page\",\"action\":\"confirm\"}"),
    ] {
        let answer = send(&desk.router, Method::POST, &link, &[("content-type", kind)], body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
    }
    assert_eq!(desk.choice(&request).await, Choice::Unset, "nothing else confirms");
    assert_eq!(desk.view(&request).await, None, "nor makes anybody");
    let answer = desk.post(&link, CONFIRM).await;
    assert!(answer.body.contains("<h1>"), "{}", answer.body);
    let (choice, source, evidence) = desk.value(&request).await;
    assert_eq!((choice, source, evidence.ip.as_deref()), (Choice::Yes, Source::CONFIRM, Some("192.0.2.7")));
    let said: Value = serde_json::from_str(evidence.raw.as_deref().unwrap()).unwrap();
    assert_eq!((&said["page"], &said["language"]), (&"confirm".into(), &"en".into()));
    assert_eq!(said["asked"]["raw"], ASKED);
    assert_eq!(said["asked_at"], request.requested_at.to_string());
    assert!(said["said"].as_str().unwrap().contains("News"), "{said}");
    let entries = desk.world.store.counts(WORKSPACE).await.unwrap().entries;
    shows(&desk.post(&link, CONFIRM).await, JOINED);
    shows(&desk.get(&link).await, JOINED);
    assert_eq!(desk.world.store.counts(WORKSPACE).await.unwrap().entries, entries, "once");
}

#[tokio::test]
async fn what_came_too_late_or_was_refused_since_records_nothing() {
    let desk = Desk::new().await;
    let late = desk.request("late@example.com").await;
    let link = desk.link(&late);
    shows(&desk.get(&link).await, ASK);
    desk.world.clock.turn(Duration::from_hours(48));
    shows(&desk.get(&link).await, EXPIRED);
    let answer = desk.post(&link, CONFIRM).await;
    shows(&answer, EXPIRED);
    assert!(answer.body.contains("more than 48 hours ago"), "{}", answer.body);
    assert_eq!(answer.link("lists").as_deref(), Some("/lists/news"));
    assert_eq!(desk.choice(&late).await, Choice::Unset);
    // A new request is another one.
    let again = desk.request("late@example.com").await;
    shows(&desk.get(&link).await, EXPIRED);
    shows(&desk.post(&desk.link(&again), CONFIRM).await, JOINED);

    for (name, target) in [
        ("any", Target::Field(Field::Any)),
        ("channel", Target::Field(Field::Email)),
        ("address", Target::Identity(Field::Email)),
        ("list", Target::List(desk.news)),
    ] {
        let request = desk.request(&format!("{name}@example.com")).await;
        desk.say(&request, target, Choice::No).await;
        let link = desk.link(&request);
        shows(&desk.get(&link).await, SUPERSEDED);
        shows(&desk.post(&link, CONFIRM).await, SUPERSEDED);
        let expected = if name == "list" { Choice::No } else { Choice::Unset };
        assert_eq!(desk.choice(&request).await, expected, "{name}");
    }
}

#[tokio::test]
async fn an_older_no_to_the_channel_stands_and_is_told() {
    let desk = Desk::new().await;
    let first = desk.request("ann@example.com").await;
    desk.say(&first, Target::Field(Field::Email), Choice::No).await;
    desk.world.clock.turn(Duration::from_hours(1));
    let request = desk.request("ann@example.com").await;
    let link = desk.link(&request);
    let told = "You have stopped marketing email";
    let page = desk.get(&link).await;
    shows(&page, ASK);
    assert!(page.body.contains(told), "{}", page.body);
    let answer = desk.post(&link, CONFIRM).await;
    shows(&answer, JOINED);
    assert!(answer.body.contains(told) && !answer.body.contains("comes to a…"), "{}", answer.body);
    let choices = desk.get(&answer.link("/p/").unwrap()).await;
    assert_eq!(choices.status, StatusCode::OK, "a choice of its own");
    let view = desk.view(&request).await.unwrap();
    assert_eq!((desk.value(&request).await.0, view.values[&Field::Email].choice), (Choice::Yes, Choice::No));
}

#[tokio::test]
async fn a_list_that_has_ended_takes_no_confirmation() {
    let desk = Desk::new().await;
    let request = desk.request("ann@example.com").await;
    let list = desk.world.store.list_by_id(WORKSPACE, desk.news).await.unwrap().unwrap();
    let update = store::ListUpdate {
        details: list.details,
        starts_at: None,
        ends_at: Some(consent::Clock::now(&*desk.world.clock)),
    };
    desk.world.store.update_list(WORKSPACE, desk.news, update).await.unwrap();
    for answer in [desk.get(&desk.link(&request)).await, desk.post(&desk.link(&request), CONFIRM).await] {
        assert!(answer.body.contains("This list has ended"), "{}", answer.body);
    }
    assert_eq!(desk.choice(&request).await, Choice::Unset);
}

#[tokio::test]
async fn forged_and_swapped_tokens_open_nothing() {
    let desk = Desk::new().await;
    let (ann, bob) = (desk.request("ann@example.com").await, desk.request("bob@example.com").await);
    let ring = desk.world.store.key_ring();
    let own = token(&ann);
    let signed = |token: &Token| ring.sign(token).unwrap().to_url();
    let foreign = KeyRing::new([(1, [8; 32])]).sign(&own).unwrap().to_url();
    let mut cut = signed(&own);
    cut.pop();
    for (token, status) in [
        (foreign, StatusCode::NOT_FOUND),
        (cut, StatusCode::BAD_REQUEST),
        (signed(&Token { purpose: Purpose::Confirm, address: AddressId(999), ..own }), StatusCode::NOT_FOUND),
        (signed(&Token { list: ListId(999), ..own }), StatusCode::NOT_FOUND),
        (signed(&own.with_purpose(Purpose::Preferences)), StatusCode::BAD_REQUEST),
        (signed(&own.with_purpose(Purpose::Unsubscribe)), StatusCode::BAD_REQUEST),
        (signed(&own.with_purpose(Purpose::Proof)), StatusCode::BAD_REQUEST),
        (signed(&own.with_purpose(Purpose::JoinBounce)), StatusCode::BAD_REQUEST),
    ] {
        let path = format!("/c/{token}");
        for answer in [desk.get(&path).await, desk.post(&path, CONFIRM).await] {
            assert!([status, StatusCode::NOT_FOUND].contains(&answer.status), "{} {token}", answer.status);
        }
    }
    // What mail programs take along behind a link doesn't count.
    for tail in [".", ")", "_", "-", "__", "_.", "-?utm_source=x"] {
        assert_eq!(desk.get(&format!("/c/{}{tail}", signed(&own))).await.status, StatusCode::OK, "{tail}");
    }
    // One that confirms neither opts out nor shows choices.
    for door in ["u", "p", "s"] {
        let path = format!("/{door}/{}", signed(&own));
        for answer in [desk.get(&path).await, desk.post(&path, CONFIRM).await] {
            assert!(answer.status.is_client_error(), "{door} {}", answer.status);
        }
    }
    for request in [&ann, &bob] {
        assert_eq!(desk.choice(request).await, Choice::Unset);
    }
}
