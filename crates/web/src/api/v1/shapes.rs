//! What endpoints take, beside what use cases answer.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// A page, with where the next and the previous one begin.
#[derive(Debug, Serialize)]
pub(super) struct Paged<T> {
    pub data: Vec<T>,
    pub next: Option<String>,
    pub previous: Option<String>,
}

impl<T: ToSchema> PartialSchema for Paged<T> {
    fn schema() -> RefOr<Schema> {
        let nullable = || {
            let types = SchemaType::from_iter([Type::String, Type::Null]);
            ObjectBuilder::new().schema_type(types)
        };
        let items = ArrayBuilder::new().items(Ref::from_schema_name(T::name()));
        ObjectBuilder::new()
            .property("data", items)
            .property("next", nullable().description(Some("Cursor of the next page; null on the last.")))
            .property(
                "previous",
                nullable().description(Some(
                    "Cursor of the previous page; null on the first, and past the 16th page back.",
                )),
            )
            .required("data")
            .required("next")
            .required("previous")
            .into()
    }
}

impl<T: ToSchema> ToSchema for Paged<T> {
    fn name() -> Cow<'static, str> {
        format!("{}Page", T::name()).into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((T::name().into_owned(), T::schema()));
        T::schemas(schemas);
    }
}

/// An object, and nothing else: what derives its reading takes an array of its members' values as well.
pub(super) struct Strict<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Strict<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
            type Value = Strict<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Strict<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(members)).map(Strict)
            }
        }

        deserializer.deserialize_map(Members(PhantomData))
    }
}

/// Objects, see [`Strict`].
pub(super) fn objects<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    let objects = Vec::<Strict<T>>::deserialize(deserializer)?;
    Ok(objects.into_iter().map(|Strict(object)| object).collect())
}

/// An object, if there is one.
pub(super) fn object_if<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    Ok(Option::<Strict<T>>::deserialize(deserializer)?.map(|Strict(object)| object))
}

/// Objects by names.
pub(super) fn objects_by_name<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, T>, D::Error> {
    let objects = BTreeMap::<String, Strict<T>>::deserialize(deserializer)?;
    Ok(objects.into_iter().map(|(name, Strict(object))| (name, object)).collect())
}

/// A value by its name.
pub(super) fn parsed<'de, D: Deserializer<'de>, T: FromStr>(deserializer: D) -> Result<T, D::Error>
where
    T::Err: std::fmt::Display,
{
    let text = Cow::<str>::deserialize(deserializer)?;
    text.parse().map_err(serde::de::Error::custom)
}

/// The same where it may be left out.
pub(super) fn parsed_if<'de, D: Deserializer<'de>, T: FromStr>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T::Err: std::fmt::Display,
{
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| text.parse().map_err(serde::de::Error::custom)).transpose()
}

/// A time as RFC 3339 writes it, if one is named.
pub(super) fn moment_if<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<consent::Timestamp>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| consent::Timestamp::parse(&text).map_err(serde::de::Error::custom)).transpose()
}

/// The same, where null is told from nothing.
#[allow(clippy::option_option, reason = "not named, and named to be nothing, differ")]
pub(super) fn moment_or_null<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<consent::Timestamp>>, D::Error> {
    moment_if(deserializer).map(Some)
}

/// A channel.
#[derive(ToSchema)]
#[schema(as = Channel, rename_all = "camelCase")]
#[allow(dead_code, reason = "stands for names in the OpenAPI document")]
pub(super) enum ChannelName {
    Email,
    Sms,
    Push,
    WhatsApp,
    Call,
    Fax,
    PostalMail,
    CommercialEmail,
}

/// What a message is for.
#[derive(ToSchema)]
#[schema(as = Category, rename_all = "camelCase")]
#[allow(dead_code, reason = "stands for names in the OpenAPI document")]
pub(super) enum CategoryName {
    Marketing,
    Transactional,
}

/// How far a choice reaches.
#[derive(ToSchema)]
#[schema(as = Level, rename_all = "camelCase")]
#[allow(dead_code, reason = "stands for names in the OpenAPI document")]
pub(super) enum LevelName {
    Any,
    Channel,
    Identity,
    Subscription,
}

/// A choice, as XDM spells it: yes, no, pending, unknown, yes and no by default, and the named bases.
#[derive(ToSchema)]
#[schema(as = Choice)]
#[allow(
    dead_code,
    non_camel_case_types,
    clippy::upper_case_acronyms,
    reason = "stands for names in the OpenAPI document"
)]
pub(super) enum ChoiceName {
    y,
    n,
    p,
    u,
    dy,
    dn,
    LI,
    CT,
    CP,
    VI,
    PI,
}

/// What a value is, where that isn't plain.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EntryType)]
pub(super) enum EntryKind {
    Email,
    Domain,
    Phone,
    Push,
    Sha256,
}

impl From<EntryKind> for intake::suppression::EntryType {
    fn from(kind: EntryKind) -> Self {
        match kind {
            EntryKind::Email => Self::Email,
            EntryKind::Domain => Self::Domain,
            EntryKind::Phone => Self::Phone,
            EntryKind::Push => Self::Push,
            EntryKind::Sha256 => Self::Hash(None),
        }
    }
}
