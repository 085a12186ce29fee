//! Files as people have them, read into a real store.

use std::io::{Cursor, Read, Write as _};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use consent::decide::Suppressed;
use consent::{Address, Clock, Entropy, Namespace, Timestamp, WorkspaceId};
use store::sqlite::OpenOptions;
use store::{EntryQuery, Store, SuppressionCategory};

use super::*;
use crate::import::{ImportError, Progress};

const MAIN: WorkspaceId = WorkspaceId::MAIN;

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

#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Shared {
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

    async fn try_import(
        &self,
        input: impl Read + Send + 'static,
        target: Target,
        encoding: Option<&str>,
    ) -> (Result<Summary, ImportError>, String) {
        let output = Shared::default();
        let written = output.clone();
        let mut report = FailureReport::new(move || Ok(Box::new(written)));
        let options = Options { target, by: "tests".to_owned(), encoding: encoding.map(str::to_owned) };
        let outcome = import_entries(
            &self.store,
            MAIN,
            input,
            &options,
            &FixedClock,
            &Arc::new(Progress::default()),
            &mut |failure| report.write(failure),
        )
        .await;
        report.finish().unwrap();
        let text = String::from_utf8(output.0.lock().unwrap().clone()).unwrap();
        (outcome, text)
    }

    async fn import(&self, file: impl Into<Vec<u8>>) -> (Summary, String) {
        let (outcome, report) = self.try_import(Cursor::new(file.into()), Target::Suppression, None).await;
        (outcome.unwrap(), report)
    }

    async fn export(&self, details: bool) -> String {
        let mut output = Vec::new();
        let query = EntryQuery::default();
        export_suppressions(&self.store, MAIN, query, details, &mut output, &mut |_| ()).await.unwrap();
        String::from_utf8(output).unwrap()
    }

    async fn reason(&self, namespace: &Namespace, value: &str) -> Option<String> {
        let entries = self.store.suppression(MAIN, namespace, value).await.unwrap();
        entries.into_iter().next().map(|entry| entry.reason)
    }
}

fn summary(read: u64, added: u64, known: u64, failed: u64) -> Summary {
    Summary { read, added, known, failed }
}

const LIST: &str = "\
TYPE,VALUE,COMMENT
EMAIL,Ann@Example.COM,asked us to
domain,Competitor.example,\"a rival, \"\"kind of\"\"\"
PHONE,+49 30 123456,
EMAIL,=1+1@example.com,=cmd
";

#[tokio::test]
async fn a_list_comes_in_and_goes_out_and_in_again() {
    let fixture = Fixture::new();
    assert_eq!(fixture.import(LIST).await, (summary(4, 4, 0, 0), String::new()));
    assert_eq!(fixture.import(LIST).await.0, summary(4, 0, 4, 0));
    let ann = fixture.store.suppression(MAIN, &Namespace::Email, "ann@example.com").await.unwrap();
    assert_eq!((ann[0].category, ann[0].by.as_str()), (SuppressionCategory::Manual, "tests"));
    assert_eq!(fixture.reason(&Namespace::Phone, "+4930123456").await.as_deref(), Some(""));
    let exported = fixture.export(false).await;
    assert!(exported.contains("EMAIL,'=1+1@example.com,'=cmd\n"), "{exported}");
    assert!(exported.contains("PHONE,+4930123456,\n"), "{exported}");
    let other = Fixture::new();
    assert_eq!(other.import(exported.clone()).await.0, summary(4, 4, 0, 0));
    assert_eq!(other.export(false).await, exported);
    assert_eq!(other.reason(&Namespace::Email, "=1+1@example.com").await.as_deref(), Some("=cmd"));
}

#[tokio::test]
async fn details_come_back_too() {
    let fixture = Fixture::new();
    let file = "VALUE;TYPE;Expires;category\nann@example.com;EMAIL;2030-01-01;complaint\n\
                bob@example.com;EMAIL;soon;hard\ncat@example.com;EMAIL;;worse\n";
    let (outcome, report) = fixture.import(file).await;
    // Whoever is named is on the list all the same.
    assert_eq!(outcome, summary(3, 3, 0, 2));
    assert!(report.contains("Entered without an expiry: soon is not a date (line 3)"), "{report}");
    assert!(report.contains("Entered as manual: unknown category worse (line 4)"), "{report}");
    let exported = fixture.export(true).await;
    let other = Fixture::new();
    other.import(exported.clone()).await;
    assert_eq!(other.export(true).await, exported);
    assert!(
        exported.contains("EMAIL,ann@example.com,,complaint,2030-01-01T00:00:00Z,tests,2026-05-03T14:00:00Z")
    );
}

