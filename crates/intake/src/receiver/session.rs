//! One client's dialogue.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use consent::Timestamp;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsAcceptor;

use super::command::{Command, CommandError, MailParameters};
use super::data::{DataError, DataReader, Progress};
use super::lines::command_line;
use super::server::{MailSink, ReceivedMail, Shared};
use super::stream::{READ_BYTES, Stream};

/// How long a client gets to take the last replies.
const CLOSING_WAIT: Duration = Duration::from_secs(1);
/// Replies are sent before more commands are done once there are this many bytes of them.
const REPLY_BYTES_HELD: usize = 4096;

/// Why a session is over. Nothing is left to say then.
struct Over;

impl From<io::Error> for Over {
    fn from(_: io::Error) -> Self {
        Self
    }
}

struct Transaction {
    from: String,
    to: Vec<String>,
    smtputf8: bool,
    begun_at: Timestamp,
}

/// What follows a command.
enum Next {
    Command,
    Data,
    StartTls,
    Close,
}

struct Session<'a, S> {
    shared: &'a Shared<S>,
    stream: Stream,
    peer: SocketAddr,
    stopping: watch::Receiver<bool>,
    /// What was read; `used` bytes of it are done with.
    input: Vec<u8>,
    used: usize,
    /// When the last bytes of `input` were read.
    arrived: Timestamp,
    output: Vec<u8>,
    greeted: bool,
    transaction: Option<Transaction>,
    errors: u32,
    /// When the session must be over.
    deadline: Instant,
}

/// Talks to one client until either side ends it.
pub(super) async fn run<S: MailSink>(
    shared: &Shared<S>,
    tcp: TcpStream,
    peer: SocketAddr,
    stopping: watch::Receiver<bool>,
) {
    // Without it replies may wait for the client's acknowledgements; failing that isn't worth a refusal.
    let _ = tcp.set_nodelay(true);
    let mut session = Session {
        shared,
        stream: Stream::Plain(tcp),
        peer,
        stopping,
        input: Vec::new(),
        used: 0,
        arrived: shared.clock.now(),
        output: Vec::new(),
        greeted: false,
        transaction: None,
        errors: 0,
        deadline: Instant::now() + shared.config.session_time,
    };
    session.say(&format!("220 {} ESMTP", shared.hostname));
    // However it ends, the client has been told what there is to tell.
    let _ = session.dialogue().await;
    if session.flush().await.is_ok() {
        let _ = timeout(CLOSING_WAIT, session.stream.close()).await;
    }
}

impl<S: MailSink> Session<'_, S> {
    async fn dialogue(&mut self) -> Result<(), Over> {
        loop {
            match self.step().await? {
                Next::Command => {}
                Next::Data => self.data().await?,
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

    async fn fill(&mut self) -> Result<(), Over> {
        self.input.drain(..self.used);
        self.used = 0;
        self.input.reserve(READ_BYTES);
        let count = self.stream.read(&mut self.input).await?;
        self.arrived = self.shared.clock.now();
        if count == 0 { Err(Over) } else { Ok(()) }
    }

    async fn flush(&mut self) -> Result<(), Over> {
        if !self.output.is_empty() {
            let writing = timeout(self.shared.config.idle, self.stream.write(&self.output));
            writing.await.map_err(|_| Over)??;
            self.output.clear();
        }
        Ok(())
    }

    fn say(&mut self, line: &str) {
        debug_assert!(!line.contains(['\r', '\n']), "a reply is one line");
        self.output.extend_from_slice(line.as_bytes());
        self.output.extend_from_slice(b"\r\n");
    }

    /// Says a refusal that counts as an error of the client.
    fn refuse(&mut self, line: &str) -> Next {
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
            Command::Hello { extended } => self.hello(extended),
            Command::Mail(parameters) => self.mail(&parameters),
            Command::Rcpt(to) => self.rcpt(to).await,
            Command::Data => match &self.transaction {
                Some(transaction) if !transaction.to.is_empty() => {
                    self.say("354 end with <CRLF>.<CRLF>");
                    Next::Data
                }
                Some(_) => self.refuse("554 5.5.1 no valid recipients"),
                None => self.refuse("503 5.5.1 MAIL first"),
            },
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

    fn ok(&mut self, line: &str) -> Next {
        self.say(line);
        Next::Command
    }

    fn may_start_tls(&self) -> bool {
        self.shared.config.tls.is_some() && matches!(self.stream, Stream::Plain(_))
    }

    fn hello(&mut self, extended: bool) -> Next {
        self.greeted = true;
        self.transaction = None;
        let hostname = &self.shared.hostname;
        if !extended {
            return self.ok(&format!("250 {hostname}"));
        }
        self.say(&format!("250-{hostname}"));
        self.say("250-PIPELINING");
        self.say(&format!("250-SIZE {}", self.shared.config.message_bytes_max));
        if self.may_start_tls() {
            self.say("250-STARTTLS");
        }
        self.say("250-8BITMIME");
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
        self.transaction = Some(Transaction {
            from: parameters.from.to_owned(),
            to: Vec::new(),
            smtputf8: parameters.smtputf8,
            begun_at: self.arrived,
        });
        self.ok("250 2.1.0 ok")
    }

    async fn rcpt(&mut self, to: &str) -> Next {
        let Some(transaction) = &mut self.transaction else {
            return self.refuse("503 5.5.1 MAIL first");
        };
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

    /// The message, from after DATA to the reply to its end.
    async fn data(&mut self) -> Result<(), Over> {
        let config = &self.shared.config;
        let deadline = Instant::now() + config.message_time;
        let mut reader = DataReader::new(config.message_bytes_max);
        let message = loop {
            let step = reader.push(&self.input[self.used..]);
            match step {
                Ok((used, progress)) => {
                    self.used += used;
                    if let Progress::Done(message) = progress {
                        break message;
                    }
                }
                Err(error) => {
                    self.say(match error {
                        DataError::Line(error) => error.reply(),
                        DataError::Endless => "552 5.3.4 message too large",
                    });
                    return Err(Over);
                }
            }
            self.flush().await?;
            let patience = deadline.min(Instant::now() + config.idle);
            if let Ok(read) = timeout_at(patience, self.fill()).await {
                read?;
            } else {
                self.say("421 4.4.2 message takes too long");
                return Err(Over);
            }
        };
        let transaction = self.transaction.take().ok_or(Over)?;
        let Some(data) = message else {
            self.refuse("552 5.3.4 message too large");
            return Ok(());
        };
        let Transaction { from, to, begun_at, .. } = transaction;
        let mail = ReceivedMail { from, to, data, begun_at, peer: self.peer };
        match self.shared.sink.message(mail).await {
            Ok(()) => self.say("250 2.0.0 taken"),
            Err(reply) => self.say(&reply.to_string()),
        }
        Ok(())
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
