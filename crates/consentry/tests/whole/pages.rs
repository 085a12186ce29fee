//! Every page that recipients meet, in a real browser: with and without scripts, on a phone and on a desktop, by keyboard and by
//! touch, enlarged, dark, from right to left. `CONSENTRY_TEST_PICTURES` names a folder for pictures of them.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::support::{Desk, Serving};
use mail_parser::MessageParser;
use serde_json::{Value, json};
use xtask::servers::{Browser, Postfix, PostfixOptions, poll_until};

const FORM: &str = "application/x-www-form-urlencoded";
/// Where the links lead in messages; the server is somewhere else.
const URL: &str = "http://127.0.0.1:9";
const PATIENCE: Duration = Duration::from_mins(1);
/// The views of `tests/browser/pages.mjs`, and the languages of those who look.
const VIEWS: [(&str, &str); 7] = [
    ("phone", "en"),
    ("phone-plain", "en"),
    ("desktop", "en"),
    ("desktop-plain", "en"),
    ("enlarged", "de"),
    ("arabic", "ar"),
    ("hebrew", "he"),
];
/// What they do.
const ROLES: [&str; 3] = ["leaver", "chooser", "stopper"];

/// What the pages say in English, by their name there.
const SAID: [(&str, &str); 26] = [
    ("ask", "Press the button and no more marketing email comes to you"),
    ("done", "You won’t get marketing email from Lumen Coffee any more, starting now."),
    ("done", "Receipts and account notices still come."),
    ("thanked", "Thank you, that has been noted."),
    ("undone", "Your choice is again what it was before you unsubscribed."),
    ("out", "You’re already unsubscribed"),
    ("choices", "Tasting Club (members)"),
    ("saved", "Saved. Your choices count from now on."),
    ("stopped", "All marketing from Lumen Coffee is stopped since"),
    ("landing", "No more email"),
    ("landed", "That is it"),
    ("subscribe", "Subscribe to “The News”"),
    ("terms", "Tick the box to agree"),
    ("check", "Look into your inbox"),
    ("again", "It has been sent once more"),
    ("malformed", "neither an email address nor a phone number"),
    ("found", "If Lumen Coffee knows e…@example.com"),
    ("incomplete", "This link is incomplete"),
    ("incomplete", "Ask for a new link"),
    ("forged", "We don’t know this link"),
    ("missing", "There is no page here"),
    ("ended", "You have said no since this was asked for"),
    ("superseded", "You have said no since this was asked for"),
    ("over", "This list has ended."),
    ("early", "You can subscribe from 1 January 2099 on."),
    ("no-sender", "We can’t send you a link from here"),
];
/// What the page of choices lets people set, but the language, which is set apart.
const SETTINGS: [&str; 9] =
    ["any", "email", "identity", "list.1", "list.2", "pace", "pause", "personalize", "preferred"];

struct Town {
    desk: Desk,
    serving: Serving,
    postfix: Postfix,
}

/// By the name before the `@`: the links of the messages to it, oldest first.
type Links = BTreeMap<String, Vec<Vec<String>>>;

impl Town {
    /// Three people for each view, on two lists, with a message each.
    fn new() -> Option<Self> {
        let options = PostfixOptions { domains: vec!["example.com".to_owned()], ..PostfixOptions::default() };
        let postfix = Postfix::start(&options).unwrap()?;
        let desk = Desk::new();
        desk.run(&["init", "--brand", "Lumen Coffee", "--public-url", URL]).exits(0);
        make_lists(&desk);
        let people: String = VIEWS
            .iter()
            .flat_map(|(view, locale)| ROLES.map(|role| format!("{role}-{view}@example.com,{locale},y,y\n")))
            .collect();
        desk.write("people.csv", format!("email,locale,list.news,list.club\n{people}"));
        desk.run(&["import", "profiles", "people.csv"]).exits(0);
        let mail = |name: &str, category: &str| {
            format!(
                "name = \"{name}\"\nchannel = \"email\"\ncategory = \"{category}\"\nfrom = \"Lumen <hello@brand.example>\"\n\
                 transport = {{ host = \"127.0.0.1\", port = {}, tls = \"none\" }}\n",
                postfix.port()
            )
        };
        desk.write("notices.toml", mail("notices", "transactional"));
        desk.write("marketing.toml", mail("marketing", "marketing"));
        desk.write(
            "spring.toml",
            "name = \"spring\"\nconfiguration_file = \"marketing.toml\"\n[audience]\nall = true\n[content]\nsubject = \"Spring\"\n\
             html = '<a href=\"{{ unsubscribe_url }}\">a</a> <a href=\"{{ preferences_url }}\">b</a>'\n\
             text = '''\n{{ unsubscribe_url }}\n{{ preferences_url }}\n{{ landing_page_url(page=\"tea\") }}\n'''\n",
        );
        desk.write(
            "tea.toml",
            "title = \"Tea, too\"\nlanguage = \"en\"\nbutton = \"Save\"\n[parts]\n\
             primary = \"<h1>Tea, too</h1><script>x()</script>{{ form }}\"\nthanks = \"<h1>Tea, too</h1><p>That is it</p>\"\n\
             [[form]]\nlabel = \"No more email\"\nasks = \"out\"\ntarget = \"channel\"\n",
        );
        desk.run(&["page", "put", "tea", "tea.toml"]).exits(0);
        desk.run(&["page", "publish", "tea"]).exits(0);
        desk.run(&["campaign", "run", "spring.toml"]).exits(0);
        desk.write(
            "consentry.toml",
            "[pages]\nemail = \"notices.toml\"\nper_network = 1000\nper_minute = 1000\n",
        );
        let serving = desk.serve_with(&["--config", "consentry.toml", "--drain-seconds", "0"]);
        Some(Self { desk, serving, postfix })
    }

