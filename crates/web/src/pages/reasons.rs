//! The reasons that people may choose from once they have opted out.

use std::collections::BTreeMap;

use serde::Serialize;
use store::OptOutReason;

use crate::pages::screen::Screen;
use crate::pages::state::PagesState;

/// The codes of the pages' own, whose texts are named `reason-CODE`.
const OWN: [&str; 5] = ["too-many", "not-relevant", "never-asked", "other-address", "other"];

/// A reason as a page offers it.
#[derive(Serialize)]
pub(crate) struct Reason {
    pub code: String,
    pub text: String,
}

/// What is offered in the reader's language: the brand's, or the pages' own. Settings that can't be read are no reason
/// to show an error where somebody has just opted out.
pub(crate) async fn offered(state: &PagesState, screen: &Screen<'_>) -> Vec<Reason> {
    let settings = state.store().settings(screen.opened.token.workspace).await.unwrap_or_default();
    match settings.opt_out_reasons {
        Some(reasons) => brands(&reasons, screen.locale.tag),
        None => OWN.into_iter().map(|code| own(code, screen)).collect(),
    }
}

fn brands(reasons: &[OptOutReason], language: &str) -> Vec<Reason> {
    let usable = reasons.iter().filter(|reason| reason.check().is_ok()).take(OptOutReason::REASONS_MAX);
    usable
        .filter_map(|reason| {
            let text = reason.text(language)?.to_owned();
            Some(Reason { code: reason.code.clone(), text })
        })
        .collect()
}

fn own(code: &str, screen: &Screen<'_>) -> Reason {
    let text = screen.text(&format!("reason-{code}"), &BTreeMap::new(), &[]);
    Reason { code: code.to_owned(), text }
}
