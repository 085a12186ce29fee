//! A list, as it is shown, and what can be asked for of it.

use std::collections::BTreeMap;

use consent::decide::ListState;
use consent::{ListId, Timestamp};
use serde::Serialize;
use store::{List, ListDetails};

use crate::shape;

/// A list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = List)]
#[serde(rename_all = "camelCase")]
pub struct Shown {
    /// Its id.
    #[serde(serialize_with = "shape::text")]
    #[schema(value_type = String)]
    pub id: ListId,
    /// Its name.
    pub name: String,
    /// When it starts.
    #[serde(serialize_with = "shape::text_or_null")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub start: Option<Timestamp>,
    /// When it ends.
    #[serde(serialize_with = "shape::text_or_null")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub end: Option<Timestamp>,
    /// `live`, `notStarted` or `expired`.
    #[schema(value_type = String)]
    pub state: &'static str,
    /// Whether it is offered to everybody.
    pub public: bool,
    /// Whether joining it takes a confirmation.
    pub double_opt_in: bool,
    /// Where it stands among the others.
    pub position: i32,
    /// What it is called, by language.
    pub texts: BTreeMap<String, Text>,
}

/// What a list is called in one language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = ListText)]
#[serde(rename_all = "camelCase")]
pub struct Text {
    /// Its title.
    pub title: String,
    /// What it brings.
    pub description: String,
}

impl Shown {
    /// Stands for what can be changed of the list: two that say the same have the same.
    pub fn version(&self) -> String {
        let Self { id, name, start, end, public, double_opt_in, position, texts, state: _ } = self;
        let times = [start, end].map(|time| time.map(|time| time.0));
        shape::version(&(id.0, name, times, public, double_opt_in, position, texts))
    }

    /// A list as it is at a moment.
    pub fn of(list: List, now: Timestamp) -> Self {
        let state = match list.state(now) {
            ListState::Live => "live",
            ListState::NotStarted => "notStarted",
            ListState::Expired => "expired",
        };
        let List { id, name, starts_at, ends_at, details } = list;
        let ListDetails { public, double_opt_in, position, texts } = details;
        let text = |text: store::ListText| Text { title: text.title, description: text.description };
        let texts = texts.into_iter().map(|(language, written)| (language, text(written))).collect();
        Self { id, name, start: starts_at, end: ends_at, state, public, double_opt_in, position, texts }
    }
}

/// What is asked for of how people meet a list; what is `None` or isn't named stays.
#[derive(Clone, Debug, Default)]
pub struct Details {
    /// Titles by language; an empty one takes the language away.
    pub titles: Vec<(String, String)>,
    /// Descriptions by language, of those that have a title.
    pub descriptions: Vec<(String, String)>,
    /// Whether it is offered to everybody.
    pub public: Option<bool>,
    /// Whether joining it takes a confirmation.
    pub double_opt_in: Option<bool>,
    /// Where it stands among the others.
    pub position: Option<i32>,
}

impl Details {
    /// The details with what is asked for, or the language that has no title.
    pub(crate) fn applied(self, mut details: ListDetails) -> Result<ListDetails, String> {
        for (language, title) in self.titles {
            if title.is_empty() {
                details.texts.remove(&language);
            } else {
                details.texts.entry(language).or_default().title = title;
            }
        }
        for (language, description) in self.descriptions {
            match details.texts.get_mut(&language) {
                Some(text) => text.description = description,
                None => return Err(language),
            }
        }
        details.public = self.public.unwrap_or(details.public);
        details.double_opt_in = self.double_opt_in.unwrap_or(details.double_opt_in);
        details.position = self.position.unwrap_or(details.position);
        Ok(details)
    }
}
