//! The mail servers that other tests lean on do what they say.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result};
use xtask::servers::{Postfix, PostfixOptions, SmtpSink, Source, poll_until, smtp_source};

const LIMIT: Duration = Duration::from_secs(30);

/// Says one line after the other and gives the last line of each reply.
fn talk(port: u16, lines: &[&str]) -> Result<Vec<String>> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(LIMIT))?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut replies = Vec::new();
    for line in [""].iter().chain(lines) {
        if !line.is_empty() {
            stream.write_all(format!("{line}\r\n").as_bytes())?;
        }
        let mut reply = String::new();
        while reply.as_bytes().get(3) != Some(&b' ') {
            reply.clear();
            anyhow::ensure!(reader.read_line(&mut reply)? > 0, "the server hung up after {line}");
            if line.starts_with("EHLO") {
                replies.push(reply.trim_end().to_owned());
            }
        }
        replies.push(reply.trim_end().to_owned());
    }
    Ok(replies)
}

fn source(mails: u64) -> Source {
    Source {
        mails,
        sessions: 2,
        message: None,
        from: "news@example.com".to_owned(),
        to: "ada@example.com".to_owned(),
        options: vec!["-d".to_owned()],
    }
}

#[test]
fn postfix_delivers_and_leaves_nothing_behind() -> Result<()> {
    let Some(postfix) = Postfix::start(&PostfixOptions::default())? else { return Ok(()) };
    assert!(postfix.mails()?.is_empty());
    let message = b"Subject: one\nX-Mark: kept\n\nbody\n".to_vec();
    smtp_source(postfix.port(), &Source { message: Some(message), ..source(5) })?
        .context("no smtp-source")?;
    let mails = postfix.wait_for(5, LIMIT)?;
    assert_eq!(mails.len(), 5);
    for mail in &mails {
        let mail = std::str::from_utf8(mail)?;
        assert!(mail.starts_with("Return-Path: <news@example.com>\n"), "{mail}");
        assert!(mail.contains("\nDelivered-To: ada@example.com\n"), "{mail}");
        // smtp-source ends a mail with an empty line of its own.
        assert!(mail.trim_end().ends_with("Subject: one\nX-Mark: kept\n\nbody"), "{mail}");
    }
    assert!(postfix.wait_for(6, Duration::ZERO).is_err());
    let (folder, port) = (postfix.folder().to_owned(), postfix.port());
    let pid = fs::read_to_string(folder.join("queue/pid/master.pid"))?;
    assert!(is_alive(pid.trim()));
    drop(postfix);
    assert!(!folder.exists());
    assert!(!is_alive(pid.trim()));
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
    Ok(())
}

/// Whether a process is there and not just waiting for its parent to take note of its end.
fn is_alive(pid: &str) -> bool {
    let status = fs::read_to_string(format!("/proc/{pid}/status"));
    status.is_ok_and(|status| !status.contains("State:\tZ"))
}

#[test]
fn two_instances_run_side_by_side() -> Result<()> {
    let Some(one) = Postfix::start(&PostfixOptions::default())? else { return Ok(()) };
    let two = Postfix::start(&PostfixOptions::default())?.context("the second didn't start")?;
    smtp_source(two.port(), &source(1))?.context("no smtp-source")?;
    assert_eq!(two.wait_for(1, LIMIT)?.len(), 1);
    assert!(one.mails()?.is_empty());
    Ok(())
}

