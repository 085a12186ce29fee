//! The publish check (I3): marketing content without a working way out doesn't go out.

mod promises;
mod seen;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use consent::sms::{Encoding, Segments, segments, tells_how_to_stop, wording};
use consent::{Category, Channel, Level};
use wire::http::check_public_url;

pub(crate) use self::promises::ListNames;
use self::seen::{Link, Seen, WaysOut};
use crate::campaign::Campaign;
use crate::configuration::Medium;
use crate::external::{ExternalUrl, external_pages};
pub use crate::finding::{Finding, PublishError};
use crate::html::{LinkText, Seen as Eyes};
use crate::landing;
use crate::links::{Links, confirmations, holds};
use crate::person::Person;
use crate::render::{Rendered, Renderer};

/// Longest text message, in characters: what Twilio takes, and the others no less.
const TEXT_LENGTH_MAX: usize = 1_600;
/// Most findings that are listed.
const FINDINGS_MAX: usize = 50;

/// Opens our own pages without going through the network: the binary answers from its real routes.
#[async_trait]
pub trait LinkProbe: Send + Sync {
    /// Fetches a path with GET, e.g. `/u/TOKEN`; an error says what is wrong with it.
    async fn resolve(&self, path: &str) -> Result<(), String>;
}

/// Content that may go out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checked {
    /// What doesn't stand in the way, but should be known.
    pub warnings: Vec<Finding>,
    /// The confirmation pages that templates name, by level.
    pub confirmation: BTreeMap<String, String>,
    /// Of a text message: what the longest of the samples takes.
    pub segments: Option<Segments>,
}

struct Check<'a> {
    links: &'a Links,
    marketing: bool,
    probe: Option<&'a dyn LinkProbe>,
    findings: BTreeSet<Finding>,
    resolved: BTreeSet<String>,
    /// The brand's own pages that templates name.
    external: Vec<(Level, ExternalUrl)>,
    /// Parts whose only way out is such a page.
    relying: BTreeSet<String>,
    /// Of text messages.
    text: Option<Text>,
    channel: Channel,
    language: Option<&'a str>,
    /// The workspace's lists.
    lists: &'a [ListNames],
    warnings: BTreeSet<Finding>,
}

/// What is looked at in text messages.
struct Text {
    /// Whether people can opt out by replying.
    by_reply: bool,
    /// The language that the campaign says it is in.
    language: Option<String>,
    longest: Option<Segments>,
}

impl Text {
    fn of(campaign: &Campaign) -> Option<Self> {
        let Medium::Sms(sms) = &campaign.configuration.medium else { return None };
        Some(Self { by_reply: sms.from.receives(), language: campaign.language.clone(), longest: None })
    }

    /// What to write where nobody can see how to opt out, in the campaign's language or the reader's.
    fn offer(&self, reader: Option<&str>) -> String {
        let words = wording(self.language.as_deref().or(reader));
        let link = words.link.replace("{url}", "{{ unsubscribe_url }}");
        if self.by_reply { format!("`{}`, or `{link}`", words.stop) } else { format!("`{link}`") }
    }
}

/// Checks a campaign by rendering it for each sample person, with and without personalization.
///
/// With samples taken from the store, `probe` opens every link of ours; links made for nobody can't be opened, so
/// without samples it isn't asked.
pub(crate) async fn check(
    campaign: &Campaign,
    samples: &[Person],
    links: &Links,
    lists: &[ListNames],
    probe: &dyn LinkProbe,
) -> Result<Checked, PublishError> {
    let mut check = Check {
        links,
        marketing: campaign.configuration.category == Category::Marketing,
        probe: (!samples.is_empty()).then_some(probe),
        findings: BTreeSet::new(),
        resolved: BTreeSet::new(),
        external: Vec::new(),
        relying: BTreeSet::new(),
        text: Text::of(campaign),
        channel: campaign.configuration.channel(),
        language: campaign.language.as_deref(),
        lists,
        warnings: BTreeSet::new(),
    };
    let mut checked = Checked::default();
    check.settings();
    check.calls(campaign, &mut checked.confirmation);
    match Renderer::new(campaign, links.clone()) {
        Err(errors) => errors
            .iter()
            .for_each(|error| check.find(&error.part, format!("line {}: {}", error.line, error.problem))),
        Ok(renderer) => {
            let phone = check.text.is_some();
            let to = if phone { "+15005550100" } else { "sample@example.com" }.to_owned();
            let made_up = [Person { address: 1, to, phone, ..Person::default() }];
            for person in if samples.is_empty() { &made_up } else { samples } {
                for personal in [true, false] {
                    check.person(&renderer, campaign, &Person { personal, ..person.clone() }).await;
                }
            }
            checked.warnings = missing_attributes(&renderer, samples);
            checked.warnings.extend(unsigned(campaign));
            checked.warnings.extend(std::mem::take(&mut check.warnings));
            checked.warnings.extend(check.relying.iter().map(|part| relying(part)));
            checked.segments = check.text.and_then(|text| text.longest);
            checked.warnings.extend(checked.segments.as_ref().and_then(long));
        }
    }
    if check.findings.is_empty() {
        Ok(checked)
    } else {
        Err(PublishError { findings: check.findings.into_iter().take(FINDINGS_MAX).collect() })
    }
}

