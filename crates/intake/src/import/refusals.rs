//! What a rejected row leaves behind: its refusals, for everybody it names rightly (I9).

use consent::Choice;
use store::{ProfileRow, RowTarget, SuppressionEntry};

use super::meaning::{self, Means};
use super::{ADDRESSES_MAX, CONSENTS_MAX};

/// A row that doesn't go in.
#[derive(Debug)]
pub(super) struct Refused {
    /// Why.
    pub(super) reason: String,
    /// Its refusals, as rows for the store.
    pub(super) refusals: Vec<ProfileRow>,
    /// What it puts on the suppression list all the same.
    pub(super) suppressions: Vec<SuppressionEntry>,
}

impl Refused {
    pub(super) fn new(reason: String) -> Self {
        Self { reason, refusals: Vec::new(), suppressions: Vec::new() }
    }
}

/// The refusal that a text says, in whatever spelling: whoever wrote it doesn't want mail.
pub(super) fn refusal(text: &str) -> Option<Choice> {
    match meaning::ours(text) {
        Ok(Means::Choice(choice)) => Some(choice).filter(|choice| choice.is_no()),
        Ok(Means::Suppress(_)) => Some(Choice::No),
        Ok(Means::Nothing) | Err(_) => None,
    }
}

/// A row with nothing but id, addresses and refusals, in pieces that the store takes; none if it refuses nothing or
/// names nobody.
pub(super) fn refusals(row: ProfileRow) -> Vec<ProfileRow> {
    let ProfileRow { external_id, addresses, mut consents, received_at, evidence, .. } = row;
    consents.retain(|consent| consent.choice.is_no());
    let names_one = consents.iter().any(|consent| matches!(consent.target, RowTarget::Identity(..)));
    if consents.is_empty() || (external_id.is_none() && addresses.is_empty() && !names_one) {
        return Vec::new();
    }
    let mut pieces = Vec::new();
    for consents in consents.chunks(CONSENTS_MAX) {
        // Not `chunks` alone: without addresses there is one piece, not none.
        for start in (0..addresses.len().max(1)).step_by(ADDRESSES_MAX) {
            pieces.push(ProfileRow {
                external_id: external_id.clone(),
                addresses: addresses.iter().skip(start).take(ADDRESSES_MAX).cloned().collect(),
                consents: consents.to_vec(),
                received_at,
                evidence: evidence.clone(),
                ..ProfileRow::default()
            });
        }
    }
    pieces
}