    fn post(&self, path: &str, body: &str) {
        let (status, answer) = self.serving.ask("POST", path, FORM, body);
        assert!(status == 200 || status == 303, "{answer}");
    }

    fn links(&self) -> Links {
        let mut links = Links::new();
        for mail in self.postfix.mails().unwrap() {
            let mail = MessageParser::default().parse(mail.as_slice()).unwrap();
            let to = mail.to().unwrap().first().unwrap().address().unwrap();
            let text = mail.body_text(0).unwrap();
            let of_mail =
                text.lines().filter_map(|line| Some(line.trim().strip_prefix(URL)?.to_owned())).collect();
            links.entry(to.split('@').next().unwrap().to_owned()).or_default().push(of_mail);
        }
        links
    }

    /// The links of the latest message to somebody, once there are so many.
    #[track_caller]
    fn mailed(&self, name: &str, count: usize) -> Vec<String> {
        let mut found = Vec::new();
        let arrived = || {
            found = self.links().remove(name).unwrap_or_default();
            Ok(found.len() >= count)
        };
        assert!(poll_until(PATIENCE, arrived).unwrap(), "{} messages to {name}", found.len());
        found.pop().unwrap()
    }

    /// Asks for a list, and gives the link that confirms it.
    #[track_caller]
    fn asks(&self, name: &str, count: usize) -> String {
        self.post("/subscribe/news", &format!("via=page&lang=en&address={name}%40example.com&agree=yes"));
        let link = self.mailed(name, count).remove(0);
        assert!(link.starts_with("/c/"), "{link}");
        link
    }

    fn history(&self, name: &str) -> Vec<Value> {
        let shown =
            self.desk.run(&["profile", "show", &format!("{name}@example.com"), "--json"]).exits(0).json();
        shown["history"].as_array().unwrap().clone()
    }

    /// Out, back, out again, with the reason given, as the ledger tells it.
    #[track_caller]
    fn check_leaver(&self, view: &str, language: &str) {
        let history = self.history(&format!("leaver-{view}"));
        let sources: Vec<_> = history.iter().map(|entry| entry["source"].as_str().unwrap()).collect();
        assert_eq!(sources, ["page", "undo", "page", "import"], "{view}");
        let reason = json!({ "code": "not-relevant", "text": language });
        assert_eq!(history[2]["reasonGiven"], reason, "{view}");
        let said: Value = serde_json::from_str(history[0]["evidence"]["raw"].as_str().unwrap()).unwrap();
        assert_eq!((&said["page"], &said["language"]), (&json!("link"), &json!(language)));
    }

    /// Pages that are only looked at: links that are broken, have ended, are outdated.
    fn others(&self, links: &Links) -> Value {
        let unsubscribe = &links["leaver-phone"][0][0];
        // Cut where no token can end: one character more than whole groups of four.
        let token = unsubscribe.rfind('/').map_or(0, |slash| slash + 1);
        let kept = (unsubscribe.len() - token - 2) / 4 * 4 - 3;
        let cut = unsubscribe[..token + kept].to_owned();
        // Another letter in the middle: of the right length, and not signed by us.
        let mut forged = unsubscribe.clone();
        let middle = forged.len() - 8;
        forged.replace_range(middle..=middle, if &forged[middle..=middle] == "A" { "B" } else { "A" });
        // Who says no and asks again gets another link; the first one was asked for before the no.
        let ended = self.asks("ended", 1);
        self.desk.run(&["opt-out", "ended@example.com"]).exits(0);
        let superseded = self.asks("refused", 1);
        self.desk.run(&["opt-out", "refused@example.com"]).exits(0);
        self.asks("ended", 2);
        json!({
            "incomplete": cut, "forged": forged, "missing": "/nothing/here", "ended": ended, "superseded": superseded,
            "no-list": "/lists/none", "over": "/lists/over?lang=en", "early": "/lists/early?lang=en",
            "no-sender": "/lists/news?lang=en&by=sms",
        })
    }
}

