//! Rows that don't go in: what binds of them, and how they are mended.

use store::Held;

use super::*;

impl Fixture {
    /// What is recorded of an address's owner; `None` if nobody knows it.
    async fn owner(&self, address: &str) -> Option<ProfileView> {
        let address = Address::guess(address).unwrap();
        let owner = self.store.resolve(MAIN, vec![address]).await.unwrap().remove(0)?;
        self.store.profile(MAIN, owner.profile).await.unwrap()
    }

    async fn email(&self, address: &str) -> Choice {
        self.owner(address).await.map_or(Choice::Unset, |owner| owner.word.get(Field::Email))
    }
}

#[tokio::test]
async fn a_refusal_in_a_rejected_row_binds() {
    let header = "id,email,phone,consent.email,consent.sms,consent_time,locale,time_zone,country,note\n";
    let large = "x".repeat(ATTRIBUTES_LENGTH_MAX);
    let rows = [
        ("1,b@example.com,,n,y,yesterday,,,,", "consent_time"),
        ("1,b@example.com,,n,maybe,2026-05-01,,,,", "consent.sms"),
        ("1,nobody,,n,y,2026-05-01,,,,", "email"),
        (",b@example.com,,NO,perhaps,2026-05-01,,,,", "consent.sms"),
        ("1,b@example.com,,Opt-Out,perhaps,,,,,", "consent.sms"),
        ("1,b@example.com,,abgemeldet,perhaps,,,,,", "consent.sms"),
        ("1,b@example.com,,n,y", "fields"),
        ("1,b@example.com,,n,y,,,,,\"open", "never closed"),
    ];
    let large = format!("1,b@example.com,,n,y,2026-05-01,,,,{large}");
    for (row, reason) in rows.into_iter().chain([(large.as_str(), "attributes")]) {
        let fixture = Fixture::new();
        let known = "id,email,locale,consent.email,consent_time\n1,b@example.com,en,y,2026-04-01\n";
        assert_eq!(fixture.import(known).await.0.created, 1);
        let (outcome, rejects) = fixture.import(format!("{header}{row}\n")).await;
        assert_eq!(outcome, summary(1, 0, 0, 0, 1), "{reason}");
        assert!(rejects.contains(reason) && rejects.contains("its refusals were recorded"), "{rejects}");
        let known = fixture.profile("b@example.com").await;
        assert_eq!(known.word.get(Field::Email), Choice::No, "{reason}");
        assert_eq!(known.word.get(Field::Sms), Choice::Unset, "only refusals: {reason}");
        assert_eq!((known.locale.as_deref(), known.attributes.as_str()), (Some("en"), "{}"), "{reason}");
    }
}

#[tokio::test]
async fn a_rejected_row_without_a_refusal_leaves_nothing() {
    let fixture = Fixture::new();
    let file =
        "id,email,consent.email,consent_time\n1,a@example.com,y,soon\n2,b@example.com,Yes,\n,nobody,n,\n";
    let (outcome, rejects) = fixture.import(file).await;
    assert_eq!(outcome, summary(3, 0, 0, 0, 3));
    assert!(rejects.contains("an express yes is spelled y") && !rejects.contains("recorded"), "{rejects}");
    assert_eq!(fixture.store.counts(MAIN).await.unwrap().profiles, 0);
}

