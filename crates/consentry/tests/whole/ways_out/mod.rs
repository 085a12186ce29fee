//! `doctor ways-out` against a real `serve`, with a real Postfix in between and a real mailbox at the end.

mod between;
mod delivered;
use std::net::TcpListener;
use std::process::Command;
use std::time::Duration;

use crate::support::{Desk, Ran, Serving};
use between::{Manner, Proxy};
use serde_json::Value;
use xtask::servers::{Postfix, PostfixOptions};

const OPS: &str = "ops@example.com";
const ANN: &str = "ann@example.com";
/// How long a mail may take through a real server.
const PATIENCE: Duration = Duration::from_mins(1);

/// A brand that has sent a campaign to a customer and to its own test address.
struct World {
    desk: Desk,
    postfix: Postfix,
    proxy: Proxy,
    serving: Option<Serving>,
    smtp: u16,
}

impl World {
    /// `None` where there is no Postfix.
    fn open(more_of_server_file: &str) -> Option<Self> {
        let desk = Desk::new();
        // Held until `serve` takes them: it takes seconds to get there, and other tests look for ports as well.
        let held = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
        let [http, smtp] = [0, 1].map(|at: usize| held[at].local_addr().unwrap().port());
        let options = PostfixOptions {
            domains: vec!["example.com".to_owned(), "nobody.example".to_owned()],
            offline: true,
            main_cf: vec![
                "mynetworks = 127.0.0.0/8".to_owned(),
                "smtpd_relay_restrictions = permit_mynetworks, reject".to_owned(),
                "default_transport = smtp".to_owned(),
                format!("transport_maps = inline:{{ {{ back.example = smtp:[127.0.0.1]:{smtp} }} }}"),
            ],
            master_cf: vec!["smtp unix - - n - - smtp".to_owned()],
            ..PostfixOptions::default()
        };
        let postfix = Postfix::start(&options).unwrap()?;
        let key = desk.path("key.pem");
        let mut openssl = Command::new("openssl");
        openssl.args(["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out"]).arg(key);
        assert!(openssl.output().unwrap().status.success());
        desk.write("people.csv", format!("id,email\nann,{ANN}\nops,{OPS}\n"));
        desk.run(&["init", "--mail-domain", "back.example", "--mail-domain", "nobody.example"]).exits(0);
        desk.run(&["import", "profiles", "people.csv"]).exits(0);
        desk.write(
            "consentry.toml",
            format!(
                "[mail]\nlisten = \"127.0.0.1:{smtp}\"\nhostname = \"back.example\"\n{more_of_server_file}"
            ),
        );
        let proxy = Proxy::before(format!("127.0.0.1:{http}"));
        drop(held);
        let serving = Some(desk.serve_at(http, &["--config", "consentry.toml", "--drain-seconds", "0"]));
        let world = Self { desk, postfix, proxy, serving, smtp };
        world.send("main", "back.example");
        Some(world)
    }

    /// Sends a campaign; requests to unsubscribe by mail go to this domain.
    fn send(&self, configuration: &str, mailto_domain: &str) {
        let campaign = format!(
            r#"
name = "spring-{configuration}"
[audience]
all = true
[configuration]
name = "{configuration}"
channel = "email"
category = "marketing"
from = "Brand <news@brand.example>"
feedback_id = "brandsender"
public_url = "{url}"
bounce_domain = "back.example"
list_unsubscribe = {{ url = true, mailto = true, mailto_domain = "{mailto_domain}" }}
dkim = [{{ domain = "brand.example", selector = "s1", key_file = "key.pem" }}]
transport = {{ host = "127.0.0.1", port = {port}, tls = "none" }}
[content]
subject = "Spring"
html = '<p>Hello, <a href="http://localhost:1/">look</a></p><p><a href="{{{{ unsubscribe_url }}}}">unsubscribe</a></p>'
"#,
            url = self.proxy.url(),
            port = self.postfix.port(),
        );
        self.desk.write("spring.toml", campaign);
        let ran = self.desk.run(&["campaign", "run", "spring.toml", "--json"]).exits(0).json();
        assert_eq!(ran["sent"], 2, "{ran}");
    }

