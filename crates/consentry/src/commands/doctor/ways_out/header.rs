//! The link in the header: opened as scanners do, posted to as mailbox providers do (RFC 8058).

use std::time::Duration;

use anyhow::Result;
use consent::Token;
use delivery::selftest::{Answer, Method, Url, VisitError};

use super::answers;
use super::bench::{Bench, Effect, who};
use super::verdict::Way;

/// How long a scanner in between gets to press what was opened.
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
        body: "------FormBoundaryjWmhtjORrn\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\n\
               One-Click\r\n------FormBoundaryjWmhtjORrn--\r\n",
    },
    Post {
        kind: "one_click_rfc",
        label: "header link, one click as RFC 8058 prints it",
        content_type: "multipart/form-data; boundary=---FormBoundaryjWmhtjORrn",
        body: "---FormBoundaryjWmhtjORrn\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\n\
               One-Click\r\n---FormBoundaryjWmhtjORrn--",
    },
];

/// Opens the link, then posts to it in each of the ways that providers have.
pub async fn try_link(bench: &Bench<'_>, url: &Url, token: Token) -> Result<Vec<Way>> {
    let mut ways = vec![opened(bench, url, token).await?];
    for post in &POSTS {
        if bench.progress.is_stopped() {
            break;
        }
        ways.push(one_click(bench, url, token, post).await?);
    }
    Ok(ways)
}

/// Opening the link by GET and HEAD may change nothing (I4), whoever else opens it along with us.
async fn opened(bench: &Bench<'_>, url: &Url, token: Token) -> Result<Way> {
    const KIND: &str = "opened";
    const LABEL: &str = "header link, opened";
    let act = async |trial: &super::bench::Trial| {
        let get = match bench.ask(Method::GET, url, None).await {
            Ok(answer) => answer,
            Err(error) => return Ok(Way::not_checked(KIND, LABEL, format!("it can't be opened: {error}"))),
        };
        let head = bench.ask(Method::HEAD, url, None).await;
        tokio::time::sleep(SCANNERS_WAIT).await;
        let changed = bench.subject.since(&trial.before).await?;
        if let Some(entry) = changed.last() {
            let words = format!("opening it opts out ({})", who(entry));
            let hint =
                "a security product may press the buttons that it finds: let it leave these links alone";
            return Ok(Way::fails(KIND, LABEL, "get_acts", words).hint(hint));
        }
        let way = Way::works(KIND, LABEL, "GET and HEAD change nothing");
        let codes = [Some(get.status), head.ok().map(|answer| answer.status)];
        let bad = codes.into_iter().flatten().find(|status| !status.is_success());
        Ok(match bad {
            Some(status) => way.note(format!("it is answered with {}", status.as_u16())),
            None => way,
        })
    };
    Ok(bench.attempt((KIND, LABEL), bench.target(token), act).await?.at(url.as_str()))
}

async fn one_click(bench: &Bench<'_>, url: &Url, token: Token, post: &Post) -> Result<Way> {
    let act = async |trial: &super::bench::Trial| {
        let answer = bench.ask(Method::POST, url, Some((post.content_type, post.body.as_bytes()))).await;
        let effect = bench.effect(trial, &answer).await?;
        Ok(match &effect {
            Some(effect) => judge(post, url, &answer, effect),
            None => answers::lost(Way::fails(post.kind, post.label, "", ""), bench, url, &answer),
        })
    };
    Ok(bench.attempt((post.kind, post.label), bench.target(token), act).await?.at(url.as_str()))
}

fn judge(post: &Post, url: &Url, answer: &Result<Answer, VisitError>, effect: &Effect) -> Way {
    let Post { kind, label, .. } = *post;
    let millis = effect.millis();
    if let Some((problem, words)) = effect.problem() {
        return Way { millis, ..Way::fails(kind, label, problem, words) };
    }
    let took = effect.took();
    let flawed = |problem, words: String| Way::flawed(kind, label, problem, format!("{took}; {words}"));
    let way = match answer {
        Err(error) => flawed(error.code(), format!("to the provider it failed: {error}")),
        Ok(answer) if answer.status.is_redirection() => {
            let to = answer.leads_to(url).map_or_else(String::new, |to| format!(" to {to}"));
            flawed("redirect", format!("it is answered with a redirect{to}, which RFC 8058 forbids"))
                .hint("let the proxy hand POST on as it is")
        }
        Ok(answer) if !answer.status.is_success() => {
            let code = answer.status.as_u16();
            flawed("status", format!("it is answered with {code}, which providers take for a failure"))
        }
        Ok(_) => Way::works(kind, label, took),
    };
    Way { millis, ..way }
}
