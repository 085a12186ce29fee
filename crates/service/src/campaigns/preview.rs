//! A campaign as its documents say, without storing them: to look ahead.

use std::collections::HashMap;

use delivery::Campaign;
use delivery::upload::RowsSource;

use crate::definitions::checked::check;
use crate::definitions::{Given, Invalid};
use crate::{Actor, Fault, Kind, Problem, Service};

/// The documents.
pub struct In {
    /// A campaign, and what it names as far as that isn't stored.
    pub documents: Vec<Given>,
    /// Address files that it names, by their hash, as far as they are at hand.
    pub uploads: HashMap<String, RowsSource>,
}

/// The campaign, with its secrets looked up.
pub type Out = Campaign;

/// Why there is none.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A document isn't right.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// One of its secrets isn't known.
    #[error(transparent)]
    Campaign(#[from] super::Error),
    /// No campaign is among the documents.
    #[error("there is no campaign among the documents")]
    NoCampaign,
}

impl Fault for Error {
    fn problem(&self) -> Problem {
        match self {
            Self::Invalid(error) => error.problem(),
            Self::Campaign(error) => error.problem(),
            Self::NoCampaign => Problem::new(Kind::Invalid, "campaign-missing"),
        }
    }
}

/// Reads the first campaign of the documents.
pub async fn preview(service: &Service, _actor: &Actor, asked: In) -> Result<Out, Error> {
    let In { documents, uploads } = asked;
    let checked = check(service, documents).await?;
    let mut campaign = checked.into_iter().find_map(|one| one.campaign).ok_or(Error::NoCampaign)?;
    for (hash, rows) in uploads {
        campaign.read_from(&hash, rows);
    }
    campaign.unlock(&*service.secrets).map_err(super::Error)?;
    Ok(campaign)
}
