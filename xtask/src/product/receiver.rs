//! An SMTP server that writes down, for each message, who it was for, when it began, whether all of it arrived and whether
//! that was acknowledged: so that messages sent twice, not at all, or too late are counted and not guessed.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use super::now;
use crate::servers::poll_until;

/// Longest line taken, in bytes; RFC 5321 asks for 1,000.
const LINE_BYTES_MAX: u64 = 64 << 10;
/// Largest message taken, in bytes.
const MESSAGE_BYTES_MAX: usize = 4 << 20;
/// How long a client may be silent.
const SILENCE: Duration = Duration::from_mins(1);
/// How long sessions may take to end once their client is gone.
const SETTLE: Duration = Duration::from_secs(30);
/// Whoever says nothing for so long between messages isn't sending.
const IDLE: Duration = Duration::from_millis(500);
/// The answer to EHLO.
const HELLO: &str = "250-receiver.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8";
/// What a link's path begins with, in the List-Unsubscribe header field.
const LINK: &str = "/u/";

/// One message, from the moment that its recipient is known.
#[derive(Clone, Debug)]
pub struct Mail {
    /// RCPT TO, without the brackets.
    pub recipient: String,
    /// When its MAIL FROM was read.
    pub begun: Instant,
    /// Whether the end of its data was read: from here on it is mailed.
    pub whole: bool,
    /// Whether the final 250 was written.
    pub acknowledged: bool,
}

/// How slow the receiver is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pace {
    /// Before the final answer to every message.
    pub each: Duration,
    /// Before that answer too, but only for every n-th message of a session; 0: never.
    pub hiccup_every: usize,
    /// How long such a hiccup is.
    pub hiccup: Duration,
}

#[derive(Debug, Default)]
struct Records {
    mails: Vec<Mail>,
    /// Path of the first unsubscribe link seen for a recipient.
    links: HashMap<String, String>,
    sample: Option<Vec<u8>>,
}

#[derive(Debug)]
struct Shared {
    records: Mutex<Records>,
    pace: Mutex<Pace>,
    sessions: AtomicUsize,
    /// Sessions that are in the middle of a message.
    transactions: AtomicUsize,
    /// When something was last heard in any session.
    heard: Mutex<Instant>,
    streams: Mutex<Vec<TcpStream>>,
    stopping: AtomicBool,
}

/// The running server; ended, with all its sessions, when dropped.
#[derive(Debug)]
pub struct Receiver {
    port: u16,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Receiver {
    /// Listens on a free port.
    ///
    /// # Errors
    /// When there is none.
    pub fn start(pace: Pace) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no port for the receiver")?;
        let port = listener.local_addr()?.port();
        let shared = Arc::new(Shared {
            records: Mutex::default(),
            pace: Mutex::new(pace),
            sessions: AtomicUsize::new(0),
            streams: Mutex::default(),
            transactions: AtomicUsize::new(0),
            heard: Mutex::new(now()),
            stopping: AtomicBool::new(false),
        });
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

    /// Changes the pace, from each session's next message on.
    pub fn set_pace(&self, pace: Pace) {
        *locked(&self.shared.pace) = pace;
    }

    /// Waits until no session is open, or all that are have been idle for a while, as those are that a server keeps for its
    /// next campaign: what a killed client had sent has then been read and written down.
    ///
    /// # Errors
    /// When sessions stay in the middle of a message.
    pub fn settle(&self) -> Result<()> {
        let shared = &self.shared;
        let settled = || {
            let idle =
                shared.transactions.load(Ordering::SeqCst) == 0 && locked(&shared.heard).elapsed() > IDLE;
            Ok(idle || shared.sessions.load(Ordering::SeqCst) == 0)
        };
        if poll_until(SETTLE, settled)? {
            return Ok(());
        }
        bail!("SMTP sessions stay in the middle of a message although their client is gone")
    }

    /// All messages so far, in the order of their RCPT.
    pub fn mails(&self) -> Vec<Mail> {
        locked(&self.shared.records).mails.clone()
    }

    /// How many messages have arrived whole.
    pub fn whole(&self) -> usize {
        locked(&self.shared.records).mails.iter().filter(|mail| mail.whole).count()
    }

    /// Forgets the messages, not the links.
    pub fn forget(&self) {
        locked(&self.shared.records).mails.clear();
    }

    /// The unsubscribe link's path for each recipient.
    pub fn links(&self) -> HashMap<String, String> {
        locked(&self.shared.records).links.clone()
    }

    /// The first message that arrived, as it was sent.
    pub fn sample(&self) -> Option<Vec<u8>> {
        locked(&self.shared.records).sample.clone()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        // Wakes the acceptor; that it is gone already is fine, and so are sessions that have ended.
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
        let mut streams = locked(&shared.streams);
        streams.retain(|stream| stream.peer_addr().is_ok());
        streams.push(second);
        drop(streams);
        shared.sessions.fetch_add(1, Ordering::SeqCst);
        let shared = Arc::clone(shared);
        thread::spawn(move || {
            // A client that goes away in the middle is what this is for.
            let _ = Session::new(stream, &shared).and_then(|mut session| {
                let ended = session.talk();
                session.reset();
                ended
            });
            shared.sessions.fetch_sub(1, Ordering::SeqCst);
        });
    }
}

struct Session<'a> {
    reader: BufReader<TcpStream>,
    writer: TcpStream,
    shared: &'a Shared,
    begun: Option<Instant>,
    /// Where the open transaction's messages stand in the records.
    open: Vec<usize>,
    messages: usize,
}

