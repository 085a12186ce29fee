//! The use cases of definitions together, on a real store.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use delivery::upload::RowsSource;
use delivery::{Audience, DeliveryError, LinkProbe, Pins, PublishError};
use serde_json::{Value, json};
use store::DefinitionKind::{self, Campaign, Configuration, Content};
use wire::secret::{SecretPlace, Secrets};

use super::plan::{self, What};
use super::{Given, Invalid, apply, archive, export, list, show};
use crate::campaigns::load;
use crate::testing::World;
use crate::{Fault, Kind, Service};

/// All pages open.
pub struct AllPages;

#[async_trait]
impl LinkProbe for AllPages {
    async fn resolve(&self, _path: &str) -> Result<(), String> {
        Ok(())
    }
}

struct Known;

impl Secrets for Known {
    fn place(&self, name: &str) -> Option<SecretPlace> {
        (name == "relay").then(|| SecretPlace::Env("RELAY".to_owned()))
    }
}

fn configuration(port: u16) -> Value {
    json!({
        "name": "mail", "channel": "email", "category": "marketing", "from": "Shop <n@shop.example>",
        "public_url": "https://m.shop.example",
        "transport": {"host": "h", "port": port, "username": "u", "secret": "relay"},
    })
}

fn content(html: &str) -> Value {
    json!({"name": "letter", "subject": "Hi", "html": html})
}

fn campaign(audience: &Value) -> Value {
    json!({"name": "Spring, früh", "audience": audience, "configuration": "mail", "content": "letter"})
}

const WAY_OUT: &str = "<p>Buy</p><a href=\"{{ unsubscribe_url }}\">Unsubscribe</a>";

fn given(kind: DefinitionKind, document: Value) -> Given {
    Given { kind, document, expected: None }
}

fn all() -> Vec<Given> {
    // A campaign before what it names: they are put in order.
    vec![
        given(Campaign, campaign(&json!({"all": true}))),
        given(Content, content(WAY_OUT)),
        given(Configuration, configuration(25)),
    ]
}

async fn applied(world: &World, documents: Vec<Given>) -> Result<apply::Out, apply::Error> {
    let asked = apply::In { documents, uploads: HashMap::new(), probe: Some(&AllPages) };
    apply::apply(&world.service, &world.actor, asked).await
}

async fn planned(world: &World, documents: Vec<Given>) -> Vec<plan::Change> {
    plan::plan(&world.service, &world.actor, plan::In { documents }).await.unwrap().data
}

async fn whats(world: &World, documents: Vec<Given>) -> Vec<What> {
    planned(world, documents).await.into_iter().map(|change| change.change).collect()
}

fn with_secrets(world: World) -> World {
    let service = Service { secrets: Arc::new(Known), ..world.service };
    World { service, ..world }
}

#[tokio::test]
async fn what_is_applied_is_stored_once_and_comes_back_as_it_was() {
    let world = World::new();
    world.import("people.csv", "id,email\n1,ann@example.com\n").await;
    assert_eq!(whats(&world, all()).await, [What::Added; 3]);
    let out = applied(&world, all()).await.unwrap();
    let stored: Vec<_> = out
        .data
        .iter()
        .map(|one| (one.definition.kind, one.definition.version, one.definition.state))
        .collect();
    let expected = [Configuration, Content, Campaign].map(|kind| (kind, 1, "checked"));
    assert_eq!(stored, expected);
    assert!(
        out.warnings.iter().any(|warning| warning.finding.part == "configuration.dkim"),
        "{:?}",
        out.warnings
    );
    assert_eq!(whats(&world, all()).await, [What::Unchanged; 3]);
    let exported = export::export(&world.service, &world.actor, export::In::default()).await.unwrap();
    let again = exported.data.into_iter().map(|one| given(one.kind, one.document)).collect::<Vec<_>>();
    assert_eq!(whats(&world, again.clone()).await, [What::Unchanged; 3]);
    assert!(applied(&world, again).await.unwrap().data.iter().all(|one| one.definition.version == 1));
    // The order of members says nothing.
    let mut other = configuration(25);
    other.sort_all_objects();
    assert_eq!(whats(&world, vec![given(Configuration, other)]).await, [What::Unchanged]);
    let change = planned(&world, vec![given(Configuration, configuration(26))]).await.remove(0);
    assert_eq!((change.change, change.version), (What::Changed, Some(1)));
    assert_eq!(change.fields[0].pointer, "/transport/port");
    applied(&world, vec![given(Configuration, configuration(26))]).await.unwrap();
    let asked = |version| show::In { kind: Configuration, name: "mail".to_owned(), version };
    let shown = show::show(&world.service, &world.actor, asked(Some(1))).await.unwrap();
    assert_eq!((shown.version, shown.current, &shown.document), (1, 2, &configuration(25)));
    assert_eq!(shown.actor, "cli:ada");
    let gone = show::show(&world.service, &world.actor, asked(Some(3))).await.unwrap_err();
    assert_eq!((gone.problem().kind, gone.problem().code), (Kind::NotFound, "version-not-found"));
    let gone = show::show(&world.service, &world.actor, show::In { kind: Content, ..asked(None) }).await;
    assert_eq!(gone.unwrap_err().problem().code, "definition-not-found");
}

