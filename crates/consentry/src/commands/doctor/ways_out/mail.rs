//! Unsubscribing by mail: a mail is sent through the configuration's relay, and has to come back.

use std::time::Duration;

use anyhow::Result;
use delivery::EmailConfiguration;
use delivery::selftest::mailto;
use delivery::smtp::{Outcome, SmtpTransport};

use super::bench::{Bench, Effect, Trial};
use super::verdict::{Way, in_words};
use crate::context::WORKSPACE;

const KIND: &str = "mailto";
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(200);
/// What came back lately that is looked through.
const FEEDBACK_MAX: usize = 10;

/// How mail is received, as far as `--config` tells.
#[derive(Debug, Default)]
pub struct Receiving {
    /// Whether there is a file to tell.
    pub known: bool,
    /// Where it is received by SMTP or LMTP.
    pub doors: Vec<String>,
    /// How often mailboxes are looked into, at least.
    pub polled: Option<Duration>,
}

/// Sends the mail and waits for its effect.
pub async fn try_mail(
    bench: &Bench<'_>,
    email: &EmailConfiguration,
    uri: &str,
    wait: Duration,
    receiving: &Receiving,
) -> Result<Way> {
    let Some((address, subject)) = mailto(uri) else {
        return Ok(Way::fails(KIND, "mail", "address", format!("{uri} isn't the address of a mail")));
    };
    let (local, domain) = address.rsplit_once('@').unwrap_or((&address, ""));
    let token = local.strip_prefix("u.").and_then(|text| bench.context.store.key_ring().read_local_part(text).ok());
    let Some(token) = token.filter(|token| token.address == bench.subject.owner.address) else {
        let way = Way::not_checked(KIND, format!("mail to {address}"), "it isn't ours; nobody here would know of an opt-out");
        return Ok(way.at(uri));
    };
    let label = format!("mail to u.\u{2026}@{domain}");
    bench.progress.at(&label);
    let trial = bench.begin(bench.target(token)).await?;
    let relay = format!("{}:{}", email.transport.host, email.transport.port);
    if let Err(way) = send(bench, email, (&address, &subject), &trial, &label, &relay).await? {
        return Ok(way.at(uri));
    }
    bench.progress.wait(format!("waiting up to {} s for the mail to u.\u{2026}@{domain}", wait.as_secs()));
    let effect = bench.watch(&trial, wait, PAUSE).await?;
    let way = match &effect {
        Some(effect) => arrived(&label, effect),
        None => nothing(bench, &trial, &label, domain, wait, receiving).await?,
    };
    Ok(bench.put_back(&trial, effect.is_some(), way).await?.at(uri))
}

/// Hands the mail to the relay; the inner error says why it wasn't taken.
async fn send(
    bench: &Bench<'_>,
    email: &EmailConfiguration,
    (to, subject): (&str, &str),
    trial: &Trial,
    label: &str,
    relay: &str,
) -> Result<std::result::Result<(), Way>> {
    let fails = |problem, words: String| Ok(Err(Way::fails(KIND, label, problem, words)));
    let request = bench.course.request(email, to, subject, &trial.mark.text, bench.context.now());
    let (envelope, message) = match request {
        Ok(made) => made,
        Err(error) => return fails("mail", format!("the mail can't be made: {error}")),
    };
    let session = match SmtpTransport::new(email.transport.clone()) {
        Ok(transport) => transport.session().await,
        Err(error) => Err(error),
    };
    let mut session = match session {
        Ok(session) => session,
        Err(error) => {
            return Ok(Err(Way::not_checked(KIND, label, format!("the relay {relay} can't be used: {error}"))
                .hint("campaigns of this configuration can't be sent either, until that is mended")));
        }
    };
    match session.send(&envelope, &message, || true, async { true }).await {
        Outcome::Accepted(_) | Outcome::InDoubt(_) => Ok(Ok(())),
        Outcome::Deferred(reply) | Outcome::Rejected(reply) => {
            let words = format!("the relay {relay} doesn't take the mail: {reply}");
            Ok(Err(Way::fails(KIND, label, "relay_refuses", words)
                .hint("people's own servers may be told the same: look at who receives for this domain (MX)")))
        }
        Outcome::Unsendable(reason) => fails("relay_refuses", format!("the relay {relay} can't take the mail: {reason}")),
        Outcome::NotHandedOver(error) => {
            Ok(Err(Way::not_checked(KIND, label, format!("the relay {relay} can't be used: {error}"))))
        }
        Outcome::LeaseExpired => fails("mail", "the mail wasn't sent".to_owned()),
    }
}

fn arrived(label: &str, effect: &Effect) -> Way {
    let millis = u64::try_from(effect.after.as_millis()).ok();
    let way = if effect.withheld.is_none() {
        Way::fails(KIND, label, "not_withheld", "the no is recorded, and messages would go out all the same")
    } else {
        Way::works(KIND, label, Bench::took(effect))
    };
    Way { millis, ..way }
}

async fn nothing(
    bench: &Bench<'_>,
    trial: &Trial,
    label: &str,
    domain: &str,
    wait: Duration,
    receiving: &Receiving,
) -> Result<Way> {
    let address = consent::Address::parse(&bench.subject.owner.namespace, &bench.subject.owner.raw, None)?;
    let feedback = bench.context.store.feedback_of(WORKSPACE, &address, FEEDBACK_MAX).await?;
    if let Some(noted) = feedback.iter().find(|noted| trial.began_before(noted.received_at)) {
        let words = format!("a mail arrived, and changed nothing: {} ({})", noted.detail, noted.source);
        return Ok(Way::fails(KIND, label, "noted", words)
            .hint("does the relay mark mail as automatic, or send it on from an empty sender?"));
    }
    if bench.progress.is_stopped() {
        return Ok(Way::not_checked(KIND, label, "the test was stopped before the mail came"));
    }
    let waited = in_words(wait);
    let words = format!("the relay took the mail, and nothing has arrived here within {waited}");
    let mut way = Way::fails(KIND, label, "nothing_received", words);
    let settings = bench.context.settings().await?;
    if !settings.mail_domains.iter().any(|known| known == domain) {
        way = way.hint(format!("mail for {domain} is refused here: `consentry init --mail-domain {domain}`"));
    }
    way = match receiving {
        Receiving { doors, .. } if !doors.is_empty() => way.hint(format!(
            "is `serve --config` running, and does the MX record of {domain} lead to {}?",
            doors.join(" or ")
        )),
        Receiving { polled: Some(polled), .. } if *polled >= wait => {
            way.hint(format!("mailboxes are looked into every {} s: use a longer --wait", polled.as_secs()))
        }
        Receiving { polled: Some(_), .. } => {
            way.hint(format!("does mail for {domain} end in one of the mailboxes of consentry.toml?"))
        }
        Receiving { known: true, .. } => way.hint("consentry.toml receives no mail: docs/receiving.md says how"),
        _ => way.hint(format!("who receives mail for {domain}? docs/receiving.md says how; --config tells this test")),
    };
    Ok(way.note("should the mail arrive later, it opts the test address out then; the next test puts that back first"))
}
