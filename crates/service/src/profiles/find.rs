//! Looking a person up, by whatever a program knows them by.

use super::show::{self, Out as Shown};
use super::{Whom, WhomError};
use crate::{Actor, Service};

/// Whom.
#[derive(Clone, Debug)]
pub struct In {
    /// The person.
    pub whom: Whom,
}

/// The person.
pub type Out = Shown;

/// Why nobody is shown.
pub type Error = WhomError;

/// Shows all that is known of a person.
pub async fn find(service: &Service, _actor: &Actor, In { whom }: In) -> Result<Out, Error> {
    let profile = whom.find(service).await?;
    show::about(service, profile).await?.ok_or(WhomError::Nobody(whom))
}
