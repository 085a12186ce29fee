//! Unsubscribing by mail, and what is refused.

use std::io::Write as _;
use std::process::Stdio;

use super::{Inn, mailto, message_to, return_path, send};

const PEOPLE: [&str; 6] = [
    "ann@example.com",
    "bob@example.com",
    "cy@example.com",
    "dee@example.com",
    "eve@example.com",
    "fay@example.com",
];

const APPLE: &str = "From: Ann <ann@example.com>\nMessage-ID: <1@apple.example>\nDate: Tue, 24 Nov 2026 02:00:00 +0000\nSubject: \nMIME-Version: 1.0\nContent-Type: text/plain; charset=us-ascii\n\nApple Mail sent this email to unsubscribe from the message Spring.\n";
const HTML: &str = "From: Cy <cy@example.com>\nMessage-ID: <3@c.example>\nSubject: unsubscribe\nMIME-Version: 1.0\nContent-Type: text/html\n\n<html><body><p>please <b>keep</b> sending</p></body></html>\n";

#[test]
fn whatever_a_mail_says_its_address_unsubscribes() {
    let inn = Inn::open(&PEOPLE, "");
    let Some(postfix) = super::bounces::postfix(&inn) else { return };
    assert_eq!(inn.send(postfix.port())["sent"], 6);
    let address = |person: &str| mailto(&message_to(&postfix, person, 6));
    let stopped = |person: &str| {
        let (permitted, told) = inn.check(person);
        !permitted && told["reason"] == "OptedOutChannel" && told["feedback"][0]["kind"] == "unsubscribe"
    };

    // Apple's sentence; twice, since servers that lose the answer send again.
    let (ann, bob, cy) = (address("ann@example.com"), address("bob@example.com"), address("cy@example.com"));
    for _ in 0..2 {
        assert_eq!(inn.mail("ann@example.com", &[&ann], APPLE), "");
    }
    assert!(stopped("ann@example.com"));
    assert_eq!(inn.check("ann@example.com").1["feedback"].as_array().unwrap().len(), 1, "once");
    // Nothing at all, to an address in capitals; HTML that says the opposite; both in one transaction through LMTP.
    assert_eq!(inn.mail("bob@example.com", &[&bob.to_uppercase()], "\n"), "");
    assert!(stopped("bob@example.com"));
    let dee = address("dee@example.com");
    let socket = inn.desk.path("lmtp.sock");
    let to = [cy.as_str(), dee.as_str(), "relay@elsewhere.example"];
    assert_eq!(send("unix", socket.to_str().unwrap(), "cy@example.com", &to, HTML), "550 5.1.1\n");
    assert!(stopped("cy@example.com") && stopped("dee@example.com"));

    // Machines don't unsubscribe anybody.
    let eve = address("eve@example.com");
    inn.mail("", &[&eve], "From: x@example.com\nSubject: hello\n\n\n");
    inn.mail(
        "eve@example.com",
        &[&eve],
        "From: eve@example.com\nAuto-Submitted: auto-replied\nSubject: Away\n\nI am away.\n",
    );
    let (permitted, told) = inn.check("eve@example.com");
    assert!(permitted, "{told}");

    // By the pipe of a mail server.
    let fay = address("fay@example.com");
    let mut command = inn.desk.command(&["intake", "mail", "--from", "fay@example.com", "--to", &fay]);
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"From: fay@example.com\n\nstop\n").unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(stopped("fay@example.com"));
    refusals(&inn, &eve, &return_path(&message_to(&postfix, "eve@example.com", 6)));
    inn.desk.run(&["ledger", "verify"]).exits(0);
}

