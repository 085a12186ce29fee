//! The links in a run's content, and what in it isn't ours.

use anyhow::Result;
use consent::Level;
use delivery::selftest::{TemplateLink, Url, links as links_in};
use delivery::{Campaign, Medium, Person};

use super::bench::{Bench, own_token};
use super::page::Link;
use super::verdict::Way;

/// Foreign links that look like a way out, at most so many.
const FOREIGN_MAX: usize = 5;
/// What the address of somebody else's way out mostly holds.
const TELLING: [&str; 6] = ["unsub", "optout", "opt-out", "opt_out", "abmeld", "desinscri"];

/// The links to try, and lines about the rest. With the campaign file those that the content holds, else all that a
/// template can ask for.
pub async fn links(
    bench: &Bench<'_>,
    campaign: Option<&Campaign>,
    person: Person,
) -> Result<(Vec<Link>, Vec<Way>)> {
    let owner = &bench.subject.owner;
    let made = bench.course.template_links(owner.address, owner.epoch)?;
    let mut others = Vec::new();
    let mut tried = Vec::new();
    let content = campaign.map(|campaign| bench.course.content(campaign, person)).transpose()?;
    let found = content.map(|(html, text)| links_in(html.as_deref().unwrap_or_default(), &text));
    let held = |link: &TemplateLink| {
        found.as_ref().is_none_or(|found| found.iter().any(|found| found.visible && found.url == link.url))
    };
    for link in made.iter().filter(|link| held(link)) {
        let Ok(url) = Url::parse(&link.url) else { continue };
        tried.push(Link { label: label(bench, link), url, level: link.level, choices: link.choices });
    }
    if let Some(found) = &found {
        let ring = bench.context.store.key_ring();
        let own = |url: &str| own_token(&ring, &bench.course.links.public_url, url).is_some();
        let mut foreign: Vec<&str> =
            found.iter().map(|link| link.url.as_str()).filter(|url| !own(url) && is_telling(url)).collect();
        foreign.sort_unstable();
        foreign.dedup();
        for url in foreign.into_iter().take(FOREIGN_MAX).filter_map(|url| Url::parse(url).ok()) {
            others.push(self::foreign(bench, "foreign", "link in the content", &url).await);
        }
    }
    others.extend(reply(bench));
    Ok((tried, others))
}

fn label(bench: &Bench<'_>, link: &TemplateLink) -> String {
    let short = if bench.course.links.short { "short link to the " } else { "" };
    if link.choices {
        return format!("{short}page of choices");
    }
    let reach = match link.level {
        level if level == bench.course.links.level => "",
        Level::Any => ", of everything",
        Level::Channel => ", of the channel",
        Level::Identity => ", of this address",
        Level::Subscription => ", of the list",
    };
    format!("{short}unsubscribe page{reach}")
}

fn is_telling(url: &str) -> bool {
    let url = url.to_ascii_lowercase();
    TELLING.iter().any(|word| url.contains(word))
}

/// A way out that leads elsewhere: whether it acts, nobody here can see. It isn't opened, since not everybody's links
/// wait for a button.
pub async fn foreign(bench: &Bench<'_>, kind: &'static str, label: &str, url: &Url) -> Way {
    let host = url.host_str().unwrap_or_default();
    let way = match bench.visitor.knock(url).await {
        Ok(()) => Way::not_checked(kind, label, format!("it leads to {host}, which isn't ours; its server can be reached")),
        Err(error) => {
            let words = format!("it leads to {host}, which isn't ours, and can't be reached: {error}");
            Way::fails(kind, label, error.code(), words)
        }
    };
    way.at(url.as_str())
}

/// The way out that only a phone has.
fn reply(bench: &Bench<'_>) -> Option<Way> {
    let Medium::Sms(sms) = &bench.course.configuration.medium else { return None };
    if !bench.course.configuration.takes_replies() {
        return None;
    }
    let (sender, number) = (&sms.sender, &bench.subject.text);
    let way = Way::not_checked("reply", format!("reply STOP to {sender}"), "a text has to come from a phone")
        .hint(format!("send STOP from {number}; `consentry sms show {number}` tells what became of it"));
    Some(way)
}
