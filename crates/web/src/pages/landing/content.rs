//! What a landing page consists of.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use store::LandingPage;

use super::form::Checkbox;

/// A landing page as a brand writes it, and as it is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Content {
    /// The page's title.
    pub title: String,
    /// BCP 47 tag of what it is written in.
    pub language: String,
    /// When it isn't shown any more, RFC 3339.
    pub expires: Option<String>,
    /// Where it leads from then on, `https`; without it, to a page that says so.
    pub expired_redirect: Option<String>,
    /// What the form's button says.
    pub button: String,
    /// The templates by name: `primary`, and any others, which `?page=NAME` opens. `thanks` is shown after saving.
    pub parts: BTreeMap<String, String>,
    /// The form's checkboxes, in order.
    pub form: Vec<Checkbox>,
}

/// Why a landing page can't be published, or not be shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct LandingError(pub String);

impl Content {
    /// Reads what is kept.
    pub(super) fn parse(page: &LandingPage) -> Result<Self, LandingError> {
        serde_json::from_str(&page.body).map_err(|error| LandingError(format!("the page is broken: {error}")))
    }
}
