//! A campaign through a real Postfix, its mail checked by a DKIM verifier that shares no code with us.

use std::process::Command;
use std::time::Duration;

use crate::support::{Desk, Serving};
use xtask::servers::{Postfix, PostfixOptions, dkim};

const PEOPLE: &str = "\
id,email,locale,consent.email,consent_time,first_name
1,ann@example.com,en,,,Ann
2,bob@example.com,de,n,2026-01-02,Bob
3,zoë@example.com,fr,y,2026-01-02,Zoë
4,gone@example.com,en,,,Gone
5,later@example.com,en,,,Later
6,ivy@bücher.example,de,,,Ivy
";

/// Ann, Zoë and Ivy.
const DELIVERED: usize = 3;

struct World {
    desk: Desk,
    postfix: Postfix,
    serving: Serving,
    records: Vec<(String, String)>,
}

/// A key by openssl, and its record for the name server that nobody asks.
fn key(desk: &Desk, name: &str, generate: &[&str], kind: &str) -> (String, String) {
    let file = desk.path(&format!("{name}.pem"));
    let openssl = |arguments: &[&str]| {
        let output = Command::new("openssl").args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    };
    openssl(&[&["genpkey"], generate, &["-out", file.to_str().unwrap()]].concat());
    let der = openssl(&["pkey", "-in", file.to_str().unwrap(), "-pubout", "-outform", "DER"]);
    // RFC 8463: the record holds the bare key for Ed25519, which is the end of the structure.
    let bytes = if kind == "ed25519" { &der[der.len() - 32..] } else { &der[..] };
    let text = data_encoding::BASE64.encode(bytes);
    (format!("{name}._domainkey.brand.example"), format!("v=DKIM1; k={kind}; p={text}"))
}

fn world() -> Option<World> {
    let desk = Desk::new();
    let options = PostfixOptions {
        domains: vec![
            "example.com".to_owned(),
            "xn--bcher-kva.example".to_owned(),
            "brand.example".to_owned(),
        ],
        starttls: true,
        refuse: vec![
            ("gone@example.com".to_owned(), "550 5.1.1 no such user".to_owned()),
            ("later@example.com".to_owned(), "450 4.2.0 come back later".to_owned()),
        ],
        ..PostfixOptions::default()
    };
    let postfix = Postfix::start(&options).unwrap()?;
    let rsa = key(&desk, "rsa", &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"], "rsa");
    let ed25519 = key(&desk, "ed", &["-algorithm", "ED25519"], "ed25519");
    desk.write("people.csv", PEOPLE);
    desk.run(&["import", "profiles", "people.csv"]).exits(0);
    let serving = desk.serve();
    let world = World { desk, postfix, serving, records: vec![rsa, ed25519] };
    world.write_campaign("Hello {{ profile.first_name }}");
    Some(world)
}

impl World {
    fn write_campaign(&self, subject: &str) {
        let campaign = format!(
            r#"
name = "spring"
[audience]
all = true
[configuration]
name = "main"
channel = "email"
category = "marketing"
from = "Brand & Söhne <news@brand.example>"
feedback_id = "brandsender"
public_url = "{url}"
dkim = [
  {{ domain = "brand.example", selector = "rsa", key_file = "rsa.pem" }},
  {{ domain = "brand.example", selector = "ed", key_file = "ed.pem" }},
]
transport = {{ host = "localhost", port = {port}, tls = "required", ca_file = "{ca}" }}
retry = {{ delays = ["1s", "7h"], period = "6h" }}
[content]
subject = "{subject}"
html = '<p>Dear {{{{ profile.first_name }}}}, <a href="{{{{ unsubscribe_url }}}}">unsubscribe</a></p>'
"#,
            url = self.serving.url(),
            port = self.postfix.port(),
            ca = self.postfix.certificate().display(),
        );
        self.desk.write("spring.toml", campaign);
    }
}

fn header<'a>(mail: &'a str, name: &str) -> &'a str {
    let prefix = format!("{name}: ");
    mail.lines().find_map(|line| line.strip_prefix(prefix.as_str())).unwrap_or_default()
}

