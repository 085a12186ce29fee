//! Reading JSON strictly: no member twice or unknown, nothing too deep or too long, no text that a database can't keep.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::Segment;

use super::problem::ApiProblem;
use super::shapes::Strict;

/// Levels of a body.
const DEPTH_MAX: usize = 32;

/// Reads a body, which is an object.
pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiProblem> {
    let text = std::str::from_utf8(body).map_err(|error| {
        ApiProblem::bad("json-invalid", format!("the body isn't UTF-8 at byte {}", error.valid_up_to()))
    })?;
    check(text)?;
    let mut input = serde_json::Deserializer::from_str(text);
    let Strict(read) = serde_path_to_error::deserialize(&mut input).map_err(|error| refusal(&error))?;
    input.end().map_err(|error| ApiProblem::bad("json-invalid", error.to_string()))?;
    Ok(read)
}

/// Reads a body of which any object will do, such as a document.
pub(super) fn object(body: &[u8]) -> Result<Value, ApiProblem> {
    read(body)
}

/// Why a body can't be read, and where.
fn refusal(error: &serde_path_to_error::Error<serde_json::Error>) -> ApiProblem {
    let inner = error.inner();
    let text = inner.to_string();
    match inner.classify() {
        serde_json::error::Category::Data => {
            // Where it stands is told by the pointer.
            let detail = text.rsplit_once(" at line ").map_or(text.as_str(), |(detail, _)| detail);
            ApiProblem::invalid("body-invalid", pointer(error.path()), detail)
        }
        _ => ApiProblem::bad("json-invalid", text),
    }
}

fn pointer(path: &serde_path_to_error::Path) -> Cow<'static, str> {
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => {
                let _ = write!(pointer, "/{index}");
            }
            Segment::Map { key } => {
                let _ = write!(pointer, "/{}", escaped(key));
            }
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    pointer.into()
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// Refuses what no shape says: members twice in objects of any shape, depth, U+0000. One pass over the text, which keeps
/// the names of the objects that are open.
fn check(text: &str) -> Result<(), ApiProblem> {
    let mut open: Vec<Open<'_>> = Vec::new();
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'{' | b'[' => {
                if open.len() == DEPTH_MAX {
                    return Err(ApiProblem::bad("json-too-deep", format!("deeper than {DEPTH_MAX} levels")));
                }
                open.push(Open {
                    object: bytes[at] == b'{',
                    name_next: bytes[at] == b'{',
                    names: Vec::new(),
                });
            }
            b'}' | b']' => drop(open.pop()),
            b',' => {
                if let Some(inner) = open.last_mut() {
                    inner.name_next = inner.object;
                }
            }
            b'"' => {
                let end = end_of_text(bytes, at);
                let quoted = text.get(at..end).unwrap_or_default();
                if quoted.contains("\\u0000") && decoded(quoted).contains('\0') {
                    return Err(ApiProblem::bad("json-nul", "a text holds U+0000, which can't be kept"));
                }
                if let Some(inner) = open.last_mut()
                    && inner.name_next
                {
                    inner.name_next = false;
                    let name = if quoted.contains('\\') {
                        decoded(quoted).into()
                    } else {
                        Cow::Borrowed(quoted.trim_matches('"'))
                    };
                    if inner.names.contains(&name) {
                        return Err(ApiProblem::bad(
                            "json-member-twice",
                            format!("`{name}` stands twice in an object"),
                        ));
                    }
                    inner.names.push(name);
                    if inner.names.len() > MEMBERS_MAX {
                        return Err(ApiProblem::bad(
                            "json-too-wide",
                            format!("more than {MEMBERS_MAX} members in an object"),
                        ));
                    }
                }
                at = end;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    Ok(())
}

/// Members of an object.
const MEMBERS_MAX: usize = 256;

/// An object or an array that isn't closed yet.
struct Open<'t> {
    object: bool,
    /// The next text is a member's name.
    name_next: bool,
    names: Vec<Cow<'t, str>>,
}

/// Behind the quotation mark that ends the text which begins here; or the end of all.
fn end_of_text(bytes: &[u8], begin: usize) -> usize {
    let mut at = begin + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// What a quoted text says; empty where it says nothing, which the reading behind this refuses.
fn decoded(quoted: &str) -> String {
    serde_json::from_str(quoted).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "only read")]
    struct Shape {
        name: String,
        #[serde(default)]
        places: Vec<u8>,
        #[serde(default)]
        free: BTreeMap<String, Value>,
    }

    fn refused(body: &[u8]) -> (u16, String) {
        let details = read::<Shape>(body).unwrap_err().details();
        let pointer = details["errors"][0]["pointer"].as_str().unwrap_or_default();
        (details["status"].as_u64().unwrap() as u16, pointer.to_owned())
    }

    #[test]
    fn hostile_bodies_are_refused_where_they_are_wrong() {
        assert!(read::<Shape>(br#"{"name": "a \" } \\u0000", "free": {"x": {"y": [1]}}}"#).is_ok());
        for (body, status, pointer) in [
            (r#"{"name": 1}"#, 422, "/name"),
            (r#"{"name": "a", "places": [1, -2]}"#, 422, "/places/1"),
            (r#"{"name": "a", "other": 1}"#, 422, "/other"),
            ("{}", 422, ""),
            ("[]", 422, ""),
            (r#"["a"]"#, 422, ""),
            (r#"{"name": "a"} {"#, 400, ""),
            (r#"{"name": "a", "name": "b"}"#, 400, ""),
            (r#"{"name": "a", "n\u0061me": "b"}"#, 400, ""),
            (r#"{"name": "a", "free": {"x": 1, "x": 2}}"#, 400, ""),
            (r#"{"name": "a", "free": {"x": {"y": 1, "y": 2}}}"#, 400, ""),
            (r#"{"name": "\u0000"}"#, 400, ""),
            (r#"{"name": "\ud800"}"#, 400, ""),
            (r#"{"name": NaN}"#, 400, ""),
            (r#"{"name": "a"#, 400, ""),
            ("", 400, ""),
        ] {
            assert_eq!(refused(body.as_bytes()), (status, pointer.to_owned()), "{body}");
        }
        assert_eq!(refused(b"{\"name\": \"\xff\"}").0, 400);
        let deep =
            format!("{{\"name\": \"a\", \"free\": {{\"x\": {}{}}}}}", "[".repeat(1_000), "]".repeat(1_000));
        assert_eq!(refused(deep.as_bytes()).0, 400);
        let wide: String = (0..300).map(|at| ",\"".to_owned() + &at.to_string() + "\":0").collect();
        assert_eq!(refused(format!("{{\"name\": \"a\", \"free\": {{\"x\": 0{wide}}}}}").as_bytes()).0, 400);
    }
}
