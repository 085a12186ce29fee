//! Reading a real mailbox.

use xtask::servers::{Dovecot, poll_until};

use crate::{Inn, PATIENCE};

fn bounce(number: usize, address: &str) -> String {
    format!(
        "From: MAILER-DAEMON@mx.example\r\nTo: bounces@brand.example\r\nMessage-ID: <{number}@mx.example>\r\n\
         Date: Tue, 24 Nov 2026 01:00:00 +0000\r\nSubject: Undelivered Mail Returned to Sender\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n\r\n--b\r\n\
         Content-Type: text/plain\r\n\r\n<{address}>: 550 5.1.1 user unknown\r\n--b\r\n\
         Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n\
         Final-Recipient: rfc822; {address}\r\nAction: failed\r\nStatus: 5.1.1\r\n\
         Diagnostic-Code: smtp; 550 5.1.1 user unknown\r\n\r\n--b--\r\n"
    )
}

const LETTER: &str = "From: someone@example.com\r\nTo: bounces@brand.example\r\nSubject: Question\r\n\
    Message-ID: <letter@example.com>\r\n\r\nAre you there?\r\n";

fn read(tls: &str, more: &str) {
    let Some(dovecot) = Dovecot::start().unwrap() else { return };
    let port = if tls == "implicit" { dovecot.tls_port() } else { dovecot.port() };
    let (user, password) = Dovecot::USER;
    dovecot.deliver("early", bounce(1, "ann@example.com").as_bytes()).unwrap();
    dovecot.deliver("letter", LETTER.as_bytes()).unwrap();
    // Past the limit: left for people, and it stands in nobody's way.
    dovecot.deliver("huge", &b"Subject: huge\r\n\r\n".repeat(500_000)).unwrap();
    let section = format!(
        "[[mailbox]]\nhost = \"localhost\"\nport = {port}\ntls = \"{tls}\"\nca_file = \"{}\"\nuser = \"{user}\"\n\
         password = {{ file = \"imap.password\" }}\npoll_seconds = 1500\n{more}",
        dovecot.certificate().display()
    );
    let password_file = format!("{password}\n");
    let inn = Inn::open_with(&["ann@example.com", "bob@example.com"], &section, |desk| {
        desk.write("imap.password", &password_file);
    });
    let (permitted, ann) = inn.came_back("ann@example.com", || dovecot.log());
    assert!(!permitted, "{ann}");
    assert_eq!(ann["feedback"][0]["reason"], "userunknown", "{ann}");
    // IDLE: this one arrives long before the next look would be due.
    dovecot.deliver("late", bounce(2, "bob@example.com").as_bytes()).unwrap();
    assert!(!inn.came_back("bob@example.com", || dovecot.log()).0);
    let folder = if more.is_empty() { "" } else { "Done" };
    let flagged = || {
        // A move gives a mail another file, so they are counted.
        let taken = dovecot.mails(folder)?.into_iter().filter(|(_, flags)| {
            ["\\Seen", "ConsentryTaken"].iter().all(|flag| flags.iter().any(|f| f == flag))
        });
        Ok(taken.count() == 2)
    };
    let shown = || format!("{:?} {:?}\n{}", dovecot.mails(""), dovecot.mails("Done"), dovecot.log());
    assert!(poll_until(PATIENCE, flagged).unwrap(), "{}", shown());
    let left = dovecot.mails("").unwrap();
    for name in ["letter", "huge"] {
        let (_, flags) = left.iter().find(|(mail, _)| mail == name).unwrap_or_else(|| panic!("{}", shown()));
        assert_eq!(flags, &["ConsentryLeft"], "unseen, for people: {name}");
    }
    assert_eq!(left.len(), if more.is_empty() { 4 } else { 2 }, "{}", shown());
}

#[test]
fn taken_mail_is_moved_and_the_rest_is_left() {
    read("implicit", "done_folder = \"Done\"\n");
}

#[test]
fn without_a_folder_for_it_taken_mail_is_flagged() {
    read("starttls", "");
}
