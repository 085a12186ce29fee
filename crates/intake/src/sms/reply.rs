//! What is said back.

use std::time::Duration;

use store::{NewReply, ReplyKind, Store, StoreError};

use super::desk::Desk;
use super::text::Incoming;

/// An opt-out is confirmed within this time or not at all (47 CFR 64.1200(a)(12)).
const CONFIRMED_WITHIN: Duration = Duration::from_mins(5);
/// Other answers aren't worth sending later than this.
const ANSWERED_WITHIN: Duration = Duration::from_hours(1);
/// Confirmations of an opt-out to one number within 24 hours.
const CONFIRMATIONS_PER_DAY: u32 = 1;
/// Other answers of a kind: two machines that answer each other end soon.
const ANSWERS_PER_DAY: u32 = 3;

/// The answer to a text, in the language of its words, else the profile's, else the configuration's. `None` where there is
/// nothing to say, or it is too late.
pub(super) async fn reply(
    store: &Store,
    desk: &Desk,
    incoming: &Incoming,
    language: Option<&str>,
    kind: ReplyKind,
    custom: Option<usize>,
) -> Result<Option<NewReply>, StoreError> {
    if !desk.replies.on {
        return Ok(None);
    }
    let (within, per_day) = match kind {
        ReplyKind::OptedOut => (CONFIRMED_WITHIN, CONFIRMATIONS_PER_DAY),
        _ => (ANSWERED_WITHIN, ANSWERS_PER_DAY),
    };
    let expires_at = incoming.at.plus(within);
    if incoming.now > expires_at {
        return Ok(None);
    }
    let language = language.or(incoming.owner.locale.as_deref()).or(desk.language.as_deref());
    let words = match custom {
        Some(number) => desk.custom.get(number).map(String::as_str),
        None => desk.replies.words(kind, language),
    };
    let Some(words) = words.filter(|words| !words.trim().is_empty()) else { return Ok(None) };
    let body = words.replace("{brand}", &brand(store, desk, incoming).await?).replace('\0', "");
    Ok(Some(NewReply { kind, body, expires_at, per_day, at_once: desk.at_once }))
}

/// Who writes; the sender itself where nobody has said.
async fn brand(store: &Store, desk: &Desk, incoming: &Incoming) -> Result<String, StoreError> {
    let given = |brand: &String| !brand.trim().is_empty();
    if let Some(brand) = desk.brand.clone().filter(given) {
        return Ok(brand);
    }
    let brand = store.settings(desk.workspace).await?.brand.filter(given);
    Ok(brand.or_else(|| incoming.senders.first().cloned()).unwrap_or_default())
}