    /// Runs the self-test with the test address.
    fn doctor(&self, more: &[&str]) -> Ran {
        let arguments = ["doctor", "ways-out", "--no-dns", "--test-address", OPS, "--really", "--json"];
        self.desk.run(&[&arguments[..], more].concat())
    }

    /// What is recorded of an address, and by what.
    fn profile(&self, address: &str) -> Value {
        self.desk.run(&["profile", "show", address, "--json"]).exits(0).json()
    }

    /// The test address is as it was, nobody else was touched, and the ledger says who did what.
    #[track_caller]
    fn assert_untouched(&self) {
        for address in [OPS, ANN] {
            self.desk.run(&["check", "--channel", "email", "--address", address]).exits(0);
        }
        assert_eq!(self.profile(ANN)["history"].as_array().unwrap().len(), 0);
        let ops = self.profile(OPS);
        let newest = ops["history"].as_array().unwrap().first();
        assert!(newest.is_none_or(|entry| entry["source"] == "selftest"), "{ops}");
    }
}

/// Kind, verdict and problem of everything that was found out.
fn told(report: &Value) -> Vec<[String; 3]> {
    let sections =
        ["configurations", "messages"].into_iter().flat_map(|part| report[part].as_array().unwrap());
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    sections
        .flat_map(|section| section["ways"].as_array().unwrap())
        .map(|way| [text(&way["kind"]), text(&way["verdict"]), text(&way["problem"])])
        .collect()
}

/// Whether something of this kind was found to be so.
#[track_caller]
fn assert_told(report: &Value, kind: &str, verdict: &str, problem: &str) {
    let found = told(report);
    assert!(
        found.iter().any(|way| *way == [kind, verdict, problem]),
        "{kind} {verdict} {problem}: {report:#}"
    );
}

#[test]
fn every_way_out_is_taken_and_put_back() {
    let Some(world) = World::open("") else { return };
    let ran = world.doctor(&["--config", "consentry.toml"]).exits(0);
    let report = ran.json();
    assert_eq!(
        (&report["works"], &report["putBack"]),
        (&Value::from(true), &Value::from(true)),
        "{report:#}"
    );
    for kind in [
        "server",
        "opened",
        "one_click",
        "one_click_multipart",
        "one_click_rfc",
        "page",
        "choices_saved",
        "stop_all",
        "mailto",
    ] {
        assert_told(&report, kind, "works", "");
    }
    assert!(told(&report).iter().all(|way| way[1] == "works"), "{report:#}");
    world.assert_untouched();
    let ops = world.profile(OPS);
    let history = ops["history"].as_array().unwrap();
    // Each way out is an entry, and so is what put it back.
    let ways = report["configurations"][0]["ways"].as_array().unwrap();
    let named: Vec<&Value> = ways.iter().flat_map(|way| way["entries"].as_array().unwrap()).collect();
    assert_eq!(named.len(), history.len(), "{ops}");
    assert!(history.len() >= 16 && history.len().is_multiple_of(2), "{ops}");
    assert!(history.iter().all(|entry| entry["source"] == "selftest"), "{ops}");
    assert!(history.iter().all(|entry| named.contains(&&entry["entry"])), "{ops}");
    world.desk.run(&["ledger", "verify"]).exits(0);
    world.desk.run(&["doctor"]).exits(0);
    // For people, it is said in words.
    let words =
        world.desk.run(&["doctor", "ways-out", "--no-dns", "--test-address", OPS, "--really"]).exits(0).out;
    assert!(words.contains("● header link, one click") && words.contains("works: opted out in"), "{words}");
    assert!(words.contains(&format!("consent of {OPS} is as it was before")), "{words}");
}

