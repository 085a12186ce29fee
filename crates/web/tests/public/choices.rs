use std::time::Duration;

use axum::http::{Method, StatusCode};
use consent::{Choice, Field, Level, Pace, Preferred, Purpose, Source};
use store::AddressOwner;

use crate::world::{FORM, WORKSPACE, World, save, send, statement};

fn link(world: &World, owner: &AddressOwner) -> String {
    world.link(&world.token(owner, Level::Channel).with_purpose(Purpose::Preferences))
}

#[tokio::test]
async fn only_what_the_person_changed_is_recorded() {
    let world = World::new();
    let owner = world.person("ann@example.com", None).await;
    let path = link(&world, &owner);
    let page = world.get(&path).await;
    assert!(
        page.body.contains("Your choices") && page.body.contains("You have not said anything about this")
    );
    // Of consent nothing, of preferences what goes without saying.
    let ticked: Vec<&str> = page.body.lines().filter(|line| line.contains(" checked")).collect();
    assert_eq!(ticked.len(), 2, "{ticked:?}");
    assert!(ticked[0].contains("as_it_comes") && ticked[1].contains("No pause"), "{ticked:?}");
    let before = world.everything(&owner).await;
    // Left as it was shown.
    assert_eq!(save(&world, &path, "was-email=&was-any=&was-identity=").await, "?saved=1");
    assert_eq!(
        save(&world, &path, "was-email=y&email=y&was-pace=as_it_comes&pace=as_it_comes").await,
        "?saved=1"
    );
    assert_eq!(world.everything(&owner).await, before);
    // A yes, with the words that were agreed to.
    assert_eq!(save(&world, &path, "was-email=&email=y&was-any=").await, "?saved=1");
    let entry = world.newest(&owner).await;
    assert_eq!((entry.applied[0].new, &entry.source), (Choice::Yes, &Source::PAGE));
    let statement = statement(&entry);
    assert_eq!(statement["said"], "Marketing email to any address of yours: Yes");
    assert_eq!((&statement["page"], &statement["language"]), (&"choices".into(), &"en".into()));
    let version = statement["version"].as_str().unwrap();
    assert!(version.len() == 12 && version.bytes().all(|b| b.is_ascii_hexdigit()), "{version}");
    let page = world.get(&path).await;
    assert!(page.body.contains("Yes since 3 May 2026"));
    assert_eq!(page.body.matches(" checked").count(), 3);
    assert!(world.get(&format!("{path}?saved=1")).await.body.contains("Saved."));
    // And back.
    assert_eq!(save(&world, &path, "was-email=y&email=n&was-identity=&identity=n").await, "?saved=1");
    let view = world.view(&owner).await;
    assert_eq!(view.values[&Field::Email].choice, Choice::No);
    assert_eq!(view.addresses[0].values[&Field::Email].choice, Choice::No);
    // A deliberate yes after a no is a new consent generation: it outdates the links from before.
    assert_eq!(save(&world, &path, "was-email=n&email=y&was-identity=n&identity=n").await, "?saved=1");
    let now = world.store.owner(WORKSPACE, owner.address).await.unwrap().unwrap();
    assert!(now.epoch > owner.epoch);
}

#[tokio::test]
async fn what_is_saved_twice_at_once_loses_no_no() {
    let world = World::new();
    let owner = world.person("ann@example.com", None).await;
    let path = link(&world, &owner);
    // Two tabs show that nothing is recorded. One says no, then the other says yes, to that and to something else.
    assert_eq!(save(&world, &path, "was-email=&email=n").await, "?saved=1");
    let fields = "was-email=&email=y&was-personalize=&personalize=n&was-pace=as_it_comes&pace=weekly";
    assert_eq!(save(&world, &path, fields).await, "?saved=partly");
    let view = world.view(&owner).await;
    assert_eq!(view.values[&Field::Email].choice, Choice::No);
    assert_eq!(view.values[&Field::PersonalizeContent].choice, Choice::No);
    assert_eq!(view.preferences.pace, Pace::Weekly);
    let page = world.get(&format!("{path}?saved=partly")).await;
    assert!(page.body.contains("Not everything could be saved"), "{}", page.body);
    // Whoever says nothing of having seen the no hasn't seen it.
    assert_eq!(save(&world, &path, "email=y").await, "?saved=partly");
    assert_eq!(world.view(&owner).await.values[&Field::Email].choice, Choice::No);
    // A tab that showed a yes changes nothing of a no that came since.
    assert_eq!(save(&world, &path, "was-email=n&email=y").await, "?saved=1");
    world.clock.turn(Duration::from_secs(5));
    world.one_click(&world.unsubscribe(&world.again(&owner).await, Level::Channel)).await;
    assert_eq!(save(&world, &path, "was-email=y&email=y").await, "?saved=1");
    assert_eq!(world.view(&owner).await.values[&Field::Email].choice, Choice::No);
    // Having seen it, they may.
    assert_eq!(save(&world, &path, "was-email=n&email=y").await, "?saved=1");
    assert_eq!(world.view(&owner).await.values[&Field::Email].choice, Choice::Yes);
}