/// Nothing is relayed, and no forged token gets in.
fn refusals(inn: &Inn, unsubscribe: &str, bounce: &str) {
    let mut forged = unsubscribe.to_owned().into_bytes();
    forged[20] = if forged[20] == b'a' { b'b' } else { b'a' };
    let forged = String::from_utf8(forged).unwrap();
    let swapped = bounce.replacen("b.", "u.", 1);
    let elsewhere = unsubscribe.replace("back.example", "elsewhere.example");
    for to in [
        forged.as_str(),
        swapped.as_str(),
        elsewhere.as_str(),
        "someone@elsewhere.example",
        "news@back.example",
        "postmaster@elsewhere.example",
        "u.@back.example",
    ] {
        assert_eq!(inn.mail("x@client.example", &[to], "\n"), "550 5.1.1\n", "{to}");
    }
    for to in ["Postmaster@back.example", "FBL@back.example", bounce, unsubscribe] {
        assert_eq!(inn.mail("", &[to], "Subject: noted\n\nnothing to see\n"), "", "{to}");
    }
    assert!(inn.check("eve@example.com").0);
    // A postmaster's mail can't name whom it is about; that of the feedback loop can.
    let report = "From: fbl@provider.example\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\n\n--b\nContent-Type: text/plain\n\nspam\n--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\nUser-Agent: x/1\nVersion: 1\nOriginal-Rcpt-To: eve@example.com\n--b\nContent-Type: message/rfc822\n\nFrom: news@brand.example\nSubject: Spring\n\n--b--\n";
    assert_eq!(inn.mail("", &["postmaster@back.example"], report), "");
    assert!(inn.check("eve@example.com").0);
    // Nor can what comes by the pipe, whatever it says whom it is for, nor a mailbox without an address of its own.
    let pipe = |more: &[&str], n: usize| {
        let mut command = inn.desk.command(&[&["intake", "mail", "--from", "-x@example.com"], more].concat());
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        let report = report.replace("User-Agent: x/1", &format!("User-Agent: p/{n}"));
        child.stdin.take().unwrap().write_all(report.as_bytes()).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(0));
    };
    let config = ["--config", "consentry.toml"];
    for (n, to) in ["anything@back.example", "-x@back.example", "fbl@back.example"].iter().enumerate() {
        pipe(&["--to", to], n);
    }
    pipe(&[&config[..], &["--to", "anything@back.example"]].concat(), 4);
    assert!(inn.check("eve@example.com").0);
    assert_eq!(
        inn.mail("", &["fbl@back.example"], &report.replace("User-Agent: x/1", "User-Agent: x/2")),
        ""
    );
    let (permitted, told) = inn.check("eve@example.com");
    assert!(!permitted, "{told}");
    assert_eq!(told["suppression"][0]["category"], "complaint", "{told}");
    // The pipe follows the same rule with the same list.
    let about_dan = report.replace("eve@example.com", "dan@example.com");
    let arguments =
        ["intake", "mail", "--from", "", "--to", "fbl@back.example", "--config", "consentry.toml"];
    let mut child = inn.desk.command(&arguments).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(about_dan.as_bytes()).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let (_, told) = inn.check("dan@example.com");
    assert_eq!(told["suppression"][0]["category"], "complaint", "{told}");
}

#[test]
fn a_pipe_without_a_store_asks_to_be_tried_again() {
    let desk = crate::support::Desk::bare();
    let missing = desk.run(&["intake", "mail"]).exits(75);
    assert!(
        missing.err.contains("there is no data directory") && missing.err.contains("hint: "),
        "{}",
        missing.err
    );
    assert!(!desk.data_dir().exists(), "no data directory is made");
    std::fs::create_dir(desk.data_dir()).unwrap();
    desk.run(&["intake", "mail"]).exits(75);
    std::fs::write(desk.data_dir().join("master.key"), [7; 32]).unwrap();
    let lost = desk.run(&["intake", "mail"]).exits(75);
    assert!(lost.err.contains("consentry.sqlite3 is missing"), "{}", lost.err);
    assert_eq!(std::fs::read_dir(desk.data_dir()).unwrap().count(), 1, "nothing is made");
    desk.run(&["intake", "mail", "--data-dir", ""]).exits(75);
    desk.run(&["intake", "mail", "--nonsense"]).exits(64);
    desk.run(&["intake", "letter"]).exits(64);
    desk.run(&["--data-dir", "data", "intake", "mail", "--nonsense"]).exits(64);
}

#[test]
fn a_server_file_that_cannot_work_says_why() {
    let desk = crate::support::Desk::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    for (file, says) in [
        ("[mail]\nhostname = \"h\"".to_owned(), "neither"),
        (format!("[mail]\nhostname = \"h\"\nlisten = \"127.0.0.1:{port}\""), "another program listens there"),
        ("[mail]\nhostname = \"h\"\nlmtp = \"somewhere\"".to_owned(), "unix:/run"),
        ("[mail]\nhostname = \"h\"\nlisten = \"127.0.0.1:0\"\nextra = [\"fbl\"]".to_owned(), "extra"),
        (
            "[mail]\nhostname = \"h\"\nlisten = \"127.0.0.1:0\"\ntls_certificate = \"a\"\ntls_key = \"b\"".to_owned(),
            "tls_certificate can't be read",
        ),
        ("[[mailbox]]\nhost = \"imap.example\"\nuser = \"u\"\ntls = \"none\"\npassword = { env = \"HOME\" }".to_owned(), "this machine only"),
        ("[[mailbox]]\nhost = \"h\"\nuser = \"u\"\npassword = { env = \"CONSENTRY_NOT_SET\" }".to_owned(), "holds no secret"),
    ] {
        desk.write("consentry.toml", &file);
        let ran = desk.run(&["serve", "--listen", "127.0.0.1:0", "--config", "consentry.toml"]).exits(1);
        assert!(ran.err.contains(says), "{file}: {}", ran.err);
    }
}
