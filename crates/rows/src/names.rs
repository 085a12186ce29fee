//! Names of columns as people type them, and texts in messages.

/// Letters and digits alone, in lower case: how names are compared that somebody typed.
pub fn squash(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// As [`str::trim`], which decodes characters; nearly no cell begins or ends with a space.
pub fn trimmed(text: &str) -> &str {
    match text.as_bytes() {
        [b'!'..=b'~'] | [b'!'..=b'~', .., b'!'..=b'~'] => text,
        _ => text.trim(),
    }
}

/// The beginning of a text, for an error message.
pub fn excerpt(text: &str) -> String {
    if text.len() <= 40 && !text.chars().any(char::is_control) {
        return text.to_owned();
    }
    let short: String = text.chars().filter(|c| !c.is_control()).take(40).collect();
    if short.len() < text.len() { format!("{short}…") } else { short }
}