#[test]
fn postfix_refuses_bounces_and_relays_nothing() -> Result<()> {
    let options = PostfixOptions {
        refuse: vec![
            ("gone@example.com".to_owned(), "550 5.1.1 no such user".to_owned()),
            ("busy@example.com".to_owned(), "451 4.3.0 try again".to_owned()),
        ],
        bounce: vec!["full.box+1@example.com".to_owned()],
        ..PostfixOptions::default()
    };
    let Some(postfix) = Postfix::start(&options)? else { return Ok(()) };
    let replies = talk(
        postfix.port(),
        &[
            "HELO a.example",
            "MAIL FROM:<b.1@example.com>",
            "RCPT TO:<gone@example.com>",
            "RCPT TO:<busy@example.com>",
            "RCPT TO:<ada@elsewhere.example>",
            "RCPT TO:<full.box+1@example.com>",
            "DATA",
            "Subject: hello\r\n\r\nbody\r\n.",
            "QUIT",
        ],
    )?;
    let refused = "<gone@example.com>: Recipient address rejected: no such user";
    assert_eq!(replies[3], format!("550 5.1.1 {refused}"));
    assert!(replies[4].starts_with("451 4.3.0 "), "{}", replies[4]);
    assert!(replies[5].starts_with("454 4.7.1 ") || replies[5].starts_with("554 5.7.1 "), "{}", replies[5]);
    assert!(replies[6].starts_with("250 "), "{}", replies[6]);
    let mails = postfix.wait_for(1, LIMIT)?;
    let bounce = String::from_utf8_lossy(&mails[0]).into_owned();
    assert!(bounce.contains("\nDelivered-To: b.1@example.com\n"), "{bounce}");
    assert!(bounce.contains("Content-Type: multipart/report; report-type=delivery-status"), "{bounce}");
    assert!(bounce.contains("Final-Recipient: rfc822; full.box+1@example.com"), "{bounce}");
    Ok(())
}

#[test]
fn postfix_offers_what_is_asked_for() -> Result<()> {
    let options = PostfixOptions { smtputf8: false, ..PostfixOptions::default() };
    let Some(plain) = Postfix::start(&options)? else { return Ok(()) };
    let replies = talk(plain.port(), &["EHLO a.example"])?.join("\n");
    assert!(!replies.contains("STARTTLS") && !replies.contains("SMTPUTF8"), "{replies}");
    drop(plain);

    let options = PostfixOptions { starttls: true, ..PostfixOptions::default() };
    let tls = Postfix::start(&options)?.context("it started before")?;
    let greeting = ["EHLO a.example", "MAIL FROM:<jörg@example.com> SMTPUTF8", "RCPT TO:<güler@example.com>"];
    let message = ["DATA", "Subject: grüße\r\n\r\nbody\r\n.", "QUIT"];
    let replies = talk(tls.port(), &[&greeting[..], &message[..]].concat())?.join("\n");
    assert!(replies.contains("STARTTLS") && replies.contains("SMTPUTF8"), "{replies}");
    let mails = tls.wait_for(1, LIMIT)?;
    assert!(String::from_utf8_lossy(&mails[0]).contains("\nDelivered-To: güler@example.com\n"));

    let mut client = Command::new("openssl");
    client.args(["s_client", "-starttls", "smtp", "-verify_return_error", "-verify_ip", "127.0.0.1"]);
    client.args(["-connect", &format!("127.0.0.1:{}", tls.port()), "-CAfile"]).arg(tls.certificate());
    let output = client.stdin(Stdio::null()).output()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

#[test]
fn the_sink_counts_what_the_source_sends() -> Result<()> {
    let Some(sink) = SmtpSink::start(&[])? else { return Ok(()) };
    let took = smtp_source(sink.port(), &source(50))?.context("no smtp-source")?;
    assert!(took > Duration::ZERO);
    assert!(poll_until(LIMIT, || Ok(sink.mails() == 50))?, "{} mails", sink.mails());
    let port = sink.port();
    drop(sink);
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
    Ok(())
}

#[test]
fn the_sink_takes_options() -> Result<()> {
    let Some(sink) = SmtpSink::start(&["-r", "RCPT"])? else { return Ok(()) };
    let replies =
        talk(sink.port(), &["HELO a.example", "MAIL FROM:<a@example.com>", "RCPT TO:<b@example.com>"])?;
    assert!(replies[3].starts_with('4'), "{}", replies[3]);
    assert!(SmtpSink::start(&["-Z"]).is_err());
    Ok(())
}
