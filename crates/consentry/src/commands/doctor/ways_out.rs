//! `consentry doctor ways-out`: every way out that messages carry, followed from outside.

mod answers;
mod bench;
mod content;
mod header;
mod mail;
mod message;
mod page;
mod plan;
mod progress;
mod report;
mod server;
mod subject;
mod verdict;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context as _, Result};
use consent::{Channel, Namespace};
use delivery::Campaign;
use delivery::selftest::{Course, DkimKeys, Url, Visitor, uris};
use delivery::smtp::trusted_roots;

use self::bench::{Bench, Seen};
use self::mail::Receiving;
use self::plan::{Planned, content_of, plan};
use self::progress::Progress;
use self::report::{Report, Section};
use self::server::Server;
use self::subject::Subject;
use self::verdict::Way;
use super::super::serve::stop_signal;
use crate::cli::WaysOut;
use crate::context::Context;
use crate::output::{self, Exit, fail};
use crate::server_file::ServerFile;

/// What all checks share.
struct Test<'a> {
    context: &'a Context,
    args: &'a WaysOut,
    subjects: Vec<Subject>,
    campaigns: Vec<Campaign>,
    visitor: Visitor,
    receiving: Receiving,
    progress: Progress,
}

/// Tests the ways out, and puts everything back as it was.
pub async fn run(context: &Context, args: WaysOut) -> Result<Exit> {
    let file = args.config.as_deref().map(ServerFile::load).transpose()?;
    let campaigns = args.campaign.iter().map(|file| Campaign::load(file)).collect::<Result<Vec<_>, _>>()?;
    let keys = keys(&args)?;
    let roots = trusted_roots(args.ca_file.as_deref()).map_err(|error| {
        fail(format!("--ca-file: {error}"), "it is a PEM file with certificates")
    })?;
    let planned = plan(context, &args.configuration).await?;
    let mut subjects: Vec<Subject> = Vec::new();
    for text in &args.test_address {
        let subject = Subject::open(context, text, args.really).await?;
        if subjects.iter().any(|known| known.owner.namespace == subject.owner.namespace) {
            return Err(fail("two test addresses of the same kind", "give one email address, and one number"));
        }
        let cleared = subject.clear_away().await?;
        if cleared > 0 {
            output::say(format_args!("{text}: put back what an earlier test had left behind"));
        }
        subjects.push(subject);
    }
    let mut visitor = Visitor::new(roots)?;
    if let Some(via) = args.via {
        let hosts = planned.iter().filter_map(|planned| planned.course.as_ref().ok());
        for url in hosts.filter_map(|course| Url::parse(&course.links.public_url).ok()) {
            visitor.reach(url.host_str().unwrap_or_default(), via);
        }
    }
    let progress = Progress::new(stop_signal());
    let receiving = file.as_ref().map(|file| receiving(file)).unwrap_or_default();
    let test = Test { context, args: &args, subjects, campaigns, visitor, receiving, progress };
    let mut report = Report::new(&test.subjects);
    if !test.subjects.is_empty() {
        report.sections = test.configurations(&planned).await?;
    }
    if args.message.is_some() || args.mailbox.is_some() {
        report.messages = message::check(&test, file.as_ref(), &planned, keys).await?;
    }
    test.progress.done();
    // What was put back is in the ledger's files before anybody verifies them.
    context.store.seal_ledger().await?;
    let stopped = test.progress.is_stopped();
    report.print(context.json, stopped);
    Ok(if report.is_fine() && !stopped { Exit::Done } else { Exit::Failed })
}

fn keys(args: &WaysOut) -> Result<DkimKeys> {
    let mut keys = DkimKeys::new(!args.no_dns);
    for (name, file) in &args.dkim_key {
        keys.name(name, file.as_ref()).map_err(|problem| {
            let hint = "write it as --dkim-key s1._domainkey.example.com=FILE";
            fail(format!("--dkim-key {name}: {problem}"), hint)
        })?;
    }
    Ok(keys)
}

/// How mail is received, as the server's file has it.
fn receiving(file: &ServerFile) -> Receiving {
    let doors = file.mail.iter().flat_map(crate::mail_section::MailSection::doors).collect();
    let polled = file.mailbox.iter().filter_map(crate::mail_section::MailboxSection::polled).max();
    Receiving { known: true, doors, polled }
}

