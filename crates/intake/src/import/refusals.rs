//! What a rejected row leaves behind: its refusals, for everybody it names rightly (I9).

use consent::Choice;
use store::{ProfileRow, RowTarget};

use super::names::squash;
use super::row::excerpt;
use super::{ADDRESSES_MAX, CONSENTS_MAX};

/// A row that doesn't go in.
#[derive(Debug)]
pub(super) struct Refused {
    /// Why.
    pub(super) reason: String,
    /// Its refusals, as rows for the store.
    pub(super) refusals: Vec<ProfileRow>,
}

impl Refused {
    pub(super) fn new(reason: String) -> Self {
        Self { reason, refusals: Vec::new() }
    }
}

/// Reads a choice. A refusal in a spelling that isn't ours comes along with the error: whoever wrote it doesn't want
/// mail, while a yes is never guessed.
pub(super) fn choice(text: &str) -> Result<Choice, (Option<Choice>, String)> {
    text.parse().map_err(|error| {
        let text = excerpt(text);
        match squash(&text).as_str() {
            "n" | "no" | "false" | "0" | "dn" | "optout" | "optedout" | "unsubscribe" | "unsubscribed" => {
                (Some(Choice::No), format!("\"{text}\" is {error}; a refusal is spelled n"))
            }
            "y" | "yes" | "true" | "1" | "dy" | "optin" | "optedin" | "subscribe" | "subscribed" => {
                (None, format!("\"{text}\" is {error}; an express yes is spelled y"))
            }
            _ => (None, format!("\"{text}\" is {error}")),
        }
    })
}

/// A row with nothing but id, addresses and refusals, in pieces that the store takes; none if it refuses nothing or
/// names nobody.
pub(super) fn refusals(row: ProfileRow) -> Vec<ProfileRow> {
    let ProfileRow { external_id, addresses, mut consents, received_at, .. } = row;
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
                ..ProfileRow::default()
            });
        }
    }
    pieces
}
