//! The links that messages can hold, and the ways out that nobody here can follow.

use anyhow::Result;
use consent::Level;
use delivery::Medium;
use delivery::selftest::{TemplateLink, Url};

use super::bench::Bench;
use super::page::Link;
use super::verdict::Way;

/// Every link to a page that a template of the run can ask for: which of them its content held isn't stored.
pub fn links(bench: &Bench<'_>) -> Result<Vec<Link>> {
    let owner = &bench.subject.owner;
    let made = bench.course.template_links(bench.course.link(owner))?;
    made.iter().map(|link| Ok(Link { label: label(bench, link), url: Url::parse(&link.url)? })).collect()
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

/// A way out that leads elsewhere: whether it acts, nobody here can see. It isn't opened, since not everybody's links
/// wait for a button.
pub async fn foreign(bench: &Bench<'_>, kind: &'static str, label: &str, url: &Url) -> Way {
    let host = url.host_str().unwrap_or_default();
    let way = match bench.visitor.knock(url).await {
        Ok(()) => {
            let words = format!("it leads to {host}, which isn't ours; its server can be reached");
            Way::not_checked(kind, label, words)
        }
        Err(error) => {
            let words = format!("it leads to {host}, which isn't ours, and can't be reached: {error}");
            Way::fails(kind, label, error.code(), words)
        }
    };
    way.at(url.as_str())
}

/// The way out that only a phone has.
pub fn reply(bench: &Bench<'_>) -> Option<Way> {
    let Medium::Sms(sms) = &bench.course.configuration.medium else { return None };
    if !bench.course.configuration.takes_replies() {
        return None;
    }
    let (sender, number) = (&sms.sender, &bench.subject.text);
    let label = format!("reply STOP to {sender}");
    let way = Way::not_checked("reply", label, "a text has to come from a phone")
        .hint(format!("send STOP from {number}; `consentry sms show {number}` tells what became of it"));
    Some(way)
}