impl<'a> Session<'a> {
    fn new(stream: TcpStream, shared: &'a Shared) -> io::Result<Self> {
        stream.set_read_timeout(Some(SILENCE))?;
        stream.set_nodelay(true)?;
        let writer = stream.try_clone()?;
        Ok(Self {
            reader: BufReader::new(stream),
            writer,
            shared,
            begun: None,
            open: Vec::new(),
            messages: 0,
        })
    }

    fn talk(&mut self) -> io::Result<()> {
        self.say("220 receiver.example ESMTP")?;
        let mut line = Vec::new();
        while self.line(&mut line)? {
            let text = String::from_utf8_lossy(&line).into_owned();
            let verb: String = text.chars().take(4).collect::<String>().to_ascii_uppercase();
            match verb.as_str() {
                "EHLO" => self.say(HELLO)?,
                "HELO" => self.say("250 receiver.example")?,
                "MAIL" => {
                    if self.begun.replace(now()).is_none() {
                        self.shared.transactions.fetch_add(1, Ordering::SeqCst);
                    }
                    self.say("250 2.1.0 ok")?;
                }
                "RCPT" => self.recipient(&text)?,
                "DATA" if self.open.is_empty() => self.say("503 5.5.1 no recipient")?,
                "DATA" => self.message()?,
                "RSET" => {
                    self.reset();
                    self.say("250 2.0.0 ok")?;
                }
                "NOOP" => self.say("250 2.0.0 ok")?,
                "QUIT" => return self.say("221 2.0.0 bye"),
                _ => self.say("500 5.5.2 what?")?,
            }
        }
        Ok(())
    }

    fn say(&mut self, reply: &str) -> io::Result<()> {
        self.writer.write_all(format!("{reply}\r\n").as_bytes())
    }

    /// Reads a line with its end; `false` when there are no more.
    fn line(&mut self, line: &mut Vec<u8>) -> io::Result<bool> {
        line.clear();
        (&mut self.reader).take(LINE_BYTES_MAX).read_until(b'\n', line)?;
        *locked(&self.shared.heard) = now();
        Ok(line.ends_with(b"\n"))
    }

