//! Bodies, and what becomes of them in a real store.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use consent::{Address, Clock, Entropy, ListId, Namespace, Token};
use proptest::prelude::*;
use store::ProfileRow;
use store::sqlite::OpenOptions;

use super::*;

const MAIN: WorkspaceId = WorkspaceId::MAIN;

struct HandClock(AtomicI64);

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

struct Sevens;

impl Entropy for Sevens {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

struct World {
    store: Store,
    clock: Arc<HandClock>,
    _dir: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(HandClock(AtomicI64::new(Timestamp::parse("2026-05-03T14:00:00Z").unwrap().0)));
        let options =
            OpenOptions { dir: dir.path().to_owned(), clock: clock.clone(), entropy: Arc::new(Sevens) };
        Self { store: store::sqlite::open(options).unwrap(), clock, _dir: dir }
    }

    fn later(&self, minutes: u64) {
        let by = Duration::from_mins(minutes).as_micros();
        self.clock.0.fetch_add(i64::try_from(by).unwrap(), Ordering::SeqCst);
    }

    /// The link to the brand's page or header in a message to this address, sent now.
    async fn link(&self, purpose: Purpose, email: &str) -> Opened {
        let address = Address::email(email).unwrap();
        let row = ProfileRow {
            addresses: vec![address.clone()],
            external_id: Some("c-1".to_owned()),
            received_at: self.clock.now(),
            ..ProfileRow::default()
        };
        self.store.import(MAIN, vec![row]).await.unwrap();
        let owner = self.store.resolve(MAIN, vec![address]).await.unwrap().remove(0).unwrap();
        let (address, epoch, level) = (owner.address, owner.epoch, Level::Channel);
        let token = Token {
            purpose,
            level,
            workspace: MAIN,
            address,
            reference: consent::Reference::NO_MESSAGE,
            list: ListId(0),
            epoch,
        };
        Opened { token, owner }
    }

    async fn tell(&self, link: &Opened, request: &str, body: &str) -> Result<Told, TellError> {
        let (said, now) = (Said::parse(body.as_bytes()).unwrap(), self.clock.now());
        let owner = self.store.owner(MAIN, link.token.address).await.unwrap().unwrap();
        let opened = Opened { token: link.token, owner };
        tell(&self.store, &opened, &said, evidence(request, body), now).await
    }

    async fn opt_in(&self, body: &str) -> Result<Told, OptInError> {
        let request = OptIn::parse(body.as_bytes(), "CRMID")?;
        opt_in(&self.store, MAIN, &request, evidence("", body), self.clock.now()).await
    }

    async fn profile(&self, email: &str) -> ProfileView {
        let found = self.store.resolve(MAIN, vec![Address::email(email).unwrap()]).await.unwrap().remove(0);
        self.store.profile(MAIN, found.unwrap().profile).await.unwrap().unwrap()
    }

    async fn choice(&self, email: &str, field: Field) -> Choice {
        self.profile(email).await.values.get(&field).map_or(Choice::Unset, |held| held.choice)
    }

    async fn entries(&self) -> u64 {
        self.store.counts(MAIN).await.unwrap().entries
    }
}

fn evidence(request: &str, body: &str) -> Evidence {
    let request = Some(request.to_owned());
    Teller { key: "site".to_owned(), request, user_agent: None }.evidence("consent", body.as_bytes())
}

fn marketing(kind: &str, choice: &str, more: &str) -> String {
    format!(r#"{{"marketing":[{{"type":"{kind}","choice":"{choice}"{more}}}]}}"#)
}

#[test]
fn a_body_is_read_choice_by_choice() {
    let said = Said::parse(
        br#"{"marketing":[{"type":"email","choice":"no","scope":"identity","timestamp":"2026-05-01T00:00:00Z"},
             {"type":"push_notifications","choice":"pending"}],
             "personalization":[{"type":"content","choice":"no"}],
             "privacy":[{"type":"sell_data","choice":"no"},{"type":"data_collection","choice":"yes"}]}"#,
    )
    .unwrap();
    assert_eq!(said.problems, [""; 0]);
    let read: Vec<_> = said.statements.iter().map(|one| (one.field, one.choice, one.scope)).collect();
    assert_eq!(
        read,
        [
            (Field::Email, Choice::No, Scope::Identity),
            (Field::Push, Choice::Pending, Scope::Channel),
            (Field::PersonalizeContent, Choice::No, Scope::Channel),
            (Field::Share, Choice::No, Scope::Channel),
            (Field::Collect, Choice::Yes, Scope::Channel),
        ]
    );
    assert_eq!(said.statements[0].made_at, Timestamp::parse("2026-05-01T00:00:00Z").ok());
    for nothing in ["", " \n", "null", "[]", "{}", r#"{"marketing":[]}"#, r#"{"marketing":null}"#] {
        assert!(Said::parse(nothing.as_bytes()).unwrap().is_empty(), "{nothing}");
    }
}

