//! A definition, as it is shown.

use consent::Timestamp;
use serde::Serialize;
use serde_json::Value;
use store::{Definition, DefinitionInfo, DefinitionKind, StoreError};

use crate::shape;

/// A definition without its document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = Definition)]
#[serde(rename_all = "camelCase")]
pub struct Shown {
    /// `configuration`, `content` or `campaign`.
    #[serde(serialize_with = "shape::text")]
    #[schema(value_type = String)]
    pub kind: DefinitionKind,
    /// Its name.
    pub name: String,
    /// The current version, which is its `ETag`, too.
    pub version: i64,
    /// `draft`, `checked`, `live` or `archived`.
    pub state: &'static str,
    /// When version or state last changed.
    #[serde(serialize_with = "shape::text")]
    #[schema(value_type = String, format = DateTime)]
    pub changed_at: Timestamp,
}

impl From<DefinitionInfo> for Shown {
    fn from(info: DefinitionInfo) -> Self {
        let DefinitionInfo { kind, name, version, state, changed_at } = info;
        Self { kind, name, version, state: state.as_str(), changed_at }
    }
}

/// A version of a definition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = DefinitionVersion)]
#[serde(rename_all = "camelCase")]
pub struct Version {
    /// `configuration`, `content` or `campaign`.
    #[serde(serialize_with = "shape::text")]
    #[schema(value_type = String)]
    pub kind: DefinitionKind,
    /// Its name.
    pub name: String,
    /// Which version.
    pub version: i64,
    /// Which version is current.
    pub current: i64,
    /// How far the definition is: `draft`, `checked`, `live` or `archived`.
    pub state: &'static str,
    /// When the version was stored.
    #[serde(serialize_with = "shape::text")]
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// By whom.
    pub actor: String,
    /// The document, with the names that its author writes.
    #[schema(value_type = Object)]
    pub document: Value,
}

impl Version {
    /// What the store keeps. A document that can't be read isn't guessed at.
    pub(super) fn of(definition: Definition) -> Result<Self, StoreError> {
        let Definition { current, version, created_at, actor, document } = definition;
        let DefinitionInfo { kind, name, version: latest, state, .. } = current;
        let document = parse(kind, &name, &document)?;
        Ok(Self { kind, name, version, current: latest, state: state.as_str(), created_at, actor, document })
    }
}

/// A document as JSON.
pub(crate) fn parse(kind: DefinitionKind, name: &str, document: &str) -> Result<Value, StoreError> {
    serde_json::from_str(document)
        .map_err(|_| StoreError::Damaged(format!("the document of the {kind} `{name}`")))
}
