//! `consentry check`

use std::collections::BTreeMap;

use anyhow::Result;
use consent::decide::{Reach, Read};
use consent::{
    Address, AddressError, Decision, Deferral, Field, Message, Namespace, Recipient, Rules, Step, Timestamp,
    Trace, explain,
};
use consent::{AddressId, ListId};
use serde_json::{Value, json};
use store::{Held, ProfileView, ReadingQuery};

use super::returned::Returned;
use crate::cli::Check;
use crate::context::{Context, WORKSPACE};
use crate::output::{self, Exit};

/// Decides as a send would, and tells how.
pub async fn run(context: &Context, args: Check) -> Result<Exit> {
    let rules = context.settings().await?.rules();
    let list = match &args.list {
        Some(name) => Some(context.list(name).await?),
        None => None,
    };
    let state = list.as_ref().map(|list| list.state(context.now()));
    let message =
        Message { channel: args.channel, category: args.category, list: state, after_complaint: false };
    let namespace = Namespace::of_channel(args.channel);
    let parsed = match namespace {
        Some(namespace) => Address::parse(&namespace, &args.address, None),
        None => Address::guess(&args.address),
    };
    let returned = match &parsed {
        Ok(address) => Some(Returned::of(context, address).await?),
        Err(_) => None,
    };
    let asked = Asked { context, message, rules, list: list.map(|list| list.id), sender: args.sender };
    let (recipient, known) = match parsed {
        Ok(address) => asked.recipient(address).await?,
        Err(error) => (Recipient { reach: reach(error), ..Recipient::UNKNOWN }, None),
    };
    let (decision, trace) = explain(&recipient, &message, &asked.rules);
    let known = (known.as_ref(), recipient.reach == Reach::Reachable);
    report(context, decision, &trace, known, returned.as_ref());
    Ok(if matches!(decision, Decision::Permit(_)) { Exit::Done } else { Exit::Excluded })
}

fn reach(error: AddressError) -> Reach {
    if error == AddressError::Empty { Reach::Missing } else { Reach::Malformed }
}

struct Asked<'a> {
    context: &'a Context,
    message: Message,
    rules: Rules,
    list: Option<ListId>,
    sender: Option<String>,
}

impl Asked<'_> {
    async fn recipient(&self, address: Address) -> Result<(Recipient, Option<Known>)> {
        let store = &self.context.store;
        let Some(owner) = self.context.owner(&address).await? else {
            let now = self.context.now();
            let strangers = store.read_strangers(WORKSPACE, vec![address], now).await?;
            return Ok((strangers.into_iter().next().unwrap_or(Recipient::UNKNOWN), None));
        };
        let query = ReadingQuery {
            profiles: vec![owner.profile],
            channel: self.message.channel,
            addresses: Some(vec![owner.address]),
            list: self.list,
            sender: self.sender.clone(),
            run: None,
            with_attributes: false,
            now: self.context.now(),
        };
        let reading = store.read(WORKSPACE, query).await?.into_iter().next();
        let reading = reading.ok_or_else(|| anyhow::anyhow!("the profile has just gone"))?;
        let profile = store.profile(WORKSPACE, owner.profile).await?;
        let known = profile.map(|profile| Known { profile, address: owner.address, list: self.list });
        Ok((reading.recipient, known))
    }
}

/// The person who has the address that was asked about.
struct Known {
    profile: ProfileView,
    address: AddressId,
    list: Option<ListId>,
}

fn report(
    context: &Context,
    decision: Decision,
    trace: &Trace,
    (known, well_formed): (Option<&Known>, bool),
    returned: Option<&Returned>,
) {
    let unknown = if well_formed && known.is_none() { NOBODY } else { "" };
    let (reason, sentence) = match decision {
        Decision::Permit(basis) if !unknown.is_empty() => (basis.as_str().to_owned(), format!("◌ {unknown}")),
        Decision::Permit(basis) => (basis.as_str().to_owned(), format!("● sends: {}", basis.in_words())),
        Decision::Defer(Deferral { until, cause }) => {
            (cause.to_string(), format!("◐ waits until {until}: {}", cause.in_words()))
        }
        Decision::Exclude(cause) => {
            let why = [cause.in_words(), unasked(trace), unknown];
            let why: Vec<_> = why.into_iter().filter(|part| !part.is_empty()).collect();
            (cause.to_string(), format!("○ withheld: {}", why.join("; ")))
        }
    };
    let mut value: Value = json!({
        "decision": verdict(Some(decision)),
        "reason": reason,
        "profile": known.map(|known| known.profile.id.to_string()),
        "known": known.is_some(),
        "trace": trace.iter().map(|step| step_value(step, known)).collect::<Vec<_>>(),
    });
    if let Decision::Defer(wait) = decision {
        value["until"] = json!(wait.until.to_string());
    }
    if let Some(returned) = returned {
        returned.describe(&mut value, context.now());
    }
    output::data(context.json, &value, || {
        let more = returned.map(|returned| returned.lines(context.now())).unwrap_or_default();
        let steps = trace.iter().map(|step| step_line(step, known));
        format!("{sentence} ({reason})\n{}", steps.chain(more).collect::<Vec<_>>().join("\n"))
    });
}

