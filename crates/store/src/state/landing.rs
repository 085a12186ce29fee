//! Landing pages of the brand's own: versions of each, of which one is shown.

use consent::{Timestamp, WorkspaceId};

use super::lists::check_name;
use super::look::check_object;
use crate::error::{Result, StoreError};
use crate::sql::{Db, Row, params};
use crate::store::{Answer, Key, Store};
use crate::types::{LandingPage, LandingPageId, LandingPageInfo, LandingState, NewLandingPage};

/// Ids that a link's token has room for ([`consent::Token::reference`]).
const ID_MAX: i64 = (1 << 42) - 1;

/// Selects what [`read_info`] reads.
macro_rules! select_pages {
    ($rest:literal) => {
        concat!("SELECT id, name, latest, published FROM landing_page WHERE workspace = ?1 ", $rest)
    };
}

impl Store {
    /// Keeps a landing page's content as a new version, which nobody sees before it is published. The latest version's
    /// content again is that version.
    pub fn put_landing_page(&self, workspace: WorkspaceId, page: NewLandingPage) -> Answer<LandingPage> {
        self.write("put_landing_page", Key::Workspace(workspace), move |db| put(db, workspace, &page))
    }

    /// Shows a version of a page in place of the one that was shown.
    pub fn publish_landing_page(
        &self,
        workspace: WorkspaceId,
        name: &str,
        version: i64,
        at: Timestamp,
    ) -> Answer<LandingPage> {
        let name = name.to_owned();
        self.write("publish_landing_page", Key::Workspace(workspace), move |db| {
            publish(db, workspace, &name, version, at)
        })
    }

    /// Shows a page no more; false if it isn't shown.
    pub fn unpublish_landing_page(&self, workspace: WorkspaceId, name: &str) -> Answer<bool> {
        let name = name.to_owned();
        self.write("unpublish_landing_page", Key::Workspace(workspace), move |db| {
            unpublish(db, workspace, &name)
        })
    }

    /// The version of a page that is shown, be it expired or not.
    pub fn landing_page(&self, workspace: WorkspaceId, name: &str) -> Answer<Option<LandingPage>> {
        let name = name.to_owned();
        self.query("landing_page", Key::Workspace(workspace), move |db| shown(db, workspace, &name))
    }

    /// The version that is shown of the page that a link names.
    pub fn landing_page_by_id(
        &self,
        workspace: WorkspaceId,
        id: LandingPageId,
    ) -> Answer<Option<LandingPage>> {
        self.query("landing_page_by_id", Key::Workspace(workspace), move |db| shown_by_id(db, workspace, id))
    }

    /// A version of a page, shown or not; the latest if `version` is `None`.
    pub fn landing_page_version(
        &self,
        workspace: WorkspaceId,
        name: &str,
        version: Option<i64>,
    ) -> Answer<Option<LandingPage>> {
        let name = name.to_owned();
        self.query("landing_page_version", Key::Workspace(workspace), move |db| {
            self::version(db, workspace, &name, version)
        })
    }

    /// All landing pages, by name.
    pub fn landing_pages(&self, workspace: WorkspaceId) -> Answer<Vec<LandingPageInfo>> {
        self.query("landing_pages", Key::Workspace(workspace), move |db| pages(db, workspace))
    }
}

fn read_info(row: &Row<'_>) -> Result<LandingPageInfo> {
    let (id, name) = (LandingPageId(row.get(0)?), row.get(1)?);
    Ok(LandingPageInfo { id, name, latest: row.get(2)?, published: row.get(3)? })
}

fn by_name(db: &impl Db, workspace: WorkspaceId, name: &str) -> Result<Option<LandingPageInfo>> {
    const SELECT: &str = select_pages!("AND name = ?2");
    if check_name(name, "a landing page").is_err() {
        return Ok(None);
    }
    db.first(SELECT, params![workspace.0, name], read_info)
}

/// All landing pages, by name.
pub(crate) fn pages(db: &impl Db, workspace: WorkspaceId) -> Result<Vec<LandingPageInfo>> {
    const SELECT: &str = select_pages!("ORDER BY name");
    db.all(SELECT, params![workspace.0], read_info)
}

/// A version of a page.
fn version_of(
    db: &impl Db,
    workspace: WorkspaceId,
    page: &LandingPageInfo,
    version: i64,
) -> Result<Option<LandingPage>> {
    const SELECT: &str = "SELECT body, created_at, published_at, expires_at FROM landing_page_version
        WHERE workspace = ?1 AND page = ?2 AND version = ?3";
    db.first(SELECT, params![workspace.0, page.id.0, version], |row| {
        let published_at = row.get::<Option<_>>(2)?.map(Timestamp);
        let state = match published_at {
            _ if page.published == Some(version) => LandingState::Published,
            Some(_) => LandingState::Unpublished,
            None => LandingState::Draft,
        };
        Ok(LandingPage {
            id: page.id,
            name: page.name.clone(),
            version,
            state,
            body: row.get(0)?,
            created_at: Timestamp(row.get(1)?),
            published_at,
            expires_at: row.get::<Option<_>>(3)?.map(Timestamp),
        })
    })
}

/// A version of a page, or the latest.
pub(crate) fn version(
    db: &impl Db,
    workspace: WorkspaceId,
    name: &str,
    version: Option<i64>,
) -> Result<Option<LandingPage>> {
    let Some(page) = by_name(db, workspace, name)? else { return Ok(None) };
    version_of(db, workspace, &page, version.unwrap_or(page.latest))
}

