//! Pages of the suppression list and the allow list. A page begins behind a cursor, which names the last entry of the one
//! before: so a page deep in a list of millions costs no more than the first, and entries that come or go meanwhile shift
//! none.

mod operations;

use consent::{Namespace, Timestamp, WorkspaceId};
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};

use super::entry_key::{kind_code, kind_sql};
use crate::error::{Result, StoreError};
use crate::sql::{Db, Row, params};
use crate::types::{AllowEntry, EntryOrder, EntryPage, EntryQuery, SuppressionCategory, SuppressionEntry};

/// Most entries of a page.
const PAGE_MAX: usize = 10_000;

/// A place between two entries.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Cursor {
    at: i64,
    namespace: String,
    value: String,
    category: i16,
    place: i64,
}

impl Cursor {
    /// Before the first entry of a query.
    fn first(query: &EntryQuery) -> Self {
        let at = match query.order {
            EntryOrder::Newest => query.added_before.map_or(i64::MAX, |before| before.0),
            _ => query.added_from.map_or(i64::MIN, |from| from.0.saturating_sub(1)),
        };
        let namespace = query.namespace.as_ref().map_or("", Namespace::as_str).to_owned();
        Self { at, namespace, value: String::new(), category: 0, place: 0 }
    }

    fn of(query: &EntryQuery) -> Result<Self> {
        let Some(text) = &query.after else { return Ok(Self::first(query)) };
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok();
        let cursor: Option<Self> = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let mut cursor = cursor.ok_or_else(|| invalid("the cursor isn't one of an answer of ours"))?;
        if cursor.namespace.contains('\0') || cursor.value.contains('\0') {
            return Err(invalid("the cursor isn't one of an answer of ours"));
        }
        if let Some(namespace) = &query.namespace {
            namespace.as_str().clone_into(&mut cursor.namespace);
        }
        Ok(cursor)
    }

    fn text(&self) -> Result<String> {
        let bytes = serde_json::to_vec(self).map_err(|error| invalid(&error.to_string()))?;
        Ok(BASE64URL_NOPAD.encode(&bytes))
    }
}

fn invalid(why: &str) -> StoreError {
    StoreError::Invalid(why.to_owned())
}

/// What a page is read with, beside its query.
struct Page<'q> {
    query: &'q EntryQuery,
    /// The query's namespace, or empty.
    namespace: &'q str,
    /// The query's kind by its number, or 0.
    kind: u8,
    /// Behind this.
    after: Cursor,
    /// One more than asked for: whether there is one tells whether there is another page.
    rows: i64,
}

impl<'q> Page<'q> {
    fn new(query: &'q EntryQuery) -> Result<Self> {
        if !(1..=PAGE_MAX).contains(&query.limit) {
            return Err(StoreError::Invalid(format!("a page has 1 to {PAGE_MAX} entries")));
        }
        let namespace = query.namespace.as_ref().map_or("", Namespace::as_str);
        let kind = query.kind.map_or(0, kind_code);
        if query.order == EntryOrder::ValueDescending && query.namespace.is_none() {
            return Err(invalid("going backwards by value wants a namespace"));
        }
        Ok(Self { query, namespace, kind, after: Cursor::of(query)?, rows: query.limit as i64 + 1 })
    }

    /// The times that entries were put there at: from the first, before the second.
    fn times(&self) -> (i64, i64) {
        let (from, before) = (self.query.added_from, self.query.added_before);
        (from.map_or(i64::MIN, |at| at.0), before.map_or(i64::MAX, |at| at.0))
    }

    fn finish<T>(&self, mut rows: Vec<(T, Cursor)>) -> Result<EntryPage<T>> {
        let more = rows.len() > self.query.limit;
        rows.truncate(self.query.limit);
        let next = match rows.last() {
            Some((_, last)) if more => Some(last.text()?),
            _ => None,
        };
        Ok(EntryPage { entries: rows.into_iter().map(|(entry, _)| entry).collect(), next })
    }
}

