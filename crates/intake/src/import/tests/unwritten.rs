//! Refusals in shapes that nobody wrote for us.

use super::*;

fn named(file: &str) -> Options {
    Options { file_name: file.to_owned(), ..Options::default() }
}

impl Fixture {
    async fn held(&self, address: &str, field: Field) -> Choice {
        let address = Address::guess(address).unwrap();
        let Some(owner) = self.store.resolve(MAIN, vec![address]).await.unwrap().remove(0) else {
            return Choice::Unset;
        };
        let profile = self.store.profile(MAIN, owner.profile).await.unwrap();
        profile.map_or(Choice::Unset, |profile| profile.word.get(field))
    }

    async fn question(&self, file: &str, name: &str) -> Option<(Question, String)> {
        match self.try_import(file, named(name)).await.0 {
            Err(ImportError::Undecided(undecided)) => {
                let said = undecided.to_string();
                Some((undecided.questions[0].clone(), said))
            }
            Ok(_) => None,
            Err(error) => panic!("{name}: {error}"),
        }
    }
}

#[tokio::test]
async fn a_dated_refusal_in_a_rejected_line_keeps_its_date() {
    for consents in [
        r#"{"marketing":{"email":{"val":"n","time":"2020-01-01T00:00:00Z"}}}"#,
        r#"{"marketing":{"email":{"val":"n"}},"metadata":{"time":"2020-01-01T00:00:00Z"}}"#,
        r#"{"xdm:marketing":{"xdm:email":{"xdm:val":"n","xdm:time":"2020-01-01T00:00:00Z"}}}"#,
        r#"{"marketing":{"emails":{"val":"n","time":"2020-01-01T00:00:00Z"}}}"#,
    ] {
        let fixture = Fixture::new();
        let file = format!(r#"{{"email":"a@example.com","locale":7,"consents":{consents}}}"#);
        assert_eq!(fixture.import(file).await.0.rejected, 1);
        let owner = fixture.profile("a@example.com").await;
        let held = &owner.values[&Field::Email];
        assert_eq!((held.choice, &held.at.to_string()[..10]), (Choice::No, "2020-01-01"), "{consents}");
        assert_eq!(owner.values.len(), 1, "{consents}");
    }
}

#[tokio::test]
async fn refusals_in_places_of_no_kind_bind() {
    let line = |rest: &str| format!(r#"{{"email":"a@example.com","locale":7,{rest}}}"#);
    for file in [
        r#"{"xdm:email":"a@example.com","consents":{"marketing":{"email":{"val":"n"}}}}"#.to_owned(),
        r#"{"email_address":"a@example.com","consents":{"marketing":{"email":{"val":"n"}}}}"#.to_owned(),
        r#"{"E-Mail-Adresse":["a@example.com"],"consents":{"marketing":{"email":{"val":"n"}}}}"#.to_owned(),
        r#"{"email":"a@example.com","consents":{"email":{"value":"n"}}}"#.to_owned(),
        r#"{"email":"a@example.com","consents":{"marketing":{"email":{"value":"n"}}}}"#.to_owned(),
        r#"{"email":"a@example.com","consents":{"marketing":{"email":{"status":"unsubscribed"}}}}"#
            .to_owned(),
        r#"{"email":"a@example.com","consents":{"marketing":{"email":{"optIn":false}}}}"#.to_owned(),
        r#"{"email":"a@example.com","consents":{"marketing":{"email":["n"]}}}"#.to_owned(),
        r#"{"email":"a@example.com","consents":["n"]}"#.to_owned(),
        r#"{"email":"a@example.com","consents":"n"}"#.to_owned(),
        r#"{"email":"a@example.com","consents":{"marketing":"n"}}"#.to_owned(),
        r#"{"email":"a@example.com","consents":false}"#.to_owned(),
        r#"{"email":"a@example.com","consent":{"email":"n"}}"#.to_owned(),
        r#"{"email":"a@example.com","consent":"n"}"#.to_owned(),
        r#"{"email":"a@example.com","consent.email":"n"}"#.to_owned(),
        r#"{"email":"a@example.com","Consent_Email":"Nein"}"#.to_owned(),
        r#"{"email":{"address":"a@example.com","value":"n"}}"#.to_owned(),
        r#"{"email":["a@example.com",{"value":"n"}]}"#.to_owned(),
        line(r#""consents":{"marketing":{"email":{"value":"n"}}}"#),
        line(r#""consent":{"marketing":"n"}"#),
    ] {
        let fixture = Fixture::new();
        fixture.import("email,consent.email,consent_time\na@example.com,y,2026-04-01\n").await;
        let (outcome, rejects) = fixture.import(file.clone()).await;
        assert_eq!(outcome, summary(1, 0, 0, 0, 1), "{file}");
        assert!(rejects.contains("its refusals were recorded"), "{file}: {rejects}");
        let (email, any) = (
            fixture.held("a@example.com", Field::Email).await,
            fixture.held("a@example.com", Field::Any).await,
        );
        assert!(email == Choice::No || any == Choice::No, "{file}: {email:?} {any:?}");
    }
}

#[tokio::test]
async fn all_addresses_of_a_cell_refuse() {
    for cell in [
        "a@example.com, b@example.com",
        "a@example.com;b@example.com",
        "a@example.com b@example.com",
        "a@example.com / b@example.com",
        "a@example.com/b@example.com",
        "a@example.com|b@example.com",
        "a@example.com und b@example.com",
        "Ann <a@example.com>, Bob <b@example.com>",
        "a@example.com & b@example.com",
    ] {
        let fixture = Fixture::new();
        fixture
            .import(
                "email,consent.email,consent_time\na@example.com,y,2026-04-01\nb@example.com,y,2026-04-01\n",
            )
            .await;
        let (outcome, rejects) = fixture.import(format!("email,consent.email\n\"{cell}\",n\n")).await;
        assert_eq!((outcome.rejected, outcome.created), (outcome.read, 0), "{cell}");
        assert!(rejects.contains("its refusals were recorded"), "{cell}: {rejects}");
        for address in ["a@example.com", "b@example.com"] {
            assert_eq!(fixture.held(address, Field::Email).await, Choice::No, "{cell}: {address}");
        }
        let none = Fixture::new();
        let yes = none.import(format!("email,consent.email\n\"{cell}\",y\n")).await.0;
        assert_eq!(yes.created, 0, "{cell}");
        assert_eq!(none.store.counts(MAIN).await.unwrap().profiles, 0, "a yes binds for nobody: {cell}");
    }
    let fixture = Fixture::new();
    let file = "phone,consent.sms\n\"+4915112345678, +4915112345679\",n\n";
    assert_eq!(fixture.import(file).await.0.rejected, 1);
    assert_eq!(fixture.held("+4915112345679", Field::Sms).await, Choice::No);
}

#[tokio::test]
async fn a_refusal_in_a_sentence_stops_with_line_and_column_and_binds_once_mapped() {
    let fixture = Fixture::new();
    let mut file = "email,Notes\n".to_owned();
    for number in 0..200 {
        let note = if number == 150 { "wants no more emails" } else { "met in hall" };
        file.extend(["p", &number.to_string(), "@example.com,", note, " ", &number.to_string(), "\n"]);
    }
    let (question, said) = fixture.question(&file, "people.csv").await.unwrap();
    assert_eq!(question.column.as_deref(), Some("Notes"));
    assert!(said.contains("line 152"), "{said}");
    let map = ("Notes".to_owned(), question.proposal[1].strip_prefix("Notes=").unwrap().to_owned());
    let options = Options { map: vec![map], ..named("people.csv") };
    assert_eq!(fixture.try_import(file, options).await.0.unwrap().rejected, 0);
    assert_eq!(fixture.held("p150@example.com", Field::Email).await, Choice::No);
    assert_eq!(fixture.held("p151@example.com", Field::Email).await, Choice::Unset);
    let own = "email,consent.email\nq@example.com,hat abbestellt\n";
    assert_eq!(fixture.import(own).await.0.created, 1);
    assert_eq!(fixture.held("q@example.com", Field::Email).await, Choice::No);
    let line = r#"{"email":"r@example.com","attributes":{"remarks":"möchte keine Werbung mehr"}}"#;
    assert!(fixture.question(line, "people.jsonl").await.is_some());
}

#[tokio::test]
async fn names_and_values_of_other_things_stop_nothing() {
    let fixture = Fixture::new();
    for (file, name) in [
        ("email,Status\na@example.com,Customer\nb@example.com,Lead\n", "people.csv"),
        ("email,returns_blocked,credit_blocked\na@example.com,1,0\n", "people.csv"),
        ("email,has_newsletter_coupon\na@example.com,yes\n", "people.csv"),
        ("email,city\na@example.com,Bonn\n", "bounce-house-customers.csv"),
        ("email,Notes\na@example.com,Stop by on Tuesday\n", "people.csv"),
    ] {
        assert_eq!(fixture.question(file, name).await.map(|(_, said)| said), None, "{file}");
    }
    for (file, name, proposal) in [
        ("email,DOI\na@example.com,0\nb@example.com,1\n", "people.csv", "DOI=consent.email:0=p,1=y"),
        ("email,メール配信\na@example.com,しない\n", "people.csv", "メール配信=consent.email:しない=dn"),
        ("email,الحالة\na@example.com,ملغى\n", "people.csv", "الحالة=consent.email:ملغى=n"),
        ("email,sms\na@example.com,n\n", "people.csv", "sms=consent.sms:n=n"),
        (
            "email,Status\na@example.com,Customer\nb@example.com,gone\n",
            "people.csv",
            "Status=consent.email:Customer=-,gone=dn",
        ),
        ("email\na@example.com\n", "peruneet.csv", "consent.email=n"),
        ("email\na@example.com\n", "cancelados.csv", "consent.email=n"),
        ("email\na@example.com\n", "exclusions.csv", "consent.email=n"),
    ] {
        let (question, said) = fixture.question(file, name).await.unwrap_or_else(|| panic!("{file}"));
        assert_eq!(question.proposal[1], proposal, "{said}");
    }
}

#[tokio::test]
async fn an_export_that_only_its_name_tells_is_asked_for_once() {
    let fixture = Fixture::new();
    let file = "Email Address,First Name,MEMBER_RATING,OPTIN_TIME,LEID,EUID\na@example.com,Ann,2,2024-01-01 10:00:00,1,x\n";
    let (question, said) = fixture.question(file, "members.csv").await.unwrap();
    assert!(said.contains("--set consent.email=dn") || said.contains("consent.email=dn"), "{said}");
    assert_eq!(question.answers.len(), 2, "{said}");
    for answer in &question.answers {
        let (what, value) = answer.arguments[1].split_once('=').unwrap();
        let options = Options { set: vec![(what.to_owned(), value.to_owned())], ..named("members.csv") };
        fixture.try_import(file, options).await.0.unwrap();
    }
    let country = Options { set: vec![("country".to_owned(), "DE".to_owned())], ..named("members.csv") };
    assert!(matches!(fixture.try_import(file, country).await.0, Err(ImportError::Undecided(_))));
}

#[tokio::test]
async fn what_an_ignored_column_refuses_is_said() {
    let fixture = Fixture::new();
    let file = "email,consent.email\na@example.com,n\nb@example.com,y\n";
    let options = Options { ignore: vec!["consent.email".to_owned()], ..named("people.csv") };
    let store: Store = fixture.store.clone();
    let from = Import { store: &store, workspace: MAIN, clock: &FixedClock };
    let dry = dry_run(from, Cursor::new(file.as_bytes().to_vec()), options, Arc::default()).await.unwrap();
    assert!(
        dry.notices.iter().any(|notice| notice.contains("`consent.email`") && notice.contains("1 refusal")),
        "{:?}",
        dry.notices
    );
}

/// Whatever stands around a refusal: tags by the hundred, years of notes.
#[tokio::test]
async fn a_refusal_in_a_long_cell_stops_and_binds_once_mapped() {
    let tags = (0..150).map(|n| format!("segment-{n}")).collect::<Vec<_>>().join(";") + ";";
    let notes = "met on Monday and talked about shoes. ".repeat(400);
    for (column, cell, refusal) in [("tags", &tags, "unsubscribed"), ("notes", &notes, "Please do not mail.")]
    {
        for cell in
            [format!("{cell}{refusal}"), format!("{refusal};{cell}"), format!("{cell}{refusal};{cell}")]
        {
            let file = format!("email,{column}\na@example.com,\"{cell}\"\nb@example.com,x\n");
            let asked = Fixture::new().question(&file, "people.csv").await;
            assert!(asked.is_some(), "{column}: {} bytes", cell.len());
        }
        let file = format!("email,{column}\na@example.com,\"{cell}{refusal}\"\nb@example.com,{refusal}\n");
        let fixture = Fixture::new();
        let map = vec![(column.to_owned(), format!("consent.email:{refusal}=n,*=-"))];
        let options = Options { map, ..named("people.csv") };
        fixture.try_import(file, options).await.0.unwrap();
        for address in ["a@example.com", "b@example.com"] {
            assert_eq!(fixture.held(address, Field::Email).await, Choice::No, "{column}: {address}");
        }
    }
}
