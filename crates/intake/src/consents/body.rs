//! What a body says: `{"marketing": [..], "personalization": [..], "privacy": [..]}`.

use consent::{Choice, Field, Timestamp};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::Unreadable;

/// Most choices of one body.
const ITEMS_MAX: usize = 100;
/// Longest part of a value that an answer repeats, in characters.
const SHOWN_CHARS_MAX: usize = 40;

/// A type, and where the consent document keeps it; `None`: nowhere (XDM "Consents and Preferences").
type Place = (&'static str, Option<Field>);

const MARKETING: [Place; 11] = [
    ("any_marketing", Some(Field::Any)),
    ("email", Some(Field::Email)),
    ("in_app_messages", None),
    ("in_home_messages", None),
    ("in_vehicle_messages", None),
    ("iot_messages", None),
    ("phone_calls", Some(Field::Call)),
    ("physical_mail", Some(Field::PostalMail)),
    ("push_notifications", Some(Field::Push)),
    ("sms", Some(Field::Sms)),
    ("social_media", None),
];
const PERSONALIZATION: [Place; 18] = [
    ("advertising", None),
    ("any_personalization", Some(Field::PersonalizeContent)),
    ("content", Some(Field::PersonalizeContent)),
    ("customer_support", None),
    ("email", None),
    ("in_app_messages", None),
    ("in_home", None),
    ("in_store", None),
    ("in_vehicle", None),
    ("iot_devices", None),
    ("offers", None),
    ("phone_calls", None),
    ("physical_mail", None),
    ("push_notifications", None),
    ("sms", None),
    ("social_media", None),
    ("third_party_content", None),
    ("third_party_offers", None),
];
const PRIVACY: [Place; 6] = [
    ("anonymous_analysis", None),
    ("data_collection", Some(Field::Collect)),
    ("device_linking", None),
    ("pseudonymous_analysis", None),
    // Who may not sell may not share either: the document knows one word for both. A yes to selling isn't one to sharing.
    (SELL_DATA, Some(Field::Share)),
    ("share_data", Some(Field::Share)),
];
const SELL_DATA: &str = "sell_data";

/// How far a choice reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The channel, whatever the address; the usual one.
    Channel,
    /// The whole person.
    Global,
    /// The address that the message went to, alone.
    Identity,
}

/// One choice that a body states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Where it stands, e.g. `marketing[0]`.
    pub at: String,
    /// What it is about.
    pub field: Field,
    /// `y`, `n`, `p` or `u`.
    pub choice: Choice,
    /// How far it reaches.
    pub scope: Scope,
    /// When it was made, if the body says.
    pub made_at: Option<Timestamp>,
}

/// What a body says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// The choices that can be kept.
    pub statements: Vec<Statement>,
    /// What can't be kept or understood, a sentence each.
    pub problems: Vec<String>,
}

impl Said {
    /// Whether it holds no choice at all, readable or not.
    pub fn is_empty(&self) -> bool {
        self.statements.is_empty() && self.problems.is_empty()
    }

    /// Reads a body. An empty one, `[]` and one without any choice say nothing.
    pub fn parse(body: &[u8]) -> Result<Self, Unreadable> {
        let body = body.trim_ascii();
        if body.is_empty() || body == b"null" {
            return Ok(Self::default());
        }
        if body.starts_with(b"[") {
            let items: Vec<IgnoredAny> = serde_json::from_slice(body)?;
            let problem = "an array alone doesn't say what its choices are about; put it under `marketing`";
            return if items.is_empty() { Ok(Self::default()) } else { Err(Unreadable(problem.to_owned())) };
        }
        serde_json::from_slice::<Preferences>(body)?.read()
    }
}

/// `Preferences` in Adobe's document. Members that it doesn't name are refused: a misspelt one may hold a no.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Preferences {
    pub marketing: Option<Vec<Item>>,
    pub personalization: Option<Vec<Item>>,
    pub privacy: Option<Vec<Item>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Item {
    #[serde(rename = "type")]
    kind: Option<String>,
    choice: Option<String>,
    scope: Option<String>,
    timestamp: Option<String>,
}

impl Preferences {
    pub fn read(self) -> Result<Said, Unreadable> {
        let mut said = Said::default();
        let mut count = 0;
        for (group, places, items) in [
            ("marketing", MARKETING.as_slice(), self.marketing),
            ("personalization", PERSONALIZATION.as_slice(), self.personalization),
            ("privacy", PRIVACY.as_slice(), self.privacy),
        ] {
            for (index, item) in items.unwrap_or_default().into_iter().enumerate() {
                count += 1;
                if count > ITEMS_MAX {
                    return Err(Unreadable(format!("more than {ITEMS_MAX} choices")));
                }
                item.read(format!("{group}[{index}]"), places, &mut said);
            }
        }
        Ok(said)
    }
}

impl Item {
    fn read(self, at: String, places: &[Place], said: &mut Said) {
        let Self { kind, choice, scope, timestamp } = self;
        let mut wrong = |what: &str| said.problems.push(format!("{at}: {what}"));
        let choice = match choice.as_deref() {
            Some("yes") => Choice::Yes,
            Some("no") => Choice::No,
            Some("pending") => Choice::Pending,
            Some("unknown") => Choice::Unknown,
            Some(other) => {
                return wrong(&format!("choice {} is none of yes, no, pending, unknown", shown(other)));
            }
            None => return wrong("it has no choice"),
        };
        let Some(kind) = kind else { return wrong("it has no type") };
        let field = match places.iter().find(|(name, _)| *name == kind) {
            None => return wrong(&format!("there is no type {}", shown(&kind))),
            Some((SELL_DATA, _)) if choice != Choice::No => {
                return wrong("of sell_data only `no` can be kept, as a no to share_data");
            }
            Some((_, None)) => return wrong(&format!("{kind} has no place in the consent document")),
            Some((_, Some(field))) => *field,
        };
        let scope = match scope.as_deref() {
            None | Some("channel") => Scope::Channel,
            Some("global") => Scope::Global,
            Some("identity") => Scope::Identity,
            Some(other) => {
                return wrong(&format!("scope {} is none of channel, global, identity", shown(other)));
            }
        };
        // A no without a time that can be read is a no from now on.
        let made_at = timestamp.as_deref().and_then(|text| Timestamp::parse(text).ok());
        if made_at.is_none() && timestamp.is_some() {
            wrong("timestamp isn't a date and time as RFC 3339 writes them");
        }
        said.statements.push(Statement { at, field, choice, scope, made_at });
    }
}

/// A value of the caller's, as an answer repeats it.
fn shown(text: &str) -> String {
    let plain: String = text.chars().filter(|c| !c.is_control()).take(SHOWN_CHARS_MAX).collect();
    format!("`{plain}`")
}
