//! Showing a list.

use store::StoreError;

use super::Shown;
use crate::{Actor, Fault, Problem, Service};

/// Which.
#[derive(Clone, Debug)]
pub struct In {
    /// Its name.
    pub name: String,
}

/// The list.
pub type Out = Shown;

/// Why it can't be shown.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such list.
    #[error("the list `{0}` doesn't exist")]
    NoList(String),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Fault for Error {
    fn problem(&self) -> Problem {
        match self {
            Self::NoList(_) => Problem::not_found("list-not-found", "/name"),
            Self::Store(error) => error.problem(),
        }
    }
}

/// Shows a list.
pub async fn show(service: &Service, _actor: &Actor, In { name }: In) -> Result<Out, Error> {
    let list = service.store.list_by_name(service.workspace, &name).await?;
    Ok(Shown::of(list.ok_or(Error::NoList(name))?, service.now()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lists::{Details, create};
    use crate::testing::World;

    #[tokio::test]
    async fn a_list_shows_by_its_name() {
        let World { service, actor, dir: _dir } = World::new();
        let name = "news".to_owned();
        let refused = show(&service, &actor, In { name: name.clone() }).await.unwrap_err();
        assert_eq!(refused.problem(), Problem::not_found("list-not-found", "/name"));
        let new = create::In { name: name.clone(), start: None, end: None, details: Details::default() };
        let made = create::create(&service, &actor, new).await.unwrap();
        assert_eq!(show(&service, &actor, In { name }).await.unwrap(), made);
    }
}