#[test]
fn what_cannot_be_read_is_refused() {
    for body in ["{", "[1]", "7", "\"no\"", r#"{"marketting":[]}"#, r#"{"marketing":[{"choise":"no"}]}"#] {
        assert!(Said::parse(body.as_bytes()).is_err(), "{body}");
    }
    let many = vec![r#"{"type":"email","choice":"no"}"#; 101].join(",");
    assert!(Said::parse(format!(r#"{{"marketing":[{many}]}}"#).as_bytes()).is_err());
    for (kind, choice, more) in [
        ("email", "maybe", ""),
        ("emails", "yes", ""),
        ("social_media", "yes", ""),
        ("email", "yes", r#","scope":"all""#),
        ("email", "yes", r#","timestamp":"yesterday""#),
    ] {
        let said = Said::parse(marketing(kind, choice, more).as_bytes()).unwrap();
        assert_eq!(said.problems.len(), 1, "{kind} {choice} {more}");
    }
}

proptest! {
    #[test]
    fn no_body_panics(body in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Said::parse(&body);
        let _ = OptIn::parse(&body, "CRMID");
    }
}

#[test]
fn evidence_holds_what_was_said_within_limits() {
    let teller = Teller { key: "k".to_owned(), request: Some("x".repeat(101)), user_agent: None };
    for body in [vec![b'"'; 70_000], vec![1; 70_000], vec![0xff; 70_000]] {
        let evidence = teller.evidence("consent", &body);
        assert!(serde_json::to_string(&evidence).unwrap().len() < 64 * 1024);
        assert!(!evidence.raw.unwrap().contains("request"));
    }
}

#[tokio::test]
async fn an_empty_body_opts_out_of_email_once_for_each_request() {
    let world = World::new();
    let link = world.link(Purpose::ExternalHeader, "ann@example.com").await;
    let told = world.tell(&link, "r-1", "").await.unwrap();
    assert!(told.refused && told.problems.is_empty());
    let view = world.profile("ann@example.com").await;
    let held = &view.values[&Field::Email];
    assert_eq!(held.choice, Choice::No);
    let entry = world.store.entry(MAIN, held.entry).await.unwrap().unwrap();
    assert_eq!((entry.source, entry.address), (Source::API, Some(link.owner.address)));
    let raw = entry.evidence.raw.unwrap();
    assert_eq!(raw, r#"{"interface":"consent","key":"site","request":"r-1","said":""}"#);
    let entries = world.entries().await;
    world.later(1);
    world.tell(&link, "r-1", "").await.unwrap();
    assert_eq!(world.entries().await, entries, "the same request again");
    world.tell(&link, "r-2", "").await.unwrap();
    assert_eq!(world.entries().await, entries, "the same refusal within a day, which counts from now on");
    world.later(25 * 60);
    world.tell(&link, "r-4", "").await.unwrap();
    assert_eq!(world.entries().await, entries + 1, "another day's");
    // The same request after a yes: of the two readings the one that sends less counts.
    world.later(1);
    world.tell(&link, "r-3", &marketing("email", "yes", "")).await.unwrap();
    let page = world.link(Purpose::ExternalPage, "ann@example.com").await;
    world.tell(&page, "r-1", "").await.unwrap();
    assert_eq!(world.choice("ann@example.com", Field::Email).await, Choice::No);
    // A yes that is tried again later doesn't take back the no from in between.
    world.later(1);
    world.tell(&page, "r-3", &marketing("email", "yes", "")).await.unwrap();
    assert_eq!(world.choice("ann@example.com", Field::Email).await, Choice::No);
}

#[tokio::test]
async fn a_refusal_is_kept_where_the_rest_cannot_be() {
    let world = World::new();
    let link = world.link(Purpose::ExternalPage, "ann@example.com").await;
    let body = r#"{"marketing":[{"type":"sms","choice":"yes"},{"type":"email","choice":"no"},{"type":"email","choice":"yes"},{"type":"tv","choice":"no"}]}"#;
    let told = world.tell(&link, "", body).await.unwrap();
    assert_eq!(told.problems.len(), 1);
    assert!(told.refused);
    assert_eq!(world.choice("ann@example.com", Field::Email).await, Choice::No, "said twice, the no wins");
    assert_eq!(world.choice("ann@example.com", Field::Sms).await, Choice::Unset);
}

#[tokio::test]
async fn scopes_reach_as_far_as_they_say() {
    let world = World::new();
    let link = world.link(Purpose::ExternalPage, "ann@example.com").await;
    let identity = marketing("email", "no", r#","scope":"identity""#);
    world.tell(&link, "", &identity).await.unwrap();
    let view = world.profile("ann@example.com").await;
    assert_eq!(view.addresses[0].values[&Field::Email].choice, Choice::No);
    assert!(view.values.is_empty());
    // An address can't say yes for another channel; a no to it counts for the channel.
    let told = world.tell(&link, "", &marketing("sms", "yes", r#","scope":"identity""#)).await.unwrap();
    assert_eq!(told.problems.len(), 1);
    world.tell(&link, "", &marketing("sms", "no", r#","scope":"identity""#)).await.unwrap();
    assert_eq!(world.choice("ann@example.com", Field::Sms).await, Choice::No);
    world.tell(&link, "", &marketing("push_notifications", "no", r#","scope":"global""#)).await.unwrap();
    assert_eq!(world.choice("ann@example.com", Field::Any).await, Choice::No);
}

#[tokio::test]
async fn an_old_header_does_not_undo_a_newer_subscription() {
    let world = World::new();
    let header = world.link(Purpose::ExternalHeader, "ann@example.com").await;
    let page = world.link(Purpose::ExternalPage, "ann@example.com").await;
    world.tell(&page, "", "").await.unwrap();
    world.later(60);
    world.tell(&page, "", &marketing("email", "yes", "")).await.unwrap();
    world.later(60);
    assert!(matches!(world.tell(&header, "", "").await, Err(TellError::Outdated)));
    // Said to be from before the subscription: left. From after it: counts.
    let dated = |at: &str| marketing("email", "no", &format!(r#","timestamp":"{at}""#));
    world.tell(&header, "", &dated("2026-05-03T14:30:00Z")).await.unwrap();
    assert_eq!(world.choice("ann@example.com", Field::Email).await, Choice::Yes);
    world.tell(&header, "", &dated("2026-05-03T15:30:00Z")).await.unwrap();
    assert_eq!(world.choice("ann@example.com", Field::Email).await, Choice::No);
    // Who presses a button on the brand's page means it, however old the mail is.
    world.later(60);
    world.tell(&page, "", &marketing("email", "yes", "")).await.unwrap();
    world.tell(&page, "", "").await.unwrap();
    assert_eq!(world.choice("ann@example.com", Field::Email).await, Choice::No);
}

#[tokio::test]
async fn links_open_in_their_own_workspace_alone() {
    let world = World::new();
    let link = world.link(Purpose::ExternalPage, "ann@example.com").await;
    let signed = |token: &Token| world.store.key_ring().sign_external(token).unwrap();
    let ours = signed(&link.token);
    let opened = open(&world.store, MAIN, &ours.params, &ours.pid, Some(&ours.sig)).await.unwrap();
    assert_eq!(opened.owner.namespace, Namespace::Email);
    assert_eq!(open_mail(&world.store, MAIN, &ours.to_mail()).await.unwrap().token, link.token);
    let theirs = signed(&Token { workspace: WorkspaceId(2), ..link.token });
    let opened = open(&world.store, MAIN, &theirs.params, &theirs.pid, Some(&theirs.sig)).await;
    assert!(matches!(opened, Err(LinkError::Forged)));
    let gone = signed(&Token { address: AddressId(999), ..link.token });
    let opened = open(&world.store, MAIN, &gone.params, &gone.pid, None).await;
    assert!(matches!(opened, Err(LinkError::Unknown)));
}

fn opting(identity: &str, id: &str, marketing: &str) -> String {
    format!(
        r#"{{"consentIdentity":"{identity}","consentIdentityNamespace":"Email","profileId":"{id}","profileNamespace":"crmid","marketing":[{marketing}]}}"#
    )
}

#[tokio::test]
async fn opt_in_takes_whom_the_body_names() {
    let world = World::new();
    world.link(Purpose::ExternalPage, "ann@example.com").await;
    let yes = r#"{"type":"email","choice":"yes"}"#;
    world.opt_in(&opting("Ann@Example.com", "c-1", yes)).await.unwrap();
    assert_eq!(world.choice("ann@example.com", Field::Email).await, Choice::Yes);
    // An address never seen before gets a profile of its own.
    world.opt_in(&opting("new@example.com", "c-2", yes)).await.unwrap();
    assert_eq!(world.choice("new@example.com", Field::Email).await, Choice::Yes);
    // Two people: nobody knows who agreed; a no holds for both.
    let told = world.opt_in(&opting("ann@example.com", "c-9", yes)).await.unwrap();
    assert_eq!((told.problems.len(), told.refused), (1, false));
    let no = r#"{"type":"sms","choice":"no"}"#;
    let told = world.opt_in(&opting("ann@example.com", "c-9", no)).await.unwrap();
    assert_eq!((told.problems.len(), told.refused), (1, true));
    assert_eq!(world.choice("ann@example.com", Field::Sms).await, Choice::No);
    for (body, incomplete) in [
        (opting("", "c-1", yes), true),
        (opting("ann@example.com", "", yes), true),
        (opting("ann@example.com", "c-1", ""), true),
        (String::new(), true),
        (opting("nobody", "c-1", yes), false),
        ("{".to_owned(), false),
    ] {
        let error = world.opt_in(&body).await.unwrap_err();
        assert_eq!(matches!(error, OptInError::Incomplete(_)), incomplete, "{body}: {error}");
    }
}
