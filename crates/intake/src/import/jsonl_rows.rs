//! JSON Lines rows.

use std::io::BufRead;
use std::sync::Arc;

use consent::xdm::{self, Place};
use consent::{Address, Field, Namespace, Preferred};
use rows::{Line, Lines};
use serde_json::{Map, Value};
use store::{RowConsent, RowTarget};

use super::names::{meant_member, squash, without_prefix};
use super::plan::Plan;
use super::refusals::{self, Refused};
use super::rejects::REJECT_PREFIX;
use super::row::{Ready, RowBuilder, excerpt};
use super::salvage::salvage;
use super::survey::scalar;
use super::{ADDRESSES_MAX, Context, ImportError, Parsed, ROW_LENGTH_MAX, Rows, cells, recognise};

pub(super) struct JsonlRows<R> {
    lines: Lines<R>,
    plan: Arc<Plan>,
    context: Context,
}

impl<R: BufRead> JsonlRows<R> {
    pub(super) fn new(lines: Lines<R>, plan: Arc<Plan>, context: Context) -> Self {
        Self { lines, plan, context }
    }
}

impl<R: BufRead + Send> Rows for JsonlRows<R> {
    fn header(&self) -> Option<&[String]> {
        None
    }

    fn next(&mut self) -> Option<Result<Parsed, ImportError>> {
        loop {
            let Line { number, bytes, too_long } = match self.lines.next_line() {
                Ok(line) => line?,
                Err(error) => return Some(Err(ImportError::Read { line: self.lines.number() + 1, error })),
            };
            if bytes.trim_ascii().is_empty() {
                continue;
            }
            if too_long {
                let row = Err(Refused::new(format!("longer than {ROW_LENGTH_MAX} bytes")));
                return Some(Ok(Parsed { line: number, raw: bytes, row }));
            }
            let reading = Reading { plan: &self.plan, context: &self.context, line: number };
            let (row, inner) = parse(&bytes, &reading);
            return Some(Ok(Parsed { line: number, raw: inner.map_or(bytes, String::into_bytes), row }));
        }
    }
}

/// What a line is read by.
struct Reading<'a> {
    plan: &'a Plan,
    context: &'a Context,
    line: u64,
}

/// A row, and the text that it was wrapped in if the line is one of our rejects that was no JSON object.
fn parse(bytes: &[u8], reading: &Reading<'_>) -> (Result<Ready, Refused>, Option<String>) {
    let context = reading.context;
    let json = match std::str::from_utf8(bytes) {
        Ok(json) => json,
        Err(error) => {
            let reason = format!("not UTF-8 after {} bytes", error.valid_up_to());
            // A byte that isn't UTF-8 spoils the text it stands in, not the refusals beside it.
            let refusals = salvage(&String::from_utf8_lossy(bytes), context);
            return (Err(Refused { reason, refusals, suppressions: Vec::new() }), None);
        }
    };
    let members = match read(json) {
        Ok(members) => members,
        Err(reason) => return (Err(refused(json, reason, context)), None),
    };
    if let Some(inner) = wrapped(&members) {
        let row = if inner.contains(char::REPLACEMENT_CHARACTER) {
            let reason = "not UTF-8; mend the characters U+FFFD, which stand for what couldn't be read";
            Err(refused(inner, reason.to_owned(), context))
        } else {
            match read(inner) {
                Ok(members) => build(members, inner, reading),
                Err(reason) => Err(refused(inner, reason, context)),
            }
        };
        return (row, Some(inner.to_owned()));
    }
    (build(members, json, reading), None)
}

fn refused(json: &str, reason: String, context: &Context) -> Refused {
    Refused { reason, refusals: salvage(json, context), suppressions: Vec::new() }
}

/// The members of a line, without those that rejecting it has added.
fn read(json: &str) -> Result<Map<String, Value>, String> {
    let Value::Object(mut members) = xdm::read_value(json).map_err(|error| error.to_string())? else {
        return Err("not a JSON object".to_owned());
    };
    members.retain(|name, _| !name.starts_with(REJECT_PREFIX));
    Ok(members)
}

/// The row inside of `{"line": 1, "reason": "...", "row": "..."}`.
fn wrapped(members: &Map<String, Value>) -> Option<&str> {
    let others = ["line", "reason"].iter().all(|name| members.contains_key(*name));
    if members.len() == 3 && others { members.get("row")?.as_str() } else { None }
}

