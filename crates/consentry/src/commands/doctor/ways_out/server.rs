//! Who answers at the public URL, and by which certificate.

use std::time::Duration;

use consent::Timestamp;
use delivery::selftest::{Answer, Certificate, Method, Url, Visit, VisitError, Visitor, heading};

use super::verdict::Way;

/// A certificate that ends sooner should have been renewed by now.
const RENEWED_BEFORE: Duration = Duration::from_hours(14 * 24);
const DAY_SECONDS: u64 = 24 * 3600;
/// The agent of requests that leave no mark.
const AGENT: &str = "Mozilla/5.0 (compatible; consentry-selftest)";

/// What was found out about a server.
pub struct Server {
    /// Whether it can be reached at all.
    pub reached: Result<(), VisitError>,
    /// Whether it is this Consentry; `None` if that can't be told.
    pub is_ours: Option<bool>,
    /// The line about it.
    pub way: Way,
}

impl Server {
    /// Asks the server of the public URL who it is: the ledger's key tells one Consentry from another.
    pub async fn look(visitor: &Visitor, public_url: &str, key: &str, now: Timestamp) -> Self {
        let label = public_url.to_owned();
        let Ok(url) = Url::parse(&format!("{public_url}/ledger/vkey")) else {
            let way = Way::fails("server", label, "address", "it isn't the address of a page");
            return Self { reached: Err(VisitError::Address), is_ours: None, way };
        };
        let visit = Visit { method: Method::GET, url: &url, agent: AGENT, body: None };
        let answer = match visitor.visit(&visit).await {
            Ok(answer) => answer,
            Err(error) => return Self::unreached(&url, label, error),
        };
        if url.scheme() == "http" && !is_this_machine(&url) {
            let way = Way::fails(
                "server",
                label,
                "http",
                "it isn't https, which RFC 8058 and mailbox providers ask for",
            )
            .hint("put an HTTPS proxy in front, and say so in `public_url`");
            return Self { reached: Ok(()), is_ours: None, way };
        }
        let (is_ours, way) = identify(&answer, label, key);
        Self { reached: Ok(()), is_ours, way: protection(way, &url, answer.certificate, now) }
    }

    fn unreached(url: &Url, label: String, error: VisitError) -> Self {
        let way = Way::fails("server", label, error.code(), error.to_string());
        let way = unreached_hints(way, url, &error);
        let reached = if error.is_of_the_server() { Err(error) } else { Ok(()) };
        Self { reached, is_ours: None, way }
    }
}

/// What to do about a server that can't be reached.
pub fn unreached_hints(way: Way, url: &Url, error: &VisitError) -> Way {
    let host = url.host_str().unwrap_or_default();
    match error {
        VisitError::Name(_) => {
            way.hint(format!("the DNS record of {host} is missing, or `public_url` is misspelt"))
        }
        VisitError::Connect(_) if is_this_machine(url) => {
            way.hint("is `consentry serve` running, and on this port?")
        }
        VisitError::Connect(_) | VisitError::Timeout("connection") => way
            .hint(
                "is the proxy in front of `consentry serve` running, and does the firewall let 443 through?",
            )
            .hint("if this machine can't reach its own public address: --via ADDR:PORT"),
        VisitError::Certificate(_) => way
            .hint(format!("install a certificate for {host} with its whole chain, and renew it by a timer")),
        VisitError::Tls(_) | VisitError::Protocol => way.hint("does something else listen on this port?"),
        VisitError::Timeout(_) | VisitError::Closed => {
            way.hint("is what the proxy hands requests to running?")
        }
        _ => way,
    }
}

fn identify(answer: &Answer, label: String, key: &str) -> (Option<bool>, Way) {
    let text = answer.text();
    let told = text.trim();
    if answer.status.is_success() && told == key.trim() {
        return (Some(true), Way::works("server", label, "this Consentry answers"));
    }
    // A signed-note key: name+hash+base64.
    if answer.status.is_success() && told.lines().count() == 1 && told.matches('+').count() >= 2 {
        let way = Way::fails(
            "server",
            label,
            "other_consentry",
            "another Consentry answers, to which our links mean nothing",
        )
        .hint("does `public_url` name this one, and does its `serve` use this data directory or database?");
        return (Some(false), way);
    }
    let code = answer.status.as_u16();
    if is_from_consentry(answer) {
        let way = Way::works("server", label, "a Consentry answers")
            .note(format!("/ledger/vkey answers {code}, so that it can't be told whether it is this one"));
        return (None, way);
    }
    let titled =
        heading(&text).map_or_else(String::new, |title| format!(", with a page \u{201c}{title}\u{201d}"));
    let way = Way::not_checked(
        "server",
        label,
        format!("something answers, and nothing tells that it is Consentry ({code}{titled})"),
    )
    .hint("a proxy may let /ledger through, too; the lines below tell whether the links work");
    (None, way)
}

/// Every answer of ours has these fields; proxies seldom have both.
pub fn is_from_consentry(answer: &Answer) -> bool {
    answer.header("x-robots-tag") == Some("noindex")
        && answer.header("referrer-policy") == Some("no-referrer")
}

fn protection(way: Way, url: &Url, certificate: Option<Certificate>, now: Timestamp) -> Way {
    let Some(certificate) = certificate else {
        let plain = url.scheme() == "http";
        return if plain { way.note("http, which is fine on this machine only") } else { way };
    };
    let seconds = u64::try_from(now.0 / 1_000_000).unwrap_or(0);
    let left = certificate.ends_at.saturating_sub(seconds);
    let ends = Timestamp(0).plus(Duration::from_secs(certificate.ends_at)).to_string();
    let (day, days) = (ends.get(..10).unwrap_or(&ends).to_owned(), left / DAY_SECONDS);
    if left < RENEWED_BEFORE.as_secs() && way.verdict == super::verdict::Verdict::Works {
        let words = format!("the certificate ends on {day}, in {days} days");
        return Way::flawed("server", way.label.clone(), "certificate_ends", words)
            .hint("renew it, by a timer");
    }
    way.note(format!("the certificate is valid until {day}, {days} days"))
}

/// Whether an address is on a loopback address.
pub fn is_this_machine(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
