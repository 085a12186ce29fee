//! Random documents: reading and building is the identity.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value as Json, json};

use super::super::shape::{CONSENTS, PREFIX, ROOT, Shape};
use super::super::*;

/// Keys that no schema names, among them some that look as if.
const UNKNOWN: [&str; 6] = ["x", "xdm:x", "_tenant", "xdm:xdm:val", "a b", "Val"];
/// Keys of maps; a brand may name its things as it likes.
const KEYS: [&str; 6] = ["email", "xdm:val", "val", "jo@b.example", "+4930 1", "ü\"]"];
const TIMES: [&str; 5] = [
    "2026-01-01T00:00:00Z",
    "2026-01-01T00:00:00+00:00",
    "2026-01-01T01:00:00+01:00",
    "2026-05-03T14:00:00.123456789Z",
    "2019-01-01T15:52:25-06:00",
];

fn any_text(chars_max: usize) -> impl Strategy<Value = String> {
    prop_oneof![Just("é".repeat(chars_max)), "[a-z\"é]{0,5}"]
}

fn leaf() -> BoxedStrategy<Json> {
    prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        select(&["y", "n", "maybe", "", "email", "IDFA", "2026-01-01"][..]).prop_map(Json::from),
    ]
    .boxed()
}

fn unknown_member() -> impl Strategy<Value = (String, Json)> {
    let value =
        prop_oneof![leaf(), vec(leaf(), 0..3).prop_map(Json::from), Just(json!({"val": {"xdm:val": 1}}))];
    (select(&UNKNOWN[..]).prop_map(str::to_owned), value)
}

/// Anything that a shape admits.
fn any_of(shape: &'static Shape, prefixed: bool) -> BoxedStrategy<Json> {
    match shape {
        Shape::Choice => select(&Choice::ALL[1..]).prop_map(|choice| choice.as_str().into()).boxed(),
        Shape::Time => select(&TIMES[..]).prop_map(Json::from).boxed(),
        Shape::Text(chars_max) => any_text(*chars_max).prop_map(Json::from).boxed(),
        Shape::Texts(chars_max) => vec(any_text(*chars_max), 0..3).prop_map(Json::from).boxed(),
        Shape::Preferred => select(&Preferred::ALL[1..]).prop_map(|(_, name)| name.into()).boxed(),
        Shape::IdType => select(&["IDFA", "GAID"][..]).prop_map(Json::from).boxed(),
        Shape::Map(inner) => {
            let key = select(&KEYS[..]).prop_map(str::to_owned);
            btree_map(key, any_of(inner, prefixed), 0..3)
                .prop_map(|map| Json::Object(map.into_iter().collect()))
                .boxed()
        }
        Shape::Object(members) | Shape::Field(members) => {
            let member = |(name, inner): &(&'static str, &'static Shape)| {
                let key = if prefixed { format!("{PREFIX}{name}") } else { (*name).to_owned() };
                let member = any_of(inner, prefixed).prop_map(move |value| (key.clone(), value));
                if matches!(shape, Shape::Field(_)) && *name == "val" {
                    member.prop_map(Some).boxed()
                } else {
                    proptest::option::weighted(0.4, member).boxed()
                }
            };
            let known: Vec<_> = members.iter().map(member).collect();
            (known, vec(unknown_member(), 0..2))
                .prop_map(|(known, unknown)| {
                    Json::Object(known.into_iter().flatten().chain(unknown).collect())
                })
                .boxed()
        }
    }
}

fn any_document() -> impl Strategy<Value = (Json, bool)> {
    let spelled = |shape, prefixed| any_of(shape, prefixed).prop_map(move |json| (json, prefixed));
    prop_oneof![
        spelled(&ROOT, false),
        spelled(&ROOT, true),
        spelled(&CONSENTS, false),
        spelled(&CONSENTS, true)
    ]
}

/// Any JSON at all, with keys that make it likely to be taken for a document.
pub(super) fn any_json() -> impl Strategy<Value = Json> {
    let key = select(
        &[
            "consents",
            "xdm:consents",
            "collect",
            "xdm:marketing",
            "marketing",
            "xdm:email",
            "email",
            "val",
            "xdm:val",
            "time",
            "subscriptions",
            "idSpecific",
            "metadata",
            "topics",
            "preferred",
            "a b",
        ][..],
    );
    let tree = leaf().prop_recursive(6, 40, 5, move |inner| {
        prop_oneof![
            1 => vec(inner.clone(), 0..3).prop_map(Json::from),
            6 => vec((key.clone(), inner), 0..5).prop_map(|members| {
                Json::Object(members.into_iter().map(|(key, member)| (key.to_owned(), member)).collect())
            }),
        ]
    });
    // A document in which one thing has been replaced gets further in than a random tree does.
    prop_oneof![
        tree,
        (any_document(), any::<prop::sample::Index>(), leaf()).prop_map(|((mut json, _), at, bad)| {
            let count = places(&mut json, None, &bad);
            places(&mut json, Some(at.index(count)), &bad);
            json
        })
    ]
}

