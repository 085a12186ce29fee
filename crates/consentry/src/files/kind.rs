//! What a document in a file describes: as it says by `kind`, or as its keys show.

use delivery::InputError;
use serde_json::Value;
use service::definitions::DefinitionKind;

use super::inline::wrong;

/// Keys that only one kind has.
const TELLING: [(DefinitionKind, &[&str]); 3] = [
    (DefinitionKind::Campaign, &["audience", "configuration_file", "configuration", "content"]),
    (DefinitionKind::Configuration, &["channel", "transport", "from"]),
    (DefinitionKind::Content, &["subject", "html", "html_file", "text", "text_file"]),
];

/// Takes `kind` out of a document. `expected`: what it is where it doesn't say so.
pub fn take(document: &mut Value, expected: Option<DefinitionKind>) -> Result<DefinitionKind, InputError> {
    let Some(members) = document.as_object_mut() else {
        return Err(wrong("", "is no table of keys and values", "write `name = \"...\"` and the rest"));
    };
    if let Some(kind) = members.shift_remove("kind") {
        let read = kind.as_str().and_then(|kind| kind.parse::<DefinitionKind>().ok());
        return read.ok_or_else(|| {
            wrong("kind", "isn't one that there is", "the kinds are configuration, content and campaign")
        });
    }
    let shown = || TELLING.iter().find(|(_, keys)| keys.iter().any(|key| members.contains_key(*key)));
    expected.or_else(|| shown().map(|(kind, _)| *kind)).ok_or_else(|| {
        wrong(
            "",
            "doesn't say what it describes",
            "add kind = \"configuration\", \"content\" or \"campaign\"",
        )
    })
}
