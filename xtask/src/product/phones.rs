//! The network between a brand and phones: an HTTP server that takes texts as Infobip's interface does, slowly, and writes
//! down to whom each was and when it began.

use std::io::{self, BufRead, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use super::{Pace, now};

/// Longest line, and largest body, in bytes.
const LINE_BYTES_MAX: u64 = 16 << 10;
const BODY_BYTES_MAX: usize = 64 << 10;
/// How long a client may be silent.
const SILENCE: Duration = Duration::from_mins(1);

/// A text, from the moment that its request began.
#[derive(Clone, Debug)]
pub struct Sent {
    /// The number, with `+`.
    pub number: String,
    /// Who it is from.
    pub sender: String,
    /// When the first line of its request was read.
    pub begun: Instant,
}

#[derive(Debug)]
struct Shared {
    sent: Mutex<Vec<Sent>>,
    streams: Mutex<Vec<TcpStream>>,
    pace: Pace,
    stopping: AtomicBool,
}

/// The running server; ended, with all its connections, when dropped.
#[derive(Debug)]
pub struct Phones {
    port: u16,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Phones {
    /// Listens on a free port.
    ///
    /// # Errors
    /// When there is none.
    pub fn start(pace: Pace) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no port for the phones")?;
        let port = listener.local_addr()?.port();
        let (sent, streams, stopping) = (Mutex::default(), Mutex::default(), AtomicBool::new(false));
        let shared = Arc::new(Shared { sent, streams, pace, stopping });
        let acceptor = thread::spawn({
            let shared = Arc::clone(&shared);
            move || accept(&listener, &shared)
        });
        Ok(Self { port, shared, acceptor: Some(acceptor) })
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// All texts so far.
    pub fn sent(&self) -> Vec<Sent> {
        locked(&self.shared.sent).clone()
    }
}

impl Drop for Phones {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        // Wakes the acceptor; connections that have ended already are fine.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
        for stream in locked(&self.shared.streams).drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
        if let Some(acceptor) = self.acceptor.take() {
            let _ = acceptor.join();
        }
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept() {
        if shared.stopping.load(Ordering::SeqCst) {
            return;
        }
        let Ok(second) = stream.try_clone() else { continue };
        locked(&shared.streams).push(second);
        let shared = Arc::clone(shared);
        thread::spawn(move || {
            // A client that goes away in the middle is no concern of this server's.
            let _ = talk(stream, &shared);
        });
    }
}

fn talk(stream: TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_read_timeout(Some(SILENCE))?;
    stream.set_nodelay(true)?;
    let mut writer = stream.try_clone()?;
    let mut reader = BufReader::new(stream);
    let mut count = 0;
    loop {
        let mut line = String::new();
        if (&mut reader).take(LINE_BYTES_MAX).read_line(&mut line)? == 0 {
            return Ok(());
        }
        let begun = now();
        let length = length(&mut reader)?;
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let body: Value = serde_json::from_slice(&body)?;
        let text = |path: &str| body.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
        let number = format!("+{}", text("/messages/0/destinations/0/to").trim_start_matches('+'));
        locked(&shared.sent).push(Sent { number, sender: text("/messages/0/sender"), begun });
        count += 1;
        let Pace { each, hiccup_every, hiccup } = shared.pace;
        let stumbles = hiccup_every > 0 && usize::is_multiple_of(count, hiccup_every);
        thread::sleep(if stumbles { each + hiccup } else { each });
        let status = json!({ "groupId": 1, "groupName": "PENDING", "id": 26, "name": "PENDING_ACCEPTED" });
        let answer =
            json!({ "bulkId": "b", "messages": [{ "messageId": format!("m{count}"), "status": status }] });
        let answer = answer.to_string();
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length:";
        writer.write_all(format!("{head} {}\r\n\r\n{answer}", answer.len()).as_bytes())?;
    }
}

/// Reads the header; the body's length.
fn length(reader: &mut BufReader<TcpStream>) -> io::Result<usize> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.take(LINE_BYTES_MAX).read_line(&mut line)?;
        if line.trim().is_empty() {
            return if length <= BODY_BYTES_MAX {
                Ok(length)
            } else {
                Err(io::ErrorKind::InvalidData.into())
            };
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().map_err(|_| io::ErrorKind::InvalidData)?;
        }
    }
}
