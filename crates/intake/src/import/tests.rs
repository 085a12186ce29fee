//! Files as people have them, read into a real store.

use std::io::{Cursor, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use consent::{Address, Choice, Clock, Entropy, Field, WorkspaceId};
use store::sqlite::OpenOptions;
use store::{NewList, ProfileView, Store};

use super::*;

mod files;
mod refusals;
mod shapes;
mod unwritten;

struct FixedClock;

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp::parse("2026-05-03T14:00:00Z").unwrap()
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

struct Counting(Mutex<u8>);

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        let mut next = self.0.lock().unwrap();
        *next = next.wrapping_add(1);
        bytes.fill(*next);
    }
}

struct Fixture {
    store: Store,
    _dir: tempfile::TempDir,
}

const MAIN: WorkspaceId = WorkspaceId::MAIN;

#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Fixture {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let options = OpenOptions {
            dir: dir.path().join("data"),
            clock: Arc::new(FixedClock),
            entropy: Arc::new(Counting(Mutex::new(0))),
        };
        Self { store: store::sqlite::open(options).unwrap(), _dir: dir }
    }

    async fn import(&self, file: impl Into<Vec<u8>>) -> (Summary, String) {
        let (outcome, rejects) = self.try_import(file, Options::default()).await;
        (outcome.unwrap(), rejects)
    }

    async fn try_import(
        &self,
        file: impl Into<Vec<u8>>,
        options: Options,
    ) -> (Result<Summary, ImportError>, String) {
        let (outcome, rejects) = self.report(file, options).await;
        (outcome.map(|report| report.summary), rejects)
    }

    async fn report(
        &self,
        file: impl Into<Vec<u8>>,
        options: Options,
    ) -> (Result<Report, ImportError>, String) {
        let rejects = Shared::default();
        let output = rejects.clone();
        let store: Store = self.store.clone();
        let into = Import { store: &store, workspace: MAIN, clock: &FixedClock };
        let outputs = Outputs {
            rejects: Box::new(move || Ok(Box::new(output))),
            notice: Box::new(|_| ()),
            warn: Box::new(|_, _| ()),
        };
        let outcome = import_profiles(into, Cursor::new(file.into()), options, Arc::default(), outputs).await;
        let text = String::from_utf8_lossy(&rejects.0.lock().unwrap()).into_owned();
        (outcome, text)
    }

    async fn profile(&self, address: &str) -> ProfileView {
        let address = Address::guess(address).unwrap();
        let owner =
            self.store.resolve(MAIN, vec![address]).await.unwrap().remove(0).expect("the address is known");
        self.store.profile(MAIN, owner.profile).await.unwrap().unwrap()
    }
}

fn summary(read: u64, created: u64, updated: u64, unchanged: u64, rejected: u64) -> Summary {
    Summary { read, created, updated, unchanged, rejected, ..Summary::default() }
}

const PEOPLE: &str = "\
id,email,phone,locale,time_zone,country,consent.email,consent.any,consent_time,plan
1,Ann@Example.com,+4930123456,de_DE,Europe/Berlin,de,n,,2026-01-02T03:04:05Z,pro
2,bob@example.com,030 654321,en,Europe/London,DE,,y,2026-01-02,\"free, \"\"for now\"\"\"
";

