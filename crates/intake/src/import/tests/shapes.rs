//! Files in the shapes of other tools: who may be mailed afterwards, and what stops an import.

use consent::decide::{Decision, Message, Rules, decide};
use consent::{Category, Channel};
use store::ReadingQuery;

use super::*;

const MAILCHIMP_SUBSCRIBED: &str = include_str!("data/mailchimp_subscribed_members_export.csv");
const MAILCHIMP_UNSUBSCRIBED: &str = include_str!("data/mailchimp_unsubscribed_members_export.csv");
const MAILCHIMP_CLEANED: &str = include_str!("data/mailchimp_cleaned_members_export.csv");
const HUBSPOT: &str = include_str!("data/hubspot_contacts.csv");
const SHOPIFY: &str = include_str!("data/shopify_customers_export.csv");
const LISTMONK: &str = include_str!("data/listmonk_subscribers.csv");
const KLAVIYO: &str = include_str!("data/klaviyo_profiles.csv");
const MAUTIC: &str = include_str!("data/mautic_contacts.csv");
const SALESFORCE: &str = include_str!("data/salesforce_contacts.csv");
const KUNDEN: &[u8] = include_bytes!("data/kunden.csv");

fn named(file: &str) -> Options {
    Options { file_name: file.to_owned(), ..Options::default() }
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(one, other)| ((*one).to_owned(), (*other).to_owned())).collect()
}

impl Fixture {
    /// The decision about marketing, in short.
    async fn decision(&self, address: &str, channel: Channel) -> String {
        let parsed = Address::guess(address).unwrap();
        let owner = self.store.resolve(MAIN, vec![parsed]).await.unwrap().remove(0).expect("known");
        let query = ReadingQuery {
            profiles: vec![owner.profile],
            channel,
            addresses: None,
            list: None,
            sender: None,
            run: None,
            with_attributes: false,
            now: FixedClock.now(),
        };
        let reading = self.store.read(MAIN, query).await.unwrap().remove(0);
        let message = Message { channel, category: Category::Marketing, list: None, after_complaint: false };
        match decide(&reading.recipient, &message, &Rules::default()) {
            Decision::Permit(_) => "permit".to_owned(),
            Decision::Defer(_) => "defer".to_owned(),
            Decision::Exclude(cause) => cause.to_string(),
        }
    }

    async fn stops(&self, file: impl Into<Vec<u8>>, options: Options) -> Undecided {
        let before = self.store.counts(MAIN).await.unwrap();
        match self.try_import(file, options).await.0 {
            Err(ImportError::Undecided(undecided)) => {
                assert_eq!(self.store.counts(MAIN).await.unwrap(), before, "nothing is written");
                *undecided
            }
            other => panic!("it didn't stop: {other:?}"),
        }
    }

    async fn since(&self, address: &str, field: Field) -> String {
        self.profile(address).await.values[&field].at.to_string()[..10].to_owned()
    }
}

/// The options with what an import proposes when it stops.
fn answered(mut options: Options, undecided: &Undecided) -> Options {
    let arguments = undecided.arguments();
    for pair in arguments.chunks(2) {
        let value = pair[1].clone();
        let split = || value.split_once('=').map(|(one, other)| (one.to_owned(), other.to_owned())).unwrap();
        match pair[0].as_str() {
            "--map" => options.map.push(split()),
            "--set" => options.set.push(split()),
            "--encoding" => options.encoding = Some(value),
            "--from" => options.from = Some(value),
            other => panic!("{other}"),
        }
    }
    options
}

