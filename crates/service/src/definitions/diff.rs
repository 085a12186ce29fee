//! What differs between two versions of a document.

use serde::Serialize;
use serde_json::Value;

/// A field that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = DefinitionField)]
#[serde(rename_all = "camelCase")]
pub struct Field {
    /// Where, as a JSON pointer.
    pub pointer: String,
    /// How.
    pub change: FieldChange,
}

/// How a field differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = DefinitionFieldChange)]
#[serde(rename_all = "camelCase")]
pub enum FieldChange {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It says something else.
    Changed,
}

/// The fields that differ. The order of an object's members says nothing.
pub(super) fn diff(before: &Value, after: &Value) -> Vec<Field> {
    let mut fields = Vec::new();
    compare(before, after, String::new(), &mut fields);
    fields
}

fn compare(before: &Value, after: &Value, pointer: String, fields: &mut Vec<Field>) {
    match (before, after) {
        (Value::Object(old), Value::Object(new)) => {
            let at = |key: &str| format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
            for (key, value) in old {
                match new.get(key) {
                    Some(other) => compare(value, other, at(key), fields),
                    None => fields.push(Field { pointer: at(key), change: FieldChange::Removed }),
                }
            }
            let added = new.keys().filter(|key| !old.contains_key(*key));
            fields.extend(added.map(|key| Field { pointer: at(key), change: FieldChange::Added }));
        }
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() => {
            for (n, (value, other)) in old.iter().zip(new).enumerate() {
                compare(value, other, format!("{pointer}/{n}"), fields);
            }
        }
        (old, new) if old != new => fields.push(Field { pointer, change: FieldChange::Changed }),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn differences_are_named_by_their_place() {
        let before =
            json!({"a": 1, "b": {"c": [1, {"d": 2}], "x/y~": 1}, "gone": 1, "same": {"p": 1, "q": 2}});
        let after = json!({"new": 1, "a": 2, "same": {"q": 2, "p": 1}, "b": {"c": [1, {"d": 3}], "x/y~": 2}});
        let told: Vec<_> =
            diff(&before, &after).into_iter().map(|field| (field.pointer, field.change)).collect();
        let expected = [
            ("/a", FieldChange::Changed),
            ("/b/c/1/d", FieldChange::Changed),
            ("/b/x~1y~0", FieldChange::Changed),
            ("/gone", FieldChange::Removed),
            ("/new", FieldChange::Added),
        ];
        assert_eq!(told, expected.map(|(pointer, change)| (pointer.to_owned(), change)));
        assert_eq!(diff(&before, &before), []);
        let lengths = diff(&json!({"a": [1]}), &json!({"a": [1, 2]}));
        assert_eq!((lengths.len(), lengths[0].pointer.as_str()), (1, "/a"));
        // A number and its text differ.
        assert_eq!(diff(&json!({"a": 1}), &json!({"a": "1"})).len(), 1);
    }
}