fn build(mut members: Map<String, Value>, json: &str, reading: &Reading<'_>) -> Result<Ready, Refused> {
    let mut row = RowBuilder::new(reading.context.received_at);
    let mapped = take_mapped(&mut members, reading.plan);
    if let Some(country) = members.remove("country") {
        match text(&country, "country") {
            Ok(country) => country.into_iter().for_each(|country| row.country("country", country)),
            Err(reason) => row.check(Err(reason)),
        }
    }
    cells::read(&mut row, reading.plan, || {
        let cells = mapped.iter().map(|(at, cell)| (*at, cell.trim()));
        cells.filter(|(_, cell)| !cell.is_empty())
    });
    let outcome = unmapped(&mut row, members, reading.context);
    row.check(outcome);
    row.note_line(&reading.plan.source, reading.line);
    row.finish().map_err(|mut refused| {
        // The line is read once more, loosely, for what was passed over when the first fault was found.
        refused.refusals.extend(salvage(json, reading.context));
        refused
    })
}

/// The members that the plan reads, as cells. Those on the top, or right under `attributes`, are taken out.
fn take_mapped(members: &mut Map<String, Value>, plan: &Plan) -> Vec<(usize, String)> {
    let mut cells = Vec::new();
    for (at, planned) in plan.columns.iter().enumerate() {
        let path = planned.name.as_str();
        let taken = if members.contains_key(path) {
            members.remove(path)
        } else if let Some(name) = path.strip_prefix("attributes.").filter(|name| !name.contains('.')) {
            members.get_mut("attributes").and_then(Value::as_object_mut).and_then(|inner| inner.remove(name))
        } else {
            let mut steps = path.split('.');
            let first = steps.next().and_then(|first| members.get(first));
            if let Some(first) = first {
                collect(first, &steps.collect::<Vec<_>>(), at, &mut cells);
            }
            None
        };
        if let Some(value) = taken {
            collect(&value, &[], at, &mut cells);
        }
    }
    cells
}

/// The texts at a path, of each item where an array lies on it.
fn collect(value: &Value, steps: &[&str], at: usize, cells: &mut Vec<(usize, String)>) {
    match (value, steps) {
        (Value::Array(items), _) => {
            items.iter().take(ADDRESSES_MAX).for_each(|item| collect(item, steps, at, cells));
        }
        (Value::Object(members), [first, rest @ ..]) => {
            if let Some(value) = members.get(*first) {
                collect(value, rest, at, cells);
            }
        }
        (value, []) => cells.extend(scalar(value).map(|text| (at, text.into_owned()))),
        _ => {}
    }
}

/// Members that are ours, and attributes.
fn unmapped(row: &mut RowBuilder, mut members: Map<String, Value>, context: &Context) -> Result<(), String> {
    let mut attributes = match members.remove("attributes") {
        Some(Value::Object(attributes)) => attributes,
        Some(Value::Null) | None => Map::new(),
        Some(_) => return Err("attributes: must be an object".to_owned()),
    };
    let mut documents = 0;
    for (name, value) in members {
        match name.as_str() {
            "id" => row.id(&text_or_number(&value).ok_or("id: must be a text or a number")?)?,
            "email" => texts(&value, "email")?.into_iter().for_each(|email| row.email("email", email)),
            "phone" => texts(&value, "phone")?.into_iter().for_each(|phone| row.phone("phone", phone)),
            "locale" => text(&value, "locale")?.into_iter().for_each(|locale| row.locale("locale", locale)),
            "timeZone" | "time_zone" => {
                text(&value, &name)?.into_iter().for_each(|zone| row.time_zone("time_zone", zone));
            }
            "consents" | "xdm:consents" if documents == 0 => {
                documents += 1;
                consents(row, value, &name, context)?;
            }
            "consents" | "xdm:consents" => {
                return Err("consents: stands twice, with and without `xdm:`".to_owned());
            }
            "subscriptions" => subscriptions(row, &value, context)?,
            // As in CSV, anything else is an attribute.
            _ => {
                meant_member(&name).map_or(Ok(()), Err)?;
                if attributes.contains_key(&name) {
                    return Err(format!("{}: stands twice, once in `attributes`", excerpt(&name)));
                }
                attributes.insert(name, value);
            }
        }
    }
    attributes.iter().for_each(|(name, value)| row.member(name, value));
    Ok(())
}

