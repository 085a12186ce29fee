//! What an answer without any effect tells: where the opt-out was lost.

use delivery::selftest::{Answer, Url, VisitError, heading};

use super::bench::Bench;
use super::server::{is_from_consentry, unreached_hints};
use super::verdict::Way;

/// Fills in why nothing was recorded.
pub fn lost(way: Way, bench: &Bench<'_>, url: &Url, answer: &Result<Answer, VisitError>) -> Way {
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => {
            let way = Way { words: error.to_string(), problem: Some(error.code()), ..way };
            // Said once, at the server.
            return if error.is_of_the_server() { way } else { unreached_hints(way, url, error) };
        }
    };
    let (problem, words, hint) = told(bench, url, answer);
    let way = Way { words, problem: Some(problem), ..way };
    if hint.is_empty() { way } else { way.hint(hint) }
}

/// A name for programs, words, and what to do.
#[expect(clippy::too_many_lines, reason = "a table, a row for each answer")]
fn told(bench: &Bench<'_>, url: &Url, answer: &Answer) -> (&'static str, String, &'static str) {
    let code = answer.status.as_u16();
    let ours = is_from_consentry(answer);
    let title =
        heading(&answer.text()).map_or_else(String::new, |title| format!(", \u{201c}{title}\u{201d}"));
    match code {
        200..=299 => (
            "swallowed",
            format!("it is answered with {code}{title}, and nothing is recorded"),
            "something in between answers in our place: a cache, a parked page, a proxy that keeps POST to itself",
        ),
        300..=399 => {
            let to = answer.leads_to(url).map_or_else(|| "nowhere".to_owned(), |to| to.to_string());
            (
                "redirect",
                format!("it is answered with a redirect to {to} ({code}), and nothing is recorded"),
                "let `public_url` be the address that answers, and let the proxy hand POST on as it is",
            )
        }
        400 if ours => (
            "body_lost",
            "Consentry gets the POST without what it says (400)".to_owned(),
            "something in between drops or changes the body of POST: a proxy, or a firewall that sanitises",
        ),
        401 | 403 | 407 => (
            "forbidden",
            format!("something in between forbids it ({code}{title})"),
            "a login, a firewall or a bot protection stands in front: let /u/, /p/ and /s/ through for everybody",
        ),
        404 | 410 => (
            "missing",
            format!("the page answers {code}{title}"),
            match (ours, bench.server.is_ours) {
                (true, Some(true)) => "this Consentry doesn't know what the link names",
                (true, _) => "a Consentry with other data or another master.key answers",
                (false, _) => {
                    "`public_url` leads to something else than `consentry serve`, or the proxy hands only some paths on"
                }
            },
        ),
        405 | 501 => (
            "method",
            format!("POST isn't let through ({code})"),
            "let the proxy hand POST on for /u/ and /p/",
        ),
        409 => ("outdated", "the link is from before a later subscription (409)".to_owned(), ""),
        411 | 413 | 414 | 415 | 431 => (
            "refused",
            format!("something in between refuses the request ({code})"),
            "mailbox providers post forms, urlencoded or multipart: let both through",
        ),
        429 => (
            "rate_limited",
            "something in between limits how often may be posted (429)".to_owned(),
            "a mailbox provider posts for many people from few addresses: let /u/ through without such a limit",
        ),
        502 | 504 => (
            "bad_gateway",
            format!("the proxy reaches nothing behind it ({code})"),
            "is `consentry serve` running, and does the proxy hand requests to its port?",
        ),
        503 if ours => (
            "store",
            "Consentry can't make the opt-out durable now (503)".to_owned(),
            "`consentry doctor` looks at the data; the log of `serve` says more",
        ),
        _ => ("status", format!("it is answered with {code}{title}"), ""),
    }
}