impl Test<'_> {
    /// Tests each configuration; servers are looked at once.
    async fn configurations(&self, planned: &[Planned]) -> Result<Vec<Section>> {
        let mut servers: Vec<(String, Server)> = Vec::new();
        let mut sections = Vec::with_capacity(planned.len());
        for Planned { name, course } in planned {
            if self.progress.is_stopped() {
                break;
            }
            let course = match course {
                Ok(course) => course,
                Err(way) => {
                    sections.push(Section::broken(name, way.clone()));
                    continue;
                }
            };
            let url = course.links.public_url.to_string();
            if servers.iter().all(|(known, _)| *known != url) {
                self.progress.at(&url);
                let key = self.context.store.ledger_verifier_key()?;
                let server = Server::look(&self.visitor, &url, &key, self.context.now()).await;
                servers.push((url.clone(), server));
            }
            let (_, server) =
                servers.iter().find(|(known, _)| *known == url).context("it was looked at just now")?;
            sections.push(self.configuration(course, server).await?);
        }
        Ok(sections)
    }

    async fn configuration(&self, course: &Course, server: &Server) -> Result<Section> {
        let namespace = Namespace::of_channel(course.configuration.channel());
        let subject = self.subjects.iter().find(|subject| Some(&subject.owner.namespace) == namespace.as_ref());
        let Some(subject) = subject else {
            let kind = if course.configuration.channel() == Channel::Email { "email address" } else { "number" };
            let way = Way::not_checked("test_address", "all of them", format!("there is no test {kind}"))
                .hint(format!("give one of yours by another --test-address, an {kind}").replace("an number", "a number"));
            return Ok(Section::of(course, None, vec![way]));
        };
        let gate = course.gate(self.context.shared_store(), Arc::clone(&self.context.clock));
        let bench = Bench {
            context: self.context,
            visitor: &self.visitor,
            subject,
            course,
            gate,
            server,
            progress: &self.progress,
            seen: Mutex::new(Seen::default()),
        };
        let before = subject.state().await?;
        let mut ways = self.ways(&bench).await?;
        // Whoever pressed something last is put back here.
        if subject.put_back(&before).await?.is_none() {
            ways.push(
                Way::fails("put_back", "test address", "not_put_back", "it can't be put back as it was")
                    .hint(format!("consentry profile show {}", subject.text)),
            );
        }
        Ok(Section::of(course, Some(subject), ways))
    }

    /// Every way out of one configuration's messages.
    async fn ways(&self, bench: &Bench<'_>) -> Result<Vec<Way>> {
        let mut ways = vec![bench.server.way.clone()];
        let mut opened = None;
        let mut mails = Vec::new();
        let person = bench.course.person(&bench.gate, &bench.subject.owner).await?;
        if let Some(email) = bench.course.email() {
            let (_, head) = bench.course.head(email, &person, self.context.now())?;
            let links: Vec<String> = head.all("List-Unsubscribe").flat_map(uris).collect();
            if !links.iter().any(|link| link.starts_with("http")) {
                ways.push(
                    Way::not_checked("one_click", "header link", "messages carry none (`list_unsubscribe.url`)")
                        .hint("Gmail and Yahoo ask senders of bulk mail for one"),
                );
            }
            for link in links {
                match Url::parse(&link) {
                    Ok(url) if url.scheme() == "mailto" => mails.push((email, link)),
                    Ok(url) if bench.token_of(&link).is_some() => {
                        opened = Some(header::open(bench, &url).await?);
                        ways.extend(header::posts(bench, &url).await?);
                    }
                    Ok(url) => ways.push(content::foreign(bench, "one_click", "header link", &url).await),
                    Err(_) => ways.push(Way::fails("one_click", "header link", "address", link)),
                }
            }
        }
        let campaign = content_of(&self.campaigns, bench.course);
        let (links, others) = content::links(bench, campaign, person).await?;
        for link in &links {
            if !self.progress.is_stopped() {
                ways.extend(page::try_link(bench, link).await?);
            }
        }
        ways.extend(others);
        for (email, link) in mails {
            if !self.progress.is_stopped() {
                let wait = Duration::from_secs(self.args.wait);
                ways.push(mail::try_mail(bench, email, &link, wait, &self.receiving).await?);
            }
        }
        if let Some(open) = opened {
            ways.insert(1, header::opened(bench, open).await?);
        }
        Ok(ways)
    }
}
