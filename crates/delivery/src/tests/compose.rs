//! Whole messages: header, body, signature.

mod external;

use std::collections::HashMap;
use std::hash::Hash;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use mail_auth::common::parse::TxtRecordParser;
use mail_auth::common::verify::DomainKey;
use mail_auth::{AuthenticatedMessage, DkimResult, MessageAuthenticator, Parameters, ResolverCache, Txt};
use proptest::prelude::*;
use wire::smtp::Envelope;

use super::{START, campaign, campaign_with, links, person};
use crate::campaign::Campaign;
use crate::configuration::{EmailConfiguration, Medium};
use crate::dkim::{DkimConfig, SIGNED_HEADERS, Signer};
use crate::message::{Buffers, Composer};
use crate::person::Person;
use crate::render::{Rendered, Renderer};

const CONTENT: &str = "subject = 'Frühling, {{ profile.first_name }}'\n\
    html = '<p>Grüße {{ profile.first_name }}</p><a href=\"{{ unsubscribe_url }}\">Abmelden</a>'";

fn mail(campaign: &Campaign) -> &EmailConfiguration {
    let Medium::Email(email) = &campaign.configuration.medium else { panic!("it is email's") };
    email
}

fn compose(campaign: &Campaign, signer: Signer, person: &Person) -> (Envelope, String) {
    let mut links = links();
    links.list = campaign.list.as_ref().map(|_| consent::ListId(5));
    let templates = Renderer::new(campaign, links.clone()).unwrap();
    let composer = Composer::new(campaign, mail(campaign), signer);
    let (mut rendered, mut buffers) = (Rendered::default(), Buffers::default());
    templates.render(&Arc::new(person.clone()), &mut rendered).unwrap();
    let (envelope, bytes) = composer.compose(person, &rendered, &links, START, &mut buffers).unwrap();
    (envelope, String::from_utf8(bytes.to_vec()).unwrap())
}

fn unsigned() -> Signer {
    Signer::load(&[]).unwrap()
}

fn key_file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tests/data").join(name)
}

fn signer(files: &[&str]) -> Result<Signer, String> {
    let config = |file: &&str| DkimConfig {
        domain: "shop.example".to_owned(),
        selector: file.split('.').next().unwrap().to_owned(),
        key_file: Some(key_file(file)),
        ..DkimConfig::default()
    };
    Signer::load(&files.iter().map(config).collect::<Vec<_>>())
}

#[test]
fn a_whole_message() {
    let head = "name = 'spring'\naudience = { all = true }\nlist = 'news'";
    let configuration = "category = 'marketing'\nreply_to = 'help@shop.example'\nfeedback_id = 'shopshop'";
    let (envelope, message) =
        compose(&campaign_with(head, configuration, CONTENT, 25), unsigned(), &person());
    let bounce = links();
    let bounce = crate::Links { list: Some(consent::ListId(5)), ..bounce };
    let token = bounce.bounce(person().link()).unwrap();
    let unsubscribe = bounce.unsubscribe(person().link()).unwrap();
    assert_eq!(envelope.from(), format!("b.{token}@shop.example"));
    assert_eq!(envelope.to(), "ann@example.com");
    let id = crate::message::message_id(&token);
    assert_eq!(id.len(), 26);
    assert!(!message.contains(&token[..20]), "the envelope sender's token stands in the message");
    let boundary = format!("=_{id}");
    let expected = format!(
        "From: =?utf-8?B?U2hvcCBHcsO2w59l?= <news@shop.example>\r\n\
         To: <ann@example.com>\r\n\
         Subject: =?utf-8?Q?Fr=C3=BChling,_Ann_&_<Bob>?=\r\n\
         Date: Sun, 3 May 2026 14:00:00 +0000\r\n\
         Message-ID: <{id}@shop.example>\r\n\
         Reply-To: <help@shop.example>\r\n\
         List-Id: <news.shop.example>\r\n\
         List-Unsubscribe: <{unsubscribe}>\r\n\
         List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n\
         Feedback-ID: spring:news:email:shopshop\r\n\
         MIME-Version: 1.0\r\n\
         Content-Type: multipart/alternative;\r\n boundary=\"{boundary}\"\r\n\
         \r\n\
         --{boundary}\r\n\
         Content-Type: text/plain; charset=\"utf-8\"\r\n\
         Content-Transfer-Encoding: quoted-printable\r\n\
         \r\n"
    );
    let unfold = |text: &str| text.replace("\r\n ", " ").replace("\r\n\t", " ");
    let (start, rest) = message.split_at(message.find("Gr=C3=BC=C3=9Fe").unwrap());
    assert_eq!(unfold(start), unfold(&expected));
    assert!(rest.ends_with(&format!("\r\n--{boundary}--\r\n")), "{rest}");
    assert!(rest.contains("Content-Type: text/html; charset=\"utf-8\"\r\n"));
    assert!(message.is_ascii() && message.lines().all(|line| line.len() <= 998));
}

