//! What is refused, and where it says so.

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::super::*;
use super::identity::any_json;

/// Everything that is refused, with the error's full text.
#[rustfmt::skip]
fn table() -> Vec<(Json, &'static str)> {
    const CHOICES: &str = "is not a consent choice; use one of y, n, p, u, dy, dn, LI, CT, CP, VI, PI";
    const TIMES: &str = "is not a date and time; use RFC 3339, e.g. 2026-05-03T14:00:00Z, or a date, e.g. 2026-05-03";
    let leaked = |text: String| -> &'static str { text.leak() };
    let choice = |path: &str, found: &str| leaked(format!("{path}: {found:?} {CHOICES}"));
    let time = |path: &str, found: &str| leaked(format!("{path}: {found:?} {TIMES}"));
    let long = |n: usize| "é".repeat(n);
    vec![
        (json!([]), "$: not an object"),
        (json!({"consents": []}), "$.consents: not an object"),
        (json!({"xdm:consents": {"xdm:marketing": {"xdm:email": {"xdm:val": "maybe"}}}}),
            choice("$.xdm:consents.xdm:marketing.xdm:email.xdm:val", "maybe")),
        (json!({"consents": {"marketing": {"email": {"val": "Y"}}}}), choice("$.consents.marketing.email.val", "Y")),
        (json!({"xdm:collect": {"val": ""}}), choice("$.xdm:collect.val", "")),
        (json!({"marketing": {"any": {"val": long(50)}}}), choice("$.marketing.any.val", &format!("{}…", long(40)))),
        (json!({"marketing": {"any": {"val": true}}}), "$.marketing.any.val: not a string"),
        (json!({"marketing": {"any": null}}), "$.marketing.any: not an object"),
        (json!({"marketing": {"fax": {"time": "2026-01-01"}}}), "$.marketing.fax: `val` is missing"),
        (json!({"personalize": {"content": {}}}), "$.personalize.content: `val` is missing"),
        (json!({"personalize": "y"}), "$.personalize: not an object"),
        (json!({"share": {"val": "n", "xdm:val": "n"}}), "$.share.xdm:val: stands twice, with or without the prefix `xdm:`"),
        (json!({"xdm:consents": {}, "consents": {}}), "$.consents: stands twice, with or without the prefix `xdm:`"),
        (json!({"consents": {}, "xdm:marketing": {}}), "$.xdm:marketing: stands beside `consents`; put it inside"),
        (json!({"marketing": {"preferred": "pigeon"}}), "$.marketing.preferred: \"pigeon\" is not one of email, push, \
            inApp, sms, whatsApp, phone, phyMail, inVehicle, inHome, iot, social, other, none, unknown"),
        (json!({"adID": {"val": "y", "idType": "idfa"}}), "$.adID.idType: \"idfa\" is not one of IDFA, GAID"),
        (json!({"metadata": {"time": "now"}}), time("$.metadata.time", "now")),
        (json!({"metadata": {"time": 1}}), "$.metadata.time: not a string"),
        (json!({"metadata": []}), "$.metadata: not an object"),
        (json!({"marketing": {"sms": {"val": "y", "time": "1546357945"}}}), time("$.marketing.sms.time", "1546357945")),
        (json!({"marketing": {"sms": {"val": "n", "reason": long(256)}}}), "$.marketing.sms.reason: longer than 255 characters"),
        (json!({"idSpecific": {"email": []}}), "$.idSpecific.email: not an object"),
        (json!({"idSpecific": {"email": {"jo@b.example": []}}}), "$.idSpecific.email[\"jo@b.example\"]: not an object"),
        (json!({"idSpecific": {"xdm:x": {"1 \"2\"": {"marketing": {"push": {"val": 1}}}}}}),
            "$.idSpecific.xdm:x[\"1 \\\"2\\\"\"].marketing.push.val: not a string"),
        (subscription(&json!({"val": "no"})), choice("$.marketing.email.subscriptions[\"a-b\"].val", "no")),
        (subscription(&json!([])), "$.marketing.email.subscriptions[\"a-b\"]: not an object"),
        (subscription(&json!({"type": long(16)})), "$.marketing.email.subscriptions[\"a-b\"].type: longer than 15 characters"),
        (subscription(&json!({"topics": "x"})), "$.marketing.email.subscriptions[\"a-b\"].topics: not an array"),
        (subscription(&json!({"topics": ["x", long(26)]})), "$.marketing.email.subscriptions[\"a-b\"].topics[1]: longer than 25 characters"),
        (subscription(&json!({"topics": ["x", 2]})), "$.marketing.email.subscriptions[\"a-b\"].topics[1]: not a string"),
        (subscription(&json!({"subscribers": []})), "$.marketing.email.subscriptions[\"a-b\"].subscribers: not an object"),
        (subscription(&json!({"subscribers": {"b": {"source": long(16)}}})),
            "$.marketing.email.subscriptions[\"a-b\"].subscribers.b.source: longer than 15 characters"),
        (subscription(&json!({"subscribers": {"b": {"time": "-"}}})),
            time("$.marketing.email.subscriptions[\"a-b\"].subscribers.b.time", "-")),
        (json!({"marketing": {"email": {"val": "n"}, "sms": {"val": "no"}, "any": {"val": "never"}}}), choice("$.marketing.sms.val", "no")),
    ]
}

