//! The links in a delivered message's body: ours as they were, or led through somebody's click tracker.

use anyhow::Result;
use consent::KeyRing;
use delivery::selftest::{BodyLink, Course, Delivered, Form, Method, Url, Visit, VisitError};

use super::super::Test;
use super::super::bench::own_token;
use super::super::verdict::Way;
use super::identify::Known;

/// Links of one part that are followed in search of ours.
const FOLLOWED_MAX: usize = 20;
const HOPS_MAX: usize = 10;
const AGENT: &str = "Mozilla/5.0 (compatible; consentry-selftest)";

/// Where a link ended.
enum End {
    /// On a page of ours with a way out.
    Ours,
    /// On a page of ours that doesn't show, with what it answers.
    Broken(String),
    /// Somewhere else.
    Elsewhere,
}

/// Looks at the links of both parts.
pub async fn check(test: &Test<'_>, course: &Course, known: &Known, mail: &Delivered) -> Result<Vec<Way>> {
    let ring = test.context.store.key_ring();
    let to = mail.head.first("To").unwrap_or_default().to_ascii_lowercase();
    let is_test = test.subjects.iter().any(|subject| {
        let named = known.token.is_none() && to.contains(&subject.text.to_ascii_lowercase());
        named || known.token.is_some_and(|token| token.address == subject.owner.address)
    });
    let links = mail.links();
    let mut ways = Vec::new();
    for (part, label) in [("html", "links in the HTML"), ("text", "links in the text")] {
        let links: Vec<&BodyLink> = links.iter().filter(|link| link.part == part && link.visible).collect();
        let there = if part == "html" { !mail.html.is_empty() } else { !mail.text.is_empty() };
        if there {
            let follow = is_test || test.args.really;
            ways.push(in_part(test, course, &ring, label, &links, follow).await);
        }
    }
    Ok(ways)
}

async fn in_part(
    test: &Test<'_>,
    course: &Course,
    ring: &KeyRing,
    label: &str,
    links: &[&BodyLink],
    follow: bool,
) -> Way {
    const KIND: &str = "body_links";
    let public_url = &course.links.public_url;
    let (ours, others): (Vec<&str>, Vec<&str>) =
        links.iter().map(|link| link.url.as_str()).partition(|url| own_token(ring, public_url, url).is_some());
    if let Some(first) = ours.first() {
        let count = if ours.len() == 1 { "a link of ours".to_owned() } else { format!("{} links of ours", ours.len()) };
        return match walk(test, ring, public_url, first).await {
            Ok((End::Ours, _)) => Way::works(KIND, label, format!("{count}, as it was sent")).at(*first),
            Ok((End::Broken(why), _)) => Way::fails(KIND, label, "broken", format!("{count}, and the page {why}")).at(*first),
            Ok((End::Elsewhere, _)) => Way::fails(KIND, label, "elsewhere", format!("{count}, and it ends on somebody else's page")).at(*first),
            Err(error) => Way::fails(KIND, label, error.code(), format!("{count}, and {error}")).at(*first),
        };
    }
    if others.is_empty() {
        return Way::fails(KIND, label, "none", "there is no link at all")
            .hint("was it taken out on the way, or does the content name none in this part?");
    }
    if !follow {
        return Way::not_checked(KIND, label, format!("none of the {} links is ours; they weren't followed, since the message isn't to the test address", others.len()))
            .hint("send one to the test address; --really follows the links of this one, as a security scanner would");
    }
    let mut last = None;
    for url in others.iter().take(FOLLOWED_MAX) {
        if test.progress.is_stopped() {
            break;
        }
        match walk(test, ring, public_url, url).await {
            Ok((End::Ours, hosts)) => return rewritten(label, url, &hosts),
            Ok((End::Broken(why), hosts)) => {
                let words = format!("it was rewritten, leads through {}, and the page {why}", hosts.join(", "));
                return Way::fails(KIND, label, "broken", words).at(*url);
            }
            Ok((End::Elsewhere, _)) => {}
            Err(error) => last = Some((url, error)),
        }
    }
    let way = Way::fails(KIND, label, "lost", format!("none of the {} links leads to our pages", others.len()))
        .hint("a click tracker or a relay service has replaced our link: switch that off for it");
    match last {
        Some((url, error)) => way.note(format!("{url}: {error}")),
        None => way,
    }
}

fn rewritten(label: &str, url: &str, hosts: &[String]) -> Way {
    let words = format!("a click tracker has rewritten them ({}); ours still leads to our page", hosts.join(", "));
    Way::flawed("body_links", label, "rewritten", words)
        .hint("opting out then depends on that tracker: switch it off for our links")
        .at(url)
}

/// Follows a link to its end: GET changes nothing here, and is what every scanner does elsewhere.
async fn walk(test: &Test<'_>, ring: &KeyRing, public_url: &str, url: &str) -> Result<(End, Vec<String>), VisitError> {
    let mut url = Url::parse(url).map_err(|_| VisitError::Address)?;
    let mut hosts: Vec<String> = Vec::new();
    for _ in 0..HOPS_MAX {
        let visit = Visit { method: Method::GET, url: &url, agent: AGENT, body: None };
        let answer = test.visitor.visit(&visit).await?;
        let ours = own_token(ring, public_url, url.as_str()).is_some();
        if let Some(next) = answer.leads_to(&url) {
            if !ours {
                hosts.extend(url.host_str().map(str::to_owned));
                hosts.dedup();
            }
            url = next;
            continue;
        }
        let end = if !ours {
            End::Elsewhere
        } else if !answer.status.is_success() {
            End::Broken(format!("answers {}", answer.status.as_u16()))
        } else if Form::all(&answer.text()).iter().any(|form| form.posts) {
            End::Ours
        } else {
            End::Broken("has no button".to_owned())
        };
        return Ok((end, hosts));
    }
    Ok((End::Elsewhere, hosts))
}