#[tokio::test]
async fn every_way_to_a_person_is_shown() {
    let world = World::new();
    let owner = world.person("ann@example.com", None).await;
    assert!(!world.get(&link(&world, &owner)).await.body.contains("was-sms"));
    let row = store::ProfileRow {
        addresses: vec![
            consent::Address::email("ann@example.com").unwrap(),
            consent::Address::phone("+4915112345678", None).unwrap(),
        ],
        received_at: consent::Clock::now(&*world.clock),
        ..store::ProfileRow::default()
    };
    world.store.import(WORKSPACE, vec![row]).await.unwrap();
    let path = link(&world, &owner);
    let page = world.get(&path).await.body;
    assert!(page.contains("Marketing text messages to any number of yours"), "{page}");
    assert!(!page.contains("was-push"), "{page}");
    assert_eq!(save(&world, &path, "was-sms=&sms=n").await, "?saved=1");
    assert_eq!(world.view(&owner).await.values[&Field::Sms].choice, Choice::No);
    assert_eq!(save(&world, &path, "was-preferred=&preferred=sms").await, "?saved=1");
    assert_eq!(world.view(&owner).await.preferences.preferred, Preferred::Sms);
}

#[tokio::test]
async fn one_press_stops_everything() {
    let world = World::new();
    let owner = world.person("ann@example.com", None).await;
    let path = link(&world, &owner);
    assert_eq!(world.press(&path, "stop-all").await.status, StatusCode::SEE_OTHER);
    let view = world.store.profile(WORKSPACE, owner.profile).await.unwrap().unwrap();
    assert_eq!(view.values[&Field::Any].choice, Choice::No);
    let page = world.get(&path).await;
    assert!(page.body.contains("is stopped since 3 May 2026"), "{}", page.body);
}

#[tokio::test]
async fn other_links_and_bodies_are_refused() {
    let world = World::new();
    let owner = world.person("ann@example.com", None).await;
    let path = link(&world, &owner);
    let other = world.unsubscribe(&owner, Level::Channel).replace("/u/", "/p/");
    let before = world.everything(&owner).await;
    assert_eq!(world.get(&other).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(world.press(&other, "stop-all").await.status, StatusCode::BAD_REQUEST);
    for fields in [
        "was-email=&email=LI",
        "was-email=&email=p",
        "was-email=&email=",
        "was-pace=as_it_comes&pace=daily",
        "was-pace=as_it_comes&pace=",
        "was-pause=none&pause=366000",
        "was-pause=none&pause=45",
        "was-pause=none&pause=-30",
        "was-pause=none&pause=kept",
        "was-preferred=&preferred=sms",
        "was-preferred=&preferred=inVehicle",
        "was-language=&language=xx",
        "was-language=&language=%22%3E%3Cscript%3E",
        // With one bad value the good ones aren't recorded either.
        "was-email=&email=n&was-pace=as_it_comes&pace=daily",
    ] {
        let body = format!("via=page&action=save&{fields}");
        let answer = world.send(Method::POST, &path, FORM, &body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{fields}");
        assert_eq!(world.everything(&owner).await, before, "{fields}");
    }
    // What the page doesn't have is passed over; what is there twice says nothing.
    for fields in [
        "was-email=&email=y&email=n",
        "share=y&was-share=&collect=y&adID=y&fax=n&profile=2&address=7&source=api&channel=y",
        "list.1=y&list.99999=y&list.-1=n&list.=n&list.1x=y",
    ] {
        assert_eq!(save(&world, &path, fields).await, "?saved=1", "{fields}");
        assert_eq!(world.everything(&owner).await, before, "{fields}");
    }
    let body = "via=page&action=save&was-email=&email=n";
    assert_eq!(world.send(Method::POST, "/p/abc", FORM, body).await.status, StatusCode::BAD_REQUEST);
    // The button in a frame of a third party does no more than the link does: the token is the authority.
    let headers = [("content-type", FORM), ("origin", "https://evil.example"), ("cookie", "a=b")];
    let answer = send(&world.router, Method::POST, &path, &headers, body).await;
    assert_eq!(answer.header("location"), "?saved=1");
    assert!(!answer.headers.contains_key("set-cookie"));
}
