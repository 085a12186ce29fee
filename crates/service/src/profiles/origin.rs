//! Where a person came from.

use consent::{Source, Timestamp};
use serde::Serialize;
use store::{HistoryPage, ProfileView, StoreError};

use crate::{Service, shape};

/// Latest texts of a number that are looked at.
const TEXTS_MAX: usize = 1_000;

/// Where a person came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Origin {
    /// Whether the brand brought the person in; else they only turned up, and get marketing after saying yes.
    pub brought_in: bool,
    /// Through which door, if that is known: the name of a source.
    pub by: Option<String>,
    /// When.
    #[serde(serialize_with = "shape::text")]
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

impl Origin {
    /// Of a profile with its history. Who was brought in later than they turned up counts as brought in.
    pub(crate) async fn of(
        service: &Service,
        profile: &ProfileView,
        history: &HistoryPage,
    ) -> Result<Self, StoreError> {
        let (brought_in, at) = (profile.word.has_default(), profile.created_at);
        if brought_in {
            return Ok(Self { brought_in, by: None, at });
        }
        let entry = history.entries.last().filter(|entry| !history.more && entry.received_at <= at);
        let mut by = entry.map(|entry| entry.source.as_str().to_owned());
        for address in &profile.addresses {
            if by.is_none() {
                let texts = service.store.texts_of(service.workspace, address.id, TEXTS_MAX).await?;
                by = texts.last().map(|_| Source::SMS.as_str().to_owned());
            }
        }
        Ok(Self { brought_in, by, at })
    }
}