#[test]
fn mail_arrives_signed_with_a_way_out_that_works() {
    let Some(world) = world() else { return };
    let forecast = world.desk.run(&["campaign", "run", "spring.toml", "--dry-run", "--json"]).exits(0).json();
    assert_eq!((forecast["audience"].as_u64(), forecast["permitted"].as_u64()), (Some(6), Some(5)));
    assert_eq!(forecast["excluded"]["OptedOutChannel"], 1);
    let ran = world.desk.run(&["campaign", "run", "spring.toml", "--json"]).exits(0).json();
    assert_eq!(ran["sent"], DELIVERED, "{ran}");
    assert_eq!((ran["rejected"].as_u64(), ran["givenUp"].as_u64()), (Some(1), Some(1)), "{ran}");
    let mails = world.postfix.wait_for(DELIVERED, Duration::from_secs(30)).unwrap();
    assert_eq!(mails.len(), DELIVERED);
    for mail in &mails {
        check_mail(&world, mail);
    }
    let gone =
        world.desk.run(&["campaign", "explain", "spring", "gone@example.com", "--json"]).exits(0).json();
    assert_eq!((gone["outcome"].as_str(), gone["code"].as_u64()), (Some("rejected"), Some(550)), "{gone}");

    // One-click from the header, as a mailbox provider posts it; then the campaign goes out again.
    let ann = mails
        .iter()
        .map(|mail| String::from_utf8_lossy(mail))
        .find(|mail| mail.contains("To: ann@"))
        .unwrap();
    let path = one_click_path(&ann, &world.serving.url());
    let (status, _) =
        world.serving.ask("POST", &path, "application/x-www-form-urlencoded", "List-Unsubscribe=One-Click");
    assert_eq!(status, 200);
    world.desk.run(&["check", "--channel", "email", "--address", "ann@example.com"]).exits(3);
    let before = world.desk.run(&["campaign", "run", "spring.toml", "--json"]).exits(0).json();
    assert_eq!(before["alreadyFinished"], true, "a finished campaign isn't sent twice by accident");
    let again = world.desk.run(&["campaign", "run", "spring.toml", "--again", "--json"]).exits(0).json();
    assert_eq!(
        (again["sent"].as_u64(), again["excluded"]["OptedOutChannel"].as_u64()),
        (Some(2), Some(2)),
        "{again}"
    );
    world.desk.run(&["ledger", "verify"]).exits(0);
}

fn one_click_path(mail: &str, url: &str) -> String {
    let unfolded = mail.replace("\r\n", "\n").replace("\n\t", " ").replace("\n ", " ");
    let value = header(&unfolded, "List-Unsubscribe").to_owned();
    let link =
        value.split(['<', '>']).find(|part| part.starts_with("http")).unwrap_or_else(|| panic!("{value}"));
    link.strip_prefix(url).unwrap().to_owned()
}

fn check_mail(world: &World, mail: &[u8]) {
    let text = String::from_utf8_lossy(mail);
    let records: Vec<_> = world.records.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    if let Some(signatures) = dkim::verify(mail, &records).unwrap() {
        assert_eq!(signatures.len(), 2, "{text}");
        for signature in signatures {
            assert!(signature.valid, "{signature:?}\n{text}");
            for name in
                ["From", "To", "Subject", "Date", "List-Unsubscribe", "List-Unsubscribe-Post", "List-Id"]
            {
                // Without a list there is no List-Id to cover.
                assert!(
                    signature.covers(name) || !text.contains(&format!("\n{name}: ")),
                    "{name}: {signature:?}"
                );
            }
        }
    }
    assert_eq!(header(&text, "List-Unsubscribe-Post").trim_end(), "List-Unsubscribe=One-Click");
    assert!(header(&text, "Return-Path").starts_with("<b."), "{text}");
    assert!(!header(&text, "Feedback-ID").is_empty());
    let (head, _) = text.split_once("\n\n").or_else(|| text.split_once("\r\n\r\n")).unwrap();
    assert!(head.lines().all(|line| line.len() <= 998), "{head}");
    assert!(
        header(&text, "Received").contains("localhost")
            || text.contains("ESMTPS")
            || text.contains("UTF8SMTPS")
    );
}

#[test]
fn content_without_a_way_out_is_refused() {
    let Some(world) = world() else { return };
    let campaign = std::fs::read_to_string(world.desk.path("spring.toml")).unwrap();
    for (with, what) in [
        ("<p>no link at all</p>", "no way out"),
        ("<!-- {{ unsubscribe_url }} --><p>hidden</p>", "only in a comment"),
        ("<p><a href=\"{{ unsubscribe_url }}x\">broken</a></p>", "a broken link"),
        ("<p>{{ unsubscribe_url </p>", "a template error"),
    ] {
        let html = campaign.lines().last().map(|_| format!("html = '{with}'")).unwrap();
        let text: String = campaign
            .lines()
            .map(|line| if line.starts_with("html = ") { html.clone() } else { line.to_owned() } + "\n")
            .collect();
        world.desk.write("bad.toml", text);
        world.desk.run(&["campaign", "run", "bad.toml", "--dry-run"]).exits(5);
        let refused = world.desk.run(&["campaign", "run", "bad.toml"]).exits(5);
        assert!(
            refused.err.contains("content.html") || refused.err.contains("html"),
            "{what}: {}",
            refused.err
        );
    }
    assert_eq!(world.postfix.mails().unwrap().len(), 0);
}
