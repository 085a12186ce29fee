//! A profile's consent document, from what is recorded and what its documents held beside.

use consent::xdm::{self, Place, Style};
use consent::{Channel, Timestamp};
use serde_json::{Value, json};

use crate::types::{Held, ProfileView};

/// The profile as an XDM "Consents and Preferences" object, without prefix.
///
/// Subscriptions stand under the channel that an imported document had them under, else under `email`.
pub fn document(profile: &ProfileView) -> Value {
    let remainder: Value = profile
        .remainder
        .as_deref()
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_else(|| json!({}));
    let own = profile.values.iter().map(|(field, held)| value(Place::Profile(*field), held));
    let identities = profile.addresses.iter().flat_map(|address| {
        address.values.iter().map(|(field, held)| {
            let (namespace, id) = (address.namespace.as_str().to_owned(), address.raw.clone());
            value(Place::Identity { namespace, id, field: *field }, held)
        })
    });
    let subscriptions = profile.subscriptions.iter().map(|(_, name, held)| {
        let channel = channel_of(&remainder, name);
        value(Place::Subscription { channel, name: name.clone() }, held)
    });
    let values = own.chain(identities).chain(subscriptions);
    xdm::build(values, profile.word.preferred(), &remainder, Style::default())
}

fn value(place: Place, held: &Held) -> xdm::Value {
    let at = (held.at != Timestamp::UNDATED).then_some(held.at);
    xdm::Value { place, choice: held.choice, at, reason: held.reason.clone() }
}

fn channel_of(remainder: &Value, list: &str) -> Channel {
    let marketing = &remainder["consents"]["marketing"];
    let holds = |channel: &Channel| !marketing[channel.as_str()]["subscriptions"][list].is_null();
    Channel::ALL.into_iter().find(holds).unwrap_or(Channel::Email)
}
