//! What the pages on which somebody types an address have in common: who sends for them, and how much.

use std::time::Duration;

use axum::http::StatusCode;
use axum::response::Response;
use consent::{Address, Evidence, ListId, Namespace, WorkspaceId};
use intake::unsubscribe::LinkError;
use store::{NewNotice, NoticeKind, NoticeLimits, StoreError};

use crate::problem::Problem;
use crate::requester::Requester;
use crate::sheet::Sheet;
use crate::state::WebState;

/// How the pages are served on which somebody types an address.
#[derive(Clone, Debug)]
pub struct DeskConfig {
    /// Whose lists and people they are about.
    pub workspace: WorkspaceId,
    /// Whether something sends to email addresses.
    pub email: bool,
    /// Whether something sends to phone numbers.
    pub texts: bool,
    /// How long an opt-in can be confirmed.
    pub confirm_within: Duration,
    /// Requests an hour of one client network (/24 of IPv4, /64 of IPv6); past it, 429.
    pub per_network: u16,
    /// Requests a minute in all, on this node; past it, 429.
    pub per_minute: u32,
    /// What one address gets, and what may wait.
    pub notices: NoticeLimits,
}

impl DeskConfig {
    /// How long an opt-in can be confirmed, unless said otherwise.
    pub const CONFIRM_WITHIN: Duration = Duration::from_hours(48);
    /// What one address gets: the second one of an hour is the one resend.
    pub const NOTICES: NoticeLimits = NoticeLimits { per_hour: 2, per_day: 6, waiting_max: 10_000 };

    /// Sends to neither.
    pub const fn new(workspace: WorkspaceId) -> Self {
        Self {
            workspace,
            email: false,
            texts: false,
            confirm_within: Self::CONFIRM_WITHIN,
            per_network: 120,
            per_minute: 200,
            notices: Self::NOTICES,
        }
    }

    /// Whether something sends to such an address.
    pub fn sends_to(&self, namespace: &Namespace) -> bool {
        match namespace {
            Namespace::Email => self.email,
            Namespace::Phone => self.texts,
            Namespace::Push | Namespace::Custom(_) => false,
        }
    }
}

/// Nothing sends for the page: says what to do instead.
pub(crate) fn no_sender(state: &WebState, sheet: &Sheet<'_>) -> Response {
    sheet.refusal(state, StatusCode::SERVICE_UNAVAILABLE, "no-sender")
}

/// Counts a post; the page to answer with if there were too many.
pub(crate) fn refused(state: &WebState, requester: &Requester, sheet: &Sheet<'_>) -> Option<Response> {
    let admitted = state.limits().admit(requester.network(), state.config().clock.now());
    (!admitted).then(|| sheet.refusal(state, StatusCode::TOO_MANY_REQUESTS, "too-many"))
}

/// Queues what is to be sent, the only thing that a post does. The answer is the same whatever becomes of it, so that
/// nobody learns what an address has had.
pub(crate) async fn ask(
    state: &WebState,
    kind: NoticeKind,
    address: &Address,
    list: Option<ListId>,
    language: &str,
    asked: Evidence,
) -> Result<(), StoreError> {
    let desk = &state.config().desk;
    let notice = NewNotice {
        kind,
        address: address.clone(),
        list,
        language: language.to_owned(),
        asked,
        at: state.config().clock.now(),
    };
    state.config().store.ask_notice(desk.workspace, notice, desk.notices).await.map(drop)
}

/// A body that no form of ours sends.
pub(crate) fn unreadable(state: &WebState, requester: &Requester) -> Response {
    Problem::from(&LinkError::OtherPurpose).page(state, requester)
}
