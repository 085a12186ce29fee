//! Joining a list from a form to the campaign, and a link to one's choices without a message: through a real mail server.

use std::time::Duration;

use crate::support::{Desk, Serving};
use mail_parser::{MessageParser, MimeHeaders as _};
use serde_json::{Value, json};
use xtask::servers::{Postfix, PostfixOptions, poll_until};

const FORM: &str = "application/x-www-form-urlencoded";
const URL: &str = "http://127.0.0.1:9";
const PATIENCE: Duration = Duration::from_mins(1);

struct Town {
    desk: Desk,
    serving: Serving,
    postfix: Postfix,
}

struct Mail {
    id: String,
    subject: String,
    text: String,
    link: String,
}

impl Town {
    /// Ann, Bob and Dora are strangers; Carl and Erin are known, Erin is suppressed.
    fn at(desk: Desk) -> Option<Self> {
        Self::with(desk, None)
    }

    /// The same, with a provider of texts on a port.
    fn with(desk: Desk, texts: Option<u16>) -> Option<Self> {
        let options = PostfixOptions { domains: vec!["example.com".to_owned()], ..PostfixOptions::default() };
        let postfix = Postfix::start(&options).unwrap()?;
        desk.run(&["init", "--brand", "Lumen Coffee"]).exits(0);
        desk.run(&["list", "create", "news", "--public", "--title", "en=The News"]).exits(0);
        desk.run(&["list", "create", "quick", "--public", "--single-opt-in"]).exits(0);
        desk.write("people.csv", "id,email\n1,carl@example.com\n2,erin@example.com\n");
        desk.run(&["import", "profiles", "people.csv"]).exits(0);
        desk.run(&["suppression", "add", "erin@example.com"]).exits(0);
        let transport =
            format!("transport = {{ host = \"127.0.0.1\", port = {}, tls = \"none\" }}", postfix.port());
        let configuration = |name: &str, category: &str| {
            format!(
                "name = \"{name}\"\nchannel = \"email\"\ncategory = \"{category}\"\nfrom = \"Lumen <hello@brand.example>\"\n{transport}\n"
            )
        };
        let notices = format!("public_url = \"{URL}\"\n{}", configuration("notices", "transactional"));
        desk.write("notices.toml", notices);
        desk.write("marketing.toml", configuration("marketing", "marketing"));
        let audiences = ["news", "quick"].map(|list| (list, format!("[audience]\nlist = \"{list}\"\n")));
        let everybody = ("everybody", "[audience]\nall = true\n".to_owned());
        for (list, audience) in audiences.into_iter().chain([everybody]) {
            let campaign = format!(
                "name = \"{list}\"\nconfiguration_file = \"marketing.toml\"\n{audience}[content]\nsubject = \"s\"\nhtml = '<a href=\"{{{{ unsubscribe_url }}}}\">unsubscribe</a>'\n"
            );
            desk.write(&format!("{list}.toml"), campaign);
        }
        let sms = texts.map_or("", |_| "sms = \"texts.toml\"\ntext_countries = [\"US\", \"GB\"]\n");
        desk.write("consentry.toml", format!("[pages]\nemail = \"notices.toml\"\n{sms}"));
        let texts = format!(
            "name = \"texts\"\nchannel = \"sms\"\ncategory = \"transactional\"\nfrom = \"+15005550006\"\npublic_url = \"{URL}\"\n\
             [transport]\nprovider = \"http\"\nurl = \"http://127.0.0.1:{}/\"\nhttp = {{ body = {{ to = \"{{to}}\", text = \"{{text}}\" }} }}\n",
            texts.unwrap_or(1)
        );
        desk.write("texts.toml", texts);
        let serving = desk.serve_with(&["--config", "consentry.toml", "--drain-seconds", "0"]);
        desk.run(&["init", "--public-url", &serving.url()]).exits(0);
        Some(Self { desk, serving, postfix })
    }

    fn post(&self, path: &str, body: &str) -> String {
        let (status, answer) = self.serving.ask("POST", path, FORM, body);
        assert_eq!(status, 200, "{answer}");
        answer.split_once("\r\n\r\n").unwrap().1.to_owned()
    }

    fn subscribe(&self, list: &str, name: &str) -> String {
        let body = format!("via=page&lang=en&address={name}%40example.com&agree=yes");
        self.post(&format!("/subscribe/{list}"), &body)
    }

    fn choices(&self, name: &str) -> String {
        self.post("/choices", &format!("lang=en&address={name}%40example.com"))
    }

