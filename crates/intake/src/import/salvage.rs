//! The refusals of a JSON line that doesn't go in.
//!
//! The line is read again, loosely: every member counts, also one that stands twice, and what isn't understood is passed
//! over. So whatever is wrong with a line, a no in it isn't lost with it.

use std::fmt;

use consent::{Address, Field, Timestamp};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use store::{ProfileRow, RowConsent, RowTarget};

use super::Context;
use super::names::squash;
use super::refusals;
use super::row::RowBuilder;

/// JSON with every member, also those that stand twice.
pub(super) enum Loose {
    Object(Vec<(String, Self)>),
    Array(Vec<Self>),
    Text(String),
    Number(String),
    Bool(bool),
    Null,
}

/// Reads a line; `None` unless it is a JSON object.
pub(super) fn members(json: &str) -> Option<Vec<(String, Loose)>> {
    match serde_json::from_str(json) {
        Ok(Loose::Object(members)) => Some(members),
        _ => None,
    }
}

/// The refusals of a line, for its id and for those of its addresses that can be read.
pub(super) fn salvage(json: &str, context: &Context) -> Vec<ProfileRow> {
    let Some(members) = members(json) else { return Vec::new() };
    // Also under a name that is only almost ours, which is what the line may be rejected for.
    let all = |names: &'static [&str]| {
        members.iter().filter(|(name, _)| names.contains(&squash(name).as_str())).map(|(_, value)| value)
    };
    let mut row = RowBuilder::new(context.received_at);
    let mut countries = all(&["country"]).filter_map(Loose::text);
    // Two countries make two numbers of one in national form: better none than a stranger's.
    if let (Some(country), None) = (countries.next(), countries.next()) {
        row.country("country", country);
    }
    // What can't be read is left out: the line is rejected as it is.
    for id in all(&["id"]).filter_map(Loose::text_or_number) {
        row.id(id).unwrap_or_default();
    }
    for email in all(&["email"]).flat_map(Loose::texts) {
        row.email("email", email);
    }
    for phone in all(&["phone"]).flat_map(Loose::texts) {
        row.phone("phone", phone);
    }
    for consents in all(&["consents", "xdmconsents"]) {
        document(&mut row, consents, context);
    }
    for (list, value) in all(&["subscriptions"]).flat_map(Loose::members) {
        if let Some(list) = context.lists.get(list) {
            refusal(&mut row, RowTarget::List(*list), value, None, None);
        }
    }
    for (name, value) in &members {
        let field = name.strip_prefix("consent.").and_then(|field| field.parse().ok());
        let list = name.strip_prefix("list.").and_then(|list| context.lists.get(list));
        if let Some(target) = field.map(RowTarget::Field).or(list.map(|list| RowTarget::List(*list))) {
            refusal(&mut row, target, value, None, None);
        }
    }
    row.into_refusals()
}

fn document(row: &mut RowBuilder, consents: &Loose, context: &Context) {
    let at = metadata_time(consents);
    for field in Field::ALL {
        for object in consents.at(path(field)) {
            field_refusals(row, &RowTarget::Field(field), object, at);
            for (name, subscription) in object.at(&["subscriptions"]).flat_map(Loose::members) {
                if let Some(list) = context.lists.get(name) {
                    field_refusals(row, &RowTarget::List(*list), subscription, at);
                }
            }
        }
    }
    stray_refusals(row, consents, Field::Any, at);
    for (namespace, ids) in consents.at(&["idSpecific"]).flat_map(Loose::members) {
        let Ok(namespace) = namespace.parse() else { continue };
        for (id, identity) in ids.members().filter(|(id, _)| legible(id)) {
            let Ok(address) = Address::parse(&namespace, id, None) else { continue };
            row.address(address.clone());
            let at = metadata_time(identity).or(at);
            for field in Field::ALL {
                for object in identity.at(path(field)) {
                    field_refusals(row, &RowTarget::Identity(address.clone(), field), object, at);
                }
            }
        }
    }
}

/// Refusals that stand in no place of ours. What they are about is told by the names above them, or else is everything.
fn stray_refusals(row: &mut RowBuilder, level: &Loose, about: Field, at: Option<Timestamp>) {
    const PASSED_OVER: [&str; 6] = ["idspecific", "subscriptions", "metadata", "time", "reason", "preferred"];
    if let Loose::Text(_) | Loose::Bool(_) | Loose::Number(_) = level {
        return refusal(row, RowTarget::Field(about), level, at, None);
    }
    for (name, value) in level.members() {
        let name = squash(name.strip_prefix("xdm:").unwrap_or(name));
        if PASSED_OVER.contains(&name.as_str()) {
            continue;
        }
        let named =
            Field::ALL.into_iter().find(|field| path(*field).last().is_some_and(|last| squash(last) == name));
        let singular = name.strip_suffix('s').unwrap_or(&name);
        let plural =
            [("email", Field::Email), ("mail", Field::Email), ("phone", Field::Sms), ("text", Field::Sms)];
        let plural = plural.into_iter().find(|(word, _)| *word == singular).map(|(_, field)| field);
        stray_refusals(row, value, named.or(plural).unwrap_or(about), at);
    }
}

