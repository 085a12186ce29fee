//! Pages, headers and mail addresses of the brand's own, and the interfaces that it tells us by: from the mail that was
//! sent to the next one that isn't.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use crate::support::{Desk, Serving};
use mail_parser::{HeaderName, MessageParser};
use serde_json::{Value, json};
use xtask::product::{Pace, Receiver};

const BASE: &str = "/journey/imp/consent";
const SITE: &str = "0123456789abcdef0123456789abcdef";
const READER: &str = "fedcba9876543210fedcba9876543210";
const PAGE: &str = "https://shop.example/out?brand=x";
const HEADER: &str = "https://shop.example/one-click";

/// The parameters of one link.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Signed {
    params: String,
    pid: String,
    sig: String,
}

impl Signed {
    fn of(url: &str) -> Self {
        let query = url.split_once('?').unwrap().1;
        let value = |name: &str| {
            let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.filter(|(known, _)| *known == name).map(|(_, value)| value).collect::<String>()
        };
        Self { params: value("params"), pid: value("pid"), sig: value("sig") }
    }

    fn query(&self) -> String {
        format!("params={}&pid={}&sig={}", self.params, self.pid, self.sig)
    }
}

/// What a person finds in the mail.
struct Links {
    page: Signed,
    header: Signed,
    /// The subject of a mail to the brand's own address.
    mail: String,
}

/// Data, a server of ours with two keys, and a mail server.
struct World {
    desk: Desk,
    serving: Serving,
}

impl World {
    fn new(desk: Desk) -> Self {
        desk.write("people.csv", "id,email\nc-1,ann@example.com\nc-2,bob@example.com\n");
        desk.run(&["import", "profiles", "people.csv"]).exits(0);
        desk.write("ann.csv", "email\nann@example.com\n");
        desk.write("bob.csv", "email\nbob@example.com\n");
        desk.write("site.key", SITE);
        desk.write("reader.key", READER);
        desk.write(
            "consentry.toml",
            "[[api_key]]\nname = 'site'\nsecret = { file = 'site.key' }\nscopes = ['consent', 'decrypt']\n\
             [[api_key]]\nname = 'reader'\nsecret = { file = 'reader.key' }\nscopes = ['decrypt']\n",
        );
        let serving = desk.serve_with(&["--config", "consentry.toml", "--drain-seconds", "0"]);
        Self { desk, serving }
    }

    /// Sends a campaign to the people of a file; its report, and the mail.
    fn send(&self, name: &str, audience: &str) -> (Value, Option<Vec<u8>>) {
        let receiver = Receiver::start(Pace::default()).unwrap();
        let campaign = format!(
            r#"
name = "{name}"
audience = {{ file = "{audience}" }}
[configuration]
name = "marketing"
channel = "email"
category = "marketing"
from = "Shop <news@example.com>"
public_url = "http://127.0.0.1:8025"
list_unsubscribe = {{ external = {{ url = "{HEADER}", mailto = "out@shop.example" }} }}
transport = {{ host = "127.0.0.1", port = {port}, tls = "none" }}
[content]
subject = "Spring"
html = '''<p>Hi</p><a href="{{{{ external_opt_out_url(page="{PAGE}", level="identity") }}}}">out</a>'''
"#,
            port = receiver.port()
        );
        let file = format!("{name}.toml");
        self.desk.write(&file, campaign);
        let report = self.desk.run(&["campaign", "run", &file, "--json"]).exits(0).json();
        receiver.settle().unwrap();
        (report, receiver.sample())
    }

    /// The links of the mail that somebody got.
    fn links(&self, name: &str, audience: &str) -> Links {
        let (report, mail) = self.send(name, audience);
        assert_eq!(report["sent"], 1, "{report}");
        let mail = mail.unwrap();
        let mail = MessageParser::default().parse(&mail).unwrap();
        let html = mail.body_html(0).unwrap();
        let page = html.split('"').find(|text| text.starts_with(PAGE)).unwrap().replace("&amp;", "&");
        let field = mail.header_raw(HeaderName::ListUnsubscribe).unwrap().to_owned();
        let (mailto, url) = field.split_once(',').unwrap();
        assert_eq!(mail.header_raw("List-Unsubscribe-Post").unwrap().trim(), "List-Unsubscribe=One-Click");
        for text in [&page, &field] {
            assert!(!text.contains("ann") && !text.contains("example.com"), "an address in a URL: {text}");
        }
        assert!(url.contains(HEADER), "{field}");
        let subject = mailto.split_once("?subject=").unwrap().1.trim_end_matches(['>', ' ']);
        Links {
            page: Signed::of(&page),
            header: Signed::of(url.trim().trim_end_matches('>')),
            mail: subject.to_owned(),
        }
    }