/// Selects entries of the suppression list: ?1 workspace, ?2 how many, ?3 category or 0, ?4 kind or 0, ?5 namespace.
macro_rules! select_suppressed {
    ($rest:literal) => {
        concat!(
            "SELECT namespace, value, category, reason, added_by, added_at, updated_at, expires_at, place
            FROM suppression WHERE workspace = ?1 AND (?3 = 0 OR category = ?3) AND (?4 = 0 OR ?4 = ",
            kind_sql!(),
            ") AND ",
            $rest,
            " LIMIT ?2"
        )
    };
}

// By value: ?6 and ?7 the times, ?8 and ?9 the cursor. The plus keeps SQLite from looking the times up in their own index.
const IN_NAMESPACE: &str = select_suppressed!(
    "namespace = ?5 AND +added_at >= ?6 AND +added_at < ?7 AND (value, category) > (?8, ?9) ORDER BY value, category"
);
const BY_VALUE: &str = select_suppressed!(
    "+added_at >= ?6 AND +added_at < ?7 AND (namespace, value, category) > (?5, ?8, ?9)
        ORDER BY namespace, value, category"
);
const LAST: &str = select_suppressed!(
    "namespace = ?5 AND +added_at >= ?6 AND +added_at < ?7 ORDER BY value DESC, category DESC"
);
const BACKWARDS: &str = select_suppressed!(
    "namespace = ?5 AND +added_at >= ?6 AND +added_at < ?7 AND (value, category) < (?8, ?9)
        ORDER BY value DESC, category DESC"
);
// Those of the cursor's moment are asked for by themselves: SQLite finds a place within a moment, but not a moment with a
// place. It also knows that no two rows have the same place; PostgreSQL, where few have one, has an index that goes on with
// the rest.
const REST_OLDEST: &str = select_suppressed!(
    "(?5 = '' OR namespace = ?5) AND added_at = ?6 AND (place, namespace, value, category) > (?7, ?8, ?9, ?10)
        ORDER BY place, namespace, value, category"
);
const OLDEST: &str = select_suppressed!(
    "(?5 = '' OR namespace = ?5) AND added_at > ?6 AND added_at < ?7
        ORDER BY added_at, place, namespace, value, category"
);
const REST_NEWEST: &str = select_suppressed!(
    "(?5 = '' OR namespace = ?5) AND added_at = ?6 AND (place, namespace, value, category) < (?7, ?8, ?9, ?10)
        ORDER BY place DESC, namespace DESC, value DESC, category DESC"
);
const NEWEST: &str = select_suppressed!(
    "(?5 = '' OR namespace = ?5) AND added_at < ?6 AND added_at >= ?7
        ORDER BY added_at DESC, place DESC, namespace DESC, value DESC, category DESC"
);

/// A page of the suppression list.
pub(crate) fn suppressions(
    db: &impl Db,
    workspace: WorkspaceId,
    query: &EntryQuery,
) -> Result<EntryPage<SuppressionEntry>> {
    let page = Page::new(query)?;
    let (after, kind) = (&page.after, page.kind);
    let category = query.category.map_or(0, |category| category as u8);
    let read = |row: &Row<'_>| {
        let entry = read_entry(row)?;
        let (namespace, value) = (entry.namespace.as_str().to_owned(), entry.value.clone());
        let cursor =
            Cursor { at: entry.at.0, namespace, value, category: entry.category as i16, place: row.get(8)? };
        Ok((entry, cursor))
    };
    let (namespace, value, last) = (&after.namespace, &after.value, i64::from(after.category));
    let (from, before) = page.times();
    let by_value = params![workspace.0, page.rows, category, kind, namespace, from, before, value, last];
    let (rest, all, end) = match query.order {
        EntryOrder::Value if query.namespace.is_some() => {
            return page.finish(db.all(IN_NAMESPACE, by_value, read)?);
        }
        EntryOrder::Value => return page.finish(db.all(BY_VALUE, by_value, read)?),
        EntryOrder::ValueDescending if query.after.is_none() => {
            return page.finish(db.all(LAST, &by_value[..7], read)?);
        }
        EntryOrder::ValueDescending => return page.finish(db.all(BACKWARDS, by_value, read)?),
        EntryOrder::Oldest => (REST_OLDEST, OLDEST, before),
        EntryOrder::Newest => (REST_NEWEST, NEWEST, from),
    };
    let (of, at) = (page.namespace, after.at);
    let mut rows = if query.after.is_some() {
        let place = after.place;
        let asked = params![workspace.0, page.rows, category, kind, of, at, place, namespace, value, last];
        db.all(rest, asked, read)?
    } else {
        Vec::new()
    };
    let left = page.rows - rows.len() as i64;
    rows.extend(db.all(all, params![workspace.0, left, category, kind, of, at, end], read)?);
    page.finish(rows)
}