    /// The latest mail to somebody, once there are so many to them.
    #[track_caller]
    fn mail(&self, name: &str, count: usize) -> Mail {
        let mut found = Vec::new();
        let arrived = || {
            found = self.mails(name);
            Ok(found.len() >= count)
        };
        assert!(poll_until(PATIENCE, arrived).unwrap(), "{} mails to {name}", self.mails(name).len());
        assert_eq!(found.len(), count);
        found.pop().unwrap()
    }

    fn mails(&self, name: &str) -> Vec<Mail> {
        let to = format!("{name}@example.com");
        let mails = self.postfix.mails().unwrap();
        let parsed = mails.iter().map(|mail| MessageParser::default().parse(mail.as_slice()).unwrap());
        let own = parsed.filter(|mail| mail.to().unwrap().first().unwrap().address() == Some(to.as_str()));
        own.map(|mail| {
            assert_eq!(mail.header_raw("Auto-Submitted").map(str::trim), Some("auto-generated"));
            assert!(mail.header_raw("List-Unsubscribe").is_none() && mail.header_raw("Bcc").is_none());
            assert_eq!(mail.parts[0].content_type().unwrap().subtype(), Some("alternative"));
            let (text, html) = (mail.body_text(0).unwrap().into_owned(), mail.body_html(0).unwrap());
            let link = text.lines().find(|line| line.starts_with(URL)).unwrap();
            assert!(html.contains(&format!("href=\"{link}\"")), "{html}");
            let link = link.strip_prefix(URL).unwrap().trim().to_owned();
            let id = mail.message_id().unwrap().to_owned();
            Mail { id, subject: mail.subject().unwrap().to_owned(), text, link }
        })
        .collect()
    }

    /// How many a campaign to the list would go to.
    fn reaches(&self, list: &str) -> u64 {
        let file = format!("{list}.toml");
        let forecast = self.desk.run(&["campaign", "run", &file, "--dry-run", "--json"]).exits(0).json();
        forecast["permitted"].as_u64().unwrap()
    }

    /// Entries of the ledger.
    fn entries(&self) -> u64 {
        let checked = self.desk.run(&["ledger", "verify", "--json"]).exits(0).json();
        checked["entries"].as_u64().unwrap_or_else(|| panic!("{checked}"))
    }

    fn history(&self, name: &str) -> Vec<Value> {
        let address = format!("{name}@example.com");
        let ran = self.desk.run(&["profile", "show", &address, "--json"]);
        if ran.code != 0 {
            return Vec::new();
        }
        ran.json()["history"].as_array().unwrap().clone()
    }
}

#[test]
fn from_the_form_to_the_campaign() {
    Desk::on_each_engine(|desk| {
        let Some(town) = Town::at(desk) else { return };
        let page = town.subscribe("news", "ann");
        assert!(page.contains("Look into your inbox") && page.contains("a…@example.com"), "{page}");
        let mail = town.mail("ann", 1);
        assert_eq!(mail.subject, "Please confirm: “The News” from Lumen Coffee");
        assert!(mail.link.starts_with("/c/") && mail.text.contains("48 hours"), "{}", mail.text);
        // Scanners open every link.
        for method in ["GET", "HEAD", "GET"] {
            assert_eq!(town.serving.ask(method, &mail.link, "", "").0, 200);
        }
        // Nobody is known by it, and the ledger, which is public, says nothing.
        let known = town.desk.run(&["profile", "show", "ann@example.com"]);
        assert!(known.code == 1 && known.err.contains("nobody has this address"), "{}", known.err);
        assert_eq!((town.reaches("news"), town.reaches("everybody"), town.entries()), (0, 1, 0));
        // One resend a day, and no more.
        town.subscribe("news", "ann");
        let second = town.mail("ann", 2);
        assert_ne!(second.link, mail.link, "a request each, and both links work");
        assert_ne!(second.id, mail.id, "two messages, so that no mail server takes one for the other");
        assert_eq!(town.subscribe("news", "ann"), page);

        let joined = town.post(&mail.link, "via=page&action=confirm");
        assert!(joined.contains("You’re subscribed"), "{joined}");
        // The list's campaign, and that alone.
        assert_eq!((town.reaches("news"), town.reaches("everybody")), (1, 1));
        let shown = town.desk.run(&["profile", "show", "ann@example.com"]).exits(0).out;
        assert!(shown.contains("came in by confirming a subscription"), "{shown}");
        assert!(shown.contains("gets marketing only after saying yes"), "{shown}");
        let check =
            town.desk.run(&["check", "--channel", "email", "--address", "ann@example.com"]).exits(3).out;
        assert!(check.contains("nobody brought this person in by import or API"), "{check}");
        let checked = ["check", "--channel", "email", "--address", "ann@example.com", "--list", "news"];
        town.desk.run(&checked).exits(0);
        let again = town.post(&second.link, "via=page&action=confirm");
        assert!(again.contains("You’re subscribed"), "{again}");
        let history = town.history("ann");
        let sources: Vec<_> = history.iter().map(|entry| entry["source"].as_str().unwrap()).collect();
        assert_eq!(sources, ["confirm"]);
        let said =
            |evidence: &Value| -> Value { serde_json::from_str(evidence["raw"].as_str().unwrap()).unwrap() };
        let confirmed = said(&history[0]["evidence"]);
        let asked = said(&confirmed["asked"]);
        assert_eq!((&asked["page"], &asked["language"]), (&json!("subscribe"), &json!("en")));
        assert_eq!(
            asked["said"],
            "Yes, Lumen Coffee may send me “The News” by email. I can leave at any time by the link in each message."
        );
        assert_eq!(confirmed["version"], asked["version"]);

        // Who is on the list already gets the way to change that.
        town.subscribe("news", "bob");
        town.post(&town.mail("bob", 1).link, "via=page&action=confirm");
        town.subscribe("news", "bob");
        let known = town.mail("bob", 2);
        assert_eq!(known.subject, "You already get “The News”");
        assert_eq!(town.serving.ask("GET", &known.link, "", "").0, 200);
        assert!(known.link.starts_with("/p/"));
        // The third was one too many, or found her on the list already and told her so.
        assert_eq!((town.reaches("news"), town.mails("ann").len().clamp(2, 3)), (2, town.mails("ann").len()));
    });
}

