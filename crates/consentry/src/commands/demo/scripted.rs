//! The loop without a person: send, opt out by every link, send again, then look at who was left out, why, and at the
//! proof. Anything that isn't as it must be ends the demo with an error.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, ensure};
use consent::{Address, EntryId, Exclusion, Level, ProfileId, Purpose, Reason};
use delivery::RunSummary;
use serde_json::{Value, json};
use store::ledger::{Receipt, VerifierKey, VerifyReport, verify};
use store::{Delivery, DeliveryState};
use tokio::net::TcpListener;

use super::http::{ask, press, undo_token};
use super::mail::{Link, Links, links};
use super::stage::Stage;
use crate::cli::Global;
use crate::context::WORKSPACE;
use crate::output::{self, Exit, grouped};
use demo::brand::Piece;
use demo::people;

/// What a mailbox provider posts.
const ONE_CLICK: &str = "List-Unsubscribe=One-Click";

/// One person's part in the loop.
struct Part {
    person: u32,
    /// What the person did, in words.
    did: &'static str,
    /// What must keep each campaign of the second round from this person; `None`: it must come.
    withheld: Verdicts,
    /// Ledger entries that it makes.
    entries: u64,
    act: Act,
}

/// Of each campaign, why it must not come; `None`: it must.
type Verdicts = [Option<Exclusion>; Piece::ALL.len()];

#[derive(Clone, Copy)]
enum Act {
    HeaderOneClick,
    BodyLink,
    IdentityLink,
    ListLink,
    AllLink,
    StopAll,
    Undo,
    Scanner,
    Texts(&'static [&'static str]),
}

/// A part that is played with a mail.
const fn mailed(person: u32, did: &'static str, withheld: Verdicts, entries: u64, act: Act) -> Part {
    Part { person, did, withheld, entries, act }
}

/// A part that is played on a phone; mail isn't concerned.
const fn texted(
    person: u32,
    did: &'static str,
    withheld: Option<Exclusion>,
    entries: u64,
    texts: &'static [&'static str],
) -> Part {
    Part { person, did, withheld: [None, None, withheld], entries, act: Act::Texts(texts) }
}

const CHANNEL: Option<Exclusion> = Some(Exclusion::of(Reason::OptedOutChannel));
const ADDRESS: Option<Exclusion> = Some(Exclusion::of(Reason::OptedOutAddress));
const ALL: Option<Exclusion> = Some(Exclusion::of(Reason::OptedOutAll));
const LEFT: Option<Exclusion> = Some(Exclusion::of(Reason::UnsubscribedFromList));

/// People of the first hundred have said nothing and have phones; those with a number ending in 0, 1 or 2 subscribe to the
/// letter.
const PARTS: [Part; 11] = [
    mailed(10, "one-click in the mail program (header)", [CHANNEL, CHANNEL, None], 1, Act::HeaderOneClick),
    mailed(11, "link in the body, page, button", [CHANNEL, CHANNEL, None], 1, Act::BodyLink),
    mailed(12, "link for this address only, page, button", [ADDRESS, ADDRESS, None], 1, Act::IdentityLink),
    mailed(20, "link to leave the list, page, button", [None, LEFT, None], 1, Act::ListLink),
    mailed(41, "the letter's link out of all email, button", [CHANNEL, CHANNEL, None], 1, Act::AllLink),
    mailed(21, "choices page, \"Stop all marketing\"", [ALL, ALL, ALL], 1, Act::StopAll),
    mailed(22, "link in the body, button, then undo", [None; 3], 2, Act::Undo),
    mailed(30, "nothing; a scanner opened every link", [None; 3], 0, Act::Scanner),
    texted(
        31,
        "text \"please stop texting me\"",
        Some(Exclusion::of(Reason::SenderBlocked)),
        1,
        &["please stop texting me"],
    ),
    texted(
        32,
        "text \"who is this? stop\", not read yet",
        Some(Exclusion::of(Reason::HeldForReview)),
        0,
        &["who is this? stop"],
    ),
    texted(40, "text STOP, then START", None, 2, &["STOP", "START"]),
];

/// Who got each campaign of a round.
type Reached = [BTreeSet<String>; Piece::ALL.len()];

