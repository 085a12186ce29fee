//! Templates of landing pages: whatever one holds, it is refused or shown soon, and nothing in it runs.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use web::landing::{Content, PRIMARY, preview};

static SAMPLE: LazyLock<Value> = LazyLock::new(|| {
    json!({
        "name": "<i>Ann</i>", "plan": "pro", "country": "DE", "count": 7, "paid": true, "none": null,
        "tags": ["a", "b", "\u{e000}"], "address": { "city": "Kiel", "lines": ["one", "two"] },
        "many": (0..300).collect::<Vec<_>>(), "long": "Lorem ipsum. ".repeat(2_000),
    })
});

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let content = Content {
        title: "News".to_owned(),
        language: "en".to_owned(),
        parts: [(PRIMARY.to_owned(), text.into_owned())].into(),
        ..Content::default()
    };
    if let Ok(page) = preview(&content, PRIMARY, &SAMPLE) {
        let page = page.to_ascii_lowercase();
        for element in ["<script", "<iframe", "<img", "<object", "<embed", "<svg", "<link rel=\"s", "<base"] {
            assert!(!page.contains(element), "{element}");
        }
    }
});
