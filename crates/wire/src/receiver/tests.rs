//! The receiver against raw sockets.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use consent::{Clock, Timestamp};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;

use super::*;

mod chunks;
mod lmtp;

/// A clock that goes a second further at each look.
#[derive(Default)]
struct Steps(AtomicI64);

impl Clock for Steps {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.fetch_add(1_000_000, Ordering::SeqCst))
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

#[derive(Default)]
struct Mailbox {
    mails: Mutex<Vec<ReceivedMail>>,
}

#[async_trait::async_trait]
impl MailSink for Mailbox {
    async fn rcpt(&self, to: &str) -> Result<(), Reply> {
        if to.starts_with("nobody@") { Err(Reply::reject(550, (5, 1, 1), "no such user")) } else { Ok(()) }
    }

    async fn message(&self, mail: ReceivedMail) -> Result<(), Reply> {
        if mail.data.starts_with(b"full") {
            return Err(Reply::defer(452, (4, 3, 1), "full"));
        }
        self.mails.lock().unwrap().push(mail);
        Ok(())
    }
}

struct Running {
    address: SocketAddr,
    sink: Arc<Mailbox>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

async fn start(change: impl FnOnce(&mut ReceiverConfig)) -> Running {
    let mut config = ReceiverConfig::new("mx.example");
    config.message_bytes_max = 1000;
    change(&mut config);
    let sink = Arc::new(Mailbox::default());
    let local = SocketAddr::from(([127, 0, 0, 1], 0));
    let receiver = Receiver::bind(local, config, Arc::<Mailbox>::clone(&sink), Arc::new(Steps::default()))
        .await
        .unwrap();
    let address = receiver.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let task = tokio::spawn(receiver.run(async {
        let _ = stopped.await;
    }));
    Running { address, sink, stop, task }
}

impl Running {
    async fn finish(self) -> Vec<ReceivedMail> {
        self.stop.send(()).unwrap();
        self.task.await.unwrap();
        std::mem::take(&mut *self.sink.mails.lock().unwrap())
    }

    async fn client(&self) -> Client<TcpStream> {
        let mut client = Client(TcpStream::connect(self.address).await.unwrap());
        assert_eq!(client.reply().await, "220 mx.example ESMTP\r\n");
        client
    }

    /// Sends everything at once and reads until the server closes.
    async fn talk(&self, text: &[u8]) -> String {
        let mut client = self.client().await;
        client.0.write_all(text).await.unwrap();
        client.rest().await
    }
}

struct Client<T>(T);

impl<T: AsyncRead + AsyncWrite + Unpin> Client<T> {
    async fn reply(&mut self) -> String {
        let mut text = Vec::new();
        while !text.ends_with(b"\n") {
            let byte = self.0.read_u8().await.unwrap();
            text.push(byte);
        }
        String::from_utf8(text).unwrap()
    }

    async fn say(&mut self, line: &str) -> String {
        self.0.write_all(line.as_bytes()).await.unwrap();
        self.reply().await
    }

    async fn hello(&mut self) -> String {
        self.0.write_all(b"EHLO c.example\r\n").await.unwrap();
        let mut all = String::new();
        while !all.lines().last().unwrap_or_default().starts_with("250 ") {
            all += &self.reply().await;
        }
        all
    }

