//! Whether mail programs will offer one-click: what is signed, by whom, and what the receiver made of it.

use consent::KeyRing;
use delivery::EmailConfiguration;
use delivery::selftest::{Delivered, InDns, KeySource, Signature};

use super::super::verdict::Way;
use super::fields::{Exit, exits};

/// A line per signature.
pub fn signatures(signatures: &[Signature], email: &EmailConfiguration) -> Vec<Way> {
    if signatures.is_empty() {
        let words = "there is none, so that mailbox providers take the header's one-click for anybody's";
        let way = Way::fails("dkim", "DKIM signature", "unsigned", words);
        let hint = if email.dkim.is_empty() {
            "name a key by `dkim` in the configuration, or let the relay sign"
        } else {
            "it was sent with one: something on the way takes signatures out"
        };
        return vec![way.hint(hint)];
    }
    let vouched = signatures.iter().any(Signature::vouches_for_one_click);
    signatures.iter().map(|signature| one(signature, vouched)).collect()
}

fn one(signature: &Signature, vouched: bool) -> Way {
    const KIND: &str = "dkim";
    let Signature { domain, selector, algorithm, .. } = signature;
    let label = format!("DKIM of {domain} ({selector})");
    let key = signature.key.as_ref().map_or_else(String::new, |key| format!(", with {key}"));
    let name = format!("{selector}._domainkey.{domain}");
    let way = match &signature.problem {
        Some(problem) if vouched => Way::flawed(
            KIND,
            label,
            "invalid",
            format!("another signature vouches for one-click; this one {problem}{key}"),
        ),
        Some(problem) if signature.key.is_none() && signature.in_dns != InDns::Missing => {
            Way::not_checked(KIND, label, format!("it {problem}"))
                .hint(format!("--dkim-key {name}=FILE, or run this where DNS answers"))
        }
        Some(problem) => Way::fails(KIND, label, "invalid", format!("it {problem}{key}"))
            .hint("what changes messages after they are signed has to sign them itself"),
        None => {
            let missing: Vec<&str> = ["List-Unsubscribe", "List-Unsubscribe-Post"]
                .into_iter()
                .filter(|name| !signature.covers(name))
                .collect();
            if missing.is_empty() {
                Way::works(KIND, label, format!("verifies ({algorithm}){key}; covers both fields"))
            } else {
                let words = format!("it verifies{key}, and doesn't cover {}", missing.join(" and "));
                if vouched {
                    Way::works(KIND, label, words)
                } else {
                    Way::flawed(KIND, label, "uncovered", words)
                }
                .hint("RFC 8058 section 4 wants both fields signed")
            }
        }
    };
    match (&signature.in_dns, &signature.key) {
        (InDns::Missing, _) => {
            let words = format!("DNS has no key {name}, so that no receiver can verify it");
            Way { words, ..Way::fails(KIND, way.label, "no_record", "") }
                .hint("publish the record, or name the selector that is published")
        }
        (InDns::Silent, Some(KeySource::Own(_))) => {
            way.note("DNS gave no answer; receivers ask it for the key")
        }
        (InDns::NotAsked, Some(_)) => way.note("DNS wasn't asked; receivers ask it for the key"),
        _ => way,
    }
}

/// Whether mailbox providers can offer one-click for this message: everything that RFC 8058 asks for.
pub fn one_click(mail: &Delivered, signatures: &[Signature], ring: &KeyRing) -> Way {
    const KIND: &str = "one_click_offered";
    const LABEL: &str = "one click in mail programs";
    let exits = exits(mail, ring);
    let secure = mail
        .head
        .all("List-Unsubscribe")
        .any(|value| value.contains("<https://") || value.contains("<http://"));
    let exact = mail.head.first("List-Unsubscribe-Post") == Some("List-Unsubscribe=One-Click");
    let mut wanting = Vec::new();
    if !secure {
        wanting.push("List-Unsubscribe holds no link");
    }
    if !exact {
        wanting.push("List-Unsubscribe-Post isn't there as it should be");
    }
    if !signatures.iter().any(Signature::vouches_for_one_click) {
        wanting.push("no valid signature covers both fields");
    }
    let ours = exits.iter().any(|exit| matches!(exit, Exit::Link));
    if !wanting.is_empty() {
        let unknown = secure && exact && signatures.iter().any(|signature| signature.key.is_none());
        let words = wanting.join("; ");
        return if unknown {
            Way::not_checked(KIND, LABEL, words)
        } else {
            Way::fails(KIND, LABEL, "not_offered", words)
        };
    }
    if ours {
        Way::works(KIND, LABEL, "all that RFC 8058 asks for is there, and leads here")
    } else {
        Way::fails(KIND, LABEL, "elsewhere", "it is offered, and leads to somebody else")
    }
}

/// What the receiving server wrote into the message.
pub fn receiver(mail: &Delivered) -> Way {
    const KIND: &str = "authentication_results";
    const LABEL: &str = "receiver's verdict";
    // Only the top one is surely the receiver's own.
    let Some(value) = mail.head.first("Authentication-Results") else {
        return Way::not_checked(
            KIND,
            LABEL,
            "the receiver wrote none into the message (Authentication-Results)",
        );
    };
    let (server, results) = value.split_once(';').unwrap_or((value, ""));
    let server = server.split_whitespace().next().unwrap_or_default();
    let told: Vec<&str> = results
        .split(';')
        .filter_map(|result| result.split_whitespace().next())
        .filter(|result| result.contains('='))
        .collect();
    let words =
        format!("{server} says {}", if told.is_empty() { "nothing".to_owned() } else { told.join(", ") });
    let asked =
        |method: &str| told.iter().filter(|result| result.starts_with(method)).copied().collect::<Vec<_>>();
    let bad = |method: &str| {
        let results = asked(method);
        !results.is_empty() && results.iter().all(|result| !result.ends_with("=pass"))
    };
    if bad("dkim=") || bad("dmarc=") {
        return Way::flawed(KIND, LABEL, "not_passed", words)
            .hint("one-click is offered only for mail that passes; SPF, DKIM and DMARC are set up in DNS");
    }
    Way::works(KIND, LABEL, words)
}
