//! Lists on the page of choices.

use consent::{Choice, Level, ListId, Purpose, Source, Timestamp, Token, WorkspaceId};
use store::{AddressOwner, ListDetails, ListText, NewList};

use crate::world::{WORKSPACE, World, save, statement};

fn link(world: &World, owner: &AddressOwner) -> String {
    world.link(&world.token(owner, Level::Channel).with_purpose(Purpose::Preferences))
}

struct Shape<'a> {
    name: &'a str,
    public: bool,
    position: i32,
    texts: &'a [(&'a str, &'a str, &'a str)],
    starts: Option<&'a str>,
    ends: Option<&'a str>,
}

impl Default for Shape<'_> {
    fn default() -> Self {
        Self { name: "news", public: true, position: 0, texts: &[], starts: None, ends: None }
    }
}

async fn list(world: &World, workspace: WorkspaceId, shape: Shape<'_>) -> ListId {
    let at = |text: Option<&str>| text.map(|text| Timestamp::parse(text).unwrap());
    let text = |(lang, title, description): &(&str, &str, &str)| {
        let text = ListText { title: (*title).to_owned(), description: (*description).to_owned() };
        ((*lang).to_owned(), text)
    };
    let details = ListDetails {
        public: shape.public,
        position: shape.position,
        texts: shape.texts.iter().map(text).collect(),
        ..ListDetails::default()
    };
    let list = NewList {
        details,
        starts_at: at(shape.starts),
        ends_at: at(shape.ends),
        ..NewList::new(shape.name, Timestamp(1))
    };
    world.store.create_list(workspace, list).await.unwrap().id
}

async fn value(world: &World, owner: &AddressOwner, list: ListId) -> Option<Choice> {
    let view = world.view(owner).await;
    view.subscriptions.iter().find(|(id, ..)| *id == list).map(|(.., held)| held.choice)
}

async fn set(world: &World, owner: &AddressOwner, list: ListId, choice: Choice) {
    let change = consent::ConsentChange {
        subject: consent::Subject::Address(owner.address),
        sets: std::iter::once((consent::Target::List(list), choice)).collect(),
        occurred_at: None,
        received_at: consent::Clock::now(&*world.clock),
        source: Source::API,
        run: None,
        evidence: consent::Evidence::default(),
    };
    world.store.record(WORKSPACE, vec![change]).await.unwrap();
}

#[tokio::test]
async fn a_public_list_is_joined_and_left_without_a_second_confirmation() {
    let world = World::new();
    let owner = world.person("ann@example.com", Some("de")).await;
    let texts = [("de", "Neuigkeiten", "Einmal im Monat"), ("en", "News", "Once a month")];
    let news = list(&world, WORKSPACE, Shape { texts: &texts, ..Shape::default() }).await;
    let path = link(&world, &owner);
    let page = world.get(&path).await.body;
    assert!(page.contains("Neuigkeiten") && page.contains("Einmal im Monat"), "{page}");
    let field = format!("list.{}", news.0);
    assert_eq!(save(&world, &path, &format!("was-{field}=&{field}=y")).await, "?saved=1");
    // Double opt-in is on: the link has come to the address itself.
    assert_eq!(value(&world, &owner, news).await, Some(Choice::Yes));
    let entry = world.newest(&owner).await;
    let statement = statement(&entry);
    assert_eq!(statement["said"], "Neuigkeiten. Einmal im Monat: Ja");
    assert_eq!(statement["language"], "de");
    assert_eq!(save(&world, &path, &format!("was-{field}=y&{field}=n")).await, "?saved=1");
    assert_eq!(value(&world, &owner, news).await, Some(Choice::No));
}

#[tokio::test]
async fn lists_stand_in_their_order_and_private_ones_are_shown_to_those_on_them() {
    let world = World::new();
    let owner = world.person("ann@example.com", None).await;
    let last = Shape { name: "a-last", position: 9, ..Shape::default() };
    let hidden = Shape { name: "hidden", public: false, ..Shape::default() };
    list(&world, WORKSPACE, last).await;
    let hidden = list(&world, WORKSPACE, hidden).await;
    list(&world, WORKSPACE, Shape { name: "b-first", position: -1, ..Shape::default() }).await;
    let path = link(&world, &owner);
    let page = world.get(&path).await.body;
    assert!(page.find("b-first").unwrap() < page.find("a-last").unwrap(), "{page}");
    assert!(!page.contains("<bdi>hidden"), "{page}");
    // Nobody puts themselves on it.
    let field = format!("list.{}", hidden.0);
    assert_eq!(save(&world, &path, &format!("was-{field}=&{field}=y")).await, "?saved=1");
    assert_eq!(value(&world, &owner, hidden).await, None);
    // Those who are on it leave it, and may think again.
    set(&world, &owner, hidden, Choice::Pending).await;
    let page = world.get(&path).await.body;
    assert!(page.contains("<bdi>hidden") && page.contains("Not confirmed yet"), "{page}");
    for (was, now, choice) in [("", "y", Choice::Yes), ("y", "n", Choice::No), ("n", "y", Choice::Yes)] {
        assert_eq!(save(&world, &path, &format!("was-{field}={was}&{field}={now}")).await, "?saved=1");
        assert_eq!(value(&world, &owner, hidden).await, Some(choice));
    }
}