/// Goes through the loop; the exit code is 0 only if everything was as it must be.
pub async fn run(global: &Global, people: u32, base_path: &str) -> Result<Exit> {
    let public = TcpListener::bind(("127.0.0.1", 0)).await?;
    output::say(format_args!(
        "a sample brand with {} people, a mailbox, phones, three campaigns ...",
        grouped(u64::from(people))
    ));
    let stage = Stage::set(global, people, public, base_path).await?;
    let played = play(&stage, global.json).await;
    stage.close().await;
    played.map(|()| Exit::Done)
}

async fn play(stage: &Stage, json: bool) -> Result<()> {
    let first = round(stage).await?;
    let before = stage.context.store.counts(WORKSPACE).await?.entries;
    let mut entries = BTreeMap::new();
    for part in &PARTS {
        let entry =
            act(stage, part).await.with_context(|| format!("person {}: {}", part.person, part.did))?;
        entries.extend(entry.map(|entry| (part.person, entry)));
    }
    let recorded = stage.context.store.counts(WORKSPACE).await?.entries - before;
    let expected: u64 = PARTS.iter().map(|part| part.entries).sum();
    ensure!(recorded == expected, "{recorded} ledger entries were made instead of {expected}");
    let second = round(stage).await?;
    compare(&first.reached, &second.reached)?;
    let mut rows = Vec::new();
    for part in &PARTS {
        rows.push(explain(stage, part, &second, entries.get(&part.person).copied()).await?);
    }
    let report = prove(stage, &entries).await?;
    show(json, &first, &second, &rows, &report);
    Ok(())
}

struct Round {
    summaries: Vec<RunSummary>,
    reached: Reached,
}

/// Sends the campaigns, and takes from the mailbox and the phones who got them.
async fn round(stage: &Stage) -> Result<Round> {
    let mut reached = Reached::default();
    let mut summaries = Vec::new();
    for (piece, reached) in Piece::ALL.into_iter().zip(&mut reached) {
        let last_mail = stage.mailbox.after(0).last().map_or(0, |mail| mail.id);
        let last_text = stage.provider.phones.len();
        let summary = stage.send(piece).await?;
        let got: Vec<String> = if piece == Piece::Text {
            stage.provider.phones.after(last_text).into_iter().map(|(number, _)| number).collect()
        } else {
            let mails = stage.mailbox.after(last_mail);
            mails.iter().flat_map(|mail| mail.to.iter().map(|to| to.to_lowercase())).collect()
        };
        let sent = summary.report.deliveries.get(&DeliveryState::Sent).copied().unwrap_or(0);
        let excluded: u64 = summary.report.excluded.values().sum();
        let (name, arrived) = (piece.name(), got.len());
        reached.extend(got);
        ensure!(sent == arrived as u64, "{name}: {sent} reported as sent, {arrived} arrived");
        ensure!(reached.len() == arrived, "{name}: somebody got it twice");
        ensure!(
            sent + excluded == summary.report.audience,
            "{name}: somebody is neither sent to nor excluded"
        );
        summaries.push(summary);
    }
    Ok(Round { summaries, reached })
}

/// Where a campaign reaches a person.
fn reached_at(piece: Piece, person: u32) -> String {
    match piece {
        Piece::Text => people::phone(person).unwrap_or_default(),
        Piece::Sale | Piece::Letter => people::address(person).to_lowercase(),
    }
}

