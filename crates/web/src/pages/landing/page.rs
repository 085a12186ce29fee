//! What a landing page must be to be published.

use consent::promise::{About, covers, promised};
use consent::{Level, ListId, Timestamp, WorkspaceId};
use store::{LandingPage, NewLandingPage, Store, StoreError};

use super::clean::PLACE;
use super::content::{Content, LandingError};
use super::form::{self, Asks, Checkbox, Reach};
use super::template;
use crate::pages::look::file::https;

/// The part that a link opens.
pub const PRIMARY: &str = "primary";
/// The part that is shown after saving, if there is one.
pub(super) const THANKS: &str = "thanks";
/// Parts of a page.
pub const PARTS_MAX: usize = 20;
/// Bytes of one part's template.
const PART_BYTES_MAX: usize = 64 << 10;
/// Characters of a title, a label and a button.
const WORDS_CHARS_MAX: usize = 300;

/// Whether somebody can opt out on a page: of all marketing, of the channel or of the address.
pub fn offers_way_out(content: &Content) -> bool {
    content.form.iter().any(|tick| tick.asks != Asks::In && tick.target != Reach::List)
}

/// Everything that keeps a page from being published; empty if nothing does. Reads only.
pub async fn check(
    store: &Store,
    workspace: WorkspaceId,
    content: &Content,
) -> Result<Vec<LandingError>, StoreError> {
    let mut problems = Vec::new();
    let mut refuse = |what: String| problems.push(LandingError(what));
    for (name, text) in [("title", &content.title), ("language", &content.language)] {
        if !words(text) {
            refuse(format!("{name} is empty or longer than {WORDS_CHARS_MAX} characters"));
        }
    }
    if let Some(at) = &content.expires
        && Timestamp::parse(at).is_err()
    {
        refuse(format!("expires = {at:?} is no time such as 2027-01-31T00:00:00Z"));
    }
    if let Some(url) = &content.expired_redirect {
        if let Err(error) = https("expired-redirect", url) {
            refuse(error.to_string());
        }
        if offers_way_out(content) {
            refuse("expired-redirect: a page with an opt-out may not lead elsewhere: people still look for the way out".to_owned());
        }
    }
    if !content.parts.contains_key(PRIMARY) {
        refuse(format!("parts.{PRIMARY} is missing"));
    }
    if content.parts.len() > PARTS_MAX {
        refuse(format!("there are more than {PARTS_MAX} parts"));
    }
    for (name, source) in &content.parts {
        if !part_name(name) {
            refuse(format!("parts.{name:?}: a name has 1 to 64 of the characters a-z, 0-9, - and _"));
        } else if source.len() > PART_BYTES_MAX {
            refuse(format!("parts.{name} has more than {PART_BYTES_MAX} bytes"));
        } else if let Err(error) = template::trial(content, name) {
            refuse(format!("parts.{name}: {error}"));
        }
    }
    check_form(content, &mut refuse);
    for tick in content.form.iter().filter(|tick| tick.target == Reach::List) {
        let list = tick.list.as_deref().unwrap_or_default();
        if store.list_by_name(workspace, list).await?.is_none() {
            problems.push(LandingError(format!("form: there is no list `{list}` here")));
        }
    }
    Ok(problems)
}

fn check_form(content: &Content, refuse: &mut impl FnMut(String)) {
    if content.form.len() > form::BOXES_MAX {
        refuse(format!("the form has more than {} checkboxes", form::BOXES_MAX));
    }
    if !content.form.is_empty() && !words(&content.button) {
        refuse("button is empty or too long: say what it does, such as \"Save my choices\"".to_owned());
    }
    for (at, tick) in content.form.iter().enumerate() {
        if !words(&tick.label) {
            refuse(format!("form, checkbox {}: the label is empty or too long", at + 1));
        }
        if let Some(problem) = overpromises(tick, &content.language) {
            refuse(format!("form, checkbox {}: {problem}", at + 1));
        }
        if (tick.target == Reach::List) != tick.list.is_some() {
            refuse(format!(
                "form, checkbox {}: a list is named for the target list, and only for it",
                at + 1
            ));
        }
    }
    let stands = || template::trial(content, PRIMARY).is_ok_and(|html| html.contains(PLACE));
    if !content.form.is_empty() && !stands() {
        refuse("parts.primary doesn't show the form to everybody: write {{ form }}".to_owned());
    }
}

/// Whether the label of an opt-out says more than the box does.
fn overpromises(tick: &Checkbox, language: &str) -> Option<String> {
    if tick.asks != Asks::Out {
        return None;
    }
    let level = match tick.target {
        Reach::All => Level::Any,
        Reach::Channel => Level::Channel,
        Reach::Identity => Level::Identity,
        Reach::List => Level::Subscription,
    };
    let list: Vec<String> =
        tick.list.iter().flat_map(|name| [name.clone(), name.replace(['-', '_'], " ")]).collect();
    let promise = promised(&tick.label, &About { channel: None, language: Some(language), list: &list })?;
    let target = match promise {
        Level::Any => "all",
        Level::Channel => "channel",
        Level::Identity => "identity",
        Level::Subscription => "list",
    };
    let problem = || {
        format!(
            "{:?} says more than the box does; write target = \"{target}\", or say only what it does",
            tick.label
        )
    };
    (!covers(level, promise)).then(problem)
}

fn words(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= WORDS_CHARS_MAX && !text.chars().any(char::is_control)
}

fn part_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
    (1..=64).contains(&name.len()) && name.bytes().all(allowed)
}

/// Keeps a page as a draft, with whatever keeps it from being published.
pub async fn put(
    store: &Store,
    workspace: WorkspaceId,
    name: &str,
    content: &Content,
    at: Timestamp,
) -> Result<(LandingPage, Vec<LandingError>), StoreError> {
    let problems = check(store, workspace, content).await?;
    let body = serde_json::to_string(content).expect("strings can be written");
    let expires_at = content.expires.as_deref().and_then(|at| Timestamp::parse(at).ok());
    let new = NewLandingPage { name: name.to_owned(), body, expires_at, at };
    Ok((store.put_landing_page(workspace, new).await?, problems))
}

/// The list that a checkbox is about, in this workspace.
pub(super) async fn list_of(
    store: &Store,
    workspace: WorkspaceId,
    tick: &Checkbox,
) -> Result<Option<ListId>, StoreError> {
    match &tick.list {
        Some(name) => Ok(store.list_by_name(workspace, name).await?.map(|list| list.id)),
        None => Ok(None),
    }
}
