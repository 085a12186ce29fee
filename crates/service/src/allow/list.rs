//! Showing the allow list.

use consent::Namespace;
use serde::Serialize;
use store::{EntryKind, EntryOrder, EntryQuery, StoreError};

use super::{Entry, brakes};
use crate::{Actor, Fault, Page, Problem, Service};

/// Which entries.
#[derive(Clone, Debug)]
pub struct In {
    /// Only of this namespace.
    pub namespace: Option<Namespace>,
    /// Only of this kind.
    pub kind: Option<EntryKind>,
    /// At most so many, up to 10,000.
    pub limit: usize,
    /// The cursor that the page before gave.
    pub after: Option<String>,
}

/// A page of entries, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Out {
    /// The namespaces whose list is active.
    pub active: Vec<String>,
    /// Of these, those whose list is empty: nothing is sent to them.
    pub empty: Vec<String>,
    /// The entries.
    #[serde(flatten)]
    pub page: Page<Entry>,
}

/// Why it can't be shown.
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

/// Shows where the list is active, and its entries.
pub async fn list(service: &Service, _actor: &Actor, asked: In) -> Result<Out, Error> {
    let In { namespace, kind, limit, after } = asked;
    let settings = service.store.settings(service.workspace).await?;
    let query =
        EntryQuery { namespace, kind, order: EntryOrder::Newest, after, limit, ..EntryQuery::default() };
    let page = service.store.allow_entries(service.workspace, query).await?;
    let empty = brakes(service, &settings).await?;
    let page = Page { data: page.entries.into_iter().map(Entry::from).collect(), next: page.next };
    Ok(Out { active: settings.allow_lists_active, empty, page })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::allow::add;
    use crate::testing::World;

    #[tokio::test]
    async fn pages_follow_each_other_newest_first() {
        let World { service, actor, dir: _dir } = World::new();
        for value in ["a@example.com", "b@example.com", "example.com"] {
            let entry = add::In { value: value.to_owned(), entry_type: None, comment: String::new() };
            add::add(&service, &actor, entry).await.unwrap();
        }
        let mut asked = In { namespace: None, kind: None, limit: 2, after: None };
        let first = list(&service, &actor, asked.clone()).await.unwrap();
        assert_eq!(first.page.data[0].value, "example.com");
        asked.after = first.page.next;
        let last = list(&service, &actor, asked).await.unwrap();
        assert_eq!((last.page.data.len(), last.page.next), (1, None));
    }
}
