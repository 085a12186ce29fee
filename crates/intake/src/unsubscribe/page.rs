//! What a page shows about a link.

use std::collections::BTreeMap;

use consent::{AddressId, Choice, EntryId, Level, RunId, Source, Target, Timestamp};
use serde::Deserialize;
use store::{Held, List, ProfileView, Store};

use super::{LinkError, Opened};

/// Longest run description that is read, in bytes.
const SPEC_BYTES_MAX: usize = 64 * 1024;
/// Longest confirmation URL, in bytes.
const URL_BYTES_MAX: usize = 2048;

/// What the pages need to know of a run, from [`store::Run::spec`]. Each part may be absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct PageSpec {
    /// The message's subject.
    pub subject: Option<String>,
    /// The message's language, a BCP 47 tag.
    pub language: Option<String>,
    /// Per level (`any`, `channel`, `identity`, `subscription`), the brand's own page to go to after opting out.
    pub confirmation: BTreeMap<String, String>,
    /// The brand's name.
    pub brand: Option<String>,
}

impl PageSpec {
    /// Reads a run's description. One that can't be read counts as empty: it may not stand between a person and the
    /// way out (I3).
    pub fn parse(spec: &str) -> Self {
        if spec.len() > SPEC_BYTES_MAX {
            return Self::default();
        }
        serde_json::from_str(spec).unwrap_or_default()
    }

    /// The brand's own page for a level: an absolute `https` or `http` URL without anything that could end a header.
    pub fn confirmation(&self, level: Level) -> Option<&str> {
        let url = self.confirmation.get(level.as_str())?;
        let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
        let plain = url.len() <= URL_BYTES_MAX && url.bytes().all(|byte| byte.is_ascii_graphic());
        let named = rest.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '[');
        (plain && named).then_some(url)
    }
}

/// One value, and how it came to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The choice.
    pub choice: Choice,
    /// Since when; [`Timestamp::UNDATED`] if nobody said.
    pub at: Timestamp,
    /// The entry that set it.
    pub entry: EntryId,
}

/// One value that a page shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// How far it reaches.
    pub level: Level,
    /// Which value.
    pub target: Target,
    /// What it is.
    pub known: Option<Known>,
}

/// What a page shows about a link.
#[derive(Clone, Debug)]
pub struct About {
    /// The run's part.
    pub spec: PageSpec,
    /// The list that the message was bound to, if it still exists.
    pub list: Option<List>,
    /// The owner.
    pub profile: ProfileView,
    /// The values of all levels that the link reaches, narrowest first.
    pub rows: Vec<Row>,
    /// The refusal that stands at the token's level or above, widest first.
    pub refusal: Option<Row>,
    /// The entry that a button can take back: the refusal came through a link.
    pub undoable: Option<EntryId>,
}

/// Gathers what a page shows. Reads only (I4).
pub async fn look(store: &Store, opened: &Opened) -> Result<About, LinkError> {
    let workspace = opened.token.workspace;
    let profile = store.profile(workspace, opened.owner.profile).await?.ok_or(LinkError::Unknown)?;
    let spec = match message(store, opened).await? {
        Some(run) => {
            store.run(workspace, run).await?.map(|run| PageSpec::parse(&run.spec)).unwrap_or_default()
        }
        None => PageSpec::default(),
    };
    let list = match opened.list() {
        Some(list) => store.list_by_id(workspace, list).await?,
        None => None,
    };
    let rows = rows(&profile, opened, list.is_some());
    let mut refusal = refusal(&rows, opened.token.level);
    let mut undoable = None;
    if let Some(row) = &mut refusal
        && let Some(known) = &mut row.known
        && let Some(entry) = store.entry(workspace, known.entry).await?
    {
        // A refusal that was said again counts from the latest time; people ask since when they are out.
        known.at = entry.occurred_at.map_or(known.at, |at| at.min(known.at));
        let by_link = entry.source == Source::ONE_CLICK || entry.source == Source::PAGE;
        undoable = (by_link && row.level == opened.token.level).then_some(entry.id);
    }
    Ok(About { spec, list, profile, rows, refusal, undoable })
}

/// The run whose message the link answers; for an undo, that of the entry that it takes back.
async fn message(store: &Store, opened: &Opened) -> Result<Option<RunId>, LinkError> {
    let Some(entry) = opened.token.entry() else { return Ok(opened.run()) };
    let entry = store.entry(opened.token.workspace, entry).await?;
    Ok(entry.ok_or(LinkError::Unknown)?.run)
}

fn rows(profile: &ProfileView, opened: &Opened, with_list: bool) -> Vec<Row> {
    let levels = [Level::Subscription, Level::Identity, Level::Channel, Level::Any];
    let shown = |level: &Level| match level {
        Level::Subscription => with_list,
        Level::Identity | Level::Channel => opened.channel().is_some(),
        Level::Any => true,
    };
    levels
        .into_iter()
        .filter(shown)
        .map(|level| {
            let target = opened.target(level);
            Row { level, target, known: value(profile, opened, target) }
        })
        .collect()
}

/// What is recorded for a value of the link's owner; `None` for nothing.
pub fn value(profile: &ProfileView, opened: &Opened, target: Target) -> Option<Known> {
    let held = held(profile, opened.owner.address, target).filter(|held| held.choice != Choice::Unset)?;
    Some(Known { choice: held.choice, at: held.at, entry: held.entry })
}

/// The refusal that already does what the link would: at its level, or at one that covers it.
fn refusal(rows: &[Row], level: Level) -> Option<Row> {
    let covers = |row: &&Row| match level {
        Level::Any => row.level == Level::Any,
        Level::Channel => matches!(row.level, Level::Any | Level::Channel),
        Level::Identity => row.level != Level::Subscription,
        Level::Subscription => true,
    };
    rows.iter()
        .rev()
        .filter(covers)
        .find(|row| row.known.as_ref().is_some_and(|known| known.choice.is_no()))
        .cloned()
}

/// A value in a profile.
pub(crate) fn held(profile: &ProfileView, address: AddressId, target: Target) -> Option<Held> {
    match target {
        Target::Field(field) => profile.values.get(&field).cloned(),
        Target::Identity(field) => {
            profile.addresses.iter().find(|view| view.id == address)?.values.get(&field).cloned()
        }
        Target::List(list) => {
            profile.subscriptions.iter().find(|(id, ..)| *id == list).map(|(.., held)| held.clone())
        }
    }
}
