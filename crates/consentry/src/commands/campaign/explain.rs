//! `consentry campaign explain`

use std::sync::Arc;

use anyhow::Result;
use consent::{Address, AddressId, Decision, Deferral, ProfileId};
use delivery::gate::Gate;
use delivery::{ChannelConfiguration, RunSpec};
use serde_json::json;
use store::{Delivery, Run};

use consent::decide::Read;

use crate::commands::check::NOT_BROUGHT_IN;
use crate::context::{Context, WORKSPACE};
use crate::output::{self, Exit, fail};

/// What became of a campaign's message to one address, and what would be decided now.
pub async fn run(context: &Context, name: &str, address: &str) -> Result<Exit> {
    let parsed = Address::guess(address).map_err(|error| anyhow::anyhow!("{address}: {error}"))?;
    let owner =
        context.owner(&parsed).await?.ok_or_else(|| anyhow::anyhow!("{address}: nobody has this address"))?;
    let missing = || fail(format!("no run of a campaign `{name}`"), "consentry campaign report");
    let run = context.store.latest_run(WORKSPACE, name).await?.ok_or_else(missing)?;
    let outcome = context.store.run_outcome(WORKSPACE, run.id, owner.profile).await?;
    let (mut value, words) = match &outcome {
        Some(Delivery::Message { waits: Some(Deferral { until, cause }), at, attempts, .. }) => (
            json!({
                "outcome": "Waits", "reason": cause.to_string(), "until": until.to_string(),
                "at": at.to_string(), "attempts": attempts,
            }),
            format!("◐ waits until {until}: {} ({cause})", cause.in_words()),
        ),
        Some(Delivery::Message { state, at, code, detail, attempts, .. }) => {
            let detail = detail.as_deref().map(|detail| format!(": {detail}")).unwrap_or_default();
            let words = format!("{state:?} at {at} with reply {code}{detail}");
            (
                json!({ "outcome": format!("{state:?}"), "at": at.to_string(), "code": code, "attempts": attempts }),
                words,
            )
        }
        Some(Delivery::Excluded { reason, .. }) => {
            let words = format!("○ withheld: {} ({reason})", reason.in_words());
            (json!({ "outcome": "Excluded", "reason": reason.to_string() }), words)
        }
        None => (json!({ "outcome": "NotReached" }), "not in the audience, or not reached yet".to_owned()),
    };
    value["run"] = json!(run.id.to_string());
    let mailed = match &outcome {
        Some(Delivery::Message { address, .. }) => Some(*address),
        _ => None,
    };
    let now = decision_now(context, &run, owner.profile, mailed).await?;
    value["now"] = json!(now);
    output::data(context.json, &value, || format!("{name} ({}): {words}\nnow: {now}", run.id));
    Ok(Exit::Done)
}

/// What would be decided now, which may have changed since: by the run's own channel, sender, list and category.
async fn decision_now(
    context: &Context,
    run: &Run,
    profile: ProfileId,
    mailed: Option<AddressId>,
) -> Result<String> {
    let configuration = context.store.configuration(WORKSPACE, run.configuration).await?;
    let configuration =
        configuration.ok_or_else(|| anyhow::anyhow!("the configuration of {} is gone", run.id))?;
    let configuration = ChannelConfiguration::from_json(&configuration.body)?;
    let spec: RunSpec = serde_json::from_str(&run.spec)
        .map_err(|_| anyhow::anyhow!("the description of {} can't be read", run.id))?;
    let gate = Gate {
        store: context.shared_store(),
        workspace: WORKSPACE,
        clock: Arc::clone(&context.clock),
        channel: configuration.channel(),
        category: configuration.category,
        list: run.list,
        run: Some(run.id),
        sender: Some(configuration.sender().to_owned()),
        after_complaint: configuration.send_after_complaint,
    };
    let address = mailed.or_else(|| spec.listed.get(profile));
    let explained = gate.explain(profile, address).await?;
    let (decision, trace) = explained.ok_or_else(|| anyhow::anyhow!("the profile has just gone"))?;
    Ok(match decision {
        Decision::Permit(basis) => format!("permit ({})", basis.as_str()),
        Decision::Defer(wait) => format!("defer until {} ({})", wait.until, wait.cause),
        Decision::Exclude(reason) => match unasked(&trace) {
            "" => format!("exclude ({reason})"),
            why => format!("exclude ({reason}): {why}"),
        },
    })
}

/// Why an empty choice is no consent, where that is what withholds.
fn unasked(trace: &consent::Trace) -> &'static str {
    let last = trace.last().and_then(|step| step.value);
    if matches!(last, Some((Read::NoDefault, _))) { NOT_BROUGHT_IN } else { "" }
}