#[test]
fn choices_without_a_message_and_single_opt_in() {
    Desk::on_each_engine(|desk| {
        let Some(town) = Town::at(desk) else { return };
        // Whoever is asked for: the same page. Nothing goes to strangers, nor to who is suppressed.
        let pages: Vec<String> = ["carl", "cora", "erin"].map(|name| town.choices(name)).into();
        assert_eq!(pages[0], pages[1]);
        assert_eq!(pages[0].replace("c…@", "e…@"), pages[2]);
        let mail = town.mail("carl", 1);
        assert_eq!(mail.subject, "Your choices at Lumen Coffee");
        assert_eq!(town.serving.ask("GET", &mail.link, "", "").0, 200);
        assert!(mail.link.starts_with("/p/"));

        // Recorded at once where nothing is, without a mail.
        let page = town.subscribe("quick", "fay");
        assert!(page.contains("It’s noted") && page.contains("f…@example.com"), "{page}");
        assert!(poll_until(PATIENCE, || Ok(town.reaches("quick") == 1)).unwrap());
        assert_eq!(town.history("fay")[0]["source"], "form");
        // Where something is, the owner of the address is asked.
        let no = ["opt-out", "gus@example.com"];
        town.desk.run(&no).exits(0);
        assert_eq!(town.subscribe("quick", "gus"), page.replace("fay@", "gus@").replace("f…@", "g…@"));
        let mail = town.mail("gus", 1);
        assert!(mail.link.starts_with("/c/"));
        let shown = town.serving.ask("GET", &mail.link, "", "").1;
        assert!(shown.contains("You have stopped marketing email"), "{shown}");
        assert_eq!(town.reaches("quick"), 1);
        for name in ["cora", "erin", "fay"] {
            assert_eq!(town.mails(name).len(), 0, "{name}");
        }
    });
}

/// A post that looked whether the address is known would fail here: there is nowhere to look.
#[test]
fn a_post_never_looks_at_who_an_address_is() {
    let Some(town) = Town::at(Desk::new()) else { return };
    let hide = "import sqlite3, sys\ndb = sqlite3.connect(sys.argv[1], timeout=20, isolation_level=None)\n\
                db.execute('PRAGMA legacy_alter_table = ON')\n\
                for name in ['address', 'profile', 'stamp', 'subscription']:\n    \
                    if db.execute('SELECT count(*) FROM sqlite_master WHERE type = ? AND name = ?', ('table', name)).fetchone()[0]:\n        \
                        db.execute(f'ALTER TABLE {name} RENAME TO hidden_{name}')\n        print(name)\n";
    let database = town.desk.data_dir().join("consentry.sqlite3");
    let python = std::process::Command::new("/usr/bin/python3")
        .args(["-I", "-c", hide])
        .arg(database)
        .output()
        .unwrap();
    let hidden = String::from_utf8(python.stdout).unwrap();
    assert!(
        hidden.contains("address") && hidden.contains("profile"),
        "{hidden}{}",
        String::from_utf8_lossy(&python.stderr)
    );
    assert_ne!(town.desk.run(&["profile", "show", "carl@example.com"]).code, 0, "they are gone");
    assert_eq!(town.choices("carl"), town.choices("cora"));
    assert_eq!(town.subscribe("news", "carl").replace("carl", "cora"), town.subscribe("news", "cora"));
}