const fn verdict(outcome: Option<Decision>) -> &'static str {
    match outcome {
        None => "passed",
        Some(Decision::Permit(_)) => "permit",
        Some(Decision::Defer(_)) => "defer",
        Some(Decision::Exclude(_)) => "exclude",
    }
}

/// The value that a row read, with its ledger entry.
fn held(step: &Step, known: Option<&Known>) -> Option<Held> {
    step.value.and_then(|(read, _)| known?.held(read))
}

fn step_value(step: &Step, known: Option<&Known>) -> Value {
    let mut value = json!({ "row": step.row, "test": step.test, "outcome": verdict(step.outcome) });
    if let Some((read, choice)) = step.value {
        value["field"] = json!(name(read));
        value["value"] = json!(choice.as_str());
    }
    if let Some(held) = held(step, known) {
        value["entry"] = json!(held.entry.to_string());
        value["since"] = json!((held.at != Timestamp::UNDATED).then(|| held.at.to_string()));
    }
    value
}

fn step_line(step: &Step, known: Option<&Known>) -> String {
    let value = step.value.map(|(read, choice)| format!("  {} = {choice}", name(read))).unwrap_or_default();
    let entry = held(step, known).map(|held| format!(" ({}, {})", held.entry, held.at)).unwrap_or_default();
    let mark = match step.outcome {
        Some(Decision::Exclude(_)) => "✗",
        Some(Decision::Defer(_)) => "◐",
        Some(Decision::Permit(_)) | None => "✓",
    };
    format!("  {:>2} {mark} {}{value}{entry}", step.row, step.test)
}

/// What is said of an address without a person. The decision is the one about somebody whom the brand brings in.
const NOBODY: &str = "nobody has this address, so nothing goes there unless you bring it in (by an import, or in a campaign's file)";

/// Why an empty choice is no consent, where that is what withholds.
pub fn unasked(trace: &Trace) -> &'static str {
    let last = trace.last().and_then(|step| step.value);
    if matches!(last, Some((Read::NoDefault, _))) {
        "nobody brought this person in by import or API, and they never said yes"
    } else {
        ""
    }
}

fn name(read: Read) -> String {
    match read {
        Read::Profile(field) => field.to_string(),
        Read::Identity(field) => format!("identity.{field}"),
        Read::Subscription => "list".to_owned(),
        Read::Default => "default".to_owned(),
        Read::NoDefault => "no default".to_owned(),
    }
}

impl Known {
    /// The recorded value that a row read.
    fn held(&self, read: Read) -> Option<Held> {
        let held = match read {
            Read::Profile(field) => of_field(&self.profile.values, field),
            Read::Identity(field) => {
                let asked = self.profile.addresses.iter().find(|address| address.id == self.address)?;
                of_field(&asked.values, field)
            }
            Read::Subscription => {
                let mut lists = self.profile.subscriptions.iter();
                lists.find(|(id, ..)| Some(*id) == self.list).map(|(_, _, held)| held)
            }
            Read::Default | Read::NoDefault => None,
        };
        held.cloned()
    }
}

/// A field's value. A no to commercial email is one to email.
fn of_field(values: &BTreeMap<Field, Held>, field: Field) -> Option<&Held> {
    let value = values.get(&field);
    let commercial = values.get(&Field::CommercialEmail).filter(|held| held.choice.is_no());
    match commercial.filter(|_| field == Field::Email) {
        Some(commercial) if value.is_none_or(|value| !value.choice.is_no()) => Some(commercial),
        _ => value,
    }
}
