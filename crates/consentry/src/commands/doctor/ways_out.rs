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

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use consent::{Address, AddressId, Channel, Namespace};
use delivery::selftest::{Course, DkimKeys, Url, Visitor, uris};
use tokio::sync::Mutex;
use wire::tls::trusted_roots;

use self::bench::Bench;
use self::mail::Receiving;
use self::page::Link;
use self::plan::{Planned, plan};
use self::progress::Progress;
use self::report::{Report, Section};
use self::server::Server;
use self::subject::{State, Subject};
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
    visitor: Visitor,
    receiving: Receiving,
    progress: Progress,
    /// Each server is looked at once.
    servers: Mutex<Vec<(String, Arc<Server>)>>,
}

/// Tests the ways out, and puts everything back as it was.
pub async fn run(context: &Context, args: WaysOut) -> Result<Exit> {
    let file = args.config.as_deref().map(ServerFile::load).transpose()?;
    let planned = plan(context, &args.configuration).await?;
    let test = Test {
        context,
        args: &args,
        subjects: subjects(context, &args).await?,
        visitor: visitor(&args, &planned)?,
        receiving: file.as_ref().map(Receiving::of).unwrap_or_default(),
        progress: Progress::new(stop_signal()),
        servers: Mutex::default(),
    };
    let mut before: Vec<State> = Vec::new();
    for subject in &test.subjects {
        before.push(subject.state().await?);
    }
    let checked = test.check(file.as_ref(), &planned).await;
    test.progress.done();
    let mut put_back = true;
    for (subject, before) in test.subjects.iter().zip(&before) {
        // Each attempt was put back; what came later is put back here.
        if !subject.is_as(before).await? {
            subject.put_back(before).await?;
        }
        put_back &= subject.is_as(before).await?;
    }
    // What was put back is in the ledger's files before anybody verifies them.
    context.store.seal_ledger().await?;
    let (configurations, messages) = checked?;
    let addresses = test.subjects.iter().map(|subject| subject.text.clone()).collect();
    let report =
        Report { addresses, put_back, stopped: test.progress.is_stopped(), configurations, messages };
    report.print(context.json);
    Ok(if report.is_fine() { Exit::Done } else { Exit::Failed })
}

/// The test addresses, one of each kind at most.
async fn subjects(context: &Context, args: &WaysOut) -> Result<Vec<Subject>> {
    let mut named = Vec::with_capacity(args.test_address.len());
    for text in &args.test_address {
        let address = Address::guess(text).map_err(|error| {
            fail(format!("--test-address {text}: {error}"), "give an email address, or a number with +")
        })?;
        named.push((text, address));
    }
    let kinds = |at: usize| named[..at].iter().map(|(_, address)| address.namespace());
    if (0..named.len()).any(|at| kinds(at).any(|kind| kind == named[at].1.namespace())) {
        return Err(fail("two test addresses of the same kind", "give one email address, and one number"));
    }
    let all = named.iter().map(|(_, address)| address.clone()).collect();
    let known = context.store.resolve(context.workspace, all).await?;
    let all: Vec<AddressId> = known.into_iter().flatten().map(|owner| owner.address).collect();
    let mut subjects = Vec::with_capacity(named.len());
    for (text, address) in named {
        let subject = Subject::open(context, text, address, &all, args.really).await?;
        if subject.clear_away().await? > 0 {
            output::say(format_args!("{text}: put back what an earlier test had left behind"));
        }
        subjects.push(subject);
    }
    Ok(subjects)
}

fn visitor(args: &WaysOut, planned: &[Planned]) -> Result<Visitor> {
    let roots = trusted_roots(args.ca_file.as_deref())
        .map_err(wire::smtp::TransportError::from)
        .map_err(|error| fail(format!("--ca-file: {error}"), "it is a PEM file with certificates"))?;
    let mut visitor = Visitor::new(roots)?;
    if let Some(via) = args.via {
        let courses = planned.iter().filter_map(|planned| planned.course.as_ref().ok());
        for url in courses.filter_map(|course| Url::parse(&course.links.public_url).ok()) {
            visitor.reach(url.host_str().unwrap_or_default(), via);
        }
    }
    Ok(visitor)
}

