//! Pages below a path of a proxy's: `https://example.com/mail` as public URL.
//!
//! A proxy either takes the path off, or passes it on as it came. Links on pages are relative, so they hold either way; what
//! is left to do is to find our routes in a path that still begins with it.

use std::borrow::Cow;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use percent_encoding::percent_decode_str;
use tower::ServiceExt as _;

/// What the paths of our routes begin with. Tells a link that came with its path from one whose path was taken off, where
/// the path is called like one of them.
const DOORS: [&str; 19] = [
    "u",
    "p",
    "s",
    "c",
    "l",
    "choices",
    "lists",
    "subscribe",
    "pages",
    "look",
    "sms",
    "hooks",
    "healthz",
    "readyz",
    "ledger",
    "ajo",
    "api",
    "config",
    "journey",
];

/// Serves `routes` below the path of `public_url` too, if it has one.
pub fn below(routes: Router, public_url: Option<&str>) -> Router {
    let base = BasePath::of(public_url.unwrap_or_default());
    if base.0.is_empty() {
        return routes;
    }
    Router::new().fallback_service(routes.map_request(move |request| base.taken_off(request)))
}

/// The segments of a public URL's path, decoded.
#[derive(Clone)]
struct BasePath(Arc<[Vec<u8>]>);

impl BasePath {
    fn of(public_url: &str) -> Self {
        let path = path_of(public_url);
        Self(path.split('/').filter(|segment| !segment.is_empty()).map(decoded).collect())
    }

    fn taken_off(&self, mut request: Request) -> Request {
        let Some(path) = self.ours(request.uri().path()) else { return request };
        let query = request.uri().query().map_or_else(String::new, |query| format!("?{query}"));
        if let Ok(uri) = format!("{path}{query}").parse() {
            *request.uri_mut() = uri;
        }
        request
    }

    /// The path as our routes have it; `None` if it is that already.
    fn ours<'p>(&self, path: &'p str) -> Option<Cow<'p, str>> {
        let rest = self.rest(path);
        // Clients of Adobe's interface append the links of its answers to its base URL, and these begin with the base.
        let appended = first_segment(rest.unwrap_or(path)).filter(|(first, _)| *first == "ajo");
        let twice = appended.and_then(|(_, behind)| self.rest(behind)).map(|link| format!("/ajo{link}"));
        twice.map(Cow::Owned).or(rest.map(Cow::Borrowed))
    }

    /// What stands behind the base, with its slash. Slashes may be doubled and letters in upper case, as in links that
    /// programs have mended or shouted.
    fn rest<'p>(&self, path: &'p str) -> Option<&'p str> {
        let mut rest = path;
        for segment in self.0.iter() {
            let (first, behind) = first_segment(rest)?;
            if !decoded(first).eq_ignore_ascii_case(segment) {
                return None;
            }
            rest = behind;
        }
        let rest = if rest.is_empty() { "/" } else { rest };
        let is_ours = |path| {
            let first = first_segment(path).map(|(first, _)| first.to_ascii_lowercase());
            first.is_some_and(|first| DOORS.contains(&&*first))
        };
        (is_ours(rest) || !is_ours(path)).then_some(rest)
    }
}

/// The path of a URL, without a slash at its end.
pub(crate) fn path_of(public_url: &str) -> &str {
    let behind_scheme = public_url.split_once("://").map_or("", |(_, rest)| rest);
    behind_scheme.find('/').map_or("", |at| behind_scheme[at..].trim_end_matches('/'))
}

fn first_segment(path: &str) -> Option<(&str, &str)> {
    let path = path.trim_start_matches('/');
    let end = path.find('/').unwrap_or(path.len());
    (end > 0).then(|| path.split_at(end))
}

fn decoded(segment: &str) -> Vec<u8> {
    percent_decode_str(segment).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rest<'p>(public_url: &str, path: &'p str) -> Option<&'p str> {
        BasePath::of(public_url).rest(path)
    }

    #[test]
    fn the_path_of_the_public_url_is_taken_off() {
        let mail = "https://example.com/mail";
        for (path, found) in [
            ("/mail/u/T", Some("/u/T")),
            ("/mail/u/T/more", Some("/u/T/more")),
            ("//mail//u/T", Some("//u/T")),
            ("/MAIL/U/T", Some("/U/T")),
            ("/%6Dail/u/T", Some("/u/T")),
            ("/mail/nowhere", Some("/nowhere")),
            ("/mail/", Some("/")),
            ("/mail", Some("/")),
            ("/u/T", None),
            ("/mailing/u/T", None),
            ("/", None),
            ("", None),
            ("*", None),
        ] {
            assert_eq!(rest(mail, path), found, "{path}");
        }
        assert_eq!(rest("https://example.com/a/b/", "/a/b/readyz"), Some("/readyz"));
        assert_eq!(rest("https://example.com/a/b", "/a/u/T"), None);
        assert_eq!(rest("https://example.com/m%C3%A4il", "/m%c3%a4il/p/T"), Some("/p/T"));
    }

    #[test]
    fn a_path_that_is_called_like_a_route_is_told_from_it() {
        let named_so = "https://example.com/u";
        assert_eq!(rest(named_so, "/u/u/T"), Some("/u/T"), "passed on");
        assert_eq!(rest(named_so, "/u/T"), None, "taken off by the proxy");
        assert_eq!(rest(named_so, "/u/choices"), Some("/choices"));
        assert_eq!(rest(named_so, "/choices"), None);
    }

    #[test]
    fn links_of_the_suppression_interface_may_be_appended_to_its_base_url() {
        let base = BasePath::of("https://example.com/mail");
        for (path, found) in [
            ("/mail/ajo/config/suppression/x", Some("/ajo/config/suppression/x")),
            ("/mail/ajo/mail/config/suppression/x", Some("/ajo/config/suppression/x")),
            ("/ajo/mail/config/suppression/x", Some("/ajo/config/suppression/x")),
            ("/ajo/config/suppression/x", None),
        ] {
            assert_eq!(base.ours(path).as_deref(), found, "{path}");
        }
    }

    #[test]
    fn most_public_urls_have_none() {
        for url in ["", "https://example.com", "https://example.com/", "http://127.0.0.1:8025"] {
            assert!(BasePath::of(url).0.is_empty(), "{url}");
        }
    }
}