#[tokio::test]
async fn bad_rows_are_reported_and_the_rest_goes_in() {
    let fixture = Fixture::new();
    let long = "x".repeat(crate::import::ROW_LENGTH_MAX + 10);
    let file = format!(
        "type,value,comments,failureReason\n\
         Email,examplemail.com,MANUAL,\n\
         Domain,example.!com,MANUAL,\n\
         Fax,+4930123456,,\n\
         Email,short@example.com\n\
         Email,more@example.com,one,two,three,four\n\
         ,nobody@example.com,,\n\
         Email,\"a\nb\"@example.com,,\n\
         Email,open@example.com,\"never closed\n\
         Email,{long},,\n\
         SHA256,abc,,\n\
         Phone,030 123456,,\n\
         Email,last@example.com,,\n"
    );
    let (outcome, report) = fixture.import(file).await;
    let lines: Vec<&str> = report.lines().collect();
    assert_eq!(lines[0], "type,value,comments,failureReason");
    assert!(
        lines[1]
            .starts_with("Email,examplemail.com,MANUAL,Invalid format for value: examplemail.com (line 2:"),
        "{report}"
    );
    for part in ["example.!com (line 3", "Unknown type: Fax (line 4", "(line 7", "(line 12", "(line 13"] {
        assert!(report.contains(part), "{part}: {report}");
    }
    assert_eq!(outcome.added, 4, "{report}");
    for value in ["short@example.com", "more@example.com", "open@example.com", "last@example.com"] {
        assert!(fixture.reason(&Namespace::Email, value).await.is_some(), "{value}");
    }
    // The report, mended, can be imported as it is.
    let mended = report.replace("examplemail.com,", "example@mail.com,");
    assert_eq!(fixture.import(mended).await.0.added, 1);
}

#[tokio::test]
async fn encodings_and_separators_are_read() {
    let fixture = Fixture::new();
    let (bom, _) = fixture.import("\u{feff}Type;Value;Comment\r\nEMAIL;zoë@example.com;Zoë\r\n\r\n").await;
    assert_eq!(bom, summary(1, 1, 0, 0));
    assert_eq!(fixture.reason(&Namespace::Email, "zoë@example.com").await.as_deref(), Some("Zoë"));
    let utf16: Vec<u8> = "\u{feff}TYPE\tVALUE\tCOMMENT\nDOMAIN\tbücher.example\tJosé\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    assert_eq!(fixture.import(utf16).await.0, summary(1, 1, 0, 0));
    assert!(fixture.reason(&Namespace::Email, "xn--bcher-kva.example").await.is_some());
    // The comment isn't UTF-8: the address counts.
    let latin = b"TYPE,VALUE,COMMENT\nEMAIL,cat@example.com,M\xfcller\n".to_vec();
    assert_eq!(fixture.import(latin.clone()).await.0, summary(1, 1, 0, 0));
    let latin = Cursor::new(latin);
    fixture.try_import(latin, Target::Suppression, Some("windows-1252")).await.0.unwrap();
    assert_eq!(fixture.reason(&Namespace::Email, "cat@example.com").await.as_deref(), Some("Müller"));
    for (file, part) in [
        ("", "empty"),
        ("EMAIL,ann@example.com,x\n", "TYPE, VALUE and COMMENT"),
        ("TYPE,VALUE,VALUE\n", "two columns"),
    ] {
        let (outcome, _) = fixture.try_import(Cursor::new(file), Target::Suppression, None).await;
        assert!(outcome.as_ref().unwrap_err().to_string().contains(part), "{file}: {outcome:?}");
    }
}

