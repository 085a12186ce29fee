//! A service on a store of its own, for tests.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU8, Ordering};
use std::time::Duration;

use consent::{Address, Channel, Clock, Entropy, Namespace, Origin, Timestamp, WorkspaceId};
use intake::import::Options;
use store::sqlite::OpenOptions;
use store::{NewRun, Text, TextEffects, TextId};
use tempfile::TempDir;

use crate::{Actor, Service, imports};

/// 2026-05-03, at noon.
const START: i64 = 1_777_809_600_000_000;

/// A sender of texts.
pub const SENDER: &str = "+15005550006";

/// A clock that goes on by a second whenever it is looked at.
struct Ticking(AtomicI64);

impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.fetch_add(1_000_000, Ordering::Relaxed))
    }

    fn monotonic(&self) -> Duration {
        Duration::from_micros(self.0.load(Ordering::Relaxed).unsigned_abs())
    }
}

/// Bytes that differ, and are the same in each test.
struct Counting(AtomicU8);

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill_with(|| self.0.fetch_add(1, Ordering::Relaxed));
    }
}

/// A service with nothing recorded yet, and its folder.
pub struct World {
    pub service: Service,
    pub actor: Actor,
    pub dir: TempDir,
}

impl World {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock: Arc<dyn Clock> = Arc::new(Ticking(AtomicI64::new(START)));
        let entropy: Arc<dyn Entropy> = Arc::new(Counting(AtomicU8::new(1)));
        let options = OpenOptions {
            dir: dir.path().join("data"),
            clock: Arc::clone(&clock),
            entropy: Arc::clone(&entropy),
        };
        let store = store::sqlite::open(options).unwrap();
        let secrets = Arc::new(wire::secret::NoSecrets);
        let service = Service { store, workspace: WorkspaceId::MAIN, clock, entropy, secrets };
        Self { service, actor: Actor::CommandLine { user: Some("ada".to_owned()) }, dir }
    }

    /// A text that somebody wrote and that waits to be read.
    pub async fn held(&self, number: &str, text: &str) -> TextId {
        let Service { store, workspace, .. } = &self.service;
        let now = self.service.now();
        let address = Address::parse(&Namespace::Phone, number, None).unwrap();
        let owners = store.resolve_or_create(*workspace, vec![address], Origin::Operator, now).await;
        let owner = owners.unwrap().remove(0);
        let mut id = [0; 16];
        id[..8].copy_from_slice(&owner.address.0.to_be_bytes());
        let text = Text {
            id: TextId(id),
            profile: owner.profile,
            address: owner.address,
            channel: Channel::Sms,
            sender: SENDER.to_owned(),
            text: text.to_owned(),
            class: "review".to_owned(),
            rule: "test".to_owned(),
            at: now,
            received_at: now,
            source: "sms:test".to_owned(),
            entry: None,
        };
        let effects = TextEffects { hold: true, ..TextEffects::default() };
        store.take_text(*workspace, text, effects).await.unwrap();
        TextId(id)
    }

    /// Imports a file of people.
    pub async fn import(&self, name: &str, text: &str) {
        let asked = imports::run::In {
            input: Box::new(std::io::Cursor::new(text.to_owned())),
            options: Options { file_name: name.to_owned(), ..Options::default() },
            progress: Arc::default(),
            rejects: Box::new(|| panic!("a row was rejected")),
            notice: Box::new(|_| ()),
            warn: Box::new(|line, warning| panic!("line {line}: {warning}")),
        };
        imports::run::run(&self.service, &self.actor, asked).await.unwrap();
    }

    /// A run of a campaign with nobody in it, whose configuration can't be read.
    pub async fn run_of(&self, campaign: &str) {
        let Service { store, workspace, .. } = &self.service;
        let now = self.service.now();
        let configuration = store.put_configuration(*workspace, "c", "{}", now).await.unwrap().id;
        let run = NewRun {
            campaign: campaign.to_owned(),
            configuration,
            list: None,
            fingerprint: "0".repeat(64),
            spec: "{}".to_owned(),
            audience: roaring::RoaringTreemap::new(),
            created_at: now,
        };
        store.create_run(*workspace, run).await.unwrap();
    }
}
