//! Reasons after an opt-out.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use consent::{EntryId, Level, Purpose, Source};
use store::{AddressOwner, GivenReason, OptOutReason, Settings};

use crate::world::{Answer, FORM, WORKSPACE, World, statement};

async fn given(world: &World, entry: EntryId) -> Vec<(String, String)> {
    let given = world.store.reasons_given(WORKSPACE, vec![entry]).await.unwrap();
    given.into_iter().map(|given: GivenReason| (given.code, given.text)).collect()
}

/// Opts out; answers the page and the entry.
async fn out(world: &World, owner: &AddressOwner) -> (Answer, EntryId) {
    let done = world.press(&world.unsubscribe(owner, Level::Channel), "unsubscribe").await;
    (done, world.newest(owner).await.id)
}

async fn say(world: &World, path: &str, fields: &str) -> Answer {
    world.send(Method::POST, path, FORM, &format!("via=page&action=reason&{fields}")).await
}

#[tokio::test]
async fn a_reason_is_asked_after_the_no_only_and_kept() {
    let world = World::new();
    let owner = world.person("ann@example.com", None).await;
    let link = world.unsubscribe(&owner, Level::Channel);
    let ask = world.get(&link).await;
    assert_eq!(ask.link("/p/"), None);
    let ask = ask.body;
    for later in ["Say why", "Other choices", "<textarea", "type=\"radio\""] {
        assert!(!ask.contains(later), "{later} stands before the no: {ask}");
    }
    let (done, entry) = out(&world, &owner).await;
    assert!(done.body.contains("Say why, if you like") && done.body.contains("Too many messages"));
    assert!(done.body.contains("Other choices") && done.link("/p/").is_some());
    assert!(!done.body.contains(" checked"));
    let (undo, entries) = (done.link("/u/").unwrap(), world.store.counts(WORKSPACE).await.unwrap().entries);
    let thanks = say(&world, &undo, "reason=too-many&text=+You%0D%0Awrite+daily%00+").await;
    assert_eq!(thanks.status, StatusCode::OK);
    assert!(
        thanks.body.contains("Thank you") && thanks.body.contains("You’re unsubscribed"),
        "{}",
        thanks.body
    );
    let text = "You\nwrite daily\u{fffd}".to_owned();
    assert_eq!(given(&world, entry).await, [("too-many".to_owned(), text)]);
    // Said again it replaces what was said; nothing said changes nothing. None of it is a new opt-out.
    say(&world, &undo, "reason=other&text=").await;
    assert!(!say(&world, &undo, "text=").await.body.contains("Thank you"));
    assert_eq!(given(&world, entry).await, [("other".to_owned(), String::new())]);
    assert_eq!(world.store.counts(WORKSPACE).await.unwrap().entries, entries);
    // Undo is offered still, and is an entry of its own.
    let undone = world.press(&thanks.link("/u/").unwrap(), "undo").await;
    assert!(undone.body.contains("Undone"), "{}", undone.body);
    let newest = world.newest(&owner).await;
    assert_eq!(newest.source, Source::UNDO);
    assert_eq!(statement(&newest)["said"], "Undo your opt-out: Undo");
    // An old tab may still say why; the page doesn't claim that they are out.
    let late = say(&world, &undo, "reason=other&text=late").await;
    assert_eq!((late.status, late.body.contains("You’re unsubscribed")), (StatusCode::OK, false));
}

#[tokio::test]
async fn the_evidence_of_an_opt_out_names_page_version_language_and_words() {
    let world = World::new();
    let owner = world.person("ann@example.com", Some("de-AT")).await;
    out(&world, &owner).await;
    let entry = world.newest(&owner).await;
    let statement = statement(&entry);
    assert_eq!(entry.source, Source::PAGE);
    assert_eq!((&statement["page"], &statement["language"]), (&"link".into(), &"de".into()));
    assert_eq!(statement["version"].as_str().unwrap().len(), 12);
    assert_eq!(statement["said"], "Keine Werbung per E-Mail mehr von diesem Absender: Abmelden");
}

#[tokio::test]
async fn other_links_and_made_up_reasons_are_worth_nothing() {
    let world = World::new();
    let owner = world.person("ann@example.com", None).await;
    let link = world.unsubscribe(&owner, Level::Channel);
    let (done, entry) = out(&world, &owner).await;
    let choices = world.link(&world.token(&owner, Level::Channel).with_purpose(Purpose::Preferences));
    let proof = world.link(&world.token(&owner, Level::Channel).with_purpose(Purpose::Proof));
    for path in [&link, &choices, &proof] {
        assert_eq!(say(&world, path, "reason=other").await.status, StatusCode::BAD_REQUEST, "{path}");
    }
    // An undo link names its own entry, whatever the form says.
    let undo = done.link("/u/").unwrap();
    for fields in
        ["reason=made-up", "reason=made-up&text=+", "reason=%3Cb%3E", "reason=other&reason=too-many"]
    {
        assert_eq!(say(&world, &undo, fields).await.status, StatusCode::OK);
        assert!(given(&world, entry).await.is_empty(), "{fields}");
    }
    // A text is cut by characters, not bytes.
    say(&world, &undo, &format!("entry=1&text={}", "%C3%A9".repeat(600))).await;
    assert_eq!(given(&world, entry).await, [(String::new(), "é".repeat(500))]);
    // One click opts out without a page; whoever opens the page later may say why.
    let other = world.person("bob@example.com", None).await;
    let link = world.unsubscribe(&other, Level::Channel);
    world.one_click(&link).await;
    let page = world.get(&link).await;
    assert!(page.body.contains("Say why, if you like"));
    let page = say(&world, &page.link("/u/").unwrap(), "reason=never-asked").await;
    assert!(!page.body.contains("already"), "{}", page.body);
}

#[tokio::test]
async fn the_brands_own_reasons_stand_in_their_place() {
    let world = World::new();
    let owner = world.person("ann@example.com", Some("de")).await;
    let reason = |code: &str, texts: &[(&str, &str)]| OptOutReason {
        code: code.to_owned(),
        texts: texts.iter().map(|(lang, text)| ((*lang).to_owned(), (*text).to_owned())).collect(),
    };
    let settings = |reasons| Settings { opt_out_reasons: Some(reasons), ..Settings::default() };
    let own = vec![
        reason("moved", &[("en", "I <moved>"), ("de", "Ich bin umgezogen")]),
        reason("shop", &[("en", "Your shop is closed")]),
        // Not by the rules: left out, and in nobody's way.
        reason("a b", &[("en", "Broken")]),
        reason("empty", &[]),
    ];
    world.store.update_settings(WORKSPACE, settings(own).replacing()).await.unwrap();
    let (done, entry) = out(&world, &owner).await;
    assert!(done.body.contains("Ich bin umgezogen") && done.body.contains("Your shop is closed"));
    assert_eq!(done.body.matches("type=\"radio\"").count(), 2, "{}", done.body);
    let undo = done.link("/u/").unwrap();
    say(&world, &undo, "reason=too-many").await;
    assert!(given(&world, entry).await.is_empty());
    say(&world, &undo, "reason=moved").await;
    assert_eq!(given(&world, entry).await, [("moved".to_owned(), String::new())]);
    // A brand may ask nothing.
    world.store.update_settings(WORKSPACE, settings(Vec::new()).replacing()).await.unwrap();
    world.clock.turn(Duration::from_secs(5));
    let page = world.get(&world.unsubscribe(&owner, Level::Channel)).await.body;
    assert!(!page.contains("<textarea") && page.contains("schon abgemeldet"), "{page}");
}
