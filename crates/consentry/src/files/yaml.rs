//! YAML as values with lines, from a parser's events. No anchors: a few lines with them can stand for gigabytes.

use serde_json::{Map, Number, Value};
use yaml_rust2::parser::{Event, Parser};
use yaml_rust2::scanner::{Marker, TScalarStyle};

use super::lines::{Lines, escaped};

/// Deepest nesting.
const DEPTH_MAX: usize = 64;
/// Most documents in a file.
const DOCUMENTS_MAX: usize = 10_000;

/// What is wrong, on which line.
type Wrong = (usize, String);

/// What is being read: what it is, and where.
enum Open {
    Map(Map<String, Value>, Option<String>, String),
    List(Vec<Value>, String),
}

/// Reads all documents. Of several, each stands at a pointer with its number.
pub fn parse(text: &str, lines: &mut Lines) -> Result<Vec<(String, Value)>, Wrong> {
    let mut parser = Parser::new_from_str(text);
    let mut documents = Vec::new();
    let mut reader = Reader { stack: Vec::new(), done: None, root: String::new(), lines };
    loop {
        let (event, at) = parser
            .next_token()
            .map_err(|error| (error.marker().line().max(1), format!("isn't YAML: {}", error.info())))?;
        match event {
            Event::StreamEnd => return Ok(documents),
            Event::DocumentStart => {
                reader.root =
                    if documents.is_empty() { String::new() } else { format!("/{}", documents.len()) };
            }
            Event::DocumentEnd => {
                if let Some(value) = reader.done.take().filter(|value| !value.is_null()) {
                    documents.push((reader.root.clone(), value));
                }
                if documents.len() > DOCUMENTS_MAX {
                    return Err((at.line(), format!("holds more than {DOCUMENTS_MAX} documents")));
                }
            }
            event => reader.take(event, at)?,
        }
    }
}

struct Reader<'l> {
    stack: Vec<Open>,
    done: Option<Value>,
    root: String,
    lines: &'l mut Lines,
}

impl Reader<'_> {
    fn take(&mut self, event: Event, at: Marker) -> Result<(), Wrong> {
        let anchored = || Err((at.line(), "has an anchor or an alias (`&`, `*`); write it out".to_owned()));
        match event {
            Event::Alias(_) => anchored(),
            Event::Scalar(_, _, anchor, _)
            | Event::SequenceStart(anchor, _)
            | Event::MappingStart(anchor, _)
                if anchor > 0 =>
            {
                anchored()
            }
            Event::Scalar(_, _, _, Some(_))
            | Event::SequenceStart(_, Some(_))
            | Event::MappingStart(_, Some(_)) => Err((at.line(), "has a tag (`!`); leave it out".to_owned())),
            Event::Scalar(text, style, ..) => self.scalar(text, style, at),
            Event::SequenceStart(..) => {
                let pointer = self.place(at)?;
                self.push(Open::List(Vec::new(), pointer), at)
            }
            Event::MappingStart(..) => {
                let pointer = self.place(at)?;
                self.push(Open::Map(Map::new(), None, pointer), at)
            }
            Event::SequenceEnd | Event::MappingEnd => match self.stack.pop() {
                Some(Open::Map(map, ..)) => self.put(Value::Object(map)),
                Some(Open::List(list, _)) => self.put(Value::Array(list)),
                None => Ok(()),
            },
            _ => Ok(()),
        }
    }

    fn push(&mut self, open: Open, at: Marker) -> Result<(), Wrong> {
        if self.stack.len() >= DEPTH_MAX {
            return Err((at.line(), format!("is nested more than {DEPTH_MAX} levels deep")));
        }
        self.stack.push(open);
        Ok(())
    }

    fn scalar(&mut self, text: String, style: TScalarStyle, at: Marker) -> Result<(), Wrong> {
        if let Some(Open::Map(map, key @ None, pointer)) = self.stack.last_mut() {
            if map.contains_key(&text) {
                return Err((at.line(), format!("has the key `{text}` twice")));
            }
            self.lines.note(format!("{pointer}/{}", escaped(&text)), at.line());
            *key = Some(text);
            return Ok(());
        }
        self.place(at)?;
        self.put(if style == TScalarStyle::Plain { plain(text) } else { Value::String(text) })
    }

    /// Where the value that begins now stands; a value that stands in place of a key is refused.
    fn place(&mut self, at: Marker) -> Result<String, Wrong> {
        let pointer = match self.stack.last() {
            None => self.root.clone(),
            Some(Open::Map(_, Some(key), pointer)) => format!("{pointer}/{}", escaped(key)),
            Some(Open::Map(_, None, _)) => return Err((at.line(), "has a key that is no text".to_owned())),
            Some(Open::List(items, pointer)) => format!("{pointer}/{}", items.len()),
        };
        self.lines.note(pointer.clone(), at.line());
        Ok(pointer)
    }

    fn put(&mut self, value: Value) -> Result<(), Wrong> {
        match self.stack.last_mut() {
            None => self.done = Some(value),
            Some(Open::Map(map, key, _)) => {
                if let Some(key) = key.take() {
                    map.insert(key, value);
                }
            }
            Some(Open::List(items, _)) => items.push(value),
        }
        Ok(())
    }
}

