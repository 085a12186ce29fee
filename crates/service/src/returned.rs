//! What the suppression list holds of an address, and what came back from it.

use consent::{Address, RunId, Timestamp};
use serde::Serialize;
use store::{Feedback, FeedbackKind, StoreError};

use crate::suppression::{Entry, entries_about};
use crate::{Service, shape};

/// Pieces of feedback shown of an address.
const FEEDBACK_SHOWN: usize = 10;

/// Both, of one address or of all that a person has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Returned {
    /// Entries of the address, of its hash and of its domain; expired ones too.
    pub suppression: Vec<Entry>,
    /// What came back lately, newest first.
    pub feedback: Vec<CameBack>,
}

/// A piece of feedback.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = Feedback)]
#[serde(rename_all = "camelCase")]
pub struct CameBack {
    /// What kind, such as `hard_bounce`.
    #[schema(value_type = String)]
    pub kind: &'static str,
    /// Why a message bounced.
    #[schema(value_type = Option<String>)]
    pub reason: Option<&'static str>,
    /// When.
    #[serde(serialize_with = "shape::text")]
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Who told of it.
    pub source: String,
    /// The run whose message it is about.
    #[serde(serialize_with = "shape::text_or_null")]
    #[schema(value_type = Option<String>)]
    pub run: Option<RunId>,
    /// What was told.
    pub detail: String,
}

impl From<Feedback> for CameBack {
    fn from(feedback: Feedback) -> Self {
        let Feedback { kind, at, source, run, detail, .. } = feedback;
        Self { kind: kind.as_str(), reason: reason(kind), at, source, run, detail }
    }
}

/// Why a message bounced.
pub(crate) fn reason(kind: FeedbackKind) -> Option<&'static str> {
    match kind {
        FeedbackKind::Bounced { reason, .. } => Some(reason.as_str()),
        _ => None,
    }
}

impl Returned {
    /// Of one address.
    pub(crate) async fn of(service: &Service, address: &Address) -> Result<Self, StoreError> {
        let mut returned = Self::default();
        returned.add(service, address).await?;
        Ok(returned)
    }

    /// Adds another address's. Addresses of one domain share its entries.
    pub(crate) async fn add(&mut self, service: &Service, address: &Address) -> Result<(), StoreError> {
        let now = service.now();
        for entry in entries_about(service, address).await? {
            let entry = Entry::of(entry, now);
            if !self.suppression.contains(&entry) {
                self.suppression.push(entry);
            }
        }
        let feedback = service.store.feedback_of(service.workspace, address, FEEDBACK_SHOWN).await?;
        self.feedback.extend(feedback.into_iter().map(CameBack::from));
        Ok(())
    }
}
