//! Documents in and out.

mod identity;
mod refusals;
mod schema;

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::*;

pub(super) const CONSENT_PREFERENCES: &str =
    include_str!("../../tests/xdm/consent-preferences.example.1.json");
pub(super) const PROFILE_CONSENTS: &str = include_str!("../../tests/xdm/profile-consents.example.1.json");

fn at(text: &str) -> Option<Timestamp> {
    Timestamp::parse(text).ok()
}

#[test]
fn reads_the_example() {
    let document = Document::parse(PROFILE_CONSENTS).unwrap();
    let value = |place, choice| Value { place, choice, at: at("2019-01-01T15:52:25Z"), reason: None };
    let identity = |namespace: &str, id: &str, field| Place::Identity {
        namespace: namespace.to_owned(),
        id: id.to_owned(),
        field,
    };
    let ecid = "12345678-abcdef09-87654321-fedcba90";
    let other = "11112222-33334444-55556666-77778888";
    let expected = [
        value(Place::Profile(Field::Any), Choice::Yes),
        value(Place::Profile(Field::Email), Choice::Yes),
        value(Place::Profile(Field::PersonalizeContent), Choice::Yes),
        value(Place::Profile(Field::Collect), Choice::VitalInterest),
        value(Place::Profile(Field::Share), Choice::Yes),
        Value {
            place: identity("ECID", ecid, Field::Push),
            choice: Choice::No,
            at: at("2020-09-30T01:02:33Z"),
            reason: Some("not relevant".to_owned()),
        },
        value(identity("ECID", ecid, Field::Share), Choice::No),
        value(identity("ECID", other, Field::Push), Choice::Yes),
        value(identity("ECID", other, Field::PersonalizeContent), Choice::No),
        value(identity("ECID", other, Field::AdId), Choice::No),
        value(identity("email", "john@xyz.com", Field::Email), Choice::Yes),
        value(identity("email", "johnny@company.com", Field::Email), Choice::No),
    ];
    assert_eq!(document.values(), expected);
    assert_eq!(document.preferred(), Preferred::Email);
    assert_eq!(document.style(), Style { prefixed: true, wrapped: true });
    let remainder = json!({"consents": {
        "metadata": {"time": "2019-01-01T15:52:25+00:00"},
        "idSpecific": {"ECID": {
            ecid: {"marketing": {"push": {"time": "2020-09-30T01:02:33+00:00"}}},
            other: {"adID": {"idType": "IDFA"}},
        }},
    }});
    assert_eq!(*document.remainder(), remainder);
}

#[test]
fn reads_subscriptions_and_the_nearest_time() {
    let document = Document::from_value(json!({
        "marketing": {"email": {
            "val": "y", "time": "2026-02-01T00:00:00Z",
            "subscriptions": {
                "xdm:daily": {"val": "p", "type": "news", "topics": ["a"], "subscribers": {"x": {"source": "web"}}},
                "weekly": {"type": "news", "time": "2026-01-05"},
            },
        }},
        "idSpecific": {"email": {"a@b.example": {
            "metadata": {"time": "2026-03-01T00:00:00Z"},
            "marketing": {"email": {"val": "n"}, "sms": {"val": "y", "time": "2026-04-01"}},
        }}},
        "metadata": {"time": "2026-01-01T00:00:00Z"},
    }))
    .unwrap();
    let found: Vec<_> = document.values().iter().map(|value| (value.choice, value.at)).collect();
    let expected = [
        (Choice::Yes, at("2026-02-01")),
        (Choice::Pending, at("2026-01-01")),
        (Choice::No, at("2026-03-01")),
        (Choice::Yes, at("2026-04-01")),
    ];
    assert_eq!(found, expected);
    let subscription = Place::Subscription { channel: Channel::Email, name: "xdm:daily".to_owned() };
    assert_eq!(document.values()[1].place, subscription);
    assert_eq!(document.style(), Style::default());
}

