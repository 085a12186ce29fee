//! The token in a link's path, as it arrives.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use percent_encoding::percent_decode_str;

/// What stands behind the route's name, decoded up to the first character that can't stand in a token. Programs that find
/// links in text take along a full stop or a bracket, relays append parameters, and some of it isn't even UTF-8.
pub(crate) struct TokenPath(pub String);

impl<S: Sync> FromRequestParts<S> for TokenPath {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(token(parts.uri.path())))
    }
}

/// The token in a path.
pub(super) fn token(path: &str) -> String {
    let (_, rest) = path.trim_start_matches('/').split_once('/').unwrap_or_default();
    let can_stand = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_".contains(byte);
    percent_decode_str(rest.trim_start_matches('/')).take_while(can_stand).map(char::from).collect()
}

/// The path of a link that arrives with a doubled slash before it, or its route's letter in upper case; `None` if it is as it
/// should be.
pub(crate) fn mended(path: &str) -> Option<String> {
    let [b'/', first, ..] = path.as_bytes() else { return None };
    if *first != b'/' && !first.is_ascii_uppercase() {
        return None;
    }
    let (door, rest) = path.trim_start_matches('/').split_once('/')?;
    let door = door.to_ascii_lowercase();
    matches!(door.as_str(), "u" | "p" | "c" | "l" | "s").then(|| format!("/{door}/{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_stand_in_a_token_ends_it() {
        for tail in [
            "",
            ".",
            "/",
            ")",
            ",",
            "%22",
            "'",
            "%3E",
            ";",
            "%20",
            "%0d%0a",
            "%0D",
            "%E2%80%A6",
            "=",
            "=3D",
            "=3D%22",
            "&gt;",
            "&amp;utm=1",
            "%3Futm_source=x",
            "%ff",
            "%",
            "%f",
            "/more",
            "//",
            "%2F",
            "*",
        ] {
            assert_eq!(token(&format!("/u/AQ-_9{tail}")), "AQ-_9", "{tail}");
        }
        assert_eq!(token("/u/%41%51%2d%5F9."), "AQ-_9");
        assert_eq!(token("//u//AQ"), "AQ");
        assert_eq!([token("/u/"), token("/u"), token("/"), token("")], [""; 4]);
    }

    #[test]
    fn doubled_slashes_and_upper_case_are_mended() {
        for bad in ["//u/A", "/U/A", "///U/A"] {
            assert_eq!(mended(bad).as_deref(), Some("/u/A"), "{bad}");
        }
        for other in ["/u/A", "/u//A", "/u", "//healthz", "/hooks//x", "/"] {
            assert_eq!(mended(other), None, "{other}");
        }
    }
}
