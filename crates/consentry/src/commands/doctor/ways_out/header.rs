//! The link in the header: opened as scanners do, posted to as mailbox providers do (RFC 8058).

use std::time::Duration;

use anyhow::Result;
use delivery::selftest::{Answer, Method, Url, VisitError};
use store::Entry;

use super::answers;
use super::bench::{Bench, Effect};
use super::subject::{Mark, State};
use super::verdict::{Verdict, Way};

/// How long somebody else gets to press what was opened.
const SCANNERS_WAIT: Duration = Duration::from_secs(1);

/// A way in which providers post.
struct Post {
    kind: &'static str,
    label: &'static str,
    content_type: &'static str,
    body: &'static str,
}

/// As Gmail posts, as RFC 8058 wants it, and as its section 8.3 prints it: the declared boundary there starts with the
/// dashes of the lines that it delimits.
const POSTS: [Post; 3] = [
    Post {
        kind: "one_click",
        label: "header link, one click",
        content_type: "application/x-www-form-urlencoded",
        body: "List-Unsubscribe=One-Click",
    },
    Post {
        kind: "one_click_multipart",
        label: "header link, one click as multipart",
        content_type: "multipart/form-data; boundary=----FormBoundaryjWmhtjORrn",
        body: "------FormBoundaryjWmhtjORrn\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n\
               ------FormBoundaryjWmhtjORrn--\r\n",
    },
    Post {
        kind: "one_click_rfc",
        label: "header link, one click as RFC 8058 prints it",
        content_type: "multipart/form-data; boundary=---FormBoundaryjWmhtjORrn",
        body: "---FormBoundaryjWmhtjORrn\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n\
               ---FormBoundaryjWmhtjORrn--",
    },
];

/// What came of opening the link.
pub struct Opened {
    url: Url,
    get: Result<Answer, VisitError>,
    head: Result<Answer, VisitError>,
    before: State,
    mark: Mark,
}

/// Opens the link by GET and HEAD, and gives whoever opens links along with us the time to press what they find.
pub async fn open(bench: &Bench<'_>, url: &Url) -> Result<Opened> {
    bench.progress.at("the header link, opened");
    let before = bench.subject.state().await?;
    let mark = bench.subject.mark()?;
    let agent = Bench::browser(&mark);
    let get = bench.ask(Method::GET, url, &agent, None).await;
    let head = bench.ask(Method::HEAD, url, &agent, None).await;
    if get.is_ok() || head.is_ok() {
        tokio::time::sleep(SCANNERS_WAIT).await;
        bench.strangers(&before).await?;
        bench.subject.put_back(&before).await?;
    }
    Ok(Opened { url: url.clone(), get, head, before, mark })
}

/// What is to be said of it at the end, when everybody has had time to press something.
pub async fn opened(bench: &Bench<'_>, opened: Opened) -> Result<Way> {
    const KIND: &str = "opened";
    const LABEL: &str = "header link, opened";
    let changed = bench.subject.since(&opened.before).await?;
    let strangers = bench.strangers(&opened.before).await?;
    let by_get = changed.iter().any(|entry| bench.subject.is_by(entry, &opened.mark));
    let way = match (&opened.get, strangers.last()) {
        (Err(error), _) => Way::not_checked(KIND, LABEL, format!("it can't be opened: {error}")),
        (Ok(_), Some(stranger)) => pressed(Way::fails(KIND, LABEL, "pressed", ""), stranger, strangers.len()),
        (Ok(_), None) if by_get => {
            Way::fails(KIND, LABEL, "get_acts", "opening it opts out, so that every security scanner does")
        }
        (Ok(_), None) => Way::works(KIND, LABEL, "GET and HEAD change nothing"),
    };
    let way = match &opened.head {
        Ok(answer) if answer.status.is_success() => way,
        Ok(answer) => way.note(format!("HEAD is answered with {}", answer.status.as_u16())),
        Err(_) => way,
    };
    Ok(way.at(opened.url.as_str()))
}

