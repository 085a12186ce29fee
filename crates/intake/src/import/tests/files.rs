//! Line ends, quotes, numbers and addresses as files have them.

use super::*;
use crate::import::rejects::Rejects;
use crate::opt_out_list;

impl Fixture {
    async fn refuses(&self, address: &str, field: Field) -> bool {
        let address = Address::guess(address).unwrap();
        let Some(owner) = self.store.resolve(MAIN, vec![address]).await.unwrap().remove(0) else {
            return false;
        };
        self.store.profile(MAIN, owner.profile).await.unwrap().unwrap().word.get(field) == Choice::No
    }

    async fn opt_outs(&self, file: &str) -> (opt_out_list::Summary, Vec<(u64, String)>) {
        let options = opt_out_list::Options {
            sender: None,
            level: consent::Level::Channel,
            country: None,
            column: None,
            encoding: None,
        };
        let mut failed = Vec::new();
        let input = Cursor::new(file.as_bytes().to_vec());
        let fail = &mut |line, reason: &str| failed.push((line, reason.to_owned()));
        let now = FixedClock.now();
        let taken = opt_out_list::take(&self.store, MAIN, input, &options, now, &Arc::default(), fail).await;
        (taken.unwrap(), failed)
    }
}

#[tokio::test]
async fn every_record_is_read_whatever_ends_it() {
    let fixture = Fixture::new();
    for (number, file) in [
        "email,consent.email\na0@example.com,n\rb0@example.com,n\rc0@example.com,n\r",
        "email,consent.email\r\na1@example.com,n\rb1@example.com,n\r\nc1@example.com,n",
        "email,consent.email\ra2@example.com,n\rb2@example.com,n\rc2@example.com,n",
        "{\"email\":\"a3@example.com\",\"consents\":{\"marketing\":{\"email\":{\"val\":\"n\"}}}}\r\
         {\"email\":\"b3@example.com\",\"consents\":{\"marketing\":{\"email\":{\"val\":\"n\"}}}}\n\
         {\"email\":\"c3@example.com\",\"consents\":{\"marketing\":{\"email\":{\"val\":\"n\"}}}}\r",
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(fixture.import(file).await, (summary(3, 3, 0, 0, 0), String::new()), "{file:?}");
        for letter in ["a", "b", "c"] {
            assert!(
                fixture.refuses(&format!("{letter}{number}@example.com"), Field::Email).await,
                "{file:?}"
            );
        }
    }
    for (file, numbers) in [
        ("phone\n+14155550901\r+14155550902\r", ["+14155550901", "+14155550902"]),
        ("phone\r+14155550911\r+14155550912\r", ["+14155550911", "+14155550912"]),
        ("\"+14155550921\n+14155550922\r\n", ["+14155550921", "+14155550922"]),
    ] {
        let (summary, failed) = fixture.opt_outs(file).await;
        assert_eq!(
            (summary.recorded, summary.failed),
            (2, u64::from(file.contains('"'))),
            "{file:?} {failed:?}"
        );
        for number in numbers {
            assert!(fixture.refuses(number, Field::Sms).await, "{number}");
        }
    }
}

#[tokio::test]
async fn no_refusal_vanishes_in_an_open_quote() {
    let fixture = Fixture::new();
    let open = "{\"\"mailchimp\"\": true},n";
    let file = format!(
        "email,attributes,consent.email\nhh@example.com,\"{open}\nes@example.com,\"{open}\nft@example.com,\"{open}\n\
         gu@example.com,\"{open}\n\"jo@example.com,x,n\nki@example.com,a\"b\",n\nli@example.com,\"a\"b,n\nmo@example.com,\"a\nb\",n\n"
    );
    let (outcome, rejects) = fixture.import(file).await;
    assert_eq!(outcome, summary(8, 2, 0, 0, 6), "{rejects}");
    for name in ["hh", "es", "ft", "gu", "jo", "ki", "li", "mo"] {
        assert!(fixture.refuses(&format!("{name}@example.com"), Field::Email).await, "{name}");
    }
    let lines: Vec<&str> = rejects.lines().collect();
    assert_eq!(lines.len(), 7, "{rejects}");
    assert!(
        lines[1].starts_with("2,a quote is opened in this row and never closed; its refusals were recorded,")
    );
    // Nobody is written to for what a broken row seems to say.
    let (outcome, _) = fixture.import("email,note,consent.email\nno@example.com,\"open,y\n").await;
    assert_eq!(outcome.rejected, 1);
    assert!(
        fixture.store.resolve(MAIN, vec![Address::guess("no@example.com").unwrap()]).await.unwrap()[0]
            .is_none()
    );
}

