//! Making a workspace.

use store::StoreError;

use super::Shown;
use crate::{Actor, Fault, Kind, Problem, Service};

/// The workspace.
#[derive(Clone, Debug)]
pub struct In {
    /// Its name.
    pub name: String,
}

/// The workspace as it was made.
pub type Out = Shown;

/// Why none was made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The name is taken.
    #[error("the workspace `{0}` exists already")]
    Exists(String),
    /// The store.
    #[error(transparent)]
    Store(StoreError),
}

impl Fault for Error {
    fn problem(&self) -> Problem {
        match self {
            Self::Exists(_) => {
                Problem { kind: Kind::Conflict, ..Problem::invalid("workspace-exists", "/name") }
            }
            Self::Store(error) => error.problem(),
        }
    }
}

/// Makes a workspace with nothing in it.
pub async fn create(service: &Service, _actor: &Actor, In { name }: In) -> Result<Out, Error> {
    match service.store.create_workspace(&name).await {
        Ok(made) => Ok(made.into()),
        Err(StoreError::Exists(_)) => Err(Error::Exists(name)),
        Err(error) => Err(Error::Store(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;
    use crate::workspaces::list;

    #[tokio::test]
    async fn a_name_is_taken_once() {
        let world = World::new();
        let asked = || In { name: "shop-b".to_owned() };
        let made = create(&world.service, &world.actor, asked()).await.unwrap();
        let refused = create(&world.service, &world.actor, asked()).await.unwrap_err();
        assert_eq!((refused.problem().kind, refused.problem().code), (Kind::Conflict, "workspace-exists"));
        let all = list::list(&world.service, &world.actor, list::In).await.unwrap().data;
        assert_eq!((all.len(), &all[1], all[0].name.as_str()), (2, &made, "main"));
        let invalid = create(&world.service, &world.actor, In { name: "a b".to_owned() }).await.unwrap_err();
        assert_eq!(invalid.problem().kind, Kind::Invalid);
    }
}
