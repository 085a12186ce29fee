//! Several nodes on one database.

use std::sync::Arc;
use std::time::Duration;

use consent::decide::{Allow, Suppressed};
use consent::{
    AddressId, Channel, Choice, ConsentChange, Field, Level, ListId, Namespace, ProfileId, Purpose, Source,
    Timestamp, Token,
};
use store::{ReadingQuery, Recorded, Settings, Store, StoreError};
use tempfile::TempDir;
use xtask::servers::{Database, poll_until};

use super::conformance::support::{MAIN, address, allowed, change, email, named, removal, suppressed};
use super::{START, database, open};

#[path = "nodes/broken.rs"]
pub mod broken;
#[path = "nodes/feedback.rs"]
mod feedback;
#[path = "nodes/pages.rs"]
mod pages;
#[path = "nodes/parts.rs"]
mod parts;
#[path = "nodes/texts.rs"]
mod texts;
#[path = "nodes/together.rs"]
mod together;

/// How long to wait for what happens by itself.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// The time of every test, since its clock stands.
pub const NOW: Timestamp = Timestamp(START);

/// A node: a store with a data directory of its own.
#[derive(Clone)]
pub struct Node {
    pub store: Store,
    pub dir: Arc<TempDir>,
}

impl std::ops::Deref for Node {
    type Target = Store;

    fn deref(&self) -> &Store {
        &self.store
    }
}

impl Node {
    /// The first node of a database, which makes the master key; any other one has it from `first`.
    pub fn open(url: &str, first: Option<&Self>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        if let Some(first) = first {
            std::fs::copy(first.file("master.key"), dir.path().join("master.key")).unwrap();
        }
        Self { store: open(url, dir.path()).unwrap(), dir: Arc::new(dir) }
    }

    /// A file of its data directory.
    pub fn file(&self, name: &str) -> std::path::PathBuf {
        self.dir.path().join(name)
    }

    /// Records a choice for the whole channel, made some microseconds after the test's beginning.
    pub async fn say(&self, who: &str, choice: Choice, at: i64) -> store::Result<Recorded> {
        let mut recorded = self.record(MAIN, vec![says(who, choice, at)]).await?;
        Ok(recorded.remove(0))
    }

    /// What a decision about mail reads.
    pub async fn reading(&self, profile: ProfileId) -> store::Result<store::Reading> {
        let query = ReadingQuery {
            profiles: vec![profile],
            channel: Channel::Email,
            addresses: None,
            list: None,
            sender: None,
            run: None,
            with_attributes: false,
            now: NOW,
        };
        Ok(self.read(MAIN, query).await?.remove(0))
    }

    /// What is recorded of the channel.
    pub async fn choice(&self, who: &str) -> Option<Choice> {
        let owner = self.resolve(MAIN, vec![address(who)]).await.unwrap().remove(0)?;
        let view = self.profile(MAIN, owner.profile).await.unwrap()?;
        view.values.get(&Field::Email).map(|value| value.choice)
    }

    /// Nothing is wrong with the state, nor with the node's ledger.
    pub async fn assert_sound(&self) {
        assert_eq!(self.check().await.unwrap(), Vec::<String>::new());
    }
}

pub fn says(who: &str, choice: Choice, at: i64) -> ConsentChange {
    change(named(who), email(), choice, Source::ONE_CLICK, Timestamp(START + at))
}

/// So many nodes on a database of their own.
pub struct Nodes {
    pub nodes: Vec<Node>,
    pub database: Database,
}

impl Nodes {
    pub fn start(count: usize) -> Self {
        let database = database();
        let mut nodes = vec![Node::open(&database.url(), None)];
        while nodes.len() < count {
            nodes.push(Node::open(&database.url(), nodes.first()));
        }
        Self { nodes, database }
    }

    /// Node `n`, counted round.
    pub fn node(&self, n: usize) -> &Node {
        &self.nodes[n % self.nodes.len()]
    }

    /// Ends connections that `which` selects; how many there were.
    pub fn terminate(&self, which: &str) -> u32 {
        let sql = format!(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
             WHERE datname = current_database() AND application_name = 'consentry' AND {which}"
        );
        self.database.psql(&sql).unwrap().parse().unwrap()
    }
}

/// Waits for what happens by itself.
pub async fn eventually(what: &str, mut done: impl FnMut() -> bool + Send + 'static) {
    let happened = tokio::task::spawn_blocking(move || poll_until(PATIENCE, || Ok(done())).unwrap());
    assert!(happened.await.unwrap(), "{what}");
}