#[tokio::test]
async fn only_a_list_in_use_is_joined() {
    let world = World::new();
    let owner = world.person("ann@example.com", None).await;
    let (past, future) = (Some("2026-05-01T00:00:00Z"), Some("2026-06-09T00:00:00Z"));
    let over = list(&world, WORKSPACE, Shape { name: "over", ends: past, ..Shape::default() }).await;
    let soon = list(&world, WORKSPACE, Shape { name: "soon", starts: future, ..Shape::default() }).await;
    let path = link(&world, &owner);
    let page = world.get(&path).await.body;
    assert!(page.contains("Starts on 9 June 2026") && !page.contains("<bdi>over"), "{page}");
    assert!(!page.contains(&format!("name=\"list.{}\"", soon.0)), "{page}");
    let field = format!("list.{}", soon.0);
    assert_eq!(save(&world, &path, &format!("was-{field}=&{field}=y")).await, "?saved=partly");
    assert_eq!(value(&world, &owner, soon).await, None);
    // Who is on one that has ended can leave it, not join it.
    set(&world, &owner, over, Choice::Yes).await;
    let page = world.get(&path).await.body;
    assert!(page.contains("Has ended"), "{page}");
    let field = format!("list.{}", over.0);
    assert_eq!(page.matches(&format!("name=\"{field}\"")).count(), 1, "{page}");
    assert_eq!(save(&world, &path, &format!("was-{field}=y&{field}=n")).await, "?saved=1");
    assert_eq!(value(&world, &owner, over).await, Some(Choice::No));
    assert_eq!(save(&world, &path, &format!("was-{field}=n&{field}=y")).await, "?saved=partly");
    assert_eq!(value(&world, &owner, over).await, Some(Choice::No));
}

#[tokio::test]
async fn another_workspaces_lists_are_out_of_reach() {
    let world = World::new();
    let owner = world.person("ann@example.com", None).await;
    let other = list(&world, WorkspaceId(2), Shape { name: "theirs", ..Shape::default() }).await;
    let path = link(&world, &owner);
    let before = world.everything(&owner).await;
    assert!(!world.get(&path).await.body.contains("theirs"));
    for value in ["y", "n"] {
        let field = format!("list.{}", other.0);
        assert_eq!(save(&world, &path, &format!("was-{field}=&{field}={value}")).await, "?saved=1");
    }
    assert_eq!(world.everything(&owner).await, before);
}

#[tokio::test]
async fn a_page_with_many_lists_stays_small_and_shows_all_that_somebody_is_on() {
    let world = World::new();
    let owner = world.person("ann@example.com", None).await;
    let description = "Æ".repeat(100);
    for at in 0..60 {
        let (name, title) = (format!("list-{at}"), format!("Topic {at:02}"));
        let texts = [("en", title.as_str(), description.as_str())];
        let shape = Shape { name: &name, position: at, texts: &texts, ..Shape::default() };
        let id = list(&world, WORKSPACE, shape).await;
        if at >= 55 {
            set(&world, &owner, id, Choice::Yes).await;
        }
    }
    let page = world.get(&link(&world, &owner)).await.body;
    assert!(page.len() < 30_000, "{}", page.len());
    assert_eq!(page.matches("<bdi>Topic").count(), 30, "{page}");
    assert!(page.contains("Topic 00") && page.contains("Topic 59") && !page.contains("Topic 30"));
    let public = world.store.lists(WORKSPACE).await.unwrap();
    // Made private they are no longer offered, but stay with those who are on them.
    for list in public {
        let details = ListDetails { public: false, ..list.details };
        let update = store::ListUpdate { details, starts_at: None, ends_at: None };
        world.store.update_list(WORKSPACE, list.id, update).await.unwrap();
    }
    let page = world.get(&link(&world, &owner)).await.body;
    assert_eq!(page.matches("<bdi>Topic").count(), 5, "{page}");
}

#[tokio::test]
async fn the_list_of_the_message_is_shown_in_any_case() {
    let world = World::new();
    let owner = world.person("ann@example.com", None).await;
    let list = list(&world, WORKSPACE, Shape { public: false, ..Shape::default() }).await;
    let token = Token { purpose: Purpose::Preferences, list, ..world.token(&owner, Level::Subscription) };
    let path = world.link(&token);
    let field = format!("list.{}", list.0);
    assert!(world.get(&path).await.body.contains(&format!("was-{field}")));
    assert_eq!(save(&world, &path, &format!("was-{field}=&{field}=n")).await, "?saved=1");
    assert_eq!(value(&world, &owner, list).await, Some(Choice::No));
}
