//! `consentry sms`

use std::fs::File;
use std::io::{IsTerminal as _, Read};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use consent::{Address, Level};
use console::{Key, Term};
use data_encoding::HEXLOWER;
use intake::import::Progress;
use intake::opt_out_list::{self, Options};
use intake::review::{self, Decided, Verdict};
use serde_json::{Value, json};
use store::{AddressOwner, Hold, Text, TextId};

use super::import::show as show_bar;
use super::returned::operator;
use crate::cli::{self, Decision, ImportOptOuts, Review};
use crate::context::{Context, WORKSPACE};
use crate::output::{self, Exit, fail, grouped};

/// Messages of a number that are shown beside one that is reviewed, and by `show`.
const CONTEXT: usize = 5;
const SHOWN: usize = 20;
/// Rows of a list that are reported by their lines.
const REPORTED: usize = 10;

/// Reads and decides what people wrote, and keeps who blocks whom.
pub async fn run(context: &Context, command: cli::Sms) -> Result<Exit> {
    match command {
        cli::Sms::Review(args) => review(context, args).await,
        cli::Sms::Decide { id, decision, reach } => {
            let decided = decide(context, id, decision, reach.level).await?;
            let value = json!({ "id": HEXLOWER.encode(&id.0), "outcome": outcome(decided) });
            output::data(context.json, &value, || words(decided).to_owned());
            Ok(Exit::Done)
        }
        cli::Sms::Show { number } => show(context, &number).await,
        cli::Sms::Unblock { number, sender } => unblock(context, &number, sender).await,
        cli::Sms::ImportOptOuts(args) => import_opt_outs(context, args).await,
        cli::Sms::PushOptOuts(args) => super::sms_push::run(context, &args).await,
    }
}

async fn decide(context: &Context, id: TextId, decision: Decision, level: Level) -> Result<Decided> {
    let refused = decision == Decision::Refused;
    let verdict = Verdict { refused, level, by: operator(), at: context.now() };
    review::decide(&context.store, WORKSPACE, id, verdict).await.map_err(|error| match error {
        store::StoreError::Missing(what) => fail(what, "`consentry sms review --list` shows the ids"),
        error => error.into(),
    })
}

const fn outcome(decided: Decided) -> &'static str {
    match decided {
        Decided::Released => "released",
        Decided::Refused(_) => "refused",
        Decided::Before => "decided_before",
    }
}

const fn words(decided: Decided) -> &'static str {
    match decided {
        Decided::Released => "no refusal: marketing to this number goes on as before",
        Decided::Refused(_) => "recorded: no more marketing, and nothing at all from this sender",
        Decided::Before => "somebody has decided this before",
    }
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
        let holds = context.store.holds(WORKSPACE, after, 1).await?;
        let Some(hold) = holds.into_iter().next() else {
            output::say(match decided {
                0 => "nothing waits to be read".to_owned(),
                _ => format!("that was the last one; {} decided", grouped(decided)),
            });
            return Ok(Exit::Done);
        };
        after = Some(hold.text.id);
        present(context, &hold).await?;
        let Some(decision) = ask(&term)? else { return Ok(Exit::Done) };
        if let Answer::Decide(decision) = decision {
            let made = decide(context, hold.text.id, decision, args.reach.level).await?;
            output::say(format_args!("  {}\n", words(made)));
            decided += 1;
        }
    }
}