    fn recipient(&mut self, text: &str) -> io::Result<()> {
        let address = text.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
        let (Some((recipient, _)), Some(begun)) = (address, self.begun) else {
            return self.say("503 5.5.1 MAIL FROM first");
        };
        let mail = Mail { recipient: recipient.to_owned(), begun, whole: false, acknowledged: false };
        let mut records = locked(&self.shared.records);
        self.open.push(records.mails.len());
        records.mails.push(mail);
        drop(records);
        self.say("250 2.1.5 ok")
    }

    fn reset(&mut self) {
        if self.begun.take().is_some() {
            self.shared.transactions.fetch_sub(1, Ordering::SeqCst);
        }
        self.open.clear();
    }

    fn message(&mut self) -> io::Result<()> {
        self.say("354 go on")?;
        let (mut bytes, mut line) = (Vec::new(), Vec::new());
        loop {
            if !self.line(&mut line)? || bytes.len() > MESSAGE_BYTES_MAX {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if line == b".\r\n" {
                break;
            }
            // RFC 5321 section 4.5.2.
            bytes.extend_from_slice(if line.starts_with(b".") { &line[1..] } else { &line });
        }
        self.arrived(bytes);
        self.messages += 1;
        let Pace { each, hiccup_every, hiccup } = *locked(&self.shared.pace);
        let stumbles = hiccup_every > 0 && self.messages.is_multiple_of(hiccup_every);
        thread::sleep(if stumbles { each + hiccup } else { each });
        self.say("250 2.0.0 taken")?;
        self.note(|mail| mail.acknowledged = true);
        self.reset();
        Ok(())
    }

    fn arrived(&mut self, bytes: Vec<u8>) {
        self.note(|mail| mail.whole = true);
        let mut records = locked(&self.shared.records);
        let link = link(&bytes);
        for index in &self.open {
            let recipient = records.mails.get(*index).map(|mail| mail.recipient.clone());
            if let (Some(recipient), Some(link)) = (recipient, &link) {
                records.links.entry(recipient).or_insert_with(|| link.clone());
            }
        }
        records.sample.get_or_insert(bytes);
    }

    fn note(&self, change: impl Fn(&mut Mail)) {
        let mut records = locked(&self.shared.records);
        for index in &self.open {
            // Gone if the records were forgotten meanwhile.
            if let Some(mail) = records.mails.get_mut(*index) {
                change(mail);
            }
        }
    }
}

/// The path of the link in the header field List-Unsubscribe.
fn link(message: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(message);
    let header = text.split("\r\n\r\n").next()?;
    let field = header.split_once("List-Unsubscribe: ")?.1;
    let token: String = field.split_once(LINK)?.1.chars().take_while(|c| !matches!(c, '>' | '\r')).collect();
    Some(format!("{LINK}{token}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: &str = "List-Unsubscribe: <http://127.0.0.1:1/u/abc-_9>\r\nTo: x\r\n\r\n..body\r\n.\r\n";

    fn send(stream: &mut TcpStream, text: &str) {
        stream.write_all(text.as_bytes()).unwrap();
    }

    #[test]
    fn writes_down_what_arrived_whole_and_what_did_not() {
        let receiver = Receiver::start(Pace::default()).unwrap();
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, receiver.port())).unwrap();
        send(&mut stream, "EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n");
        send(&mut stream, MESSAGE);
        send(&mut stream, "MAIL FROM:<a@b.example>\r\nRCPT TO:<e@d.example>\r\nDATA\r\nhalf of");
        assert!(poll_until(SETTLE, || Ok(receiver.mails().len() == 2)).unwrap());
        drop(stream);
        receiver.settle().unwrap();
        let mails = receiver.mails();
        assert_eq!(mails[0].recipient, "c@d.example");
        assert!(mails[0].whole && mails[0].acknowledged);
        assert!(!mails[1].whole && !mails[1].acknowledged);
        assert_eq!(receiver.whole(), 1);
        assert_eq!(receiver.links()["c@d.example"], "/u/abc-_9");
        let sample = receiver.sample().unwrap();
        assert!(sample.ends_with(b"\r\n\r\n.body\r\n"), "{}", String::from_utf8_lossy(&sample));
    }
}
