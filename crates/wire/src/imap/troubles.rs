//! Mails that a server couldn't hand out. Each is asked for again, for as long as it is there: by itself, so that it keeps
//! no other mail from being read, and after a pause that grows.

use std::collections::BTreeMap;
use std::time::Duration;

/// First and longest pause before a mail is asked for again.
const PAUSE: (Duration, Duration) = (Duration::from_secs(2), Duration::from_hours(1));
/// Tries after which a mail is told to the operator: about a minute of them.
const TELLING_FROM: u32 = 5;
/// Most mails that are remembered. Of more the pauses are forgotten, not the mails: they are asked for at once.
const KEPT_MAX: usize = 10_000;

#[derive(Debug)]
struct Trouble {
    tries: u32,
    due: Duration,
}

/// Mails of one mailbox, by UID. The times are those of a monotonic clock.
#[derive(Debug, Default)]
pub(super) struct Troubles {
    validity: Option<u32>,
    mails: BTreeMap<u32, Trouble>,
}

/// What a failed try comes to.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Failed {
    pub tries: u32,
    pub pause: Duration,
    /// Whether the operator is to be told.
    pub tell: bool,
}

impl Troubles {
    /// A folder was opened: other UIDs are meant by another UIDVALIDITY (RFC 9051 section 2.3.1.1).
    pub fn opened(&mut self, validity: Option<u32>) {
        if self.validity != validity {
            self.mails.clear();
        }
        self.validity = validity;
    }

    pub fn failed(&mut self, uid: u32, now: Duration) -> Failed {
        if self.mails.len() >= KEPT_MAX && !self.mails.contains_key(&uid) {
            self.mails.clear();
        }
        let trouble = self.mails.entry(uid).or_insert(Trouble { tries: 0, due: now });
        trouble.tries = trouble.tries.saturating_add(1);
        let pause = (PAUSE.0 * 2_u32.saturating_pow((trouble.tries - 1).min(16))).min(PAUSE.1);
        trouble.due = now + pause;
        Failed { tries: trouble.tries, pause, tell: trouble.tries >= TELLING_FROM }
    }

    pub fn succeeded(&mut self, uid: u32) {
        self.mails.remove(&uid);
    }

    /// Whether a mail may be asked for now.
    pub fn is_due(&self, uid: u32, now: Duration) -> bool {
        self.mails.get(&uid).is_none_or(|trouble| trouble.due <= now)
    }

    /// How long until the next one may be.
    pub fn next(&self, now: Duration) -> Option<Duration> {
        self.mails.values().map(|trouble| trouble.due.saturating_sub(now)).min()
    }

    /// Forgets what isn't in the folder any more.
    pub fn keep(&mut self, there: impl Fn(u32) -> bool) {
        self.mails.retain(|uid, _| there(*uid));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_is_asked_for_again_and_again_with_growing_pauses() {
        let (mut troubles, mut now) = (Troubles::default(), Duration::ZERO);
        troubles.opened(Some(1));
        let mut told = Vec::new();
        for _ in 0..20 {
            let failed = troubles.failed(7, now);
            assert!(!troubles.is_due(7, now) && troubles.is_due(8, now));
            assert_eq!(troubles.next(now), Some(failed.pause));
            told.push((failed.pause.as_secs(), failed.tell));
            now += failed.pause;
            assert!(troubles.is_due(7, now));
        }
        assert_eq!(told[..5], [(2, false), (4, false), (8, false), (16, false), (32, true)]);
        assert_eq!(told[19], (3_600, true));
        troubles.succeeded(7);
        assert_eq!(troubles.next(now), None);
        troubles.failed(7, now);
        troubles.opened(Some(2));
        assert!(troubles.is_due(7, now), "another mail by now");
        troubles.failed(7, now);
        troubles.keep(|uid| uid != 7);
        assert_eq!(troubles.next(now), None);
    }
}
