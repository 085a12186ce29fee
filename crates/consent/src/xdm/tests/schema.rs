//! Against Adobe's own schemas and examples.

use boon::{Compiler, SchemaIndex, Schemas};
use proptest::prelude::*;
use serde_json::Value as Json;

use super::super::*;
use super::identity::{any_preferred, any_remainder, any_values};
use super::{CONSENT_PREFERENCES, PROFILE_CONSENTS};

const DATATYPE: &str = include_str!("../../../tests/xdm/consent-preferences.schema.json");
const FIELD_GROUP: &str = include_str!("../../../tests/xdm/profile-consents.schema.json");

/// The schema of `consent-preferences` or `profile-consents`.
fn schema(text: &str) -> (Schemas, SchemaIndex) {
    let mut schemas = Schemas::new();
    let mut compiler = Compiler::new();
    compiler.enable_format_assertions();
    let id = |schema: &Json| schema["$id"].as_str().unwrap().to_owned();
    for text in [DATATYPE, FIELD_GROUP] {
        let schema: Json = serde_json::from_str(text).unwrap();
        compiler.add_resource(&id(&schema), schema).unwrap();
    }
    let wanted: Json = serde_json::from_str(text).unwrap();
    let index = compiler.compile(&id(&wanted), &mut schemas).unwrap();
    (schemas, index)
}

#[test]
fn the_examples_come_out_as_they_went_in() {
    for (schema_text, example) in [(DATATYPE, CONSENT_PREFERENCES), (FIELD_GROUP, PROFILE_CONSENTS)] {
        let expected: Json = serde_json::from_str(example).unwrap();
        let document = Document::parse(example).unwrap();
        let built = document.to_value();
        assert_eq!(built, expected);
        assert_eq!(Document::parse(&document.to_string()).unwrap(), document);
        let (schemas, index) = schema(schema_text);
        schemas.validate(&built, index).unwrap();
    }
}

#[test]
fn the_schema_refuses_what_we_refuse() {
    let (schemas, index) = schema(FIELD_GROUP);
    let mut example: Json = serde_json::from_str(PROFILE_CONSENTS).unwrap();
    example["xdm:consents"]["xdm:marketing"]["xdm:email"]["xdm:time"] = "yesterday".into();
    assert!(schemas.validate(&example, index).is_err());
    assert!(Document::from_value(example).is_err());
}

#[test]
fn whatever_is_built_is_valid() {
    let (schemas, index) = schema(FIELD_GROUP);
    let parts = (any_values(), any_preferred(), any_remainder());
    proptest!(|((values, preferred, remainder) in parts)| {
        let style = Style { prefixed: true, wrapped: true };
        let built = build(values, preferred, &remainder, style);
        if let Err(error) = schemas.validate(&built, index) {
            return Err(TestCaseError::fail(format!("{error:#}\n{built:#}")));
        }
        let again = Document::from_value(built.clone());
        prop_assert_eq!(again.map(|document| document.to_value()), Ok(built));
    });
}