#[test]
fn what_stands_in_between_is_found_out() {
    let Some(world) = World::open("") else { return };
    for (manner, found) in [
        (Manner::NoPost, &[("one_click", "method"), ("page", "method")][..]),
        (Manner::Swallows, &[("one_click", "swallowed"), ("stop_all", "swallowed")]),
        (Manner::DropsBody, &[("one_click", "body_lost")]),
        (Manner::Redirects, &[("one_click", "redirect")]),
        (Manner::Parked, &[("page", "no_button"), ("stop_all", "no_button")]),
        (Manner::Presses, &[("opened", "get_acts"), ("page", "get_acts")]),
        (Manner::Dead, &[("one_click", "closed")]),
    ] {
        world.proxy.becomes(manner);
        let report = world.doctor(&["--config", "consentry.toml"]).exits(1).json();
        assert_eq!((&report["works"], &report["putBack"]), (&Value::from(false), &Value::from(true)));
        for (kind, problem) in found {
            assert_told(&report, kind, "fails", problem);
        }
        // Mail takes another way.
        assert_told(&report, "mailto", "works", "");
        world.assert_untouched();
    }
    // Without the mark it works, and can't be told from a person's own; it is put back all the same.
    world.proxy.becomes(Manner::Renames);
    let report = world.doctor(&["--config", "consentry.toml"]).exits(0).json();
    let noted = report["configurations"][0]["ways"].as_array().unwrap().iter();
    let noted = noted.filter(|way| way["notes"].to_string().contains("Shield/1.0")).count();
    assert!(noted >= 4, "{report:#}");
    for address in [OPS, ANN] {
        world.desk.run(&["check", "--channel", "email", "--address", address]).exits(0);
    }
}

#[test]
fn a_public_url_where_nothing_answers_is_said_once_and_soon() {
    let Some(mut world) = World::open("") else { return };
    world.serving = None;
    world.proxy.becomes(Manner::Dead);
    let report = world.doctor(&["--wait", "1"]).exits(1).json();
    assert_told(&report, "server", "fails", "closed");
    assert_told(&report, "one_click", "fails", "closed");
    assert_told(&report, "mailto", "fails", "nothing_received");
    world.assert_untouched();
    // Another brand's server at our address: its ledger has another key.
    let other = Desk::new();
    let other = other.serve();
    let campaign = std::fs::read_to_string(world.desk.path("spring.toml")).unwrap();
    let campaign = campaign.replace(&world.proxy.url(), &other.url());
    world.desk.write("spring.toml", campaign);
    world.desk.run(&["campaign", "run", "spring.toml", "--again", "--json"]).exits(0);
    let report = world.doctor(&["--wait", "1"]).exits(1).json();
    assert_told(&report, "server", "fails", "other_consentry");
    assert_told(&report, "one_click", "fails", "missing");
    world.assert_untouched();
}

#[test]
fn mail_that_nobody_reads_is_a_broken_way_out() {
    let Some(world) = World::open("") else { return };
    world.send("lone", "nobody.example");
    let arguments = ["--config", "consentry.toml", "--wait", "2", "--configuration", "lone"];
    let report = world.doctor(&arguments).exits(1).json();
    assert_told(&report, "mailto", "fails", "nothing_received");
    assert_told(&report, "one_click", "works", "");
    let hints = report["configurations"][0]["ways"].to_string();
    assert!(hints.contains(&format!("lead to 127.0.0.1:{}", world.smtp)), "{report:#}");
    world.assert_untouched();
    // Somebody reads it at last: the opt-out arrives after the test, and the next test takes it back.
    let late = world
        .postfix
        .wait_for(5, PATIENCE)
        .unwrap()
        .into_iter()
        .find(|mail| String::from_utf8_lossy(mail).contains("consentry-selftest/"));
    let late = late.unwrap();
    let to = String::from_utf8_lossy(&late);
    let to = to.lines().find_map(|line| line.strip_prefix("X-Original-To: ")).unwrap().to_owned();
    let mut intake = world.desk.command(&["intake", "mail", "--from", "news@brand.example", "--to", &to]);
    let mut intake = intake.stdin(std::process::Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut intake.stdin.take().unwrap(), &late).unwrap();
    assert!(intake.wait().unwrap().success());
    world.desk.run(&["check", "--channel", "email", "--address", OPS]).exits(3);
    let ran = world.doctor(&arguments).exits(1);
    assert!(ran.err.contains("put back what an earlier test had left behind"), "{}", ran.err);
    world.assert_untouched();
}

