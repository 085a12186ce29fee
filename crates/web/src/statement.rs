//! What a person agreed to or refused on a page, as evidence.

use consent::Evidence;
use serde::Serialize;

use crate::requester::Requester;
use crate::state::WebState;

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
    state: &WebState,
    requester: &Requester,
    page: &'static str,
    language: &str,
    said: &str,
) -> Evidence {
    let statement = Statement { page, version: &state.renderer().version(), language, said };
    requester.evidence(serde_json::to_string(&statement).expect("strings can be written"))
}
