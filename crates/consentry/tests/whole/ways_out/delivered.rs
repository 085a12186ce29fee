//! What somebody on the way did to a message, as it lies in the mailbox.

use serde_json::Value;
use xtask::servers::Dovecot;

use super::between::{tracked, tracker};
use super::{ANN, OPS, PATIENCE, World, assert_told, told};

/// A message of the campaign, as Postfix delivered it.
fn message_to(world: &World, address: &str) -> String {
    let mails = world.postfix.wait_for(2, PATIENCE).unwrap();
    let mails = mails.into_iter().map(|mail| String::from_utf8(mail).unwrap());
    mails.into_iter().find(|mail| mail.contains(&format!("To: <{address}>"))).unwrap()
}

/// The mail without a header field.
fn without(mail: &str, name: &str) -> String {
    let (mut kept, mut inside) = (String::new(), false);
    let (head, body) = mail.split_once("\n\n").unwrap();
    for line in head.lines() {
        inside = line.starts_with(&format!("{name}:")) || inside && line.starts_with([' ', '\t']);
        if !inside {
            kept.extend([line, "\n"]);
        }
    }
    assert_ne!(kept.len(), head.len() + 1, "there is a {name}");
    kept + "\n" + body
}

/// The mail with its links led through a click tracker.
fn rewritten(mail: &str, public_url: &str, tracker: u16) -> String {
    let (head, body) = mail.split_once("\n\n").unwrap();
    // Quoted-printable breaks lines where a link stands.
    let mut body = body.replace("=\n", "").replace("=3D", "=");
    for start in [public_url, "http://localhost:1/"] {
        let mut rest = std::mem::take(&mut body);
        while let Some(at) = rest.find(start) {
            let end = at + rest[at..].find(['"', '>', ' ', '\n', ')']).unwrap_or(rest.len() - at);
            body += &rest[..at];
            body += &tracked(tracker, &rest[at..end]);
            rest = rest.split_off(end);
        }
        body += &rest;
    }
    let head = head.replace("quoted-printable", "8bit");
    let body = body.replace("quoted-printable", "8bit");
    format!("{head}\n\n{body}")
}

fn seeds(dovecot: &Dovecot) -> String {
    let (user, _) = Dovecot::USER;
    format!(
        "[[mailbox]]\nname = \"seeds\"\nself_test = true\nhost = \"localhost\"\nport = {}\ntls = \"starttls\"\n\
         ca_file = \"{}\"\nuser = \"{user}\"\npassword = {{ env = \"SEEDS_PASSWORD\" }}\n",
        dovecot.port(),
        dovecot.certificate().display()
    )
}

/// Looks into the mailbox of tests.
fn look_into(world: &World, code: i32) -> Value {
    const TEST: [&str; 7] = ["doctor", "ways-out", "--no-dns", "--test-address", OPS, "--really", "--json"];
    let mut command =
        world.desk.command(&[&TEST[..], &["--config", "consentry.toml", "--mailbox", "seeds"]].concat());
    let output = command.env("SEEDS_PASSWORD", Dovecot::USER.1).output().unwrap();
    let shown = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(code), "{shown}{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_str(&shown).unwrap()
}

#[test]
fn a_message_in_a_mailbox_is_compared_with_what_was_sent() {
    let Some(dovecot) = Dovecot::start().unwrap() else { return };
    let Some(world) = World::open(&seeds(&dovecot)) else { return };
    let port = tracker();
    let sent = message_to(&world, OPS);
    let look = |code: i32| look_into(&world, code);

    // As it was sent; somebody else's mail beside it is of no interest.
    dovecot.deliver("1.letter", b"From: someone@example.com\r\nSubject: hello\r\n\r\nhello\r\n").unwrap();
    dovecot.deliver("2.sent", sent.as_bytes()).unwrap();
    let report = look(0);
    assert_eq!(report["messages"].as_array().unwrap().len(), 1);
    assert_eq!(report["messages"][0]["campaign"], "spring-main", "{report:#}");
    for kind in [
        "list_unsubscribe",
        "list_unsubscribe_post",
        "dkim",
        "one_click_offered",
        "return_path",
        "feedback_id",
        "from",
    ] {
        assert_told(&report, kind, "works", "");
    }

    // A provider that takes the field out breaks the signature with it; one that rewrites links, the body's.
    dovecot.deliver("3.stripped", without(&sent, "List-Unsubscribe-Post").as_bytes()).unwrap();
    let report = look(1);
    assert_told(&report, "list_unsubscribe_post", "fails", "removed");
    assert_told(&report, "one_click_offered", "fails", "not_offered");
    assert_told(&report, "dkim", "fails", "invalid");
    assert_told(&report, "list_unsubscribe", "works", "");

    let tracked = rewritten(&sent, &world.proxy.url(), port);
    dovecot.deliver("4.tracked", tracked.as_bytes()).unwrap();
    let report = look(1);
    assert_told(&report, "dkim", "fails", "invalid");
    // The button behind the tracker was pressed, and did opt out.
    assert_told(&report, "page", "flawed", "rewritten");
    assert!(report["messages"].to_string().contains("the body was changed after signing"), "{report:#}");

    // The provider's own list-unsubscribe in place of ours, its own envelope sender, and nothing of ours in the body.
    let bare = without(&without(&sent, "List-Unsubscribe"), "Return-Path");
    let (head, _) = bare.split_once("\n\n").unwrap();
    let replaced = format!(
        "Return-Path: <bounce@relay.example>\nList-Unsubscribe: <https://relay.example/gone>\n{head}\n\n\
         <p>Hello, <a href=\"http://127.0.0.1:{port}/nothing\">unsubscribe</a></p>\n"
    );
    let replaced = replaced.replace("multipart/alternative", "text/html");
    dovecot.deliver("5.replaced", replaced.as_bytes()).unwrap();
    let report = look(1);
    assert_told(&report, "list_unsubscribe", "fails", "replaced");
    assert_told(&report, "return_path", "flawed", "replaced");
    assert_told(&report, "body_links", "fails", "lost");

    // Looking leaves no trace in the mailbox, and the test none in what is recorded.
    assert!(dovecot.mails("").unwrap().iter().all(|(_, flags)| flags.is_empty()), "{:?}", dovecot.mails(""));
    world.assert_untouched();
}

#[test]
fn a_customers_message_is_read_and_its_links_are_left_alone() {
    let Some(world) = World::open("") else { return };
    let sent = message_to(&world, ANN);
    world.desk.write("ann.eml", &sent);
    let alone = ["doctor", "ways-out", "--no-dns", "--json", "--message", "ann.eml"];
    let report = world.desk.run(&alone).exits(0).json();
    assert_told(&report, "body_links", "works", "");
    assert_told(&report, "one_click_offered", "works", "");
    let tracked = rewritten(&sent, &world.proxy.url(), tracker());
    world.desk.write("ann.eml", &tracked);
    let report =
        world.desk.run(&[&alone[..], &["--test-address", OPS, "--really", "--wait", "1"]].concat()).json();
    assert_told(&report, "body_links", "not_checked", "");
    let messages = &report["messages"];
    assert!(messages[0]["ways"].as_array().unwrap().iter().all(|way| way["entries"] == Value::Array(vec![])));
    assert!(!told(&report).is_empty());
    world.assert_untouched();
}