#[test]
fn a_changed_choice_stands_in_its_place() {
    let (mut values, _, remainder, style) = Document::parse(PROFILE_CONSENTS).unwrap().into_parts();
    let change = |values: &mut Vec<Value>, place: Place, choice| {
        let moment = at("2026-05-03T14:00:00Z");
        values.retain(|value| value.place != place);
        values.push(Value { place, choice, at: moment, reason: Some("too many".to_owned()) });
    };
    change(&mut values, Place::Profile(Field::Email), Choice::No);
    let subscription = Place::Subscription { channel: Channel::Sms, name: "offers".to_owned() };
    change(&mut values, subscription, Choice::Yes);
    let namespace = "ECID".to_owned();
    let id = "12345678-abcdef09-87654321-fedcba90".to_owned();
    change(&mut values, Place::Identity { namespace, id, field: Field::Push }, Choice::Yes);
    let built = build(values, Preferred::Unset, &remainder, style);

    let mut expected: Json = serde_json::from_str(PROFILE_CONSENTS).unwrap();
    let consents = &mut expected["xdm:consents"];
    let changed =
        |choice| json!({"xdm:val": choice, "xdm:time": "2026-05-03T14:00:00Z", "xdm:reason": "too many"});
    consents["xdm:marketing"].as_object_mut().unwrap().remove("xdm:preferred");
    consents["xdm:marketing"]["xdm:email"] = changed("n");
    consents["xdm:marketing"]["xdm:sms"] =
        json!({"xdm:val": "u", "xdm:subscriptions": {"offers": changed("y")}});
    consents["xdm:idSpecific"]["ECID"]["12345678-abcdef09-87654321-fedcba90"]["xdm:marketing"]["xdm:push"] =
        changed("y");
    assert_eq!(built, expected);
}

#[test]
fn a_withdrawn_choice_leaves_a_valid_document() {
    let document = Document::from_value(json!({
        "adID": {"val": "n", "idType": "GAID", "time": "2026-01-01"},
        "marketing": {"email": {"val": "y", "time": "2026-01-01"}},
        "metadata": {"time": "2026-01-02"},
    }))
    .unwrap();
    let built = build([], document.preferred(), document.remainder(), document.style());
    assert_eq!(built, json!({"adID": {"val": "u", "idType": "GAID"}, "metadata": {"time": "2026-01-02"}}));
}

#[test]
fn a_value_without_a_time_gets_none_from_the_metadata() {
    let remainder = json!({"consents": {"metadata": {"time": "2026-01-01T00:00:00Z"}}});
    let value = |field, at| Value { place: Place::Profile(field), choice: Choice::Yes, at, reason: None };
    for undated in [None, Some(Timestamp::UNDATED)] {
        let values = [value(Field::Email, undated), value(Field::Sms, at("2026-01-01"))];
        let built = build(values, Preferred::Unset, &remainder, Style::default());
        let sms = json!({"val": "y", "time": "2026-01-01T00:00:00Z"});
        assert_eq!(built, json!({"marketing": {"email": {"val": "y"}, "sms": sms}}));
    }
}

#[test]
fn a_second_import_keeps_what_only_the_first_said() {
    let read = |json| Document::from_value(json).unwrap().into_parts();
    let (old, _, first, _) = read(json!({
        "collect": {"val": "y"},
        "marketing": {"email": {"val": "n", "ticket": 7, "topics": ["a", "b"]}},
        "metadata": {"time": "2026-01-01", "by": "shop"},
    }));
    let (new, preferred, second, style) = read(json!({
        "marketing": {"preferred": "sms", "email": {"val": "y", "topics": ["c"]}},
        "metadata": {"time": "2026-02-01"},
    }));
    let merged = merge_remainder(first, second.clone());
    assert_eq!(merge_remainder(merged.clone(), second), merged);
    let built = build(old.into_iter().chain(new), preferred, &merged, style);
    let expected = json!({
        "collect": {"val": "y", "time": "2026-01-01T00:00:00Z"},
        "marketing": {"preferred": "sms", "email": {"val": "y", "ticket": 7, "topics": ["c"]}},
        "metadata": {"time": "2026-02-01", "by": "shop"},
    });
    assert_eq!(built, expected);
    assert_eq!(Document::from_value(built.clone()).unwrap().to_value(), built);
}

#[test]
fn mixed_spellings_become_the_more_frequent_one() {
    let mixed =
        json!({"xdm:collect": {"val": "y"}, "share": {"xdm:val": "n", "xdm:other": 1}, "xdm:metadata": {}});
    let document = Document::from_value(mixed).unwrap();
    assert_eq!(
        document.to_string(),
        r#"{"xdm:collect":{"xdm:val":"y"},"xdm:share":{"xdm:val":"n","xdm:other":1},"xdm:metadata":{}}"#
    );
}

proptest! {
    #[test]
    fn the_remainder_of_any_json_builds_something(json in identity::any_json()) {
        // A remainder comes from the store, but nothing that it could hold may break the way out.
        let values = [Value { place: Place::Profile(Field::Email), choice: Choice::No, at: None, reason: None }];
        let built = build(values, Preferred::Unset, &json, Style::default());
        prop_assert_eq!(&built["marketing"]["email"]["val"], "n");
        prop_assert_eq!(merge_remainder(json.clone(), json.clone()), json);
    }
}