#[tokio::test]
async fn a_number_is_the_same_with_its_trunk_prefix() {
    let fixture = Fixture::new();
    let file = "phone,consent.sms,country\n+44 07911 123402,n,GB\n+44 (0) 7911 123403,n,\n004407911123405,n,GB\n\
                4407911123406,n,GB\n+39 06 1234567,n,IT\n\u{202a}+44\u{a0}7911\u{2011}123407\u{202c},n,\n+1 0415 555 0134,n,US\n";
    let (outcome, rejects) = fixture.import(file).await;
    assert_eq!(outcome, summary(7, 6, 0, 0, 1));
    assert!(rejects.contains("8,phone: not a possible phone number"), "{rejects}");
    for number in
        ["+447911123402", "+447911123403", "+447911123405", "+447911123406", "+39061234567", "+447911123407"]
    {
        assert!(fixture.refuses(number, Field::Sms).await, "{number}");
    }
    let (taken, failed) = fixture.opt_outs("To\n+4407911123451\n004407911123452\n'+44 07911 123453\n").await;
    assert_eq!((taken.recorded, failed), (3, Vec::new()));
    for number in ["+447911123451", "+447911123452", "+447911123453"] {
        assert!(fixture.refuses(number, Field::Sms).await, "{number}");
    }
}

#[tokio::test]
async fn typographic_quotes_are_no_part_of_an_address() {
    let fixture = Fixture::new();
    let file = "email,consent.email\n\u{201c}ann@example.com\u{201d},n\nbob@example.com\u{201d},n\n\
                cat@example.com\u{2026},n\n\u{ab}dan@example.com\u{bb},y\n";
    let (outcome, rejects) = fixture.import(file).await;
    assert_eq!(outcome, summary(4, 0, 0, 0, 4));
    assert!(rejects.contains("the part after the `@` is not a domain name: U+201D"), "{rejects}");
    for (name, refuses) in [("ann", true), ("bob", true), ("cat", true), ("dan", false)] {
        assert_eq!(fixture.refuses(&format!("{name}@example.com"), Field::Email).await, refuses, "{name}");
    }
    assert_eq!(fixture.store.counts(MAIN).await.unwrap().profiles, 3);
}

#[tokio::test]
async fn rejected_rows_can_be_opened_in_a_spreadsheet_and_read_again() {
    let fixture = Fixture::new();
    let file = "email,phone,consent.sms,=cmd\na@example.com,+4930123456,perhaps,\"=HYPERLINK(\"\"x\"\")\"\n\
                b@example.com,+4930123457,perhaps,@x\nc@example.com,,perhaps,-\"open\nd@example.com,,perhaps,\"open\n";
    let (outcome, rejects) = fixture.import(file).await;
    assert_eq!(outcome, summary(4, 0, 0, 0, 4));
    assert!(rejects.starts_with("reject.line,reject.reason,email,phone,consent.sms,'=cmd\n"), "{rejects}");
    for cell in [",'+4930123456,", ",\"'=HYPERLINK(", ",'@x\n", ",'-\"open\n", ",\"\"\"open\"\n"] {
        assert!(rejects.contains(cell), "{cell}: {rejects}");
    }
    // Unmended, they are rejected again, and nothing piles up.
    let (outcome, again) = fixture.import(rejects.clone()).await;
    assert_eq!(outcome.rejected, 4);
    assert!(again.lines().next() == rejects.lines().next(), "{again}");
    assert!(again.contains(",'+4930123456,perhaps,\"'=HYPERLINK(") && !again.contains("''"), "{again}");
    let mended = rejects.replace(",perhaps,", ",y,");
    assert_eq!(fixture.import(mended).await.0, summary(4, 4, 0, 0, 0));
    let ann = fixture.profile("a@example.com").await;
    assert_eq!(ann.attributes, r#"{"=cmd":"=HYPERLINK(\"x\")"}"#);
    assert_eq!(ann.addresses[1].raw, "+4930123456");
}

#[test]
fn rejects_stay_about_as_large_as_the_rows() {
    let output = Shared::default();
    let written = output.clone();
    let header = ["email".to_owned()];
    let mut rejects = Rejects::new(move || Ok(Box::new(written)), Some(&header), b',');
    for line in 0..1_000_000 {
        rejects.write(line, "email: the email address has no `@`", b"nobody").unwrap();
    }
    rejects.finish().unwrap();
    let length = output.0.lock().unwrap().len();
    assert!(length < (16 << 20) + 12_000_000, "{length}");
    assert!(String::from_utf8_lossy(&output.0.lock().unwrap()).contains("without their reasons"));
}
