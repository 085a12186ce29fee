//! Showing the suppression list.

use consent::Namespace;
use store::{EntryKind, EntryOrder, EntryQuery, StoreError, SuppressionCategory};

use super::Entry;
use crate::{Actor, Fault, Page, Problem, Service};

/// Which entries.
#[derive(Clone, Debug)]
pub struct In {
    /// Only of this namespace.
    pub namespace: Option<Namespace>,
    /// Only of this kind.
    pub kind: Option<EntryKind>,
    /// Only of this category.
    pub category: Option<SuppressionCategory>,
    /// At most so many, up to 10,000.
    pub limit: usize,
    /// The cursor that the page before gave.
    pub after: Option<String>,
}

/// A page of entries, newest first.
pub type Out = Page<Entry>;

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

/// Shows entries, newest first.
pub async fn list(service: &Service, _actor: &Actor, asked: In) -> Result<Out, Error> {
    let In { namespace, kind, category, limit, after } = asked;
    let query = EntryQuery {
        namespace,
        kind,
        category,
        order: EntryOrder::Newest,
        after,
        limit,
        ..EntryQuery::default()
    };
    let now = service.now();
    let page = service.store.suppressions(service.workspace, query).await?;
    Ok(Page { data: page.entries.into_iter().map(|entry| Entry::of(entry, now)).collect(), next: page.next })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suppression::add;
    use crate::testing::World;

    #[tokio::test]
    async fn pages_follow_each_other_and_filters_hold() {
        let World { service, actor, dir: _dir } = World::new();
        for value in ["a@example.com", "b@example.com", "example.com"] {
            let entry = add::In {
                value: value.to_owned(),
                entry_type: None,
                comment: String::new(),
                expires_at: None,
            };
            add::add(&service, &actor, entry).await.unwrap();
        }
        let mut asked =
            In { namespace: None, kind: Some(EntryKind::Address), category: None, limit: 1, after: None };
        let first = list(&service, &actor, asked.clone()).await.unwrap();
        assert_eq!(first.data[0].value, "b@example.com");
        asked.after = first.next;
        let last = list(&service, &actor, asked).await.unwrap();
        assert_eq!((last.data[0].value.as_str(), last.next), ("a@example.com", None));
    }
}
