//! Making a subscription list.

use consent::Timestamp;
use store::{ListDetails, NewList, StoreError};

use super::{Details, Shown};
use crate::{Actor, Fault, Kind, Problem, Service};

/// The list.
#[derive(Clone, Debug)]
pub struct In {
    /// Its name.
    pub name: String,
    /// When it starts; from the beginning if absent.
    pub start: Option<Timestamp>,
    /// When it ends; never if absent.
    pub end: Option<Timestamp>,
    /// How people meet it.
    pub details: Details,
}

/// The list as it was made.
pub type Out = Shown;

/// Why none was made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The name is taken.
    #[error("the list `{0}` exists already")]
    Exists(String),
    /// It is described in a language in which it has no title.
    #[error("there is no title in `{0}`")]
    NoTitle(String),
    /// The store.
    #[error(transparent)]
    Store(StoreError),
}

impl Fault for Error {
    fn problem(&self) -> Problem {
        match self {
            Self::Exists(_) => Problem { kind: Kind::Conflict, ..Problem::invalid("list-exists", "/name") },
            Self::NoTitle(_) => Problem::invalid("title-missing", "/texts"),
            Self::Store(error) => error.problem(),
        }
    }
}

/// Makes a list.
pub async fn create(service: &Service, _actor: &Actor, asked: In) -> Result<Out, Error> {
    let In { name, start, end, details } = asked;
    let details = details.applied(ListDetails::default()).map_err(Error::NoTitle)?;
    let now = service.now();
    let new = NewList { starts_at: start, ends_at: end, details, ..NewList::new(name.clone(), now) };
    let made = service.store.create_list(service.workspace, new).await;
    let list = made.map_err(|error| match error {
        StoreError::Exists(_) => Error::Exists(name),
        other => Error::Store(other),
    })?;
    Ok(Shown::of(list, now))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;

    #[tokio::test]
    async fn a_name_is_taken_once_and_a_description_wants_a_title() {
        let World { service, actor, dir: _dir } = World::new();
        let asked = |details| In { name: "news".to_owned(), start: None, end: None, details };
        let untitled =
            Details { descriptions: vec![("de".to_owned(), "Neues".to_owned())], ..Details::default() };
        let refused = create(&service, &actor, asked(untitled.clone())).await.unwrap_err();
        assert_eq!(refused.problem(), Problem::invalid("title-missing", "/texts"));
        let titled = Details { titles: vec![("de".to_owned(), "Brief".to_owned())], ..untitled };
        let out = create(&service, &actor, asked(titled)).await.unwrap();
        assert_eq!((out.state, out.public, out.double_opt_in), ("live", false, true));
        assert_eq!(out.texts["de"].description, "Neues");
        let refused = create(&service, &actor, asked(Details::default())).await.unwrap_err();
        assert_eq!(refused.problem().kind, Kind::Conflict);
    }
}
