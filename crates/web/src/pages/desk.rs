//! What the pages on which somebody types an address have in common: who sends for them, and how much.

pub(crate) mod config;

use axum::http::StatusCode;
use axum::response::Response;
use consent::{Address, Evidence, ListId};
use intake::unsubscribe::LinkError;
use store::{NewNotice, NoticeKind, StoreError};

use crate::http::requester::Requester;
use crate::pages::problem::Problem;
use crate::pages::sheet::Sheet;
use crate::pages::state::PagesState;

/// Nothing sends for the page: says what to do instead.
pub(crate) fn no_sender(state: &PagesState, sheet: &Sheet<'_>) -> Response {
    sheet.refusal(state, StatusCode::SERVICE_UNAVAILABLE, "no-sender")
}

/// Nothing sends to this number: it isn't one of a person's, or of a country that texts go to.
pub(crate) fn out_of_reach(state: &PagesState, sheet: &Sheet<'_>) -> Response {
    sheet.refusal(state, StatusCode::BAD_REQUEST, "no-sender")
}

/// Counts a post that can be taken; the page to answer with if there were too many. What can't be taken isn't counted, so
/// that it uses up nobody's share.
pub(crate) fn refused(state: &PagesState, requester: &Requester, sheet: &Sheet<'_>) -> Option<Response> {
    let admitted = state.limits().admit(requester.client(), state.clock().now());
    (!admitted).then(|| sheet.refusal(state, StatusCode::TOO_MANY_REQUESTS, "too-many"))
}

/// Queues what is to be sent, the only thing that a post does. The answer is the same whatever becomes of it, so that
/// nobody learns what an address has had.
pub(crate) async fn ask(
    state: &PagesState,
    kind: NoticeKind,
    address: &Address,
    list: Option<ListId>,
    language: &str,
    asked: Evidence,
) -> Result<(), StoreError> {
    let desk = state.desk();
    let notice = NewNotice {
        kind,
        address: address.clone(),
        list,
        language: language.to_owned(),
        asked,
        at: state.clock().now(),
    };
    state.store().ask_notice(desk.workspace, notice, desk.notices).await.map(drop)
}

/// A body that no form of ours sends.
pub(crate) fn unreadable(state: &PagesState, requester: &Requester) -> Response {
    Problem::from(&LinkError::OtherPurpose).page(state, requester)
}