#[tokio::test]
async fn exports_of_other_tools_are_known_and_say_who_may_be_mailed() {
    let fixture = Fixture::new();
    let files: [(&str, &str); 9] = [
        ("mailchimp_subscribed_members_export_0a.csv", MAILCHIMP_SUBSCRIBED),
        ("mailchimp_unsubscribed_members_export_0a.csv", MAILCHIMP_UNSUBSCRIBED),
        ("mailchimp_cleaned_members_export_0a.csv", MAILCHIMP_CLEANED),
        ("hubspot-crm-exports-all-contacts.csv", HUBSPOT),
        ("shopify_customers_export.csv", SHOPIFY),
        ("listmonk_subscribers.csv", LISTMONK),
        ("klaviyo_profiles.csv", KLAVIYO),
        ("mautic_contacts.csv", MAUTIC),
        ("salesforce_contacts.csv", SALESFORCE),
    ];
    for (name, file) in files {
        let (outcome, rejects) = fixture.report(file, named(name)).await;
        let report = outcome.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((report.summary.rejected, rejects.as_str()), (0, ""), "{name}");
        assert_eq!(report.left_out, std::collections::BTreeMap::new(), "{name}");
        // Reading it again changes nothing.
        let again = fixture.report(file, named(name)).await.0.unwrap().summary;
        assert_eq!((again.unchanged, again.suppressed), (again.read, 0), "{name}");
    }
    for (address, channel, decision) in [
        ("mc1@mail.example", Channel::Email, "permit"),
        ("mc2@mail.example", Channel::Email, "permit"),
        ("mc3@mail.example", Channel::Email, "OptedOutChannel"),
        ("mc4@mail.example", Channel::Email, "OptedOutChannel"),
        ("mc5@mail.example", Channel::Email, "AddressSuppressed"),
        ("hs1@mail.example", Channel::Email, "permit"),
        ("hs2@mail.example", Channel::Email, "OptedOutChannel"),
        ("hs3@mail.example", Channel::Email, "OptedOutChannel"),
        ("hs4@mail.example", Channel::Email, "AddressSuppressed"),
        ("sh1@mail.example", Channel::Email, "permit"),
        ("sh1@mail.example", Channel::Sms, "OptedOutChannel"),
        ("sh2@mail.example", Channel::Email, "OptedOutChannel"),
        ("lm1@mail.example", Channel::Email, "permit"),
        ("lm2@mail.example", Channel::Email, "OptedOutChannel"),
        ("kl1@mail.example", Channel::Email, "permit"),
        ("kl1@mail.example", Channel::Sms, "OptedOutChannel"),
        ("kl2@mail.example", Channel::Email, "OptedOutChannel"),
        ("kl3@mail.example", Channel::Email, "AddressSuppressed"),
        ("ma1@mail.example", Channel::Email, "permit"),
        ("ma2@mail.example", Channel::Email, "OptedOutChannel"),
        ("sf1@mail.example", Channel::Email, "permit"),
        ("sf2@mail.example", Channel::Email, "OptedOutChannel"),
        ("sf3@mail.example", Channel::Email, "AddressSuppressed"),
    ] {
        assert_eq!(fixture.decision(address, channel).await, decision, "{address} {channel:?}");
    }
    assert_eq!(fixture.since("mc3@mail.example", Field::Email).await, "2025-06-19");
    assert_eq!(fixture.since("mc4@mail.example", Field::Email).await, "2024-07-12");
    assert_eq!(fixture.since("kl2@mail.example", Field::Email).await, "2025-05-01");
    assert_eq!(fixture.since("mc1@mail.example", Field::Email).await, "2023-03-01");
    assert_eq!(fixture.profile("hs1@mail.example").await.addresses[1].raw, "+491701234567");
    assert_eq!(fixture.profile("sf3@mail.example").await.word.get(Field::Call), Choice::No);
    assert_eq!(fixture.profile("ma1@mail.example").await.external_id, None, "other tools count from 1, too");
}

#[tokio::test]
async fn a_list_of_that_name_takes_the_opt_out_of_a_subscription_type() {
    let fixture = Fixture::new();
    let list = NewList::new("marketing-information", FixedClock.now());
    fixture.store.create_list(MAIN, list).await.unwrap();
    fixture.report(HUBSPOT, named("hubspot.csv")).await.0.unwrap();
    let owner = fixture.profile("hs3@mail.example").await;
    assert_eq!(owner.subscriptions[0].2.choice, Choice::No);
    assert_eq!(owner.word.get(Field::Email), Choice::Unset);
}