#[tokio::test]
async fn a_rejected_row_binds_for_people_unknown_so_far() {
    let fixture = Fixture::new();
    let file = b"email,name,consent.email\na@example.com,M\xfcller,n\nb\xfc@example.com,x,n\n".to_vec();
    let (outcome, rejects) = fixture.import(file).await;
    assert_eq!(outcome.rejected, 2);
    assert!(rejects.contains("--encoding"), "{rejects}");
    assert_eq!(fixture.email("a@example.com").await, Choice::No);
    assert_eq!(fixture.store.counts(MAIN).await.unwrap().profiles, 1);
    let many = (0..300).map(|n| format!("\"p{n}@example.com\"")).collect::<Vec<_>>().join(",");
    let line = format!(r#"{{"email":[{many}],"consents":{{"marketing":{{"email":{{"val":"n"}}}}}}}}"#);
    assert_eq!(fixture.import(line).await.0, summary(1, 0, 0, 0, 1));
    assert_eq!(fixture.email("p299@example.com").await, Choice::No);
}

#[tokio::test]
async fn a_refusal_in_a_rejected_json_line_binds() {
    let no = r#""consents":{"marketing":{"email":{"val":"n"}}}"#;
    for (line, reason) in [
        (format!(r#"{{"id":1,"timeZone":5,{no}}}"#), "timeZone"),
        (format!(r#"{{"id":1,"Email":"c@example.com",{no}}}"#), "write `email`"),
        (format!(r#"{{"id":1,"consent":{{"email":"y"}},{no}}}"#), "write `consents`"),
        (format!(r#"{{"id":1,"subscriptions":{{"nope":"y"}},{no}}}"#), "doesn't exist"),
        (format!(r#"{{"id":1,"plan":"a","attributes":{{"plan":"b"}},{no}}}"#), "stands twice"),
        (format!(r#"{{"id":1,{no},"consents":{{"marketing":{{"email":{{"val":"y"}}}}}}}}"#), "stands twice"),
        (format!(r#"{{"id":1,{no},"xdm:consents":{{"xdm:share":{{"xdm:val":"y"}}}}}}"#), "stands twice"),
        (
            r#"{"id":1,"consents":{"marketing":{"email":{"val":"n"},"email":{"val":"y"}}}}"#.to_owned(),
            "$.consents.marketing.email: stands twice",
        ),
        (
            r#"{"id":1,"consents":{"marketing":{"email":{"val":"n"},"sms":{"val":"maybe"}}}}"#.to_owned(),
            "maybe",
        ),
        (
            r#"{"id":1,"consents":{"marketing":{"email":{"val":"n","time":"yesterday"}}}}"#.to_owned(),
            "yesterday",
        ),
        (r#"{"id":1,"xdm:consents":{"xdm:marketing":{"xdm:email":{"xdm:val":"No"}}}}"#.to_owned(), "No"),
        (r#"{"id":1,"consent.email":"n"}"#.to_owned(), "write `consents`"),
    ] {
        let fixture = Fixture::new();
        fixture.import("id,email,consent.email,consent_time\n1,a@example.com,y,2026-04-01\n").await;
        let (outcome, rejects) = fixture.import(line.clone()).await;
        assert_eq!(outcome, summary(1, 0, 0, 0, 1), "{line}");
        assert!(rejects.contains(reason) && rejects.contains("its refusals were recorded"), "{rejects}");
        assert_eq!(fixture.email("a@example.com").await, Choice::No, "{line}");
    }
}

#[tokio::test]
async fn lists_and_addresses_are_refused_for_in_rejected_json_lines_too() {
    let fixture = Fixture::new();
    let list = NewList::new("news", FixedClock.now());
    fixture.store.create_list(MAIN, list).await.unwrap();
    let line = r#"{"email":"a@example.com","locale":5,"subscriptions":{"news":false},"consents":
        {"idSpecific":{"email":{"b@example.com":{"marketing":{"any":{"val":"n","reason":"enough"}},
        "metadata":{"time":"2026-01-01T00:00:00Z"}}}}}}"#;
    let (outcome, _) = fixture.import(line.replace('\n', "")).await;
    assert_eq!(outcome.rejected, 1);
    let owner = fixture.profile("a@example.com").await;
    assert_eq!((owner.subscriptions[0].1.as_str(), owner.subscriptions[0].2.choice), ("news", Choice::No));
    let Held { choice, at, reason, .. } = &owner.addresses[1].values[&Field::Any];
    assert_eq!((*choice, reason.as_deref()), (Choice::No, Some("enough")));
    assert_eq!(*at, Timestamp::parse("2026-01-01T00:00:00Z").unwrap());
}

#[tokio::test]
async fn names_that_are_almost_ours_are_refused_before_anything_is_done() {
    let fixture = Fixture::new();
    for name in ["Consent.Email", "consent email", "consent_email", "List.news", "list_price", "Country"] {
        let options = Options { create_lists: true, ..Options::default() };
        let file = format!("email,{name},list.new\na@example.com,n,n\n");
        let error = fixture.try_import(file, options).await.0.unwrap_err().to_string();
        assert!(error.contains("did you mean"), "{error}");
        assert!(error.contains(&format!("--map \"{name}=attribute.{name}\"")), "{error}");
    }
    assert_eq!(fixture.store.lists(MAIN).await.unwrap().len(), 0);
    assert_eq!(fixture.store.counts(MAIN).await.unwrap().profiles, 0);
    let map =
        |from: &str, to: &str| Options { map: vec![(from.to_owned(), to.to_owned())], ..Options::default() };
    let file = "email,list_price,consented_by\na@example.com,9,desk\n";
    let (outcome, _) = fixture.try_import(file, map("list_price", "attribute.list_price")).await;
    assert_eq!(outcome.unwrap().created, 1);
    let attributes = fixture.profile("a@example.com").await.attributes;
    assert_eq!(attributes, r#"{"list_price":"9","consented_by":"desk"}"#);
    for (to, part) in
        [("attribute.", "no name"), ("attribute.consented_by", "two columns"), ("Consent_Email", "did you")]
    {
        let error = fixture.try_import(file, map("list_price", to)).await.0.unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
}

#[tokio::test]
async fn rejected_json_lines_can_be_mended_and_read_again() {
    let fixture = Fixture::new();
    let file = "{\"email\":\"a@example.com\",\"locale\":7,\"n\":1.10}\n{\"email\":\"b@example.com\",\"n\":1.50\n{}\n";
    let (outcome, rejects) = fixture.import(file).await;
    assert_eq!(outcome, summary(3, 0, 0, 0, 3));
    assert!(rejects.contains("\"n\":1.10}"), "numbers stay as they were written: {rejects}");
    // Read again unmended, the same rows are rejected for the same reasons, with nothing piled up.
    let (outcome, again) = fixture.import(rejects.clone()).await;
    assert_eq!((outcome, again), (summary(3, 0, 0, 0, 3), rejects.clone()));
    let mended = rejects
        .replace(":7,", ":\"de\",")
        .replace("1.50\"", "2}\"")
        .replace("\"reject.reason\":\"neither", "\"email\":\"c@example.com\",\"reject.reason\":\"");
    assert_eq!(fixture.import(mended).await, (summary(3, 3, 0, 0, 0), String::new()));
    assert_eq!(fixture.profile("a@example.com").await.attributes, r#"{"n":1.1}"#);
    assert_eq!(fixture.profile("b@example.com").await.attributes, r#"{"n":2}"#);
    assert_eq!(fixture.profile("c@example.com").await.attributes, "{}");
}
