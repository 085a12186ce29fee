//! The address that is opted out for the test, and put back.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};

use anyhow::{Context as _, Result};
use consent::{
    Address, Choice, ConsentChange, EntryId, Entropy as _, Evidence, Field, Source, Subject as Whose, Target,
    Timestamp,
};
use intake::selftest;
use store::{AddressOwner, Entry, Held, ProfileView, StoreError};

use crate::context::{Context, WORKSPACE};
use crate::output::fail;
use crate::system::OsEntropy;

/// What evidence says of entries that put the address back.
const PUT_BACK: &str = "self-test: put back as it was";
/// Entries of one person that are looked at: more than a test can make.
const HISTORY_MAX: usize = 400;
/// Marks that one test can make.
const MARKS_MAX: i64 = 1 << 10;

/// The test address.
pub struct Subject {
    context: Context,
    /// The address, as it was given.
    pub text: String,
    /// Its id and whose it is.
    pub owner: AddressOwner,
    /// Tells this test's marks from another's.
    session: i64,
    made: AtomicI64,
}

/// What is recorded of it.
#[derive(Clone, Debug)]
pub struct State {
    values: BTreeMap<Target, (Choice, Timestamp, EntryId)>,
    entries: Vec<EntryId>,
}

/// A mark that one request leaves.
#[derive(Clone, Debug)]
pub struct Mark {
    number: i64,
    /// What is put into the request.
    pub text: String,
}

impl State {
    /// One value.
    pub fn choice(&self, target: Target) -> Choice {
        self.values.get(&target).map_or(Choice::Unset, |(choice, ..)| *choice)
    }

    /// Whether a no was said here since `before`.
    pub fn has_new_no(&self, before: &Self, target: Target) -> bool {
        let now = self.values.get(&target);
        self.choice(target).is_no() && now != before.values.get(&target)
    }

    /// The values that differ from those of `before`, with what they were.
    pub fn differing(&self, before: &Self) -> Vec<(Target, Choice)> {
        let targets: std::collections::BTreeSet<&Target> =
            self.values.keys().chain(before.values.keys()).collect();
        let differ = targets.into_iter().filter(|target| self.choice(**target) != before.choice(**target));
        differ.map(|target| (*target, before.choice(*target))).collect()
    }
}

impl Subject {
    /// Finds the address, or makes it known. Refuses one that is probably a customer's, unless `really`.
    pub async fn open(context: &Context, text: &str, really: bool) -> Result<Self> {
        let address = Address::guess(text).map_err(|error| {
            fail(format!("--test-address {text}: {error}"), "give an email address, or a number with +")
        })?;
        if let Some(owner) = context.owner(&address).await?
            && !really
        {
            let profile = context.store.profile(WORKSPACE, owner.profile).await?;
            let profile = profile.context("the profile has just gone")?;
            if let Some(whose) = somebody(&profile) {
                return Err(fail(
                    format!("--test-address {text} belongs to a person {whose}; nothing was tested"),
                    "name an address that is for tests alone; --really takes this one",
                ));
            }
        }
        let found = context.store.resolve_or_create(WORKSPACE, vec![address], context.now()).await?;
        let owner = found.into_iter().next().context("the store gave no answer")?;
        let mut random = [0; 4];
        OsEntropy.fill(&mut random);
        let session = i64::from(u32::from_le_bytes(random) >> 1) * MARKS_MAX;
        let text = text.to_owned();
        Ok(Self { context: context.clone(), text, owner, session, made: AtomicI64::new(0) })
    }

    /// A mark for the next request.
    pub fn mark(&self) -> Result<Mark> {
        let number = self.session + self.made.fetch_add(1, Ordering::Relaxed) % MARKS_MAX;
        let ring = self.context.store.key_ring();
        Ok(Mark { number, text: selftest::mark(&ring, WORKSPACE, self.owner.address, number)? })
    }

    /// What is recorded now.
    pub async fn state(&self) -> Result<State> {
        let entries = self.history().await?.into_iter().map(|entry| entry.id).collect();
        let profile = self.context.store.profile(WORKSPACE, self.owner.profile).await?;
        let profile = profile.context("the test address's profile has gone")?;
        let held = |held: &Held| (held.choice, held.at, held.entry);
        let mut values = BTreeMap::new();
        values.extend(profile.values.iter().map(|(field, value)| (Target::Field(*field), held(value))));
        values.extend(profile.subscriptions.iter().map(|(list, _, value)| (Target::List(*list), held(value))));
        let own = profile.addresses.iter().find(|address| address.id == self.owner.address);
        let of_address = |(field, value): (&Field, &Held)| (Target::Identity(*field), held(value));
        values.extend(own.into_iter().flat_map(|address| address.values.iter().map(of_address)));
        Ok(State { values, entries })
    }

