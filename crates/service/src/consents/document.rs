//! A person's consent document, as XDM has it.

use consent::ProfileId;
use serde::Serialize;
use serde_json::Value;

use crate::profiles::{Whom, WhomError};
use crate::{Actor, Service, shape};

/// Whose.
#[derive(Clone, Copy, Debug)]
pub struct In {
    /// The profile.
    pub profile: ProfileId,
}

/// The document.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Out(pub Value);

impl Out {
    /// Stands for what the document says.
    pub fn version(&self) -> String {
        shape::version(&self.0)
    }
}

/// Why there is none.
pub type Error = WhomError;

/// Shows the document.
pub async fn document(service: &Service, _actor: &Actor, In { profile }: In) -> Result<Out, Error> {
    let view = service.store.profile(service.workspace, profile).await?;
    let view = view.ok_or(WhomError::Nobody(Whom::Id(profile)))?;
    Ok(Out(store::document(&view)))
}
