//! The schema as a table: which members an object has, in which order, and what stands there.

use super::{REASON_CHARS_MAX, SOURCE_CHARS_MAX, SUBSCRIPTION_TYPE_CHARS_MAX, TOPIC_CHARS_MAX};
use crate::Field;

/// The prefix that the schema's members may carry.
pub(super) const PREFIX: &str = "xdm:";

/// What stands at a place.
#[derive(Debug)]
pub(super) enum Shape {
    /// An XDM `choice-value`.
    Choice,
    /// A date and time.
    Time,
    /// A text of at most so many characters.
    Text(usize),
    /// An array of texts of at most so many characters.
    Texts(usize),
    /// `marketing.preferred`.
    Preferred,
    /// `adID.idType`.
    IdType,
    /// An object with members that the schema names, and others.
    Object(Members),
    /// The same with `val` required: a choice, with the prefix of the schema's `consent-field` and its kin.
    Field(Members),
    /// An object whose keys are the brand's own texts.
    Map(&'static Shape),
}

/// Named members, in the order in which they are written.
type Members = &'static [(&'static str, &'static Shape)];

impl Shape {
    /// The members that the schema names; none for anything but objects.
    pub fn members(&self) -> Members {
        match self {
            Self::Object(members) | Self::Field(members) => members,
            _ => &[],
        }
    }

    /// What stands at a member with this name, without prefix.
    pub fn member(&self, name: &str) -> Option<&'static Self> {
        self.members().iter().find(|(known, _)| *known == name).map(|(_, shape)| *shape)
    }
}

/// The object around a wrapped document.
pub(super) static ROOT: Shape = Shape::Object(&[("consents", &CONSENTS)]);

/// The consents object, XDM `profile-consents` and `consent-preferences` in one.
pub(super) static CONSENTS: Shape = Shape::Object(&[
    ("collect", &FIELD),
    ("share", &FIELD),
    ("adID", &AD_ID),
    ("personalize", &PERSONALIZE),
    ("marketing", &MARKETING),
    ("idSpecific", &Shape::Map(&Shape::Map(&IDENTITY))),
    ("metadata", &METADATA),
]);

static IDENTITY: Shape = Shape::Object(&[
    ("collect", &FIELD),
    ("share", &FIELD),
    ("adID", &AD_ID),
    ("personalize", &PERSONALIZE),
    ("marketing", &IDENTITY_MARKETING),
    ("metadata", &METADATA),
]);

static METADATA: Shape = Shape::Object(&[("time", &Shape::Time)]);

static REASON: Shape = Shape::Text(REASON_CHARS_MAX);

static FIELD: Shape = Shape::Field(&[("val", &Shape::Choice), ("time", &Shape::Time), ("reason", &REASON)]);

static AD_ID: Shape = Shape::Field(&[
    ("val", &Shape::Choice),
    ("idType", &Shape::IdType),
    ("time", &Shape::Time),
    ("reason", &REASON),
]);

static CHANNEL: Shape = Shape::Field(&[
    ("val", &Shape::Choice),
    ("time", &Shape::Time),
    ("reason", &REASON),
    ("subscriptions", &Shape::Map(&SUBSCRIPTION)),
]);

static PERSONALIZE: Shape = Shape::Object(&[("content", &FIELD)]);

static MARKETING: Shape = Shape::Object(&[
    ("preferred", &Shape::Preferred),
    ("any", &FIELD),
    ("email", &CHANNEL),
    ("sms", &CHANNEL),
    ("push", &CHANNEL),
    ("whatsApp", &CHANNEL),
    ("call", &CHANNEL),
    ("fax", &CHANNEL),
    ("postalMail", &CHANNEL),
    ("commercialEmail", &CHANNEL),
]);

static IDENTITY_MARKETING: Shape = Shape::Object(&[
    ("any", &FIELD),
    ("email", &FIELD),
    ("sms", &FIELD),
    ("push", &FIELD),
    ("whatsApp", &FIELD),
    ("call", &FIELD),
    ("fax", &FIELD),
    ("postalMail", &FIELD),
    ("commercialEmail", &FIELD),
]);

static SUBSCRIPTION: Shape = Shape::Object(&[
    ("val", &Shape::Choice),
    ("time", &Shape::Time),
    ("reason", &REASON),
    ("type", &Shape::Text(SUBSCRIPTION_TYPE_CHARS_MAX)),
    ("topics", &Shape::Texts(TOPIC_CHARS_MAX)),
    ("subscribers", &Shape::Map(&SUBSCRIBER)),
]);

static SUBSCRIBER: Shape =
    Shape::Object(&[("time", &Shape::Time), ("source", &Shape::Text(SOURCE_CHARS_MAX))]);

/// Where a field stands in the consents object or an identity: the object around it, if any, and its own name.
pub(super) fn steps(field: Field) -> (Option<&'static str>, &'static str) {
    match field {
        Field::Collect | Field::Share | Field::AdId => (None, field.as_str()),
        Field::PersonalizeContent => (Some("personalize"), "content"),
        _ => (Some("marketing"), field.as_str()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_has_its_place_in_the_table() {
        for shape in [&CONSENTS, &IDENTITY] {
            for field in Field::ALL {
                let (group, name) = steps(field);
                let around = group.map_or(shape, |group| shape.member(group).unwrap());
                let found = around.member(name).unwrap();
                assert!(matches!(found, Shape::Field(_)), "{field}");
                let channel = field.channel().is_some() && std::ptr::eq(shape, &raw const CONSENTS);
                assert_eq!(found.member("subscriptions").is_some(), channel, "{field}");
            }
        }
    }
}
