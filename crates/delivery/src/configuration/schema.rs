//! The JSON Schema of a configuration: for mail or for texts.

use schemars::generate::SchemaGenerator;
use schemars::{JsonSchema, Schema, json_schema};
use wire::smtp::TransportConfig;

use super::RawConfiguration;
use crate::sms::SmsTransportConfig;

type Mail = RawConfiguration<TransportConfig>;
type Texts = RawConfiguration<SmsTransportConfig>;

/// A configuration for mail or for texts.
pub(crate) struct ConfigurationDocument;

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
