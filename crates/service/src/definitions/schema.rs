//! The JSON Schema of a kind of document.

use delivery::schema;
use serde_json::Value;
use store::DefinitionKind;

/// The schema of a kind, made from the types that read its documents.
pub fn schema(kind: DefinitionKind) -> Value {
    match kind {
        DefinitionKind::Configuration => schema::configuration(),
        DefinitionKind::Content => schema::content(),
        DefinitionKind::Campaign => schema::campaign(),
    }
}