fn subscription(entry: &Json) -> Json {
    json!({"marketing": {"email": {"val": "y", "subscriptions": {"a-b": entry}}}})
}

#[test]
fn each_refusal_names_its_place() {
    for (document, expected) in table() {
        let error = Document::from_value(document.clone()).expect_err(expected);
        assert_eq!(error.to_string(), expected);
        assert!(exists(&error.path, &document), "{error}");
        assert_eq!(Document::parse(&document.to_string()), Err(error));
    }
}

#[test]
fn lengths_count_up_to_the_limit() {
    let long = |n: usize| "é".repeat(n);
    let entry = json!({"type": long(15), "topics": [long(25)], "subscribers": {"b": {"source": long(15)}}});
    let mut document = subscription(&entry);
    document["marketing"]["email"]["reason"] = long(255).into();
    assert_eq!(Document::from_value(document.clone()).unwrap().to_value(), document);
}

#[test]
fn a_member_that_stands_twice_is_refused() {
    for (text, path) in [
        (r#"{"marketing":{"email":{"val":"n","val":"y"}}}"#, "$.marketing.email.val"),
        (r#"{"x":[1,{"a b":1,"a b":2}]}"#, r#"$.x[1]["a b"]"#),
    ] {
        let expected = XdmError { path: path.to_owned(), kind: XdmErrorKind::Duplicate };
        assert_eq!(Document::parse(text), Err(expected));
    }
}

/// Whether a path of an error leads somewhere in a document. Reads paths on its own, to tell if they can be read.
fn exists(path: &str, document: &Json) -> bool {
    let mut rest = path.strip_prefix('$').unwrap();
    let mut here = document;
    while !rest.is_empty() {
        let next = if let Some(name) = rest.strip_prefix('.') {
            let end = name.find(['.', '[']).unwrap_or(name.len());
            rest = &name[end..];
            here.as_object().and_then(|object| object.get(&name[..end]))
        } else {
            let inside = rest.strip_prefix('[').unwrap();
            let mut text = serde_json::Deserializer::from_str(inside).into_iter::<Json>();
            let key = text.next().unwrap().unwrap();
            rest = inside[text.byte_offset()..].strip_prefix(']').unwrap();
            match key {
                Json::String(name) => here.as_object().and_then(|object| object.get(&name)),
                index => here.get(usize::try_from(index.as_u64().unwrap()).unwrap()),
            }
        };
        match next {
            Some(found) => here = found,
            None => return false,
        }
    }
    true
}

proptest! {
    #[test]
    fn any_json_is_read_or_refused_at_a_place_of_its_own(json in any_json()) {
        let read = Document::parse(&json.to_string());
        prop_assert_eq!(&read, &Document::from_value(json.clone()));
        match read {
            Ok(document) => {
                let built = document.to_value();
                prop_assert_eq!(Document::from_value(built.clone()).map(|again| again.to_value()), Ok(built));
            }
            Err(error) => prop_assert!(exists(&error.path, &json), "{} in {}", error, json),
        }
    }

    #[test]
    fn no_text_breaks_the_reader(text in r#"[\[\]{}",:a-z0-9\\ .\-xdm]{0,60}"#) {
        let _ = Document::parse(&text);
    }
}
