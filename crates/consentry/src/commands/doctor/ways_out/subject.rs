//! The address that is opted out for the test, and put back.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use consent::{
    Address, AddressId, Choice, ConsentChange, Entropy as _, EntryId, Evidence, Field, Origin, Source,
    Subject as Whose, Target,
};
use intake::selftest;
use store::{AddressOwner, Entry, Held, StoreError};

use crate::context::Context;
use crate::output::fail;
use crate::system::OsEntropy;

/// What evidence says of entries that put the address back.
const PUT_BACK: &str = "self-test: put back as it was";
/// Entries of one person that are looked at: more than a test can make.
const HISTORY_MAX: usize = 400;

/// The test address.
pub struct Subject {
    context: Context,
    /// The address, as it was given.
    pub text: String,
    /// Its id and whose it is.
    pub owner: AddressOwner,
    /// What all requests of this test carry, so that what comes of them is known as a test's.
    pub mark: String,
    /// Tells this test's mark from another's.
    number: i64,
}

/// Each value with the entry that set it.
type Values = BTreeMap<Target, (Choice, EntryId)>;

/// What is recorded of it.
#[derive(Clone, Debug)]
pub struct State {
    values: Values,
    entries: Vec<EntryId>,
}

impl State {
    /// One value.
    pub fn choice(&self, target: Target) -> Choice {
        self.values.get(&target).map_or(Choice::Unset, |(choice, _)| *choice)
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
    /// Finds the address, or makes it known. Refuses one whose person has addresses that aren't test addresses too, since
    /// a no may reach as far as those, and one of a person with an id of the operator's, unless `really`.
    pub async fn open(
        context: &Context,
        text: &str,
        address: Address,
        all: &[AddressId],
        really: bool,
    ) -> Result<Self> {
        if let Some(owner) = context.owner(&address).await? {
            let profile = context.store.profile(context.workspace, owner.profile).await?;
            let profile = profile.context("the profile has just gone")?;
            let refuse = |whose: &str, hint: &str| {
                Err(fail(
                    format!("--test-address {text} belongs to a person {whose}; nothing was tested"),
                    format!("name an address that is for tests alone, such as you+test@...{hint}"),
                ))
            };
            if !profile.addresses.iter().all(|address| all.contains(&address.id)) {
                return refuse("who has other addresses, which a no would reach too", "");
            }
            if profile.external_id.is_some() && !really {
                return refuse("who has an id of yours, as customers do", "; --really takes this one");
            }
        }
        let found = context
            .store
            .resolve_or_create(context.workspace, vec![address], Origin::Operator, context.now())
            .await?;
        let owner = found.into_iter().next().context("the store gave no answer")?;
        let mut random = [0; 4];
        OsEntropy.fill(&mut random);
        let number = i64::from(u32::from_le_bytes(random));
        let mark = selftest::mark(&context.store.key_ring(), context.workspace, owner.address, number)?;
        Ok(Self { context: context.clone(), text: text.to_owned(), owner, mark, number })
    }

    /// What is recorded now.
    pub async fn state(&self) -> Result<State> {
        let entries = self.history().await?.into_iter().map(|entry| entry.id).collect();
        Ok(State { values: self.values().await?, entries })
    }

    /// One value, as it is recorded now.
    pub async fn choice(&self, target: Target) -> Result<Choice> {
        Ok(self.values().await?.get(&target).map_or(Choice::Unset, |(choice, _)| *choice))
    }

    async fn values(&self) -> Result<Values> {
        let profile = self.context.store.profile(self.context.workspace, self.owner.profile).await?;
        let profile = profile.context("the test address's profile has gone")?;
        let held = |held: &Held| (held.choice, held.entry);
        let mut values = BTreeMap::new();
        values.extend(profile.values.iter().map(|(field, value)| (Target::Field(*field), held(value))));
        values
            .extend(profile.subscriptions.iter().map(|(list, _, value)| (Target::List(*list), held(value))));
        let own = profile.addresses.iter().find(|address| address.id == self.owner.address);
        let of_address = |(field, value): (&Field, &Held)| (Target::Identity(*field), held(value));
        values.extend(own.into_iter().flat_map(|address| address.values.iter().map(of_address)));
        Ok(values)
    }

    async fn history(&self) -> Result<Vec<Entry>> {
        let page =
            self.context.store.history(self.context.workspace, self.owner.profile, None, HISTORY_MAX).await?;
        Ok(page.entries)
    }

    /// What was recorded since `before`, newest first, without what put the address back.
    pub async fn since(&self, before: &State) -> Result<Vec<Entry>> {
        let mut entries = self.history().await?;
        entries.retain(|entry| !before.entries.contains(&entry.id) && !puts_back(entry));
        Ok(entries)
    }

    /// Whether an entry was made by a request of this test.
    pub fn is_ours(&self, entry: &Entry) -> bool {
        let ring = self.context.store.key_ring();
        selftest::number_in(&ring, self.owner.address, &entry.evidence) == Some(self.number)
    }

    /// Puts everything back as it was at `before`; answers the entries that did.
    pub async fn put_back(&self, before: &State) -> Result<Vec<EntryId>> {
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
            let recorded = self.context.store.record(self.context.workspace, vec![change]).await?;
            made.extend(recorded.into_iter().filter_map(|recorded| recorded.entry));
        }
        Ok(made)
    }

    /// Whether everything is as it was at `before`.
    pub async fn is_as(&self, before: &State) -> Result<bool> {
        Ok(self.state().await?.differing(before).is_empty())
    }

    async fn undo(&self, entry: EntryId) -> Result<Option<EntryId>> {
        match self.context.store.undo(self.context.workspace, entry, self.context.now(), evidence()).await {
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
            let target = |target: &Target| state.values.get(target).map(|(_, by)| *by) == Some(entry.id);
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
