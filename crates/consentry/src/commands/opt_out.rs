//! `consentry opt-out`

use anyhow::Result;
use consent::{Address, Choice, ConsentChange, Evidence, Level, Subject};
use serde_json::json;
use store::Store;

use crate::cli::OptOut;
use crate::context::{Context, WORKSPACE};
use crate::output::{self, Exit, fail};

/// Records a refusal that reached the brand some other way.
pub async fn run(context: &Context, args: OptOut) -> Result<Exit> {
    let address = Address::guess(&args.address).map_err(|error| {
        fail(format!("{}: {error}", args.address), "give an email address, or a number with +")
    })?;
    let channel = args
        .channel
        .or(address.namespace().main_channel())
        .ok_or_else(|| fail("this kind of address has no channel of its own", "name one with --channel"))?;
    let list = match (&args.list, args.level) {
        (Some(name), Level::Subscription) => Some(context.list(name).await?.id),
        (Some(_), _) => {
            return Err(fail("--list goes with --level subscription", "add it, or leave --list out"));
        }
        (None, _) => None,
    };
    let reason = args.reason.filter(|reason| !reason.is_empty());
    if reason.as_ref().is_some_and(|reason| reason.chars().count() > Evidence::REASON_LENGTH_MAX) {
        return Err(fail("--reason is longer than 255 characters", "shorten it"));
    }
    let target =
        args.level.target(channel, list).ok_or_else(|| fail("which list?", "name it with --list"))?;
    let change = ConsentChange {
        subject: Subject::Named(address.clone()),
        sets: smallvec::smallvec![(target, Choice::No)],
        occurred_at: Some(context.now()),
        received_at: context.now(),
        source: args.source,
        run: None,
        evidence: Evidence { reason, ..Evidence::default() },
    };
    let recorded = context.store.record(WORKSPACE, vec![change]).await?;
    let recorded = recorded.first().ok_or_else(|| anyhow::anyhow!("the store gave no answer"))?;
    let changed: Vec<_> = recorded
        .applied
        .iter()
        .map(|set| json!({ "old": set.old.as_str(), "new": set.new.as_str() }))
        .collect();
    let value = json!({
        "profile": recorded.profile.to_string(),
        "entry": recorded.entry.map(|entry| entry.to_string()),
        "level": args.level,
        "changed": changed,
    });
    output::data(context.json, &value, || match recorded.entry {
        Some(entry) => {
            format!("recorded as {entry}: {address} gets no more marketing at level {}", args.level.as_str())
        }
        None => format!("{address} had opted out at level {} already", args.level.as_str()),
    });
    Ok(Exit::Done)
}