/// Where a field stands in a consents object or an identity.
fn path(field: Field) -> &'static [&'static str] {
    match field {
        Field::Any => &["marketing", "any"],
        Field::Email => &["marketing", "email"],
        Field::Sms => &["marketing", "sms"],
        Field::Push => &["marketing", "push"],
        Field::WhatsApp => &["marketing", "whatsApp"],
        Field::Call => &["marketing", "call"],
        Field::Fax => &["marketing", "fax"],
        Field::PostalMail => &["marketing", "postalMail"],
        Field::CommercialEmail => &["marketing", "commercialEmail"],
        Field::PersonalizeContent => &["personalize", "content"],
        Field::Collect => &["collect"],
        Field::Share => &["share"],
        Field::AdId => &["adID"],
    }
}

fn metadata_time(level: &Loose) -> Option<Timestamp> {
    level.at(&["metadata", "time"]).filter_map(Loose::text).find_map(|text| Timestamp::parse(text).ok())
}

/// The refusals among an object's `val`s. One whose own time can't be read is undated.
fn field_refusals(row: &mut RowBuilder, target: &RowTarget, object: &Loose, inherited: Option<Timestamp>) {
    let mut times = object.at(&["time"]).peekable();
    let at = if times.peek().is_none() {
        inherited
    } else {
        times.filter_map(Loose::text).find_map(|text| Timestamp::parse(text).ok())
    };
    let reason = object.at(&["reason"]).find_map(Loose::text);
    for value in object.at(&["val"]) {
        refusal(row, target.clone(), value, at, reason);
    }
}

fn refusal(
    row: &mut RowBuilder,
    target: RowTarget,
    value: &Loose,
    at: Option<Timestamp>,
    reason: Option<&str>,
) {
    let text = match value {
        Loose::Bool(value) => {
            if *value {
                "true"
            } else {
                "false"
            }
        }
        value => value.text_or_number().unwrap_or_default(),
    };
    if let Some(choice) = refusals::refusal(text) {
        row.consent(RowConsent { target, choice, at, reason: reason.map(str::to_owned) });
    }
}

/// Nothing in it stands for bytes that couldn't be read.
fn legible(text: &str) -> bool {
    !text.contains(char::REPLACEMENT_CHARACTER)
}

impl Loose {
    fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text.as_str()).filter(|text| legible(text)) } else { None }
    }

    fn text_or_number(&self) -> Option<&str> {
        match self {
            Self::Number(text) => Some(text),
            value => value.text(),
        }
    }

    /// A text, or those of an array.
    fn texts(&self) -> impl Iterator<Item = &str> {
        let items = if let Self::Array(items) = self { items } else { std::slice::from_ref(self) };
        items.iter().filter_map(Self::text)
    }

    fn members(&self) -> impl Iterator<Item = (&str, &Self)> {
        let members = if let Self::Object(members) = self { members.as_slice() } else { &[] };
        members.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Every value at a path, with or without XDM's prefix.
    fn at<'l>(&'l self, path: &[&str]) -> impl Iterator<Item = &'l Self> + use<'l> {
        let mut found = vec![self];
        for step in path {
            let fits = |name: &str| squash(name.strip_prefix("xdm:").unwrap_or(name)) == squash(step);
            found = found
                .into_iter()
                .flat_map(Self::members)
                .filter(|(name, _)| fits(name))
                .map(|(_, value)| value)
                .collect();
        }
        found.into_iter()
    }
}

impl<'de> Deserialize<'de> for Loose {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyJson)
    }
}

struct AnyJson;

impl<'de> Visitor<'de> for AnyJson {
    type Value = Loose;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Loose, E> {
        Ok(Loose::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Loose, E> {
        Ok(Loose::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Loose, E> {
        Ok(Loose::Number(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Loose, E> {
        Ok(Loose::Number(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Loose, E> {
        Ok(Loose::Number(serde_json::Value::from(value).to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Loose, E> {
        Ok(Loose::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Loose, A::Error> {
        let mut array = Vec::new();
        while let Some(item) = items.next_element()? {
            array.push(item);
        }
        Ok(Loose::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Loose, A::Error> {
        let mut object = Vec::new();
        while let Some(member) = members.next_entry()? {
            object.push(member);
        }
        Ok(Loose::Object(object))
    }
}
