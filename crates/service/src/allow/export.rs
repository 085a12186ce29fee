//! Writing the allow list out.

use consent::Namespace;
use intake::suppression::{ExportError, export_allow_list};
use store::{EntryKind, EntryOrder, EntryQuery};

use super::Entry;
pub use crate::suppression::export::{Error, Out, To};
use crate::{Actor, Service};

/// Entries read at once.
const PAGE: usize = 10_000;

/// Which entries, and where they go.
pub struct In<'a> {
    /// Only of this namespace.
    pub namespace: Option<Namespace>,
    /// Only of this kind.
    pub kind: Option<EntryKind>,
    /// Where they go.
    pub to: To<'a, Entry>,
    /// Hears how many are done.
    pub progress: &'a mut (dyn FnMut(u64) + Send),
}

/// Writes the list out, in the order of its values.
pub async fn export(service: &Service, _actor: &Actor, asked: In<'_>) -> Result<Out, Error> {
    let In { namespace, kind, to, progress } = asked;
    let mut query =
        EntryQuery { namespace, kind, order: EntryOrder::Value, limit: PAGE, ..EntryQuery::default() };
    let each = match to {
        To::Csv { output, details } => {
            let (store, workspace) = (&service.store, service.workspace);
            let exported = export_allow_list(store, workspace, query, details, output, progress).await?;
            return Ok(Out { exported });
        }
        To::Each(each) => each,
    };
    let mut exported = 0;
    loop {
        let page = service.store.allow_entries(service.workspace, query.clone()).await;
        let page = page.map_err(ExportError::Store)?;
        for entry in page.entries {
            each(&Entry::from(entry)).map_err(ExportError::Write)?;
            exported += 1;
        }
        progress(exported);
        query.after = page.next;
        if query.after.is_none() {
            return Ok(Out { exported });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::allow::add;
    use crate::testing::World;

    #[tokio::test]
    async fn entries_come_one_by_one() {
        let World { service, actor, dir: _dir } = World::new();
        let value = "ops@example.com".to_owned();
        add::add(&service, &actor, add::In { value, entry_type: None, comment: String::new() })
            .await
            .unwrap();
        let mut values = Vec::new();
        let mut each = |entry: &Entry| {
            values.push(entry.value.clone());
            Ok(())
        };
        let asked = In { namespace: None, kind: None, to: To::Each(&mut each), progress: &mut |_| () };
        assert_eq!(export(&service, &actor, asked).await.unwrap(), Out { exported: 1 });
        assert_eq!(values, ["ops@example.com"]);
    }
}
