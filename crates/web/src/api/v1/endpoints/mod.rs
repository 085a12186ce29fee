//! The table of endpoints, a file for each noun.

mod allow;
mod campaigns;
mod consents;
mod decisions;
mod definitions;
mod events;
mod jobs;
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
        definitions::endpoints(),
        campaigns::endpoints(),
        runs::endpoints(),
        jobs::endpoints(),
        ledger::endpoints(),
        settings::endpoints(),
        keys::endpoints(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
