//! What is said to numbers that nobody knew before they wrote.
//!
//! A text may bear anybody's number, and whoever earns by texts has numbers enough: each would be answered a few times a day.
//! So a number of a kind that costs more is never answered unless it is known, and all others that aren't known have a
//! budget together.

use std::time::Duration;

use consent::Address;
use store::{NewReply, Quota, Spent, Store, StoreError};

use super::desk::Desk;
use super::text::Incoming;

/// The log says so often that a budget is used up: whoever uses it up can do so all day.
const ALARM_EVERY: Duration = Duration::from_hours(1);

/// What is answered through a receiver within a day to numbers that nobody knew, and what wasn't for want of a budget: for
/// `doctor`.
pub fn answer_budgets(source: &str, at_most: u32) -> [Quota; 2] {
    [
        Quota::a_day(format!("answers of {source}"), at_most),
        Quota::a_day(format!("{source} withheld"), u32::MAX),
    ]
}

/// Whether an answer to who wrote may go out; counts it. `was_written_to`: by a run, from the sender that the text went to.
pub(super) async fn affords(
    store: &Store,
    desk: &Desk,
    incoming: &Incoming,
    reply: &NewReply,
    was_written_to: bool,
) -> Result<bool, StoreError> {
    if was_written_to || is_known(store, desk, incoming).await? {
        return Ok(true);
    }
    let number = Address::phone(&incoming.owner.raw, None).ok();
    if number.and_then(|number| number.texted_country()).is_none() {
        return Ok(false);
    }
    let (workspace, source, now) = (desk.workspace, &desk.source, incoming.now);
    let [answers, withheld] = answer_budgets(source, desk.answers_per_day);
    // What one number asks for again and again isn't taken from the others.
    let own = format!("answers of {source} to {} {}", incoming.owner.address.0, reply.kind as u8);
    match store.spend(workspace, None, vec![Quota::a_day(own, reply.per_day), answers], now).await? {
        Spent::Within => return Ok(true),
        Spent::Over(0) => return Ok(false),
        Spent::Over(_) => {}
    }
    store.spend(workspace, None, vec![withheld], now).await?;
    let alarm = Quota { key: format!("alarm of {source}"), at_most: 1, within: ALARM_EVERY };
    if store.spend(workspace, None, vec![alarm], now).await? == Spent::Within {
        tracing::warn!(
            source,
            "more unknown numbers text than may be answered in a day: `consentry doctor` tells how many, docs/sms.md how to raise it"
        );
    }
    Ok(false)
}

/// Whether the brand brought the number in. A yes by text alone doesn't count: that is said with anybody's number.
async fn is_known(store: &Store, desk: &Desk, incoming: &Incoming) -> Result<bool, StoreError> {
    let profile = store.profile(desk.workspace, incoming.owner.profile).await?;
    Ok(profile.is_some_and(|profile| profile.word.has_default()))
}