/// How many places a tree has; puts something else in the one with a number.
fn places(json: &mut Json, replace: Option<usize>, with: &Json) -> usize {
    let mut count = 1;
    if replace == Some(0) {
        *json = with.clone();
        return count;
    }
    let mut visit = |inner: &mut Json| {
        count += places(inner, replace.and_then(|at| at.checked_sub(count)), with);
    };
    match json {
        Json::Object(object) => object.values_mut().for_each(&mut visit),
        Json::Array(items) => items.iter_mut().for_each(&mut visit),
        _ => {}
    }
    count
}

pub(super) fn any_values() -> impl Strategy<Value = Vec<Value>> {
    let field = || select(&Field::ALL[..]);
    let key = || select(&KEYS[..]).prop_map(str::to_owned);
    let place = prop_oneof![
        field().prop_map(Place::Profile),
        (key(), key(), field()).prop_map(|(namespace, id, field)| Place::Identity { namespace, id, field }),
        (select(&Channel::ALL[..]), key()).prop_map(|(channel, name)| Place::Subscription { channel, name }),
    ];
    let at = prop_oneof![
        Just(None),
        Just(Some(Timestamp::UNDATED)),
        Just(Some(Timestamp(i64::MAX))),
        select(&TIMES[..]).prop_map(|text| Timestamp::parse(text).ok()),
        (0..4_000_000_000_000_000_i64).prop_map(|micros| Some(Timestamp(micros))),
    ];
    let value = (place, select(&Choice::ALL[..]), at, proptest::option::of(any_text(300)))
        .prop_map(|(place, choice, at, reason)| Value { place, choice, at, reason });
    vec(value, 0..8)
}

pub(super) fn any_preferred() -> impl Strategy<Value = Preferred> {
    select(&Preferred::ALL[..]).prop_map(|(preferred, _)| preferred)
}

pub(super) fn any_style() -> impl Strategy<Value = Style> {
    any::<(bool, bool)>().prop_map(|(prefixed, wrapped)| Style { prefixed, wrapped })
}

/// The remainders of two random documents, merged.
pub(super) fn any_remainder() -> impl Strategy<Value = Json> {
    let remainder =
        || any_document().prop_map(|(json, _)| Document::from_value(json).unwrap().remainder().clone());
    (remainder(), remainder()).prop_map(|(old, new)| merge_remainder(old, new))
}

/// The document with its values in an order that doesn't hang on that of the keys of a map.
fn sorted(mut document: Document) -> Document {
    document.values.sort_by_key(|value| value.place.clone());
    document
}

/// The choice and time of each place, as far as a document can say them.
fn by_place(values: &[Value]) -> std::collections::BTreeMap<Place, (Choice, Option<Timestamp>)> {
    let written = |at: &Timestamp| Timestamp::parse(&at.to_string()).is_ok();
    let dated = |value: &Value| (value.place.clone(), (value.choice, value.at.filter(written)));
    values.iter().filter(|value| value.choice != Choice::Unset).map(dated).collect()
}

proptest! {
    #[test]
    fn reading_and_building_is_the_identity((json, prefixed) in any_document()) {
        let document = Document::from_value(json.clone()).unwrap();
        prop_assert_eq!(&document.to_value(), &json);
        prop_assert_eq!(Document::parse(&document.to_string()).map(sorted), Ok(sorted(document.clone())));
        let (values, preferred, remainder, style) = document.clone().into_parts();
        prop_assert_eq!(&merge_remainder(remainder.clone(), remainder.clone()), &remainder);
        let respelled = build(values, preferred, &remainder, Style { prefixed: !prefixed, ..style });
        let again = Document::from_value(respelled).unwrap();
        prop_assert_eq!(sorted(Document { style, ..again }), sorted(Document { style, ..document }));
    }

    #[test]
    fn what_is_built_reads_as_it_was_said(
        values in any_values(), preferred in any_preferred(), remainder in any_remainder(), style in any_style()
    ) {
        let built = build(values.clone(), preferred, &remainder, style);
        let again = Document::from_value(built).unwrap();
        prop_assert_eq!(again.preferred(), preferred);
        let said = by_place(&values);
        let mut read = by_place(again.values());
        // A `u` may have been added where the schema wants a choice.
        read.retain(|place, (choice, _)| *choice != Choice::Unknown || said.contains_key(place));
        prop_assert_eq!(read, said);
    }
}

#[test]
fn an_empty_document_has_no_remainder() {
    for (json, wrapped) in [(json!({}), false), (json!({"consents": {}}), true)] {
        let document = Document::from_value(json.clone()).unwrap();
        assert_eq!(*document.remainder(), Json::Object(Map::new()));
        assert_eq!(document.style().wrapped, wrapped);
        assert_eq!(document.to_value(), json);
    }
}
