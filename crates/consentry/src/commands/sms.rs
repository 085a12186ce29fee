//! `consentry sms`

use std::io::IsTerminal as _;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use console::{Key, Term};
use intake::import::Progress;
use service::texts::decide::Outcome;
use service::texts::{NumberError, TextId, Written, decide, import_opt_outs, review, show, unblock};

use super::entries::open;
use super::import::show as show_bar;
use crate::cli::{self, Decision, ImportOptOuts, Review};
use crate::context::Context;
use crate::output::{self, Exit, fail, grouped, refused, refused_file, told};

/// Rows of a list that are reported by their lines.
const REPORTED: usize = 10;

/// Reads and decides what people wrote, and keeps who blocks whom.
pub async fn run(context: &Context, command: cli::Sms) -> Result<Exit> {
    match command {
        cli::Sms::Review(args) => review(context, args).await,
        cli::Sms::Decide { id, decision, reach } => {
            let refused = decision == Decision::Refused;
            let out = decide(context, decide::In { id, refused, level: reach.level }).await?;
            output::answer(context.json, &out, |out| words(out.outcome).to_owned());
            Ok(Exit::Done)
        }
        cli::Sms::Show { number } => show(context, number).await,
        cli::Sms::Unblock { number, sender } => unblock(context, number, sender).await,
        cli::Sms::ImportOptOuts(args) => import_opt_outs(context, args).await,
        cli::Sms::PushOptOuts(args) => super::sms_push::run(context, &args).await,
    }
}

async fn decide(context: &Context, asked: decide::In) -> Result<decide::Out> {
    let outcome = decide::decide(&context.service(), &context.actor(), asked).await;
    outcome.map_err(|error| match error {
        decide::Error::NotHeld => refused(error, "`consentry sms review --list` shows the ids"),
        decide::Error::Store(_) => told(error),
    })
}

const fn words(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Released => "no refusal: marketing to this number goes on as before",
        Outcome::Refused => "recorded: no more marketing, and nothing at all from this sender",
        Outcome::DecidedBefore => "somebody has decided this before",
    }
}

async fn waiting(context: &Context, limit: usize, after: Option<TextId>) -> Result<review::Out> {
    let asked = review::In { limit, after };
    review::review(&context.service(), &context.actor(), asked).await.map_err(told)
}

async fn review(context: &Context, args: Review) -> Result<Exit> {
    if args.list || context.json {
        return list(context, &args).await;
    }
    let term = Term::stderr();
    if !term.is_term() || !std::io::stdin().is_terminal() {
        return Err(fail(
            "there is no terminal to ask on",
            "use `sms review --list` and `sms decide ID refused|fine`",
        ));
    }
    let mut after = None;
    let mut decided = 0u64;
    loop {
        let Some(waits) = waiting(context, 1, after).await?.data.into_iter().next() else {
            output::say(match decided {
                0 => "nothing waits to be read".to_owned(),
                _ => format!("that was the last one; {} decided", grouped(decided)),
            });
            return Ok(Exit::Done);
        };
        after = Some(waits.id);
        present(&waits);
        let Some(decision) = ask(&term)? else { return Ok(Exit::Done) };
        if let Answer::Decide(decision) = decision {
            let refused = decision == Decision::Refused;
            let out = decide(context, decide::In { id: waits.id, refused, level: args.reach.level }).await?;
            output::say(format_args!("  {}\n", words(out.outcome)));
            decided += 1;
        }
    }
}

async fn list(context: &Context, args: &Review) -> Result<Exit> {
    let out = waiting(context, usize::from(args.limit), args.after).await?;
    output::answer(context.json, &out, |out| match out.data.as_slice() {
        [] => "nothing waits to be read".to_owned(),
        data => data.iter().map(line).collect::<Vec<_>>().join("\n"),
    });
    if let Some(next) = out.next.filter(|_| !context.json) {
        output::say(format_args!("hint: more of them wait; go on with --after {next}"));
    }
    Ok(Exit::Done)
}

enum Answer {
    Decide(Decision),
    Skip,
}

/// One key; `None` to stop.
fn ask(term: &Term) -> Result<Option<Answer>> {
    output::say("  [r]efusal   [f]ine   [s]kip   [q]uit");
    loop {
        match term.read_key().context("the terminal")? {
            Key::Char('r' | 'R') => return Ok(Some(Answer::Decide(Decision::Refused))),
            Key::Char('f' | 'F') => return Ok(Some(Answer::Decide(Decision::Fine))),
            Key::Char('s' | 'S') => return Ok(Some(Answer::Skip)),
            Key::Char('q' | 'Q') | Key::Escape | Key::CtrlC => return Ok(None),
            _ => {}
        }
    }
}

