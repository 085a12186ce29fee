//! Unsubscribing by mail: a mail is sent through the configuration's relay, and has to come back.

use std::time::Duration;

use anyhow::Result;
use delivery::EmailConfiguration;
use delivery::selftest::mailto;
use wire::smtp::{Outcome, SmtpTransport};

use super::bench::{Bench, Effect, Trial};
use super::verdict::{Way, in_words};
use crate::mail_section::{MailSection, MailboxSection};
use crate::server_file::ServerFile;

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
    let token =
        local.strip_prefix("u.").and_then(|text| bench.context.store.key_ring().read_local_part(text).ok());
    let Some(token) = token.filter(|token| token.address == bench.subject.owner.address) else {
        let words = "it isn't ours; nobody here would know of an opt-out";
        return Ok(Way::not_checked(KIND, format!("mail to {address}"), words).at(uri));
    };
    let label = format!("mail to u.\u{2026}@{domain}");
    let act = async |trial: &Trial| {
        if let Err(way) = send(bench, email, (&address, &subject), &label).await {
            return Ok(*way);
        }
        bench.progress.wait(format_args!("{label}: waiting up to {} s until it arrives", wait.as_secs()));
        match bench.watch(trial, wait, PAUSE).await? {
            Some(effect) => Ok(arrived(&label, &effect)),
            None => nothing(bench, trial, (&label, domain), wait, receiving).await,
        }
    };
    Ok(bench.attempt((KIND, &label), bench.target(token), act).await?.at(uri))
}

/// Hands the mail to the relay; the error says why it wasn't taken.
async fn send(
    bench: &Bench<'_>,
    email: &EmailConfiguration,
    (to, subject): (&str, &str),
    label: &str,
) -> Result<(), Box<Way>> {
    let relay = format!("{}:{}", email.transport.host, email.transport.port);
    let fails = |problem, words: String| Box::new(Way::fails(KIND, label, problem, words));
    let unusable = |error: &dyn std::fmt::Display| {
        let way = Way::not_checked(KIND, label, format!("the relay {relay} can't be used: {error}"));
        Box::new(way.hint("campaigns of this configuration can't be sent either, until that is mended"))
    };
    let request = bench.course.request(email, to, subject, &bench.subject.mark, bench.context.now());
    let (envelope, message) = request.map_err(|error| fails("mail", format!("it can't be made: {error}")))?;
    let transport = SmtpTransport::new(email.transport.clone()).map_err(|error| unusable(&error))?;
    let mut session = transport.session().await.map_err(|error| unusable(&error))?;
    match session.send(&envelope, &message, || true, async { true }).await {
        Outcome::Accepted(_) | Outcome::InDoubt(_) => Ok(()),
        Outcome::Deferred(reply) | Outcome::Rejected(reply) | Outcome::SenderRefused(reply) => {
            let way = fails("relay_refuses", format!("the relay {relay} doesn't take the mail: {reply}"));
            let hint = "people's own servers may be told the same: look at who receives for this domain (MX)";
            Err(Box::new(way.hint(hint)))
        }
        Outcome::Unsendable(reason) => {
            Err(fails("relay_refuses", format!("the relay {relay} can't take the mail: {reason}")))
        }
        Outcome::NotHandedOver(error) => Err(unusable(&error)),
        Outcome::LeaseExpired => Err(fails("mail", "it wasn't sent".to_owned())),
    }
}

fn arrived(label: &str, effect: &Effect) -> Way {
    let way = match effect.without_effect() {
        Some((problem, words)) => Way::fails(KIND, label, problem, words),
        None => Way::works(KIND, label, effect.took()),
    };
    Way { millis: effect.millis(), ..way }
}

/// What is to be said when the mail hasn't come.
async fn nothing(
    bench: &Bench<'_>,
    trial: &Trial,
    (label, domain): (&str, &str),
    wait: Duration,
    receiving: &Receiving,
) -> Result<Way> {
    let address = consent::Address::parse(&bench.subject.owner.namespace, &bench.subject.owner.raw, None)?;
    let feedback = bench.context.store.feedback_of(bench.context.workspace, &address, FEEDBACK_MAX).await?;
    if let Some(noted) = feedback.iter().find(|noted| noted.received_at >= trial.begun_at) {
        let words = format!("a mail arrived, and changed nothing: {} ({})", noted.detail, noted.source);
        return Ok(Way::fails(KIND, label, "noted", words)
            .hint("does the relay mark mail as automatic, or send it on from an empty sender?"));
    }
    if bench.progress.is_stopped() {
        return Ok(Way::not_checked(KIND, label, "the test was stopped before the mail came"));
    }
    let words = format!("the relay took the mail, and nothing has arrived here within {}", in_words(wait));
    let mut way = Way::fails(KIND, label, "nothing_received", words);
    let settings = bench.context.settings().await?;
    if !settings.mail_domains.iter().any(|known| known == domain) {
        way = way.hint(format!("mail for {domain} is refused here: `consentry init --mail-domain {domain}`"));
    }
    let late =
        "should the mail arrive later, it opts the test address out then; the next test puts that back first";
    Ok(way.hint(receiving.hint(domain, wait)).note(late))
}

impl Receiving {
    /// As the server's file has it.
    pub fn of(file: &ServerFile) -> Self {
        let doors = file.mail.iter().flat_map(MailSection::doors).collect();
        let polled = file.mailbox.iter().filter_map(MailboxSection::polled).max();
        Self { known: true, doors, polled }
    }

    /// What to look at when mail for a domain doesn't arrive.
    fn hint(&self, domain: &str, wait: Duration) -> String {
        match self.polled {
            _ if !self.known => {
                format!(
                    "who receives mail for {domain}? docs/receiving.md says how; --config tells this test"
                )
            }
            _ if !self.doors.is_empty() => {
                let doors = self.doors.join(" or ");
                format!("is `serve --config` running, and does the MX record of {domain} lead to {doors}?")
            }
            Some(polled) if polled >= wait => {
                format!("mailboxes are looked into every {} s: use a longer --wait", polled.as_secs())
            }
            Some(_) => format!("does mail for {domain} end in one of the mailboxes of consentry.toml?"),
            None => "consentry.toml receives no mail: docs/receiving.md says how".to_owned(),
        }
    }
}