impl Check<'_> {
    fn find(&mut self, part: &str, problem: impl Into<String>) {
        self.findings.insert(Finding { part: part.to_owned(), problem: problem.into() });
    }

    fn settings(&mut self) {
        if let Err(problem) = check_public_url(&self.links.public_url) {
            self.find("configuration.public_url", problem);
        }
        if self.links.level == Level::Subscription && self.links.list.is_none() {
            self.find("configuration.level", "`subscription` needs a list that the campaign is bound to");
        }
    }

    fn calls(&mut self, campaign: &Campaign, found: &mut BTreeMap<String, String>) {
        let mut problems = Vec::new();
        for source in campaign.sources() {
            confirmations(source, found, &mut problems);
            external_pages(source, &mut self.external, &mut problems);
            problems.extend(landing::problems(source, self.links));
        }
        for (level, page) in &campaign.confirmation {
            if found.get(level).is_some_and(|other| other != page) {
                problems.push(format!(
                    "[confirmation] and a template name different pages for the level {level}"
                ));
            }
        }
        for problem in problems {
            self.find("content", problem);
        }
    }

    async fn person(&mut self, renderer: &Renderer, campaign: &Campaign, person: &Person) {
        let prefix = if !person.personal && campaign.fallback.is_some() { "fallback." } else { "" };
        let mut page = Rendered::default();
        if let Err(error) = renderer.render(&Arc::new(person.clone()), &mut page) {
            self.find(&error.part, format!("line {}: {}", error.line, error.problem));
            return;
        }
        if page.subject.is_empty() && self.text.is_none() {
            self.find(&format!("{prefix}subject"), "is empty");
        }
        let ways_out = self.ways_out(person);
        if let Some(html) = &page.html {
            let part = format!("{prefix}html");
            let seen = self.html(&part, html, &ways_out);
            self.sayings(&part, &seen, &ways_out);
            self.part(&part, &seen, &ways_out).await;
        }
        let part = format!("{prefix}text");
        let content = if prefix.is_empty() { Some(&campaign.content) } else { campaign.fallback.as_ref() };
        // Text that is made of the HTML says what that says.
        if content.is_some_and(|content| content.text.is_some()) {
            self.text_sayings(&part, &page.text, &ways_out);
        }
        let external = ways_out.external.iter().filter(|(_, url)| holds(&page.text, url));
        let eyes = Eyes { wide: true, narrow: true };
        let link = |(_, url): &(Level, String)| Link { url: url.clone(), text: LinkText::default(), eyes };
        let seen = Seen { external: external.map(link).collect(), links: self.text(&page.text) };
        if self.text.is_some() {
            self.message(&part, &page, person, &seen, &ways_out).await;
        } else {
            self.part(&part, &seen, &ways_out).await;
        }
    }

    /// A text message: how long it is, and how people can opt out of it.
    async fn message(
        &mut self,
        part: &str,
        page: &Rendered,
        person: &Person,
        seen: &Seen,
        ways_out: &WaysOut,
    ) {
        let works = !self.opened(part, seen, ways_out).await.is_empty();
        let Some(text) = &mut self.text else { return };
        let takes = segments(&page.text);
        text.longest = text.longest.filter(|longest| longest.count >= takes.count).or(Some(takes));
        let told = text.by_reply && tells_how_to_stop(&page.text);
        let offer = text.offer(person.locale.as_deref());
        let length = page.text.chars().count();
        if page.text.trim().is_empty() {
            self.find(part, "is empty");
        }
        if length > TEXT_LENGTH_MAX {
            let problem = format!("has {length} characters; providers take {TEXT_LENGTH_MAX}");
            self.find(part, problem);
        }
        if told {
            self.reply_sayings(part, &page.text);
        }
        if !works && !told {
            self.without_own(part, seen, format!("there is no way out; add {offer}"));
        }
    }
}

/// Nobody here can tell whether a page of the brand's works.
fn relying(part: &str) -> Finding {
    Finding {
        part: part.to_owned(),
        problem: "the only way out is a page of your own, which can't be checked from here: it must hand the choice to \
                  the consent interface (docs/external-pages.md)"
            .to_owned(),
    }
}

/// RFC 8058 section 4: the List fields must be covered by a DKIM signature, or mailbox providers don't act on them.
fn unsigned(campaign: &Campaign) -> Option<Finding> {
    let Medium::Email(email) = &campaign.configuration.medium else { return None };
    let unsigned = campaign.configuration.category == Category::Marketing && email.dkim.is_empty();
    unsigned.then(|| Finding {
        part: "configuration.dkim".to_owned(),
        problem:
            "is missing: unless the relay signs, mailbox providers ignore the one-click unsubscribe header \
                  (RFC 8058 wants it signed)"
                .to_owned(),
    })
}

/// Above this many parts a text is dear, and some phones show them apart.
const SEGMENTS_WARNED: usize = 3;

/// What makes a text longer than need be.
fn long(takes: &Segments) -> Option<Finding> {
    let wide = takes.wide.filter(|_| takes.encoding == Encoding::Ucs2 && takes.count > 1);
    let problem = match wide {
        Some(wide) => format!(
            "takes {takes}; without `{wide}` and the like it would be GSM-7, which holds more than twice as much"
        ),
        None if takes.count > SEGMENTS_WARNED => format!("takes {takes}"),
        None => return None,
    };
    Some(Finding { part: "text".to_owned(), problem })
}

fn missing_attributes(renderer: &Renderer, samples: &[Person]) -> Vec<Finding> {
    let attributes: Vec<serde_json::Value> = samples
        .iter()
        .map(|sample| {
            sample.attributes.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
        })
        .collect();
    let known = |name: &str| matches!(name, "email" | "phone" | "id" | "locale" | "country");
    let lacks = |name: &String| {
        let pointer = format!("/{}", name.replace('.', "/"));
        !known(name) && attributes.iter().any(|attributes| attributes.pointer(&pointer).is_none())
    };
    let warn = |name: &String| Finding {
        part: "subject".to_owned(),
        problem: format!("some people have no attribute {name}"),
    };
    renderer.subject_attributes().iter().filter(|name| lacks(name)).map(warn).collect()
}
