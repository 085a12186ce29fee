//! `/choices`: somebody without a message types an address, and a link to the page of choices is sent there.
//!
//! The answer is the same whether the address is known or not, and takes the same time: whoever typed it learns nothing.

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use consent::Address;
use minijinja::context;
use store::{NoticeKind, StoreError};

use crate::http::form::Form;
use crate::http::requester::Requester;
use crate::pages::desk;
use crate::pages::sheet::{Sheet, channel_of, failed};
use crate::pages::state::PagesState;
use crate::pages::statement::statement;

/// `GET`: the form. Changes nothing (I4).
pub(crate) async fn show(
    State(state): State<PagesState>,
    RawQuery(query): RawQuery,
    requester: Requester,
) -> Response {
    let query = Form::of_query(query.as_deref());
    let shown = async {
        let sheet = load(&state, &requester, query.get("lang")).await?;
        let config = state.desk();
        if !config.email && !config.texts {
            return Ok(desk::no_sender(&state, &sheet));
        }
        Ok(form(&state, &sheet, "", StatusCode::OK))
    };
    shown.await.unwrap_or_else(|error| failed(&state, &requester, error))
}

/// `POST`: queues the link.
pub(crate) async fn post(
    State(state): State<PagesState>,
    requester: Requester,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Some(fields) = Form::read(&headers, &body) else { return desk::unreadable(&state, &requester) };
    let answered = take(&state, &requester, &fields).await;
    answered.unwrap_or_else(|error| failed(&state, &requester, error))
}

async fn take(state: &PagesState, requester: &Requester, fields: &Form) -> Result<Response, StoreError> {
    let sheet = load(state, requester, fields.get("lang")).await?;
    let typed = fields.get("address").unwrap_or_default();
    let Ok(address) = Address::guess(typed) else {
        return Ok(form(state, &sheet, typed, StatusCode::BAD_REQUEST));
    };
    if !state.desk().has_sender(address.namespace()) {
        return Ok(desk::no_sender(state, &sheet));
    }
    if !state.desk().sends_to(&address) {
        return Ok(desk::out_of_reach(state, &sheet));
    }
    if let Some(refused) = desk::refused(state, requester, &sheet) {
        return Ok(refused);
    }
    let words = sheet.words_for(None, channel_of(address.namespace()), Some(&address));
    let language = sheet.locale.tag;
    let asked = statement(state, requester, "find", language, &sheet.text("find", &words));
    desk::ask(state, NoticeKind::Choices, &address, None, language, asked).await?;
    let context = sheet.context(&words, context! { view => "found" });
    Ok(state.renderer().page(StatusCode::OK, "find.html", &context, None))
}

async fn load<'a>(
    state: &'a PagesState,
    requester: &Requester,
    language: Option<&str>,
) -> Result<Sheet<'a>, StoreError> {
    Sheet::load(state, requester, state.desk().workspace, [language, None]).await
}

/// The form; with what was typed if that is no address.
fn form(state: &PagesState, sheet: &Sheet<'_>, typed: &str, status: StatusCode) -> Response {
    let words = sheet.words("email");
    let wrong = status != StatusCode::OK;
    let own = context! { view => "form", typed => crate::http::text::cut(typed, 254), wrong };
    state.renderer().page(status, "find.html", &sheet.context(&words, own), None)
}