/// Names who pressed a button that we had only opened.
fn pressed(way: Way, stranger: &Entry, count: usize) -> Way {
    let evidence = &stranger.evidence;
    let from = evidence.ip.as_ref().map_or_else(String::new, |ip| format!(" from {ip}"));
    let agent = evidence.user_agent.as_deref().unwrap_or("no name at all");
    let agent: String = agent.chars().take(80).collect();
    let times = if count > 1 { format!(", {count} times") } else { String::new() };
    let words = format!(
        "somebody else opts out whoever opens it{times}: \u{201c}{agent}\u{201d}{from}, through the door `{}`",
        stranger.source.as_str()
    );
    Way { words, ..way }
        .hint("a security product between here and Consentry submits the forms that it finds: let it leave these links alone")
}

/// Posts in each of the ways that providers have.
pub async fn posts(bench: &Bench<'_>, url: &Url) -> Result<Vec<Way>> {
    let mut ways = Vec::with_capacity(POSTS.len());
    for post in &POSTS {
        if bench.progress.is_stopped() {
            break;
        }
        bench.progress.at(post.label);
        ways.push(one_click(bench, url, post).await?);
    }
    Ok(ways)
}

async fn one_click(bench: &Bench<'_>, url: &Url, post: &Post) -> Result<Way> {
    let Some(token) = bench.token_of(url.as_str()) else {
        let way = Way::fails(post.kind, post.label, "token", "the link isn't one of ours for the test address");
        return Ok(way.at(url.as_str()));
    };
    let trial = bench.begin(bench.target(token)).await?;
    // Providers' own programs call themselves all kinds of things.
    let agent = format!("Mozilla/5.0 ({})", trial.mark.text);
    let body = (post.content_type, post.body.as_bytes());
    let answer = bench.ask(Method::POST, url, &agent, Some(body)).await;
    let effect = bench.effect(&trial, &answer).await?;
    let way = judge(bench, post, url, &answer, effect.as_ref());
    let way = bench.put_back(&trial, effect.is_some(), way).await?;
    Ok(way.at(url.as_str()))
}

fn judge(
    bench: &Bench<'_>,
    post: &Post,
    url: &Url,
    answer: &Result<Answer, VisitError>,
    effect: Option<&Effect>,
) -> Way {
    let Post { kind, label, .. } = *post;
    let Some(effect) = effect else {
        return answers::lost(Way::fails(kind, label, "", ""), bench, url, answer);
    };
    let millis = u64::try_from(effect.after.as_millis()).ok();
    if let Some((problem, words)) = Bench::wrong_effect(effect) {
        return Way { millis, ..Way::fails(kind, label, problem, words) };
    }
    let took = Bench::took(effect);
    let way = match answer {
        Err(error) => Way::flawed(kind, label, error.code(), format!("{took}; to the provider it failed: {error}")),
        Ok(answer) if answer.status.is_redirection() => {
            let to = answer.leads_to(url).map_or_else(String::new, |to| format!(" to {to}"));
            let words = format!("{took}; it is answered with a redirect{to}, which RFC 8058 forbids");
            Way::flawed(kind, label, "redirect", words).hint("let the proxy hand POST on as it is")
        }
        Ok(answer) if !answer.status.is_success() => {
            let code = answer.status.as_u16();
            let words = format!("{took}; it is answered with {code}, which providers take for a failure");
            Way::flawed(kind, label, "status", words)
        }
        Ok(answer) => besides(Way::works(kind, label, took), answer),
    };
    Way { millis, ..way }
}

/// What shouldn't be in a good answer.
fn besides(mut way: Way, answer: &Answer) -> Way {
    if !answer.body.is_empty() {
        way = way.note(format!("something in between adds {} bytes to the empty answer", answer.body.len()));
    }
    if let Some(cookie) = answer.header("set-cookie") {
        let name = cookie.split('=').next().unwrap_or_default().trim();
        way = way.note(format!("something in between sets a cookie, {name}"));
    }
    debug_assert!(way.verdict == Verdict::Works, "it is what a good answer is told by");
    way
}