/// Selects entries of the allow list: ?1 workspace, ?2 how many, ?3 kind or 0, ?4 namespace or empty, ?5 and ?6 the times, ?7
/// to ?9 the cursor.
macro_rules! select_allowed {
    ($rest:literal) => {
        concat!(
            "SELECT namespace, value, comment, added_by, added_at FROM allow_entry
            WHERE workspace = ?1 AND (?3 = 0 OR ?3 = ",
            kind_sql!(),
            ") AND (?4 = '' OR namespace = ?4) AND added_at >= ?5 AND added_at < ?6 AND ",
            $rest,
            " LIMIT ?2"
        )
    };
}

/// A page of the allow list, which is short: it is sorted anew for each.
pub(crate) fn allowed(
    db: &impl Db,
    workspace: WorkspaceId,
    query: &EntryQuery,
) -> Result<EntryPage<AllowEntry>> {
    const BY_VALUE: &str = select_allowed!("(namespace, value) > (?7, ?8) ORDER BY namespace, value");
    // The cursor before the first page has no value.
    const BACKWARDS: &str =
        select_allowed!("(?8 = '' OR (namespace, value) < (?7, ?8)) ORDER BY namespace DESC, value DESC");
    const OLDEST: &str =
        select_allowed!("(added_at, namespace, value) > (?9, ?7, ?8) ORDER BY added_at, namespace, value");
    const NEWEST: &str = select_allowed!(
        "(added_at, namespace, value) < (?9, ?7, ?8) ORDER BY added_at DESC, namespace DESC, value DESC"
    );
    let page = Page::new(query)?;
    if query.category.is_some() {
        return Ok(EntryPage { entries: Vec::new(), next: None });
    }
    let after = &page.after;
    let read = |row: &Row<'_>| {
        let entry = read_allowed(row)?;
        let (namespace, value) = (entry.namespace.as_str().to_owned(), entry.value.clone());
        let cursor = Cursor { at: entry.at.0, namespace, value, category: 0, place: 0 };
        Ok((entry, cursor))
    };
    let (namespace, kind) = (page.namespace, page.kind);
    let (from, before) = page.times();
    let head = params![workspace.0, page.rows, kind, namespace, from, before, &after.namespace, &after.value];
    let by_value = head;
    let by_time = &[&head[..], params![after.at]].concat();
    let rows = match query.order {
        EntryOrder::Value => db.all(BY_VALUE, by_value, read),
        EntryOrder::ValueDescending => db.all(BACKWARDS, by_value, read),
        EntryOrder::Oldest => db.all(OLDEST, by_time, read),
        EntryOrder::Newest => db.all(NEWEST, by_time, read),
    }?;
    page.finish(rows)
}

/// Reads `namespace, value, category, reason, added_by, added_at, updated_at, expires_at`.
pub(super) fn read_entry(row: &Row<'_>) -> Result<SuppressionEntry> {
    let at = row.get(5)?;
    Ok(SuppressionEntry {
        namespace: namespace(row.get(0)?)?,
        value: row.get(1)?,
        category: SuppressionCategory::from_code(row.get(2)?)?,
        reason: row.get(3)?,
        by: row.get(4)?,
        at: Timestamp(at),
        updated_at: Timestamp(row.get::<Option<_>>(6)?.unwrap_or(at)),
        expires_at: row.get::<Option<_>>(7)?.map(Timestamp),
    })
}

/// Reads `namespace, value, comment, added_by, added_at`.
pub(super) fn read_allowed(row: &Row<'_>) -> Result<AllowEntry> {
    Ok(AllowEntry {
        namespace: namespace(row.get(0)?)?,
        value: row.get(1)?,
        comment: row.get(2)?,
        by: row.get(3)?,
        at: Timestamp(row.get(4)?),
    })
}

/// A namespace by its name.
pub(super) fn namespace(name: &str) -> Result<Namespace> {
    name.parse().map_err(|_| StoreError::Damaged(format!("an entry of the namespace `{name}`")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::delivery_fixture::database;

    /// However long the list is.
    #[test]
    fn a_page_is_found_by_an_index_and_sorts_nothing() {
        let conn = database();
        for (sql, found) in [
            (IN_NAMESPACE, "suppression_key (workspace=? AND namespace=? AND (value,category)>(?,?))"),
            (LAST, "suppression_key (workspace=? AND namespace=?)"),
            (BACKWARDS, "suppression_key (workspace=? AND namespace=? AND (value,category)<(?,?))"),
            (BY_VALUE, "suppression_key (workspace=? AND (namespace,value,category)>(?,?,?))"),
            (REST_OLDEST, "suppression_added (workspace=? AND added_at=? AND rowid>?)"),
            (OLDEST, "suppression_added (workspace=? AND added_at>? AND added_at<?)"),
            (REST_NEWEST, "suppression_added (workspace=? AND added_at=? AND rowid<?)"),
            (NEWEST, "suppression_added (workspace=? AND added_at>? AND added_at<?)"),
        ] {
            let mut statement = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            let given = rusqlite::params_from_iter(std::iter::repeat_n(1, statement.parameter_count()));
            let steps = statement.query_map(given, |row| row.get(3)).unwrap();
            let steps: Vec<String> = steps.map(|step| step.unwrap()).collect();
            assert_eq!(steps, [format!("SEARCH suppression USING INDEX {found}")]);
        }
    }
}
