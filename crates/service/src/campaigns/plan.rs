//! What a run started now would do, and whether its content would be refused. Nothing is sent or changed.

use std::collections::BTreeMap;

use consent::sms::Segments;
use delivery::{Campaign, Checked, DeliveryError, Finding, Forecast, LinkProbe, PublishError};
use delivery::{check_campaign, forecast};
use serde::Serialize;
use tokio::sync::watch;

pub use super::Error;
use crate::{Actor, Service};

/// The campaign.
pub struct In<'a> {
    /// The campaign.
    pub campaign: &'a Campaign,
    /// Opens our own pages, for the publish check.
    pub probe: &'a dyn LinkProbe,
    /// Becomes true when it is to stop.
    pub stop: watch::Receiver<bool>,
}

/// What a run would do.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Out {
    /// The campaign's name.
    pub campaign: String,
    /// In the audience.
    pub audience: u64,
    /// Would get it.
    pub permitted: u64,
    /// Of those, would get the fallback content, because they refuse personalization.
    pub without_personalization: u64,
    /// Would get it later, by what it waits for.
    pub deferred: BTreeMap<String, u64>,
    /// Wouldn't, by reason.
    pub excluded: BTreeMap<String, u64>,
    /// Of the audience, addresses in the file that nobody is known by yet.
    pub unknown_addresses: u64,
    /// Rows of the file that hold no well-formed address; not part of the audience.
    pub malformed_addresses: u64,
    /// The lines of the first of them.
    pub malformed_lines: Vec<u64>,
    /// What a text takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segments: Option<Parts>,
    /// Why the content would be refused; nothing if it wouldn't.
    pub refused: Vec<Finding>,
    /// What doesn't stand in the way, but should be known.
    pub warnings: Vec<Finding>,
    /// The same, for what is said in words.
    #[serde(skip)]
    pub forecast: Forecast,
}

/// What a text takes.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Parts {
    /// In how many segments it goes.
    pub count: usize,
    /// Of how many units.
    pub units: usize,
    /// How it is encoded.
    pub encoding: &'static str,
    /// The same, for what is said in words.
    #[serde(skip)]
    pub segments: Segments,
}

/// Looks ahead.
pub async fn plan(service: &Service, _actor: &Actor, asked: In<'_>) -> Result<Out, Error> {
    let In { campaign, probe, stop } = asked;
    let deps = super::deps(service, stop);
    let forecast = forecast(&deps, campaign).await?;
    let (checked, refused) = match check_campaign(&deps, campaign, probe).await {
        Ok(checked) => (checked, Vec::new()),
        Err(DeliveryError::Publish(PublishError { findings })) => (Checked::default(), findings),
        Err(error) => return Err(error.into()),
    };
    let segments = checked.segments.map(|segments| Parts {
        count: segments.count,
        units: segments.units,
        encoding: segments.encoding.as_str(),
        segments,
    });
    let seen = forecast.clone();
    Ok(Out {
        campaign: forecast.campaign,
        audience: forecast.audience,
        permitted: forecast.permitted,
        without_personalization: forecast.without_personalization,
        deferred: forecast.deferred,
        excluded: forecast.excluded,
        unknown_addresses: forecast.unknown_addresses,
        malformed_addresses: forecast.malformed_addresses,
        malformed_lines: forecast.malformed_lines,
        segments,
        refused,
        warnings: checked.warnings,
        forecast: seen,
    })
}
