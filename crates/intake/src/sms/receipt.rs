//! Taking what became of messages of ours.

use consent::{Channel, Timestamp};
use store::{Store, StoreError};

use super::desk::Desk;
use super::event::{Preference, Receipt, State};
use super::take::Outcome;
use super::{number, preference, text};
use crate::feedback::{self, Report, What, report_id};

/// Takes a receipt.
pub(super) async fn take(
    store: &Store,
    desk: &Desk,
    receipt: Receipt,
    now: Timestamp,
) -> Result<Outcome, StoreError> {
    if receipt.channel == Channel::WhatsApp && receipt.state == State::OptedOut {
        let Receipt { id, to, from, at, channel, .. } = receipt;
        let choice = Preference { id, from: to, to: from, channel, stop: true, at };
        return preference::take(store, desk, choice, now).await;
    }
    let report = report(desk, &receipt);
    if receipt.state == State::OptedOut {
        let known = store.feedback_known(desk.workspace, vec![report.id]).await?;
        // Before the report, which is remembered: a process that dies in between is told again.
        if known != [true] {
            block(store, desk, &receipt, now).await?;
        }
    }
    let outcomes = feedback::take(store, desk.workspace, vec![report], now).await?;
    Ok(outcomes.into_iter().next().map_or(Outcome::Unknown, Outcome::Receipt))
}

fn report(desk: &Desk, receipt: &Receipt) -> Report {
    // What comes back about WhatsApp says nothing about texts to the same number.
    let what = match receipt.state {
        _ if receipt.channel == Channel::WhatsApp => What::Noted,
        State::Delivered => What::Delivered,
        State::Undelivered { reason, hard } => What::Bounced { reason, hard },
        State::OptedOut => What::Unsubscribed { list: None },
    };
    let detail = format!("{} {}", receipt.code, receipt.detail).trim().to_owned();
    Report {
        id: report_id(&desk.source, &["receipt", &receipt.id, &receipt.to]),
        raw: matches!(what, What::Unsubscribed { .. }).then(|| detail.clone()),
        what,
        tokens: vec![receipt.token.clone()],
        address: number::number(&receipt.to).map(|address| address.raw().to_owned()),
        occurred_at: receipt.at,
        source: desk.source.clone(),
        detail,
    }
}

/// The provider doesn't send from this sender to this number any more: nor do we try.
async fn block(store: &Store, desk: &Desk, receipt: &Receipt, now: Timestamp) -> Result<(), StoreError> {
    let sender = number::sender(&receipt.from, receipt.channel);
    let Some(address) = number::number(&receipt.to).filter(|_| !sender.is_empty()) else { return Ok(()) };
    if let Some(owner) = text::owner(store, desk, address, now).await? {
        store.block(desk.workspace, vec![(owner.address, sender)], now).await?;
    }
    Ok(())
}