#[tokio::test]
async fn hashes_stand_for_addresses_that_may_not_be_shared() {
    let fixture = Fixture::new();
    let ann = Address::email("Ann@Example.com").unwrap();
    // printf ann@example.com | sha256sum
    let digits = "71d4f55f72fa128dfb468a1a3901507c804b74316488744d769d7f4b16696476";
    assert_eq!(hash_of(&ann), format!("sha256:{digits}"));
    let phone = sha256_hex("+4930123456");
    let file = format!(
        "TYPE,VALUE,COMMENT\nSHA256,{},\nPHONE_SHA256,{phone},\n",
        sha256_hex("ann@example.com").to_uppercase()
    );
    assert_eq!(fixture.import(file.clone()).await.0, summary(2, 2, 0, 0));
    // Without a namespace it stands for either.
    for namespace in [Namespace::Email, Namespace::Phone] {
        assert!(fixture.reason(&namespace, &hash_of(&ann)).await.is_some());
    }
    assert!(fixture.reason(&Namespace::Email, &format!("sha256:{phone}")).await.is_none());
    let now = FixedClock.now();
    let asked =
        vec![ann, Address::phone("+4930123456", None).unwrap(), Address::email("bob@example.com").unwrap()];
    let found = fixture.store.read_strangers(MAIN, asked, now).await.unwrap();
    let suppressed: Vec<_> = found.iter().map(|found| found.suppressed).collect();
    assert_eq!(suppressed, [Suppressed::Address, Suppressed::Address, Suppressed::No]);
    let (outcome, report) = fixture.try_import(Cursor::new(file), Target::Allow, None).await;
    assert_eq!(outcome.unwrap(), summary(2, 0, 0, 2));
    assert!(report.contains("Hashes can't be allowed (line 2"), "{report}");
}

fn sha256_hex(text: &str) -> String {
    use sha2::Digest as _;
    data_encoding::HEXLOWER.encode(&sha2::Sha256::digest(text))
}

#[tokio::test]
async fn the_allow_list_is_read_and_written_alike() {
    let fixture = Fixture::new();
    let (outcome, _) = fixture.try_import(Cursor::new(LIST), Target::Allow, None).await;
    assert_eq!(outcome.unwrap(), summary(4, 4, 0, 0));
    let mut output = Vec::new();
    let query = EntryQuery { namespace: Some(Namespace::Phone), ..EntryQuery::default() };
    let count = export_allow_list(&fixture.store, MAIN, query, true, &mut output, &mut |_| ()).await.unwrap();
    assert_eq!(count, 1);
    let text = String::from_utf8(output).unwrap();
    assert_eq!(text, "TYPE,VALUE,COMMENT,BY,ADDED\nPHONE,+4930123456,,tests,2026-05-03T14:00:00Z\n");
}

/// Makes rows as they are asked for, and keeps count of how far the reader is ahead of what is stored.
struct Endless {
    rows: u64,
    made: u64,
    rest: Vec<u8>,
    progress: Arc<Progress>,
    ahead: Arc<Mutex<u64>>,
}

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.rest.is_empty() && self.made < self.rows {
            if self.made == 0 {
                self.rest.extend_from_slice(b"TYPE,VALUE,COMMENT\n");
            }
            let stored = self.progress.rows();
            let mut ahead = self.ahead.lock().unwrap();
            *ahead = (*ahead).max(self.made.saturating_sub(stored));
            for _ in 0..100.min(self.rows - self.made) {
                writeln!(self.rest, "EMAIL,person{}@example.com,number {}", self.made, self.made)?;
                self.made += 1;
            }
        }
        let count = buffer.len().min(self.rest.len());
        buffer[..count].copy_from_slice(&self.rest[..count]);
        self.rest.drain(..count);
        Ok(count)
    }
}

#[tokio::test]
async fn a_large_file_is_read_in_batches() {
    const ROWS: u64 = 120_000;
    let fixture = Fixture::new();
    let progress = Arc::new(Progress::default());
    let ahead = Arc::new(Mutex::new(0));
    let input = Endless {
        rows: ROWS,
        made: 0,
        rest: Vec::new(),
        progress: Arc::clone(&progress),
        ahead: Arc::clone(&ahead),
    };
    let options = Options { target: Target::Suppression, by: "tests".to_owned(), encoding: None };
    let outcome =
        import_entries(&fixture.store, MAIN, input, &options, &FixedClock, &progress, &mut |_| Ok(())).await;
    assert_eq!(outcome.unwrap(), summary(ROWS, ROWS, 0, 0));
    assert_eq!(progress.rows(), ROWS);
    // At most: what is being stored, what waits, what is being parsed, and the reader's buffers.
    let ahead = *ahead.lock().unwrap();
    assert!(ahead <= 5 * 16_384 + 16_384, "{ahead} rows ahead of the store");
    let exported = fixture.export(false).await;
    assert_eq!(exported.lines().count() as u64, ROWS + 1);
}

