//! The refusals of a JSON line that doesn't go in.
//!
//! The line is read again, loosely: every member counts, also one that stands twice, and what isn't understood is passed
//! over. So whatever is wrong with a line, a no in it isn't lost with it.

use std::fmt;

use consent::{Address, Field, Timestamp};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use store::{ProfileRow, RowConsent, RowTarget};

use super::Context;
use super::names::{about_consent, squash, without_prefix};
use super::recognise::{self, Identity};
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
        members.iter().filter(|(name, _)| names.contains(&bare(name).as_str())).map(|(_, value)| value)
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
    for (name, value) in &members {
        match recognise::whom(without_prefix(name)) {
            Some(Identity::Email) => somebody(&mut row, value, Field::Email),
            Some(Identity::Phone) => somebody(&mut row, value, Field::Sms),
            _ => {}
        }
        if about_consent(without_prefix(name)) {
            consents(&mut row, name, value, context);
        }
        if let Some(list) = name.strip_prefix("list.").and_then(|list| context.lists.get(list)) {
            refusal(&mut row, RowTarget::List(*list), value, None, None);
        }
    }
    for subscriptions in all(&["subscriptions", "subscription"]) {
        list_refusals(&mut row, subscriptions, context, None);
    }
    row.into_refusals()
}

/// What stands in a place for an address: addresses, and what else is said there of the channel.
fn somebody(row: &mut RowBuilder, value: &Loose, channel: Field) {
    let found = match value {
        Loose::Object(members) => {
            return members.iter().for_each(|(_, value)| somebody(row, value, channel));
        }
        Loose::Array(items) => return items.iter().for_each(|item| somebody(row, item, channel)),
        value => value,
    };
    let text = found.text_or_number().unwrap_or_default();
    if refusals::refusal(text).is_some() || matches!(found, Loose::Bool(_)) {
        refusal(row, RowTarget::Field(channel), found, None, None);
    } else if channel == Field::Email {
        row.email("email", text);
    } else {
        row.phone("phone", text);
    }
}

/// Refusals in a consents object, whatever it is called; `consent.email` names the field itself.
fn consents(row: &mut RowBuilder, name: &str, value: &Loose, context: &Context) {
    let field = bare(name);
    let field = field.strip_prefix("consents").or_else(|| field.strip_prefix("consent")).unwrap_or_default();
    match Field::ALL.into_iter().find(|known| squash(&known.to_string()) == field) {
        Some(field) => Strays { row, context }.read(value, field, None, &mut Vec::new()),
        None => document(row, value, context),
    }
}

fn document(row: &mut RowBuilder, consents: &Loose, context: &Context) {
    let at = metadata_time(consents);
    for field in Field::ALL {
        for object in consents.at(path(field)) {
            field_refusals(row, &RowTarget::Field(field), object, at);
            for subscriptions in object.at(&["subscriptions"]) {
                list_refusals(row, subscriptions, context, at);
            }
        }
    }
    Strays { row, context }.read(consents, Field::Any, at, &mut Vec::new());
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

/// The refusals among choices for lists, each an object with a `val` or the choice itself.
fn list_refusals(row: &mut RowBuilder, lists: &Loose, context: &Context, at: Option<Timestamp>) {
    for (name, value) in lists.members() {
        let Some(list) = context.lists.get(name) else { continue };
        if let Loose::Object(_) = value {
            field_refusals(row, &RowTarget::List(*list), value, at);
        } else {
            refusal(row, RowTarget::List(*list), value, at, None);
        }
    }
}

/// Reads refusals that stand in no place of ours.
struct Strays<'a> {
    row: &'a mut RowBuilder,
    context: &'a Context,
}

impl Strays<'_> {
    /// What they are about is told by the names above them, or else is everything. `above`: those names, plainly.
    fn read(&mut self, level: &Loose, about: Field, at: Option<Timestamp>, above: &mut Vec<String>) {
        const PASSED_OVER: [&str; 5] = ["idspecific", "metadata", "time", "reason", "preferred"];
        if let Loose::Array(items) = level {
            return items.iter().for_each(|item| self.read(item, about, at, above));
        }
        if !matches!(level, Loose::Object(_)) {
            return refusal(self.row, RowTarget::Field(about), level, at, None);
        }
        let ours = Field::ALL.into_iter().any(|field| is_path(above, field));
        let at = time(level, at);
        for (name, value) in level.members() {
            let name = bare(name);
            // What stands in a place of ours has been read with its time.
            let read = ours && (name == "val" && value.is_scalar() || name == "subscriptions");
            if read || PASSED_OVER.contains(&name.as_str()) {
                continue;
            }
            if name == "subscriptions" {
                list_refusals(self.row, value, self.context, at);
                continue;
            }
            let about = field_of(&name).unwrap_or(about);
            above.push(name);
            self.read(value, about, at, above);
            above.pop();
        }
    }
}

/// The field that a member is plainly about, by its name.
fn field_of(name: &str) -> Option<Field> {
    let named =
        Field::ALL.into_iter().find(|field| path(*field).last().is_some_and(|last| squash(last) == name));
    let singular = name.strip_suffix('s').unwrap_or(name);
    let plural =
        [("email", Field::Email), ("mail", Field::Email), ("phone", Field::Sms), ("text", Field::Sms)];
    named.or_else(|| plural.into_iter().find(|(word, _)| *word == singular).map(|(_, field)| field))
}

fn is_path(above: &[String], field: Field) -> bool {
    above.iter().map(String::as_str).eq(path(field)
        .iter()
        .map(|step| squash(step))
        .collect::<Vec<_>>()
        .iter()
        .map(String::as_str))
}

/// A member's name as it is compared, without XDM's prefix.
fn bare(name: &str) -> String {
    squash(without_prefix(name))
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

/// When what an object says was said. One whose own time can't be read is undated.
fn time(object: &Loose, inherited: Option<Timestamp>) -> Option<Timestamp> {
    let mut times = object.at(&["time"]).peekable();
    if times.peek().is_none() {
        return inherited;
    }
    times.filter_map(Loose::text).find_map(|text| Timestamp::parse(text).ok())
}

/// The refusals among an object's `val`s.
fn field_refusals(row: &mut RowBuilder, target: &RowTarget, object: &Loose, inherited: Option<Timestamp>) {
    let at = time(object, inherited);
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

    fn is_scalar(&self) -> bool {
        !matches!(self, Self::Object(_) | Self::Array(_))
    }

    fn members(&self) -> impl Iterator<Item = (&str, &Self)> {
        let members = if let Self::Object(members) = self { members.as_slice() } else { &[] };
        members.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Every value at a path, with or without XDM's prefix.
    fn at<'l>(&'l self, path: &[&str]) -> impl Iterator<Item = &'l Self> + use<'l> {
        let mut found = vec![self];
        for step in path {
            let fits = |name: &str| bare(name) == squash(step);
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
