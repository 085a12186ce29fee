//! `consentry sms push-opt-outs`

use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use consent::{Category, Decision, Reason, decide};
use delivery::gate::Gate;
use delivery::sms::consents::{BATCH, Consents, OptOut};
use delivery::sms::{SmsError, SmsTransport};
use delivery::{Medium, SmsConfiguration};
use indicatif::ProgressBar;
use serde_json::json;
use store::READ_MAX;

use crate::cli::PushOptOuts;
use crate::context::Context;
use crate::files;
use crate::output::{self, Exit, fail, grouped};

/// Tells the provider of everybody who may not be sent marketing texts because they said so.
pub async fn run(context: &Context, args: &PushOptOuts) -> Result<Exit> {
    let sms = configuration(context, &args.configuration)?;
    let opt_outs = collect(context, &sms).await?;
    let total = opt_outs.len() as u64;
    if args.dry_run {
        output::data(context.json, &json!({ "optedOut": total }), || {
            format!("{} numbers have opted out", grouped(total))
        });
        return Ok(Exit::Done);
    }
    let name = args.configuration.display();
    let wrong = |error: SmsError| {
        fail(format!("{name}: {error}"), "docs/sms.md shows the keys of [configuration.transport]")
    };
    let transport = SmsTransport::new(sms.transport.clone()).map_err(wrong)?;
    let Some(mut consents) = Consents::new(&transport, &sms.sender).map_err(wrong)? else {
        return Err(fail(
            format!("{name}: this provider takes no list of opt-outs"),
            "only twilio does; its own block and ours hold side by side",
        ));
    };
    let bar = ProgressBar::new(total);
    let mut refused = 0;
    for batch in opt_outs.chunks(BATCH) {
        refused += consents.tell(batch).await.map_err(wrong)? as u64;
        bar.inc(batch.len() as u64);
    }
    bar.finish_and_clear();
    output::data(context.json, &json!({ "told": total - refused, "refused": refused }), || {
        format!("told of {} numbers; {} weren't taken", grouped(total - refused), grouped(refused))
    });
    Ok(if refused > 0 { Exit::Unfinished } else { Exit::Done })
}

/// A configuration's file, or a campaign's.
fn configuration(context: &Context, file: &Path) -> Result<SmsConfiguration> {
    let configuration = files::configuration(file, &context.secrets)?;
    match configuration.medium {
        Medium::Sms(sms) => Ok(sms),
        Medium::Email(_) => {
            Err(fail(format!("{}: sends email", file.display()), "name a file with channel = \"sms\""))
        }
    }
}

async fn collect(context: &Context, sms: &SmsConfiguration) -> Result<Vec<OptOut>> {
    let gate = Gate {
        store: context.store.clone(),
        workspace: context.workspace,
        clock: Arc::clone(&context.clock),
        channel: sms.channel,
        category: Category::Marketing,
        list: None,
        run: None,
        audience: None,
        sender: Some(sms.sender.clone()),
        after_complaint: false,
    };
    let mut ids = context.store.all_profiles(context.workspace).await?.into_iter().peekable();
    let mut opt_outs = Vec::new();
    while ids.peek().is_some() {
        let profiles =
            ids.by_ref().take(READ_MAX).filter_map(|id| i64::try_from(id).ok().map(consent::ProfileId));
        let (readings, message, rules) = gate.read(profiles.collect(), None, false).await?;
        for reading in readings {
            let decision = decide(&reading.recipient, &message, &rules);
            if let (Decision::Exclude(cause), Some((_, number))) = (decision, reading.address)
                && is_opt_out(cause.reason)
            {
                opt_outs.push(OptOut { number, since: None });
            }
        }
    }
    Ok(opt_outs)
}

const fn is_opt_out(reason: Reason) -> bool {
    use Reason as R;
    matches!(reason, R::SenderBlocked | R::OptedOutAll | R::OptedOutChannel | R::OptedOutAddress)
}