#[test]
fn nobody_but_the_test_address_is_ever_opted_out() {
    let Some(world) = World::open("") else { return };
    world.desk.write("more.csv", "id,email,phone\nbob,bob@example.com,+14155550123\n");
    world.desk.run(&["import", "profiles", "more.csv"]).exits(0);
    let test = |more: &[&str]| world.desk.run(&[&["doctor", "ways-out", "--no-dns"], more].concat());
    for (arguments, says) in [
        (&["--test-address", ANN][..], "has an id of yours"),
        (&["--test-address", "bob@example.com", "--really"], "has other addresses"),
        (&["--test-address", "nonsense"], "--test-address nonsense"),
        (&["--test-address", "a@b.example", "--test-address", "c@b.example"], "two test addresses"),
        (&["--test-address", "a@b.example", "--configuration", "other"], "no campaign was sent"),
        (&["--message", "nothing.eml"], "nothing.eml"),
    ] {
        let ran = test(arguments).exits(1);
        assert!(ran.err.contains(says), "{arguments:?}: {}", ran.err);
    }
    assert_eq!(test(&[]).code, 2, "one of the three must be named");
    for address in [ANN, "bob@example.com"] {
        assert_eq!(world.profile(address)["history"].as_array().unwrap().len(), 0, "{address}");
    }
    // What has been refused already isn't refused again, and stays so.
    world.desk.run(&["opt-out", "gone@b.example"]).exits(0);
    let report = test(&["--test-address", "gone@b.example", "--config", "consentry.toml", "--json"]).json();
    assert_told(&report, "one_click", "not_checked", "");
    let told =
        world.desk.run(&["check", "--channel", "email", "--address", "gone@b.example", "--json"]).exits(3);
    assert_eq!(told.json()["reason"], "OptedOutChannel");
    let gone = world.profile("gone@b.example");
    let mut by_test =
        gone["history"].as_array().unwrap().iter().filter(|entry| entry["source"] == "selftest");
    assert!(by_test.all(|entry| entry["changes"][0]["field"] != "email"), "{gone}");
}

#[test]
fn the_short_links_of_texts_are_followed_too() {
    const NUMBER: &str = "+14155550123";
    let desk = Desk::new();
    desk.write("people.csv", format!("id,phone\nops,{NUMBER}\n"));
    desk.write("secret", "0123456789abcdef0123456789abcdef");
    desk.run(&["import", "profiles", "people.csv"]).exits(0);
    let serving = desk.serve();
    let campaign = format!(
        r#"
name = "spring"
[audience]
all = true
[configuration]
name = "texts"
channel = "sms"
category = "marketing"
from = "+15005550006"
public_url = "{url}"
[configuration.transport]
provider = "twilio"
account = "AC0123456789abcdef0123456789abcdef"
secret_file = "secret"
url = "http://127.0.0.1:{port}"
[content]
text = "Brand: 20% off. Out: {{{{ unsubscribe_url }}}}"
"#,
        url = serving.url(),
        port = between::provider(),
    );
    desk.write("spring.toml", campaign);
    let sent = desk.run(&["campaign", "run", "spring.toml", "--json"]).exits(0).json();
    assert_eq!(sent["sent"], 1, "{sent}");
    let test = |address: &str| {
        desk.run(&["doctor", "ways-out", "--no-dns", "--test-address", address, "--really", "--json"])
    };
    let report = test(NUMBER).exits(0).json();
    for kind in ["page", "choices_saved", "stop_all"] {
        assert_told(&report, kind, "works", "");
    }
    let ways = report["configurations"][0]["ways"].as_array().unwrap();
    let page = ways.iter().find(|way| way["kind"] == "page").unwrap();
    assert!(page["url"].as_str().unwrap().starts_with(&format!("{}/s/", serving.url())), "{page}");
    // A text has to come from a phone.
    assert_told(&report, "reply", "not_checked", "");
    desk.run(&["check", "--channel", "sms", "--address", NUMBER]).exits(0);
    // An email address alone leaves texts untested, and that is no success.
    let report = test("ops@b.example").exits(1).json();
    assert_told(&report, "test_address", "not_checked", "");
}