#[tokio::test]
async fn a_file_of_nobody_we_know_stops_and_its_proposals_are_right() {
    let fixture = Fixture::new();
    let undecided = fixture.stops(KUNDEN, named("kunden.csv")).await;
    let columns: Vec<_> =
        undecided.questions.iter().filter_map(|question| question.column.as_deref()).collect();
    assert_eq!(columns, ["E-Mail", "Status", "Newsletter", "Abmeldedatum"]);
    let options = answered(named("kunden.csv"), &undecided);
    let report = fixture.report(KUNDEN, options).await.0.unwrap();
    assert_eq!((report.summary.created, report.summary.rejected), (2, 0), "{report:?}");
    assert_eq!(fixture.decision("de1@mail.example", Channel::Email).await, "permit");
    assert_eq!(fixture.decision("de2@mail.example", Channel::Email).await, "OptedOutChannel");
    assert_eq!(fixture.since("de2@mail.example", Field::Email).await, "2025-06-19");
    let first = fixture.profile("de1@mail.example").await;
    assert_eq!(
        (first.country.as_ref().map(consent::jurisdiction::Country::as_str), first.addresses[1].raw.as_str()),
        (Some("DE"), "+491701234569")
    );
    assert!(first.attributes.contains("Käthe"), "{}", first.attributes);
}

#[tokio::test]
async fn a_column_that_looks_like_a_refusal_stops_the_import() {
    for (header, cell, proposal) in [
        ("Status", "unsubscribed", "Status=consent.email:unsubscribed=n"),
        ("Subscribed", "No", "Subscribed=consent.email:No=n"),
        ("Unsubscribed", "TRUE", "Unsubscribed=consent.email:TRUE=n"),
        ("do_not_contact", "1", "do_not_contact=consent.any:1=n"),
        ("DNC", "x", "DNC=consent.any:x=n"),
        ("optOutSms", "yes", "optOutSms=consent.sms:yes=n"),
        ("Opt-out date", "2025-06-19", "Opt-out date=refused_time.email"),
        ("unsubscribe_reason", "too many mails", "unsubscribe_reason=consent.email:*=n"),
        ("Accepts Marketing", "no", "Accepts Marketing=consent.email:no=n"),
        ("Newsletter", "Nein", "Newsletter=consent.email:Nein=n"),
        ("Désinscrit", "oui", "Désinscrit=consent.email:oui=n"),
        ("Baja", "sí", "Baja=consent.email:sí=n"),
        ("Disiscritto", "vero", "Disiscritto=consent.email:vero=n"),
        ("Afgemeld op", "19-06-2025", "Afgemeld op=refused_time.email"),
        ("Avregistrerad", "ja", "Avregistrerad=consent.email:ja=n"),
        ("Wypisany", "tak", "Wypisany=consent.email:tak=n"),
        ("Odhlášen", "ano", "Odhlášen=consent.email:ano=n"),
        ("bounced", "1", "bounced=suppression.email:1=hard"),
        ("cleaned", "2025-04-27", "cleaned=suppression.email:*=hard"),
        ("Segment", "abgemeldet", "Segment=consent.email:abgemeldet=n"),
        ("Anything", "do not contact", "Anything=consent.email:do not contact=n"),
        ("labels", "VIP, unsubscribed", "labels=consent.email:\"VIP, unsubscribed\"=n"),
        ("Status", "open", "Status=consent.email:open=dn"),
    ] {
        let fixture = Fixture::new();
        let file = format!("email,{header}\na@example.com,\"{cell}\"\n");
        let undecided = fixture.stops(file.clone(), named("people.csv")).await;
        let question = &undecided.questions[0];
        assert_eq!(question.column.as_deref(), Some(header));
        assert_eq!(question.proposal, ["--map", proposal], "{header}");
        assert_eq!(question.values, [(cell.to_owned(), 1)], "{header}");
        let said = undecided.to_string();
        assert!(said.contains(header) && said.contains("--ignore-column"), "{said}");
        let ignored = Options { ignore: vec![header.to_owned()], ..named("people.csv") };
        assert_eq!(fixture.try_import(file.clone(), ignored).await.0.unwrap().created, 1, "{header}");
        let fixture = Fixture::new();
        fixture.try_import(file, answered(named("people.csv"), &undecided)).await.0.unwrap();
        let channel = if header == "optOutSms" { Channel::Sms } else { Channel::Email };
        assert_ne!(fixture.decision("a@example.com", channel).await, "permit", "{header}");
    }
}