/// A value without quotes, as YAML 1.2's core schema reads it: `no` is a text.
fn plain(text: String) -> Value {
    match text.as_str() {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    // Phone numbers aren't numbers: nothing else here begins with a plus or with a zero.
    let unsigned = text.strip_prefix('-').unwrap_or(&text);
    let is_phone = unsigned.starts_with('+')
        || unsigned.len() > 1 && unsigned.bytes().all(|b| b.is_ascii_digit()) && unsigned.starts_with('0');
    if is_phone {
        return Value::String(text);
    }
    if !unsigned.is_empty()
        && unsigned.bytes().all(|b| b.is_ascii_digit())
        && let Ok(number) = text.parse::<i64>()
    {
        return number.into();
    }
    let numeric = |b: u8| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+' | b'e' | b'E');
    if text.bytes().all(numeric)
        && text.bytes().any(|b| b.is_ascii_digit())
        && let Some(number) = text.parse().ok().and_then(Number::from_f64)
    {
        return Value::Number(number);
    }
    Value::String(text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(text: &str) -> Result<Vec<Value>, Wrong> {
        let documents = parse(text, &mut Lines::default())?;
        Ok(documents.into_iter().map(|(_, value)| value).collect())
    }

    #[test]
    fn values_are_what_they_look_like() {
        let text = "a: 1\nb: -2.5\nc: no\nd: 'true'\ne: true\nf: ~\ng: +491751234500\nh: [1, x, {y: z}]\ni: |\n  <p>\n   2\n\
                    j: 1.2.3\nk: 0x1F\nl: 1e3\nm: 0049175\nn: 0\n";
        let expected = json!({
            "a": 1, "b": -2.5, "c": "no", "d": "true", "e": true, "f": null, "g": "+491751234500",
            "h": [1, "x", {"y": "z"}], "i": "<p>\n 2\n", "j": "1.2.3", "k": "0x1F", "l": 1000.0, "m": "0049175", "n": 0,
        });
        assert_eq!(read(text).unwrap(), [expected]);
        assert_eq!(read("---\na: 1\n---\n---\nb: 2\n").unwrap(), [json!({"a": 1}), json!({"b": 2})]);
        assert_eq!(read("# nothing\n").unwrap(), Vec::<Value>::new());
    }

    #[test]
    fn what_could_grow_or_mean_two_things_is_refused_with_its_line() {
        let deep = "[".repeat(70);
        for (text, line, word) in [
            ("a: &x [1]\nb: *x\n", 1, "anchor"),
            ("a: 1\na: 2\n", 2, "twice"),
            ("a: !!binary x\n", 1, "tag"),
            ("? [a]\n: 1\n", 1, "key"),
            ("a: [1\nb: 2\n", 2, "YAML"),
            (&*deep, 1, ""),
        ] {
            let (at, problem) = read(text).unwrap_err();
            assert!(problem.contains(word), "{text}: {problem}");
            assert!(at >= line, "{text}: {at}");
        }
    }

    #[test]
    fn a_place_has_its_line() {
        let mut lines = Lines::default();
        parse("a: 1\nb:\n  c:\n    - x\n    - d: 1\n---\ne: 1\n", &mut lines).unwrap();
        for (pointer, line) in
            [("/a", 1), ("/b", 2), ("/b/c", 3), ("/b/c/0", 4), ("/b/c/1/d", 5), ("/1/e", 7)]
        {
            assert_eq!(lines.of(pointer), Some(line), "{pointer}");
        }
        assert_eq!(lines.of("/b/c/1/none"), Some(5));
    }
}
