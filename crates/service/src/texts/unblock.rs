//! Letting a sender text a number again.

use serde::Serialize;
use store::StoreError;

use super::{NumberError, owner};
use crate::{Actor, Fault, Problem, Service};

/// Which sender, and which number.
#[derive(Clone, Debug)]
pub struct In {
    /// The number, as it is typed.
    pub number: String,
    /// The sender, in the form in which blocks are kept.
    pub sender: String,
}

/// What that did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = Unblocked)]
#[serde(rename_all = "camelCase")]
pub struct Out {
    /// The sender that isn't blocked any more.
    pub unblocked: String,
}

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The number can't be looked up.
    #[error(transparent)]
    Number(#[from] NumberError),
    /// It blocks no such sender.
    #[error("{number} doesn't block {sender}")]
    NotBlocked {
        /// The number.
        number: String,
        /// The sender.
        sender: String,
    },
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Fault for Error {
    fn problem(&self) -> Problem {
        match self {
            Self::Number(error) => error.problem(),
            Self::NotBlocked { .. } => Problem::not_found("not-blocked", "/sender"),
            Self::Store(error) => error.problem(),
        }
    }
}

/// Lets a sender text a number again, because its owner asked for it some other way. Consent to marketing stays as it is.
pub async fn unblock(service: &Service, _actor: &Actor, asked: In) -> Result<Out, Error> {
    let In { number, sender } = asked;
    let owner = owner(service, &number).await?;
    let was = service.store.unblock(service.workspace, vec![(owner.address, sender.clone())]).await?;
    if was.first() != Some(&true) {
        return Err(Error::NotBlocked { number, sender });
    }
    Ok(Out { unblocked: sender })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{SENDER, World};
    use crate::texts::{decide, show};
    use consent::Level;

    #[tokio::test]
    async fn a_block_is_lifted_once() {
        let world = World::new();
        let id = world.held("+491751234567", "stop?").await;
        let World { service, actor, dir: _dir } = world;
        decide::decide(&service, &actor, decide::In { id, refused: true, level: Level::Channel })
            .await
            .unwrap();
        let number = "+491751234567".to_owned();
        let shown = show::show(&service, &actor, show::In { number: number.clone() }).await.unwrap();
        assert_eq!(shown.blocks[0].sender, SENDER);
        let asked = In { number, sender: SENDER.to_owned() };
        assert_eq!(unblock(&service, &actor, asked.clone()).await.unwrap().unblocked, SENDER);
        let again = unblock(&service, &actor, asked).await.unwrap_err();
        assert_eq!(again.problem(), Problem::not_found("not-blocked", "/sender"));
    }
}
