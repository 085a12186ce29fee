use std::collections::BTreeMap;
use std::time::Duration;

use axum::http::{Method, StatusCode};
use consent::{Choice, Field, Level, ListId, Purpose, Reference, RunId, Sent, Source, Token, WorkspaceId};
use store::AddressOwner;
use web::landing::{self, Asks, Checkbox, Content, Reach};

use crate::world::{Answer, FORM, WORKSPACE, World};

fn tick(label: &str, asks: Asks, target: Reach, list: Option<&str>) -> Checkbox {
    Checkbox { label: label.to_owned(), asks, target, list: list.map(str::to_owned) }
}

fn content(form: Vec<Checkbox>) -> Content {
    let parts = [
        ("primary", "<h2>Hi {{ profile.name|default('you') }}</h2><script>x()</script>{{ form }}<p>end</p>"),
        ("thanks", "<p>Thank you so much</p>"),
        ("more", "<p>More of it</p>"),
    ];
    Content {
        title: "Your <news>".to_owned(),
        language: "en".to_owned(),
        button: "Keep it so".to_owned(),
        parts: parts.map(|(name, source)| (name.to_owned(), source.to_owned())).into(),
        form,
        ..Content::default()
    }
}

/// Keeps and publishes; the link of it for somebody.
async fn publish(world: &World, owner: &AddressOwner, content: &Content) -> String {
    let (page, problems) =
        landing::put(&world.store, WORKSPACE, "spring", content, world.now()).await.unwrap();
    assert_eq!(problems, []);
    world.store.publish_landing_page(WORKSPACE, "spring", page.version, world.now()).await.unwrap();
    link(world, owner, page.id.0)
}

fn link(world: &World, owner: &AddressOwner, page: i64) -> String {
    let reference = Reference::Page(page, Sent::Unknown);
    world.link(&Token { purpose: Purpose::Landing, reference, ..world.token(owner, Level::Channel) })
}

async fn save(world: &World, path: &str, fields: &str) -> Answer {
    world.clock.turn(Duration::from_secs(5));
    world.send(Method::POST, path, FORM, &format!("via=page&action=save&{fields}")).await
}

async fn choice(world: &World, owner: &AddressOwner, list: ListId) -> (Choice, Choice) {
    let view = world.store.profile(WORKSPACE, owner.profile).await.unwrap().unwrap();
    let email = view.values.get(&Field::Email).map_or(Choice::Unset, |held| held.choice);
    let on = view.subscriptions.iter().find(|(id, ..)| *id == list);
    (email, on.map_or(Choice::Unset, |(.., held)| held.choice))
}

#[tokio::test]
async fn a_form_records_what_is_ticked_with_its_words() {
    let world = World::new();
    let owner = world.person("ann@example.com", None).await;
    let list = world.list("news").await;
    let form = vec![
        tick("News <by> mail", Asks::In, Reach::List, Some("news")),
        tick("No more mail", Asks::Out, Reach::Channel, None),
    ];
    let path = publish(&world, &owner, &content(form)).await;
    let before = world.everything(&owner).await;
    let page = world.get(&path).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(
        page.body.contains("<h2>Hi you</h2>") && page.body.contains("News &lt;by&gt; mail"),
        "{}",
        page.body
    );
    assert!(
        page.body.contains("Your &lt;news&gt;")
            && !page.body.contains("<script")
            && !page.body.contains("x()")
    );
    assert!(!page.body.contains(" checked"), "something is ticked that nobody chose");
    assert!(page.header("content-security-policy").contains("form-action 'self'"));
    assert!(page.link("/p/").is_some(), "the plain page of choices is always there");
    // Looking, and a form that says nothing, record nothing.
    let nothing = save(&world, &path, "was-0=n&was-1=n").await;
    assert_eq!((nothing.status, nothing.header("location")), (StatusCode::SEE_OTHER, "?saved=0"));
    for body in ["box-0=yes", "box-7=y", "was-0=n&box-0=y&box-0=y"] {
        assert_eq!(save(&world, &path, body).await.header("location"), "?saved=0", "{body}");
    }
    for body in ["", "box-0=y", "via=page&action=unsubscribe&box-0=y"] {
        assert_eq!(
            world.send(Method::POST, &path, FORM, body).await.status,
            StatusCode::BAD_REQUEST,
            "{body}"
        );
    }
    assert_eq!(world.everything(&owner).await, before);
    assert!(world.get(&format!("{path}?saved=0")).await.body.contains("Nothing was changed."));
    // A yes to the list, with what was read.
    assert_eq!(save(&world, &path, "was-0=n&box-0=y&was-1=n").await.header("location"), "?saved=1");
    assert_eq!(choice(&world, &owner, list).await, (Choice::Unset, Choice::Yes));
    let entry = world.store.history(WORKSPACE, owner.profile, None, 9).await.unwrap().entries.remove(0);
    assert_eq!(entry.source, Source::PAGE);
    let raw = entry.evidence.raw.unwrap();
    for part in ["\"page\":\"landing\"", "spring (version 1): News <by> mail: ticked", "\"language\":\"en\""]
    {
        assert!(raw.contains(part), "{raw}");
    }
    let thanks = world.get(&format!("{path}?saved=1")).await;
    assert!(
        thanks.body.contains("Thank you so much") && thanks.body.contains("Your choices count from now on")
    );
    // It is shown as ticked, and left alone it isn't said again.
    assert_eq!(world.get(&path).await.body.matches(" checked").count(), 1);
    assert_eq!(save(&world, &path, "was-0=y&box-0=y&was-1=n").await.header("location"), "?saved=0");
    assert_eq!(save(&world, &path, "was-0=y&was-1=n").await.header("location"), "?saved=0");
    assert_eq!(save(&world, &path, "was-0=y&box-0=y&was-1=n&box-1=y").await.header("location"), "?saved=1");
    assert_eq!(choice(&world, &owner, list).await, (Choice::No, Choice::Yes));
    // Other parts open by their names; others than those there are don't.
    assert!(world.get(&format!("{path}?page=more")).await.body.contains("More of it"));
    assert!(world.get(&format!("{path}?page=none")).await.body.contains("Hi you"));
}

