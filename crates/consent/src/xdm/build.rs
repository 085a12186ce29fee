//! Puts a document together again.

use serde_json::{Map, Value as Json};

use super::shape::{CONSENTS, PREFIX, ROOT, Shape, steps};
use super::split::{metadata_time, moment};
use super::{Place, REASON_CHARS_MAX, Style, Value};
use crate::{Choice, Field, Preferred, Timestamp};

/// Puts a document together from its values, the preferred channel and its remainder.
///
/// Equal to the document that they come from; choices that were changed since stand in their places. The result passes
/// the schema: a field that holds members of the remainder, or subscriptions, but has no choice (any more) gets `u`,
/// which counts like none, and a reason is cut at [`REASON_CHARS_MAX`]. If a value has no time (`None` or
/// [`Timestamp::UNDATED`]) while the remainder has a `metadata.time`, which would date it, that goes, and every other
/// value gets its time written out. Of two values for one place the last counts. Siblings of `consents` are only
/// written when the style is wrapped.
pub fn build(
    values: impl IntoIterator<Item = Value>,
    preferred: Preferred,
    remainder: &Json,
    style: Style,
) -> Json {
    let mut values: Vec<Value> = values.into_iter().filter(|value| value.choice != Choice::Unset).collect();
    for value in &mut values {
        value.at = value.at.filter(|at| Timestamp::parse(&at.to_string()) == Ok(*at));
    }
    let mut root = remainder.as_object().cloned().unwrap_or_default();
    let consents = object(&mut root, "consents");
    undate(consents, &values);
    for value in values {
        insert(consents, value);
    }
    if preferred != Preferred::Unset {
        object(consents, "marketing").insert("preferred".to_owned(), preferred.as_str().into());
    }
    let (built, shape) = if style.wrapped {
        (Json::Object(root), &ROOT)
    } else {
        (root.shift_remove("consents").unwrap_or_default(), &CONSENTS)
    };
    spell(built, shape, style.prefixed).unwrap_or_else(|| Json::Object(Map::new()))
}

/// One remainder out of two, e.g. of a document and of one that came later: what only one has is kept, where both have
/// something the new one wins. Objects are merged, arrays replaced. The caller limits how much it keeps.
#[must_use]
pub fn merge_remainder(old: Json, new: Json) -> Json {
    match (old, new) {
        (Json::Object(mut old), Json::Object(new)) => {
            for (key, member) in new {
                let merged = match old.get_mut(&key) {
                    Some(before) => merge_remainder(before.take(), member),
                    None => member,
                };
                old.insert(key, merged);
            }
            Json::Object(old)
        }
        (_, new) => new,
    }
}

/// The object at a member, made if there is none.
fn object<'o>(around: &'o mut Map<String, Json>, name: &str) -> &'o mut Map<String, Json> {
    let member = around.entry(name).or_insert(Json::Null);
    if !member.is_object() {
        *member = Json::Object(Map::new());
    }
    member.as_object_mut().expect("made an object above")
}

fn identity<'o>(consents: &'o mut Map<String, Json>, namespace: &str, id: &str) -> &'o mut Map<String, Json> {
    object(object(object(consents, "idSpecific"), namespace), id)
}

/// Takes out every `metadata.time` that would date a value that has no time.
fn undate(consents: &mut Map<String, Json>, values: &[Value]) {
    for value in values.iter().filter(|value| value.at.is_none()) {
        take_metadata_time(consents);
        if let Place::Identity { namespace, id, .. } = &value.place {
            take_metadata_time(identity(consents, namespace, id));
        }
    }
}

fn take_metadata_time(level: &mut Map<String, Json>) {
    if let Some(Json::Object(metadata)) = level.get_mut("metadata")
        && metadata.shift_remove("time").is_some()
        && metadata.is_empty()
    {
        level.shift_remove("metadata");
    }
}

fn at_field(level: &mut Map<String, Json>, field: Field) -> &mut Map<String, Json> {
    match steps(field) {
        (Some(group), name) => object(object(level, group), name),
        (None, name) => object(level, name),
    }
}

fn insert(consents: &mut Map<String, Json>, value: Value) {
    let mut inherited = metadata_time(consents);
    let place = match &value.place {
        Place::Profile(field) => at_field(consents, *field),
        Place::Identity { namespace, id, field } => {
            let level = identity(consents, namespace, id);
            inherited = metadata_time(level).or(inherited);
            at_field(level, *field)
        }
        Place::Subscription { channel, name } => {
            object(object(at_field(consents, channel.field()), "subscriptions"), name)
        }
    };
    place.insert("val".to_owned(), value.choice.as_str().into());
    set_time(place, value.at, inherited);
    match value.reason {
        Some(reason) => {
            let reason: String = reason.chars().take(REASON_CHARS_MAX).collect();
            place.insert("reason".to_owned(), reason.into());
        }
        None => drop(place.shift_remove("reason")),
    }
}

/// Writes a time, unless the text that the remainder kept already says it, or `metadata` does.
fn set_time(place: &mut Map<String, Json>, at: Option<Timestamp>, inherited: Option<Timestamp>) {
    match at {
        Some(at) if place.get("time").and_then(moment) == Some(at) => {}
        Some(at) if inherited != Some(at) => {
            place.insert("time".to_owned(), at.to_string().into());
        }
        _ => drop(place.shift_remove("time")),
    }
}

/// Puts members into the schema's order and gives them the prefix. `None` for what has nothing left to say.
fn spell(value: Json, shape: &Shape, prefixed: bool) -> Option<Json> {
    let mut object = match value {
        Json::Object(object) if !object.is_empty() || matches!(shape, Shape::Field(_)) => object,
        other => return Some(other),
    };
    let mut out = Map::with_capacity(object.len());
    if let Shape::Map(inner) = shape {
        out.extend(
            object.into_iter().filter_map(|(key, member)| Some((key, spell(member, inner, prefixed)?))),
        );
        return (!out.is_empty()).then_some(Json::Object(out));
    }
    if matches!(shape, Shape::Field(_)) && !object.contains_key("val") {
        // Left behind by a choice that has been withdrawn.
        object.shift_remove("time");
        if object.is_empty() {
            return None;
        }
        object.insert("val".to_owned(), Choice::Unknown.as_str().into());
    }
    for (name, inner) in shape.members() {
        if let Some(member) = object.shift_remove(*name).and_then(|member| spell(member, inner, prefixed)) {
            let key = if prefixed { format!("{PREFIX}{name}") } else { (*name).to_owned() };
            out.insert(key, member);
        }
    }
    for (key, member) in object {
        out.entry(key).or_insert(member);
    }
    (!out.is_empty()).then_some(Json::Object(out))
}