fn present(waits: &review::Waiting) {
    let Written { text, sender, rule, at, .. } = &waits.text;
    output::say(format_args!("{} to {sender}, {at} ({rule})", waits.number));
    output::say(format_args!("  “{}”", on_a_line(text)));
    for before in &waits.earlier {
        output::say(format_args!("  earlier, {}: {} ({})", before.at, on_a_line(&before.text), before.class));
    }
    if let Some(last) = &waits.answers {
        output::say(format_args!("  last message to them: {} on {}", last.campaign, last.at));
    }
}

/// A text on one line.
fn on_a_line(text: &str) -> String {
    text.replace(['\n', '\r', '\t'], " ")
}

fn line(waits: &review::Waiting) -> String {
    let Written { id, text, sender, at, .. } = &waits.text;
    format!("{id}  {at}  {} to {sender}  {}", waits.number, on_a_line(text))
}

/// A number that can't be looked up.
fn wrong_number(error: NumberError) -> anyhow::Error {
    match error {
        NumberError::Store(_) => told(error),
        error => refused(error, "write it with + and the country code"),
    }
}

async fn show(context: &Context, number: String) -> Result<Exit> {
    let outcome = show::show(&context.service(), &context.actor(), show::In { number }).await;
    let out = outcome.map_err(wrong_number)?;
    output::answer(context.json, &out, |out| {
        let mut lines = vec![out.profile.to_string()];
        lines.extend(out.blocks.iter().map(|block| format!("blocks {} since {}", block.sender, block.since)));
        if out.blocks.is_empty() {
            lines.push("blocks no sender".to_owned());
        }
        let wrote = |text: &Written| format!("{}  {:<8} {}", text.at, text.class, on_a_line(&text.text));
        lines.extend(out.texts.iter().map(wrote));
        lines.join("\n")
    });
    Ok(Exit::Done)
}

async fn unblock(context: &Context, number: String, sender: String) -> Result<Exit> {
    let asked = unblock::In { number: number.clone(), sender };
    let outcome = unblock::unblock(&context.service(), &context.actor(), asked).await;
    let out = outcome.map_err(|error| match error {
        unblock::Error::Number(error) => wrong_number(error),
        unblock::Error::NotBlocked { .. } => refused(error, format!("`consentry sms show {number}`")),
        unblock::Error::Store(_) => told(error),
    })?;
    output::answer(context.json, &out, |out| {
        format!("{} may text {number} again; marketing consent stays as it is", out.unblocked)
    });
    Ok(Exit::Done)
}

async fn import_opt_outs(context: &Context, args: ImportOptOuts) -> Result<Exit> {
    let name = args.file.display().to_string();
    let (input, length) = open(&args.file)?;
    let progress = Arc::new(Progress::default());
    let bar = tokio::spawn(show_bar(Arc::clone(&progress), length));
    let mut reported = 0;
    let any_sender = args.sender.is_none();
    let asked = import_opt_outs::In {
        input,
        sender: args.sender.map(|sender| sender.as_str().to_owned()),
        level: args.reach.level,
        country: args.country,
        column: args.column,
        encoding: args.encoding,
        progress: &progress,
        failure: &mut |line, problem| {
            reported += 1;
            if reported <= REPORTED {
                output::say(format_args!("{name}:{line}: {problem}"));
            }
        },
    };
    let outcome = import_opt_outs::import_opt_outs(&context.service(), &context.actor(), asked).await;
    bar.abort();
    let _ = bar.await;
    let again = "what was read before is in; mend the file and read it again".to_owned();
    let out = outcome.map_err(|error| refused_file(&name, error, Some(again)))?;
    if any_sender {
        output::say(
            "hint: with --sender, transactional texts from that sender stop too, as the provider refuses them anyway",
        );
    }
    output::answer(context.json, &out, |out| {
        let import_opt_outs::Out { read, recorded, known, other, failed } = *out;
        [("read", read), ("recorded", recorded), ("known", known), ("other", other), ("failed", failed)]
            .map(|(name, count)| format!("{name:<10}{:>12}", grouped(count)))
            .join("\n")
    });
    Ok(if out.failed > 0 { Exit::Unfinished } else { Exit::Done })
}