/// The version that is shown.
pub(crate) fn shown(db: &impl Db, workspace: WorkspaceId, name: &str) -> Result<Option<LandingPage>> {
    shown_of(db, workspace, by_name(db, workspace, name)?)
}

/// The version that is shown, by the page's id.
pub(crate) fn shown_by_id(
    db: &impl Db,
    workspace: WorkspaceId,
    id: LandingPageId,
) -> Result<Option<LandingPage>> {
    const SELECT: &str = select_pages!("AND id = ?2");
    shown_of(db, workspace, db.first(SELECT, params![workspace.0, id.0], read_info)?)
}

fn shown_of(
    db: &impl Db,
    workspace: WorkspaceId,
    page: Option<LandingPageInfo>,
) -> Result<Option<LandingPage>> {
    let Some((page, version)) = page.and_then(|page| page.published.map(|version| (page, version))) else {
        return Ok(None);
    };
    version_of(db, workspace, &page, version)
}

/// Keeps a version. The latest one's content again is that version.
pub(crate) fn put(db: &impl Db, workspace: WorkspaceId, new: &NewLandingPage) -> Result<LandingPage> {
    const INSERT: &str = "INSERT INTO landing_page_version
        (workspace, page, version, created_at, published_at, expires_at, body)
        VALUES (?1, ?2, ?3, ?4, NULL, ?5, ?6)";
    check_name(&new.name, "a landing page")?;
    check_object(&new.body, LandingPage::BODY_BYTES_MAX, "a landing page's content")?;
    let before = by_name(db, workspace, &new.name)?;
    if let Some(page) = &before
        && let Some(latest) = version_of(db, workspace, page, page.latest)?
        && (&latest.body, latest.expires_at) == (&new.body, new.expires_at)
    {
        return Ok(latest);
    }
    let page = match before {
        Some(page) => next_version(db, workspace, page)?,
        None => make(db, workspace, &new.name)?,
    };
    let expires = new.expires_at.map(|at| at.0);
    db.execute(INSERT, params![workspace.0, page.id.0, page.latest, new.at.0, expires, &new.body])?;
    forget_old(db, workspace, &page)?;
    let missing = || StoreError::Damaged("a landing page just made is missing".to_owned());
    version_of(db, workspace, &page, page.latest)?.ok_or_else(missing)
}

fn make(db: &impl Db, workspace: WorkspaceId, name: &str) -> Result<LandingPageInfo> {
    const NEXT: &str = "SELECT coalesce(max(id), 0) + 1, count(*) FROM landing_page WHERE workspace = ?1";
    const INSERT: &str = "INSERT INTO landing_page (workspace, id, latest, published, name)
        VALUES (?1, ?2, 1, NULL, ?3)";
    let (id, count): (i64, u64) = db.one(NEXT, params![workspace.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if count >= LandingPage::COUNT_MAX as u64 || id > ID_MAX {
        let rule = format!("a workspace has at most {} landing pages", LandingPage::COUNT_MAX);
        return Err(StoreError::Invalid(rule));
    }
    db.execute(INSERT, params![workspace.0, id, name])?;
    Ok(LandingPageInfo { id: LandingPageId(id), name: name.to_owned(), latest: 1, published: None })
}

fn next_version(db: &impl Db, workspace: WorkspaceId, page: LandingPageInfo) -> Result<LandingPageInfo> {
    const UPDATE: &str = "UPDATE landing_page SET latest = ?3 WHERE workspace = ?1 AND id = ?2";
    let page = LandingPageInfo { latest: page.latest + 1, ..page };
    db.execute(UPDATE, params![workspace.0, page.id.0, page.latest])?;
    Ok(page)
}

fn forget_old(db: &impl Db, workspace: WorkspaceId, page: &LandingPageInfo) -> Result<()> {
    const DELETE: &str = "DELETE FROM landing_page_version
        WHERE workspace = ?1 AND page = ?2 AND version <= ?3 AND version <> ?4";
    let oldest = page.latest - LandingPage::VERSIONS_MAX;
    db.execute(DELETE, params![workspace.0, page.id.0, oldest, page.published.unwrap_or(0)]).map(drop)
}

/// Shows a version in place of the one that was shown. Which one is, stands in one row: two nodes can't show two.
pub(crate) fn publish(
    db: &impl Db,
    workspace: WorkspaceId,
    name: &str,
    version: i64,
    at: Timestamp,
) -> Result<LandingPage> {
    const SHOW: &str = "UPDATE landing_page SET published = ?3 WHERE workspace = ?1 AND id = ?2";
    const NOTE: &str = "UPDATE landing_page_version SET published_at = ?4
        WHERE workspace = ?1 AND page = ?2 AND version = ?3";
    let missing = || StoreError::Missing(format!("version {version} of the landing page `{name}`"));
    let page = by_name(db, workspace, name)?.ok_or_else(missing)?;
    if db.execute(NOTE, params![workspace.0, page.id.0, version, at.0])? == 0 {
        return Err(missing());
    }
    db.execute(SHOW, params![workspace.0, page.id.0, version])?;
    let page = LandingPageInfo { published: Some(version), ..page };
    version_of(db, workspace, &page, version)?.ok_or_else(missing)
}

/// Shows a page no more; false if it isn't shown.
pub(crate) fn unpublish(db: &impl Db, workspace: WorkspaceId, name: &str) -> Result<bool> {
    const HIDE: &str = "UPDATE landing_page SET published = NULL
        WHERE workspace = ?1 AND name = ?2 AND published IS NOT NULL";
    Ok(check_name(name, "a landing page").is_ok() && db.execute(HIDE, params![workspace.0, name])? > 0)
}
