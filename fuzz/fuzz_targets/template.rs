//! How deep a template is, and the bodies of posts: none panics.
#![no_main]

use consent::template::check_depth;
use intake::unsubscribe::{Post, parse_post};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let _ = check_depth(&text);
    let (kind, body) = text.split_once('\n').unwrap_or(("", &text));
    // Whatever else stands in it, one-click is told by the body alone.
    let one = |kind| parse_post(kind, body.as_bytes()) == Post::OneClick;
    assert!(!one("") || one("text/plain"));
    if one(kind) {
        assert!(body.contains("One") && body.contains("Click"));
    }
});
