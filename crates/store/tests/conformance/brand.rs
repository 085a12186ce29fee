//! What is the brand's: lists in people's words, how pages look, landing pages.

use consent::{ListId, Timestamp, WorkspaceId};
use store::{
    Asset, LandingPage, LandingPageId, LandingState, List, ListDetails, ListText, ListUpdate, Look,
    NewLandingPage, NewList, StoreError,
};

use super::support::{MAIN, World};

fn text(title: &str, description: &str) -> ListText {
    ListText { title: title.to_owned(), description: description.to_owned() }
}

fn details() -> ListDetails {
    let texts = [("de", text("Neuigkeiten", "Einmal im Monat")), ("en", text("News", ""))];
    let texts = texts.map(|(language, text)| (language.to_owned(), text)).into();
    ListDetails { public: true, double_opt_in: false, position: -3, texts }
}

pub async fn a_list_is_told_in_peoples_words(world: &World) {
    let now = world.tick();
    let plain = world.list("plain").await;
    assert_eq!(plain.details, ListDetails::default());
    assert!(plain.details.double_opt_in && !plain.details.public);
    assert_eq!((plain.title("de"), plain.description("de")), ("plain", None));
    let new = NewList { details: details(), ends_at: Some(Timestamp(9)), ..NewList::new("news", now) };
    let news = world.store.create_list(MAIN, new).await.unwrap();
    assert_eq!((news.title("de-AT"), news.description("de-AT")), ("Neuigkeiten", Some("Einmal im Monat")));
    assert_eq!((news.title("fr"), news.description("fr")), ("News", None));
    let read = async || world.store.list_by_name(MAIN, "news").await.unwrap().unwrap();
    assert_eq!(read().await, news);
    assert_eq!(world.store.list_by_id(MAIN, news.id).await.unwrap(), Some(news.clone()));
    assert_eq!(world.store.lists(MAIN).await.unwrap(), [news.clone(), plain]);
    let (details, starts_at) = (ListDetails { position: 7, ..ListDetails::default() }, Some(Timestamp(5)));
    let update = ListUpdate { details: details.clone(), starts_at, ends_at: None };
    let updated = world.store.update_list(MAIN, news.id, update.clone()).await.unwrap();
    assert_eq!(updated, List { details, starts_at, ends_at: None, ..news });
    assert_eq!(read().await, updated);
    for (workspace, list) in [(MAIN, ListId(99)), (WorkspaceId(2), news.id)] {
        let missing = world.store.update_list(workspace, list, update.clone()).await;
        assert!(matches!(missing, Err(StoreError::Missing(_))), "{missing:?}");
    }
}

pub async fn a_lists_words_are_limited(world: &World) {
    let list = world.list("news").await;
    let of = |language: &str, text: ListText| ListDetails {
        texts: [(language.to_owned(), text)].into(),
        ..ListDetails::default()
    };
    let many = (0..65).map(|n| (format!("x{n}"), text("t", ""))).collect();
    let invalid = [
        of("de_DE", text("t", "")),
        of("", text("t", "")),
        of("de", text("", "")),
        of("de", text(&"ä".repeat(121), "")),
        of("de", text("two\nlines", "")),
        of("de", text("t", &"ä".repeat(501))),
        of("de", text("t", "\0")),
        ListDetails { texts: many, ..ListDetails::default() },
    ];
    for details in invalid {
        let new = NewList { details: details.clone(), ..NewList::new("other", world.now()) };
        let refused = world.store.create_list(MAIN, new).await;
        assert!(matches!(refused, Err(StoreError::Invalid(_))), "{refused:?}");
        let update = ListUpdate { details, starts_at: None, ends_at: None };
        let refused = world.store.update_list(MAIN, list.id, update).await;
        assert!(matches!(refused, Err(StoreError::Invalid(_))), "{refused:?}");
    }
    let backwards =
        ListUpdate { details: details(), starts_at: Some(Timestamp(5)), ends_at: Some(Timestamp(5)) };
    let refused = world.store.update_list(MAIN, list.id, backwards).await;
    assert!(matches!(refused, Err(StoreError::Invalid(_))), "{refused:?}");
    assert_eq!(world.store.lists(MAIN).await.unwrap(), [list]);
    let largest = of("de", text(&"ä".repeat(120), &"ä\n".repeat(250)));
    let largest = NewList { details: largest, ..NewList::new("other", world.now()) };
    let made = world.store.create_list(MAIN, largest).await.unwrap();
    assert_eq!(world.store.list_by_id(MAIN, made.id).await.unwrap(), Some(made));
}

