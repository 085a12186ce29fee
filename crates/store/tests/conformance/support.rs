//! A store to test, and short ways to say things.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use consent::{
    Address, Channel, Choice, Clock, ConsentChange, Entropy, Evidence, Field, Level, Namespace, ProfileId,
    Source, Subject, Target, Timestamp, WorkspaceId,
};
use store::{
    AllowEntry, Feedback, FeedbackId, FeedbackKind, List, NewList, ProfileRow, ProfileView, Reading,
    ReadingQuery, Recorded, Removal, RowConsent, RowOutcome, RowTarget, Store, SuppressionCategory,
    SuppressionEntry,
};

/// The workspace that tests use.
pub const MAIN: WorkspaceId = WorkspaceId::MAIN;

/// A clock that stands until it is turned.
pub struct ManualClock(pub AtomicI64);

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }

    fn monotonic(&self) -> Duration {
        Duration::from_micros(self.0.load(Ordering::SeqCst) as u64)
    }
}

/// Bytes that don't repeat (SplitMix64). Seeded by address, so that two stores differ.
pub struct TestEntropy(pub AtomicU64);

impl Entropy for TestEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes {
            let mut z = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            *byte = (z >> 40) as u8;
        }
    }
}

/// A store with its clock.
pub struct World {
    pub store: Store,
    pub clock: Arc<ManualClock>,
    /// Public key of the ledger.
    pub ledger_key: String,
    /// Opens a copy that a backup made.
    pub open: fn(&std::path::Path) -> Store,
    /// Holds what must outlive the store.
    #[allow(dead_code, reason = "the suite of SQLite only drops it")]
    pub keep: Box<dyn std::any::Any + Send + Sync>,
}

impl World {
    /// The time now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Turns the clock by a second.
    pub fn tick(&self) -> Timestamp {
        self.clock.0.fetch_add(1_000_000, Ordering::SeqCst);
        self.now()
    }

    pub async fn record(&self, change: ConsentChange) -> Recorded {
        let mut recorded = self.store.record(MAIN, vec![change]).await.unwrap();
        assert_eq!(recorded.len(), 1);
        recorded.remove(0)
    }

    /// A person says no.
    pub async fn opt_out(&self, subject: Subject, target: Target) -> Recorded {
        let now = self.tick();
        self.record(change(subject, target, Choice::No, Source::ONE_CLICK, now)).await
    }

    /// A person says yes.
    pub async fn opt_in(&self, subject: Subject, target: Target) -> Recorded {
        let now = self.tick();
        self.record(change(subject, target, Choice::Yes, Source::PAGE, now)).await
    }

    pub async fn import(&self, row: ProfileRow) -> RowOutcome {
        self.store.import(MAIN, vec![row]).await.unwrap().remove(0)
    }

    /// Imports a row that must make a profile.
    pub async fn create(&self, row: ProfileRow) -> ProfileId {
        match self.import(row).await {
            RowOutcome::Created(profile) => profile,
            other => panic!("{other:?}"),
        }
    }

    pub async fn view(&self, profile: ProfileId) -> ProfileView {
        self.store.profile(MAIN, profile).await.unwrap().unwrap()
    }

    /// The profile that owns an address.
    pub async fn owner(&self, text: &str) -> Option<ProfileId> {
        let owners = self.store.resolve(MAIN, vec![address(text)]).await.unwrap();
        owners[0].as_ref().map(|owner| owner.profile)
    }

    pub async fn list(&self, name: &str) -> List {
        self.store.create_list(MAIN, NewList::new(name, self.now())).await.unwrap()
    }

    pub async fn read(&self, profile: ProfileId, channel: Channel) -> Reading {
        self.store.read(MAIN, self.query(vec![profile], channel)).await.unwrap().remove(0)
    }

    pub fn query(&self, profiles: Vec<ProfileId>, channel: Channel) -> ReadingQuery {
        ReadingQuery {
            profiles,
            channel,
            addresses: None,
            list: None,
            sender: None,
            run: None,
            with_attributes: false,
            now: self.now(),
        }
    }

    /// The store says of itself that it is sound.
    pub async fn assert_sound(&self) {
        assert_eq!(self.store.check().await.unwrap(), Vec::<String>::new());
    }
}

pub fn address(text: &str) -> Address {
    Address::guess(text).unwrap()
}

pub fn named(text: &str) -> Subject {
    Subject::Named(address(text), consent::Origin::Stranger)
}

pub fn crm(text: &str) -> Address {
    Address::parse(&Namespace::Custom("crm".to_owned()), text, None).unwrap()
}

/// All of the email channel.
pub fn email() -> Target {
    Level::Channel.target(Channel::Email, None).unwrap()
}

pub fn change(
    subject: Subject,
    target: Target,
    choice: Choice,
    source: Source,
    at: Timestamp,
) -> ConsentChange {
    ConsentChange {
        subject,
        sets: [(target, choice)].into_iter().collect(),
        occurred_at: Some(at),
        received_at: at,
        source,
        run: None,
        evidence: Evidence::default(),
    }
}

/// A row with an id and an email address.
pub fn row(id: &str, email: &str) -> ProfileRow {
    ProfileRow {
        external_id: (!id.is_empty()).then(|| id.to_owned()),
        addresses: if email.is_empty() { vec![] } else { vec![address(email)] },
        received_at: Timestamp(1_000_000_000),
        ..ProfileRow::default()
    }
}

/// A consent of a row.
pub fn says(field: Field, choice: Choice, at: Option<i64>) -> RowConsent {
    RowConsent { target: RowTarget::Field(field), choice, at: at.map(Timestamp), reason: None }
}

/// A row with one consent to email.
pub fn row_saying(id: &str, email: &str, choice: Choice, at: Option<i64>) -> ProfileRow {
    ProfileRow { consents: vec![says(Field::Email, choice, at)], ..row(id, email) }
}

/// A manual entry for an email address or a domain.
pub fn suppressed(value: &str, at: Timestamp) -> SuppressionEntry {
    SuppressionEntry {
        namespace: Namespace::Email,
        value: value.to_owned(),
        category: SuppressionCategory::Manual,
        reason: "on request".to_owned(),
        by: "test".to_owned(),
        at,
        updated_at: at,
        expires_at: None,
    }
}

/// Takes all entries of an email address or a domain off.
pub fn removal(value: &str, at: Timestamp) -> Removal {
    let (reason, by) = ("asked to".to_owned(), "somebody".to_owned());
    Removal { namespace: Namespace::Email, value: value.to_owned(), category: None, reason, by, at }
}

/// Allows an email address or a domain.
pub fn allowed(value: &str, at: Timestamp) -> AllowEntry {
    let (comment, by) = ("ours".to_owned(), "test".to_owned());
    AllowEntry { namespace: Namespace::Email, value: value.to_owned(), comment, by, at }
}

/// Something came back about an address; `id` makes it unique.
pub fn feedback(id: u8, kind: FeedbackKind, about: &str, at: Timestamp) -> Feedback {
    Feedback {
        id: FeedbackId([id; 16]),
        kind,
        address: Some(address(about)),
        owner: None,
        run: None,
        at,
        received_at: at,
        source: "dsn".to_owned(),
        detail: "said the server".to_owned(),
    }
}