#[tokio::test]
async fn what_one_node_acknowledged_every_node_reads() {
    let nodes = Nodes::start(2);
    let (a, b) = (nodes.node(0), nodes.node(1));
    let mut previous: Option<(ProfileId, AddressId)> = None;
    for turn in 0..20 {
        // Each in turn writes what the other reads at once.
        let (writer, reader) = (nodes.node(turn), nodes.node(turn + 1));
        let who = format!("p{turn}@example.com");
        let yes = writer.say(&who, Choice::Yes, 0).await.unwrap();
        let reading = reader.reading(yes.profile).await.unwrap();
        assert_eq!(reading.recipient.profile.get(Field::Email), Choice::Yes);
        assert!(writer.say(&who, Choice::No, 1).await.unwrap().entry.is_some());
        let reading = reader.reading(yes.profile).await.unwrap();
        assert_eq!(reading.recipient.profile.get(Field::Email), Choice::No);
        let (target, _) = reading.address.unwrap();
        let owner = reader.owner(MAIN, target).await.unwrap().unwrap();
        assert_eq!((owner.profile, owner.address), (yes.profile, target));
        let resolved = reader.resolve(MAIN, vec![address(&who)]).await.unwrap();
        assert_eq!(resolved, [Some(owner)]);
        assert_ne!(previous.replace((yes.profile, target)), Some((yes.profile, target)));
    }
    let settings = Settings {
        allow_lists_active: vec!["email".to_owned()],
        brand: Some("A".to_owned()),
        ..Settings::default()
    };
    a.update_settings(MAIN, settings.clone().replacing()).await.unwrap();
    assert_eq!(b.settings(MAIN).await.unwrap(), settings);
    let profile = a.say("x@example.com", Choice::Yes, 0).await.unwrap().profile;
    assert_eq!(b.reading(profile).await.unwrap().recipient.allow, Allow::NotListed);
    b.allow(MAIN, vec![allowed("x@example.com", NOW)]).await.unwrap();
    assert_eq!(a.reading(profile).await.unwrap().recipient.allow, Allow::Listed);
    b.disallow(MAIN, vec![(Namespace::Email, "x@example.com".to_owned())]).await.unwrap();
    assert_eq!(a.reading(profile).await.unwrap().recipient.allow, Allow::NotListed);
    a.suppress(MAIN, vec![suppressed("x@example.com", NOW)]).await.unwrap();
    assert_eq!(b.reading(profile).await.unwrap().recipient.suppressed, Suppressed::Address);
    b.unsuppress(MAIN, vec![removal("x@example.com", NOW)]).await.unwrap();
    assert_eq!(a.reading(profile).await.unwrap().recipient.suppressed, Suppressed::No);
    // SHA-256 of x@example.com.
    let hash = "sha256:106ab2de3ae32f0e429961a20307e3a5e05d7b4dd6f25e8c2e5282de58208f00";
    a.suppress(MAIN, vec![suppressed(hash, NOW)]).await.unwrap();
    assert_eq!(b.reading(profile).await.unwrap().recipient.suppressed, Suppressed::Address);
    b.unsuppress(MAIN, vec![removal(hash, NOW)]).await.unwrap();
    assert_eq!(a.reading(profile).await.unwrap().recipient.suppressed, Suppressed::No);
}

#[tokio::test]
async fn a_new_link_key_reaches_every_node() {
    let nodes = Nodes::start(2);
    let (a, b) = (nodes.node(0).clone(), nodes.node(1).clone());
    let token = Token {
        purpose: Purpose::Unsubscribe,
        level: Level::Channel,
        workspace: MAIN,
        address: AddressId(1),
        reference: consent::Reference::NO_MESSAGE,
        list: ListId(0),
        epoch: 0,
    };
    let old = a.key_ring().sign(&token).unwrap().to_url();
    assert_eq!(b.key_ring().read_url(&old), Ok(token));
    a.rotate_link_key(NOW).await.unwrap();
    let new = a.key_ring().sign(&token).unwrap().to_url();
    assert_ne!(old, new, "signed by another key");
    let (ring, link) = (b.clone(), new.clone());
    eventually("the other node reads the new key", move || ring.key_ring().read_url(&link).is_ok()).await;
    assert_eq!(b.key_ring().read_url(&new), Ok(token));
    assert_eq!(b.key_ring().read_url(&old), Ok(token));
    assert_eq!(b.key_ring().sign(&token).unwrap().to_url(), new, "and signs with it");
}

#[tokio::test]
async fn nodes_share_a_limit_of_speed() {
    const PER_SECOND: u32 = 200;
    let nodes = Nodes::start(2);
    let asked: Vec<_> = (0..40)
        .map(|n| {
            let node = nodes.node(n).clone();
            tokio::spawn(async move {
                node.rate_turns(MAIN, "relay:25", PER_SECOND, 1 + n as u32 % 30, NOW).await
            })
        })
        .collect();
    let mut grants = Vec::new();
    for grant in asked {
        match grant.await.unwrap() {
            Ok(grant) => grants.push(grant),
            // Under such a crowd a node may be told to try again; it has taken no turn.
            Err(error) => assert!(matches!(error, StoreError::Conflict), "{error}"),
        }
    }
    grants.sort_unstable_by_key(|grant| grant.at);
    let total: u32 = grants.iter().map(|grant| grant.turns).sum();
    assert!(
        total > PER_SECOND / 2 && grants.iter().all(|grant| grant.turns <= PER_SECOND / 10),
        "{grants:?}"
    );
    let mut next = NOW;
    for grant in grants {
        assert_eq!(grant.at, next, "turns follow one another without gap or overlap");
        next = next.plus(Duration::from_secs(1) / PER_SECOND * grant.turns);
    }
}