pub async fn the_look_has_versions_and_few_small_files(world: &World) {
    let (store, now) = (&world.store, world.tick());
    assert_eq!(store.page_look(MAIN).await.unwrap(), Look::default());
    let body = r##"{"accent":"#005f73","brand":"Bücher"}"##;
    let look = store.put_page_look(MAIN, body, now).await.unwrap();
    assert_eq!(look, Look { version: 1, body: body.to_owned() });
    assert_eq!(store.put_page_look(MAIN, body, world.tick()).await.unwrap(), look, "the same again");
    assert_eq!(store.page_look(MAIN).await.unwrap(), look);
    let bytes = vec![0, 255, 7];
    let hash = store.put_asset(MAIN, "logo.png", "image/png", bytes.clone(), now).await.unwrap();
    let asset = Asset { hash, content_type: "image/png".to_owned(), bytes };
    assert_eq!(store.asset(MAIN, "logo.png").await.unwrap(), Some(asset));
    assert_eq!(store.asset(MAIN, "logo").await.unwrap(), None);
    assert_eq!(store.asset(MAIN, "no/name\0").await.unwrap(), None);
    assert_eq!(store.asset(WorkspaceId(2), "logo.png").await.unwrap(), None);
    assert_eq!(store.page_look_version(MAIN).await.unwrap(), 2, "whoever keeps the look asks for it again");
    assert_eq!(store.page_look(MAIN).await.unwrap().body, body);
    assert_eq!(store.put_page_look(MAIN, "{}", now).await.unwrap().version, 3);
    for n in 1..Asset::COUNT_MAX {
        store
            .put_asset(MAIN, &format!("a{n}"), "image/svg+xml", vec![1; Asset::BYTES_MAX], now)
            .await
            .unwrap();
    }
    let put = async |name: &str, content_type: &str, bytes: usize| {
        store.put_asset(MAIN, name, content_type, vec![2; bytes], now).await
    };
    let invalid = [
        put("one-more", "image/png", 1).await,
        put("a b", "image/png", 1).await,
        put("logo.png", "image/png\r\nX: y", 1).await,
        put("logo.png", "image/png", Asset::BYTES_MAX + 1).await,
    ];
    for refused in invalid {
        assert!(matches!(refused, Err(StoreError::Invalid(_))), "{refused:?}");
    }
    let other = put("logo.png", "image/webp", 2).await.unwrap();
    assert_ne!(other, hash);
    let assets = store.assets(MAIN).await.unwrap();
    assert_eq!((assets.len(), assets.last()), (Asset::COUNT_MAX, Some(&("logo.png".to_owned(), other))));
    let before = store.page_look_version(MAIN).await.unwrap();
    assert!(store.remove_asset(MAIN, "logo.png", now).await.unwrap());
    assert!(!store.remove_asset(MAIN, "logo.png", now).await.unwrap());
    assert_eq!(store.page_look_version(MAIN).await.unwrap(), before + 1);
    for body in ["", "[]", "{", &format!("{{\"x\":\"{}\"}}", "x".repeat(Look::BODY_BYTES_MAX))] {
        let refused = store.put_page_look(MAIN, body, now).await;
        assert!(matches!(refused, Err(StoreError::Invalid(_))), "{refused:?}");
    }
    assert_eq!(store.page_look(WorkspaceId(2)).await.unwrap(), Look::default());
}

fn landing(name: &str, body: &str, at: Timestamp) -> NewLandingPage {
    NewLandingPage { name: name.to_owned(), body: body.to_owned(), expires_at: None, at }
}

