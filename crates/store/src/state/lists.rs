//! Subscription lists.

use std::collections::BTreeMap;

use consent::{ListId, Timestamp, WorkspaceId};

use super::preferences::check_language;
use crate::error::{Result, StoreError};
use crate::sql::{Db, Row, params};
use crate::store::{Answer, Key, Store};
use crate::types::{List, ListDetails, ListText, ListUpdate, NewList};

/// Characters of a list's name.
pub(crate) const NAME_LENGTH_MAX: usize = 64;
/// Lists in a workspace: a link's token holds a list's id in 21 bits ([`consent::token::Token::list`]).
pub(crate) const LISTS_MAX: i64 = (1 << 21) - 1;

impl Store {
    /// Creates a subscription list; [`StoreError::Exists`] if the name is taken.
    pub fn create_list(&self, workspace: WorkspaceId, list: NewList) -> Answer<List> {
        self.write("create_list", Key::Workspace(workspace), move |db| create_list(db, workspace, &list))
    }

    /// Looks a list up by name.
    pub fn list_by_name(&self, workspace: WorkspaceId, name: &str) -> Answer<Option<List>> {
        let name = name.to_owned();
        self.query("list_by_name", Key::Workspace(workspace), move |db| list_by_name(db, workspace, &name))
    }

    /// Looks a list up by id.
    pub fn list_by_id(&self, workspace: WorkspaceId, list: ListId) -> Answer<Option<List>> {
        self.query("list_by_id", Key::Workspace(workspace), move |db| list_by_id(db, workspace, list))
    }

    /// All lists, by name.
    pub fn lists(&self, workspace: WorkspaceId) -> Answer<Vec<List>> {
        self.query("lists", Key::Workspace(workspace), move |db| lists(db, workspace))
    }

    /// Replaces what can be changed of a list.
    pub fn update_list(&self, workspace: WorkspaceId, list: ListId, update: ListUpdate) -> Answer<List> {
        self.write("update_list", Key::Workspace(workspace), move |db| {
            update_list(db, workspace, list, &update)
        })
    }

    /// The same, if the list still is as it was seen; `None` if somebody has changed it since.
    pub fn update_list_seen(
        &self,
        workspace: WorkspaceId,
        seen: List,
        update: ListUpdate,
    ) -> Answer<Option<List>> {
        self.write("update_list_seen", Key::Workspace(workspace), move |db| {
            if list_by_id(db, workspace, seen.id)?.as_ref() != Some(&seen) {
                return Ok(None);
            }
            update_list(db, workspace, seen.id, &update).map(Some)
        })
    }
}

/// Creates a subscription list; [`StoreError::Exists`] if the name is taken.
pub(crate) fn create_list(db: &impl Db, workspace: WorkspaceId, list: &NewList) -> Result<List> {
    const NEXT: &str = "SELECT coalesce(max(id), 0) + 1 FROM list WHERE workspace = ?1";
    const INSERT: &str = "INSERT INTO list
        (workspace, id, name, starts_at, ends_at, created_at, public, double_opt_in, position, texts)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT (workspace, name) DO NOTHING";
    check_name(&list.name, "a list")?;
    check_times(list.starts_at, list.ends_at)?;
    let texts = checked_texts(&list.details)?;
    let id: i64 = db.one(NEXT, params![workspace.0], |row| row.get(0))?;
    if id > LISTS_MAX {
        return Err(StoreError::Invalid(format!("a workspace has at most {LISTS_MAX} lists")));
    }
    let &NewList { ref name, starts_at, ends_at, ref details, created_at } = list;
    let [starts, ends] = [starts_at, ends_at].map(|time| time.map(|time| time.0));
    let values = params![
        workspace.0,
        id,
        name,
        starts,
        ends,
        created_at.0,
        details.public,
        details.double_opt_in,
        details.position,
        &texts,
    ];
    match db.execute(INSERT, values)? {
        0 => Err(StoreError::Exists(format!("the list `{name}`"))),
        _ => Ok(List { id: ListId(id), name: name.clone(), starts_at, ends_at, details: details.clone() }),
    }
}