async fn act(stage: &Stage, part: &Part) -> Result<Option<EntryId>> {
    let sale = mail(stage, part.person, Piece::Sale)?;
    let unsubscribe = |level| sale.of(Purpose::Unsubscribe, level);
    match part.act {
        Act::HeaderOneClick => {
            let answer = ask("POST", &sale.header, Some(ONE_CLICK)).await?;
            ensure!(
                answer.status == 200 && answer.body.is_empty(),
                "one-click was answered with {}",
                answer.status
            );
        }
        Act::BodyLink => take(stage, part.person, unsubscribe(Some(Level::Channel))?).await?,
        Act::IdentityLink => take(stage, part.person, unsubscribe(Some(Level::Identity))?).await?,
        Act::ListLink | Act::AllLink => {
            let letter = mail(stage, part.person, Piece::Letter)?;
            let all = matches!(part.act, Act::AllLink);
            let level = if all { Level::Channel } else { Level::Subscription };
            take(stage, part.person, letter.of(Purpose::Unsubscribe, Some(level))?).await?;
        }
        Act::StopAll => {
            let url = &sale.of(Purpose::Preferences, None)?.url;
            ensure!(ask("GET", url, None).await?.status == 200, "the choices page doesn't open");
            ensure!(
                ask("POST", url, Some("via=page&action=stop-all")).await?.status < 400,
                "the button doesn't act"
            );
        }
        Act::Undo => {
            let done = press(&unsubscribe(Some(Level::Channel))?.url).await?;
            let undo = undo_token(&done.body).context("the page offers no undo")?;
            let answer =
                ask("POST", &format!("{}/u/{undo}", stage.public_url), Some("via=page&action=undo")).await?;
            ensure!(answer.status == 200, "undo was answered with {}", answer.status);
        }
        Act::Scanner => {
            scan(stage, &sale).await?;
            return Ok(None);
        }
        Act::Texts(texts) => {
            for text in texts {
                let status = stage.provider.reply(&reached_at(Piece::Text, part.person), text).await;
                ensure!(status.is_success(), "the reply was answered with {status}");
            }
            if part.entries == 0 {
                return Ok(None);
            }
        }
    }
    let profile = profile(stage, part.person).await?;
    let history = stage.context.store.history(WORKSPACE, profile, None, 1).await?;
    Ok(history.entries.first().map(|entry| entry.id))
}

/// The newest mail of a campaign to a person.
fn mail(stage: &Stage, person: u32, piece: Piece) -> Result<Links> {
    let sender = if piece == Piece::Letter { "letter@lumen.example" } else { "hello@lumen.example" };
    let mails = stage.mailbox.to(&people::address(person));
    let is_from = |raw: &[u8]| String::from_utf8_lossy(raw).contains(&format!("<{sender}>"));
    let mail = mails.iter().rev().find(|mail| is_from(&mail.data)).context("no such mail arrived")?;
    links(&mail.data, &stage.public_url, &stage.context.store.key_ring())
}

/// Presses a link, and compares what it says with what was recorded.
async fn take(stage: &Stage, person: u32, link: &Link) -> Result<()> {
    press(&link.url).await?;
    let profile = profile(stage, person).await?;
    let history = stage.context.store.history(WORKSPACE, profile, None, 1).await?;
    let entry = history.entries.first().context("nothing was recorded")?;
    super::kept::check(&link.says, &entry.applied)
}

/// Does to every link what scanners and prefetchers do; nothing may change (I4).
async fn scan(stage: &Stage, mail: &Links) -> Result<()> {
    let before = stage.context.store.counts(WORKSPACE).await?.entries;
    let urls = mail.body.iter().map(|link| link.url.as_str()).chain([mail.header.as_str()]);
    for url in urls {
        for method in ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"] {
            ask(method, url, None).await?;
        }
        for body in
            ["", "List-Unsubscribe=Two-Click", "action=unsubscribe", "{\"List-Unsubscribe\":\"One-Click\"}"]
        {
            ask("POST", url, Some(body)).await?;
        }
    }
    let after = stage.context.store.counts(WORKSPACE).await?.entries;
    ensure!(before == after, "a scanner changed {} values", after - before);
    Ok(())
}

/// The second round must reach exactly those whom the first reached, less those who said no in between.
fn compare(first: &Reached, second: &Reached) -> Result<()> {
    for (at, piece) in Piece::ALL.into_iter().enumerate() {
        let gone = PARTS
            .iter()
            .filter(|part| part.withheld[at].is_some())
            .map(|part| reached_at(piece, part.person));
        let gone: BTreeSet<String> = gone.collect();
        ensure!(gone.is_subset(&first[at]), "{}: not all of them were reached before", piece.name());
        let expected: BTreeSet<String> = first[at].difference(&gone).cloned().collect();
        ensure!(second[at] == expected, "{}: others were left out than those who said no", piece.name());
    }
    Ok(())
}

struct Row {
    did: &'static str,
    person: u32,
    /// Per campaign, what became of the person in the second round.
    outcomes: [String; Piece::ALL.len()],
    entry: Option<EntryId>,
}

