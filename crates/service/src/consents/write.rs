//! Replacing a person's consent document, or merging a patch into it.
//!
//! What a document says of a choice is recorded as any choice is: the latest wins, and a refusal gives way to an express,
//! later yes alone. So a document that lacks a refusal which is recorded doesn't lift it: it is refused as a whole, and names
//! the refusal. Else a program that has never heard of SMS would lift everybody's opt-out of it.

use std::collections::{BTreeMap, BTreeSet};

use consent::xdm::{Document, Place, Value as Said, XdmError};
use consent::{
    Address, AddressId, Channel, Choice, ConsentChange, EntryId, Evidence, Namespace, Origin, Preferred,
    ProfileId, Source, Subject, Target, Timestamp,
};
use serde::Serialize;
use serde_json::Value;
use store::{List, ProfileRow, ProfileView, StoreError};

use super::document;
use crate::profiles::{Whom, WhomError};
use crate::{Actor, Fault, Kind, Problem, Service, shape};

/// The document.
#[derive(Clone, Debug)]
pub struct In {
    /// Whose.
    pub profile: ProfileId,
    /// The document, or the patch.
    pub document: Value,
    /// Whether it is a patch (RFC 7396) of the document as it is shown.
    pub patch: bool,
    /// Record nothing unless the document is this, by [`super::document::Out::version`].
    pub if_version: Option<String>,
}

/// What was recorded.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ConsentsRecorded)]
pub struct Out {
    /// The profile.
    #[serde(serialize_with = "shape::text")]
    #[schema(value_type = String)]
    pub profile: ProfileId,
    /// The entries that were made, in order.
    pub entries: Vec<String>,
    /// How many choices changed.
    pub changed: u32,
    /// How many were left as they were, because what is recorded is later, or a refusal.
    pub outranked: u32,
    /// The document as it is now.
    #[schema(value_type = Object)]
    pub consents: Value,
    /// The position that a decision can ask to know of; null where nothing was recorded.
    pub consistency_token: Option<String>,
}

