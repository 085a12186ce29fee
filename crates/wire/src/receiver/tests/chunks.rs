//! BDAT (RFC 3030).

use super::*;

const ENVELOPE: &str = "EHLO c.example\r\nMAIL FROM:<s@c.example>\r\nRCPT TO:<r@mx.example>\r\n";

async fn replies(running: &Running, text: &str) -> String {
    running.talk(text.as_bytes()).await
}

#[tokio::test]
async fn chunks_make_one_message() {
    let running = start(|_| {}).await;
    // Nothing in a chunk is a command or an end, whatever it looks like.
    let text = format!("{ENVELOPE}BDAT 7\r\none\r\n.\rBDAT 7\r\n\nQUIT\r\nbdat 0 last\r\nNOOP\r\nQUIT\r\n");
    let said = replies(&running, &text).await;
    assert_eq!(codes(&said), ["250", "250", "250", "250", "250", "250", "250", "221"], "{said}");
    assert!(said.contains("250 2.0.0 7 bytes\r\n") && said.contains("250 2.0.0 taken\r\n"), "{said}");
    let mails = running.finish().await;
    assert_eq!((mails.len(), &mails[0].data[..]), (1, &b"one\r\n.\r\nQUIT\r\n"[..]));
}

#[tokio::test]
async fn a_chunk_of_a_refused_command_is_no_command() {
    let running = start(|_| {}).await;
    let evil = "MAIL FROM:<evil@c.example>\r\n";
    let text = format!("EHLO c\r\nBDAT {}\r\n{evil}QUIT\r\n", evil.len());
    assert_eq!(codes(&replies(&running, &text).await), ["250", "503", "221"]);
    let text = format!(
        "EHLO c\r\nMAIL FROM:<s@c.example>\r\nRCPT TO:<nobody@mx.example>\r\nBDAT {} LAST\r\n{evil}QUIT\r\n",
        evil.len()
    );
    assert_eq!(codes(&replies(&running, &text).await), ["250", "250", "550", "554", "221"]);
    let text = "EHLO c\r\nBDAT 999999999999\r\nQUIT\r\n";
    assert_eq!(codes(&replies(&running, text).await), ["250", "503"]);
    assert!(running.finish().await.is_empty());
}

#[tokio::test]
async fn data_and_bdat_do_not_mix() {
    let running = start(|_| {}).await;
    let text = format!(
        "{ENVELOPE}BDAT 3\r\nabcDATA\r\nRCPT TO:<r@mx.example>\r\nMAIL FROM:<>\r\nBDAT 3 LAST\r\nde\nQUIT\r\n"
    );
    let said = replies(&running, &text).await;
    assert_eq!(codes(&said), ["250", "250", "250", "250", "503", "503", "503", "250", "221"], "{said}");
    // RSET gives up what came so far.
    let text = format!("{ENVELOPE}BDAT 3\r\nabcRSET\r\nBDAT 3 LAST\r\nabcQUIT\r\n");
    assert_eq!(codes(&replies(&running, &text).await), ["250", "250", "250", "250", "250", "503", "221"]);
    let mails = running.finish().await;
    assert_eq!((mails.len(), &mails[0].data[..]), (1, &b"abcde\n"[..]));
}

#[tokio::test]
async fn the_sum_of_chunks_is_limited() {
    let running = start(|_| {}).await;
    let (some, more) = ("x".repeat(600), "y".repeat(500));
    let text = format!(
        "{ENVELOPE}BDAT 600\r\n{some}BDAT 500\r\n{more}BDAT 500 LAST\r\n{more}MAIL FROM:<>\r\nRCPT TO:<r@mx.example>\r\nBDAT 600 LAST\r\n{some}QUIT\r\n"
    );
    let said = replies(&running, &text).await;
    let expected = ["250", "250", "250", "250", "552", "503", "250", "250", "250", "221"];
    assert_eq!(codes(&said), expected, "{said}");
    let text = format!("{ENVELOPE}BDAT 1001 LAST\r\n{}QUIT\r\n", "z".repeat(1001));
    assert_eq!(codes(&replies(&running, &text).await), ["250", "250", "250", "552", "221"]);
    let text = format!("{ENVELOPE}BDAT 4001 LAST\r\n");
    assert_eq!(codes(&replies(&running, &text).await), ["250", "250", "250", "552"]);
    let mails = running.finish().await;
    assert_eq!((mails.len(), mails[0].data.len()), (1, 600));
}

#[tokio::test]
async fn a_chunk_that_never_comes_ends_the_connection() {
    let running = start(|config| config.idle = Duration::from_millis(50)).await;
    let said = replies(&running, &format!("{ENVELOPE}BDAT 10 LAST\r\nhalf")).await;
    assert!(said.ends_with("421 4.4.2 message takes too long\r\n"), "{said}");
    assert!(running.finish().await.is_empty());
}