#[tokio::test]
async fn all_are_stored_or_none() {
    let world = World::new();
    let mut wrong = all();
    wrong[0].document["audience"] = json!({"all": 1});
    let error = applied(&world, wrong).await.unwrap_err();
    assert_eq!(error.problem().pointer.as_deref(), Some("/documents/0/audience/all"));
    let mut refused = all();
    refused[1].document = content("<p>Buy</p>");
    let error = applied(&world, refused.clone()).await.unwrap_err();
    assert_eq!(error.problem().code, "content-refused");
    let mut twice = all();
    twice.push(given(Content, content("other")));
    let error = applied(&world, twice).await.unwrap_err();
    assert!(matches!(error, apply::Error::Invalid(Invalid::Twice { index: 3, .. })), "{error}");
    let mut lost = all();
    lost.pop();
    let error = applied(&world, lost).await.unwrap_err();
    assert_eq!(error.problem().pointer.as_deref(), Some("/documents/0/configuration"));
    let none = list::list(&world.service, &world.actor, list::In::default()).await.unwrap();
    assert_eq!(none.data, []);
    // A content that a campaign beside it names is checked as that campaign's, though the campaign is the same.
    applied(&world, all()).await.unwrap();
    let error = applied(&world, refused.clone()).await.unwrap_err();
    assert_eq!(error.problem().code, "content-refused");
    assert_eq!(whats(&world, all()).await, [What::Unchanged; 3]);
    // Without a check, a campaign is a draft.
    refused[0].document["list"] = json!("news");
    let asked = apply::In { documents: refused, uploads: HashMap::new(), probe: None };
    let out = apply::apply(&world.service, &world.actor, asked).await.unwrap();
    assert_eq!(out.data[2].definition.state, "draft");
}

#[tokio::test]
async fn of_two_editors_the_second_is_told() {
    let world = World::new();
    applied(&world, all()).await.unwrap();
    let edit =
        |port, expected| Given { expected: Some(expected), ..given(Configuration, configuration(port)) };
    applied(&world, vec![edit(26, 1)]).await.unwrap();
    for expected in [0, 1, 3] {
        let error = applied(&world, vec![edit(27, expected)]).await.unwrap_err();
        assert_eq!((error.problem().kind, error.problem().code), (Kind::Conflict, "definition-changed"));
    }
    let asked = |expected| archive::In { kind: Configuration, name: "mail".to_owned(), expected };
    let error = archive::archive(&world.service, &world.actor, asked(Some(1))).await.unwrap_err();
    assert_eq!(error.problem().kind, Kind::Conflict);
    let out = archive::archive(&world.service, &world.actor, asked(Some(2))).await.unwrap();
    assert_eq!((out.version, out.state), (2, "archived"));
    // Nothing new can name it, until it is applied again.
    let campaign = || vec![given(Campaign, campaign(&json!({"all": true})))];
    let error = applied(&world, campaign()).await.unwrap_err();
    assert_eq!(error.problem().pointer.as_deref(), Some("/documents/0/configuration"));
    let exported = export::export(&world.service, &world.actor, export::In::default()).await.unwrap();
    assert_eq!(exported.data.len(), 2);
    let again = vec![given(Configuration, configuration(26))];
    assert_eq!(whats(&world, again.clone()).await, [What::Restored]);
    assert_eq!(applied(&world, again).await.unwrap().data[0].definition.state, "checked");
    applied(&world, campaign()).await.unwrap();
}

#[tokio::test]
async fn a_page_of_definitions_says_where_the_next_begins() {
    let world = World::new();
    applied(&world, all()).await.unwrap();
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let asked = list::In { kind: None, after, limit: 1 };
        let page = list::list(&world.service, &world.actor, asked).await.unwrap();
        seen.extend(page.data.into_iter().map(|one| one.kind));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, [Configuration, Content, Campaign]);
    for cursor in ["", "campaign", "campaign/", "page/a"] {
        let asked = list::In { after: Some(cursor.to_owned()), ..list::In::default() };
        let error = list::list(&world.service, &world.actor, asked).await.unwrap_err();
        assert_eq!(error.problem().code, "cursor-invalid", "{cursor}");
    }
}

