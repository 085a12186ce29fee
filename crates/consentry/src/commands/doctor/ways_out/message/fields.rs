//! The header fields of a delivered message against those that were sent.

use consent::{KeyRing, Purpose};
use delivery::selftest::{Delivered, Head, Url, mailto, uris};
use intake::feedback::token_in;

use super::super::verdict::{Verdict, Way};

const ONE_CLICK: &str = "List-Unsubscribe=One-Click";
const WEBHOOK: &str = "who opts out there is known to that service alone: switch its own list-unsubscribe off, or \
                       take its webhook in (docs/webhooks.md)";

/// An address in List-Unsubscribe.
pub enum Exit {
    /// A link of ours.
    Link,
    /// A mail address of ours.
    Mail,
    /// Somebody else's, by host.
    Foreign(String),
}

/// What List-Unsubscribe holds.
pub fn exits(mail: &Delivered, ring: &KeyRing) -> Vec<Exit> {
    let uris = mail.head.all("List-Unsubscribe").flat_map(uris);
    uris.map(|uri| {
        let ours = token_in(ring, &uri).is_some_and(|token| token.purpose == Purpose::Unsubscribe);
        match (ours, mailto(&uri)) {
            (true, None) => Exit::Link,
            (true, Some(_)) => Exit::Mail,
            (false, Some((address, _))) => Exit::Foreign(
                address.rsplit_once('@').map_or(address.clone(), |(_, domain)| domain.to_owned()),
            ),
            (false, None) => {
                let host = Url::parse(&uri).ok().and_then(|url| url.host_str().map(str::to_owned));
                Exit::Foreign(host.unwrap_or(uri))
            }
        }
    })
    .collect()
}

/// List-Unsubscribe and List-Unsubscribe-Post.
pub fn unsubscribe(mail: &Delivered, sent: Option<&Head>, ring: &KeyRing) -> Vec<Way> {
    vec![list_unsubscribe(mail, sent, ring), post(mail, sent)]
}

fn list_unsubscribe(mail: &Delivered, sent: Option<&Head>, ring: &KeyRing) -> Way {
    const KIND: &str = "list_unsubscribe";
    const LABEL: &str = "List-Unsubscribe";
    let was_sent = sent.is_none_or(|sent| sent.first(LABEL).is_some());
    let found = exits(mail, ring);
    let foreign: Vec<&str> = found
        .iter()
        .filter_map(|exit| match exit {
            Exit::Foreign(host) => Some(host.as_str()),
            _ => None,
        })
        .collect();
    let has = |wanted: fn(&Exit) -> bool| found.iter().any(wanted);
    let (link, by_mail) = (has(|exit| matches!(exit, Exit::Link)), has(|exit| matches!(exit, Exit::Mail)));
    let fields = mail.head.all(LABEL).count();
    let way = match (fields, link, by_mail, foreign.as_slice()) {
        (0, ..) if was_sent => {
            Way::fails(KIND, LABEL, "removed", "it was sent, and has been taken out on the way").hint(
                "mail programs show no \u{201c}Unsubscribe\u{201d}: look for a setting of the relay service",
            )
        }
        (0, ..) => Way::not_checked(KIND, LABEL, "it wasn't sent (`list_unsubscribe`)"),
        (_, _, _, []) if !link && !by_mail => {
            Way::fails(KIND, LABEL, "emptied", "it holds no address any more")
        }
        (_, true, _, []) | (_, false, true, []) => Way::works(KIND, LABEL, "as it was sent"),
        (_, true, _, hosts) => {
            Way::flawed(KIND, LABEL, "added", format!("{} was added to it", hosts.join(", "))).hint(WEBHOOK)
        }
        (_, false, _, hosts) => Way::fails(
            KIND,
            LABEL,
            "replaced",
            format!("it was replaced: it leads to {}, not here", hosts.join(", ")),
        )
        .hint(WEBHOOK),
    };
    let sent_mail = sent.and_then(|sent| sent.first(LABEL)).is_some_and(|value| value.contains("mailto:"));
    let way = match way.verdict {
        Verdict::Works if sent_mail && !by_mail => {
            Way::flawed(KIND, LABEL, "mailto_removed", "the mail address has been taken out of it")
        }
        _ => way,
    };
    if fields > 1 {
        way.note(format!("there are {fields} such fields; mail programs take one of them"))
    } else {
        way
    }
}

fn post(mail: &Delivered, sent: Option<&Head>) -> Way {
    const KIND: &str = "list_unsubscribe_post";
    const LABEL: &str = "List-Unsubscribe-Post";
    let was_sent = sent.is_none_or(|sent| sent.first(LABEL).is_some());
    match mail.head.first(LABEL) {
        Some(ONE_CLICK) => Way::works(KIND, LABEL, "as it was sent"),
        Some(other) => {
            let words = format!("it says `{other}` instead of `{ONE_CLICK}`");
            Way::fails(KIND, LABEL, "changed", words).hint("RFC 8058 allows that one text alone")
        }
        None if was_sent => Way::fails(KIND, LABEL, "removed", "it was sent, and has been taken out on the way")
            .hint("without it mail programs open the link instead of posting, and Gmail and Yahoo count no one-click"),
        None => Way::not_checked(KIND, LABEL, "it wasn't sent"),
    }
}

/// The envelope sender, and the fields that name the list and the sender.
pub fn others(mail: &Delivered, sent: Option<&Head>, ring: &KeyRing) -> Vec<Way> {
    let mut told = vec![return_path(mail, ring)];
    for (kind, name) in [("list_id", "List-Id"), ("feedback_id", "Feedback-ID"), ("from", "From")] {
        let (was, is) = (sent.and_then(|sent| sent.first(name)), mail.head.first(name));
        let found = match (was, is) {
            (None, _) => continue,
            (Some(was), Some(is)) if same(was, is) => Way::works(kind, name, "as it was sent"),
            (Some(_), Some(is)) => Way::flawed(kind, name, "changed", format!("it was changed: {is}")),
            (Some(_), None) => Way::flawed(kind, name, "removed", "it has been taken out on the way"),
        };
        told.push(found);
    }
    told
}

/// White space and how letters are encoded may change on the way.
fn same(was: &str, is: &str) -> bool {
    let plain = |text: &str| text.split_whitespace().collect::<String>().replace('"', "");
    plain(was) == plain(is)
}

fn return_path(mail: &Delivered, ring: &KeyRing) -> Way {
    const KIND: &str = "return_path";
    const LABEL: &str = "envelope sender";
    let Some(path) = mail.head.first("Return-Path") else {
        return Way::not_checked(KIND, LABEL, "the message doesn't hold it (Return-Path)");
    };
    let address = path.trim_matches(['<', '>', ' ']);
    if token_in(ring, address).is_some_and(|token| token.purpose == Purpose::Bounce) {
        return Way::works(KIND, LABEL, "as it was sent: bounces name their message");
    }
    let domain = address.rsplit_once('@').map_or(address, |(_, domain)| domain);
    Way::flawed(KIND, LABEL, "replaced", format!("it was replaced: bounces go to {domain}, not here")).hint(
        "take that service's webhook in, or addresses that are gone go on being mailed (docs/webhooks.md)",
    )
}