/// Replaces what can be changed of a list.
pub(crate) fn update_list(
    db: &impl Db,
    workspace: WorkspaceId,
    list: ListId,
    update: &ListUpdate,
) -> Result<List> {
    const UPDATE: &str = "UPDATE list SET starts_at = ?3, ends_at = ?4, public = ?5, double_opt_in = ?6,
        position = ?7, texts = ?8 WHERE workspace = ?1 AND id = ?2";
    let ListUpdate { details, starts_at, ends_at } = update;
    check_times(*starts_at, *ends_at)?;
    let texts = checked_texts(details)?;
    let [starts, ends] = [starts_at, ends_at].map(|time| time.map(|time| time.0));
    let values = params![
        workspace.0,
        list.0,
        starts,
        ends,
        details.public,
        details.double_opt_in,
        details.position,
        &texts,
    ];
    db.execute(UPDATE, values)?;
    list_by_id(db, workspace, list)?.ok_or_else(|| StoreError::Missing(list.to_string()))
}

/// Fails for what is no name of a list or of something else of the brand's.
pub(super) fn check_name(name: &str, of: &str) -> Result<()> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    if (1..=NAME_LENGTH_MAX).contains(&name.len()) && name.bytes().all(plain) {
        return Ok(());
    }
    let rule =
        format!("{of}'s name is 1 to {NAME_LENGTH_MAX} of the characters a-z, A-Z, 0-9, `_`, `-`, `.`");
    Err(StoreError::Invalid(rule))
}

fn check_times(starts_at: Option<Timestamp>, ends_at: Option<Timestamp>) -> Result<()> {
    match (starts_at, ends_at) {
        (Some(start), Some(end)) if start >= end => {
            Err(StoreError::Invalid("a list's start lies before its end".to_owned()))
        }
        _ => Ok(()),
    }
}

/// A list's texts as JSON, within the limits.
fn checked_texts(details: &ListDetails) -> Result<String> {
    let invalid = |why: String| StoreError::Invalid(format!("a list: {why}"));
    if details.texts.len() > ListDetails::LANGUAGES_MAX {
        return Err(invalid(format!("it speaks at most {} languages", ListDetails::LANGUAGES_MAX)));
    }
    for (language, ListText { title, description }) in &details.texts {
        check_language(language)?;
        let letters = title.chars().count();
        if !(1..=ListText::TITLE_CHARS_MAX).contains(&letters) || title.contains(char::is_control) {
            let max = ListText::TITLE_CHARS_MAX;
            return Err(invalid(format!("its title ({language}) has 1 to {max} characters on one line")));
        }
        if description.chars().count() > ListText::DESCRIPTION_CHARS_MAX || description.contains('\0') {
            let max = ListText::DESCRIPTION_CHARS_MAX;
            return Err(invalid(format!("its description ({language}) has at most {max} characters")));
        }
    }
    serde_json::to_string(&details.texts).map_err(|error| invalid(error.to_string()))
}

/// Selects what [`read_list`] reads.
macro_rules! select_lists {
    ($rest:literal) => {
        concat!(
            "SELECT id, name, starts_at, ends_at, public, double_opt_in, position, texts
            FROM list WHERE workspace = ?1 ",
            $rest
        )
    };
}

fn read_list(row: &Row<'_>) -> Result<List> {
    // A text that can't be read costs a list its title, no more: its name stands in.
    let texts: BTreeMap<String, ListText> = serde_json::from_str(row.get(7)?).unwrap_or_default();
    let (public, double_opt_in, position) = (row.get(4)?, row.get(5)?, row.get(6)?);
    Ok(List {
        id: ListId(row.get(0)?),
        name: row.get(1)?,
        starts_at: row.get::<Option<_>>(2)?.map(Timestamp),
        ends_at: row.get::<Option<_>>(3)?.map(Timestamp),
        details: ListDetails { public, double_opt_in, position, texts },
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
        NewList::new(name, Timestamp(1))
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