#[tokio::test]
async fn a_pinned_campaign_is_what_it_was() {
    let world = with_secrets(World::new());
    applied(&world, all()).await.unwrap();
    let name = "Spring, früh";
    let pinned = load::current(&world.service, &world.actor, name).await.unwrap();
    assert_eq!(pinned.pins, Some(Pins { campaign: 1, configuration: Some(1), content: Some(1) }));
    // It survives a job's row.
    let pinned: load::In = serde_json::from_str(&serde_json::to_string(&pinned).unwrap()).unwrap();
    let other = WAY_OUT.replace("Buy", "Buy now");
    applied(&world, vec![given(Content, content(&other))]).await.unwrap();
    let old = load::load(&world.service, &world.actor, pinned.clone()).await.unwrap();
    let new = load::In { pins: None, ..pinned.clone() };
    let new = load::load(&world.service, &world.actor, new).await.unwrap();
    assert_eq!((old.content.html.as_deref(), new.content.html.as_deref()), (Some(WAY_OUT), Some(&*other)));
    assert_eq!(new.pins.unwrap().content, Some(2));
    let delivery::Medium::Email(email) = &old.configuration.medium else { panic!("it is email's") };
    assert_eq!(email.transport.password_env.as_deref(), Some("RELAY"));
    let locked = Service { secrets: Arc::new(wire::secret::NoSecrets), ..world.service.clone() };
    let error = load::load(&locked, &world.actor, pinned.clone()).await.unwrap_err();
    assert_eq!((error.problem().kind, error.problem().code), (Kind::Unavailable, "secret-unknown"));
    let gone = load::In { campaign: "no".to_owned(), pins: None };
    assert_eq!(
        load::load(&world.service, &world.actor, gone).await.unwrap_err().problem().kind,
        Kind::NotFound
    );
    let asked = archive::In { kind: Campaign, name: name.to_owned(), expected: None };
    archive::archive(&world.service, &world.actor, asked).await.unwrap();
    let new = load::In { pins: None, ..pinned.clone() };
    let error = load::load(&world.service, &world.actor, new).await.unwrap_err();
    assert_eq!(error.problem().code, "definition-archived");
    load::load(&world.service, &world.actor, pinned).await.unwrap();
}

#[tokio::test]
async fn an_address_file_is_kept_by_whom_it_names() {
    let world = with_secrets(World::new());
    let hash = "0a".repeat(32);
    let documents = || {
        let mut all = all();
        all[0].document = campaign(&json!({"upload": hash}));
        all
    };
    let error = applied(&world, documents()).await.unwrap_err();
    assert!(
        matches!(&error, apply::Error::Campaign { error, .. } if matches!(**error, DeliveryError::Input(_)))
    );
    let rows = "email\nann@example.com\nnobody\nbob@example.com\n";
    let source = RowsSource::new("people.csv", move || Ok(Box::new(rows.as_bytes())));
    let asked = apply::In {
        documents: documents(),
        uploads: [(hash.clone(), source)].into(),
        probe: Some(&AllPages),
    };
    apply::apply(&world.service, &world.actor, asked).await.unwrap();
    let kept =
        world.service.store.audience_upload(world.service.workspace, &hash, "email").await.unwrap().unwrap();
    assert_eq!(kept.profiles.len(), 2);
    let asked = load::In { campaign: "Spring, früh".to_owned(), pins: None };
    let campaign = load::load(&world.service, &world.actor, asked).await.unwrap();
    let Audience::Upload(upload) = &campaign.audience else { panic!("it is an upload") };
    assert_eq!((upload.sha256.as_str(), &upload.rows), (hash.as_str(), &None));
    // Whom it is, is known without the file.
    let (_stop, stop) = tokio::sync::watch::channel(false);
    let deps = crate::campaigns::deps(&world.service, stop);
    let forecast = delivery::forecast(&deps, &campaign).await.unwrap();
    assert_eq!((forecast.audience, forecast.malformed_addresses, forecast.malformed_lines), (2, 1, vec![3]));
}

#[test]
fn a_refusal_names_its_campaign() {
    let refused = apply::Error::Refused {
        index: 2,
        campaign: "spring".to_owned(),
        error: PublishError { findings: Vec::new() },
    };
    assert_eq!(refused.problem().pointer.as_deref(), Some("/documents/2"));
}