#[tokio::test]
async fn a_box_both_ways_takes_back_what_it_showed() {
    let world = World::new();
    let owner = world.person("ann@example.com", None).await;
    let list = world.list("news").await;
    let path =
        publish(&world, &owner, &content(vec![tick("News", Asks::Both, Reach::List, Some("news"))])).await;
    assert_eq!(save(&world, &path, "was-0=n&box-0=y").await.header("location"), "?saved=1");
    assert_eq!(choice(&world, &owner, list).await.1, Choice::Yes);
    assert_eq!(save(&world, &path, "was-0=y").await.header("location"), "?saved=1");
    assert_eq!(choice(&world, &owner, list).await.1, Choice::No);
}

#[tokio::test]
async fn whatever_is_wrong_with_a_page_the_plain_choices_come_instead() {
    let world = World::new();
    let owner = world.person("ann@example.com", None).await;
    let out = || vec![tick("No more mail", Asks::Out, Reach::Channel, None)];
    let path = publish(&world, &owner, &content(out())).await;
    let before = world.everything(&owner).await;
    let gives_way = async |path: &str| {
        for answer in [world.get(path).await, save(&world, path, "was-0=n&box-0=y").await] {
            assert_eq!(answer.status, StatusCode::SEE_OTHER);
            let location = answer.header("location").strip_prefix("..").unwrap().to_owned();
            assert!(location.starts_with("/p/"));
            assert_eq!(world.get(&location).await.status, StatusCode::OK);
        }
    };
    // Unpublished, and never there.
    assert!(world.store.unpublish_landing_page(WORKSPACE, "spring").await.unwrap());
    gives_way(&path).await;
    gives_way(&link(&world, &owner, 4711)).await;
    // Another workspace's page isn't this one's.
    let other = landing::put(&world.store, WorkspaceId(2), "theirs", &content(out()), world.now()).await;
    if let Ok((page, _)) = other {
        let published =
            world.store.publish_landing_page(WorkspaceId(2), "theirs", page.version, world.now()).await;
        published.unwrap();
        assert!(world.store.landing_page(WORKSPACE, "theirs").await.unwrap().is_none());
    }
    // Broken in the store.
    let broken = store::NewLandingPage {
        name: "spring".to_owned(),
        body: "{\"parts\":7}".to_owned(),
        expires_at: None,
        at: world.now(),
    };
    let page = world.store.put_landing_page(WORKSPACE, broken).await.unwrap();
    world.store.publish_landing_page(WORKSPACE, "spring", page.version, world.now()).await.unwrap();
    gives_way(&path).await;
    assert_eq!(world.everything(&owner).await, before);
    // A link for something else opens no landing page.
    let wrong = world.unsubscribe(&owner, Level::Channel).replace("/u/", "/l/");
    assert_eq!(world.get(&wrong).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(world.get(&path.replace("/l/", "/u/")).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn an_expired_page_says_so_or_leads_where_its_brand_said() {
    let world = World::new();
    let owner = world.person("ann@example.com", None).await;
    world.list("news").await;
    let expires = Some("2026-05-03T11:00:00Z".to_owned());
    let out =
        Content { expires: expires.clone(), ..content(vec![tick("No", Asks::Out, Reach::Channel, None)]) };
    let path = publish(&world, &owner, &out).await;
    assert!(world.get(&path).await.body.contains("Hi you"));
    world.clock.turn(Duration::from_hours(1));
    let before = world.everything(&owner).await;
    let page = save(&world, &path, "was-0=n&box-0=y").await;
    assert!(page.body.contains("This page is closed") && page.link("/p/").is_some(), "{}", page.body);
    assert_eq!(world.everything(&owner).await, before);
    // A page without an opt-out may lead elsewhere.
    let redirect = Some("https://lumen.example/late".to_owned());
    let join = vec![tick("News", Asks::In, Reach::List, Some("news"))];
    let joining = Content { expires, expired_redirect: redirect, ..content(join) };
    let path = publish(&world, &owner, &joining).await;
    let answer = world.get(&path).await;
    assert_eq!(
        (answer.status, answer.header("location")),
        (StatusCode::SEE_OTHER, "https://lumen.example/late")
    );
    // Nothing in the request changes where.
    let answer = world.get(&format!("{path}?page=https://x.example")).await;
    assert_eq!(answer.header("location"), "https://lumen.example/late");
}

#[tokio::test]
async fn the_public_address_shows_the_page_and_takes_nothing() {
    let world = World::new();
    let owner = world.person("ann@example.com", None).await;
    publish(&world, &owner, &content(vec![tick("No", Asks::Out, Reach::Channel, None)])).await;
    let page = world.get("/pages/spring").await;
    assert!(page.body.contains("Hi you") && page.body.contains("Open this page by the link in a message"));
    assert!(!page.body.contains("<form"));
    assert_eq!(
        world.send(Method::POST, "/pages/spring", FORM, "via=page").await.status,
        StatusCode::METHOD_NOT_ALLOWED
    );
    assert_eq!(world.get("/pages/autumn").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_may_not_be_published_is_told() {
    let world = World::new();
    let good = content(vec![tick("No", Asks::Out, Reach::Channel, None)]);
    let problems = async |content: &Content| landing::check(&world.store, WORKSPACE, content).await.unwrap();
    assert_eq!(problems(&good).await, []);
    let part = |source: &str| Content {
        parts: BTreeMap::from([("primary".to_owned(), source.to_owned())]),
        ..good.clone()
    };
    let redirect =
        |url: &str| Content { expired_redirect: Some(url.to_owned()), form: Vec::new(), ..good.clone() };
    for bad in [
        Content { title: String::new(), ..good.clone() },
        Content { button: String::new(), ..good.clone() },
        Content { expires: Some("soon".to_owned()), ..good.clone() },
        Content { expired_redirect: Some("https://lumen.example".to_owned()), ..good.clone() },
        Content { parts: BTreeMap::new(), ..good.clone() },
        Content { form: vec![tick("x", Asks::In, Reach::List, Some("theirs"))], ..good.clone() },
        Content { form: vec![tick("x", Asks::In, Reach::List, None)], ..good.clone() },
        Content { form: vec![tick("x", Asks::In, Reach::All, None); 13], ..good.clone() },
        Content {
            form: vec![tick("No more email at all", Asks::Out, Reach::Identity, None)],
            ..good.clone()
        },
        Content { form: vec![tick("Stop everything", Asks::Out, Reach::Channel, None)], ..good.clone() },
        part("no place for it"),
        part("{{ form }}{% include 'base.html' %}"),
        part("{{ form }}{{ broken"),
        redirect("http://lumen.example"),
        redirect("javascript:alert(1)"),
        redirect("//lumen.example"),
        redirect("https://lumen.example@x.example"),
        redirect("https://lumen.example/\r\nSet-Cookie: a=b"),
    ] {
        assert_ne!(problems(&bad).await, [], "{bad:?}");
    }
}

#[tokio::test]
async fn an_opt_out_there_is_told_from_whose_run_it_came() {
    let world = World::new();
    let owner = world.person("ann@example.com", None).await;
    let form = vec![tick("No more mail", Asks::Out, Reach::Channel, None)];
    let path = publish(&world, &owner, &content(form)).await;
    let page = world.store.landing_page(WORKSPACE, "spring").await.unwrap().unwrap().id.0;
    let reference = Reference::Page(page, Sent::Run(RunId(3)));
    let link =
        world.link(&Token { purpose: Purpose::Landing, reference, ..world.token(&owner, Level::Channel) });
    assert_eq!(world.get(&link).await.status, StatusCode::OK);
    assert_eq!(save(&world, &link, "was-0=n&box-0=y").await.status, StatusCode::SEE_OTHER);
    assert_eq!(world.store.run_opt_outs(WORKSPACE, RunId(3)).await.unwrap().people, 1);
    // A link of an earlier version names the page alone, and works as before.
    assert_eq!(world.get(&path).await.status, StatusCode::OK);
}
