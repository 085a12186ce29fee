//! How values look outside: ids with their prefix, times in RFC 3339, names as they are typed.

use std::fmt::Display;

use serde::{Serialize, Serializer};
use sha2::{Digest as _, Sha256};

/// A value as its text.
pub fn text<T: Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// A value as its text, or null.
#[allow(clippy::ref_option, reason = "serde hands it over so")]
pub fn text_or_null<T: Display, S: Serializer>(value: &Option<T>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => serializer.collect_str(value),
        None => serializer.serialize_none(),
    }
}

/// Stands for what a value says: equal values have the same.
pub fn version(value: &impl Serialize) -> String {
    let text = serde_json::to_vec(value).unwrap_or_default();
    hex(&Sha256::digest(text)[..16])
}

/// A path as [`consent::xdm`] writes it, `$.a["b c"][3]`, as a JSON pointer (RFC 6901).
pub fn pointer(path: &str) -> String {
    let mut pointer = String::new();
    let mut rest = path.strip_prefix('$').unwrap_or(path);
    while !rest.is_empty() {
        pointer.push('/');
        if let Some(member) = rest.strip_prefix('.') {
            let end = member.find(['.', '[']).unwrap_or(member.len());
            pointer.push_str(&escaped(&member[..end]));
            rest = &member[end..];
        } else {
            let inside = rest.strip_prefix('[').unwrap_or(rest);
            let mut texts = serde_json::Deserializer::from_str(inside).into_iter::<serde_json::Value>();
            let member = texts.next().and_then(Result::ok).unwrap_or_default();
            let text = member.as_str().map_or_else(|| member.to_string(), str::to_owned);
            pointer.push_str(&escaped(&text));
            rest =
                inside.get(texts.byte_offset()..).and_then(|rest| rest.strip_prefix(']')).unwrap_or_default();
        }
    }
    pointer
}

/// A member's name in a JSON pointer.
pub fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// Bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_pointers() {
        for (path, expected) in [
            ("$", ""),
            ("$.consents.xdm:marketing[0].val", "/consents/xdm:marketing/0/val"),
            (r#"$.idSpecific.email["a/b@c\"~"].x"#, "/idSpecific/email/a~1b@c\"~0/x"),
        ] {
            assert_eq!(pointer(path), expected);
        }
    }
}
