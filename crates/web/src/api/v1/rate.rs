//! How many requests a key may make in a minute, on this node.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use consent::{Clock, WorkspaceId};

use super::problem::ApiProblem;
use crate::http::auth::Caller;

/// What is counted together.
const WINDOW: Duration = Duration::from_mins(1);
/// Keys that are counted; there are never more.
const KEYS_MAX: usize = 100_000;

/// Counts requests.
pub(super) struct Rates {
    quota: u32,
    clock: Arc<dyn Clock>,
    counts: Mutex<HashMap<(WorkspaceId, String), Count>>,
}

#[derive(Clone, Copy)]
struct Count {
    since: Duration,
    requests: u32,
}

/// How much is left: the fields of draft-ietf-httpapi-ratelimit-headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Left {
    quota: u32,
    requests: u32,
    seconds: u64,
}

impl Rates {
    pub fn new(quota: u32, clock: Arc<dyn Clock>) -> Self {
        Self { quota, clock, counts: Mutex::default() }
    }

    /// Counts a request, or refuses it.
    pub fn count(&self, caller: &Caller) -> Result<Left, (Left, ApiProblem)> {
        let now = self.clock.monotonic();
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= KEYS_MAX {
            counts.retain(|_, count| now.saturating_sub(count.since) < WINDOW);
        }
        let fresh = Count { since: now, requests: 0 };
        let count = counts.entry((caller.workspace, caller.id.clone())).or_insert(fresh);
        if now.saturating_sub(count.since) >= WINDOW {
            *count = fresh;
        }
        let rest = WINDOW.saturating_sub(now.saturating_sub(count.since));
        let left =
            |requests| Left { quota: self.quota, requests, seconds: rest.as_millis().div_ceil(1000) as u64 };
        if count.requests >= self.quota {
            let left = left(0);
            let problem = ApiProblem::new(
                StatusCode::TOO_MANY_REQUESTS,
                "rate-limited",
                format!("more than {} requests in a minute; go on in {} s", self.quota, left.seconds),
            );
            return Err((left, problem.with(header::RETRY_AFTER, left.seconds.into())));
        }
        count.requests += 1;
        Ok(left(self.quota - count.requests))
    }
}

impl Left {
    /// Tells the caller.
    pub fn tell(self, headers: &mut HeaderMap) {
        let Self { quota, requests, seconds } = self;
        let policy = format!("\"default\";q={quota};w={}", WINDOW.as_secs());
        let limit = format!("\"default\";r={requests};t={seconds}");
        for (name, value) in [("ratelimit-policy", policy), ("ratelimit", limit)] {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
    }
}
