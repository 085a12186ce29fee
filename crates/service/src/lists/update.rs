//! Changing how people meet a list, and when it is in use.

use consent::Timestamp;
use store::{ListUpdate, StoreError};

use super::{Details, Shown};
use crate::{Actor, Fault, Kind, Problem, Service};

/// What to change; what is `None` stays.
#[allow(clippy::option_option, reason = "not named, and named to be nothing, differ")]
#[derive(Clone, Debug)]
pub struct In {
    /// The list's name.
    pub name: String,
    /// When it starts; the inner `None` is from the beginning.
    pub start: Option<Option<Timestamp>>,
    /// When it ends; the inner `None` is never.
    pub end: Option<Option<Timestamp>>,
    /// How people meet it.
    pub details: Details,
    /// Change nothing unless the list is this, by [`Shown::version`].
    pub if_version: Option<String>,
}

/// The list as it is now.
pub type Out = Shown;

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such list.
    #[error("the list `{0}` doesn't exist")]
    NoList(String),
    /// It is described in a language in which it has no title.
    #[error("there is no title in `{0}`")]
    NoTitle(String),
    /// Somebody changed the list meanwhile.
    #[error("the list was changed since it was read")]
    Changed,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Fault for Error {
    fn problem(&self) -> Problem {
        match self {
            Self::NoList(_) => Problem::not_found("list-not-found", "/name"),
            Self::NoTitle(_) => Problem::invalid("title-missing", "/texts"),
            Self::Changed => Problem::new(Kind::Outdated, "changed-meanwhile"),
            Self::Store(error) => error.problem(),
        }
    }
}

/// Changes a list.
pub async fn update(service: &Service, _actor: &Actor, asked: In) -> Result<Out, Error> {
    let In { name, start, end, details, if_version } = asked;
    let list = service.store.list_by_name(service.workspace, &name).await?.ok_or(Error::NoList(name))?;
    let now = service.now();
    if if_version.is_some_and(|wanted| Shown::of(list.clone(), now).version() != wanted) {
        return Err(Error::Changed);
    }
    let seen = list.clone();
    let update = ListUpdate {
        details: details.applied(list.details).map_err(Error::NoTitle)?,
        starts_at: start.unwrap_or(list.starts_at),
        ends_at: end.unwrap_or(list.ends_at),
    };
    // What was seen is what is changed, also if somebody else changes it at the same time.
    let list = service.store.update_list_seen(service.workspace, seen, update).await?;
    Ok(Shown::of(list.ok_or(Error::Changed)?, now))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lists::create;
    use crate::testing::World;

    #[tokio::test]
    async fn what_is_not_named_stays() {
        let World { service, actor, dir: _dir } = World::new();
        let details = Details { titles: vec![("en".to_owned(), "News".to_owned())], ..Details::default() };
        let end = Some(Timestamp(1));
        create::create(&service, &actor, create::In { name: "news".to_owned(), start: None, end, details })
            .await
            .unwrap();
        let asked = |end, public| In {
            name: "news".to_owned(),
            start: None,
            end,
            details: Details { public, ..Details::default() },
            if_version: None,
        };
        let out = update(&service, &actor, asked(None, Some(true))).await.unwrap();
        assert_eq!((out.state, out.public, out.texts.len()), ("expired", true, 1));
        let out = update(&service, &actor, asked(Some(None), None)).await.unwrap();
        assert_eq!((out.state, out.public, out.end), ("live", true, None));
        let seen = In { if_version: Some(out.version()), ..asked(None, Some(false)) };
        assert!(!update(&service, &actor, seen.clone()).await.unwrap().public);
        assert!(
            matches!(update(&service, &actor, seen).await, Err(Error::Changed)),
            "seen before the change"
        );
        let other = In { name: "other".to_owned(), ..asked(None, None) };
        assert!(matches!(update(&service, &actor, other).await, Err(Error::NoList(_))));
    }
}