impl Test<'_> {
    /// The configurations first, then the messages.
    async fn check(
        &self,
        file: Option<&ServerFile>,
        planned: &[Planned],
    ) -> Result<(Vec<Section>, Vec<Section>)> {
        let mut configurations = Vec::with_capacity(planned.len());
        for Planned { name, course } in planned {
            if self.subjects.is_empty() || self.progress.is_stopped() {
                break;
            }
            configurations.push(match course {
                Ok(course) => self.configuration(course).await?,
                Err(way) => Section::broken(name, way.clone()),
            });
        }
        let mut messages = Vec::new();
        if !self.progress.is_stopped() && (self.args.message.is_some() || self.args.mailbox.is_some()) {
            messages = message::check(self, file, planned, DkimKeys::new(!self.args.no_dns)).await?;
        }
        Ok((configurations, messages))
    }

    async fn configuration(&self, course: &Course) -> Result<Section> {
        let namespace = Namespace::of_channel(course.configuration.channel());
        let subject =
            self.subjects.iter().find(|subject| Some(&subject.owner.namespace) == namespace.as_ref());
        let Some(subject) = subject else {
            let email = course.configuration.channel() == Channel::Email;
            let kind = if email { "an email address" } else { "a number" };
            let way = Way::not_checked("test_address", "all of them", "there is no test address for them")
                .hint(format!("give {kind} of yours by another --test-address"));
            return Ok(Section::of(course, None, vec![way]));
        };
        let bench = self.bench(course, subject).await?;
        let mut first = bench.server.way.clone();
        if let Some(reason) = bench.withheld().await? {
            first = first.note(format!(
                "messages are withheld from the test address anyway ({reason:?}): only what is recorded is checked"
            ));
        }
        let mut ways = vec![first];
        ways.extend(self.ways(&bench).await?);
        Ok(Section::of(course, Some(subject), ways))
    }

    /// What a test of one configuration with one address works with.
    async fn bench<'b>(&'b self, course: &'b Course, subject: &'b Subject) -> Result<Bench<'b>> {
        let url = course.links.public_url.to_string();
        let mut servers = self.servers.lock().await;
        let known = servers.iter().find(|(known, _)| *known == url).map(|(_, server)| Arc::clone(server));
        let server = if let Some(server) = known {
            server
        } else {
            self.progress.at(&url);
            let key = self.context.store.ledger_verifier_key()?;
            let looked = Server::look(&self.visitor, &url, &key, self.context.now()).await;
            let server = Arc::new(looked);
            servers.push((url, Arc::clone(&server)));
            server
        };
        Ok(Bench {
            context: self.context,
            visitor: &self.visitor,
            subject,
            course,
            gate: course.gate(self.context.store.clone(), Arc::clone(&self.context.clock)),
            server,
            progress: &self.progress,
        })
    }

    /// Every way out of one configuration's messages.
    async fn ways(&self, bench: &Bench<'_>) -> Result<Vec<Way>> {
        let mut ways = Vec::new();
        let mut mails = Vec::new();
        if let Some(email) = bench.course.email() {
            let person = bench.course.person(&bench.gate, &bench.subject.owner).await?;
            let (_, head) = bench.course.head(email, &person, self.context.now())?;
            let links: Vec<String> = head.all("List-Unsubscribe").flat_map(uris).collect();
            let (web, other): (Vec<_>, Vec<_>) = links.into_iter().partition(|link| link.starts_with("http"));
            mails = other.into_iter().map(|link| (email, link)).collect();
            if web.is_empty() {
                let words = "messages carry none (`list_unsubscribe.url`)";
                ways.push(
                    Way::not_checked("one_click", "header link", words)
                        .hint("Gmail and Yahoo ask senders of bulk mail for one"),
                );
            }
            for link in web {
                let url = Url::parse(&link)?;
                ways.extend(match bench.token_of(&url) {
                    Some(token) => header::try_link(bench, &url, token).await?,
                    None => vec![content::foreign(bench, "one_click", "header link", &url).await],
                });
            }
        }
        for link in content::links(bench)? {
            if !self.progress.is_stopped() {
                ways.extend(self.page(bench, &link).await?);
            }
        }
        ways.extend(content::reply(bench));
        for (email, link) in mails {
            if !self.progress.is_stopped() {
                let wait = Duration::from_secs(self.args.wait);
                ways.push(mail::try_mail(bench, email, &link, wait, &self.receiving).await?);
            }
        }
        Ok(ways)
    }

    async fn page(&self, bench: &Bench<'_>, link: &Link) -> Result<Vec<Way>> {
        if let Some(token) = bench.token_of(&link.url) {
            return page::try_link(bench, link, token).await;
        }
        let words = "the link isn't one of ours for the test address";
        Ok(vec![Way::fails("page", &link.label, "token", words).at(link.url.as_str())])
    }
}
