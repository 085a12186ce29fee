//! `consentry doctor`

pub mod ways_out;
mod wildcards;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use delivery::quotas::{BudgetUse, StrangerLimits};
use indicatif::ProgressBar;
use intake::inbox::unread_mails;
use serde_json::json;
use service::jobs::standing;
use store::LedgerReaders;
use store::ledger::{VerifierKey, VerifyReport, verify};
use store::private::exposed;

use crate::background;
use crate::context::Context;
use crate::data_dir;
use crate::output::{self, Exit, grouped};
use crate::pages_section::Section;
use crate::server_file::ServerFile;

/// Files and folders that are open to others and told by name.
const EXPOSED_SHOWN: usize = 5;

/// One thing looked at.
struct Finding {
    what: &'static str,
    sound: bool,
    detail: String,
}

async fn check_ledger(context: &Context) -> Result<VerifyReport> {
    context.store.seal_ledger().await?;
    let key = VerifierKey::parse(&context.store.ledger_verifier_key()?)?;
    Ok(verify(&context.store.ledger_dir(), Some(&key), &mut |_, _| ())?)
}

/// Whether the master key is its owner's alone.
fn key_mode(dir: &Path) -> Result<(bool, String)> {
    let mode = std::fs::metadata(dir.join("master.key"))?.permissions().mode() & 0o777;
    let guarded = (mode & 0o077).count_ones() == 0;
    let remedy = if guarded { "" } else { "; others must not read it: chmod 600" };
    Ok((guarded, format!("mode {mode:o}{remedy}")))
}

/// Who may read the ledger's entries, in words.
const fn readers(readers: LedgerReaders) -> &'static str {
    match readers {
        LedgerReaders::Keyed => "keyed: entries over HTTP for holders of a key with the scope `ledger:read`",
        LedgerReaders::Public => "public: entries over HTTP for everybody",
    }
}

/// Whether nobody but the owner can get at anything in the data directory; if not, what is open, and the remedy.
fn modes(dir: &Path) -> Result<(bool, String)> {
    let exposed = exposed(dir)?;
    if exposed.is_empty() {
        return Ok((true, "for their owner alone".to_owned()));
    }
    let named = exposed.iter().take(EXPOSED_SHOWN).map(|found| {
        let path = data_dir::absolute(&found.path);
        format!("{} has mode {:o}", path.display(), found.mode)
    });
    let mut text = named.collect::<Vec<_>>().join(", ");
    if let Some(more) = exposed.len().checked_sub(EXPOSED_SHOWN).filter(|more| *more > 0) {
        text = format!("{text}, and {} more", grouped(more as u64));
    }
    let dir = data_dir::absolute(dir);
    Ok((
        false,
        format!(
            "{text}; what is in it is about people and for its owner alone: chmod -R go= {}",
            dir.display()
        ),
    ))
}

/// What strangers had the pages, and the receivers of texts, send within a day; `config` names the limits.
async fn check_budgets(context: &Context, config: Option<&Path>) -> Result<(bool, String)> {
    let file = config.map(ServerFile::load).transpose()?.unwrap_or_default();
    let limits = file.pages.as_ref().map_or_else(StrangerLimits::new, Section::budgets);
    let counts = context.store.spent(context.workspace, limits.budgets(), context.clock.now()).await?;
    let mut used: Vec<_> = limits.budget_use(&counts).into_iter().map(|budget| (budget, None)).collect();
    for section in &file.sms {
        let (name, most, quotas) = section.answers();
        let counts = context.store.spent(context.workspace, quotas.to_vec(), context.clock.now()).await?;
        let [sent, withheld] = counts[..] else { continue };
        used.push((BudgetUse { what: "answers", sent, most, withheld }, Some(name)));
    }
    let told = |(budget, receiver): &(BudgetUse, Option<&str>)| {
        let sent = grouped(budget.sent);
        let withheld = match budget.withheld {
            0 => String::new(),
            count => format!(", {} WITHHELD", grouped(count)),
        };
        let by = receiver.map(|name| format!(" of `{name}` to unknown numbers")).unwrap_or_default();
        format!("{sent} of {} {}{by} in 24 hours{withheld}", grouped(u64::from(budget.most)), budget.what)
    };
    let mut detail = used.iter().map(told).collect::<Vec<_>>().join("; ");
    let sound = used.iter().all(|(budget, _)| !budget.is_alarming());
    if !sound {
        detail.push_str(
            "; see whether somebody misuses the forms or the keywords, or raise mails_per_day or texts_per_day under [pages], answers_per_day under [[sms]]",
        );
    }
    Ok((sound, detail))
}

