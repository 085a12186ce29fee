//! LMTP (RFC 2033).

use tokio::net::UnixStream;

use super::*;

fn lmtp(config: &mut ReceiverConfig) {
    config.protocol = Protocol::Lmtp;
}

impl Running {
    /// Like `talk`, in LMTP, whose greeting says so.
    async fn talk_lmtp(&self, text: &str) -> String {
        let mut client = Client(TcpStream::connect(self.address).await.unwrap());
        assert_eq!(client.reply().await, "220 mx.example LMTP\r\n");
        client.0.write_all(text.as_bytes()).await.unwrap();
        client.rest().await
    }
}

const TWO: &str =
    "MAIL FROM:<>\r\nRCPT TO:<a@mx.example>\r\nRCPT TO:<nobody@mx.example>\r\nRCPT TO:<b@mx.example>\r\n";

#[tokio::test]
async fn every_recipient_gets_a_reply() {
    let running = start(lmtp).await;
    let text = format!(
        "LHLO c\r\n{TWO}DATA\r\nhi\r\n.\r\n{TWO}BDAT 4 LAST\r\nhi\r\n{TWO}DATA\r\nfull\r\n.\r\nQUIT\r\n"
    );
    let said = running.talk_lmtp(&text).await;
    let rcpt = ["250", "250", "550", "250"];
    let expected = [
        &["250"][..],
        &rcpt,
        &["354", "250", "250"],
        &rcpt,
        &["250", "250"],
        &rcpt,
        &["354", "452", "452"],
        &["221"],
    ];
    assert_eq!(codes(&said), expected.concat(), "{said}");
    let mails = running.finish().await;
    assert_eq!(mails.len(), 2);
    assert!(mails.iter().all(|mail| mail.to == ["a@mx.example", "b@mx.example"] && mail.data == b"hi\r\n"));
}

#[tokio::test]
async fn the_size_limit_is_said_to_every_recipient() {
    let running = start(lmtp).await;
    let text = format!("LHLO c\r\n{TWO}DATA\r\n{}.\r\nQUIT\r\n", "x\r\n".repeat(400));
    let said = running.talk_lmtp(&text).await;
    assert_eq!(codes(&said), ["250", "250", "250", "550", "250", "354", "552", "552", "221"], "{said}");
    running.finish().await;
}

#[tokio::test]
async fn the_protocols_are_not_mistaken_for_each_other() {
    let running = start(lmtp).await;
    let text = "EHLO c\r\nHELO c\r\nMAIL FROM:<>\r\nLHLO c\r\nMAIL FROM:<>\r\nDATA\r\nQUIT\r\n";
    let said = running.talk_lmtp(text).await;
    assert_eq!(codes(&said), ["500", "500", "503", "250", "250", "503", "221"], "{said}");
    running.finish().await;
    let running = start(|_| {}).await;
    assert_eq!(codes(&running.talk(b"LHLO c\r\nQUIT\r\n").await), ["500", "221"]);
    running.finish().await;
}

#[tokio::test]
async fn a_socket_in_the_file_system_serves() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lmtp.sock");
    let sink = Arc::new(Mailbox::default());
    let mut config = ReceiverConfig::new("mx.example");
    lmtp(&mut config);
    // No peer is told from another here, so that limit is none.
    config.connections_per_peer_max = 0;
    let receiver =
        Receiver::bind_unix(&path, config, Arc::<super::Mailbox>::clone(&sink), Arc::new(Steps::default()))
            .await
            .unwrap();
    assert_eq!(receiver.local_addr(), None);
    let (stop, stopped) = oneshot::channel::<()>();
    let task = tokio::spawn(receiver.run(async {
        let _ = stopped.await;
    }));
    let mut client = Client(UnixStream::connect(&path).await.unwrap());
    assert_eq!(client.reply().await, "220 mx.example LMTP\r\n");
    client.0.write_all(format!("LHLO c\r\n{TWO}DATA\r\nhi\r\n.\r\nQUIT\r\n").as_bytes()).await.unwrap();
    assert!(client.rest().await.ends_with("250 2.0.0 taken\r\n250 2.0.0 taken\r\n221 2.0.0 bye\r\n"));
    stop.send(()).unwrap();
    task.await.unwrap();
    assert!(!path.exists());
    let mails = sink.mails.lock().unwrap();
    assert_eq!((mails.len(), mails[0].peer), (1, None));
}