#[test]
fn the_file_and_the_form_say_what_is_wrong() {
    let Some(town) = Town::at(Desk::new()) else { return };
    let desk = &town.desk;
    let form = desk.run(&["list", "form", "news", "--lang", "en"]).exits(0).out;
    let action = format!("<form action=\"{}/subscribe/news\" method=\"post\"", town.serving.url());
    assert!(form.contains(&action), "{form}");
    assert!(
        form.contains("may send me “The News” by email")
            && !form.contains("checked")
            && !form.contains("<script")
    );
    assert!(desk.run(&["list", "form", "news", "--sms"]).exits(0).out.contains("name=\"by\" value=\"sms\""));
    desk.run(&["list", "create", "inner"]).exits(0);
    for (arguments, told) in [
        (vec!["list", "form", "inner"], "hint: consentry list set inner --public"),
        (vec!["list", "form", "news", "--lang", "tlh"], "no texts in `tlh`"),
    ] {
        let refused = desk.run(&arguments).exits(1);
        assert!(refused.err.contains(told), "{}", refused.err);
    }
    for (file, told) in [
        ("[pages]\nemail = \"marketing.toml\"\n", "hint: write category = \"transactional\""),
        ("[pages]\nsms = \"notices.toml\"\n", "`sms` one for texts"),
        ("[pages]\nemail = \"none.toml\"\n", "none.toml"),
        ("[pages]\nconfirm_hours = 0\n", "hint: 1 to 720"),
        ("[pages]\ntext_countries = [\"Germany\"]\n", "`Germany`: unknown name"),
        ("[pages]\nmail = \"notices.toml\"\n", "unknown field"),
    ] {
        desk.write("wrong.toml", file);
        let refused = desk.run(&["serve", "--listen", "127.0.0.1:0", "--config", "wrong.toml"]).exits(1);
        assert!(refused.err.contains(told), "{file}: {}", refused.err);
    }
}

#[test]
fn the_pages_in_a_real_browser() {
    let Some(browser) = xtask::servers::Browser::find().unwrap() else { return };
    let Some(town) = Town::at(Desk::new()) else { return };
    town.subscribe("news", "ann");
    let confirm = town.mail("ann", 1).link;
    let pictures = std::env::var("CONSENTRY_TEST_PICTURES").ok();
    let arguments = json!({ "base": town.serving.url(), "confirm": confirm, "pictures": pictures });
    let outcome = browser.run("subscribe.mjs", &arguments).unwrap();
    assert_eq!(outcome["findings"], json!([]), "axe-core finds nothing");
    assert_eq!(outcome["foreign"], json!([]), "nothing is loaded from elsewhere");
    let seen = &outcome["seen"];
    assert_eq!((&seen["buttons"], &seen["cookies"]), (&json!(1), &json!(0)));
    for (page, told) in [
        ("subscribe", "Subscribe to “The News”"),
        ("terms", "Tick the box to agree"),
        ("check", "Look into your inbox"),
        ("again", "It has been sent once more"),
        ("confirm", "Yes, subscribe me"),
        ("joined", "You’re subscribed"),
        ("find", "Email address or phone number"),
        ("malformed", "neither an email address nor a phone number"),
        ("found", "If Lumen Coffee knows e…@example.com"),
        ("no-sender", "We can’t send you a link from here"),
    ] {
        assert!(seen[page].as_str().unwrap().contains(told), "{page}: {seen}");
    }
    // What failed to load or was refused by the policy would stand here; the statuses of pages do.
    let said = outcome["said"].as_array().unwrap();
    assert!(
        said.iter().all(|line| line.as_str().unwrap().contains("the server responded with a status of")),
        "{said:?}"
    );
}

/// A provider of texts: takes everything, and tells the bodies.
fn provider() -> (u16, std::sync::mpsc::Receiver<Value>) {
    use std::io::{Read as _, Write as _};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
            let body = loop {
                let read = stream.read(&mut buffer).unwrap_or(0);
                bytes.extend_from_slice(&buffer[..read]);
                let text = String::from_utf8_lossy(&bytes);
                let body = text.split_once("\r\n\r\n").and_then(|(_, body)| serde_json::from_str(body).ok());
                if body.is_some() || read == 0 {
                    break body;
                }
            };
            let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
            stream.write_all(answer.as_bytes()).unwrap();
            if body.is_some_and(|body| sender.send(body).is_err()) {
                return;
            }
        }
    });
    (port, receiver)
}

