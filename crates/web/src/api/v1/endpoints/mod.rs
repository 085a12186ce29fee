//! The table of endpoints, a file for each noun.

mod allow;
mod consents;
mod decisions;
mod events;
mod keys;
mod ledger;
mod lists;
mod profiles;
mod runs;
mod settings;
mod sms;
mod suppression;

use super::endpoint::Endpoint;

/// All endpoints, in the order in which they are documented.
pub(super) fn all() -> Vec<Endpoint> {
    [
        decisions::endpoints(),
        events::endpoints(),
        consents::endpoints(),
        profiles::endpoints(),
        lists::endpoints(),
        suppression::endpoints(),
        allow::endpoints(),
        sms::endpoints(),
        runs::endpoints(),
        ledger::endpoints(),
        settings::endpoints(),
        keys::endpoints(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
