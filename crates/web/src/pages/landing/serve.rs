//! `/l/TOKEN`: a landing page by the link in a message; `/pages/NAME`: the same for whoever has no link.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use consent::{Choice, Field, Purpose, Source, Timestamp};
use intake::unsubscribe::{self, Action, LinkError, Opened, Post};
use minijinja::{Value, context};
use store::{LandingPage, LandingPageId, LandingState, ProfileView};

use super::content::Content;
use super::form;
use super::page::{PRIMARY, THANKS, list_of};
use super::{clean, template};
use crate::http::head::content_type;
use crate::http::requester::Requester;
use crate::pages::depth::up;
use crate::pages::problem::Problem;
use crate::pages::screen::Screen;
use crate::pages::state::PagesState;
use crate::pages::statement::statement;
use crate::pages::token_path::TokenPath;
use crate::pages::widening;

const SAVED: HeaderValue = HeaderValue::from_static("?saved=1");
const NOTHING: HeaderValue = HeaderValue::from_static("?saved=0");

/// `GET`: the page, for the person whom the link names. Changes nothing (I4).
pub(crate) async fn show(
    State(state): State<PagesState>,
    TokenPath(token): TokenPath,
    RawQuery(query): RawQuery,
    requester: Requester,
) -> Response {
    let shown = async {
        let opened = open(&state, &token).await?;
        let Some((page, content)) = load(&state, &opened).await else { return choices(&state, &opened) };
        if expired(&state, &page) {
            return closed(&state, &requester, &opened, &content).await;
        }
        let (part, notice) = wanted(&content, query.as_deref());
        match view(&state, &requester, &opened, &content, part, notice).await? {
            Some(response) => Ok(response),
            None => choices(&state, &opened),
        }
    };
    shown.await.unwrap_or_else(|error: LinkError| Problem::from(&error).page(&state, &requester))
}

/// `POST`: records what the form says, each with what the person read, and goes back to the page.
pub(crate) async fn post(
    State(state): State<PagesState>,
    TokenPath(token): TokenPath,
    requester: Requester,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let saved = async {
        let Post::Page(Action::Save, fields) = unsubscribe::parse_post(content_type(&headers), &body) else {
            return Err(LinkError::OtherPurpose);
        };
        let opened = open(&state, &token).await?;
        let Some((page, content)) = load(&state, &opened).await else { return choices(&state, &opened) };
        if expired(&state, &page) {
            return closed(&state, &requester, &opened, &content).await;
        }
        let store = state.store();
        let mut changes = Vec::new();
        for (at, tick) in content.form.iter().enumerate() {
            let Some(choice) = form::said(at, tick.asks, &fields) else { continue };
            let list = list_of(store, opened.token.workspace, tick).await?;
            let Some(target) = form::target(tick.target, list, &opened) else { continue };
            // Beside a label such as "No more email", a no would read as its opposite.
            let done = if form::is_ticked(at, &fields) { "ticked" } else { "not ticked" };
            let said = format!("{} (version {}): {}: {done}", page.name, page.version, tick.label);
            changes.push((
                target,
                choice,
                statement(&state, &requester, "landing", &content.language, &said),
            ));
        }
        let (changes, _) =
            widening::admitted(&state, &opened, changes, |(_, choice, _)| *choice, false).await?;
        let back = if changes.is_empty() { NOTHING } else { SAVED };
        if !changes.is_empty() {
            let now = state.clock().now();
            unsubscribe::choose(store, &opened, changes, Source::PAGE, now).await?;
        }
        Ok((StatusCode::SEE_OTHER, [(header::LOCATION, back)]).into_response())
    };
    saved.await.unwrap_or_else(|error| Problem::from(&error).page(&state, &requester))
}

/// `GET`: the page without a person: its form isn't there. Changes nothing (I4).
pub(crate) async fn public(
    State(state): State<PagesState>,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
    requester: Requester,
) -> Response {
    let store = state.store();
    let page = match store.landing_page(state.desk().workspace, &name).await {
        Ok(page) => page.filter(|page| page.state == LandingState::Published),
        Err(error) => return Problem::from(&LinkError::from(error)).page(&state, &requester),
    };
    let content = match &page {
        Some(page) => readable(&state, page).await,
        None => None,
    };
    let Some((page, content)) = page.zip(content) else { return Problem::Missing.page(&state, &requester) };
    let locale = state.renderer().locales().choose([None, None], requester.accept_language.as_deref());
    let common = context! {
        lang => locale.tag, dir => locale.direction(), args => context! { brand_known => "" }, preview => false,
        choices => "", notice => "", nobody => false,
    };
    let own = if expired(&state, &page) {
        if let Some(response) = elsewhere(&content) {
            return response;
        }
        context! { closed => true }
    } else {
        let (part, _) = wanted(&content, query.as_deref());
        match render(&state, &content, part, template::nobody())
            .await
            .map(|html| body(&content, &html, Vec::new()))
        {
            Some(own) => context! { ..context! { nobody => !content.form.is_empty() }, ..own },
            None => return Problem::Missing.page(&state, &requester),
        }
    };
    state.renderer().page(StatusCode::OK, "landing.html", &context! { ..own, ..common }, None)
}

