//! What the page of choices offers: every way to reach the person, the lists, and what it may ask for beside.

use std::collections::BTreeSet;

use consent::decide::ListState;
use consent::{Channel, Field, Level, ListId, Target, Timestamp};
use store::{List, Store};

use super::page::{self, About, Known, Row};
use super::{LinkError, Opened};

/// The channels that the pages speak of.
const CHANNELS: [Channel; 4] = [Channel::Email, Channel::Sms, Channel::Push, Channel::WhatsApp];
/// Most lists shown to somebody who is on them.
const OWN_LISTS_MAX: usize = 100;
/// Most lists shown, as long as the person isn't on more.
const LISTS_MAX: usize = 30;
/// Bytes of titles and descriptions up to which further public lists are offered: a page stays below 30 KB.
const LIST_TEXT_BYTES_MAX: usize = 8 * 1024;

/// What the page of choices offers.
#[derive(Clone, Debug)]
pub struct Centre {
    /// This address, each channel that reaches the person, everything; narrowest first.
    pub ways: Vec<Row>,
    /// The channels among them.
    pub channels: Vec<Channel>,
    /// The lists, in the order of their position.
    pub lists: Vec<ListRow>,
    /// Whether content may be made for the person.
    pub personal: Option<Known>,
}

/// A list that the page of choices shows.
#[derive(Clone, Debug)]
pub struct ListRow {
    /// The list.
    pub list: List,
    /// Whether it is in use.
    pub state: ListState,
    /// What is recorded for it.
    pub known: Option<Known>,
}

/// Gathers what the page of choices offers, at `now` and in `language` (BCP 47). Reads only (I4).
///
/// Shown are public lists, and all that anything is recorded of: up to 30 and 8 KiB of texts, and beyond that those that
/// the person has a value for, up to 100 (whoever is on more leaves them with the channel). Public lists that have ended
/// aren't offered.
pub async fn centre(
    store: &Store,
    opened: &Opened,
    about: &About,
    language: &str,
    now: Timestamp,
) -> Result<Centre, LinkError> {
    let lists = store.lists(opened.token.workspace).await?;
    let channels = channels(opened, about);
    Ok(Centre {
        ways: ways(opened, about, &channels),
        channels,
        lists: shown(lists, opened, about, language, now),
        personal: page::value(&about.profile, opened, Target::Field(Field::PersonalizeContent)),
    })
}

/// The link's own, those of the person's addresses, and those of which anything is recorded.
fn channels(opened: &Opened, about: &About) -> Vec<Channel> {
    let reached: BTreeSet<Channel> =
        about.profile.addresses.iter().filter_map(|address| address.namespace.main_channel()).collect();
    let shown = |channel: &Channel| {
        opened.channel() == Some(*channel)
            || reached.contains(channel)
            || page::value(&about.profile, opened, Target::Field(channel.field())).is_some()
    };
    CHANNELS.into_iter().filter(shown).collect()
}

fn ways(opened: &Opened, about: &About, channels: &[Channel]) -> Vec<Row> {
    let own = |level: Level| about.rows.iter().filter(move |row| row.level == level).cloned();
    let of_channel = |channel: &Channel| {
        let target = Target::Field(channel.field());
        Row { level: Level::Channel, target, known: page::value(&about.profile, opened, target) }
    };
    own(Level::Identity).chain(channels.iter().map(of_channel)).chain(own(Level::Any)).collect()
}

fn shown(
    mut lists: Vec<List>,
    opened: &Opened,
    about: &About,
    language: &str,
    now: Timestamp,
) -> Vec<ListRow> {
    lists.sort_by(|a, b| (a.details.position, &a.name).cmp(&(b.details.position, &b.name)));
    let rows: Vec<ListRow> = lists
        .into_iter()
        .map(|list| {
            let known = page::value(&about.profile, opened, Target::List(list.id));
            ListRow { state: list.state(now), known, list }
        })
        .filter(|row| row.concerns(opened) || row.list.details.public && row.state != ListState::Expired)
        .collect();
    let chosen = within_limits(&rows, opened, language);
    rows.into_iter().filter(|row| chosen.contains(&row.list.id)).collect()
}

/// Those that concern the person first, then as many others as fit.
fn within_limits(rows: &[ListRow], opened: &Opened, language: &str) -> BTreeSet<ListId> {
    let text_bytes =
        |row: &ListRow| row.list.title(language).len() + row.list.description(language).map_or(0, str::len);
    let own: Vec<&ListRow> = rows.iter().filter(|row| row.concerns(opened)).take(OWN_LISTS_MAX).collect();
    let mut bytes: usize = own.iter().map(|row| text_bytes(row)).sum();
    let others = rows.iter().filter(|row| !row.concerns(opened)).take_while(|row| {
        bytes += text_bytes(row);
        bytes <= LIST_TEXT_BYTES_MAX
    });
    let others: Vec<&ListRow> = others.take(LISTS_MAX.saturating_sub(own.len())).collect();
    own.into_iter().chain(others).map(|row| row.list.id).collect()
}

impl ListRow {
    /// Something is recorded of it, or the message was bound to it.
    fn concerns(&self, opened: &Opened) -> bool {
        self.known.is_some() || opened.list() == Some(self.list.id)
    }

    /// Whether the person may join it: only a list in use.
    pub fn can_be_joined(&self) -> bool {
        self.state == ListState::Live
    }

    /// Whether there is anything to leave: a list that isn't in use brings nothing to those who aren't on it.
    pub fn can_be_left(&self) -> bool {
        self.can_be_joined() || self.known.is_some()
    }
}
