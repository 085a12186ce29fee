//! Mail bombing by the pages on which anybody types an address.

use std::collections::HashMap;

use anyhow::Result;

use super::{ask, counted, encoded, network, settled};
use crate::attack::target::{LIST, LISTS, Target};
use crate::attack::{Found, Size};
use crate::product::{address, now};

/// What a mailbox may get in a day, as docs/subscribe.md says: one that the brand knows, one that it doesn't; by one network
/// alone; and those of one domain that it doesn't know, together.
const KNOWN_MAX: usize = 14;
const UNKNOWN_MAX: usize = 6;
const KNOWN_BY_ONE_NETWORK_MAX: usize = 7;
const DOMAIN_MAX: usize = 30;
/// Networks that a stranger has, and mailboxes of one domain.
const NETWORKS: usize = 40;
const MAILBOXES: usize = 60;
const STRANGE_DOMAIN: &str = "victims.example";

/// Asks for mails to mailboxes under all their names, of every kind, from one network and then from many; after the first,
/// the owner asks, too.
pub(in crate::attack) fn bombing(target: &Target, size: Size) -> Result<Found> {
    let mut violations = Vec::new();
    let (known, stranger) = (address(0), format!("victim@{STRANGE_DOMAIN}"));
    let mut posts = 0;
    let begun = now();
    let mut round = 0;
    // What waits already is asked for once: so they come one after the other.
    while begun.elapsed() < 2 * size.time {
        for mailbox in [&known, &stranger] {
            posts += everything(target, "192.0.2.7", mailbox, round)?;
        }
        round += 1;
        std::thread::sleep(size.time / 5);
    }
    settled(|| target.mails.whole())?;
    let alone = mailed(target);
    let of_known = alone.get(&known).copied().unwrap_or_default();
    at_most(&mut violations, "by one network a known mailbox", of_known, KNOWN_BY_ONE_NETWORK_MAX);
    ask(target, "198.51.100.9", "/choices", &format!("address={}", encoded(&known)))?;
    settled(|| target.mails.whole())?;
    if mailed(target).get(&known).copied().unwrap_or_default() != of_known + 1 {
        violations.push("the owner's own request brings nothing any more".to_owned());
    }
    for n in 0..NETWORKS {
        for mailbox in [&known, &stranger] {
            posts += everything(target, &network(n), mailbox, 1000 + n)?;
        }
    }
    for n in 0..MAILBOXES {
        let fields = format!("address={}&agree=yes", encoded(&format!("m{n}@{STRANGE_DOMAIN}")));
        ask(target, &network(NETWORKS + n), &format!("/subscribe/{LIST}"), &fields)?;
        posts += 1;
    }
    settled(|| target.mails.whole())?;
    let all = mailed(target);
    let of = |mailbox: &str| all.get(mailbox).copied().unwrap_or_default();
    at_most(&mut violations, "a known mailbox", of(&known), KNOWN_MAX);
    at_most(&mut violations, "an unknown mailbox", of(&stranger), UNKNOWN_MAX);
    let of_domain =
        all.iter().filter(|(mailbox, _)| mailbox.ends_with(STRANGE_DOMAIN)).map(|(_, count)| count).sum();
    at_most(&mut violations, "the mailboxes of one unknown domain", of_domain, DOMAIN_MAX);
    let happened = format!(
        "a known mailbox got {} mails, an unknown one {}, its domain {of_domain}",
        of(&known),
        of(&stranger)
    );
    Ok(Found {
        tried: format!("{posts} posts for mails to {} mailboxes", 2 + MAILBOXES),
        happened,
        violations,
    })
}

fn at_most(violations: &mut Vec<String>, who: &str, got: usize, most: usize) {
    if got > most {
        violations.push(format!("{who} got {got} mails, and {most} is the most"));
    }
}

/// Everything that a stranger can have sent to a mailbox, under another of its names each time.
fn everything(target: &Target, from: &str, mailbox: &str, round: usize) -> Result<usize> {
    let (local, domain) = mailbox.split_once('@').unwrap_or((mailbox, ""));
    for (at, list) in LISTS.iter().enumerate() {
        let typed = encoded(&format!("{local}+{round}-{at}@{domain}"));
        ask(target, from, &format!("/subscribe/{list}"), &format!("address={typed}&agree=yes"))?;
        let typed = encoded(&format!("{}@{}", local.to_uppercase(), domain.to_uppercase()));
        ask(target, from, &format!("/subscribe/{list}"), &format!("address={typed}&agree=yes"))?;
    }
    ask(target, from, "/choices", &format!("address={}", encoded(mailbox)))?;
    Ok(2 * LISTS.len() + 1)
}

/// How many mails each mailbox got, whatever it was called.
fn mailed(target: &Target) -> HashMap<String, usize> {
    counted(target.mails.mails().into_iter().filter(|mail| mail.whole).map(|mail| {
        let recipient = mail.recipient.to_ascii_lowercase();
        let (local, domain) = recipient.split_once('@').unwrap_or((&recipient, ""));
        format!("{}@{domain}", local.split('+').next().unwrap_or_default())
    }))
}
