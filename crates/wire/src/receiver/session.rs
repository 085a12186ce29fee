//! One client's dialogue.

mod chunks;
mod content;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use consent::Timestamp;
use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsAcceptor;

use super::command::{Chunk, Command, CommandError, Hello, MailParameters};
use super::config::Protocol;
use super::lines::command_line;
use super::shared::Shared;
use super::stream::{READ_BYTES, Stream};
use crate::connections::Activity;
use chunks::Chunks;

/// How long a client gets to take the last replies.
const CLOSING_WAIT: Duration = Duration::from_secs(1);
/// Replies are sent before more commands are done once there are this many bytes of them.
const REPLY_BYTES_HELD: usize = 4096;

/// Why a session is over. Nothing is left to say then.
pub(super) struct Over;

impl From<io::Error> for Over {
    fn from(_: io::Error) -> Self {
        Self
    }
}

pub(super) struct Transaction {
    pub(super) from: String,
    pub(super) to: Vec<String>,
    pub(super) smtputf8: bool,
    pub(super) begun_at: Timestamp,
    /// What BDAT brought so far; the transaction is bound to it then.
    chunks: Option<Chunks>,
}

/// What follows a command.
pub(super) enum Next {
    Command,
    Data,
    Chunk(Chunk),
    StartTls,
    Close,
}

pub(super) struct Session<'a> {
    pub(super) shared: &'a Shared,
    stream: Stream,
    pub(super) peer: Option<SocketAddr>,
    pub(super) activity: Activity,
    stopping: watch::Receiver<bool>,
    /// What was read; `used` bytes of it are done with.
    pub(super) input: Vec<u8>,
    pub(super) used: usize,
    /// When the last bytes of `input` were read.
    arrived: Timestamp,
    output: Vec<u8>,
    greeted: bool,
    pub(super) transaction: Option<Transaction>,
    /// Messages whose transaction was begun.
    messages: u32,
    errors: u32,
    /// When the session must be over.
    deadline: Instant,
}

/// Talks to one client until either side ends it.
pub(super) async fn run(
    shared: &Shared,
    stream: Stream,
    peer: Option<SocketAddr>,
    activity: Activity,
    stopping: watch::Receiver<bool>,
) {
    let mut session = Session {
        shared,
        stream,
        peer,
        activity,
        stopping,
        input: Vec::new(),
        used: 0,
        arrived: shared.clock.now(),
        output: Vec::new(),
        greeted: false,
        transaction: None,
        messages: 0,
        errors: 0,
        deadline: Instant::now() + shared.config.session_time,
    };
    session.say(&format!("220 {} {}", shared.hostname, if session.lmtp() { "LMTP" } else { "ESMTP" }));
    // However it ends, the client has been told what there is to tell.
    let _ = session.dialogue().await;
    if session.flush().await.is_ok() {
        let _ = timeout(CLOSING_WAIT, session.stream.close()).await;
    }
}

