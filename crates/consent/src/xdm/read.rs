//! From text to JSON, within limits and with every member once.

use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value as Json};

use super::error::{Path, XdmError, XdmErrorKind};
use super::{DEPTH_MAX, DOCUMENT_BYTES_MAX, MEMBERS_MAX};

/// Reads a text. `serde_json` alone would take the last of two equal members, and so perhaps the wrong choice.
pub(super) fn read(json: &str) -> Result<Json, XdmError> {
    if json.len() > DOCUMENT_BYTES_MAX {
        return Err(Path::root().error(XdmErrorKind::TooLarge));
    }
    let walk = RefCell::new(Walk { path: Path::root(), depth: 0, error: None });
    let mut text = serde_json::Deserializer::from_str(json);
    let result = Node(&walk).deserialize(&mut text).and_then(|value| text.end().map(|()| value));
    result.map_err(|error| {
        let syntax = || Path::root().error(XdmErrorKind::Syntax(error.to_string()));
        walk.borrow_mut().error.take().unwrap_or_else(syntax)
    })
}

/// The same limits for a document that is JSON already.
pub(super) fn within_limits(value: &Json) -> Result<(), XdmError> {
    fn descend(value: &Json, depth: usize, path: &mut Path) -> Result<(), XdmError> {
        let members = match value {
            Json::Object(object) => object.len(),
            Json::Array(items) => items.len(),
            _ => return Ok(()),
        };
        if depth == DEPTH_MAX {
            return Err(path.error(XdmErrorKind::TooDeep));
        }
        if members > MEMBERS_MAX {
            return Err(path.error(XdmErrorKind::TooManyMembers));
        }
        if let Json::Object(object) = value {
            for (key, member) in object {
                let mark = path.member(key);
                descend(member, depth + 1, path)?;
                path.leave(mark);
            }
        }
        if let Json::Array(items) = value {
            for (index, item) in items.iter().enumerate() {
                let mark = path.item(index);
                descend(item, depth + 1, path)?;
                path.leave(mark);
            }
        }
        Ok(())
    }
    descend(value, 0, &mut Path::root())
}

/// Where the reading is. Kept apart from the error that `serde` passes up, which holds no path.
struct Walk {
    path: Path,
    depth: usize,
    error: Option<XdmError>,
}

/// Reads one JSON value.
#[derive(Clone, Copy)]
struct Node<'w>(&'w RefCell<Walk>);

impl Node<'_> {
    fn refuse<E: serde::de::Error>(self, kind: XdmErrorKind) -> E {
        let mut walk = self.0.borrow_mut();
        walk.error = Some(walk.path.error(kind));
        E::custom("refused")
    }

    fn enter<E: serde::de::Error>(self) -> Result<(), E> {
        if self.0.borrow().depth == DEPTH_MAX {
            return Err(self.refuse(XdmErrorKind::TooDeep));
        }
        self.0.borrow_mut().depth += 1;
        Ok(())
    }

    fn room<E: serde::de::Error>(self, members: usize) -> Result<(), E> {
        if members < MEMBERS_MAX { Ok(()) } else { Err(self.refuse(XdmErrorKind::TooManyMembers)) }
    }
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(value.into())
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Json, E> {
        serde_json::Number::from_f64(value).map(Json::Number).ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Json, E> {
        Ok(Json::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        self.enter::<A::Error>()?;
        let mut array = Vec::new();
        loop {
            let mark = self.0.borrow_mut().path.item(array.len());
            let Some(item) = items.next_element_seed(self)? else {
                self.0.borrow_mut().path.leave(mark);
                break;
            };
            self.0.borrow_mut().path.leave(mark);
            self.room::<A::Error>(array.len())?;
            array.push(item);
        }
        self.0.borrow_mut().depth -= 1;
        Ok(Json::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Json, A::Error> {
        self.enter::<A::Error>()?;
        let mut object = Map::new();
        while let Some(key) = members.next_key::<String>()? {
            self.room::<A::Error>(object.len())?;
            let mark = self.0.borrow_mut().path.member(&key);
            if object.contains_key(&key) {
                return Err(self.refuse(XdmErrorKind::Duplicate));
            }
            let member = members.next_value_seed(self)?;
            self.0.borrow_mut().path.leave(mark);
            object.insert(key, member);
        }
        self.0.borrow_mut().depth -= 1;
        Ok(Json::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_serde_json_reads() {
        for text in [
            "null",
            "true",
            "-1",
            "18446744073709551615",
            "1.5",
            "\"a\\u00e9\"",
            "[1,[],{}]",
            "{\"a\":{\"b\":[null]}}",
        ] {
            assert_eq!(read(text).unwrap(), serde_json::from_str::<Json>(text).unwrap(), "{text}");
        }
        for text in ["", "{", "[1,]", "{\"a\":1,}", "1 2", "nul", "1e999", "{a:1}"] {
            let error = read(text).unwrap_err();
            assert!(matches!(error.kind, XdmErrorKind::Syntax(_)), "{text}: {error}");
            assert_eq!(error.path, "$");
        }
    }

    #[test]
    fn both_ways_in_have_the_same_limits() {
        let deepest = format!("{}{}", "[".repeat(DEPTH_MAX), "]".repeat(DEPTH_MAX));
        let widest = Json::Array(vec![Json::Null; MEMBERS_MAX]).to_string();
        for text in [&deepest, &widest] {
            assert_eq!(within_limits(&read(text).unwrap()), Ok(()));
        }
        let too_deep = format!("[{deepest}]");
        let too_wide = Json::Array(vec![Json::Null; MEMBERS_MAX + 1]).to_string();
        let members = (0..=MEMBERS_MAX).map(|n| (n.to_string(), Json::Null)).collect();
        let too_many = Json::Object(members).to_string();
        let deep_path = format!("${}", "[0]".repeat(DEPTH_MAX));
        for (text, path, kind) in [
            (too_deep, deep_path.as_str(), XdmErrorKind::TooDeep),
            (too_wide, "$", XdmErrorKind::TooManyMembers),
            (too_many, "$", XdmErrorKind::TooManyMembers),
        ] {
            let expected = XdmError { path: path.to_owned(), kind };
            assert_eq!(read(&text), Err(expected.clone()));
            assert_eq!(within_limits(&serde_json::from_str(&text).unwrap()), Err(expected));
        }
        assert_eq!(read(&" ".repeat(DOCUMENT_BYTES_MAX + 1)).unwrap_err().kind, XdmErrorKind::TooLarge);
    }
}
