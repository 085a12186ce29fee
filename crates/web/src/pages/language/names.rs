//! What languages call themselves, for whoever looks for theirs on a page in another.

/// Language (BCP 47 tag) and its own name, as CLDR has it.
const NAMES: &[(&str, &str)] = &[
    ("en", "English"),
    ("de", "Deutsch"),
    ("fr", "Français"),
    ("es", "Español"),
    ("it", "Italiano"),
    ("pt", "Português"),
    ("nl", "Nederlands"),
    ("sv", "Svenska"),
    ("no", "Norsk"),
    ("nb", "Norsk bokmål"),
    ("da", "Dansk"),
    ("fi", "Suomi"),
    ("pl", "Polski"),
    ("cs", "Čeština"),
    ("hu", "Magyar"),
    ("ro", "Română"),
    ("el", "Ελληνικά"),
    ("tr", "Türkçe"),
    ("uk", "Українська"),
    ("ja", "日本語"),
    ("zh", "中文"),
    ("ko", "한국어"),
    ("ar", "العربية"),
    ("he", "עברית"),
];

/// A language's own name; its tag if it isn't known here.
pub(super) fn own_name(tag: &'static str) -> &'static str {
    NAMES.iter().find(|(known, _)| *known == tag).map_or(tag, |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::language::SOURCES;

    #[test]
    fn every_language_of_the_pages_has_a_name() {
        for (tag, _) in SOURCES {
            assert!(NAMES.iter().any(|(known, _)| known == tag), "{tag}");
        }
    }
}
