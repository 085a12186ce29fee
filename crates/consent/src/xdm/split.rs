//! Takes the choices out of a checked document and leaves the remainder.

use serde_json::{Map, Value as Json};

use super::shape::steps;
use super::{Place, Value};
use crate::{Choice, Field, Preferred, Timestamp};

/// Takes choices and preferred channel out of a document that is wrapped and has no prefixes. Objects that this
/// empties go too; one that came empty stays, as nothing else tells of it.
pub(super) fn split(root: &mut Map<String, Json>) -> (Vec<Value>, Preferred) {
    let mut values = Vec::new();
    let mut preferred = Preferred::Unset;
    within(root, "consents", |consents| {
        let at = metadata_time(consents);
        within(consents, "marketing", |marketing| {
            preferred = take_text(marketing, "preferred");
        });
        fields(consents, at, &mut values, Place::Profile);
        within(consents, "idSpecific", |namespaces| {
            each(namespaces, |namespace, ids| {
                each(ids, |id, identity| {
                    let at = metadata_time(identity).or(at);
                    fields(identity, at, &mut values, |field| Place::Identity {
                        namespace: namespace.to_owned(),
                        id: id.to_owned(),
                        field,
                    });
                });
            });
        });
    });
    if root.get("consents").is_some_and(|consents| *consents == Json::Object(Map::new())) {
        // Every document has one.
        root.shift_remove("consents");
    }
    (values, preferred)
}

/// The time of everything in a consents object, or in an identity, that has none of its own.
pub(super) fn metadata_time(level: &Map<String, Json>) -> Option<Timestamp> {
    moment(level.get("metadata")?.get("time")?)
}

/// The moment of a time that a document holds.
pub(super) fn moment(time: &Json) -> Option<Timestamp> {
    Timestamp::parse(time.as_str()?).ok()
}

fn fields(
    level: &mut Map<String, Json>,
    inherited: Option<Timestamp>,
    values: &mut Vec<Value>,
    place: impl Fn(Field) -> Place,
) {
    for field in Field::ALL {
        let (group, name) = steps(field);
        let mut take = |around: &mut Map<String, Json>| {
            within(around, name, |object| {
                values.extend(value(object, inherited, place(field)));
                if let (Some(channel), Place::Profile(_)) = (field.channel(), place(field)) {
                    within(object, "subscriptions", |subscriptions| {
                        each(subscriptions, |name, subscription| {
                            let place = Place::Subscription { channel, name: name.to_owned() };
                            values.extend(value(subscription, inherited, place));
                        });
                    });
                }
            });
        };
        match group {
            Some(group) => within(level, group, take),
            None => take(level),
        }
    }
}

/// Takes `val`, `time` and `reason` out; `None`, and nothing taken, without a choice.
fn value(object: &mut Map<String, Json>, inherited: Option<Timestamp>, place: Place) -> Option<Value> {
    let choice = take_text::<Choice>(object, "val");
    if choice == Choice::Unset {
        return None;
    }
    let own = object.get("time").and_then(moment);
    // The text goes if `build` would write the same one.
    let ours = |at: Timestamp| object.get("time").is_some_and(|text| *text == at.to_string());
    if own.is_some_and(|at| own != inherited && ours(at)) {
        object.shift_remove("time");
    }
    let reason = match object.shift_remove("reason") {
        Some(Json::String(reason)) => Some(reason),
        _ => None,
    };
    Some(Value { place, choice, at: own.or(inherited), reason })
}

/// Takes a text out and reads it; the default if it isn't there.
fn take_text<T: std::str::FromStr + Default>(object: &mut Map<String, Json>, name: &str) -> T {
    let read = object.get(name).and_then(Json::as_str).and_then(|text| text.parse().ok());
    if read.is_some() {
        object.shift_remove(name);
    }
    read.unwrap_or_default()
}

/// Takes out of the object at a member, and the member too once that is empty.
fn within(object: &mut Map<String, Json>, name: &str, take: impl FnOnce(&mut Map<String, Json>)) {
    if let Some(Json::Object(inner)) = object.get_mut(name)
        && !inner.is_empty()
    {
        take(inner);
        if inner.is_empty() {
            object.shift_remove(name);
        }
    }
}

/// [`within`] for every member.
fn each(object: &mut Map<String, Json>, mut take: impl FnMut(&str, &mut Map<String, Json>)) {
    object.retain(|key, member| match member {
        Json::Object(inner) if !inner.is_empty() => {
            take(key, inner);
            !inner.is_empty()
        }
        _ => true,
    });
}