#[tokio::test]
async fn csv_brings_in_all_it_says_and_again_changes_nothing() {
    let fixture = Fixture::new();
    assert_eq!(fixture.import(PEOPLE).await, (summary(2, 2, 0, 0, 0), String::new()));
    let ann = fixture.profile("ann@example.com").await;
    assert_eq!(ann.external_id.as_deref(), Some("1"));
    assert_eq!(
        ann.addresses.iter().map(|address| address.raw.as_str()).collect::<Vec<_>>(),
        ["Ann@Example.com", "+4930123456"]
    );
    assert_eq!((ann.locale.as_deref(), ann.time_zone.as_deref()), (Some("de-DE"), Some("Europe/Berlin")));
    assert_eq!(ann.word.get(Field::Email), Choice::No);
    assert_eq!(ann.values[&Field::Email].at, Timestamp::parse("2026-01-02T03:04:05Z").unwrap());
    assert_eq!(ann.attributes, r#"{"plan":"pro"}"#);
    let bob = fixture.profile("+4930654321").await;
    assert_eq!(bob.word.get(Field::Any), Choice::Yes);
    assert_eq!(bob.attributes, r#"{"plan":"free, \"for now\""}"#);
    assert_eq!(fixture.import(PEOPLE).await.0, summary(2, 0, 0, 2, 0));
}

#[tokio::test]
async fn bom_crlf_semicolons_utf16_and_windows_1252_are_read() {
    let fixture = Fixture::new();
    let (first, _) = fixture.import("\u{feff}email;name\r\nann@example.com;Zoë\r\n\r\n").await;
    assert_eq!(first, summary(1, 1, 0, 0, 0));
    assert_eq!(fixture.profile("ann@example.com").await.attributes, r#"{"name":"Zoë"}"#);
    let utf16: Vec<u8> =
        "\u{feff}email\tname\nbob@example.com\tJosé\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(fixture.import(utf16).await.0, summary(1, 1, 0, 0, 0));
    assert_eq!(fixture.profile("bob@example.com").await.attributes, r#"{"name":"José"}"#);
    let latin = b"email,name\ncat@example.com,M\xfcller\n".to_vec();
    let (refused, rejects) = fixture.import(latin.clone()).await;
    assert_eq!(refused, summary(1, 0, 0, 0, 1));
    assert!(rejects.contains("--encoding"), "{rejects}");
    let options = Options { encoding: Some("windows-1252".to_owned()), ..Options::default() };
    assert_eq!(fixture.try_import(latin, options).await.0.unwrap(), summary(1, 1, 0, 0, 0));
    assert_eq!(fixture.profile("cat@example.com").await.attributes, r#"{"name":"Müller"}"#);
}

#[tokio::test]
async fn bad_rows_are_named_and_the_rest_goes_in() {
    let fixture = Fixture::new();
    let file = "\
email,consent.email,consent_time,note
ann@example.com,y,2026-01-01,fine
nobody,y,2026-01-01,no at
bob@example.com,maybe,2026-01-01,no choice
cat@example.com,y,yesterday,no time
dan@example.com,y
,n,2026-01-01,nobody
eve@example.com,n,2026-01-01,\"two
lines\"
";
    let (outcome, rejects) = fixture.import(file).await;
    assert_eq!(outcome, summary(7, 2, 0, 0, 5));
    let lines: Vec<&str> = rejects.lines().collect();
    assert_eq!(lines[0], "reject.line,reject.reason,email,consent.email,consent_time,note");
    assert!(lines[1].starts_with("3,email: the email address has no `@`,nobody,y,"), "{}", lines[1]);
    for (line, (number, reason)) in
        lines[2..].iter().zip([(4, "maybe"), (5, "consent_time"), (6, "2 fields"), (7, "nobody")])
    {
        assert!(line.starts_with(&format!("{number},")) && line.contains(reason), "{line}");
    }
    assert_eq!(fixture.profile("eve@example.com").await.attributes, r#"{"note":"two\nlines"}"#);
    // The rejects, mended, can be imported as they are.
    let mended = rejects.replace("nobody,y,", "fay@example.com,y,");
    assert_eq!(fixture.import(mended).await.0.created, 1);
}

#[tokio::test]
async fn an_open_quote_costs_one_row() {
    let fixture = Fixture::new();
    let (outcome, rejects) = fixture
        .import("email,note\nbob@example.com,5\" pipe\nann@example.com,\"open\ncat@example.com,fine\n")
        .await;
    assert_eq!(outcome, summary(3, 2, 0, 0, 1));
    assert!(
        rejects.contains("3,a quote is opened in this row and never closed,ann@example.com,\"\"\"open\"\n"),
        "{rejects}"
    );
    assert_eq!(fixture.profile("bob@example.com").await.attributes, r#"{"note":"5\" pipe"}"#);
    let long =
        format!("email,note\nann@example.com,{}\ndan@example.com,fine\n", "x".repeat(ROW_LENGTH_MAX + 10));
    assert_eq!(fixture.import(long).await.0, summary(2, 1, 0, 0, 1));
}

#[tokio::test]
async fn columns_can_be_mapped_and_headers_are_checked() {
    let fixture = Fixture::new();
    let file = "E-Mail,Newsletter,Internal\nann@example.com,n,x\n";
    let map = |pairs: &[(&str, &str)]| Options {
        map: pairs.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())).collect(),
        ..Options::default()
    };
    let (outcome, _) = fixture.try_import(file, Options::default()).await;
    assert!(outcome.unwrap_err().to_string().contains("--map \"E-Mail=email\""));
    let options = map(&[("E-Mail", "email"), ("Newsletter", "consent.email"), ("Internal", "")]);
    assert_eq!(fixture.try_import(file, options).await.0.unwrap(), summary(1, 1, 0, 0, 0));
    let ann = fixture.profile("ann@example.com").await;
    assert_eq!((ann.word.get(Field::Email), ann.attributes.as_str()), (Choice::No, "{}"));
    for (file, options, part) in [
        ("", Options::default(), "empty"),
        ("email,email\n", Options::default(), "two columns"),
        ("email,consent.emial\n", Options::default(), "consent.emial"),
        ("mail,plan\n", Options::default(), "--map \"mail=email\""),
        ("name,plan\n", Options::default(), "--map COLUMN=email"),
        ("email\n", map(&[("mail", "email")]), "no column `mail`"),
        ("email,\"note\nann@example.com,x\n", Options::default(), "never closed"),
        ("email,list.news\n", Options::default(), "list `news` doesn't exist"),
    ] {
        let error = fixture.try_import(file, options).await.0.unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
    let options = Options { create_lists: true, ..Options::default() };
    let (outcome, _) = fixture.try_import("email,list.news\nbob@example.com,y\n", options).await;
    assert_eq!(outcome.unwrap().created, 1);
    let bob = fixture.profile("bob@example.com").await;
    assert_eq!((bob.subscriptions[0].1.as_str(), bob.subscriptions[0].2.choice), ("news", Choice::Yes));
}

#[tokio::test]
async fn json_lines_bring_consent_documents() {
    let fixture = Fixture::new();
    let list = NewList::new("news", FixedClock.now());
    fixture.store.create_list(MAIN, list).await.unwrap();
    let good = r#"{"id":7,"email":["ann@example.com","Ann2@example.com"],"phone":"+4930123456","locale":"fr","timeZone":"Europe/Paris","country":"FR","attributes":{"age":41,"tags":["a"]},"consents":{"marketing":{"email":{"val":"n","reason":"too many"},"preferred":"sms"},"idSpecific":{"email":{"ann2@example.com":{"marketing":{"email":{"val":"y"}}}}},"metadata":{"time":"2026-01-01T00:00:00Z"},"custom":{"kept":true}},"subscriptions":{"news":"y"}}"#;
    let bad = r#"{"email":"bob@example.com","consents":{"marketing":{"email":{"val":"maybe"}}}}"#;
    let file = format!(
        "{good}\n{bad}\nnot json\n\n{{\"email\":5}}\n{{\"email\":\"cat@example.com\",\"subscriptions\":{{\"nope\":\"y\"}}}}\n"
    );
    let (outcome, rejects) = fixture.import(file.clone()).await;
    assert_eq!(outcome, summary(5, 1, 0, 0, 4));
    assert!(rejects.contains("$.consents.marketing.email.val"), "{rejects}");
    let rejected: Vec<serde_json::Value> =
        rejects.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let number = |line: &serde_json::Value| line.get("reject.line").unwrap_or(&line["line"]).as_u64();
    assert_eq!(rejected.iter().filter_map(number).collect::<Vec<_>>(), [2, 3, 5, 6]);
    assert_eq!(rejected[0]["email"], "bob@example.com");
    assert_eq!(rejected[1]["row"], "not json");
    let ann = fixture.profile("ann2@example.com").await;
    assert_eq!(ann.external_id.as_deref(), Some("7"));
    assert_eq!(ann.addresses.len(), 3);
    assert_eq!(ann.addresses[1].values[&Field::Email].choice, Choice::Yes);
    let document = store::document(&ann);
    assert_eq!(document["custom"]["kept"], true);
    assert_eq!(document["marketing"]["email"]["val"], "n");
    assert_eq!(document["marketing"]["email"]["reason"], "too many");
    assert_eq!(fixture.import(file).await.0, summary(5, 0, 0, 1, 4));
}

#[tokio::test]
async fn older_and_undated_consent_never_brings_anybody_back() {
    let fixture = Fixture::new();
    fixture.import("email,consent.email,consent_time\nann@example.com,n,2026-02-01\n").await;
    for file in [
        "email,consent.email\nann@example.com,y\n",
        "email,consent.email,consent_time\nANN@example.com,y,2026-01-31\n",
        "email,consent.email,consent_time\nann@EXAMPLE.com,y,2026-02-01\n",
    ] {
        fixture.import(file).await;
        assert_eq!(fixture.profile("ann@example.com").await.word.get(Field::Email), Choice::No, "{file}");
    }
    fixture.import("email,consent.email,consent_time\nann@example.com,y,2026-02-02\n").await;
    assert_eq!(fixture.profile("ann@example.com").await.word.get(Field::Email), Choice::Yes);
}

#[tokio::test]
async fn a_large_file_is_read_in_batches() {
    let fixture = Fixture::new();
    let mut file = String::from("id,email,consent.email\n");
    for number in 0..20_000 {
        use std::fmt::Write;
        writeln!(file, "{number},person{number}@example.com,{}", if number % 3 == 0 { "n" } else { "y" })
            .unwrap();
    }
    assert_eq!(fixture.import(file.clone()).await.0, summary(20_000, 20_000, 0, 0, 0));
    assert_eq!(fixture.store.counts(MAIN).await.unwrap().profiles, 20_000);
    assert_eq!(fixture.import(file).await.0, summary(20_000, 0, 0, 20_000, 0));
}
