//! The workspace's settings.

use std::collections::BTreeMap;

use axum::http::Method;
use consent::{Channel, Choice};
use serde::{Deserialize, Deserializer};
use service::keys::Scope;
use service::settings::{LedgerReaders, OptOutReason, Shown, UnknownRecipients, change, show};
use utoipa::ToSchema;

use super::super::call::{Call, Replied, Reply};
use super::super::endpoint::Endpoint;
use super::super::problem::ApiProblem;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::get("/settings", Scope::SettingsRead, "getSettings", "Show the settings.").versions().runs(shown),
        Endpoint::new(Method::PATCH, "/settings", Scope::SettingsWrite, "patchSettings", "Change settings; those that aren't named stay. They hold from the next decision on. With If-Match they are changed only if nobody else has since they were read.")
            .versions()
            .takes(changed),
    ]
}

/// A change of settings.
#[allow(clippy::option_option, reason = "not named, and named to be nothing, differ")]
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = SettingsChange)]
struct Change {
    /// What an empty choice means, by channel.
    #[serde(default)]
    default_consent: BTreeMap<String, String>,
    /// Where people reach the public pages.
    #[serde(default)]
    public_url: Option<String>,
    /// The brand's name on those pages.
    #[serde(default)]
    brand: Option<String>,
    /// Whether opt-in places want an express yes or a named basis.
    #[serde(default)]
    jurisdiction_pack: Option<bool>,
    /// How many soft bounces suppress an address.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 20)]
    soft_bounce_limit: Option<u8>,
    /// What people may choose from after an opt-out; null for the pages' own.
    #[serde(default, deserialize_with = "reasons")]
    #[schema(value_type = Option<Vec<Object>>)]
    opt_out_reasons: Option<Option<Vec<OptOutReason>>>,
    /// Who may read the ledger's entries: `keyed` or `public`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    ledger: Option<LedgerReaders>,
    /// What is answered about an address that nobody has: `default` or `no`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    unknown_recipients: Option<UnknownRecipients>,
}

/// Told from nothing where null stands.
#[allow(clippy::option_option, reason = "not named, and named to be nothing, differ")]
fn reasons<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<Vec<OptOutReason>>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

async fn shown(call: Call) -> Replied<Shown> {
    Ok(versioned(show::show(&call.service, &call.actor, show::In).await?))
}

async fn changed(call: Call, asked: Change) -> Replied<Shown> {
    let Change { default_consent, public_url, brand, jurisdiction_pack, soft_bounce_limit, .. } = asked;
    let mut defaults = Vec::new();
    for (channel, choice) in default_consent {
        let wrong = |why: String| {
            ApiProblem::invalid("default-consent-invalid", format!("/defaultConsent/{channel}"), why)
        };
        let named: Channel = channel.parse().map_err(|error| wrong(format!("{error}")))?;
        let choice: Choice = choice.parse().map_err(|error| wrong(format!("{error}")))?;
        defaults.push((named, choice));
    }
    let asked = change::In {
        default_consent: defaults,
        public_url,
        brand,
        mail_domains: Vec::new(),
        jurisdiction_pack,
        soft_bounce_limit,
        opt_out_reasons: asked.opt_out_reasons,
        ledger: asked.ledger,
        unknown_recipients: asked.unknown_recipients,
        if_version: call.if_match()?,
    };
    Ok(versioned(change::change(&call.service, &call.actor, asked).await?))
}

fn versioned(settings: Shown) -> Reply<Shown> {
    let version = settings.version();
    Reply::from(settings).version(version)
}
