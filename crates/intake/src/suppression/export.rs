//! Exporting a list: page by page, in the order of its values, in a form that the import reads.

use std::io::Write;

use consent::{Namespace, Timestamp, WorkspaceId};
use rows::guarded;
use store::{AllowEntry, EntryOrder, EntryPage, EntryQuery, Store, StoreError, SuppressionEntry};

use super::entry::type_name;

/// Entries read at once.
const PAGE: usize = 10_000;

/// Why an export stopped.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The file can't be written.
    #[error("the list can't be written: {0}")]
    Write(#[from] std::io::Error),
    /// The store can't tell.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<csv::Error> for ExportError {
    fn from(error: csv::Error) -> Self {
        Self::Write(error.into())
    }
}

/// Writes the suppression list as `TYPE,VALUE,COMMENT`, with `details` also `CATEGORY,EXPIRES,BY,ADDED,UPDATED`; answers how
/// many entries. Of `query` only its filters count. `progress` hears how many are done.
pub async fn export_suppressions(
    store: &Store,
    workspace: WorkspaceId,
    query: EntryQuery,
    details: bool,
    output: impl Write,
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<u64, ExportError> {
    let header = ["TYPE", "VALUE", "COMMENT", "CATEGORY", "EXPIRES", "BY", "ADDED", "UPDATED"];
    let mut output = begun(output, &header, details)?;
    let read = async |query| store.suppressions(workspace, query).await;
    let count = export(query, read, progress, |entry| write_suppression(&mut output, entry, details)).await?;
    output.flush()?;
    Ok(count)
}

/// Writes the allow list as `TYPE,VALUE,COMMENT`, with `details` also `BY,ADDED`; as [`export_suppressions`].
pub async fn export_allow_list(
    store: &Store,
    workspace: WorkspaceId,
    query: EntryQuery,
    details: bool,
    output: impl Write,
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<u64, ExportError> {
    let mut output = begun(output, &["TYPE", "VALUE", "COMMENT", "BY", "ADDED"], details)?;
    let read = async |query| store.allow_entries(workspace, query).await;
    let count = export(query, read, progress, |entry| write_allowed(&mut output, entry, details)).await?;
    output.flush()?;
    Ok(count)
}

/// A file with its header row.
fn begun<W: Write>(output: W, header: &[&str], details: bool) -> csv::Result<csv::Writer<W>> {
    let mut output = csv::Writer::from_writer(output);
    output.write_record(if details { header } else { &header[..3] })?;
    Ok(output)
}

/// Writes page by page.
async fn export<T>(
    query: EntryQuery,
    read: impl AsyncFn(EntryQuery) -> Result<EntryPage<T>, StoreError>,
    progress: &mut (dyn FnMut(u64) + Send),
    mut write: impl FnMut(&T) -> csv::Result<()>,
) -> Result<u64, ExportError> {
    let mut query = EntryQuery { order: EntryOrder::Value, after: None, limit: PAGE, ..query };
    let mut count = 0;
    loop {
        let page = read(query.clone()).await?;
        count += page.entries.len() as u64;
        page.entries.iter().try_for_each(&mut write)?;
        progress(count);
        match page.next {
            Some(next) => query.after = Some(next),
            None => return Ok(count),
        }
    }
}

fn write_allowed(output: &mut csv::Writer<impl Write>, entry: &AllowEntry, details: bool) -> csv::Result<()> {
    let AllowEntry { namespace, value, comment, by, at } = entry;
    write_value(output, namespace, value, comment)?;
    if details {
        output.write_field(guarded(by).as_bytes())?;
        output.write_field(at.to_string())?;
    }
    output.write_record(None::<&[u8]>)
}

fn write_suppression(
    output: &mut csv::Writer<impl Write>,
    entry: &SuppressionEntry,
    details: bool,
) -> csv::Result<()> {
    let SuppressionEntry { namespace, value, category, reason, by, at, updated_at, expires_at } = entry;
    write_value(output, namespace, value, reason)?;
    if details {
        output.write_field(category.as_str())?;
        output.write_field(expires_at.as_ref().map(Timestamp::to_string).unwrap_or_default())?;
        output.write_field(guarded(by).as_bytes())?;
        output.write_field(at.to_string())?;
        output.write_field(updated_at.to_string())?;
    }
    output.write_record(None::<&[u8]>)
}

fn write_value(
    output: &mut csv::Writer<impl Write>,
    namespace: &Namespace,
    value: &str,
    comment: &str,
) -> csv::Result<()> {
    output.write_field(type_name(namespace, value))?;
    if *namespace == Namespace::Phone {
        output.write_field(value)?;
    } else {
        output.write_field(guarded(value).as_bytes())?;
    }
    output.write_field(guarded(comment).as_bytes())
}