    async fn rest(&mut self) -> String {
        let mut rest = Vec::new();
        // A reset after the last reply is fine too.
        let _ = self.0.read_to_end(&mut rest).await;
        String::from_utf8(rest).unwrap()
    }
}

/// The codes of all final reply lines.
fn codes(text: &str) -> Vec<&str> {
    text.lines().filter(|line| line.as_bytes().get(3) == Some(&b' ')).map(|line| &line[..3]).collect()
}

const OPEN: &str = "EHLO c.example\r\nMAIL FROM:<s@c.example>\r\nRCPT TO:<r@mx.example>\r\nDATA\r\n";

#[tokio::test]
async fn takes_a_message_step_by_step() {
    let running = start(|_| {}).await;
    let mut client = running.client().await;
    let hello = client.hello().await;
    for word in ["PIPELINING", "SIZE 1000", "8BITMIME", "CHUNKING", "SMTPUTF8", "ENHANCEDSTATUSCODES"] {
        assert!(hello.contains(word), "{hello}");
    }
    assert!(!hello.contains("STARTTLS"));
    assert_eq!(client.say("MAIL FROM:<s@c.example> SIZE=20 BODY=8BITMIME\r\n").await, "250 2.1.0 ok\r\n");
    assert_eq!(client.say("RCPT TO:<nobody@mx.example>\r\n").await, "550 5.1.1 no such user\r\n");
    assert_eq!(client.say("DATA\r\n").await, "554 5.5.1 no valid recipients\r\n");
    assert_eq!(client.say("RCPT TO:<a@mx.example>\r\n").await, "250 2.1.5 ok\r\n");
    assert_eq!(client.say("RCPT TO:<B+x@mx.example>\r\n").await, "250 2.1.5 ok\r\n");
    assert!(client.say("DATA\r\n").await.starts_with("354"));
    assert_eq!(client.say("Subject: x\r\n\r\n..dot\r\n\u{e4}\r\n.\r\n").await, "250 2.0.0 taken\r\n");
    assert_eq!(client.say("QUIT\r\n").await, "221 2.0.0 bye\r\n");
    assert_eq!(client.rest().await, "");
    let mails = running.finish().await;
    assert_eq!((mails.len(), mails[0].from.as_str()), (1, "s@c.example"));
    assert_eq!(mails[0].to, ["a@mx.example", "B+x@mx.example"]);
    assert_eq!(String::from_utf8_lossy(&mails[0].data), "Subject: x\r\n\r\n.dot\r\n\u{e4}\r\n");
    // The clock's looks: connection, EHLO, MAIL.
    assert_eq!(mails[0].begun_at, Timestamp(2_000_000));
    assert!(!format!("{:?}", mails[0]).contains("example"));
}

#[tokio::test]
async fn takes_pipelined_transactions() {
    let running = start(|_| {}).await;
    let one = "MAIL FROM:<>\r\nRCPT TO:<r@mx.example>\r\nDATA\r\none\r\n.\r\n";
    let two =
        "MAIL FROM:<s@c.example>\r\nRCPT TO:<r@mx.example>\r\nDATA\r\nfull\r\n.\r\nRSET\r\nNOOP\r\nQUIT\r\n";
    let replies = running.talk(format!("EHLO c.example\r\n{one}{two}").as_bytes()).await;
    let expected = ["250", "250", "250", "354", "250", "250", "250", "354", "452", "250", "250", "221"];
    assert_eq!(codes(&replies), expected);
    assert!(replies.contains("452 4.3.1 full"));
    let mails = running.finish().await;
    assert_eq!((mails.len(), mails[0].from.as_str(), &mails[0].data[..]), (1, "", &b"one\r\n"[..]));
}

#[tokio::test]
async fn order_of_commands_is_kept() {
    let running = start(|_| {}).await;
    let text = "MAIL FROM:<a@b.example>\r\nRCPT TO:<r@mx.example>\r\nHELO c\r\nDATA\r\nRCPT TO:<r@mx.example>\r\n\
        MAIL FROM:<a@b.example>\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<\u{e4}@mx.example>\r\nVRFY x\r\nAUTH PLAIN x\r\n\
        STARTTLS\r\nHELP\r\nXX\r\nRSET\r\nRCPT TO:<r@mx.example>\r\nQUIT\r\n";
    let replies = running.talk(text.as_bytes()).await;
    let expected = [
        "503", "503", "250", "503", "503", "250", "503", "553", "252", "502", "502", "214", "500", "250",
        "503", "221",
    ];
    assert_eq!(codes(&replies), expected);
    assert!(running.finish().await.is_empty());
}

#[tokio::test]
async fn smuggling_ends_the_connection() {
    for end in ["\n.\r\n", "\r\n.\n", "\r.\r\n", "\n.\n", "\r\n.\r\r\n", "\r\r\n.\r\n"] {
        let running = start(|_| {}).await;
        let smuggled = "MAIL FROM:<evil@c.example>\r\nRCPT TO:<r@mx.example>\r\nDATA\r\nevil\r\n.\r\n";
        let replies = running.talk(format!("{OPEN}hi{end}{smuggled}").as_bytes()).await;
        assert_eq!(codes(&replies), ["250", "250", "250", "354", "521"], "{end:?}");
        assert!(running.finish().await.is_empty());
    }
    let running = start(|_| {}).await;
    assert_eq!(codes(&running.talk(b"EHLO c\nMAIL FROM:<a@b.example>\n").await), ["521"]);
    assert_eq!(codes(&running.talk(b"EHLO c\r\nBDAT x\r\nMAIL FROM:<a@b>\r\n").await), ["250", "502"]);
    assert_eq!(codes(&running.talk(b"POST / HTTP/1.1\r\nHost: x\r\n\r\nEHLO c\r\n").await), ["502"]);
    running.finish().await;
}

#[tokio::test]
async fn sizes_are_limited() {
    let running = start(|config| config.recipients_max = 2).await;
    let text = "EHLO c\r\nMAIL FROM:<a@b.example> SIZE=1001\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<1@mx.example>\r\n\
        RCPT TO:<2@mx.example>\r\nRCPT TO:<3@mx.example>\r\nQUIT\r\n";
    assert_eq!(
        codes(&running.talk(text.as_bytes()).await),
        ["250", "552", "250", "250", "250", "452", "221"]
    );
    let large = "x\r\n".repeat(400);
    let replies =
        running.talk(format!("{OPEN}{large}.\r\n{}small\r\n.\r\nQUIT\r\n", &OPEN[16..]).as_bytes()).await;
    assert_eq!(codes(&replies), ["250", "250", "250", "354", "552", "250", "250", "354", "250", "221"]);
    let endless = "x\r\n".repeat(2000);
    assert_eq!(
        codes(&running.talk(format!("{OPEN}{endless}").as_bytes()).await),
        ["250", "250", "250", "354", "552"]
    );
    let line = vec![b'x'; 70_000];
    assert_eq!(codes(&running.talk(&line).await), ["500"]);
    let mails = running.finish().await;
    assert_eq!((mails.len(), &mails[0].data[..]), (1, &b"small\r\n"[..]));
}

#[tokio::test]
async fn errors_and_silence_are_limited() {
    let running = start(|config| (config.errors_max, config.idle) = (2, Duration::from_millis(50))).await;
    assert_eq!(codes(&running.talk(&b"XX\r\n".repeat(9)).await), ["500", "500", "500", "421"]);
    assert_eq!(running.talk(b"NOOP\r\n").await, "250 2.0.0 ok\r\n421 4.4.2 idle too long\r\n");
    assert!(
        running
            .talk(format!("{OPEN}half").as_bytes())
            .await
            .ends_with("421 4.4.2 message takes too long\r\n")
    );
    running.finish().await;
}

#[tokio::test]
async fn messages_are_limited() {
    let running = start(|config| config.messages_per_connection_max = 2).await;
    let one = "MAIL FROM:<>\r\nRCPT TO:<r@mx.example>\r\nDATA\r\none\r\n.\r\n";
    let replies = running.talk(format!("EHLO c\r\n{}", one.repeat(3)).as_bytes()).await;
    let each = ["250", "250", "354", "250"];
    assert_eq!(codes(&replies), [&["250"][..], &each, &each, &["421"]].concat());
    assert_eq!(running.finish().await.len(), 2);
}

#[tokio::test]
async fn an_address_has_its_share_of_connections() {
    let running = start(|config| config.connections_per_peer_max = 1).await;
    let mut first = running.client().await;
    let mut second = Client(TcpStream::connect(running.address).await.unwrap());
    assert_eq!(second.rest().await, "421 4.7.0 too many connections\r\n");
    assert!(first.say("QUIT\r\n").await.starts_with("221"));
    drop(first);
    // The place is free once the server has noticed.
    loop {
        let mut third = Client(TcpStream::connect(running.address).await.unwrap());
        if third.reply().await.starts_with("220") {
            break;
        }
    }
    running.finish().await;
}

#[tokio::test]
async fn whoever_is_silent_gives_way() {
    for limit in [true, false] {
        let running =
            start(
                |config| {
                    if limit { config.connections_max = 2 } else { config.connections_per_network_max = 2 }
                },
            )
            .await;
        let mut silent = running.client().await;
        let mut talking = running.client().await;
        talking.hello().await;
        let mut newcomer = running.client().await;
        assert_eq!(silent.rest().await, "");
        assert!(talking.say("NOOP\r\n").await.starts_with("250"));
        assert!(newcomer.say("QUIT\r\n").await.starts_with("221"));
        running.finish().await;
    }
}

#[tokio::test]
async fn messages_that_do_not_end_hold_little_together() {
    let running = start(|config| (config.message_bytes_max, config.pending_bytes_max) = (1000, 1000)).await;
    let half = "x\r\n".repeat(250);
    let mut holding = running.client().await;
    holding.0.write_all(OPEN.as_bytes()).await.unwrap();
    while !holding.reply().await.starts_with("354") {}
    holding.0.write_all(half.as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    for begin in [OPEN.to_owned(), OPEN.replace("DATA", "BDAT 800")] {
        let mut other = running.client().await;
        other.0.write_all(format!("{begin}{half}").as_bytes()).await.unwrap();
        let said = other.rest().await;
        assert!(said.contains("421 4.3.1 too much mail at once"), "{said}");
        // The one that holds it all has given way meanwhile.
        let replies = running.talk(format!("{OPEN}{half}.\r\nQUIT\r\n").as_bytes()).await;
        assert_eq!(codes(&replies), ["250", "250", "250", "354", "250", "221"]);
        holding = running.client().await;
        holding.0.write_all(format!("{OPEN}{half}").as_bytes()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    drop(holding);
    assert_eq!(running.finish().await.len(), 2);
}

#[tokio::test]
async fn stopping_lets_the_message_in_flight_finish() {
    let running = start(|_| {}).await;
    let mut waiting = running.client().await;
    let mut sending = running.client().await;
    sending.hello().await;
    for line in OPEN.split_inclusive("\r\n").skip(1) {
        sending.say(line).await;
    }
    let Running { address, sink, stop, task } = running;
    stop.send(()).unwrap();
    assert_eq!(waiting.rest().await, "421 4.3.2 shutting down\r\n");
    assert_eq!(sending.say("late\r\n.\r\n").await, "250 2.0.0 taken\r\n");
    assert_eq!(sending.rest().await, "421 4.3.2 shutting down\r\n");
    drop((waiting, sending));
    task.await.unwrap();
    assert_eq!(sink.mails.lock().unwrap().len(), 1);
    assert!(TcpStream::connect(address).await.is_err());
}

fn tls() -> (Arc<ServerConfig>, TlsConnector) {
    let made = rcgen::generate_simple_self_signed(vec!["mx.example".to_owned()]).unwrap();
    let der: CertificateDer<'static> = made.cert.der().clone();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let server = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![der.clone()], key)
        .unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(der).unwrap();
    let client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    (Arc::new(server), TlsConnector::from(Arc::new(client)))
}

#[tokio::test]
async fn starttls_begins_anew() {
    let (server, connector) = tls();
    let running = start(|config| config.tls = Some(server)).await;
    let mut client = running.client().await;
    assert!(client.hello().await.contains("250-STARTTLS\r\n"));
    client.say("MAIL FROM:<s@c.example>\r\n").await;
    assert!(client.say("STARTTLS\r\n").await.starts_with("220"));
    let name = ServerName::try_from("mx.example").unwrap();
    let mut client = Client(connector.connect(name, client.0).await.unwrap());
    assert!(client.say("RCPT TO:<r@mx.example>\r\n").await.starts_with("503"));
    assert!(client.say("MAIL FROM:<s@c.example>\r\n").await.starts_with("503"));
    assert!(!client.hello().await.contains("STARTTLS"));
    for line in OPEN.split_inclusive("\r\n").skip(1) {
        client.say(line).await;
    }
    assert_eq!(client.say("safe\r\n.\r\n").await, "250 2.0.0 taken\r\n");
    drop(client);
    assert_eq!(running.finish().await.len(), 1);
}

#[tokio::test]
async fn nothing_may_follow_starttls_in_the_clear() {
    let (server, _) = tls();
    let running = start(|config| config.tls = Some(server)).await;
    let replies = running.talk(b"EHLO c\r\nSTARTTLS\r\nMAIL FROM:<evil@c.example>\r\n").await;
    assert_eq!(codes(&replies), ["250", "554"]);
    running.finish().await;
}
