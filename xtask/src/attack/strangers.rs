//! What strangers find out, and what they have sent.

mod ledger;
mod mails;
mod texts;

use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

use anyhow::Result;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::probe::post_from;
use super::target::Target;
use crate::servers::poll_until;

pub(super) use ledger::oracle;
pub(super) use mails::bombing;
pub(super) use texts::pumping;

const FORM: &str = "application/x-www-form-urlencoded";
/// How long what was asked for may take to be sent.
const SENT_WITHIN: Duration = Duration::from_secs(20);
/// For how long nothing more may have been sent, before that counts as all.
const QUIET: usize = 4;

/// Posts a form from a network of the attacker's; the status and the answer.
fn ask(target: &Target, from: &str, path: &str, fields: &str) -> Result<(u16, String)> {
    post_from(target.port, from, path, FORM, fields.as_bytes())
}

/// An address of the `n`-th network that an attacker has.
fn network(n: usize) -> String {
    format!("10.{}.{}.{}", n / 250, n % 250, 1 + n % 200)
}

/// Waits until nothing more is sent.
fn settled(mut sent: impl FnMut() -> usize) -> Result<()> {
    let (mut last, mut quiet) = (sent(), 0);
    poll_until(SENT_WITHIN, || {
        std::thread::sleep(Duration::from_millis(350));
        let now = sent();
        quiet = if now == last { quiet + 1 } else { 0 };
        last = now;
        Ok(quiet >= QUIET)
    })?;
    Ok(())
}

/// How often each stands there.
fn counted<T: Eq + Hash>(all: impl IntoIterator<Item = T>) -> HashMap<T, usize> {
    let mut counts = HashMap::new();
    for one in all {
        *counts.entry(one).or_insert(0) += 1;
    }
    counts
}

/// What stands in a form.
fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}