pub async fn a_landing_page_is_shown_from_its_publication_on(world: &World) {
    let store = &world.store;
    let put =
        async |body: &str| store.put_landing_page(MAIN, landing("spring", body, world.tick())).await.unwrap();
    let shown = async || store.landing_page(MAIN, "spring").await.unwrap();
    let first = put(r#"{"n":1}"#).await;
    let expected = LandingPage {
        id: LandingPageId(1),
        name: "spring".to_owned(),
        version: 1,
        state: LandingState::Draft,
        body: r#"{"n":1}"#.to_owned(),
        created_at: world.now(),
        published_at: None,
        expires_at: None,
    };
    assert_eq!(first, expected);
    assert_eq!(shown().await, None);
    let again = put(r#"{"n":1}"#).await;
    assert_eq!(again, first, "the same content again");
    let second = put(r#"{"n":2}"#).await;
    assert_eq!((second.id, second.version), (first.id, 2));
    let at = world.tick();
    let published = store.publish_landing_page(MAIN, "spring", 1, at).await.unwrap();
    let expected = LandingPage { state: LandingState::Published, published_at: Some(at), ..first.clone() };
    assert_eq!(published, expected);
    assert_eq!(shown().await.as_ref(), Some(&published));
    assert_eq!(store.landing_page_by_id(MAIN, first.id).await.unwrap().as_ref(), Some(&published));
    let version = async |version| store.landing_page_version(MAIN, "spring", version).await.unwrap();
    assert_eq!(version(None).await, Some(second.clone()));
    assert_eq!(version(Some(1)).await, Some(published));
    assert_eq!(version(Some(3)).await, None);
    // The next one takes its place.
    store.publish_landing_page(MAIN, "spring", 2, world.tick()).await.unwrap();
    assert_eq!(shown().await.unwrap().version, 2);
    assert_eq!(version(Some(1)).await.unwrap().state, LandingState::Unpublished);
    let info = store.landing_pages(MAIN).await.unwrap().remove(0);
    assert_eq!((info.id, info.latest, info.published), (first.id, 2, Some(2)));
    assert!(store.unpublish_landing_page(MAIN, "spring").await.unwrap());
    assert!(!store.unpublish_landing_page(MAIN, "spring").await.unwrap());
    assert_eq!((shown().await, store.landing_page_by_id(MAIN, first.id).await.unwrap()), (None, None));
    // Shown again, it is the version that it was.
    assert_eq!(store.publish_landing_page(MAIN, "spring", 1, world.tick()).await.unwrap().body, first.body);
    for (name, version) in [("spring", 3), ("autumn", 1), ("no name", 1)] {
        let missing = store.publish_landing_page(MAIN, name, version, at).await;
        assert!(matches!(missing, Err(StoreError::Missing(_))), "{missing:?}");
    }
    assert_eq!(store.landing_page(WorkspaceId(2), "spring").await.unwrap(), None);
    assert!(store.landing_pages(WorkspaceId(2)).await.unwrap().is_empty());
}

pub async fn old_versions_are_forgotten_but_for_the_one_that_is_shown(world: &World) {
    let store = &world.store;
    let now = world.tick();
    let put = async |n: i64| {
        let new = NewLandingPage { expires_at: Some(Timestamp(n)), ..landing("spring", "{}", now) };
        store.put_landing_page(MAIN, new).await.unwrap()
    };
    assert_eq!(put(1).await.expires_at, Some(Timestamp(1)));
    put(2).await;
    store.publish_landing_page(MAIN, "spring", 1, now).await.unwrap();
    for n in 3..=LandingPage::VERSIONS_MAX + 3 {
        assert_eq!(put(n).await.version, n, "an expiry is content, too");
    }
    let version = async |version| store.landing_page_version(MAIN, "spring", Some(version)).await.unwrap();
    assert_eq!(version(1).await.unwrap().state, LandingState::Published);
    assert_eq!((version(2).await, version(3).await), (None, None));
    assert!(version(4).await.is_some());
    for (name, body) in [("", "{}"), ("a b", "{}"), ("x", "[]"), ("x", "{")] {
        let refused = store.put_landing_page(MAIN, landing(name, body, now)).await;
        assert!(matches!(refused, Err(StoreError::Invalid(_))), "{refused:?}");
    }
    let large = format!("{{\"x\":\"{}\"}}", "x".repeat(LandingPage::BODY_BYTES_MAX));
    let refused = store.put_landing_page(MAIN, landing("x", &large, now)).await;
    assert!(matches!(refused, Err(StoreError::Invalid(_))), "{refused:?}");
}