#[tokio::test]
async fn members_of_json_lines_stop_it_too_and_are_mapped() {
    for (member, path) in [
        (r#""status":"unsubscribed""#, "status"),
        (r#""attributes":{"unsubscribed":true}"#, "attributes.unsubscribed"),
        (r#""lists":[{"name":"a","subscription_status":"unsubscribed"}]"#, "lists.subscription_status"),
        (r#""tags":["vip","do not contact"]"#, "tags"),
        (r#""emailOptOut":true"#, "emailOptOut"),
    ] {
        let fixture = Fixture::new();
        let file = format!("{{\"email\":\"a@example.com\",{member}}}\n");
        let undecided = fixture.stops(file.clone(), named("people.jsonl")).await;
        assert_eq!(undecided.questions[0].column.as_deref(), Some(path));
        let options = answered(named("people.jsonl"), &undecided);
        let (outcome, rejects) = fixture.try_import(file, options).await;
        assert_eq!((outcome.unwrap().created, rejects.as_str()), (1, ""), "{member}");
        assert_eq!(fixture.decision("a@example.com", Channel::Email).await, "OptedOutChannel", "{member}");
    }
}

#[tokio::test]
async fn a_file_named_for_refusals_stops_until_it_is_said_what_it_is() {
    for name in
        ["blocklist.csv", "optouts-2026.csv", "do-not-contact.xlsx.csv", "unsubscribed.csv", "abgemeldet.csv"]
    {
        let fixture = Fixture::new();
        let file = "email,name\na@example.com,Ann\n";
        let undecided = fixture.stops(file, named(name)).await;
        assert_eq!(undecided.questions[0].way_out, ["--ignore-file-name"]);
        let options = answered(named(name), &undecided);
        assert!(options.set[0].0.starts_with("consent."), "{options:?}");
        fixture.try_import(file, options).await.0.unwrap();
        assert!(fixture.decision("a@example.com", Channel::Email).await.starts_with("OptedOut"), "{name}");
    }
    let fixture = Fixture::new();
    let options = Options { ignore_file_name: true, ..named("blocklist.csv") };
    assert_eq!(fixture.try_import("email\na@example.com\n", options).await.0.unwrap().created, 1);
}

#[tokio::test]
async fn a_refusal_that_stands_far_down_is_seen() {
    use std::fmt::Write;
    let fixture = Fixture::new();
    let mut file = String::from("email,note\n");
    for number in 0..5_000 {
        let note = if number == 4_321 { "abgemeldet".to_owned() } else { format!("note {number}") };
        writeln!(file, "p{number}@example.com,{note}").unwrap();
    }
    let undecided = fixture.stops(file, named("people.csv")).await;
    assert_eq!(undecided.questions[0].values, [("abgemeldet".to_owned(), 1)]);
}

#[tokio::test]
async fn ordinary_files_go_in_without_a_question() {
    let fixture = Fixture::new();
    let file = "email,First Name,Total Spent,Tags,Lead status,plan,Note,created_at,city\n\
        a@example.com,Ann,9.90,\"vip, pro\",open,pro,likes tea,2025-01-02,Active\n";
    assert_eq!(fixture.try_import(file, named("people.csv")).await.0.unwrap().created, 1);
}

#[tokio::test]
async fn kinds_of_an_export_that_look_alike_are_asked_for() {
    let fixture = Fixture::new();
    let undecided = fixture.stops(MAILCHIMP_SUBSCRIBED, named("members.csv")).await;
    assert!(undecided.to_string().contains("--set consent.email=y"), "{undecided}");
    let options = Options { set: pairs(&[("consent.email", "dn")]), ..named("members.csv") };
    fixture.try_import(MAILCHIMP_SUBSCRIBED, options).await.0.unwrap();
    assert_eq!(fixture.decision("mc1@mail.example", Channel::Email).await, "OptedOutChannel");
    let options = Options { from: Some("none".to_owned()), ..named("unsubscribed.csv") };
    fixture.stops(MAILCHIMP_UNSUBSCRIBED, options).await;
}

#[tokio::test]
async fn what_holds_for_the_whole_file_never_lifts_a_refusal_in_it() {
    let fixture = Fixture::new();
    let list = NewList::new("news", FixedClock.now());
    fixture.store.create_list(MAIN, list).await.unwrap();
    let options = Options {
        set: pairs(&[("consent.email", "y"), ("list.news", "y"), ("country", "Deutschland")]),
        ..Options::default()
    };
    let file = "email,phone,consent.email\na@example.com,0170 1234567,\nb@example.com,,Nein\n";
    fixture.try_import(file, options).await.0.unwrap();
    let ann = fixture.profile("a@example.com").await;
    assert_eq!((ann.word.get(Field::Email), ann.subscriptions[0].2.choice), (Choice::Yes, Choice::Yes));
    assert_eq!(ann.addresses[1].raw, "+491701234567");
    assert_eq!(fixture.profile("b@example.com").await.word.get(Field::Email), Choice::No);
}

#[tokio::test]
async fn dates_are_read_in_the_order_of_the_whole_column() {
    let fixture = Fixture::new();
    let map = pairs(&[("left", "refused_time.email")]);
    let options = || Options { map: map.clone(), ..Options::default() };
    let file = "email,left\na@example.com,03/04/2025\nb@example.com,25/04/2025\nc@example.com,0000-00-00\n";
    fixture.try_import(file, options()).await.0.unwrap();
    assert_eq!(fixture.since("a@example.com", Field::Email).await, "2025-04-03");
    assert_eq!(fixture.decision("c@example.com", Channel::Email).await, "permit");
    let file = "email,left\nd@example.com,03/04/2025\ne@example.com,soon\n";
    let undecided = fixture.stops(file, options()).await;
    assert!(undecided.to_string().contains("--date-format"), "{undecided}");
    let options = Options { date_format: Some(DateFormat::MonthFirst), ..options() };
    let report = fixture.report(file, options).await.0.unwrap();
    assert_eq!(fixture.since("d@example.com", Field::Email).await, "2025-03-04");
    // A date that can't be read is a refusal all the same.
    assert_eq!(fixture.decision("e@example.com", Channel::Email).await, "OptedOutChannel");
    assert_eq!(report.summary.incomplete, 1);
}

#[tokio::test]
async fn a_bad_or_shared_phone_costs_the_phone() {
    let fixture = Fixture::new();
    let file = "id,email,phone,locale,time_zone,country\n\
        1,a@example.com,+4930123456,de,Europe/Berlin,Deutschland\n\
        2,b@example.com,+4930123456,,,\n\
        3,c@example.com,12,not a locale,Europe/Nowhere,Atlantis\n\
        4,d@example.com,4.915E+11,,,DE\n\
        5,,12,,,\n";
    let (report, rejects) = fixture.report(file, Options::default()).await;
    let report = report.unwrap();
    assert_eq!((report.summary.created, report.summary.incomplete, report.summary.rejected), (4, 3, 1));
    assert!(report.left_out.contains_key("phone belongs to another profile"), "{report:?}");
    for column in ["phone: ", "locale: ", "time_zone: ", "country: "] {
        assert!(report.left_out.keys().any(|reason| reason.starts_with(column)), "{column} {report:?}");
    }
    assert!(report.left_out.keys().any(|reason| reason.contains("rounded")), "{report:?}");
    assert!(rejects.contains("6,\"phone: not a phone number"), "{rejects}");
    let bob = fixture.profile("b@example.com").await;
    assert_eq!((bob.external_id.as_deref(), bob.addresses.len()), (Some("2"), 1));
}

#[tokio::test]
async fn a_refusal_reaches_the_shared_number_that_its_row_leaves_out() {
    let fixture = Fixture::new();
    fixture.import("id,email,phone\n1,a@example.com,+4930123456\n").await;
    fixture.import("id,email,phone,consent.sms\n2,b@example.com,+4930123456,Nein\n").await;
    assert_eq!(fixture.decision("a@example.com", Channel::Sms).await, "OptedOutAddress");
    assert_eq!(fixture.profile("b@example.com").await.word.get(Field::Sms), Choice::No);
}

#[tokio::test]
async fn evidence_names_file_hash_line_and_column() {
    let fixture = Fixture::new();
    let options =
        Options { map: pairs(&[("Newsletter", "consent.email:ja=y,nein=n")]), ..named("/tmp/people.csv") };
    let report = fixture.report("email,Newsletter\na@example.com,nein\n", options).await.0.unwrap();
    let profile = fixture.profile("a@example.com").await;
    let history = fixture.store.history(MAIN, profile.id, None, 10).await.unwrap();
    let raw = history.entries[0].evidence.raw.clone().unwrap_or_default();
    assert!(raw.starts_with("people.csv (SHA-256 ") && raw.contains(&report.sha256), "{raw}");
    assert!(raw.ends_with("line 2: Newsletter: nein"), "{raw}");
}

#[tokio::test]
async fn a_dry_run_says_what_would_happen_and_changes_nothing() {
    let fixture = Fixture::new();
    fixture.import("email,consent.email\nb@example.com,n\n").await;
    let before = fixture.store.counts(MAIN).await.unwrap();
    let store: Store = fixture.store.clone();
    let from = Import { store: &store, workspace: MAIN, clock: &FixedClock };
    let file = "email,Newsletter,bounced\n\
        a@example.com,Ja,0\nb@example.com,Ja,0\nc@example.com,Nein,0\nd@example.com,Ja,1\ne@example.com,vielleicht,0\n";
    let map =
        pairs(&[("Newsletter", "consent.email:Ja=y,Nein=n"), ("bounced", "suppression.email:1=hard,0=-")]);
    let options = Options { map, ..named("people.csv") };
    let dry = dry_run(from, Cursor::new(file), options, Arc::default()).await.unwrap();
    assert_eq!(fixture.store.counts(MAIN).await.unwrap(), before);
    assert_eq!((dry.report.summary.read, dry.report.summary.rejected), (5, 1));
    // Ann; Bob's refusal stands, Cat refuses, Dan's address bounces, Eve's row is rejected.
    assert_eq!(dry.reachable["email"], 1);
    let newsletter = &dry.columns[1];
    assert_eq!((newsletter.reading.as_str(), newsletter.filled), ("consent.email", 5));
    let effect = |value: &str| {
        let found = newsletter.values.iter().find(|reading| reading.value == value).unwrap();
        (found.rows, found.effect.clone())
    };
    assert_eq!(effect("Ja"), (3, "consent.email=y".to_owned()));
    assert_eq!(effect("Nein"), (1, "consent.email=n".to_owned()));
    assert!(effect("vielleicht").1.contains("rejected"));
}

#[tokio::test]
async fn a_refusal_in_consents_is_not_lost_in_a_place_that_is_none() {
    let fixture = Fixture::new();
    for (at, consents) in [
        r#"{"marketing":{"Email":{"val":"n"}}}"#,
        r#"{"marketing":{"emails":{"val":"n"}}}"#,
        r#"{"Marketing":{"email":{"val":"n"}}}"#,
        r#"{"email":{"val":"n"}}"#,
        r#"{"email":"n"}"#,
        r#"{"marketing":{"email":"n"}}"#,
        r#"{"state":"unsubscribed"}"#,
    ]
    .into_iter()
    .enumerate()
    {
        let email = format!("p{at}@example.com");
        fixture.import(format!("email\n{email}\n")).await;
        let (outcome, _) =
            fixture.import(format!("{{\"email\":\"{email}\",\"consents\":{consents}}}\n")).await;
        assert_eq!(outcome.rejected, 1, "{consents}");
        let word = fixture.profile(&email).await.word;
        assert!(word.get(Field::Email).is_no() || word.get(Field::Any).is_no(), "{consents}");
    }
    let kept =
        r#"{"email":"k@example.com","consents":{"marketing":{"email":{"val":"y"}},"theirs":{"flag":false}}}"#;
    assert_eq!(fixture.import(format!("{kept}\n")).await.0.rejected, 0, "what isn't a choice is kept");
}
