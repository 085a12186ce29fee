//! Those who go on as ever while an attack runs: people who opt out, each on a connection of its own as mailbox providers
//! have it, and a load balancer that asks whether the server lives.

use std::fmt;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Result;

use super::target::Target;
use crate::product::now;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// Between two requests.
const PAUSE: Duration = Duration::from_millis(5);
/// Most of an answer that is read.
const ANSWER_BYTES_MAX: u64 = 1 << 20;

/// One request on a connection of its own; the status and the answer.
pub(super) fn ask(port: u16, request: &[u8]) -> Result<(u16, String)> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    stream.write_all(request)?;
    let mut answer = Vec::new();
    stream.take(ANSWER_BYTES_MAX).read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse().ok());
    Ok((status.unwrap_or_default(), answer))
}

/// A GET.
pub(super) fn get(port: u16, path: &str) -> Result<(u16, String)> {
    ask(port, format!("GET {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").as_bytes())
}

/// A POST.
pub(super) fn post(port: u16, path: &str, kind: &str, body: &[u8]) -> Result<(u16, String)> {
    post_with(port, &[], path, kind, body)
}

/// A POST of a client that a proxy names.
pub(super) fn post_from(port: u16, from: &str, path: &str, kind: &str, body: &[u8]) -> Result<(u16, String)> {
    post_with(port, &[("X-Forwarded-For", from)], path, kind, body)
}

/// A POST with header fields of its own.
pub(super) fn post_with(
    port: u16,
    fields: &[(&str, &str)],
    path: &str,
    kind: &str,
    body: &[u8],
) -> Result<(u16, String)> {
    let fields: Vec<_> = fields.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Type: {kind}\r\n{}Content-Length: {}\r\n\r\n",
        fields.concat(),
        body.len()
    );
    ask(port, &[head.as_bytes(), body].concat())
}

/// What was answered meanwhile.
#[derive(Clone, Debug, Default)]
pub(super) struct Watched {
    one_click: Vec<Duration>,
    health: Vec<Duration>,
    refused: Vec<String>,
}

impl Watched {
    /// Of one-click POSTs.
    pub fn p99(&self) -> Duration {
        percentile(&self.one_click)
    }

    /// Those that weren't answered as ever.
    pub fn violations(&self) -> Vec<String> {
        let mut violations = self.refused.clone();
        if self.one_click.is_empty() || self.health.is_empty() {
            violations.push("nobody was answered".to_owned());
        }
        violations
    }
}

impl fmt::Display for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
        write!(
            f,
            "{} one-click p99 {:.1} ms, {} healthz p99 {:.1} ms",
            self.one_click.len(),
            milliseconds(self.p99()),
            self.health.len(),
            milliseconds(percentile(&self.health))
        )
    }
}

fn percentile(times: &[Duration]) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    sorted.get((sorted.len() * 99 / 100).min(sorted.len().saturating_sub(1))).copied().unwrap_or_default()
}

/// Asks until it is ended.
pub(super) struct Watch {
    over: Arc<AtomicBool>,
    threads: [JoinHandle<Watched>; 2],
}

/// Begins.
pub(super) fn begin(target: &Target) -> Watch {
    let over = Arc::new(AtomicBool::new(false));
    let (port, links) = (target.port, target.links.clone());
    let (ends, stops) = (Arc::clone(&over), Arc::clone(&over));
    let people = std::thread::spawn(move || {
        let mut next = links.iter().cycle();
        repeat(
            &ends,
            "one-click",
            |watched| &mut watched.one_click,
            || {
                let path = next.next().map(String::as_str).unwrap_or_default();
                post(port, path, "application/x-www-form-urlencoded", b"List-Unsubscribe=One-Click")
            },
        )
    });
    let balancer = std::thread::spawn(move || {
        repeat(&stops, "healthz", |watched| &mut watched.health, || get(port, "/healthz"))
    });
    Watch { over, threads: [people, balancer] }
}

fn repeat(
    over: &AtomicBool,
    what: &str,
    of: fn(&mut Watched) -> &mut Vec<Duration>,
    mut ask: impl FnMut() -> Result<(u16, String)>,
) -> Watched {
    let mut watched = Watched::default();
    while !over.load(Ordering::Relaxed) {
        let begun = now();
        match ask() {
            Ok((200, _)) => of(&mut watched).push(begun.elapsed()),
            Ok((status, _)) => watched.refused.push(format!("{what}: {status}")),
            Err(error) => watched.refused.push(format!("{what}: {error}")),
        }
        std::thread::sleep(PAUSE);
    }
    watched
}

impl Watch {
    /// Ends, and tells.
    pub fn end(self) -> Watched {
        self.over.store(true, Ordering::Relaxed);
        let mut all = Watched::default();
        for thread in self.threads {
            let Ok(one) = thread.join() else {
                all.refused.push("a watcher broke off".to_owned());
                continue;
            };
            all.one_click.extend(one.one_click);
            all.health.extend(one.health);
            all.refused.extend(one.refused);
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slowest_of_a_hundred_is_the_99th_percentile() {
        let times: Vec<_> = (1..=100).map(Duration::from_millis).collect();
        assert_eq!(percentile(&times), Duration::from_millis(100));
        assert_eq!(percentile(&[]), Duration::ZERO);
    }
}
