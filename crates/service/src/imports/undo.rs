//! Taking an import back.

use consent::{ImportId, Timestamp};
use serde::Serialize;
use store::{StoreError, UndoCounts};

use super::list::State;
use crate::{Actor, Fault, Problem, Service, shape};

/// Which.
#[derive(Clone, Debug)]
pub struct In {
    /// Its id.
    pub import: String,
    /// Say what would be taken back; change nothing.
    pub dry_run: bool,
}

/// What that did, or would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Out {
    /// The import.
    #[serde(serialize_with = "shape::text")]
    pub import: ImportId,
    /// How it stands now.
    pub state: State,
    /// When it was taken back, if that was before.
    #[serde(serialize_with = "shape::text_or_null", skip_serializing_if = "Option::is_none")]
    pub undone_at: Option<Timestamp>,
    /// Addresses that it put on the suppression list, which stay there.
    pub suppressed_stay: u64,
    /// What was done.
    #[serde(flatten)]
    pub counts: Counts,
}

/// What taking an import back did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Profiles that the import created or changed.
    pub profiles: u64,
    /// Of them, those that are what they were before.
    pub restored: u64,
    /// Of them, those that the import created and that are gone.
    pub deleted: u64,
    /// Created by it, and kept without attributes and ids for a refusal, or another choice that holds messages back.
    pub kept_for_refusal: u64,
    /// Created by it, and kept because something happened since.
    pub kept_for_history: u64,
    /// Created by it, and kept because a later import names them, too.
    pub kept_for_import: u64,
    /// Merged into another profile since, and left alone.
    pub merged: u64,
    /// Consents that were taken back.
    pub consents: u64,
    /// Addresses that were taken off people who had been there before.
    pub addresses: u64,
    /// Refusals that the import brought, and that stay.
    pub refusals_kept: u64,
    /// Values that stay because a newer one stands, or because what was before would send more.
    pub values_kept: u64,
    /// Addresses that stay because something is known of them by now.
    pub addresses_kept: u64,
}

impl From<UndoCounts> for Counts {
    fn from(counts: UndoCounts) -> Self {
        Self {
            profiles: counts.profiles,
            restored: counts.restored,
            deleted: counts.deleted,
            kept_for_refusal: counts.kept_for_refusal,
            kept_for_history: counts.kept_for_history,
            kept_for_import: counts.kept_for_import,
            merged: counts.merged,
            consents: counts.consents,
            addresses: counts.addresses,
            refusals_kept: counts.refusals_kept,
            values_kept: counts.values_kept,
            addresses_kept: counts.addresses_kept,
        }
    }
}

/// Why nothing was taken back.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such import.
    #[error("there is no import `{0}`")]
    NoImport(String),
    /// A run is being started, or another import is being taken back.
    #[error("a campaign is being started, or another import is being taken back")]
    Busy,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Fault for Error {
    fn problem(&self) -> Problem {
        match self {
            Self::NoImport(_) => Problem::not_found("import-not-found", "/import"),
            Self::Busy => StoreError::Busy(String::new()).problem(),
            Self::Store(error) => error.problem(),
        }
    }
}

/// Takes an import back, refusals excepted. Nobody becomes a recipient by it.
pub async fn undo(service: &Service, _actor: &Actor, asked: In) -> Result<Out, Error> {
    let In { import: name, dry_run } = asked;
    let (store, workspace) = (&service.store, service.workspace);
    let Ok(import) = name.parse::<ImportId>() else { return Err(Error::NoImport(name)) };
    let run = store.import_run(workspace, import).await?.ok_or(Error::NoImport(name))?;
    let (state, suppressed_stay) = (State::of(&run), run.counts.suppressed);
    if let Some(at) = run.undone_at {
        let (undone_at, counts) = (Some(at), run.undone.into());
        return Ok(Out { import, state, undone_at, suppressed_stay, counts });
    }
    let now = service.now();
    let (state, counts) = if dry_run {
        (state, store.would_undo_import(workspace, import, now).await?)
    } else {
        let undone = store.undo_import(workspace, import, now).await;
        let undone = undone.map_err(|error| match error {
            StoreError::Busy(_) => Error::Busy,
            error => Error::Store(error),
        })?;
        (State::Undone, undone)
    };
    Ok(Out { import, state, undone_at: None, suppressed_stay, counts: counts.into() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;

    #[tokio::test]
    async fn an_import_is_taken_back_once_and_a_dry_run_takes_nothing() {
        let world = World::new();
        world
            .import("people.csv", "id,email,consent.email\n1,ann@example.com,y\n2,bob@example.com,n\n")
            .await;
        let World { service, actor, dir: _dir } = world;
        let asked = |dry_run| In { import: "imp_1".to_owned(), dry_run };
        let told = undo(&service, &actor, asked(true)).await.unwrap();
        assert_eq!((told.state, told.counts.deleted), (State::Imported, 1));
        let done = undo(&service, &actor, asked(false)).await.unwrap();
        assert_eq!((done.state, done.counts.kept_for_refusal, done.undone_at), (State::Undone, 1, None));
        let again = undo(&service, &actor, asked(false)).await.unwrap();
        assert_eq!((again.counts, again.undone_at.is_some()), (done.counts, true));
        for name in ["imp_9", "people.csv"] {
            let asked = In { import: name.to_owned(), dry_run: true };
            let refused = undo(&service, &actor, asked).await.unwrap_err();
            assert_eq!(refused.problem(), Problem::not_found("import-not-found", "/import"));
        }
    }
}