fn consents(row: &mut RowBuilder, value: Value, name: &str, context: &Context) -> Result<(), String> {
    let wrapped = Value::Object(Map::from_iter([(name.to_owned(), value)]));
    let document = xdm::Document::from_value(wrapped).map_err(|error| error.to_string())?;
    for value in document.values() {
        let target = match &value.place {
            Place::Profile(field) => RowTarget::Field(*field),
            Place::Identity { namespace, id, field } => {
                let address = identity(namespace, id, *field)?;
                row.address(address.clone());
                RowTarget::Identity(address, *field)
            }
            Place::Subscription { name, .. } => RowTarget::List(list(name, context)?),
        };
        row.consent(RowConsent { target, choice: value.choice, at: value.at, reason: value.reason.clone() });
    }
    if document.preferred() != Preferred::Unset {
        row.row().preferred = Some(document.preferred());
    }
    let remainder = document.remainder();
    if let Some(place) = stray(remainder, "", false) {
        return Err(format!(
            "consents{place}: looks like a choice, but no choice stands there; write marketing.email.val and the like"
        ));
    }
    if remainder.as_object().is_some_and(|members| !members.is_empty()) {
        row.row().remainder = Some(remainder.to_string());
    }
    Ok(())
}

/// Where something stands in a consents object that isn't ours and looks as if a choice was meant.
fn stray(value: &Value, path: &str, within_ours: bool) -> Option<String> {
    let is_place = |name: &str| {
        let name = squash(without_prefix(name));
        let ours = |field: &Field| squash(&field.to_string()) == name;
        ["val", "marketing", "emails", "phone", "phones", "text", "texts"].contains(&name.as_str())
            || Field::ALL.iter().any(ours)
    };
    // Within such a place whatever else a choice may be called.
    let is_choice = |name: &str| {
        let names = ["value", "choice", "state", "status", "answer", "consent", "allowed", "enabled"];
        within_ours && names.contains(&squash(without_prefix(name)).as_str())
    };
    match value {
        Value::Object(members) => members.iter().find_map(|(name, value)| {
            let path = format!("{path}.{}", excerpt(name));
            let means_choice = match value {
                Value::Object(_) | Value::Array(_) | Value::Null => false,
                _ => {
                    is_place(name)
                        || is_choice(name)
                        || recognise::of_name(name).is_some_and(|hit| !hit.circumstance)
                }
            };
            if means_choice { Some(path) } else { stray(value, &path, within_ours || is_place(name)) }
        }),
        Value::Array(items) => items.iter().find_map(|item| stray(item, path, within_ours)),
        Value::String(text) => {
            let tells = recognise::telling(text).is_some_and(recognise::Said::withholds);
            (tells || within_ours && refusals::refusal(text).is_some()).then(|| path.to_owned())
        }
        Value::Bool(false) if within_ours => Some(path.to_owned()),
        _ => None,
    }
}

fn identity(namespace: &str, id: &str, field: Field) -> Result<Address, String> {
    let place = || format!("consents.idSpecific.{}", excerpt(namespace));
    let namespace: Namespace = namespace.parse().map_err(|error| format!("{}: {error}", place()))?;
    Address::parse(&namespace, id, None).map_err(|error| format!("{} ({field}): {error}", place()))
}

fn subscriptions(row: &mut RowBuilder, value: &Value, context: &Context) -> Result<(), String> {
    let lists = value.as_object().ok_or("subscriptions: must be an object of list names and choices")?;
    for (name, value) in lists {
        let choice = value.as_str().unwrap_or_default().parse();
        let choice = choice.map_err(|error| format!("subscriptions.{}: {error}", excerpt(name)))?;
        row.consent(RowConsent {
            target: RowTarget::List(list(name, context)?),
            choice,
            at: None,
            reason: None,
        });
    }
    Ok(())
}

fn list(name: &str, context: &Context) -> Result<consent::ListId, String> {
    let missing =
        || format!("the list `{}` doesn't exist; make it with `consentry list create`", excerpt(name));
    context.lists.get(name).copied().ok_or_else(missing)
}

fn text<'a>(value: &'a Value, name: &str) -> Result<Option<&'a str>, String> {
    match value {
        Value::String(text) => Ok(Some(text)),
        Value::Null => Ok(None),
        _ => Err(format!("{name}: must be a text")),
    }
}

fn text_or_number(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn texts<'a>(value: &'a Value, name: &str) -> Result<Vec<&'a str>, String> {
    let wrong = || format!("{name}: must be a text or an array of at most {ADDRESSES_MAX} texts");
    match value {
        Value::String(text) => Ok(vec![text]),
        Value::Null => Ok(Vec::new()),
        Value::Array(items) if items.len() <= ADDRESSES_MAX => {
            items.iter().map(|item| item.as_str().ok_or_else(wrong)).collect()
        }
        _ => Err(wrong()),
    }
}