#[test]
fn no_url_is_broken_by_folding() {
    let mut links = links();
    links.public_url = format!("https://{}.example", "long-name.".repeat(15)).into();
    let campaign = campaign(CONTENT);
    let composer = Composer::new(&campaign, mail(&campaign), unsigned());
    let templates = Renderer::new(&campaign, links.clone()).unwrap();
    let (mut rendered, mut buffers) = (Rendered::default(), Buffers::default());
    templates.render(&Arc::new(person()), &mut rendered).unwrap();
    let (_, bytes) = composer.compose(&person(), &rendered, &links, START, &mut buffers).unwrap();
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let url = links.unsubscribe(person().link()).unwrap();
    assert!(text.contains(&format!("<{url}>\r\n")), "{text}");
}

#[test]
fn the_mail_address_stands_in_front_of_the_link() {
    let configuration = "category = 'marketing'\nbounce_domain = 'back.shop.example'\n\
                         list_unsubscribe = { url = true, mailto = true }";
    let campaign = campaign_with(
        "name = 'spring'\naudience = { all = true }",
        configuration,
        "subject = 'a'\ntext = '{{ unsubscribe_url }}'",
        25,
    );
    let (_, message) = compose(&campaign, unsigned(), &person());
    let unfolded = message.replace("\r\n ", " ").replace("\r\n\t", " ");
    let value = unfolded.lines().find_map(|line| line.strip_prefix("List-Unsubscribe: ")).unwrap();
    let (mailto, url) = value.split_once(", ").unwrap();
    assert_eq!(url, format!("<{}>", links().unsubscribe(person().link()).unwrap()));
    let address = mailto.strip_prefix("<mailto:").unwrap().strip_suffix("?subject=unsubscribe>").unwrap();
    let (local, domain) = address.split_once('@').unwrap();
    assert_eq!(domain, "back.shop.example");
    assert!(
        local.len() <= 64 && local.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'.')
    );
    let token = links().ring.read_local_part(local.strip_prefix("u.").unwrap()).unwrap();
    assert_eq!((token.purpose, token.level), (consent::Purpose::Unsubscribe, links().level));
    // Folding breaks between the two, and neither of them.
    assert!(message.contains(&format!("{mailto},\r\n")) && message.contains(url), "{message}");
    assert!(message.lines().all(|line| line.len() <= 998));
}

#[test]
fn without_the_list_header_nothing_of_it_is_there() {
    let configuration = "category = 'transactional'\nlist_unsubscribe = { url = false }";
    let campaign = campaign_with(
        "name = 'receipt'\naudience = { all = true }",
        configuration,
        "subject = 'a'\ntext = 'b'",
        25,
    );
    let (_, message) = compose(&campaign, unsigned(), &person());
    assert!(!message.contains("List-") && !message.contains("multipart"), "{message}");
    assert!(message.ends_with("\r\n\r\nb"), "{message}");
}

#[test]
fn international_addresses() {
    let to =
        |email: &str| compose(&campaign(CONTENT), unsigned(), &Person { to: email.to_owned(), ..person() });
    let (envelope, message) = to("bob@bücher.example");
    assert_eq!((envelope.to(), envelope.needs_smtputf8()), ("bob@xn--bcher-kva.example", false));
    assert!(message.contains("To: <bob@xn--bcher-kva.example>\r\n"));
    let (envelope, message) = to("用户@例子.example");
    assert_eq!((envelope.to(), envelope.needs_smtputf8()), ("用户@xn--fsqu00a.example", true));
    assert!(message.contains("To: <用户@xn--fsqu00a.example>\r\n"));
}

#[test]
fn weak_and_unreadable_keys_are_refused() {
    assert!(signer(&["rsa-1024.pem"]).unwrap_err().contains("2048"));
    assert!(signer(&["rsa.pub"]).unwrap_err().contains("pem"));
    assert!(signer(&["missing.pem"]).unwrap_err().contains("read"));
    assert_eq!(
        signer(&["rsa-pkcs1.pem", "ed25519.pem"]).unwrap().algorithms(),
        ["rsa-sha256", "ed25519-sha256"]
    );
}

/// DNS from memory.
#[derive(Default)]
struct Zone(Mutex<HashMap<Box<str>, Txt>>);

