use std::time::Duration;

use axum::http::{Method, StatusCode};
use consent::{AddressId, Choice, Field, KeyRing, Level, Purpose, Source, Token};

use crate::world::{FORM, ONE_CLICK, WORKSPACE, World, send};

#[tokio::test]
async fn link_scanners_change_nothing() {
    let world = World::new();
    let owner = world.person("ann@example.com", None).await;
    let link = world.unsubscribe(&owner, Level::Channel);
    let choices = world.link(&world.token(&owner, Level::Channel).with_purpose(Purpose::Preferences));
    let before = world.everything(&owner).await;
    for path in [&link, &choices] {
        for (method, kind, body, status) in [
            (Method::GET, "", "", 200),
            (Method::HEAD, "", "", 200),
            (Method::OPTIONS, "", "", 405),
            (Method::PUT, FORM, ONE_CLICK, 405),
            (Method::DELETE, "", "", 405),
            (Method::POST, "", "", 400),
            (Method::POST, FORM, "", 400),
            (Method::POST, "application/json", r#"{"List-Unsubscribe":"One-Click"}"#, 400),
            (Method::POST, "text/plain", "text=List-Unsubscribe=One-Click", 400),
            (Method::POST, "text/plain", "via=page&action=unsubscribe", 400),
            (Method::POST, FORM, "List-Unsubscribe=one-click", 400),
            (Method::POST, FORM, "List-Unsubscribe=One-Click&via=page&action=unsubscribe", 400),
            (Method::POST, FORM, "via=page&action=delete", 400),
            (Method::POST, FORM, "via=mail&action=unsubscribe", 400),
        ] {
            let answer = world.send(method.clone(), path, kind, body).await;
            assert_eq!(answer.status.as_u16(), status, "{method} {path} {kind} {body}");
            assert_eq!(world.everything(&owner).await, before, "{method} {path} {kind} {body}");
        }
    }
    // A one-click POST acts at the link that is made for it only.
    assert_eq!(world.one_click(&choices).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(world.press(&choices, "unsubscribe").await.status, StatusCode::BAD_REQUEST);
    for purpose in [Purpose::Preferences, Purpose::Undo, Purpose::Bounce, Purpose::Proof] {
        let token = world.token(&owner, Level::Channel).with_purpose(purpose);
        let path = world.link(&token).replace("/p/", "/u/");
        assert_eq!(world.one_click(&path).await.status, StatusCode::BAD_REQUEST, "{purpose:?}");
    }
    let long = format!("{ONE_CLICK}&x={}", "a".repeat(20_000));
    assert_eq!(world.send(Method::POST, &link, FORM, &long).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(world.everything(&owner).await, before);
}

/// What programs and relays leave behind a link.
const TAILS: [&str; 20] = [
    ".",
    "/",
    ")",
    ",",
    "%22",
    "%27",
    "%3E",
    ";",
    "%20",
    "%0d",
    "%E2%80%A6",
    "=3D",
    "=",
    "&gt;",
    "&amp;",
    "&fbclid=1",
    "?utm_source=x&fbclid=1",
    "%3Futm_source=x",
    "//",
    "%ff",
];

#[tokio::test]
async fn what_stands_behind_a_token_does_not_count() {
    let world = World::new();
    for (at, tail) in TAILS.into_iter().enumerate() {
        let owner = world.person(&format!("p{at}@example.com"), None).await;
        let link = world.unsubscribe(&owner, Level::Channel);
        let choices = world.link(&world.token(&owner, Level::Channel).with_purpose(Purpose::Preferences));
        let before = world.everything(&owner).await;
        for path in [&link, &choices] {
            let page = world.get(&format!("{path}{tail}")).await;
            assert_eq!(page.status, StatusCode::OK, "{path}{tail}");
        }
        // A link that ends early opens nothing, and neither does one that was altered.
        let other = if link.as_bytes()[10] == b'A' { 'B' } else { 'A' };
        for broken in [&link[..link.len() - 1], &format!("{}{other}{}", &link[..10], &link[11..])] {
            let answer = world.one_click(&format!("{broken}{tail}")).await;
            assert!(answer.status.is_client_error(), "{broken}{tail}");
        }
        assert_eq!(world.everything(&owner).await, before, "{tail}");
        assert_eq!(world.one_click(&format!("{link}{tail}")).await.status, StatusCode::OK, "{link}{tail}");
        assert!(world.view(&owner).await.values[&Field::Email].choice.is_no(), "{tail}");
    }
    let owner = world.person("ann@example.com", None).await;
    let link = world.unsubscribe(&owner, Level::Channel);
    for path in
        [format!("/{link}"), link.replace("/u/", "/u//"), link.replace("/u/", "/U/"), format!("{link}///")]
    {
        assert_eq!(world.get(&path).await.status, StatusCode::OK, "{path}");
        let page = world.press(&path, "unsubscribe").await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        // Links on the page still lead where they should.
        let up = "../".repeat(path.matches('/').count() - 1 - usize::from(path.starts_with("//")));
        assert!(page.body.replace("&#x2f;", "/").contains(&format!("\"{up}p/")), "{path}");
    }
    assert_eq!(world.one_click(&link.replace("/u/", "//U//")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn one_click_acts_whatever_the_body_is_called() {
    let world = World::new();
    for (at, kind) in
        ["text/plain", "text/plain;charset=UTF-8", "application/json", "x", "MULTIPART/form-data"]
            .into_iter()
            .enumerate()
    {
        let owner = world.person(&format!("p{at}@example.com"), None).await;
        let link = world.unsubscribe(&owner, Level::Channel);
        assert_eq!(world.send(Method::POST, &link, kind, ONE_CLICK).await.status, StatusCode::OK, "{kind}");
        assert!(world.view(&owner).await.values[&Field::Email].choice.is_no(), "{kind}");
    }
    let owner = world.person("bare@example.com", None).await;
    let link = world.unsubscribe(&owner, Level::Channel);
    let answer = send(&world.router, Method::POST, &link, &[], &format!("{ONE_CLICK}\r\n")).await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn one_click_acts_in_both_encodings() {
    let world = World::new();
    let multipart = "multipart/form-data; boundary=---FormBoundaryjWmhtjORrn";
    let rfc = "---FormBoundaryjWmhtjORrn\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\n\
               One-Click\r\n---FormBoundaryjWmhtjORrn--";
    let proper = rfc.replace("---Form", "-----Form");
    for (at, (kind, body)) in
        [(FORM, ONE_CLICK), (multipart, rfc), (multipart, &proper)].into_iter().enumerate()
    {
        let owner = world.person(&format!("p{at}@example.com"), None).await;
        let link = world.unsubscribe(&owner, Level::Channel);
        let headers =
            [("content-type", kind), ("user-agent", &"x".repeat(400)), ("x-forwarded-for", "192.0.2.1")];
        let answer = send(&world.router, Method::POST, &link, &headers, body).await;
        assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, ""));
        assert!(!answer.headers.contains_key("set-cookie") && !answer.headers.contains_key("location"));
        let history = world.store.history(WORKSPACE, owner.profile, None, 10).await.unwrap().entries;
        assert_eq!(history.len(), 1);
        assert_eq!(history[0].source, Source::ONE_CLICK);
        assert_eq!((history[0].applied[0].old, history[0].applied[0].new), (Choice::Unset, Choice::No));
        assert_eq!(history[0].evidence.raw.as_deref(), Some(ONE_CLICK));
        assert_eq!(history[0].evidence.user_agent.as_ref().map(String::len), Some(256));
        // Nobody vouched for the header.
        assert_eq!(history[0].evidence.ip, None);
        // Again: nothing new, and still fine.
        assert_eq!(world.one_click(&link).await.status, StatusCode::OK);
        assert_eq!(world.store.history(WORKSPACE, owner.profile, None, 10).await.unwrap().entries.len(), 1);
    }
}

#[tokio::test]
async fn every_level_stops_what_it_says() {
    let world = World::new();
    let list = world.list("news").await;
    let run = world.run(r#"{"brand":"Lumen Coffee","subject":"Spring sale"}"#).await;
    for (level, ask, done) in [
        (
            Level::Any,
            "Stop all marketing from Lumen Coffee",
            "You won’t get any marketing from Lumen Coffee any more",
        ),
        (
            Level::Channel,
            "Stop marketing email from Lumen Coffee",
            "You won’t get marketing email from Lumen Coffee any more",
        ),
        (Level::Identity, "Lumen Coffee to this address", "at this address any more"),
        (
            Level::Subscription,
            "Leave “news” from Lumen Coffee",
            "You won’t get “news” from Lumen Coffee any more",
        ),
    ] {
        let owner = world.person(&format!("{}@example.com", level.as_str()), None).await;
        let link = world.link(&Token {
            list,
            reference: consent::Reference::of_run(run),
            ..world.token(&owner, level)
        });
        let page = world.get(&link).await;
        assert!(page.body.contains(ask), "{}", page.body);
        assert!(page.body.contains("Receipts and account notices still come."));
        assert!(!page.body.contains(&owner.raw), "the address shows in full");
        assert_eq!(page.body.matches("<button").count(), 1);
        let page = world.press(&link, "unsubscribe").await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.body.contains(done), "{}", page.body);
        let view = world.store.profile(WORKSPACE, owner.profile).await.unwrap().unwrap();
        let email = &view.addresses[0].values;
        let no = |held: Option<&store::Held>| held.is_some_and(|held| held.choice == Choice::No);
        assert_eq!(no(view.values.get(&Field::Any)), level == Level::Any);
        assert_eq!(no(view.values.get(&Field::Email)), level == Level::Channel);
        assert_eq!(no(email.get(&Field::Email)), level == Level::Identity);
        assert_eq!(no(view.subscriptions.first().map(|(.., held)| held)), level == Level::Subscription);
        let entry = &world.store.history(WORKSPACE, owner.profile, None, 1).await.unwrap().entries[0];
        assert_eq!((entry.source.clone(), entry.run), (Source::PAGE, Some(run)));
        world.clock.turn(Duration::from_hours(24));
        let page = world.get(&link).await;
        assert!(page.body.contains("already unsubscribed") && page.body.contains("since"), "{}", page.body);
    }
}

#[tokio::test]
async fn the_brands_own_page_comes_after_the_button() {
    let world = World::new();
    let spec = r#"{"confirmation":{"channel":"https://lumen.example/bye?x=1","any":"javascript:alert(1)"}}"#;
    let run = world.run(spec).await;
    let owner = world.person("ann@example.com", None).await;
    let link = |level| {
        world.link(&Token { reference: consent::Reference::of_run(run), ..world.token(&owner, level) })
    };
    let page = world.get(&link(Level::Channel)).await;
    assert!(page.header("content-security-policy").contains("form-action 'self' https:;"));
    let answer = world.press(&link(Level::Channel), "unsubscribe").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(answer.header("location"), "https://lumen.example/bye?x=1");
    assert_eq!(world.press(&link(Level::Any), "unsubscribe").await.status, StatusCode::OK);
    // One-click never redirects (RFC 8058 §3.1).
    assert_eq!(world.one_click(&link(Level::Channel)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_link_from_before_a_new_subscription_shows_the_page() {
    let world = World::new();
    let owner = world.person("ann@example.com", None).await;
    let old = world.unsubscribe(&owner, Level::Channel);
    assert_eq!(world.one_click(&old).await.status, StatusCode::OK);
    world.clock.turn(Duration::from_mins(1));
    let owner = world.resubscribe(&owner).await;
    assert!(owner.epoch > 0);
    let before = world.everything(&owner).await;
    let answer = world.one_click(&old).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.body.contains("before you last signed up"));
    assert_eq!(world.everything(&owner).await, before);
    world.clock.turn(Duration::from_mins(1));
    let answer = world.press(&old, "unsubscribe").await;
    assert!(answer.body.contains("You’re unsubscribed"), "{}", answer.body);
    assert_ne!(world.everything(&owner).await, before);
}

#[tokio::test]
async fn links_that_are_not_ours_say_so() {
    let world = World::new();
    let owner = world.person("ann@example.com", None).await;
    let before = world.everything(&owner).await;
    let link = world.unsubscribe(&owner, Level::Channel);
    let token = world.token(&owner, Level::Channel);
    let forged = format!("/u/{}", KeyRing::new([(1, [1; 32])]).sign(&token).unwrap().to_url());
    let foreign = format!("/u/{}", KeyRing::new([(99, [1; 32])]).sign(&token).unwrap().to_url());
    let gone = world.link(&Token { address: AddressId(4_000_000), ..token });
    let cut = &link[..link.len() - 14];
    for (path, status) in [
        (&*forged, 404),
        (&*foreign, 404),
        (&*gone, 404),
        (cut, 400),
        ("/u/abc", 400),
        ("/u/%ff", 400),
        ("/u/", 404),
    ] {
        let pages =
            [world.get(path).await, world.one_click(path).await, world.press(path, "unsubscribe").await];
        for page in pages {
            assert_eq!(page.status.as_u16(), status, "{path}");
        }
    }
    // Every single changed character.
    for at in 3..link.len() {
        let mut bytes = link.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let path = String::from_utf8(bytes).unwrap();
        let status = world.one_click(&path).await.status;
        assert!(status == StatusCode::BAD_REQUEST || status == StatusCode::NOT_FOUND, "{path} {status}");
    }
    assert_eq!(world.everything(&owner).await, before);
    // A forged link and one to nobody look the same.
    assert_eq!(world.get(&forged).await.body, world.get(&gone).await.body);
    assert!(world.get("/u/abc").await.body.contains("This link is incomplete"));
}

#[tokio::test]
async fn pages_speak_the_recipients_language() {
    let world = World::new();
    let german = world.run(r#"{"language":"de-DE"}"#).await;
    let french = world.person("fr@example.com", Some("fr-CA")).await;
    let unknown = world.person("xx@example.com", None).await;
    let spanish = [("accept-language", "es-MX,es;q=0.9")];
    let link = |owner, run| {
        world.link(&Token {
            reference: consent::Reference::of_run(consent::RunId(run)),
            ..world.token(owner, Level::Channel)
        })
    };
    for (path, lang, word) in [
        (link(&french, german.0), "de", "Abmelden"),
        (link(&french, 0), "fr", "Se désabonner"),
        (link(&unknown, 0), "es", "Darse de baja"),
        ("/u/abc".to_owned(), "es", "Este enlace está incompleto"),
    ] {
        let page = send(&world.router, Method::GET, &path, &spanish, "").await;
        assert!(page.body.contains(&format!(r#"<html lang="{lang}" dir="ltr">"#)), "{}", page.body);
        assert!(page.body.contains(word), "{}", page.body);
    }
    let page = world.get(&link(&unknown, 0)).await;
    assert!(page.body.contains("from this sender"), "{}", page.body);
}

#[tokio::test]
async fn what_others_wrote_is_escaped() {
    let world = World::new();
    let run = world.run(r#"{"brand":"<script>alert(1)</script>\" onx=\"","language":"\"><script>"}"#).await;
    let owner = world.person("\"<b>\"@example.com", Some("en\"><script>")).await;
    let link = world
        .link(&Token { reference: consent::Reference::of_run(run), ..world.token(&owner, Level::Channel) });
    let choices = world.link(&Token {
        purpose: Purpose::Preferences,
        reference: consent::Reference::of_run(run),
        ..world.token(&owner, Level::Channel)
    });
    for page in [world.get(&link).await, world.get(&choices).await, world.press(&link, "unsubscribe").await] {
        assert_eq!(page.status, StatusCode::OK);
        assert!(!page.body.contains("<script") && !page.body.contains("<b>"), "{}", page.body);
    }
}

#[tokio::test]
async fn a_proof_shows_every_page_and_records_nothing() {
    let world = World::new();
    let owner = world.person("ann@example.com", None).await;
    let link = world.link(&world.token(&owner, Level::Channel).with_purpose(Purpose::Proof));
    let before = world.everything(&owner).await;
    assert!(world.get(&link).await.body.contains("Unsubscribe"));
    assert!(world.press(&link, "unsubscribe").await.body.contains("test link"));
    assert_eq!(world.everything(&owner).await, before);
}
