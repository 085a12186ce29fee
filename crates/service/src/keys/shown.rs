//! A key, as it is shown: never its secret.

use consent::Timestamp;
use serde::Serialize;
use store::ApiKey;
use utoipa::ToSchema;

use super::secret::PREFIX;
use crate::shape;

/// A key that a program calls with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Key {
    /// Its id, `key_` and the visible part.
    #[schema(examples("key_4kx7q2mn"))]
    pub id: String,
    /// Its name, which all that it does is put down to.
    pub name: String,
    /// What it begins with.
    #[schema(examples("cst_live_4kx7q2mn"))]
    pub prefix: String,
    /// What it may be used for.
    pub scopes: Vec<String>,
    /// When it was made.
    #[serde(serialize_with = "shape::text")]
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// Who made it.
    pub created_by: String,
    /// Until when it opens anything; null for good.
    #[serde(serialize_with = "shape::text_or_null")]
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to within a minute.
    #[serde(serialize_with = "shape::text_or_null")]
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub last_used_at: Option<Timestamp>,
    /// When it was revoked.
    #[serde(serialize_with = "shape::text_or_null")]
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub revoked_at: Option<Timestamp>,
    /// Who revoked it.
    #[schema(required)]
    pub revoked_by: Option<String>,
    /// `active`, `expired` or `revoked`.
    #[schema(value_type = String)]
    pub state: &'static str,
}

impl Key {
    /// A key as it is at a moment.
    pub(crate) fn of(key: ApiKey, now: Timestamp) -> Self {
        let state = match (&key.revoked, key.expires_at) {
            (Some(_), _) => "revoked",
            (None, Some(expiry)) if expiry <= now => "expired",
            (None, _) => "active",
        };
        let (revoked_at, revoked_by) = key.revoked.unzip();
        Self {
            id: format!("key_{}", key.id),
            name: key.name,
            prefix: format!("{PREFIX}{}", key.id),
            scopes: key.scopes,
            created_at: key.created_at,
            created_by: key.created_by,
            expires_at: key.expires_at,
            last_used_at: key.used_at,
            revoked_at,
            revoked_by,
            state,
        }
    }
}
