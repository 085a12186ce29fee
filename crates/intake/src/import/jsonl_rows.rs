//! JSON Lines rows.

use std::io::BufRead;

use consent::xdm::{self, Place};
use consent::{Address, Field, Namespace, Preferred};
use serde_json::{Map, Value};
use store::{ProfileRow, RowConsent, RowTarget};

use super::lines::{Line, Lines};
use super::row::{RowBuilder, excerpt};
use super::{Context, ImportError, Parsed, ROW_LENGTH_MAX, Rows};

/// Most addresses of one kind in a row.
const ADDRESSES_MAX: usize = 100;

pub(super) struct JsonlRows<R> {
    lines: Lines<R>,
    context: Context,
}

impl<R: BufRead> JsonlRows<R> {
    pub(super) fn new(lines: Lines<R>, context: Context) -> Self {
        Self { lines, context }
    }
}

impl<R: BufRead + Send> Rows for JsonlRows<R> {
    fn header(&self) -> Option<&[String]> {
        None
    }

    fn next(&mut self) -> Option<Result<Parsed, ImportError>> {
        loop {
            let Line { number, bytes, too_long } = match self.lines.next() {
                Ok(line) => line?,
                Err(error) => return Some(Err(ImportError::Read { line: self.lines.number() + 1, error })),
            };
            if bytes.trim_ascii().is_empty() {
                continue;
            }
            let row = if too_long {
                Err(format!("longer than {ROW_LENGTH_MAX} bytes"))
            } else {
                parse(&bytes, &self.context)
            };
            return Some(Ok(Parsed { line: number, raw: bytes, row }));
        }
    }
}

fn parse(bytes: &[u8], context: &Context) -> Result<ProfileRow, String> {
    let json = std::str::from_utf8(bytes)
        .map_err(|error| format!("not UTF-8 after {} bytes", error.valid_up_to()))?;
    let mut members: Map<String, Value> =
        serde_json::from_str(json).map_err(|error| format!("not a JSON object: {error}"))?;
    let mut row = RowBuilder::new(context.received_at);
    if let Some(country) = take_text(&mut members, "country")? {
        row.country(&country)?;
    }
    for (name, value) in members {
        match name.as_str() {
            "id" => row.id(&text_or_number(&value).ok_or("id: must be a text or a number")?)?,
            "email" => texts(&value, "email")?.into_iter().try_for_each(|email| row.email(email))?,
            "phone" => texts(&value, "phone")?.into_iter().try_for_each(|phone| row.phone(phone))?,
            "locale" => text(&value, "locale")?.map_or(Ok(()), |locale| row.locale(locale))?,
            "timeZone" | "time_zone" => text(&value, &name)?.map_or(Ok(()), |zone| row.time_zone(zone))?,
            "attributes" => match value {
                Value::Object(attributes) => {
                    attributes.iter().for_each(|(name, value)| row.member(name, value));
                }
                Value::Null => {}
                _ => return Err("attributes: must be an object".to_owned()),
            },
            "consents" | "xdm:consents" => consents(&mut row, value, &name, context)?,
            "subscriptions" => subscriptions(&mut row, &value, context)?,
            // As in CSV, anything else is an attribute.
            _ => row.member(&name, &value),
        }
    }
    row.finish()
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
    if remainder.as_object().is_some_and(|members| !members.is_empty()) {
        row.row().remainder = Some(remainder.to_string());
    }
    Ok(())
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

fn take_text(members: &mut Map<String, Value>, name: &str) -> Result<Option<String>, String> {
    members.remove(name).map_or(Ok(None), |value| Ok(text(&value, name)?.map(str::to_owned)))
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
