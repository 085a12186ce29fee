//! Showing all lists.

use store::StoreError;

use super::Shown;
use crate::{Actor, Fault, Page, Problem, Service};

/// Nothing is asked.
#[derive(Clone, Copy, Debug, Default)]
pub struct In;

/// All lists, by their position.
pub type Out = Page<Shown>;

/// Why they can't be shown.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Fault for Error {
    fn problem(&self) -> Problem {
        let Self::Store(error) = self;
        error.problem()
    }
}

/// Shows all lists, in the order in which people meet them.
pub async fn list(service: &Service, _actor: &Actor, _asked: In) -> Result<Out, Error> {
    let mut lists = service.store.lists(service.workspace).await?;
    lists.sort_by_key(|list| list.details.position);
    let now = service.now();
    Ok(Page::whole(lists.into_iter().map(|list| Shown::of(list, now)).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lists::{Details, create};
    use crate::testing::World;

    #[tokio::test]
    async fn lists_stand_by_their_position_then_their_name() {
        let World { service, actor, dir: _dir } = World::new();
        for (name, position) in [("b", 1), ("a", 1), ("c", 0)] {
            let details = Details { position: Some(position), ..Details::default() };
            let new = create::In { name: name.to_owned(), start: None, end: None, details };
            create::create(&service, &actor, new).await.unwrap();
        }
        let names: Vec<_> =
            list(&service, &actor, In).await.unwrap().data.into_iter().map(|list| list.name).collect();
        assert_eq!(names, ["c", "a", "b"]);
    }
}
