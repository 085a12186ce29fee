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
    let said = |problem, words: String| Way { words, problem: Some(problem), ..way.clone() };
    let code = answer.status.as_u16();
    let ours = is_from_consentry(answer);
    match code {
        200..=299 => said("swallowed", format!("it is answered with {code}, and nothing is recorded"))
            .hint("something in between answers in our place: a cache, a parked page, a proxy that doesn't hand POST on"),
        300..=399 => {
            let to = answer.leads_to(url).map_or_else(|| "nowhere".to_owned(), |to| to.to_string());
            said("redirect", format!("it is answered with a redirect to {to} ({code}), which mailbox providers don't follow"))
                .hint("let `public_url` be the address that answers, and let the proxy hand POST on as it is")
        }
        400 if ours => said("body_lost", "Consentry gets the POST without what it says (400)".to_owned())
            .hint("something in between drops or changes the body of POST: a proxy, or a firewall's \u{201c}sanitising\u{201d}"),
        401 | 403 | 407 => said("forbidden", format!("something in between forbids it ({code}{})", titled(answer)))
            .hint("a login, a firewall or a bot protection stands in front: let /u/, /p/ and /s/ through for everybody"),
        404 | 410 => missing(said("missing", format!("the page answers {code}{}", titled(answer))), bench, ours),
        405 | 501 => said("method", format!("POST isn't let through ({code})"))
            .hint("let the proxy hand POST on for /u/ and /p/"),
        409 => said("outdated", "the link is from before a later subscription (409)".to_owned()),
        411 | 413 | 414 | 415 | 431 => said("refused", format!("something in between refuses the request ({code})"))
            .hint("mailbox providers post forms, urlencoded or multipart: let both through"),
        429 => said("rate_limited", "something in between limits how often may be posted (429)".to_owned())
            .hint("a mailbox provider posts for many people from few addresses: let /u/ through without such a limit"),
        502 | 504 => said("bad_gateway", format!("the proxy reaches nothing behind it ({code})"))
            .hint("is `consentry serve` running, and does the proxy hand requests to its port?"),
        503 if ours => said("store", "Consentry can't make the opt-out durable now (503)".to_owned())
            .hint("`consentry doctor` looks at the data; the log of `serve` says more"),
        _ => said("status", format!("it is answered with {code}{}", titled(answer))),
    }
}

fn missing(way: Way, bench: &Bench<'_>, ours: bool) -> Way {
    match (ours, bench.server.is_ours) {
        (true, Some(true)) => way.hint("this Consentry doesn't know what the link names"),
        (true, _) => way.hint("a Consentry with another data directory or database answers, or another master.key"),
        (false, _) => way.hint("`public_url` leads to something else than `consentry serve`, or the proxy hands only some paths on"),
    }
}

/// What the page calls itself.
fn titled(answer: &Answer) -> String {
    heading(&answer.text()).map_or_else(String::new, |title| format!(", \u{201c}{title}\u{201d}"))
}