async fn open(state: &PagesState, token: &str) -> Result<Opened, LinkError> {
    let opened = unsubscribe::open(state.store(), token).await?;
    if opened.token.purpose == Purpose::Landing { Ok(opened) } else { Err(LinkError::OtherPurpose) }
}

/// The page that a link names, if it is published and can be read. Whatever else is the matter, the person gets the plain
/// page of choices (I3).
async fn load(state: &PagesState, opened: &Opened) -> Option<(LandingPage, Arc<Content>)> {
    let (workspace, id) = (opened.token.workspace, LandingPageId(opened.token.page()?));
    match state.store().landing_page_by_id(workspace, id).await {
        Ok(page) => {
            let page = page.filter(|page| page.state == LandingState::Published)?;
            let content = readable(state, &page).await?;
            Some((page, content))
        }
        Err(error) => {
            tracing::error!(page = id.0, error = %error, "a landing page can't be read");
            None
        }
    }
}

async fn readable(state: &PagesState, page: &LandingPage) -> Option<Arc<Content>> {
    let failed = |error: &super::LandingError| tracing::error!(page = page.name, error = %error, "a landing page is broken");
    state.studio().content(page).await.inspect_err(failed).ok()
}

fn expired(state: &PagesState, page: &LandingPage) -> bool {
    page.expires_at.is_some_and(|at: Timestamp| at <= state.clock().now())
}

/// On to the plain page of choices.
fn choices(state: &PagesState, opened: &Opened) -> Result<Response, LinkError> {
    let link = unsubscribe::preferences_link(state.store(), opened)?;
    let location = HeaderValue::try_from(format!("{}p/{link}", up())).map_err(|_| LinkError::Malformed)?;
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response())
}

/// Where an expired page leads, if its brand said so: `https`, as checked again here.
fn elsewhere(content: &Content) -> Option<Response> {
    let url = content.expired_redirect.as_deref().filter(|_| !super::offers_way_out(content))?;
    crate::pages::look::file::https("expired-redirect", url).ok()?;
    let location = HeaderValue::from_str(url).ok()?;
    Some((StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response())
}

async fn closed(
    state: &PagesState,
    requester: &Requester,
    opened: &Opened,
    content: &Content,
) -> Result<Response, LinkError> {
    if let Some(response) = elsewhere(content) {
        return Ok(response);
    }
    let screen = Screen::load(state, requester, opened).await?;
    let link = unsubscribe::preferences_link(state.store(), opened)?;
    let own =
        context! { closed => true, preview => false, notice => "", choices => format!("{}p/{link}", up()) };
    let words = screen.words(opened.token.level, None);
    Ok(state.renderer().page(StatusCode::OK, "landing.html", &screen.context(&words, own), None))
}

/// The part that a request is for, and what the page says above it.
fn wanted<'c>(content: &'c Content, query: Option<&str>) -> (&'c str, &'static str) {
    let part = |name: &str| content.parts.get_key_value(name).map_or(PRIMARY, |(name, _)| name.as_str());
    // Relays append parameters of their own.
    let pairs = query.unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
    let mut ours = pairs.filter(|(name, _)| matches!(*name, "saved" | "page"));
    match ours.next() {
        Some(("saved", "1")) => (part(THANKS), "landing-saved"),
        Some(("saved", "0")) => (PRIMARY, "landing-nothing"),
        Some(("page", name)) => (part(name), ""),
        _ => (PRIMARY, ""),
    }
}