#[test]
fn by_text_message() {
    let (port, texts) = provider();
    let Some(town) = Town::with(Desk::new(), Some(port)) else { return };
    let to = "%2B44+7700+900123";
    let page = town.post("/subscribe/news", &format!("via=page&lang=en&by=sms&address={to}&agree=yes"));
    assert!(page.contains("Look at your phone") && page.contains("+44…23"), "{page}");
    let text = texts.recv_timeout(PATIENCE).unwrap();
    assert_eq!(text["to"], "+447700900123");
    let words = text["text"].as_str().unwrap();
    let link = words.strip_prefix("Lumen Coffee: confirm “The News” here, or do nothing: ").unwrap();
    let joined = town.post(link.strip_prefix(URL).unwrap(), "via=page&action=confirm");
    assert!(joined.contains("You’re subscribed") && joined.contains("+44…23"), "{joined}");
    town.post("/choices", &format!("lang=en&address={to}"));
    let text = texts.recv_timeout(PATIENCE).unwrap();
    let link = text["text"].as_str().unwrap().rsplit_once(' ').unwrap().1;
    let (status, answer) = town.serving.ask("GET", link.strip_prefix(URL).unwrap(), "", "");
    assert_eq!(status, 303, "the short form of the link: {answer}");
    assert!(answer.contains("../p/"), "{answer}");
}

/// Whoever bombs a mailbox writes it in many ways; whoever owns it still gets what they ask for.
#[test]
fn one_mailbox_gets_few_mails_however_it_is_written() {
    let Some(town) = Town::at(Desk::new()) else { return };
    let ask = |path: &str, body: &str| town.serving.ask("POST", path, FORM, body).0;
    for n in 0..14 {
        let spelled = if n % 2 == 0 { format!("carl%2B{n}") } else { format!("%22carl%2B{n}%22") };
        ask("/subscribe/news", &format!("lang=en&address={spelled}%40example.com&agree=yes"));
    }
    assert_eq!(town.subscribe("news", "zoe"), town.subscribe("news", "zoe"));
    town.mail("zoe", 1);
    let mailed = || {
        let mails = town.postfix.mails().unwrap();
        mails
            .iter()
            .filter(|mail| {
                String::from_utf8_lossy(mail).to_lowercase().contains("to: <carl")
                    || String::from_utf8_lossy(mail).contains("carl+")
                    || String::from_utf8_lossy(mail).contains("carl%2B")
            })
            .count()
    };
    assert!((1..=3).contains(&mailed()), "{} mails", mailed());
    // Another kind: the owner's link to the choices isn't used up.
    town.choices("carl");
    town.mail("carl", 1);
    let checked = town.desk.run(&["doctor", "--config", "consentry.toml", "--json"]).exits(0).json();
    let notices =
        checked["findings"].as_array().unwrap().iter().find(|one| one["what"] == "notices").unwrap();
    assert!(notices["detail"].as_str().unwrap().ends_with("0 of 100 texts in 24 hours"), "{notices}");
}

/// Whoever earns by texts has them sent to numbers in a row.
#[test]
fn texts_to_numbers_in_a_row_are_few() {
    let (port, texts) = provider();
    let Some(town) = Town::with(Desk::new(), Some(port)) else { return };
    for n in 0..19 {
        let body = format!("lang=en&by=sms&address=%2B4477009001{n:02}&agree=yes");
        assert_eq!(town.serving.ask("POST", "/subscribe/news", FORM, &body).0, 200);
    }
    // Premium rates, other countries: nothing goes there.
    for number in ["449098790000", "33612345678", "870773111632"] {
        let body = format!("lang=en&by=sms&address=%2B{number}&agree=yes");
        assert_eq!(town.serving.ask("POST", "/subscribe/news", FORM, &body).0, 400, "{number}");
    }
    let mut sent = 0;
    while texts.recv_timeout(Duration::from_secs(5)).is_ok() {
        sent += 1;
    }
    assert_eq!(sent, 4, "of a hundred numbers in a row");
    let checked = town.desk.run(&["doctor", "--json"]).exits(1).json();
    let notices =
        checked["findings"].as_array().unwrap().iter().find(|one| one["what"] == "notices").unwrap();
    assert!(
        notices["detail"].as_str().unwrap().contains("4 of 100 texts in 24 hours, 15 WITHHELD"),
        "{notices}"
    );
}