async fn list(context: &Context, args: &Review) -> Result<Exit> {
    let limit = usize::from(args.limit);
    let mut holds = context.store.holds(WORKSPACE, args.after, limit + 1).await?;
    let more = holds.len() > limit;
    holds.truncate(limit);
    let next = holds.last().filter(|_| more).map(|hold| HEXLOWER.encode(&hold.text.id.0));
    let described = describe_all(context, &holds).await?;
    output::data(context.json, &json!({ "waiting": described, "next": next }), || match holds.len() {
        0 => "nothing waits to be read".to_owned(),
        _ => holds.iter().map(line).collect::<Vec<_>>().join("\n"),
    });
    if let Some(next) = next.filter(|_| !context.json) {
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

async fn present(context: &Context, hold: &Hold) -> Result<()> {
    let Text { text, sender, rule, at, .. } = &hold.text;
    output::say(format_args!("{} to {sender}, {at} ({rule})", hold.number));
    output::say(format_args!("  “{}”", on_a_line(text)));
    for before in before(context, hold).await? {
        output::say(format_args!("  earlier, {}: {} ({})", before.at, on_a_line(&before.text), before.class));
    }
    let standing = &context.store;
    let senders = vec![sender.clone()];
    let standing = standing.text_standing(WORKSPACE, hold.text.address, hold.text.channel, senders).await?;
    if let Some(last) = standing.last {
        output::say(format_args!("  last message to them: {} on {}", last.campaign, last.at));
    }
    Ok(())
}

/// What the number wrote before.
async fn before(context: &Context, hold: &Hold) -> Result<Vec<Text>> {
    let mut texts = context.store.texts_of(WORKSPACE, hold.text.address, CONTEXT + 1).await?;
    texts.retain(|text| text.id != hold.text.id);
    texts.truncate(CONTEXT);
    Ok(texts)
}

/// A text on one line.
fn on_a_line(text: &str) -> String {
    text.replace(['\n', '\r', '\t'], " ")
}

fn line(hold: &Hold) -> String {
    let Text { id, text, sender, at, .. } = &hold.text;
    format!("{}  {at}  {} to {sender}  {}", HEXLOWER.encode(&id.0), hold.number, on_a_line(text))
}

async fn describe_all(context: &Context, holds: &[Hold]) -> Result<Vec<Value>> {
    let mut described = Vec::with_capacity(holds.len());
    for hold in holds {
        let mut value = describe(&hold.text);
        value["number"] = json!(hold.number);
        value["earlier"] = before(context, hold).await?.iter().map(describe).collect();
        described.push(value);
    }
    Ok(described)
}

fn describe(text: &Text) -> Value {
    json!({
        "id": HEXLOWER.encode(&text.id.0), "at": text.at.to_string(), "sender": text.sender,
        "channel": text.channel.as_str(), "text": text.text, "class": text.class, "rule": text.rule,
        "entry": text.entry.map(|entry| entry.to_string()),
    })
}

/// A number that somebody has.
async fn owner(context: &Context, number: &str) -> Result<AddressOwner> {
    let address = Address::phone_as_received(number)
        .map_err(|error| fail(format!("`{number}`: {error}"), "write it with + and the country code"))?;
    let owner = context.store.resolve(WORKSPACE, vec![address]).await?.into_iter().next().flatten();
    owner.ok_or_else(|| {
        fail(format!("`{number}`: nobody is known by this number"), "write it with + and the country code")
    })
}

async fn show(context: &Context, number: &str) -> Result<Exit> {
    let owner = owner(context, number).await?;
    let blocks = context.store.blocks(WORKSPACE, owner.address).await?;
    let texts = context.store.texts_of(WORKSPACE, owner.address, SHOWN).await?;
    let blocked: Vec<Value> =
        blocks.iter().map(|(sender, at)| json!({ "sender": sender, "since": at.to_string() })).collect();
    let value = json!({
        "profile": owner.profile.to_string(), "blocks": blocked, "texts": texts.iter().map(describe).collect::<Vec<_>>(),
    });
    output::data(context.json, &value, || {
        let mut lines = vec![format!("{}", owner.profile)];
        lines.extend(blocks.iter().map(|(sender, at)| format!("blocks {sender} since {at}")));
        if blocks.is_empty() {
            lines.push("blocks no sender".to_owned());
        }
        let wrote = |text: &Text| format!("{}  {:<8} {}", text.at, text.class, on_a_line(&text.text));
        lines.extend(texts.iter().map(wrote));
        lines.join("\n")
    });
    Ok(Exit::Done)
}

async fn unblock(context: &Context, number: &str, sender: String) -> Result<Exit> {
    let owner = owner(context, number).await?;
    let was = context.store.unblock(WORKSPACE, vec![(owner.address, sender.clone())]).await?;
    if was.first() != Some(&true) {
        return Err(fail(
            format!("{number} doesn't block {sender}"),
            format!("`consentry sms show {number}`"),
        ));
    }
    output::data(context.json, &json!({ "unblocked": sender }), || {
        format!("{sender} may text {number} again; marketing consent stays as it is")
    });
    Ok(Exit::Done)
}

async fn import_opt_outs(context: &Context, args: ImportOptOuts) -> Result<Exit> {
    let name = args.file.display().to_string();
    let (input, length): (Box<dyn Read + Send>, u64) = if args.file.as_os_str() == "-" {
        (Box::new(std::io::stdin()), 0)
    } else {
        let file = File::open(&args.file).with_context(|| name.clone())?;
        let length = file.metadata().with_context(|| name.clone())?.len();
        (Box::new(file), length)
    };
    let options = Options {
        sender: args.sender.map(|sender| sender.as_str().to_owned()),
        level: args.reach.level,
        country: args.country,
        column: args.column,
        encoding: args.encoding,
    };
    let progress = Arc::new(Progress::default());
    let bar = tokio::spawn(show_bar(Arc::clone(&progress), length));
    let mut reported = 0;
    let mut report = |line: u64, problem: &str| {
        reported += 1;
        if reported <= REPORTED {
            output::say(format_args!("{name}:{line}: {problem}"));
        }
    };
    let now = context.now();
    let taken =
        opt_out_list::take(&context.store, WORKSPACE, input, &options, now, &progress, &mut report).await;
    bar.abort();
    let _ = bar.await;
    let summary = taken.map_err(|error| {
        fail(format!("{name}: {error}"), "what was read before is in; mend the file and read it again")
    })?;
    if options.sender.is_none() {
        output::say(
            "hint: with --sender, transactional texts from that sender stop too, as the provider refuses them anyway",
        );
    }
    output::data(context.json, &json!(summary), || {
        let opt_out_list::Summary { read, recorded, known, other, failed } = summary;
        [("read", read), ("recorded", recorded), ("known", known), ("other", other), ("failed", failed)]
            .map(|(name, count)| format!("{name:<10}{:>12}", grouped(count)))
            .join("\n")
    });
    Ok(if summary.failed > 0 { Exit::Unfinished } else { Exit::Done })
}