async fn explain(stage: &Stage, part: &Part, second: &Round, entry: Option<EntryId>) -> Result<Row> {
    let profile = profile(stage, part.person).await?;
    let mut outcomes = <[String; Piece::ALL.len()]>::default();
    for (at, summary) in second.summaries.iter().enumerate() {
        let outcome = stage.context.store.run_outcome(WORKSPACE, summary.run, profile).await?;
        let (withheld, words) = match outcome {
            Some(Delivery::Message { state: DeliveryState::Sent, .. }) => (None, "● sent".to_owned()),
            Some(Delivery::Excluded { reason, .. }) => (Some(reason), format!("○ {reason}")),
            _ if part.person % 10 > 4 => (None, "not in the audience".to_owned()),
            other => anyhow::bail!("person {}: neither sent nor excluded: {other:?}", part.person),
        };
        ensure!(
            withheld == part.withheld[at],
            "person {}: {words} instead of {:?}",
            part.person,
            part.withheld[at]
        );
        outcomes[at] = words;
    }
    Ok(Row { did: part.did, person: part.person, outcomes, entry })
}

async fn profile(stage: &Stage, person: u32) -> Result<ProfileId> {
    let owner = stage.context.owner(&Address::email(&people::address(person))?).await?;
    Ok(owner.context("the person isn't known")?.profile)
}

/// Verifies the ledger from its files alone, and the receipt of each choice.
async fn prove(stage: &Stage, entries: &BTreeMap<u32, EntryId>) -> Result<VerifyReport> {
    let store = &stage.context.store;
    let sealed = store.seal_ledger().await?;
    let key = VerifierKey::parse(&store.ledger_verifier_key()?)?;
    let report =
        verify(&store.ledger_dir(), Some(&key), &mut |_, _| ()).context("the ledger doesn't verify")?;
    ensure!(report.size == sealed, "the ledger holds {} of {sealed} entries", report.size);
    for entry in entries.values() {
        Receipt::parse(&store.receipt(WORKSPACE, *entry).await?)?
            .verify(&key)
            .context("a receipt doesn't verify")?;
    }
    Ok(report)
}

fn show(json: bool, first: &Round, second: &Round, rows: &[Row], report: &VerifyReport) {
    let counts = |round: &Round| -> Value {
        let pieces = Piece::ALL.into_iter().zip(&round.summaries);
        pieces
            .map(|(piece, summary)| (piece.name().to_owned(), totals(summary)))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    let value = json!({
        "first": counts(first),
        "second": counts(second),
        "people": rows.iter().map(|row| json!({
            "person": people::address(row.person), "did": row.did, "outcomes": row.outcomes,
            "entry": row.entry.map(|entry| entry.to_string()),
        })).collect::<Vec<_>>(),
        "ledger": { "entries": report.size, "root": report.root, "verified": true },
    });
    output::data(json, &value, || {
        let mut lines = vec![format!(
            "{:<14}{:>12}{:>12}{:>12}{:>12}",
            "", "first: sent", "withheld", "again: sent", "withheld"
        )];
        for (at, piece) in Piece::ALL.into_iter().enumerate() {
            let [(sent, out), (again, left)] =
                [first, second].map(|round| sent_and_withheld(&round.summaries[at]));
            let [sent, out, again, left] = [sent, out, again, left].map(grouped);
            lines.push(format!("{:<14}{sent:>12}{out:>12}{again:>12}{left:>12}", piece.name()));
        }
        let [sale, letter, text] = Piece::ALL.map(|piece| format!("{} again", piece.name()));
        lines.push(format!("\n{:<44}{sale:<20}{letter:<25}{text:<20}proof", "in between"));
        for row in rows {
            let proof = row.entry.map_or_else(|| "nothing recorded".to_owned(), |entry| entry.to_string());
            let [sale, letter, text] = &row.outcomes;
            lines.push(format!("{:<44}{sale:<20}{letter:<25}{text:<20}{proof}", row.did));
        }
        let entries = grouped(report.size);
        lines.push(format!(
            "\n● exactly those who said no were left out\n● ledger verifies: {entries} entries, root {}",
            report.root
        ));
        lines.join("\n")
    });
}

fn sent_and_withheld(summary: &RunSummary) -> (u64, u64) {
    let sent = summary.report.deliveries.get(&DeliveryState::Sent).copied().unwrap_or(0);
    (sent, summary.report.excluded.values().sum())
}

fn totals(summary: &RunSummary) -> Value {
    let (sent, withheld) = sent_and_withheld(summary);
    json!({ "audience": summary.report.audience, "sent": sent, "withheld": withheld })
}
