//! Load at a fixed rate: a request is due every so often, whether or not those before it have been answered.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use super::load::{ANSWER_BYTES_MAX, PATIENCE, is_whole};

/// What one round of requests took.
pub struct Paced {
    took: Duration,
    bytes: usize,
    /// Of each answer, sorted: from when its request was sent.
    sent: Vec<Duration>,
    /// From when its request was due; this includes waiting for a free connection and for the generator itself.
    due: Vec<Duration>,
}

impl Paced {
    /// Milliseconds within which this share of the answers came, counted from sending; 1 is the longest.
    pub fn since_sent(&self, share: f64) -> f64 {
        milliseconds(&self.sent, share)
    }

    /// The same, counted from when the request was due.
    pub fn since_due(&self, share: f64) -> f64 {
        milliseconds(&self.due, share)
    }

    /// Answers per second that were reached.
    pub fn per_second(&self) -> f64 {
        self.sent.len() as f64 / self.took.as_secs_f64()
    }

    /// Of an answer with its head, on average.
    pub fn kilobytes(&self) -> f64 {
        self.bytes as f64 / 1e3 / self.sent.len() as f64
    }
}

fn milliseconds(sorted: &[Duration], share: f64) -> f64 {
    let at = (sorted.len() as f64 * share) as usize;
    sorted[at.min(sorted.len() - 1)].as_secs_f64() * 1e3
}

/// What one connection saw.
#[derive(Default)]
struct Seen {
    bytes: usize,
    sent: Vec<Duration>,
    due: Vec<Duration>,
}

/// Sends `count` requests, one after the other from the list, `rate` a second over all connections. Those are opened before
/// the clock starts. Each has a thread that sleeps until its next request is due: the timers of an asynchronous runtime
/// count whole milliseconds.
pub fn run(port: u16, connections: usize, rate: u32, requests: &[Box<[u8]>], count: usize) -> Result<Paced> {
    let mut streams = Vec::with_capacity(connections);
    for _ in 0..connections {
        let stream = TcpStream::connect(("127.0.0.1", port)).context("the server doesn't answer")?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        streams.push(stream);
    }
    let (next, begun) = (AtomicUsize::new(0), Instant::now());
    let client = |mut stream: TcpStream| -> Result<Seen> {
        let mut seen = Seen::default();
        let mut answer = vec![0; ANSWER_BYTES_MAX];
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            if at >= count {
                return Ok(seen);
            }
            let due = begun + Duration::from_secs(at as u64) / rate;
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            let sent = Instant::now();
            stream.write_all(&requests[at % requests.len()])?;
            seen.bytes += read(&mut stream, &mut answer)?;
            seen.sent.push(sent.elapsed());
            seen.due.push(due.elapsed());
        }
    };
    let client = &client;
    let all = std::thread::scope(|scope| -> Result<Vec<Seen>> {
        let clients: Vec<_> = streams.into_iter().map(|stream| scope.spawn(move || client(stream))).collect();
        clients.into_iter().map(|client| client.join().ok().context("a client failed")?).collect()
    })?;
    let mut paced = Paced { took: begun.elapsed(), bytes: 0, sent: Vec::new(), due: Vec::new() };
    for seen in all {
        paced.bytes += seen.bytes;
        paced.sent.extend(seen.sent);
        paced.due.extend(seen.due);
    }
    ensure!(paced.sent.len() == count, "not every request was answered");
    paced.sent.sort_unstable();
    paced.due.sort_unstable();
    Ok(paced)
}

/// Reads one whole answer, which must be a 200; gives its length.
fn read(stream: &mut TcpStream, answer: &mut [u8]) -> Result<usize> {
    let mut length = 0;
    while !is_whole(&answer[..length])? {
        let more = stream.read(&mut answer[length..])?;
        ensure!(more > 0, "the answer ended early, or is too long");
        length += more;
    }
    Ok(length)
}
