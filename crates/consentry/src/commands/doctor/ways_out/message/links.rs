//! The links in a delivered message's body: ours as they were, or led through somebody's click tracker.

use anyhow::Result;
use delivery::selftest::{Course, Delivered, Url};

use super::super::Test;
use super::super::bench::{Bench, own_token};
use super::super::page::{self, Link};
use super::super::verdict::{Verdict, Way};
use super::identify::Known;

const KIND: &str = "body_links";
/// Links of one part that are followed in search of ours.
const FOLLOWED_MAX: usize = 20;

/// Looks at the links of both parts. Those of a message to the test address are followed, and their button is pressed;
/// nobody else's are.
pub async fn check(test: &Test<'_>, course: &Course, known: &Known, mail: &Delivered) -> Result<Vec<Way>> {
    let to = mail.head.first("To").unwrap_or_default().to_ascii_lowercase();
    let subject = test.subjects.iter().find(|subject| match known.token {
        Some(token) => token.address == subject.owner.address,
        None => to.contains(&subject.text.to_ascii_lowercase()),
    });
    let bench = match subject {
        Some(subject) => Some(test.bench(course, subject).await?),
        None => None,
    };
    let links = mail.links();
    let mut ways = Vec::new();
    let parts = [("html", "links in the HTML", &mail.html), ("text", "links in the text", &mail.text)];
    for (part, label, content) in parts {
        if content.trim().is_empty() {
            continue;
        }
        let of_part = links.iter().filter(|link| link.part == part && link.visible);
        let urls: Vec<&str> = of_part.map(|link| link.url.as_str()).collect();
        let ring = test.context.store.key_ring();
        let is_ours = |url: &&str| own_token(&ring, &course.links.public_url, url).is_some();
        let ours: Vec<&str> = urls.iter().copied().filter(is_ours).collect();
        ways.push(match (&bench, ours.first()) {
            _ if urls.is_empty() => Way::fails(KIND, label, "none", "there is no link at all")
                .hint("was it taken out on the way, or does the content name none in this part?"),
            (None, Some(_)) => Way::works(KIND, label, "ours are as they were sent"),
            (None, None) => {
                let words =
                    "none of them is ours; they aren't followed, as it isn't known to be to the test address";
                Way::not_checked(KIND, label, words)
                    .hint("send one to the test address, and name that by --test-address")
            }
            (Some(bench), Some(url)) => follow(bench, label, &[url]).await?,
            (Some(bench), None) => follow(bench, label, &urls).await?,
        });
    }
    Ok(ways)
}

/// Follows links until one leads to a page of ours for the test address, and presses its button.
async fn follow(bench: &Bench<'_>, label: &str, urls: &[&str]) -> Result<Way> {
    let mut last = None;
    for text in urls.iter().take(FOLLOWED_MAX) {
        if bench.progress.is_stopped() {
            break;
        }
        let Ok(url) = Url::parse(text) else { continue };
        bench.progress.at(format_args!("{label}, {}", url.host_str().unwrap_or_default()));
        let page = match page::open(bench, &url).await {
            Ok(page) => page,
            Err(error) => {
                last = Some(format!("{text}: {error}"));
                continue;
            }
        };
        let Some(token) = bench.token_of(&page.url) else { continue };
        let through = page.strangers(bench);
        let link = Link { label: label.to_owned(), url };
        let tried = page::try_link(bench, &link, token).await?.into_iter().next();
        let way = tried.unwrap_or_else(|| Way::not_checked(KIND, label, "its page has nothing to press"));
        return Ok(if through.is_empty() { way } else { rewritten(way, &through) });
    }
    let words = format!("none of the {} links leads to a page of ours for the test address", urls.len());
    let way = Way::fails(KIND, label, "lost", words)
        .hint("a click tracker or a relay service has replaced our link: switch that off for it");
    Ok(last.into_iter().fold(way, Way::note))
}

/// What leads through somebody else's server works only as long as that does.
fn rewritten(way: Way, through: &[String]) -> Way {
    let words = format!("{}; the link was rewritten to lead through {}", way.words, through.join(", "));
    let problem = way.problem.or(Some("rewritten"));
    let verdict = if way.verdict == Verdict::Works { Verdict::Flawed } else { way.verdict };
    Way { verdict, words, problem, ..way }
        .hint("opting out then depends on that click tracker: switch it off for our links")
}