    /// One request: the status and the JSON.
    fn ask(&self, key: &str, method: &str, path: &str, headers: &str, body: &str) -> (u16, Value) {
        let headers = format!("Authorization: Bearer {key}\r\n{headers}");
        self.raw(method, path, &headers, body.as_bytes(), body.len())
    }

    fn raw(&self, method: &str, path: &str, headers: &str, body: &[u8], length: usize) -> (u16, Value) {
        let mut stream = TcpStream::connect(&self.serving.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let head = format!(
            "{method} {BASE}{path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        // A server that refuses a large body may close before it has read it.
        let _ = stream.write_all(body);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let status = answer.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
        let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        (status, serde_json::from_str(body).unwrap_or(Value::Null))
    }

    /// Tells the consent interface, as the brand's page does.
    fn tell(&self, link: &Signed, body: &str) -> (u16, Value) {
        let path = format!("/preferences?{}", link.query());
        self.ask(SITE, "POST", &path, "Content-Type: application/json\r\n", body)
    }

    fn decrypt(&self, query: &str) -> (u16, Value) {
        self.ask(READER, "GET", &format!("/decrypt?{query}"), "x-sandbox-name: prod\r\n", "")
    }

    fn show(&self, address: &str) -> Value {
        self.desk.run(&["profile", "show", address, "--json"]).exits(0).json()
    }

    /// What is known of both people.
    fn everything(&self) -> String {
        format!("{} {}", self.show("ann@example.com"), self.show("bob@example.com"))
    }
}

fn marketing(choice: &str) -> String {
    json!({ "marketing": [{ "type": "email", "choice": choice }] }).to_string()
}

#[test]
fn a_no_on_the_brands_page_stops_the_next_message() {
    Desk::on_each_engine(stops_the_next);
}

fn stops_the_next(desk: Desk) {
    let at = World::new(desk);
    let links = at.links("first", "ann.csv");
    let before = at.everything();
    // The brand's page finds out who it is about; that changes nothing.
    let (status, who) = at.decrypt(&format!("params={}&pid={}", links.page.params, links.page.pid));
    assert_eq!(status, 200, "{who}");
    assert!(who["timestamp"].as_str().is_some_and(|at| at.ends_with('Z')), "{who}");
    let expected = json!({
        "profileNameSpace": "CRMID", "profileId": "c-1", "emailAddress": "ann@example.com", "emailNameSpace": "Email",
        "sandboxId": "prod", "optOutLevel": "identity", "channelType": "email", "timestamp": who["timestamp"],
    });
    assert_eq!(who, expected);
    for query in [format!("emailParams={}", links.mail), links.header.query()] {
        let (status, header) = at.decrypt(&query);
        assert_eq!((status, &header["optOutLevel"]), (200, &json!("channel")), "{header}");
        assert_eq!(header["profileId"], "c-1");
    }
    assert_eq!(at.everything(), before);
    // Then it tells what the person chose, and tries again as if the answer had got lost.
    let path = format!("/preferences?{}", links.page.query());
    let headers = "Content-Type: application/json\r\nx-request-id: r-1\r\nUser-Agent: shop/1\r\n";
    for _ in 0..2 {
        assert_eq!(at.ask(SITE, "POST", &path, headers, &marketing("no")), (200, json!({})));
    }
    let shown = at.show("ann@example.com");
    let history = shown["history"].as_array().unwrap();
    assert_eq!(history.len(), 1, "{shown}");
    assert_eq!(history[0]["changes"], json!([{ "field": "email", "old": "", "new": "n" }]));
    assert_eq!((&history[0]["source"], history[0]["run"].is_string()), (&json!("api"), true), "{shown}");
    let evidence = &history[0]["evidence"];
    let raw: Value = serde_json::from_str(evidence["raw"].as_str().unwrap()).unwrap();
    let said = json!({ "interface": "consent", "key": "site", "request": "r-1", "said": marketing("no") });
    assert_eq!((&raw, &evidence["userAgent"]), (&said, &json!("shop/1")));
    let (report, mail) = at.send("second", "ann.csv");
    assert_eq!((&report["sent"], &report["excluded"]), (&json!(0), &json!({ "OptedOutChannel": 1 })));
    assert!(mail.is_none());
    assert_eq!(at.send("other", "bob.csv").0["sent"], 1, "nobody else is out");
}

#[test]
fn the_brands_own_header_opts_out_unless_it_is_outdated() {
    Desk::on_each_engine(opts_out_by_header);
}

fn opts_out_by_header(desk: Desk) {
    let at = World::new(desk);
    let links = at.links("first", "ann.csv");
    // A mail has no `sig`; an empty body is a no to email.
    let path = format!("/preferences?emailParams={}", links.mail);
    assert_eq!(at.ask(SITE, "POST", &path, "", "").0, 200);
    assert_eq!(at.show("ann@example.com")["history"][0]["changes"][0]["new"], "n");
    // Later the person subscribes again on the brand's site.
    let body = json!({
        "consentIdentity": "ann@example.com", "consentIdentityNamespace": "Email", "profileId": "c-1",
        "profileNamespace": "CRMID", "marketing": [{ "type": "email", "choice": "yes" }],
    });
    let json_headers = "Content-Type: application/json\r\n";
    assert_eq!(at.ask(SITE, "POST", "/opt-in", json_headers, &body.to_string()), (200, json!({})));
    let now = at.show("ann@example.com");
    assert_eq!(now["history"][0]["changes"][0]["new"], "y");
    let (status, refused) = at.tell(&links.header, "");
    assert_eq!((status, &refused["status"]), (409, &json!(409)), "{refused}");
    assert_eq!(at.show("ann@example.com"), now);
    assert_eq!(at.tell(&at.links("second", "ann.csv").header, "").0, 200);
    assert_eq!(at.show("ann@example.com")["history"][0]["changes"][0]["new"], "n");
    assert_eq!(at.send("third", "ann.csv").0["excluded"], json!({ "OptedOutChannel": 1 }));
}

#[test]
fn what_is_forged_or_mangled_changes_nothing() {
    Desk::on_each_engine(refuses_what_is_forged);
}

/// The text with one character changed: the first that carries bits of a signature's middle.
fn tampered(text: &str) -> String {
    let at = text.len() / 2;
    let other = if text.as_bytes()[at] == b'A' { "B" } else { "A" };
    format!("{}{other}{}", &text[..at], &text[at + 1..])
}

fn refuses_what_is_forged(desk: Desk) {
    let at = World::new(desk);
    let (ann, bob) = (at.links("ann", "ann.csv").page, at.links("bob", "bob.csv"));
    let before = at.everything();
    let with = |change: &dyn Fn(&mut Signed)| {
        let mut signed = ann.clone();
        change(&mut signed);
        signed
    };
    for (link, status, told) in [
        (with(&|link| link.params = tampered(&link.params)), 401, 401),
        (with(&|link| link.pid = tampered(&link.pid)), 401, 401),
        (with(&|link| link.sig = tampered(&link.sig)), 401, 401),
        (with(&|link| link.sig.truncate(8)), 401, 401),
        (with(&|link| link.sig.clear()), 401, 401),
        // Whose it is can't be swapped, nor a header's taken for a page's.
        (with(&|link| link.params.clone_from(&bob.page.params)), 401, 401),
        (with(&|link| link.pid.clone_from(&bob.page.pid)), 401, 401),
        (with(&|link| link.sig.clone_from(&bob.page.sig)), 401, 401),
        (with(&|link| link.params.truncate(10)), 400, 400),
        (with(&|link| link.pid.truncate(6)), 400, 400),
        (with(&|link| "%00".clone_into(&mut link.params)), 400, 400),
        (with(&|link| link.params.clear()), 400, 400),
        (with(&|link| link.pid.clear()), 400, 400),
    ] {
        let (found, answer) = at.tell(&link, &marketing("no"));
        assert_eq!((found, &answer["status"]), (status, &json!(status)), "{link:?}: {answer}");
        let (found, answer) = at.decrypt(&link.query());
        assert_eq!(found, told, "{link:?}: {answer}");
        assert!(!answer.to_string().contains("example.com"), "{answer}");
    }
    refuses_mangled_requests(&at, &ann, &bob);
    refuses_who_may_not(&at, &ann);
    assert_eq!(at.everything(), before);
    // Our own links are no links to the brand's page, nor the other way round.
    let (status, _) = at.serving.ask("GET", &format!("/u/{}", ann.params), "", "");
    assert_eq!(status, 400);
    assert_eq!(at.tell(&ann, &marketing("no")).0, 200);
}

fn refuses_mangled_requests(at: &World, ann: &Signed, bob: &Links) {
    let no = marketing("no");
    let headers = "Content-Type: application/json\r\n";
    let good = ann.query();
    for (query, status) in [
        (String::new(), 400),
        (format!("params={}&sig={}", ann.params, ann.sig), 400),
        (format!("params={}&pid={}", ann.params, ann.pid), 401),
        (format!("{good}&params={}", bob.page.params), 400),
        (format!("{good}&emailParams={}", bob.mail), 400),
        (format!("emailParams={}", tampered(&bob.mail)), 401),
        (format!("emailParams={}", bob.mail.replacen("v1.", "v2.", 1)), 400),
        ("emailParams=".to_owned(), 400),
        (format!("{good}&{}", "x".repeat(5_000)), 414),
    ] {
        let (found, answer) = at.ask(SITE, "POST", &format!("/preferences?{query}"), headers, &no);
        assert_eq!(found, status, "{query}: {answer}");
    }
    let path = format!("/preferences?{good}");
    for (kind, body, status) in [
        ("text/plain", no.as_str(), 415),
        ("application/x-www-form-urlencoded", "List-Unsubscribe=One-Click", 415),
        ("application/json", "{", 406),
        ("application/json", "\u{0}", 406),
        ("application/json", r#"{"marketing":[{"type":"email","choice":"maybe"}]}"#, 406),
        ("application/json", r#"{"marketing":[{"type":"telepathy","choice":"yes"}]}"#, 406),
        ("application/json", r#"{"marketing":{"email":"no"}}"#, 406),
    ] {
        let (found, answer) = at.ask(SITE, "POST", &path, &format!("Content-Type: {kind}\r\n"), body);
        assert_eq!(found, status, "{kind} {body}: {answer}");
    }
    let authorized = format!("Authorization: Bearer {SITE}\r\n{headers}");
    assert_eq!(at.raw("POST", &path, &authorized, &vec![b' '; 256 << 10], 10 << 20).0, 413);
}

/// Only who may, and only what a method is for.
fn refuses_who_may_not(at: &World, ann: &Signed) {
    let no = marketing("no");
    let headers = "Content-Type: application/json\r\n";
    let good = ann.query();
    let path = format!("/preferences?{good}");
    assert_eq!(at.raw("POST", &path, headers, no.as_bytes(), no.len()).0, 401);
    assert_eq!(at.ask("wrong", "POST", &path, headers, &no).1["error_code"], "401013");
    assert_eq!(at.ask(READER, "POST", &path, headers, &no).1["error_code"], "403200");
    assert_eq!(at.ask(READER, "POST", "/opt-in", headers, "{}").0, 403);
    for (method, path, status) in [
        ("GET", path.clone(), 405),
        ("PUT", path.clone(), 405),
        ("POST", format!("/decrypt?{good}"), 405),
        ("HEAD", format!("/decrypt?{good}"), 200),
        ("GET", "/nothing".to_owned(), 404),
    ] {
        assert_eq!(at.ask(SITE, method, &path, "", "").0, status, "{method} {path}");
    }
    for body in ["", "{}", r#"{"consentIdentity":"ann@example.com"}"#] {
        assert_eq!(at.ask(SITE, "POST", "/opt-in", headers, body).0, 400, "{body}");
    }
}

#[test]
fn a_campaign_with_an_insecure_page_or_a_wrong_key_is_refused_with_its_place() {
    let desk = Desk::new();
    desk.write("people.csv", "id,email\nc-1,ann@example.com\n");
    desk.run(&["import", "profiles", "people.csv"]).exits(0);
    let campaign = |unsubscribe: &str, page: &str| {
        format!(
            "name = 'a'\naudience = {{ all = true }}\n[configuration]\nname = 'm'\nchannel = 'email'\n\
             category = 'marketing'\nfrom = 'Shop <news@example.com>'\npublic_url = 'http://127.0.0.1:8025'\n\
             list_unsubscribe = {unsubscribe}\ntransport = {{ host = '127.0.0.1', port = 9, tls = 'none' }}\n\
             [content]\nsubject = 's'\ntext = \"{{{{ external_opt_out_url(page='{page}') }}}}\"\n"
        )
    };
    let dry = ["campaign", "run", "a.toml", "--dry-run"];
    let own = "{ external = { url = 'https://shop.example/u' } }";
    desk.write("a.toml", campaign(own, "https://shop.example/out"));
    let told = desk.run(&dry).exits(0);
    assert!(told.err.contains("the only way out is a page of your own"), "{}", told.err);
    desk.write("a.toml", campaign(own, "http://shop.example/out"));
    let told = desk.run(&dry);
    assert!(told.code != 0 && told.err.contains("the page must begin with https://"), "{}", told.err);
    for (unsubscribe, key) in [
        ("{ external = { url = 'http://shop.example/u' } }", "list_unsubscribe.external.url"),
        ("{ external = { mailto = 'nobody' } }", "list_unsubscribe.external.mailto"),
        ("{ url = true, external = { url = 'https://shop.example/u' } }", "list_unsubscribe.url"),
        ("{ external = {} }", "list_unsubscribe.external"),
        ("{ external = { uri = 'https://shop.example/u' } }", "uri"),
    ] {
        desk.write("a.toml", campaign(unsubscribe, "https://shop.example/out"));
        let told = desk.run(&dry);
        assert!(told.code != 0 && told.err.contains(key), "{key}: {}", told.err);
    }
}
