//! What the pages on which somebody types an address have in common: who sends for them, and how much.

use std::time::Duration;

use axum::http::StatusCode;
use axum::response::Response;
use consent::jurisdiction::Country;
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
    /// Where texts go.
    pub text_countries: Vec<Country>,
    /// Requests an hour of one client network (/24 of IPv4, /48 of IPv6), a quarter of that of one client (/64 of IPv6);
    /// past it, 429.
    pub per_network: u16,
    /// Requests a minute in all, on this node; past it, 429. One network gets a tenth of them.
    pub per_minute: u32,
    /// What may wait.
    pub notices: NoticeLimits,
}

impl DeskConfig {
    /// How long an opt-in can be confirmed, unless said otherwise.
    pub const CONFIRM_WITHIN: Duration = Duration::from_hours(48);
    /// What may wait.
    pub const NOTICES: NoticeLimits = NoticeLimits { waiting_max: 10_000 };

    /// Sends to neither.
    pub const fn new(workspace: WorkspaceId) -> Self {
        Self {
            workspace,
            email: false,
            texts: false,
            confirm_within: Self::CONFIRM_WITHIN,
            text_countries: Vec::new(),
            per_network: 120,
            per_minute: 200,
            notices: Self::NOTICES,
        }
    }

    /// Whether something sends to addresses of this kind.
    pub fn has_sender(&self, namespace: &Namespace) -> bool {
        match namespace {
            Namespace::Email => self.email,
            Namespace::Phone => self.texts,
            Namespace::Push | Namespace::Custom(_) => false,
        }
    }

    /// Whether something sends to such an address. Told by the address alone, not by what is known of it.
    pub fn sends_to(&self, address: &Address) -> bool {
        match address.namespace() {
            Namespace::Email => self.email,
            Namespace::Phone => {
                let country = || address.texted_country();
                self.texts && country().is_some_and(|country| self.text_countries.contains(&country))
            }
            Namespace::Push | Namespace::Custom(_) => false,
        }
    }
}

/// Nothing sends for the page: says what to do instead.
pub(crate) fn no_sender(state: &WebState, sheet: &Sheet<'_>) -> Response {
    sheet.refusal(state, StatusCode::SERVICE_UNAVAILABLE, "no-sender")
}

/// Nothing sends to this number: it isn't one of a person's, or of a country that texts go to.
pub(crate) fn out_of_reach(state: &WebState, sheet: &Sheet<'_>) -> Response {
    sheet.refusal(state, StatusCode::BAD_REQUEST, "no-sender")
}

/// Counts a post that can be taken; the page to answer with if there were too many. What can't be taken isn't counted, so
/// that it uses up nobody's share.
pub(crate) fn refused(state: &WebState, requester: &Requester, sheet: &Sheet<'_>) -> Option<Response> {
    let admitted = state.limits().admit(requester.client(), state.config().clock.now());
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