    async fn history(&self) -> Result<Vec<Entry>> {
        let page = self.context.store.history(WORKSPACE, self.owner.profile, None, HISTORY_MAX).await?;
        Ok(page.entries)
    }

    /// What was recorded since `before`, newest first, without what put the address back.
    pub async fn since(&self, before: &State) -> Result<Vec<Entry>> {
        let mut entries = self.history().await?;
        entries.retain(|entry| !before.entries.contains(&entry.id) && !puts_back(entry));
        Ok(entries)
    }

    /// Whether an entry was made by the request that left this mark.
    pub fn is_by(&self, entry: &Entry, mark: &Mark) -> bool {
        self.number_in(entry) == Some(mark.number)
    }

    /// Whether an entry was made by any request of this test.
    pub fn is_ours(&self, entry: &Entry) -> bool {
        self.number_in(entry).is_some_and(|number| number / MARKS_MAX == self.session / MARKS_MAX)
    }

    /// Whether it was made by another self-test, which works on the same address at the same time.
    pub fn is_of_another_test(&self, entry: &Entry) -> bool {
        self.number_in(entry).is_some() && !self.is_ours(entry)
    }

    fn number_in(&self, entry: &Entry) -> Option<i64> {
        selftest::number_in(&self.context.store.key_ring(), self.owner.address, &entry.evidence)
    }

    /// Puts everything back as it was at `before`; answers the entries that did, or `None` where something is left that
    /// won't go.
    pub async fn put_back(&self, before: &State) -> Result<Option<Vec<EntryId>>> {
        let mut made = Vec::new();
        for entry in self.since(before).await? {
            if entry.applied.iter().any(|set| set.old != set.new) {
                made.extend(self.undo(entry.id).await?);
            }
        }
        // What several said can't be undone one by one: a later one stands in the way.
        let sets = self.state().await?.differing(before);
        if !sets.is_empty() {
            let now = self.context.now();
            let change = ConsentChange {
                subject: Whose::Address(self.owner.address),
                sets: sets.into_iter().collect(),
                occurred_at: Some(now),
                received_at: now,
                source: Source::SELF_TEST,
                run: None,
                evidence: evidence(),
            };
            let recorded = self.context.store.record(WORKSPACE, vec![change]).await?;
            made.extend(recorded.into_iter().filter_map(|recorded| recorded.entry));
        }
        let back = self.state().await?.differing(before).is_empty();
        Ok(back.then_some(made))
    }

    async fn undo(&self, entry: EntryId) -> Result<Option<EntryId>> {
        match self.context.store.undo(WORKSPACE, entry, self.context.now(), evidence()).await {
            Ok(recorded) => Ok(recorded.entry),
            Err(StoreError::Superseded) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Takes back what an earlier test left behind when it was killed, or what a mail of one did after it had ended.
    /// Answers how much.
    pub async fn clear_away(&self) -> Result<usize> {
        let state = self.state().await?;
        let stands = |entry: &&Entry| {
            let target = |target: &Target| state.values.get(target).map(|(.., by)| *by) == Some(entry.id);
            entry.applied.iter().any(|set| set.old != set.new && target(&set.target))
        };
        let left: Vec<EntryId> = self
            .history()
            .await?
            .iter()
            .filter(|entry| entry.source == Source::SELF_TEST && !puts_back(entry))
            .filter(stands)
            .map(|entry| entry.id)
            .collect();
        let mut cleared = 0;
        for entry in left {
            cleared += usize::from(self.undo(entry).await?.is_some());
        }
        Ok(cleared)
    }
}

fn evidence() -> Evidence {
    Evidence { raw: Some(PUT_BACK.to_owned()), ..Evidence::default() }
}

fn puts_back(entry: &Entry) -> bool {
    entry.source == Source::SELF_TEST && entry.evidence.raw.as_deref() == Some(PUT_BACK)
}

/// Why an address looks like a customer's.
fn somebody(profile: &ProfileView) -> Option<String> {
    let others = profile.addresses.len().saturating_sub(1);
    match (&profile.external_id, others) {
        (Some(_), _) => Some("who has an id of yours".to_owned()),
        (None, 0) => None,
        (None, 1) => Some("who has another address".to_owned()),
        (None, others) => Some(format!("who has {others} other addresses")),
    }
}
