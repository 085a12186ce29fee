//! Consent, as somebody at the brand or a program of theirs records it for a person.

pub mod document;
pub mod opt_in;
pub mod opt_out;
mod said;
pub mod tell;
pub mod write;

use consent::EntryId;

/// What a consistency token begins with.
const TOKEN_PREFIX: &str = "at_";

/// The consistency token of an entry: a decision that is asked with it knows of the entry.
pub fn token(entry: EntryId) -> String {
    format!("{TOKEN_PREFIX}{}", entry.0)
}

/// The entry of a consistency token; `None` for a text that is none.
pub fn of_token(text: &str) -> Option<EntryId> {
    text.strip_prefix(TOKEN_PREFIX)?.parse().ok().filter(|id| *id >= 0).map(EntryId)
}
