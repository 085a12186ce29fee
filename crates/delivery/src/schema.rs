//! JSON Schemas (2020-12) of the documents, made from the types that read them.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use crate::campaign::CampaignDocument;
use crate::configuration::schema::ConfigurationDocument;
use crate::content::ContentDocument;

/// Of a configuration.
pub fn configuration() -> Value {
    finished::<ConfigurationDocument>()
}

/// Of a content.
pub fn content() -> Value {
    finished::<ContentDocument>()
}

/// Of a campaign.
pub fn campaign() -> Value {
    finished::<CampaignDocument>()
}

fn finished<T: JsonSchema>() -> Value {
    let schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>();
    let mut schema = schema.to_value();
    // Durations' defaults aren't written as durations are; the reference says what holds without a key.
    strip_defaults(&mut schema);
    schema
}

fn strip_defaults(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.remove("default");
            members.values_mut().for_each(strip_defaults);
        }
        Value::Array(items) => items.iter_mut().for_each(strip_defaults),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every `$ref` of a schema leads somewhere in it.
    fn check_references(root: &Value, value: &Value) {
        match value {
            Value::Object(members) => {
                if let Some(Value::String(reference)) = members.get("$ref") {
                    let pointer = reference.strip_prefix('#').unwrap();
                    assert!(root.pointer(pointer).is_some(), "{reference}");
                }
                members.values().for_each(|member| check_references(root, member));
            }
            Value::Array(items) => items.iter().for_each(|item| check_references(root, item)),
            _ => {}
        }
    }

    #[test]
    fn schemas_know_the_keys_and_no_paths() {
        for schema in [configuration(), content(), campaign()] {
            check_references(&schema, &schema);
            let text = schema.to_string();
            for key in [
                "password_env",
                "password_file",
                "key_file",
                "ca_file",
                "secret_env",
                "secret_file",
                "html_file",
            ] {
                assert!(!text.contains(&format!("\"{key}\"")), "{key}: {schema:#}");
            }
            assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        }
        let content = content();
        assert_eq!(content["additionalProperties"], false);
        let keys: Vec<_> = content["properties"].as_object().unwrap().keys().map(String::as_str).collect();
        for key in ["name", "subject", "html", "text", "language", "fallback"] {
            assert!(keys.contains(&key), "{key}");
        }
        let configuration = configuration().to_string();
        for key in ["secret", "ca", "list_unsubscribe", "connect_seconds", "per_second", "provider"] {
            assert!(configuration.contains(&format!("\"{key}\"")), "{key}");
        }
    }
}
