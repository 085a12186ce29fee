//! Preferences on the page of choices.

use std::time::Duration;

use axum::http::Method;
use consent::{Level, Pace, PauseDays, Purpose, Source, Token};
use store::AddressOwner;

use crate::world::{FORM, WORKSPACE, World, save, send, statement};

fn link(world: &World, owner: &AddressOwner) -> String {
    world.link(&world.token(owner, Level::Channel).with_purpose(Purpose::Preferences))
}

#[tokio::test]
async fn preferences_are_one_entry_with_the_words_read() {
    let world = World::new();
    let owner = world.person("ann@example.com", None).await;
    let run = world.run(r#"{"brand":"Lumen Coffee"}"#).await;
    let token = Token {
        purpose: Purpose::Preferences,
        reference: consent::Reference::of_run(run),
        ..world.token(&owner, Level::Channel)
    };
    let path = world.link(&token);
    let entries = world.store.counts(WORKSPACE).await.unwrap().entries;
    let fields = "was-pace=as_it_comes&pace=monthly&was-pause=none&pause=90&was-preferred=&preferred=email";
    assert_eq!(save(&world, &path, fields).await, "?saved=1");
    assert_eq!(world.store.counts(WORKSPACE).await.unwrap().entries, entries + 1);
    let preferences = world.view(&owner).await.preferences;
    let until = PauseDays::THREE_MONTHS.until(consent::Clock::now(&*world.clock));
    assert_eq!((preferences.pace, preferences.pause_until), (Pace::Monthly, Some(until)));
    assert_eq!(preferences.preferred, consent::Preferred::Email);
    let entry = world.newest(&owner).await;
    assert!(entry.applied.is_empty());
    assert_eq!((&entry.source, entry.run, entry.address), (&Source::PAGE, Some(run), Some(owner.address)));
    let said =
        "How often: At most one a month; Pause: 90 days without marketing; The way you like best: Email";
    assert_eq!(statement(&entry)["said"], said);
    assert_eq!(statement(&entry)["page"], "choices");
    assert!(entry.evidence.preferences.unwrap().contains("pace=monthly"));
    // What stands is shown, and left alone it stays: the pause doesn't begin anew.
    world.clock.turn(Duration::from_hours(24));
    let page = world.get(&path).await.body;
    assert!(page.contains("As it is: paused until 1 August 2026"), "{page}");
    let ticked: Vec<&str> = page.lines().filter(|line| line.contains(" checked")).collect();
    assert!(ticked[0].contains("monthly") && ticked[1].contains("kept"), "{ticked:?}");
    assert!(page.contains(r#"<option value="email" selected>"#), "{page}");
    let fields =
        "was-pace=monthly&pace=monthly&was-pause=kept&pause=kept&was-preferred=email&preferred=email";
    assert_eq!(save(&world, &path, fields).await, "?saved=1");
    assert_eq!(world.store.counts(WORKSPACE).await.unwrap().entries, entries + 1);
    // And back.
    let fields = "was-pace=monthly&pace=as_it_comes&was-pause=kept&pause=none&was-preferred=email&preferred=";
    assert_eq!(save(&world, &path, fields).await, "?saved=1");
    assert_eq!(world.view(&owner).await.preferences, store::Preferences::default());
    // A pause that is over is none.
    assert_eq!(save(&world, &path, "was-pause=none&pause=30").await, "?saved=1");
    world.clock.turn(Duration::from_hours(31 * 24));
    assert!(!world.get(&path).await.body.contains("paused until"));
}

#[tokio::test]
async fn the_page_speaks_the_language_that_was_chosen_on_it() {
    let world = World::new();
    let owner = world.person("ann@example.com", Some("en")).await;
    let run = world.run(r#"{"brand":"Lumen Coffee","language":"fr"}"#).await;
    let token = Token {
        purpose: Purpose::Preferences,
        reference: consent::Reference::of_run(run),
        ..world.token(&owner, Level::Channel)
    };
    let path = world.link(&token);
    assert!(world.get(&path).await.body.contains(r#"<html lang="fr""#));
    assert_eq!(save(&world, &path, "was-language=&language=de").await, "?saved=1");
    // The words that led there are French.
    assert_eq!(statement(&world.newest(&owner).await)["language"], "fr");
    let page = world.get(&format!("{path}?saved=1")).await.body;
    assert!(page.contains(r#"<html lang="de""#) && page.contains("Gespeichert."), "{page}");
    assert!(page.contains(r#"<option value="de" selected>Deutsch"#), "{page}");
    assert!(page.contains(r#"<option value="es" lang="es">Español"#), "{page}");
    // So does the page of the next link.
    let link = world
        .link(&Token { reference: consent::Reference::of_run(run), ..world.token(&owner, Level::Channel) });
    assert!(world.get(&link).await.body.contains(r#"<html lang="de""#));
    assert_eq!(save(&world, &path, "was-language=de&language=").await, "?saved=1");
    assert!(world.get(&path).await.body.contains(r#"<html lang="fr""#));
}

#[tokio::test]
async fn a_language_that_the_pages_dont_speak_stays_unless_changed() {
    let world = World::new();
    let owner = world.person("ann@example.com", None).await;
    let change = store::PreferenceChange {
        language: Some(Some("mi".to_owned())),
        preferred: Some(consent::Preferred::PhyMail),
        ..store::PreferenceChange::new(
            consent::Subject::Address(owner.address),
            Source::API,
            consent::Clock::now(&*world.clock),
        )
    };
    world.store.set_preferences(WORKSPACE, change).await.unwrap();
    let path = link(&world, &owner);
    let page = world.get(&path).await.body;
    assert!(page.contains(r#"<option value="mi" selected>Recorded: mi"#), "{page}");
    assert!(page.contains(r#"<option value="phyMail" selected>Recorded: phyMail"#), "{page}");
    let before = world.everything(&owner).await;
    let fields = "was-language=mi&language=mi&was-preferred=phyMail&preferred=phyMail";
    assert_eq!(save(&world, &path, fields).await, "?saved=1");
    assert_eq!(world.everything(&owner).await, before);
}

#[tokio::test]
async fn the_page_is_small_and_loads_nothing() {
    let world = World::new();
    let owner = world.person("ann@example.com", None).await;
    let answer = world.get(&link(&world, &owner)).await;
    assert!(answer.body.len() < 15_000, "{}", answer.body.len());
    for foreign in ["<script", "http:", "https:", "<img", "<link", " style="] {
        assert!(!answer.body.contains(foreign), "{foreign}");
    }
    assert!(answer.header("content-security-policy").starts_with("default-src 'none'; style-src 'sha256-"));
    let headers = [("content-type", FORM)];
    let answer =
        send(&world.router, Method::POST, &link(&world, &owner), &headers, "via=page&action=save").await;
    assert_eq!(answer.header("location"), "?saved=1");
}

/// Whoever has the link, a script too, writes so much and no more; the no is always heard.
#[tokio::test]
async fn a_link_writes_so_much_and_a_no_in_any_case() {
    let world = World::new();
    let owner = world.person("ann@example.com", None).await;
    let path = link(&world, &owner);
    let entries = async || world.store.counts(WORKSPACE).await.unwrap().entries;
    let before = entries().await;
    let mut answers = Vec::new();
    for _ in 0..300 {
        answers.push(save(&world, &path, "was-email=&email=n").await);
        answers.push(save(&world, &path, "was-email=n&email=y&was-pace=as_it_comes&pace=monthly").await);
        answers.push(save(&world, &path, "was-pace=monthly&pace=as_it_comes").await);
    }
    assert!(entries().await - before <= 100, "{} entries", entries().await - before);
    assert_eq!(answers.last().unwrap(), "?saved=partly");
    assert_eq!(save(&world, &path, "was-email=&email=n").await, "?saved=1", "a no isn't counted");
    assert!(world.view(&owner).await.values[&consent::Field::Email].choice.is_no());
    // A day later there is room again, for ten at once.
    world.clock.turn(Duration::from_hours(25));
    let mut saved = 0;
    for n in 0..11 {
        let pace = ["monthly", "weekly"][n % 2];
        saved += usize::from(save(&world, &path, &format!("was-pace=x&pace={pace}")).await == "?saved=1");
    }
    assert_eq!(saved, 10);
    // What is said again within a day, and what is unchanged, writes nothing.
    assert_eq!(save(&world, &path, "was-email=&email=n").await, "?saved=1");
    let before = entries().await;
    for fields in ["was-email=&email=n", "was-email=n&email=n", "x=1", "was-pace=monthly&pace=monthly"] {
        assert_eq!(save(&world, &path, fields).await, "?saved=1");
    }
    assert_eq!(entries().await, before);
}