impl Session<'_> {
    async fn dialogue(&mut self) -> Result<(), Over> {
        loop {
            match self.step().await? {
                Next::Command => {}
                Next::Data => self.data().await?,
                Next::Chunk(chunk) => self.chunk(chunk).await?,
                Next::StartTls => self.start_tls().await?,
                Next::Close => return Ok(()),
            }
            if self.errors > self.shared.config.errors_max {
                self.say("421 4.7.0 too many errors");
                return Ok(());
            }
        }
    }

    /// Does the next command.
    async fn step(&mut self) -> Result<Next, Over> {
        loop {
            let line = match command_line(&self.input[self.used..]) {
                Err(error) => {
                    self.say(error.reply());
                    return Ok(Next::Close);
                }
                Ok(Some((_, length))) => self.used..self.used + length - 2,
                Ok(None) => {
                    if !self.wait().await? {
                        return Ok(Next::Close);
                    }
                    continue;
                }
            };
            self.used = line.end + 2;
            // The input is put back below; commands borrow from it while the session changes.
            let input = std::mem::take(&mut self.input);
            let result = match Command::parse(&input[line]) {
                Ok(command) => self.obey(command).await,
                Err(error) => self.misunderstood(error),
            };
            self.input = input;
            if self.output.len() > REPLY_BYTES_HELD {
                self.flush().await?;
            }
            return Ok(result);
        }
    }

    /// Sends the replies that are held back and waits for more input; false: the session is to end.
    async fn wait(&mut self) -> Result<bool, Over> {
        self.flush().await?;
        let patience = self.deadline.min(Instant::now() + self.shared.config.idle);
        let mut stopping = self.stopping.clone();
        tokio::select! {
            read = timeout_at(patience, self.fill()) => {
                if let Ok(read) = read {
                    return read.map(|()| true);
                }
                self.say("421 4.4.2 idle too long");
            }
            _ = stopping.wait_for(|stop| *stop) => {
                self.say("421 4.3.2 shutting down");
            }
        }
        Ok(false)
    }

    pub(super) async fn fill(&mut self) -> Result<(), Over> {
        self.input.drain(..self.used);
        self.used = 0;
        self.input.reserve(READ_BYTES);
        let count = self.stream.read(&mut self.input).await?;
        self.arrived = self.shared.clock.now();
        self.activity.touch();
        if count == 0 { Err(Over) } else { Ok(()) }
    }

    pub(super) async fn flush(&mut self) -> Result<(), Over> {
        if !self.output.is_empty() {
            let writing = timeout(self.shared.config.idle, self.stream.write(&self.output));
            writing.await.map_err(|_| Over)??;
            self.output.clear();
        }
        Ok(())
    }

    pub(super) fn say(&mut self, line: &str) {
        debug_assert!(!line.contains(['\r', '\n']), "a reply is one line");
        self.output.extend_from_slice(line.as_bytes());
        self.output.extend_from_slice(b"\r\n");
    }

    /// Says a refusal that counts as an error of the client.
    pub(super) fn refuse(&mut self, line: &str) -> Next {
        self.errors += 1;
        self.say(line);
        Next::Command
    }

    fn misunderstood(&mut self, error: CommandError) -> Next {
        let next = self.refuse(error.reply());
        if error == CommandError::Desynchronised { Next::Close } else { next }
    }

    async fn obey(&mut self, command: Command<'_>) -> Next {
        match command {
            Command::Hello(hello) => self.hello(hello),
            Command::Mail(parameters) => self.mail(&parameters),
            Command::Rcpt(to) => self.rcpt(to).await,
            Command::Data => match &self.transaction {
                Some(Transaction { chunks: Some(_), .. }) => self.refuse("503 5.5.1 BDAT was begun"),
                Some(transaction) if !transaction.to.is_empty() => {
                    self.say("354 end with <CRLF>.<CRLF>");
                    Next::Data
                }
                Some(_) => self.refuse(self.no_recipients()),
                None => self.refuse("503 5.5.1 MAIL first"),
            },
            Command::Bdat(chunk) => Next::Chunk(chunk),
            Command::Reset => {
                self.transaction = None;
                self.ok("250 2.0.0 ok")
            }
            Command::Noop => self.ok("250 2.0.0 ok"),
            Command::Verify => self.ok("252 2.5.0 send some mail"),
            Command::Help => self.ok("214 2.0.0 RFC 5321"),
            Command::StartTls if self.may_start_tls() => Next::StartTls,
            Command::StartTls => self.refuse("502 5.5.1 not offered"),
            Command::Quit => {
                self.say("221 2.0.0 bye");
                Next::Close
            }
        }
    }

    pub(super) fn lmtp(&self) -> bool {
        self.shared.config.protocol == Protocol::Lmtp
    }

    fn ok(&mut self, line: &str) -> Next {
        self.say(line);
        Next::Command
    }

    fn may_start_tls(&self) -> bool {
        self.shared.config.tls.is_some() && matches!(self.stream, Stream::Plain(_))
    }

    /// RFC 5321 section 3.3 and RFC 2033 section 4.2 want different codes.
    pub(super) fn no_recipients(&self) -> &'static str {
        if self.lmtp() { "503 5.5.1 no valid recipients" } else { "554 5.5.1 no valid recipients" }
    }

    fn hello(&mut self, hello: Hello) -> Next {
        if self.lmtp() != (hello == Hello::Lhlo) {
            // RFC 2033 section 4.1: each protocol has its own greeting, so that they can't be mistaken for one another.
            return self.refuse(if self.lmtp() {
                "500 5.5.1 this is LMTP"
            } else {
                "500 5.5.1 this is SMTP"
            });
        }
        self.greeted = true;
        self.transaction = None;
        let hostname = &self.shared.hostname;
        if hello == Hello::Helo {
            return self.ok(&format!("250 {hostname}"));
        }
        self.say(&format!("250-{hostname}"));
        self.say("250-PIPELINING");
        self.say(&format!("250-SIZE {}", self.shared.config.message_bytes_max));
        if self.may_start_tls() {
            self.say("250-STARTTLS");
        }
        self.say("250-8BITMIME");
        self.say("250-CHUNKING");
        self.say("250-SMTPUTF8");
        self.ok("250 ENHANCEDSTATUSCODES")
    }

    fn mail(&mut self, parameters: &MailParameters<'_>) -> Next {
        if !self.greeted {
            return self.refuse("503 5.5.1 EHLO first");
        }
        if self.transaction.is_some() {
            return self.refuse("503 5.5.1 a transaction is open");
        }
        let limit = self.shared.config.message_bytes_max;
        if parameters.size.is_some_and(|size| usize::try_from(size).map_or(true, |size| size > limit)) {
            return self.refuse("552 5.3.4 message too large");
        }
        if self.messages >= self.shared.config.messages_per_connection_max {
            self.say("421 4.7.0 too many messages");
            return Next::Close;
        }
        self.messages += 1;
        self.transaction = Some(Transaction {
            from: parameters.from.to_owned(),
            to: Vec::new(),
            smtputf8: parameters.smtputf8,
            begun_at: self.arrived,
            chunks: None,
        });
        self.ok("250 2.1.0 ok")
    }

    async fn rcpt(&mut self, to: &str) -> Next {
        let Some(transaction) = &mut self.transaction else {
            return self.refuse("503 5.5.1 MAIL first");
        };
        if transaction.chunks.is_some() {
            return self.refuse("503 5.5.1 BDAT was begun");
        }
        if !(to.is_ascii() || transaction.smtputf8) {
            return self.refuse("553 5.6.7 address needs SMTPUTF8");
        }
        if transaction.to.len() >= self.shared.config.recipients_max {
            return self.refuse("452 4.5.3 too many recipients");
        }
        match self.shared.sink.rcpt(to).await {
            Ok(()) => {
                transaction.to.push(to.to_owned());
                self.ok("250 2.1.5 ok")
            }
            Err(reply) => self.refuse(&reply.to_string()),
        }
    }

    async fn start_tls(&mut self) -> Result<(), Over> {
        let Some(config) = &self.shared.config.tls else { return Err(Over) };
        // What came in clear after STARTTLS must not be read as if it were protected (RFC 3207 section 6).
        if self.used < self.input.len() {
            self.say("554 5.5.1 nothing may follow STARTTLS");
            return Err(Over);
        }
        self.say("220 2.0.0 go ahead");
        self.flush().await?;
        let acceptor = TlsAcceptor::from(Arc::clone(config));
        let Stream::Plain(tcp) = std::mem::replace(&mut self.stream, Stream::Gone) else { return Err(Over) };
        let handshake = timeout(self.shared.config.idle, acceptor.accept(tcp));
        self.stream = Stream::Tls(Box::new(handshake.await.map_err(|_| Over)??));
        // What the client said before can't be trusted (RFC 3207 section 4.2).
        self.greeted = false;
        self.transaction = None;
        Ok(())
    }
}