/// Why nothing was recorded.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The person isn't there.
    #[error(transparent)]
    Whom(#[from] WhomError),
    /// It isn't XDM.
    #[error(transparent)]
    Document(#[from] XdmError),
    /// It names an address that isn't the person's.
    #[error("{0}: the address isn't this person's")]
    NotTheirs(String),
    /// It names a list that isn't there.
    #[error("the list `{1}` doesn't exist")]
    NoList(Channel, String),
    /// It would lift a refusal without saying yes.
    #[error("{0}: a refusal is lifted by an express yes (`y`) alone")]
    LiftsRefusal(String),
    /// Somebody changed the document meanwhile.
    #[error("the document was changed since it was read")]
    Changed,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Fault for Error {
    fn problem(&self) -> Problem {
        let at = |code, pointer: String| Problem {
            pointer: Some(pointer.into()),
            ..Problem::new(Kind::Invalid, code)
        };
        match self {
            Self::Whom(error) => error.problem(),
            Self::Document(error) => at("consents-invalid", shape::pointer(&error.path)),
            Self::NotTheirs(pointer) => at("address-not-theirs", pointer.clone()),
            Self::NoList(channel, name) => {
                at("list-not-found", format!("/marketing/{channel}/subscriptions/{}", shape::escaped(name)))
            }
            Self::LiftsRefusal(pointer) => at("refusal-lifted", pointer.clone()),
            Self::Changed => Problem::new(Kind::Outdated, "changed-meanwhile"),
            Self::Store(error) => error.problem(),
        }
    }
}

/// Replaces the document, or patches it. All of its choices are recorded or none.
pub async fn write(service: &Service, actor: &Actor, asked: In) -> Result<Out, Error> {
    let In { profile, document, patch, if_version } = asked;
    let (store, workspace) = (&service.store, service.workspace);
    let nobody = || WhomError::Nobody(Whom::Id(profile));
    let view = store.profile(workspace, profile).await?.ok_or_else(nobody)?;
    let held = store::document(&view);
    if if_version.is_some_and(|wanted| document::Out(held.clone()).version() != wanted) {
        return Err(Error::Changed);
    }
    let document = if patch { merged(held.clone(), document) } else { document };
    let asked = Document::from_value(document)?;
    let before = Document::from_value(held)?;
    let wishes = wishes(&before, &asked, patch)?;
    let desk = Desk { view: &view, lists: store.lists(workspace).await?, now: service.now() };
    let changes = desk.changes(&wishes, actor)?;
    let recorded = if changes.is_empty() { Vec::new() } else { store.record(workspace, changes).await? };
    if let Some(row) = desk.beside(&before, &asked) {
        store.import(workspace, vec![row]).await?;
    }
    let now = store.profile(workspace, profile).await?.ok_or_else(nobody)?;
    let entries: Vec<EntryId> = recorded.iter().filter_map(|recorded| recorded.entry).collect();
    Ok(Out {
        profile,
        entries: entries.iter().map(EntryId::to_string).collect(),
        changed: recorded.iter().map(|recorded| recorded.applied.len() as u32).sum(),
        outranked: recorded.iter().map(|recorded| recorded.outranked).sum(),
        consents: store::document(&now),
        consistency_token: entries.into_iter().max().map(super::token),
    })
}

/// A patch applied (RFC 7396).
fn merged(held: Value, patch: Value) -> Value {
    let Value::Object(patch) = patch else { return patch };
    let mut members = match held {
        Value::Object(members) => members,
        _ => serde_json::Map::new(),
    };
    for (name, change) in patch {
        if change.is_null() {
            members.shift_remove(&name);
        } else {
            let before = members.get_mut(&name).map(Value::take).unwrap_or_default();
            members.insert(name, merged(before, change));
        }
    }
    Value::Object(members)
}

/// The choices that differ from those that are recorded.
fn wishes(before: &Document, asked: &Document, patch: bool) -> Result<Vec<Said>, Error> {
    let held: BTreeMap<&Place, &Said> = before.values().iter().map(|value| (&value.place, value)).collect();
    let mut wishes = Vec::new();
    let mut named = BTreeSet::new();
    for value in asked.values() {
        named.insert(&value.place);
        let mut wish = value.clone();
        if let Some(held) = held.get(&value.place) {
            if held.choice == value.choice && held.at == value.at {
                continue;
            }
            if held.choice.is_no() && !value.choice.is_no() && value.choice != Choice::Yes {
                return Err(Error::LiftsRefusal(pointer(&value.place)));
            }
            // Who patches a choice leaves its time and its reason as they were, and means now. So does who says no; a yes of a
            // whole document is as old as it says.
            if held.at == value.at && (patch || value.choice.is_no()) {
                wish.at = None;
            }
            if held.reason == value.reason && patch {
                wish.reason = None;
            }
        }
        wishes.push(wish);
    }
    for gone in before.values().iter().filter(|value| !named.contains(&value.place)) {
        match gone.choice {
            Choice::Unknown => {}
            choice if choice.is_no() => return Err(Error::LiftsRefusal(pointer(&gone.place))),
            _ => wishes.push(Said { choice: Choice::Unknown, at: None, reason: None, ..gone.clone() }),
        }
    }
    Ok(wishes)
}

/// Where a choice stands in a document.
fn pointer(place: &Place) -> String {
    let field = |field: &consent::Field| match field.channel() {
        Some(channel) => format!("/marketing/{channel}"),
        None => format!("/{}", field.to_string().replace('.', "/")),
    };
    match place {
        Place::Profile(consent::Field::Any) => "/marketing/any".to_owned(),
        Place::Profile(named) => field(named),
        Place::Identity { namespace, id, field: named } => {
            format!("/idSpecific/{}/{}{}", shape::escaped(namespace), shape::escaped(id), field(named))
        }
        Place::Subscription { channel, name } => {
            format!("/marketing/{channel}/subscriptions/{}", shape::escaped(name))
        }
    }
}

/// What choices are recorded with.
struct Desk<'d> {
    view: &'d ProfileView,
    lists: Vec<List>,
    now: Timestamp,
}

impl Desk<'_> {
    /// One change for each address, moment and reason.
    fn changes(&self, wishes: &[Said], actor: &Actor) -> Result<Vec<ConsentChange>, Error> {
        let mut changes: Vec<ConsentChange> = Vec::new();
        for wish in wishes {
            let (subject, target) = self.target(&wish.place)?;
            let occurred_at = Some(wish.at.map_or(self.now, |at| at.min(self.now)));
            let same = |change: &&mut ConsentChange| {
                change.subject == subject
                    && change.occurred_at == occurred_at
                    && change.evidence.reason == wish.reason
            };
            if let Some(change) = changes.iter_mut().find(same) {
                change.sets.push((target, wish.choice));
                continue;
            }
            let evidence =
                Evidence { reason: wish.reason.clone(), actor: Some(actor.note()), ..Evidence::default() };
            changes.push(ConsentChange {
                subject,
                sets: std::iter::once((target, wish.choice)).collect(),
                occurred_at,
                received_at: self.now,
                source: Source::API,
                run: None,
                evidence,
            });
        }
        Ok(changes)
    }

    fn target(&self, place: &Place) -> Result<(Subject, Target), Error> {
        let profile = Subject::Profile(self.view.id);
        Ok(match place {
            Place::Profile(field) => (profile, Target::Field(*field)),
            Place::Subscription { channel, name } => {
                let list = self.lists.iter().find(|list| list.name == *name);
                let list = list.ok_or_else(|| Error::NoList(*channel, name.clone()))?;
                (profile, Target::List(list.id))
            }
            Place::Identity { namespace, id, field } => {
                let address = self.address(namespace, id);
                let address = address.ok_or_else(|| Error::NotTheirs(pointer(place)))?;
                (Subject::Address(address), Target::Identity(*field))
            }
        })
    }

    fn address(&self, namespace: &str, id: &str) -> Option<AddressId> {
        let namespace: Namespace = namespace.parse().ok()?;
        let asked = Address::parse(&namespace, id, None).ok()?;
        let same = |held: &&store::AddressView| {
            let known = Address::parse(&held.namespace, &held.raw, None);
            held.namespace == namespace && known.is_ok_and(|known| known.key() == asked.key())
        };
        self.view.addresses.iter().find(same).map(|held| held.id)
    }

    /// What the document holds beside its choices, if that is new. It is merged into what is kept.
    fn beside(&self, before: &Document, asked: &Document) -> Option<ProfileRow> {
        let preferred = asked.preferred();
        let changed = asked.remainder() != before.remainder()
            || (preferred != before.preferred() && preferred != Preferred::Unset);
        let first = self.view.addresses.first();
        let address = first.and_then(|first| Address::parse(&first.namespace, &first.raw, None).ok());
        let external_id = self.view.external_id.clone();
        // Nobody finds a profile that has neither.
        if !changed || (external_id.is_none() && address.is_none()) {
            return None;
        }
        Some(ProfileRow {
            origin: Origin::Stranger,
            external_id,
            addresses: address.into_iter().collect(),
            preferred: Some(preferred).filter(|preferred| *preferred != Preferred::Unset),
            remainder: Some(asked.remainder().to_string()),
            received_at: self.now,
            ..ProfileRow::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::consents::opt_out;
    use crate::testing::World;

    async fn ann(world: &World) -> ProfileId {
        let no = opt_out::In::of("ann@example.com");
        opt_out::opt_out(&world.service, &world.actor, no).await.unwrap().profile
    }

    async fn put(world: &World, profile: ProfileId, document: Value, patch: bool) -> Result<Out, Error> {
        let asked = In { profile, document, patch, if_version: None };
        write(&world.service, &world.actor, asked).await
    }

    #[tokio::test]
    async fn a_document_comes_back_as_it_was_read_and_changes_nothing() {
        let world = World::new();
        let profile = ann(&world).await;
        let shown = document::document(&world.service, &world.actor, document::In { profile }).await.unwrap();
        let out = put(&world, profile, shown.0.clone(), false).await.unwrap();
        assert_eq!((out.changed, out.entries.len(), &out.consents), (0, 0, &shown.0));
        let asked = In { profile, document: json!({}), patch: true, if_version: Some(shown.version()) };
        assert_eq!(write(&world.service, &world.actor, asked.clone()).await.unwrap().changed, 0);
        let stale = In { if_version: Some("0".to_owned()), ..asked };
        assert!(matches!(write(&world.service, &world.actor, stale).await, Err(Error::Changed)));
    }

    #[tokio::test]
    async fn a_patch_says_yes_and_no_and_names_who_did() {
        let world = World::new();
        let profile = ann(&world).await;
        let patch = json!({"marketing": {"sms": {"val": "n", "reason": "rang us"}, "email": {"val": "y"}}});
        let out = put(&world, profile, patch, true).await.unwrap();
        assert_eq!((out.changed, out.outranked), (2, 0));
        assert_eq!(out.consents["marketing"]["email"]["val"], "y");
        assert_eq!(out.consents["marketing"]["sms"]["reason"], "rang us");
        assert!(out.consistency_token.is_some());
        let entry = world.service.store.history(world.service.workspace, profile, None, 1).await.unwrap();
        assert_eq!(entry.entries[0].evidence.actor.as_deref(), Some("cli:ada"));
    }

    #[tokio::test]
    async fn no_document_lifts_a_refusal_but_by_a_later_yes() {
        let world = World::new();
        let profile = ann(&world).await;
        for (document, patch) in [
            (json!({}), false),
            (json!({"marketing": {"sms": {"val": "y"}}}), false),
            (json!({"marketing": {"email": null}}), true),
            (json!({"marketing": {"email": {"val": "u"}}}), true),
            (json!({"marketing": {"email": {"val": "LI"}}}), true),
        ] {
            let refused = put(&world, profile, document.clone(), patch).await.unwrap_err();
            assert_eq!(refused.problem().pointer.as_deref(), Some("/marketing/email"), "{document}");
        }
        let old = json!({"marketing": {"email": {"val": "y", "time": "2001-01-01T00:00:00Z"}}});
        let out = put(&world, profile, old, false).await.unwrap();
        assert_eq!((out.changed, out.outranked), (0, 1));
        assert_eq!(out.consents["marketing"]["email"]["val"], "n");
        let now = json!({"marketing": {"email": {"val": "y"}}});
        assert_eq!(
            put(&world, profile, now, false).await.unwrap().consents["marketing"]["email"]["val"],
            "y"
        );
        // What isn't a refusal may be left out.
        assert_eq!(
            put(&world, profile, json!({}), false).await.unwrap().consents["marketing"]["email"]["val"],
            "u"
        );
    }

    #[tokio::test]
    async fn what_is_wrong_is_pointed_at_and_what_stands_beside_is_kept() {
        let world = World::new();
        let profile = ann(&world).await;
        for (patch, pointer) in [
            (json!({"marketing": {"email": {"val": "maybe"}}}), "/marketing/email/val"),
            (
                json!({"marketing": {"email": {"subscriptions": {"news": {"val": "y"}}}}}),
                "/marketing/email/subscriptions/news",
            ),
            (
                json!({"idSpecific": {"email": {"bo@example.com": {"marketing": {"email": {"val": "n"}}}}}}),
                "/idSpecific/email/bo@example.com/marketing/email",
            ),
        ] {
            let refused = put(&world, profile, patch, true).await.unwrap_err();
            assert_eq!(refused.problem().pointer.as_deref(), Some(pointer));
        }
        let own = json!({"idSpecific": {"email": {"ANN@example.com": {"marketing": {"email": {"val": "n"}}}}},
            "marketing": {"preferred": "sms"}, "brand": {"tier": 3}});
        let out = put(&world, profile, own, true).await.unwrap();
        assert_eq!(out.consents["marketing"]["preferred"], "sms");
        assert_eq!(out.consents["brand"]["tier"], 3);
        let address = &out.consents["idSpecific"]["email"]["ann@example.com"];
        assert_eq!(address["marketing"]["email"]["val"], "n");
    }
}
