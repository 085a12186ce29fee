//! What the page of choices asks with a yes and a no: the ways to reach a person, lists, content made for it.

use std::collections::BTreeMap;

use consent::decide::ListState;
use consent::{Channel, Choice, Field, Level, Target, Timestamp};
use intake::unsubscribe::{Centre, Known, ListRow, Row};
use minijinja::{Value, context};
use serde::Serialize;

use crate::pages::screen::Screen;

/// The part of the page that a question stands in, by the name of its heading's text.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) enum Part {
    #[serde(rename = "section-channels")]
    Channels,
    #[serde(rename = "section-lists")]
    Lists,
    /// One question, which is its own heading.
    #[serde(rename = "")]
    Personal,
}

/// A value that can be said yes or no to.
#[derive(Serialize)]
pub(super) struct Question {
    #[serde(skip)]
    pub part: Part,
    /// The form's field.
    pub name: String,
    #[serde(skip)]
    pub target: Target,
    title: String,
    about: String,
    /// What is recorded, since when.
    state: String,
    /// What is ticked. Only a plain yes or no is, so that nobody agrees to more than they see.
    pub was: &'static str,
    /// Whether a yes can be said.
    pub yes: bool,
    /// Whether a no is offered; one that is said is heard in any case.
    no: bool,
}

impl Question {
    /// What is asked, in the words that the page shows.
    pub fn words(&self) -> String {
        if self.about.is_empty() { self.title.clone() } else { format!("{}. {}", self.title, self.about) }
    }
}

/// All questions in the page's order.
pub(super) fn questions(screen: &Screen<'_>, centre: &Centre) -> Vec<Question> {
    let ways = centre.ways.iter().map(|row| way(screen, row));
    let lists = centre.lists.iter().map(|row| list(screen, row));
    ways.chain(lists).chain(std::iter::once(personal(screen, centre))).collect()
}

/// The questions by part, for the template.
pub(super) fn sections(questions: &[Question]) -> Vec<Value> {
    let parts = [(Part::Channels, "rule"), (Part::Lists, "lists-lead"), (Part::Personal, "")];
    let section = |(part, note): (Part, &str)| {
        let rows: Vec<&Question> = questions.iter().filter(|question| question.part == part).collect();
        (!rows.is_empty()).then(|| context! { title => part, note => note, rows => rows })
    };
    parts.into_iter().filter_map(section).collect()
}

fn way(screen: &Screen<'_>, row: &Row) -> Question {
    let words = screen.words(row.level, None);
    let channel = match row.target {
        Target::Field(field) => field.channel(),
        _ => screen.opened.channel(),
    };
    let name = match (row.level, channel) {
        (Level::Channel, Some(channel)) => channel.as_str(),
        (level, _) => level.as_str(),
    };
    let channel = channel.map_or_else(String::new, |channel: Channel| channel.as_str().to_owned());
    let level = row.level.as_str().to_owned();
    Question {
        part: Part::Channels,
        name: name.to_owned(),
        target: row.target,
        title: screen.text("row", &words, &[("channel", channel), ("level", level)]),
        about: String::new(),
        state: state(screen, row.known.as_ref()),
        was: ticked(row.known.as_ref()),
        yes: true,
        no: true,
    }
}

fn list(screen: &Screen<'_>, row: &ListRow) -> Question {
    let (list, language) = (&row.list, screen.locale.tag);
    let when = |at: Option<Timestamp>| at.and_then(|at| screen.date(at)).unwrap_or_default();
    let note = match row.state {
        ListState::NotStarted => Some(("list-starts", when(list.starts_at))),
        ListState::Expired => Some(("list-ended", when(list.ends_at))),
        ListState::Live => None,
    };
    let note = note.map(|(key, date)| screen.text(key, &BTreeMap::new(), &[("date", date)]));
    // Of a list, nothing needs to be said until there is something.
    let known = row.known.as_ref().map(|known| state(screen, Some(known)));
    let states: Vec<String> = note.into_iter().chain(known).collect();
    Question {
        part: Part::Lists,
        name: format!("list.{}", list.id.0),
        target: Target::List(list.id),
        title: list.title(language).to_owned(),
        about: list.description(language).unwrap_or_default().to_owned(),
        state: states.join(" · "),
        was: ticked(row.known.as_ref()),
        yes: row.can_be_joined(),
        no: row.can_be_left(),
    }
}

fn personal(screen: &Screen<'_>, centre: &Centre) -> Question {
    let words = screen.words(screen.opened.token.level, None);
    Question {
        part: Part::Personal,
        name: "personalize".to_owned(),
        target: Target::Field(Field::PersonalizeContent),
        title: screen.text("section-personal", &words, &[]),
        about: screen.text("personal-lead", &words, &[]),
        state: state(screen, centre.personal.as_ref()),
        was: ticked(centre.personal.as_ref()),
        yes: true,
        no: true,
    }
}

fn ticked(known: Option<&Known>) -> &'static str {
    match known.map(|known| known.choice) {
        Some(choice) if choice.is_yes() => "y",
        Some(choice) if choice.is_no() => "n",
        _ => "",
    }
}

fn state(screen: &Screen<'_>, known: Option<&Known>) -> String {
    let words = BTreeMap::new();
    let Some(known) = known else { return screen.text("known-nothing", &words, &[]) };
    let date = (known.at != Timestamp::UNDATED).then(|| screen.date(known.at)).flatten();
    let key = match known.choice {
        choice if choice.is_yes() => "known-yes",
        choice if choice.is_no() => "known-no",
        Choice::Pending => return screen.text("known-pending", &words, &[]),
        other => return screen.text("known-other", &words, &[("value", other.to_string())]),
    };
    match date {
        Some(date) => screen.text(key, &words, &[("date", date)]),
        None => screen.text(&format!("{key}-undated"), &words, &[]),
    }
}
