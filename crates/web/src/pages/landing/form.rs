//! The form on a landing page: ours, filled with the brand's words.

use consent::{Choice, Level, Target};
use intake::unsubscribe::{Fields, Opened};
use serde::{Deserialize, Serialize};
use store::ProfileView;

/// Checkboxes of a form; each takes two of the 32 fields that a body may have.
pub const BOXES_MAX: usize = 12;

/// A checkbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Checkbox {
    /// What people agree to or refuse by it.
    pub label: String,
    /// What it does.
    pub asks: Asks,
    /// How far it reaches.
    pub target: Reach,
    /// The list's name, for [`Reach::List`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list: Option<String>,
}

/// What a checkbox does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Asks {
    /// Ticked: a yes. Not ticked: nothing.
    In,
    /// Ticked: a no. Not ticked: nothing.
    Out,
    /// Ticked: a yes; the tick taken away: a no. Left as it was: nothing.
    Both,
}

/// How far a checkbox reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reach {
    /// All marketing.
    All,
    /// The channel of the message.
    Channel,
    /// The address that the message went to.
    Identity,
    /// One list.
    List,
}

/// What is recorded of a checkbox's value: ticked or not, as the form showed it.
pub(super) fn shown(asks: Asks, known: Choice) -> bool {
    if asks == Asks::Out { known.is_no() } else { known.is_yes() }
}

/// Whether a checkbox is ticked in a posted form.
pub(super) fn is_ticked(at: usize, fields: &Fields) -> bool {
    fields.get(&format!("box-{at}")) == Some("y")
}

/// What a posted form says about a checkbox; `None` if it says nothing.
pub(super) fn said(at: usize, asks: Asks, fields: &Fields) -> Option<Choice> {
    let ticked = is_ticked(at, fields);
    let before = fields.get(&format!("was-{at}"));
    match (asks, ticked) {
        (_, ticked) if before == Some(if ticked { "y" } else { "n" }) => None,
        (Asks::In | Asks::Both, true) => Some(Choice::Yes),
        (Asks::Out, true) => Some(Choice::No),
        // Only a tick that was there can be taken away.
        (Asks::Both, false) => (before == Some("y")).then_some(Choice::No),
        (Asks::In | Asks::Out, false) => None,
    }
}

/// The value that a checkbox is about; `None` if its list is gone.
pub(super) fn target(reach: Reach, list: Option<consent::ListId>, opened: &Opened) -> Option<Target> {
    match reach {
        Reach::All => Some(opened.target(Level::Any)),
        Reach::Channel => Some(opened.target(Level::Channel)),
        Reach::Identity => Some(opened.target(Level::Identity)),
        Reach::List => list.map(Target::List),
    }
}

/// What is recorded of a value.
pub(super) fn known(profile: &ProfileView, opened: &Opened, target: Target) -> Choice {
    let held = match target {
        Target::Field(field) => profile.values.get(&field),
        Target::Identity(field) => {
            let mine = profile.addresses.iter().find(|view| view.id == opened.owner.address);
            mine.and_then(|view| view.values.get(&field))
        }
        Target::List(list) => {
            profile.subscriptions.iter().find(|(id, ..)| *id == list).map(|(.., held)| held)
        }
    };
    held.map_or(Choice::Unset, |held| held.choice)
}