fn make_lists(desk: &Desk) {
    let titles = [
        ("--title", "en=The News"),
        ("--title", "de=Neues aus der Rösterei"),
        ("--title", "ar=أخبار القهوة"),
        ("--title", "he=חדשות הקפה"),
        ("--description", "en=What is new on the shelf and in the roastery, once a month"),
        ("--description", "de=Was neu im Regal und in der Rösterei ist, einmal im Monat"),
        ("--description", "ar=كل جديد لدينا، مرة واحدة في الشهر"),
        ("--description", "he=מה חדש אצלנו, פעם בחודש"),
    ];
    let titles: Vec<&str> = titles.iter().flat_map(|(option, text)| [*option, *text]).collect();
    desk.run(&[&["list", "create", "news", "--public", "--position", "1"], &titles[..]].concat()).exits(0);
    // In English only, so that it stands between other letters in the other languages.
    let club = ["list", "create", "club", "--title", "en=Tasting Club (members)", "--position", "2"];
    desk.run(&club).exits(0);
    desk.run(&["list", "create", "over", "--public", "--end", "2020-01-01"]).exits(0);
    desk.run(&[
        "list",
        "create",
        "early",
        "--public",
        "--position",
        "3",
        "--start",
        "2099-01-01",
        "--title",
        "en=Summer Letters",
    ])
    .exits(0);
}

fn assert_seen(outcome: &Value, expected: &[(&str, &str)]) {
    let seen = &outcome["seen"];
    for view in ["phone", "phone-plain", "desktop", "desktop-plain"] {
        for (page, told) in expected {
            let text = seen[view][*page].as_str().unwrap_or_default();
            assert!(text.contains(told), "{view}, {page}, without {told:?}: {text}");
        }
    }
    for (view, seen) in seen.as_object().unwrap() {
        assert_eq!(seen["cookies"], 0, "{view}");
        if let Some(smuggled) = seen.get("smuggled") {
            assert_eq!(smuggled, &json!({ "ran": false, "refused": 2, "noticed": true }), "{view}");
            assert_eq!(seen["stored"], 0, "{view}");
        }
    }
}

#[test]
fn every_page_in_a_real_browser() {
    let Some(browser) = Browser::find().unwrap() else { return };
    let Some(town) = Town::new() else { return };
    town.postfix.wait_for(VIEWS.len() * ROLES.len(), PATIENCE).unwrap();
    let links = town.links();
    let others = town.others(&links);
    let pictures = std::env::var("CONSENTRY_TEST_PICTURES").ok();
    let people = |view: &str| {
        let of = |role: &str| {
            let link = &links[&format!("{role}-{view}")][0];
            (role.to_owned(), json!({ "unsubscribe": link[0], "preferences": link[1], "landing": link[2] }))
        };
        Value::Object(ROLES.map(of).into_iter().collect())
    };
    let mut arguments = json!({
        "base": town.serving.url(), "stage": "first", "others": others, "pictures": pictures,
        "people": VIEWS.iter().map(|(view, _)| ((*view).to_owned(), people(view))).collect::<serde_json::Map<_, _>>(),
    });
    let outcome = browser.run("pages.mjs", &arguments).unwrap();
    assert_eq!(outcome["wrong"], json!([]));
    assert_seen(&outcome, &SAID);
    for (view, language) in VIEWS {
        let seen = &outcome["seen"][view];
        // Nothing is offered before the no but the button of it.
        assert_eq!((&seen["before"], &seen["way"]), (&json!(1), &json!("/choices")), "{view}");
        assert_eq!(seen["settings"], json!(SETTINGS), "{view}");
        town.check_leaver(view, language);
        arguments["people"][view]["confirm"] = json!(town.mailed(&format!("join-{view}"), 2)[0]);
    }

    arguments["stage"] = json!("confirm");
    let outcome = browser.run("pages.mjs", &arguments).unwrap();
    assert_eq!(outcome["wrong"], json!([]));
    assert_seen(&outcome, &[("confirm", "Yes, subscribe me"), ("joined", "You’re subscribed")]);
    for (view, _) in VIEWS {
        assert_eq!(outcome["seen"][view]["buttons"], 1, "{view}");
        assert_eq!(town.history(&format!("join-{view}"))[0]["source"], "confirm", "{view}");
    }
}
