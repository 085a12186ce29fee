//! What a person agreed to or refused on a page, as evidence.

use consent::Evidence;
use serde::Serialize;
use store::OptInRequest;

use crate::http::requester::Requester;
use crate::pages::state::PagesState;

/// Kept as JSON in the evidence of the entry.
#[derive(Serialize)]
struct Statement<'a> {
    page: &'a str,
    version: &'a str,
    language: &'a str,
    said: &'a str,
}

/// The evidence for a change that a page made: which page, in which version of its template and texts and in which
/// language, and the words that the person agreed to or refused.
pub(crate) fn statement(
    state: &PagesState,
    requester: &Requester,
    page: &'static str,
    language: &str,
    said: &str,
) -> Evidence {
    let statement = Statement { page, version: &state.renderer().version(), language, said };
    requester.evidence(serde_json::to_string(&statement).expect("strings can be written"))
}

/// The evidence for a confirmation: the same, with who had asked for it, when and in which words.
pub(crate) fn confirmation(
    state: &PagesState,
    requester: &Requester,
    language: &str,
    said: &str,
    request: &OptInRequest,
) -> Evidence {
    #[derive(Serialize)]
    struct Confirmation<'a> {
        #[serde(flatten)]
        statement: Statement<'a>,
        asked_at: String,
        asked: &'a Evidence,
    }
    let version = &state.renderer().version();
    let confirmation = Confirmation {
        statement: Statement { page: "confirm", version, language, said },
        asked_at: request.requested_at.to_string(),
        asked: &request.asked,
    };
    requester.evidence(serde_json::to_string(&confirmation).expect("strings can be written"))
}
