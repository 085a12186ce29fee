//! What applying documents would change. Nothing is stored.

use serde::Serialize;
use store::{DefinitionKind, DefinitionState};

use super::checked::{Checked, check};
use super::diff::diff;
use super::{Field, Given};
use crate::{Actor, Page, Service, shape};

/// The documents.
#[derive(Clone, Debug, Default)]
pub struct In {
    /// All of them; one may name another.
    pub documents: Vec<Given>,
}

/// What would become of each, by kind.
pub type Out = Page<Change>;

/// What would become of a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = DefinitionChange)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// `configuration`, `content` or `campaign`.
    #[serde(serialize_with = "shape::text")]
    #[schema(value_type = String)]
    pub kind: DefinitionKind,
    /// Its name.
    pub name: String,
    /// What would become of it.
    pub change: What,
    /// The current version; `None` if there is none yet.
    pub version: Option<i64>,
    /// The fields that differ.
    pub fields: Vec<Field>,
}

/// What would become of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = DefinitionChangeKind)]
#[serde(rename_all = "camelCase")]
pub enum What {
    /// It is new.
    Added,
    /// It gets a new version.
    Changed,
    /// It is in use again, as it was.
    Restored,
    /// It is what is stored.
    Unchanged,
}

pub use super::Invalid as Error;

/// Shows the difference between documents and what is stored.
pub async fn plan(service: &Service, _actor: &Actor, In { documents }: In) -> Result<Out, Error> {
    let checked = check(service, documents).await?;
    Ok(Page::whole(checked.iter().map(Change::of).collect()))
}

impl Change {
    pub(super) fn of(checked: &Checked) -> Self {
        let Checked { kind, name, document, stored, .. } = checked;
        let (change, version, fields) = match stored {
            None => (What::Added, None, Vec::new()),
            Some((before, version, state)) => {
                let fields = diff(before, document);
                let change = match (fields.is_empty(), state) {
                    (false, _) => What::Changed,
                    (true, DefinitionState::Archived) => What::Restored,
                    (true, _) => What::Unchanged,
                };
                (change, Some(*version), fields)
            }
        };
        Self { kind: *kind, name: name.clone(), change, version, fields }
    }
}
