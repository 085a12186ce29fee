//! The forecast: what a run would do, without doing anything.

use std::collections::BTreeMap;
use std::fmt;

use consent::{Decision, Exclusion, Reason, Recipient, decide};
use futures_util::future::BoxFuture;
use serde::Serialize;

use crate::audience::{self, Resolved};
use crate::campaign::Campaign;
use crate::deps::Deps;
use crate::error::DeliveryError;

/// Profiles read at once.
const BATCH: usize = 1024;

/// What a run started now would do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Forecast {
    /// The campaign's name.
    pub campaign: String,
    /// In the audience.
    pub audience: u64,
    /// Would get it.
    pub permitted: u64,
    /// Of those, would get the fallback content, because they refuse personalization.
    pub without_personalization: u64,
    /// Would get it later, by what it waits for.
    pub deferred: BTreeMap<String, u64>,
    /// Wouldn't, by reason.
    pub excluded: BTreeMap<String, u64>,
    /// Of the audience, addresses in the file that nobody is known by yet.
    pub unknown_addresses: u64,
    /// Rows of the file that hold no well-formed address; not part of the audience.
    pub malformed_addresses: u64,
    /// The lines of the first of them.
    pub malformed_lines: Vec<u64>,
}

/// Looks at the whole audience and decides for each. Nothing changes.
pub fn forecast<'a>(
    deps: &'a Deps,
    campaign: &'a Campaign,
) -> BoxFuture<'a, Result<Forecast, DeliveryError>> {
    Box::pin(look_ahead(deps, campaign))
}

async fn look_ahead(deps: &Deps, campaign: &Campaign) -> Result<Forecast, DeliveryError> {
    let list = deps.list(campaign).await?;
    let Resolved { profiles, listed, unknown, malformed, malformed_lines } =
        audience::resolve(&deps.store, deps.workspace, campaign, list, false, deps.clock.now()).await?;
    let mut outlook = Forecast {
        campaign: campaign.name.clone(),
        audience: profiles.len() + audience::count(&unknown),
        unknown_addresses: audience::count(&unknown),
        malformed_addresses: malformed,
        malformed_lines,
        ..Forecast::default()
    };
    let mut counts = Counts::default();
    let gate = deps.gate(campaign, list);
    let mut ids = profiles.iter();
    loop {
        let batch: Vec<_> = ids.by_ref().take(BATCH).map(audience::profile).collect();
        // An empty read too, at the end: it is where the rules for unknown people come from.
        let ended = batch.is_empty();
        for (profiles, addresses) in listed.split(batch) {
            let (readings, message, rules) = gate.read(profiles, addresses, false).await?;
            for recipient in readings.iter().map(|reading| &reading.recipient) {
                counts.count(recipient, decide(recipient, &message, &rules), 1);
            }
            if ended {
                for (recipient, times) in &unknown {
                    counts.count(recipient, decide(recipient, &message, &rules), *times);
                }
            }
        }
        if ended {
            let by_name = |causes: BTreeMap<Exclusion, u64>| {
                causes.into_iter().map(|(cause, count)| (cause.to_string(), count)).collect()
            };
            (outlook.permitted, outlook.without_personalization) = (counts.permitted, counts.impersonal);
            (outlook.deferred, outlook.excluded) = (by_name(counts.deferred), by_name(counts.excluded));
            return Ok(outlook);
        }
    }
}

#[derive(Default)]
struct Counts {
    permitted: u64,
    impersonal: u64,
    deferred: BTreeMap<Exclusion, u64>,
    excluded: BTreeMap<Exclusion, u64>,
}

impl Counts {
    fn count(&mut self, recipient: &Recipient, decision: Decision, times: u64) {
        match decision {
            _ if times == 0 => {}
            Decision::Permit(_) => {
                self.permitted += times;
                self.impersonal += u64::from(!recipient.personalization_allowed());
            }
            Decision::Defer(wait) => *self.deferred.entry(wait.cause).or_default() += times,
            Decision::Exclude(cause) => *self.excluded.entry(cause).or_default() += times,
        }
    }
}

impl fmt::Display for Forecast {
    /// A table for people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<52} {:>10}", format!("audience of {}", self.campaign), self.audience)?;
        writeln!(f, "{:<52} {:>10}", "would get it", self.permitted)?;
        if self.without_personalization > 0 {
            writeln!(
                f,
                "{:<52} {:>10}",
                "  of those, without personalization", self.without_personalization
            )?;
        }
        for (what, causes) in [("waits", &self.deferred), ("withheld", &self.excluded)] {
            for (cause, count) in causes {
                writeln!(f, "{:<52} {count:>10}", format!("{what}: {}", cause_in_words(cause)))?;
            }
        }
        if self.unknown_addresses > 0 {
            writeln!(f, "{:<52} {:>10}", "addresses that nobody is known by yet", self.unknown_addresses)?;
        }
        if self.malformed_addresses > 0 {
            writeln!(f, "{:<52} {:>10}", "rows without a well-formed address", self.malformed_addresses)?;
        }
        Ok(())
    }
}

/// The words of a cause as [`consent::Exclusion`] shows it, with its detail if it has one.
fn cause_in_words(cause: &str) -> String {
    let (name, detail) = cause.split_at(cause.find('(').unwrap_or(cause.len()));
    let reason = Reason::ALL.into_iter().find(|reason| reason.as_str() == name);
    let words = match reason {
        Some(reason) => reason.in_words(),
        None => name,
    };
    format!("{words}{}{detail}", if detail.is_empty() { "" } else { " " })
}
