//! JSON Schemas (2020-12) of the documents, made from the types that read them.

use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::{JsonSchema, Schema, json_schema};
use serde_json::Value;
use wire::smtp::TransportConfig;

use crate::campaign::CampaignDocument;
use crate::configuration::RawConfiguration;
use crate::content::ContentDocument;
use crate::sms::SmsTransportConfig;

type Mail = RawConfiguration<TransportConfig>;
type Texts = RawConfiguration<SmsTransportConfig>;

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

/// A configuration for mail or for texts.
struct ConfigurationDocument;

impl JsonSchema for ConfigurationDocument {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Configuration".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let (mail, texts) = (generator.subschema_for::<Mail>(), generator.subschema_for::<Texts>());
        json_schema!({
            "description": "How and as whom messages of one channel go out.",
            "anyOf": [mail, texts],
        })
    }
}

/// A name, or a document that stands there.
pub(crate) fn configuration_or_name(generator: &mut SchemaGenerator) -> Schema {
    let there = generator.subschema_for::<ConfigurationDocument>();
    json_schema!({ "anyOf": [{ "type": "string" }, there] })
}

/// A name, or a document that stands there.
pub(crate) fn content_or_name(generator: &mut SchemaGenerator) -> Schema {
    let there = generator.subschema_for::<ContentDocument>();
    json_schema!({ "anyOf": [{ "type": "string" }, there] })
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
