//! Reading a real mailbox.

use xtask::servers::{Dovecot, free_port, poll_until};

use super::{Inn, PATIENCE};

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
         password = {{ file = \"imap.password\" }}\npoll_seconds = 1500\naddress = \"fbl@back.example\"\n{more}",
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

/// A server that goes wrong, with four bounces in its folder.
struct BadServer(std::process::Child);

impl Drop for BadServer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

const PEOPLE: [&str; 4] = ["ann@example.com", "bob@example.com", "cid@example.com", "dora@example.com"];

/// Reads the folder of a server that fails in this way. `Inn`, and how its mails are flagged.
fn read_from_bad(mode: &str) -> (Inn, BadServer, impl Fn() -> Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    for (number, person) in PEOPLE.iter().enumerate() {
        std::fs::write(folder.path().join(format!("{number}.eml")), bounce(number, person)).unwrap();
    }
    let port = free_port().unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/whole/receiving/imapd.py");
    let mut python = std::process::Command::new(super::PYTHON);
    let python = python.args(["-I", script, &port.to_string(), mode]).arg(folder.path()).spawn().unwrap();
    let answers = || Ok(std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
    assert!(poll_until(PATIENCE, answers).unwrap());
    let section = format!(
        "[[mailbox]]\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\nuser = \"u\"\n\
         password = {{ file = \"imap.password\" }}\npoll_seconds = 5\naddress = \"fbl@back.example\"\n"
    );
    let inn = Inn::open_with(&PEOPLE, &section, |desk| drop(desk.write("imap.password", "p\n")));
    let flags = move || {
        let told = std::fs::read_to_string(folder.path().join("flags")).unwrap_or_default();
        told.lines().map(str::to_owned).collect()
    };
    (inn, BadServer(python), flags)
}

/// RFC 5530 section 3: a NO may be for now. A mail that wasn't handed out isn't one that was looked at.
#[test]
fn what_a_server_cannot_hand_out_is_asked_for_again() {
    for mode in [
        "body",
        "bad",
        "size",
        "size-missing",
        "nil",
        "empty",
        "missing",
        "bye",
        "drop",
        "search",
        "select",
        "store",
    ] {
        let (inn, _server, flags) = read_from_bad(mode);
        for person in PEOPLE {
            assert!(!inn.came_back(person, || format!("{mode}: {:?}", flags())).0, "{mode}");
        }
        let all = || {
            let flags = flags();
            Ok(flags.len() == 4 && flags.iter().all(|line| line.ends_with("ConsentryTaken \\Seen")))
        };
        assert!(poll_until(PATIENCE, all).unwrap(), "{mode}: {:?}", flags());
    }
}

/// One that never comes keeps none of the others from being read, and is told to the operator.
#[test]
fn a_mail_that_is_never_handed_out_stands_in_nobodys_way() {
    let (inn, _server, flags) = read_from_bad("body-always");
    for person in &PEOPLE[1..] {
        assert!(!inn.came_back(person, || format!("{:?}", flags())).0);
    }
    let told = || {
        let ran = inn.desk.run(&["doctor", "--json"]);
        Ok(ran.code == 1 && ran.out.contains("1 mail was not handed out"))
    };
    assert!(poll_until(PATIENCE, told).unwrap(), "{}", inn.desk.run(&["doctor"]).out);
    assert!(inn.check(PEOPLE[0]).0 && flags().iter().all(|line| !line.contains("ConsentryLeft")));
}

#[test]
fn a_mailbox_for_an_address_that_is_not_listed_is_refused() {
    let desk = crate::support::Desk::new();
    desk.write("imap.password", "p\n");
    let section = "[[mailbox]]\nhost = \"127.0.0.1\"\ntls = \"none\"\nuser = \"u\"\npassword = { file = \"imap.password\" }\naddress = \"fbl@back.example\"\n";
    desk.write("wrong.toml", section);
    let refused = desk.run(&["serve", "--listen", "127.0.0.1:0", "--config", "wrong.toml"]).exits(1);
    assert!(refused.err.contains("it isn't among `extra`"), "{}", refused.err);
}