impl ResolverCache<Box<str>, Txt> for Zone {
    fn get<Q: Hash + Eq + ?Sized>(&self, name: &Q) -> Option<Txt>
    where
        Box<str>: std::borrow::Borrow<Q>,
    {
        self.0.lock().unwrap().get(name).cloned()
    }

    fn remove<Q: Hash + Eq + ?Sized>(&self, name: &Q) -> Option<Txt>
    where
        Box<str>: std::borrow::Borrow<Q>,
    {
        self.0.lock().unwrap().remove(name)
    }

    fn insert(&self, name: Box<str>, record: Txt, _valid_until: std::time::Instant) {
        self.0.lock().unwrap().insert(name, record);
    }
}

async fn verify(message: &str) -> Vec<(String, bool)> {
    let zone = Zone::default();
    for (selector, file, kind) in [
        ("rsa-pkcs1", "rsa.pub", "rsa"),
        ("rsa-pkcs8", "rsa.pub", "rsa"),
        ("ed25519", "ed25519.pub", "ed25519"),
    ] {
        let record = format!("v=DKIM1; k={kind}; p={}", std::fs::read_to_string(key_file(file)).unwrap());
        let key = DomainKey::parse(record.as_bytes()).unwrap();
        let name = format!("{selector}._domainkey.shop.example.");
        zone.0.lock().unwrap().insert(name.into(), Txt::from(key));
    }
    let authenticator = MessageAuthenticator::new_cloudflare().unwrap();
    let parsed = AuthenticatedMessage::parse(message.as_bytes()).unwrap();
    let results = authenticator.verify_dkim(Parameters::new(&parsed).with_txt_cache(&zone)).await;
    let one = |output: &mail_auth::DkimOutput<'_>| {
        (output.signature().unwrap().s.clone(), *output.result() == DkimResult::Pass)
    };
    assert!(!results.is_empty());
    results.iter().map(one).collect()
}

#[tokio::test]
async fn signatures_verify_and_cover_both_list_fields() {
    for files in
        [&["rsa-pkcs1.pem"][..], &["rsa-pkcs8.pem"], &["ed25519.pem"], &["rsa-pkcs8.pem", "ed25519.pem"]]
    {
        let (_, message) = compose(&campaign(CONTENT), signer(files).unwrap(), &person());
        let results = verify(&message).await;
        assert_eq!(results.len(), files.len());
        assert!(results.iter().all(|(_, pass)| *pass), "{results:?}\n{message}");
        let head = message.split("\r\nFrom:").next().unwrap().replace("\r\n\t", "");
        for name in SIGNED_HEADERS {
            assert!(
                head.contains(&format!(":{name}")) || head.contains(&format!("h={name}")),
                "{name}: {head}"
            );
        }
        for (from, to) in [
            ("List-Unsubscribe=One-Click", "List-Unsubscribe=None"),
            ("/u/", "/v/"),
            ("Abmelden", "Anmelden"),
        ] {
            let forged = message.replacen(from, to, 1);
            assert_ne!(forged, message);
            assert!(verify(&forged).await.iter().all(|(_, pass)| !pass), "{from}");
        }
        let added = message.replacen("\r\nMIME-Version", "\r\nReply-To: <x@y.example>\r\nMIME-Version", 1);
        assert!(verify(&added).await.iter().all(|(_, pass)| !pass), "a field that was missing was added");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_attribute_adds_a_header_field(name in "(\\PC|\r|\n|\r\n[A-Z][a-z]{1,4}: |[\u{0}-\u{1f}]){0,80}") {
        let attributes = serde_json::json!({ "first_name": name }).to_string();
        let (_, message) = compose(&campaign(CONTENT), unsigned(), &Person { attributes: Some(attributes), ..person() });
        let (header, _) = message.split_once("\r\n\r\n").unwrap();
        let names: Vec<&str> = header.split("\r\n").filter(|line| !line.starts_with([' ', '\t'])).map(|line| line.split(':').next().unwrap()).collect();
        prop_assert_eq!(names, ["From", "To", "Subject", "Date", "Message-ID", "List-Unsubscribe", "List-Unsubscribe-Post", "MIME-Version", "Content-Type"]);
        prop_assert!(message.split("\r\n").all(|line| line.len() <= 998 && !line.contains(['\r', '\n'])));
        let parsed = mail_parser::MessageParser::default().parse(message.as_bytes()).unwrap();
        prop_assert_eq!(parsed.from().unwrap().first().unwrap().address.as_deref(), Some("news@shop.example"));
    }
}