/// Whether every mail that a mailbox holds was handed out.
async fn check_mailboxes(context: &Context) -> Result<(bool, String)> {
    let unread = context.store.spent(context.workspace, vec![unread_mails()], context.clock.now()).await?;
    let unread = unread.first().copied().unwrap_or_default();
    let detail = match unread {
        0 => "every mail was handed out".to_owned(),
        1 => "1 mail was not handed out by its server within 24 hours; it is asked for again, the log of `serve` names it".to_owned(),
        count => format!(
            "{} mails were not handed out by their servers within 24 hours; they are asked for again, the log of `serve` names them",
            grouped(count)
        ),
    };
    Ok((unread == 0, detail))
}

/// Prints what was found.
fn report(context: &Context, findings: &[Finding], sound: bool) {
    let value = json!({
        "sound": sound,
        "findings": findings.iter().map(|finding| json!({
            "what": finding.what, "sound": finding.sound, "detail": finding.detail,
        })).collect::<Vec<_>>(),
    });
    output::data(context.json, &value, || {
        let line = |finding: &Finding| {
            format!("{} {:<18}{}", if finding.sound { "●" } else { "✗" }, finding.what, finding.detail)
        };
        findings.iter().map(line).collect::<Vec<_>>().join("\n")
    });
}

/// Checks the data directory and the settings; exit code 1 if anything is unsound.
pub async fn run(context: &Context, config: Option<&Path>) -> Result<Exit> {
    let mut findings = Vec::new();
    let mut note = |what, sound, detail: String| findings.push(Finding { what, sound, detail });
    let counts = context.store.counts(context.workspace).await?;
    let held = format!("{} profiles, {} ledger entries", grouped(counts.profiles), grouped(counts.entries));
    note("data", true, held);
    let (guarded, mode) = key_mode(&context.dir)?;
    note("master.key", guarded, mode);
    let (private, modes) = modes(&context.dir)?;
    note("files", private, modes);
    let spinner = ProgressBar::new_spinner().with_message("reading the whole state ...");
    spinner.enable_steady_tick(Duration::from_millis(200));
    let problems = context.store.check().await;
    spinner.finish_and_clear();
    let problems = problems?;
    note(
        "state",
        problems.is_empty(),
        if problems.is_empty() { "sound".to_owned() } else { problems.join("; ") },
    );
    match check_ledger(context).await {
        Ok(report) => {
            note("ledger", true, format!("verifies, {} entries, root {}", grouped(report.size), report.root));
        }
        Err(error) => note("ledger", false, format!("{}: {error}", context.store.ledger_dir().display())),
    }
    if let Some(durability) = context.store.durability().await? {
        let found: Vec<String> = durability.broken.iter().chain(&durability.warnings).cloned().collect();
        let detail = if found.is_empty() { "as promised".to_owned() } else { found.join("; ") };
        note("durability", durability.broken.is_empty(), detail);
    }
    let standing = standing::standing(&context.service(), &context.actor()).await?;
    note("jobs", true, background::words(&standing).unwrap_or_else(|| "none waits".to_owned()));
    let (fine, detail) = check_budgets(context, config).await?;
    note("notices", fine, detail);
    let (sound, detail) = check_mailboxes(context).await?;
    note("mailboxes", sound, detail);
    let settings = context.settings().await?;
    note("ledger over HTTP", true, readers(settings.ledger).to_owned());
    match &settings.public_url {
        Some(url) => note("public URL", true, url.clone()),
        None => note("public URL", true, "not set; campaigns must name `public_url` themselves".to_owned()),
    }
    let brakes = service::allow::brakes(&context.service(), &settings).await?;
    let active = settings.allow_lists_active.iter().map(|namespace| {
        let empty = if brakes.contains(namespace) { " and EMPTY: nothing is sent there" } else { "" };
        format!("active for {namespace}{empty}")
    });
    let active = active.collect::<Vec<_>>().join("; ");
    note("allow list", true, if active.is_empty() { "not active".to_owned() } else { active });
    if let Some(detail) = wildcards::find(context).await? {
        findings.push(Finding { what: "wildcards", sound: false, detail });
    }
    let sound = findings.iter().all(|finding| finding.sound);
    report(context, &findings, sound);
    Ok(if sound { Exit::Done } else { Exit::Failed })
}