/// The page; `None`, with a line in the log, if the brand's part of it can't be rendered for this person.
async fn view(
    state: &PagesState,
    requester: &Requester,
    opened: &Opened,
    content: &Arc<Content>,
    part: &str,
    notice: &str,
) -> Result<Option<Response>, LinkError> {
    let store = state.store();
    let workspace = opened.token.workspace;
    let profile = store.profile(workspace, opened.owner.profile).await?.ok_or(LinkError::Unknown)?;
    let mut boxes = Vec::new();
    for (at, tick) in content.form.iter().enumerate() {
        let list = list_of(store, workspace, tick).await?;
        // A list that is gone has no box.
        let Some(target) = form::target(tick.target, list, opened) else { continue };
        let ticked = form::shown(tick.asks, form::known(&profile, opened, target));
        boxes.push(context! { at => at, ticked => ticked, label => tick.label });
    }
    let Some(html) = render(state, content, part, attributes(&profile)).await else { return Ok(None) };
    let own = body(content, &html, boxes);
    let screen = Screen::load(state, requester, opened).await?;
    let link = unsubscribe::preferences_link(store, opened)?;
    let own = context! { preview => false, nobody => false, notice => notice, choices => format!("{}p/{link}", up()), ..own };
    let words = screen.words(opened.token.level, None);
    Ok(Some(state.renderer().page(StatusCode::OK, "landing.html", &screen.context(&words, own), None)))
}

/// What templates see of a person: nothing of one who refuses personalization.
fn attributes(profile: &ProfileView) -> Value {
    let refused = profile.values.get(&Field::PersonalizeContent).is_some_and(|held| held.choice.is_no());
    if refused {
        return template::nobody();
    }
    let read: Option<serde_json::Value> = serde_json::from_str(&profile.attributes).ok();
    read.map_or_else(template::nobody, Value::from_serialize)
}

/// A part, sanitised; `None`, with a line in the log, if that can't be done or takes too long.
async fn render(state: &PagesState, content: &Arc<Content>, part: &str, profile: Value) -> Option<Arc<str>> {
    let failed = |error: &super::LandingError| tracing::error!(part, error = %error, "a landing page can't be rendered");
    state.studio().render(content, part, profile).await.inspect_err(failed).ok()
}

/// The brand's part of the page, for the template.
pub(super) fn body(content: &Content, html: &str, boxes: Vec<Value>) -> Value {
    let (before, after) = html.split_once(clean::PLACE).unwrap_or((html, ""));
    // Where the part has no place for the form, there is none.
    let boxes = if before.len() == html.len() { Vec::new() } else { boxes };
    context! {
        closed => false,
        title => content.title,
        language => content.language,
        button => content.button,
        before => before,
        after => after.replace(clean::PLACE, ""),
        boxes => boxes,
    }
}

/// The boxes for a preview: as nobody has said anything yet.
pub(super) fn blank_boxes(content: &Content) -> Vec<Value> {
    let blank = |(at, tick): (usize, &super::Checkbox)| {
        context! { at => at, ticked => form::shown(tick.asks, Choice::Unset), label => tick.label }
    };
    content.form.iter().enumerate().map(blank).collect()
}

#[cfg(test)]
mod tests {
    use intake::unsubscribe::Fields;

    use super::*;
    use crate::pages::landing::Asks;

    fn fields(body: &str) -> Fields {
        let body = format!("via=page&action=save&{body}");
        let post = unsubscribe::parse_post("application/x-www-form-urlencoded", body.as_bytes());
        let Post::Page(Action::Save, fields) = post else { panic!("no form of ours: {body}") };
        fields
    }

    #[test]
    fn a_box_says_what_the_person_changed_and_nothing_else() {
        for (asks, body, said) in [
            (Asks::In, "was-0=n&box-0=y", Some(Choice::Yes)),
            (Asks::In, "was-0=n", None),
            (Asks::In, "was-0=y", None),
            (Asks::In, "was-0=y&box-0=y", None),
            (Asks::Out, "was-0=n&box-0=y", Some(Choice::No)),
            (Asks::Out, "was-0=n", None),
            (Asks::Out, "was-0=y", None),
            (Asks::Both, "was-0=n&box-0=y", Some(Choice::Yes)),
            (Asks::Both, "was-0=y", Some(Choice::No)),
            (Asks::Both, "was-0=n", None),
            (Asks::Both, "was-0=y&box-0=y", None),
            // Tampered with.
            (Asks::Both, "x=1", None),
            (Asks::In, "box-0=yes", None),
            (Asks::In, "box-0=y&box-0=y", None),
            (Asks::Out, "box-1=y", None),
        ] {
            assert_eq!(form::said(0, asks, &fields(body)), said, "{asks:?} {body}");
        }
    }
}
