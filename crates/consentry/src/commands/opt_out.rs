//! `consentry opt-out`

use anyhow::Result;
use consent::{Address, Channel, Choice, ConsentChange, Evidence, Level, Namespace, Origin, Subject, Target};
use serde_json::json;

use crate::cli::OptOut;
use crate::context::{Context, WORKSPACE};
use crate::output::{self, Exit, fail};

/// Records a refusal that reached the brand some other way.
pub async fn run(context: &Context, args: OptOut) -> Result<Exit> {
    let (address, channel) = addressed(&args)?;
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
        subject: Subject::Named(address.clone(), Origin::Stranger),
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
        .map(|set| json!({ "field": field(set.target), "old": set.old.as_str(), "new": set.new.as_str() }))
        .collect();
    let value = json!({
        "profile": recorded.profile.to_string(),
        "entry": recorded.entry.map(|entry| entry.to_string()),
        "level": args.level,
        "changed": changed,
    });
    output::data(context.json, &value, || match recorded.entry {
        Some(entry) if recorded.applied.is_empty() => {
            format!(
                "{address} had opted out already ({}); that it was said again is {entry}",
                reach(args.level, channel)
            )
        }
        Some(entry) => {
            format!("recorded as {entry}: no more marketing to {address} ({})", reach(args.level, channel))
        }
        None => format!("{address} had opted out already ({})", reach(args.level, channel)),
    });
    Ok(Exit::Done)
}

/// Whom it is about, and on which channel.
fn addressed(args: &OptOut) -> Result<(Address, Channel)> {
    let address = Address::guess(&args.address).map_err(|error| {
        fail(format!("`{}`: {error}", args.address), "give an email address, or a number with +")
    })?;
    let channel = args
        .channel
        .or(address.namespace().main_channel())
        .ok_or_else(|| fail("this kind of address has no channel of its own", "name one with --channel"))?;
    if args.level == Level::Identity && Namespace::of_channel(channel).as_ref() != Some(address.namespace()) {
        let what = format!("no {channel} message goes to this kind of address");
        return Err(fail(
            what,
            "name a channel that does, or use --level channel, which is about the person",
        ));
    }
    Ok((address, channel))
}

fn reach(level: Level, channel: Channel) -> String {
    match level {
        Level::Any => "on any channel".to_owned(),
        Level::Channel => format!("by {channel}, at any address of this person"),
        Level::Identity => format!("by {channel}, at this address"),
        Level::Subscription => "from this list".to_owned(),
    }
}

fn field(target: Target) -> String {
    match target {
        Target::Field(field) => field.to_string(),
        Target::Identity(field) => format!("identity.{field}"),
        Target::List(_) => "list".to_owned(),
    }
}