#[test]
fn values_are_guessed_as_people_type_them() {
    for (text, kind) in [
        ("ann@example.com", EntryType::Email),
        ("example.com", EntryType::Domain),
        ("@example.com", EntryType::Domain),
        ("+49 30 123456", EntryType::Phone),
        ("0049 30 123456", EntryType::Phone),
        (&format!("sha256:{}", "ab".repeat(32)), EntryType::Hash(None)),
    ] {
        assert_eq!(EntryType::guess(text), kind, "{text}");
    }
    assert!(EntryType::Domain.read("a@b@example.com").is_err());
    assert_eq!(EntryType::Domain.read("@Example.com").unwrap()[0].value, "example.com");
    assert_eq!(note("a\r\nb\u{1b}[2J"), "a  b [2J");
    assert_eq!(note(&"ü".repeat(150)).len(), 200);
}

#[tokio::test]
async fn every_line_end_and_every_line_after_an_open_quote_is_read() {
    let fixture = Fixture::new();
    let mixed = "TYPE,VALUE\nEMAIL,b1@example.com\rEMAIL,b2@example.com\r\nEMAIL,b3@example.com\r";
    assert_eq!(fixture.import(mixed).await, (summary(3, 3, 0, 0), String::new()));
    let open = "sep=;\rTYPE;VALUE;COMMENT\nEMAIL;e1@example.com;\"said stop\nEMAIL;e2@example.com;\n\
                EMAIL;e3@example.com;\"ok\"\nEMAIL;e4@example.com;x\nEMAIL;\"e5@example.com;x\n";
    let (outcome, report) = fixture.import(open).await;
    assert_eq!(outcome, summary(5, 5, 0, 2));
    for line in ["(line 3)", "(line 7)"] {
        assert!(
            report.contains("Entered, but the row is broken: a quote is opened") && report.contains(line),
            "{report}"
        );
    }
    for value in ["b1", "b2", "b3", "e1", "e2", "e3", "e4", "e5"] {
        assert!(
            fixture.reason(&Namespace::Email, &format!("{value}@example.com")).await.is_some(),
            "{value}"
        );
    }
    // Nobody is allowed for what a broken row seems to say.
    let (outcome, report) = fixture.try_import(Cursor::new(open), Target::Allow, None).await;
    assert_eq!(outcome.unwrap(), summary(5, 3, 0, 2));
    assert!(report.contains("e1@example.com") && report.contains("never closed"), "{report}");
}

#[tokio::test]
async fn wildcards_are_the_domain_or_nothing() {
    let fixture = Fixture::new();
    let file = "TYPE,VALUE\nEMAIL,*@T1.example\nEMAIL,@t2.example\nDOMAIN,*@t3.example\nEMAIL,foo*@t4.example\n\
                EMAIL,%@t5.example\nDOMAIN,*.t6.example\nEMAIL,*\nEMAIL,.*@t7.example\nDOMAIN,%.t8.example\n";
    for target in [Target::Suppression, Target::Allow] {
        let (outcome, report) = fixture.try_import(Cursor::new(file), target, None).await;
        assert_eq!(outcome.unwrap(), summary(9, 3, 0, 6), "{report}");
        assert_eq!(report.matches("not a wildcard").count(), 6, "{report}");
    }
    for value in ["t1.example", "t2.example", "t3.example"] {
        assert!(fixture.reason(&Namespace::Email, value).await.is_some(), "{value}");
    }
    for (typed, kind) in [("*@t1.example", EntryType::Domain), ("foo*@t1.example", EntryType::Email)] {
        assert_eq!(EntryType::guess(typed), kind);
    }
    assert_eq!(EntryType::guess("*.t1.example").read("*.t1.example"), Err(ValueError::Wildcard));
    assert!(
        EntryType::Email.read("user%relay.example@t1.example").is_ok(),
        "a percent sign inside is an address's"
    );
}

#[tokio::test]
async fn an_address_that_was_copied_with_its_quotes_is_suppressed_and_not_allowed() {
    let fixture = Fixture::new();
    let file = "TYPE,VALUE\nEMAIL,\u{201c}ann@example.com\u{201d}\nEMAIL,<bob@example.com>\nPHONE,+44 07911 123461\n";
    assert_eq!(fixture.import(file).await.0, summary(3, 3, 0, 0));
    assert!(fixture.reason(&Namespace::Email, "ann@example.com").await.is_some());
    assert!(fixture.reason(&Namespace::Phone, "+447911123461").await.is_some());
    let (outcome, report) = fixture.try_import(Cursor::new(file), Target::Allow, None).await;
    assert_eq!(outcome.unwrap(), summary(3, 1, 0, 2));
    assert!(report.contains("the part after the `@` is not a domain name: U+201D"), "{report}");
}
