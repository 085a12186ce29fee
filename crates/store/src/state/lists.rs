//! Subscription lists.

use consent::{ListId, Timestamp, WorkspaceId};

use crate::api::Result;
use crate::error::StoreError;
use crate::sql::{Db, Row, params};
use crate::types::{List, NewList};

/// Characters of a list's name.
pub(crate) const NAME_LENGTH_MAX: usize = 64;
/// Lists in a workspace: a link's token holds a list's id in 21 bits ([`consent::token::Token::list`]).
pub(crate) const LISTS_MAX: i64 = (1 << 21) - 1;

/// Creates a subscription list; [`StoreError::Exists`] if the name is taken.
pub(crate) fn create_list(db: &impl Db, workspace: WorkspaceId, list: &NewList) -> Result<List> {
    const NEXT: &str = "SELECT coalesce(max(id), 0) + 1 FROM list WHERE workspace = ?1";
    const INSERT: &str = "INSERT INTO list (workspace, id, name, starts_at, ends_at, created_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (workspace, name) DO NOTHING";
    check(list)?;
    let id: i64 = db.one(NEXT, params![workspace.0], |row| row.get(0))?;
    if id > LISTS_MAX {
        return Err(StoreError::Invalid(format!("a workspace has at most {LISTS_MAX} lists")));
    }
    let &NewList { ref name, starts_at, ends_at, created_at } = list;
    let [starts, ends] = [starts_at, ends_at].map(|time| time.map(|time| time.0));
    let added = db.execute(INSERT, params![workspace.0, id, name, starts, ends, created_at.0])?;
    match added {
        0 => Err(StoreError::Exists(format!("the list `{name}`"))),
        _ => Ok(List { id: ListId(id), name: name.clone(), starts_at, ends_at }),
    }
}

fn check(list: &NewList) -> Result<()> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    if !(1..=NAME_LENGTH_MAX).contains(&list.name.len()) || !list.name.bytes().all(plain) {
        let rule = "a list's name is 1 to 64 of the characters a-z, A-Z, 0-9, `_`, `-`, `.`";
        return Err(StoreError::Invalid(rule.to_owned()));
    }
    match (list.starts_at, list.ends_at) {
        (Some(start), Some(end)) if start >= end => {
            Err(StoreError::Invalid("a list's start lies before its end".to_owned()))
        }
        _ => Ok(()),
    }
}

/// Selects what [`read_list`] reads.
macro_rules! select_lists {
    ($rest:literal) => {
        concat!("SELECT id, name, starts_at, ends_at FROM list WHERE workspace = ?1 ", $rest)
    };
}

fn read_list(row: &Row<'_>) -> Result<List> {
    Ok(List {
        id: ListId(row.get(0)?),
        name: row.get(1)?,
        starts_at: row.get::<Option<_>>(2)?.map(Timestamp),
        ends_at: row.get::<Option<_>>(3)?.map(Timestamp),
    })
}

/// Looks a list up by name.
pub(crate) fn list_by_name(db: &impl Db, workspace: WorkspaceId, name: &str) -> Result<Option<List>> {
    const SELECT: &str = select_lists!("AND name = ?2");
    db.first(SELECT, params![workspace.0, name], read_list)
}

/// Looks a list up by id.
pub(crate) fn list_by_id(db: &impl Db, workspace: WorkspaceId, list: ListId) -> Result<Option<List>> {
    const SELECT: &str = select_lists!("AND id = ?2");
    db.first(SELECT, params![workspace.0, list.0], read_list)
}

/// All lists, by name.
pub(crate) fn lists(db: &impl Db, workspace: WorkspaceId) -> Result<Vec<List>> {
    const SELECT: &str = select_lists!("ORDER BY name");
    db.all(SELECT, params![workspace.0], read_list)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::delivery_fixture::database;

    const WS: WorkspaceId = WorkspaceId(1);

    fn named(name: &str) -> NewList {
        NewList { name: name.to_owned(), starts_at: None, ends_at: None, created_at: Timestamp(1) }
    }

    #[test]
    fn lists_are_found_by_name_and_id_in_their_workspace() {
        let conn = database();
        let spring =
            NewList { starts_at: Some(Timestamp(1)), ends_at: Some(Timestamp(2)), ..named("Spring-1.a_b") };
        let spring = create_list(&conn, WS, &spring).unwrap();
        let news = create_list(&conn, WS, &named("News")).unwrap();
        let other = create_list(&conn, WorkspaceId(2), &named("News")).unwrap();
        assert_eq!(list_by_name(&conn, WS, "News").unwrap().as_ref(), Some(&news));
        assert_eq!(list_by_name(&conn, WS, "news").unwrap(), None);
        assert_eq!(list_by_id(&conn, WS, spring.id).unwrap().as_ref(), Some(&spring));
        assert_eq!(list_by_id(&conn, WorkspaceId(3), spring.id).unwrap(), None);
        assert_eq!(lists(&conn, WS).unwrap(), [news, spring]);
        assert_eq!(lists(&conn, WorkspaceId(2)).unwrap(), [other]);
    }

    #[test]
    fn a_name_is_taken_once() {
        let conn = database();
        create_list(&conn, WS, &named("news")).unwrap();
        let again = create_list(&conn, WS, &named("news"));
        assert!(matches!(&again, Err(StoreError::Exists(what)) if what == "the list `news`"), "{again:?}");
        assert_eq!(lists(&conn, WS).unwrap().len(), 1);
    }

    #[test]
    fn names_and_times_follow_the_rules() {
        let conn = database();
        let long = "a".repeat(NAME_LENGTH_MAX + 1);
        for name in ["", "a b", "é", "a/b", "a\n", long.as_str()] {
            assert!(matches!(create_list(&conn, WS, &named(name)), Err(StoreError::Invalid(_))), "{name:?}");
        }
        create_list(&conn, WS, &named(&long[1..])).unwrap();
        let at = |start, end| NewList {
            starts_at: Some(Timestamp(start)),
            ends_at: Some(Timestamp(end)),
            ..named("x")
        };
        assert!(matches!(create_list(&conn, WS, &at(5, 5)), Err(StoreError::Invalid(_))));
        assert!(matches!(create_list(&conn, WS, &at(6, 5)), Err(StoreError::Invalid(_))));
        create_list(&conn, WS, &at(4, 5)).unwrap();
    }

    #[test]
    fn an_id_fits_a_token() {
        let conn = database();
        create_list(&conn, WS, &named("a")).unwrap();
        conn.execute("UPDATE list SET id = ?1", [LISTS_MAX]).unwrap();
        assert!(matches!(create_list(&conn, WS, &named("b")), Err(StoreError::Invalid(_))));
    }
}
