use std::collections::BTreeMap;
use std::time::Duration;

use axum::http::StatusCode;
use consent::Level;
use web::look::{self, LogoFile, LookFile, Privacy};

use crate::world::{WORKSPACE, World};

const LOGO: &[u8] =
    b"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 9 9\"><path d=\"M0 0h9v9z\"/></svg>";
const SECOND: Duration = Duration::from_secs(1);

pub fn lumen() -> LookFile {
    let words = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    };
    LookFile {
        light: words(&[("accent", "#7a1f5c")]),
        dark: words(&[("accent", "#f0a6d4")]),
        logo: Some(LogoFile { file: "logo.svg".to_owned(), alt: "Lumen \"Coffee\"".to_owned() }),
        postal_address: Some("Lumen Coffee <b>Ltd</b>\n1 High Street".to_owned()),
        privacy: Some(Privacy {
            url: "https://lumen.example/privacy".to_owned(),
            label: words(&[("en", "Privacy notice"), ("de", "Datenschutz")]),
        }),
        texts: BTreeMap::from([("en".to_owned(), words(&[("unsubscribe", "No more <mail>")]))]),
    }
}

pub async fn wear(world: &World, look: LookFile) -> i64 {
    let set = look::set(&world.store, WORKSPACE, look, Some(LOGO.to_vec()), world.now());
    set.await.unwrap().unwrap().version
}

#[tokio::test]
async fn pages_wear_a_look_within_a_second_and_only_from_here() {
    let world = World::new();
    let owner = world.person("ann@example.com", None).await;
    let path = world.unsubscribe(&owner, Level::Channel);
    let plain = world.get(&path).await;
    assert!(!plain.body.contains("<img") && !plain.header("content-security-policy").contains("img-src"));
    wear(&world, lumen()).await;
    world.clock.turn(SECOND);
    let page = world.get(&path).await;
    assert!(
        page.body.contains("--accent:#7a1f5c;") && page.body.contains("--accent:#f0a6d4;"),
        "{}",
        page.body
    );
    // What stands on the accent can be read.
    assert!(page.body.contains("--on-accent:#ffffff;") && page.body.contains("--on-accent:#000000;"));
    // A brand's words are words, not markup.
    assert!(page.body.contains("No more &lt;mail&gt;") && page.body.contains("Lumen Coffee &lt;b&gt;Ltd"));
    assert!(page.body.contains("1 High Street") && page.body.contains("Privacy notice</a>"));
    let policy = page.header("content-security-policy");
    assert!(policy.contains("img-src 'self'") && policy.contains("default-src 'none'"), "{policy}");
    assert_ne!(policy, plain.header("content-security-policy"));
    // The logo comes from our own route, for ever the same.
    let logo = world.get(&page.link("look/logo-").unwrap()).await;
    assert_eq!((logo.status, logo.body.as_bytes()), (StatusCode::OK, LOGO));
    assert_eq!(logo.header("cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(logo.header("content-type"), "image/svg+xml");
    assert!(logo.header("content-security-policy").contains("sandbox"));
    for other in ["/look/logo-0000000000000000.svg", "/look/secret", "/look/..%2f..%2fetc%2fpasswd"] {
        assert_eq!(world.get(other).await.status, StatusCode::NOT_FOUND, "{other}");
    }
}

#[tokio::test]
async fn a_broken_look_leaves_the_pages_plain() {
    let world = World::new();
    let owner = world.person("ann@example.com", None).await;
    let path = world.unsubscribe(&owner, Level::Channel);
    let plain = world.get(&path).await.body;
    let unreadable = serde_json::to_string(&LookFile {
        light: BTreeMap::from([("accent".to_owned(), "#ffffff".to_owned())]),
        ..LookFile::default()
    })
    .unwrap();
    for broken in ["{}}", "{\"light\":7}", "{\"script\":\"x\"}", &unreadable] {
        wear(&world, lumen()).await;
        world.clock.turn(SECOND);
        assert_ne!(world.get(&path).await.body, plain);
        // What an older or a careless program may have left in the store.
        if world.store.put_page_look(WORKSPACE, broken, world.now()).await.is_err() {
            continue;
        }
        world.clock.turn(SECOND);
        assert_eq!(world.get(&path).await.body, plain, "{broken}");
    }
    // A look whose logo is gone goes on without it.
    wear(&world, lumen()).await;
    for (name, _) in world.store.assets(WORKSPACE).await.unwrap() {
        world.store.remove_asset(WORKSPACE, &name, world.now()).await.unwrap();
    }
    world.clock.turn(SECOND);
    let page = world.get(&path).await.body;
    assert!(page.contains("--accent:#7a1f5c;") && !page.contains("<img"), "{page}");
}

#[tokio::test]
async fn an_old_logo_goes_once_the_new_one_stands() {
    let world = World::new();
    wear(&world, lumen()).await;
    let other = [LOGO, b"\n"].concat();
    let set = look::set(&world.store, WORKSPACE, lumen(), Some(other), world.now());
    set.await.unwrap().unwrap();
    assert_eq!(world.store.assets(WORKSPACE).await.unwrap().len(), 1);
    // Refused as a whole: nothing is kept of it.
    let before = world.store.page_look(WORKSPACE).await.unwrap();
    let script = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>".to_vec();
    let refused = look::set(&world.store, WORKSPACE, lumen(), Some(script), world.now()).await.unwrap();
    assert!(refused.unwrap_err().what.contains("script"));
    let mut bad = lumen();
    bad.privacy.as_mut().unwrap().url = "javascript:alert(1)".to_owned();
    assert!(look::set(&world.store, WORKSPACE, bad, None, world.now()).await.unwrap().is_err());
    assert_eq!(world.store.page_look(WORKSPACE).await.unwrap(), before);
}
