//! Checks a document against the schema and takes the prefixes off.

use serde_json::{Map, Value as Json};

use super::Style;
use super::error::{Path, XdmError, XdmErrorKind, quote};
use super::shape::{CONSENTS, PREFIX, ROOT, Shape};
use crate::{Choice, Preferred, Timestamp};

/// The document without prefixes, wrapped, and how it was spelled.
pub(super) fn check(value: Json) -> Result<(Map<String, Json>, Style), XdmError> {
    let mut check = Check { path: Path::root(), prefixed: 0, plain: 0 };
    let wrapped = value.as_object().is_some_and(|root| root.keys().any(|key| unprefixed(key) == "consents"));
    if wrapped {
        check.nothing_beside(&value)?;
    }
    let checked = check.object(value, if wrapped { &ROOT } else { &CONSENTS })?;
    let root =
        if wrapped { checked } else { Map::from_iter([("consents".to_owned(), Json::Object(checked))]) };
    Ok((root, Style { prefixed: check.prefixed > check.plain, wrapped }))
}

fn unprefixed(key: &str) -> &str {
    key.strip_prefix(PREFIX).unwrap_or(key)
}

struct Check {
    path: Path,
    prefixed: usize,
    plain: usize,
}

impl Check {
    /// Choices beside `consents` would be kept and never obeyed, the one outcome that nobody can want.
    fn nothing_beside(&mut self, root: &Json) -> Result<(), XdmError> {
        for key in root.as_object().into_iter().flat_map(Map::keys) {
            let name = unprefixed(key);
            if name != "metadata" && CONSENTS.member(name).is_some() {
                self.path.member(key);
                return Err(self.path.error(XdmErrorKind::Misplaced));
            }
        }
        Ok(())
    }

    fn value(&mut self, value: Json, shape: &'static Shape) -> Result<Json, XdmError> {
        match shape {
            Shape::Object(_) | Shape::Field(_) => return self.object(value, shape).map(Json::Object),
            Shape::Map(inner) => return self.map(value, inner).map(Json::Object),
            Shape::Texts(chars_max) => self.texts(&value, *chars_max)?,
            Shape::Choice => self.text(&value, |text| {
                text.parse::<Choice>().map(drop).map_err(|_| XdmErrorKind::Choice(quote(text)))
            })?,
            Shape::Time => self.text(&value, |text| {
                Timestamp::parse(text).map(drop).map_err(|_| XdmErrorKind::Time(quote(text)))
            })?,
            Shape::Preferred => self.text(&value, |text| {
                text.parse::<Preferred>().map(drop).map_err(|known| XdmErrorKind::Name(quote(text), known.0))
            })?,
            Shape::IdType => self.text(&value, |text| match text {
                "IDFA" | "GAID" => Ok(()),
                _ => Err(XdmErrorKind::Name(quote(text), "IDFA, GAID")),
            })?,
            Shape::Text(chars_max) => self.text(&value, |text| fits(text, *chars_max))?,
        }
        Ok(value)
    }

    /// An object with named members. Those come out without prefix, the others as they are.
    fn object(&mut self, value: Json, shape: &'static Shape) -> Result<Map<String, Json>, XdmError> {
        let Json::Object(object) = value else {
            return Err(self.path.error(XdmErrorKind::WrongType("an object")));
        };
        let mut out = Map::with_capacity(object.len());
        for (key, member) in object {
            let name = unprefixed(&key);
            let Some(inner) = shape.member(name) else {
                out.insert(key, member);
                continue;
            };
            let mark = self.path.member(&key);
            if out.contains_key(name) {
                return Err(self.path.error(XdmErrorKind::Duplicate));
            }
            *if name.len() < key.len() { &mut self.prefixed } else { &mut self.plain } += 1;
            let member = self.value(member, inner)?;
            self.path.leave(mark);
            out.insert(name.to_owned(), member);
        }
        if matches!(shape, Shape::Field(_)) && !out.contains_key("val") {
            return Err(self.path.error(XdmErrorKind::Missing("val")));
        }
        Ok(out)
    }

    /// An object whose keys are not the schema's.
    fn map(&mut self, value: Json, inner: &'static Shape) -> Result<Map<String, Json>, XdmError> {
        let Json::Object(mut object) = value else {
            return Err(self.path.error(XdmErrorKind::WrongType("an object")));
        };
        for (key, member) in &mut object {
            let mark = self.path.member(key);
            *member = self.value(member.take(), inner)?;
            self.path.leave(mark);
        }
        Ok(object)
    }

    fn texts(&mut self, value: &Json, chars_max: usize) -> Result<(), XdmError> {
        let Json::Array(items) = value else {
            return Err(self.path.error(XdmErrorKind::WrongType("an array")));
        };
        for (index, item) in items.iter().enumerate() {
            let mark = self.path.item(index);
            self.text(item, |text| fits(text, chars_max))?;
            self.path.leave(mark);
        }
        Ok(())
    }

    fn text(
        &self,
        value: &Json,
        valid: impl FnOnce(&str) -> Result<(), XdmErrorKind>,
    ) -> Result<(), XdmError> {
        let text = value.as_str().ok_or_else(|| self.path.error(XdmErrorKind::WrongType("a string")))?;
        valid(text).map_err(|kind| self.path.error(kind))
    }
}

fn fits(text: &str, chars_max: usize) -> Result<(), XdmErrorKind> {
    if text.chars().count() > chars_max { Err(XdmErrorKind::TooLong(chars_max)) } else { Ok(()) }
}
