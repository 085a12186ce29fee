//! Address files: read once, by whom they name; the store keeps that, and not the addresses.

use std::fmt;
use std::io::{self, Read};
use std::sync::Arc;

use consent::{Channel, Timestamp, WorkspaceId};
use serde::{Deserialize, Serialize};
use store::{AudienceUpload, Store, StoreError};

use crate::audience::{self, Resolved};
use crate::checks::room_for;
use crate::error::{DeliveryError, InputError};
use crate::listed::Listed;

type Open = dyn Fn() -> io::Result<Box<dyn Read + Send>> + Send + Sync;

/// Where the rows of an address file come from. It may be read several times.
#[derive(Clone)]
pub struct RowsSource {
    /// What errors call it: a file's name.
    pub name: Arc<str>,
    open: Arc<Open>,
}

impl RowsSource {
    /// By a function that begins at the start.
    pub fn new(
        name: &str,
        open: impl Fn() -> io::Result<Box<dyn Read + Send>> + Send + Sync + 'static,
    ) -> Self {
        Self { name: name.into(), open: Arc::new(open) }
    }

    /// Begins at the start.
    pub fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        (self.open)()
    }
}

impl fmt::Debug for RowsSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RowsSource").field(&self.name).finish()
    }
}

impl PartialEq for RowsSource {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.open, &other.open)
    }
}

impl Eq for RowsSource {}

/// An address file that is an audience.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// SHA-256 of the file, in hex.
    pub sha256: String,
    /// The file itself, where it is at hand; otherwise what the store keeps of it counts.
    pub rows: Option<RowsSource>,
}

impl Upload {
    /// Whether a text can be the hash of a file.
    pub fn is_hash(text: &str) -> bool {
        text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f'))
    }
}

/// What the store keeps beside whom a file names.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Body {
    malformed: u64,
    malformed_lines: Vec<u64>,
    #[serde(skip_serializing_if = "Listed::is_empty")]
    listed: Listed,
}

/// Reads an address file and keeps whom it names. Addresses never seen get a profile.
pub async fn keep_upload(
    store: &Store,
    workspace: WorkspaceId,
    (sha256, rows): (&str, &RowsSource),
    channel: Channel,
    now: Timestamp,
) -> Result<(), DeliveryError> {
    let resolved = audience::from_rows(store, workspace, (rows, channel), true, now).await?;
    room_for(&resolved)?;
    let Resolved { profiles, listed, malformed, malformed_lines, .. } = resolved;
    let body = serde_json::to_string(&Body { malformed, malformed_lines, listed });
    let upload = AudienceUpload {
        sha256: sha256.to_owned(),
        channel: channel.as_str().to_owned(),
        created_at: now,
        body: body.map_err(|error| StoreError::Invalid(error.to_string()))?,
        profiles,
    };
    Ok(store.put_audience_upload(workspace, upload).await?)
}

/// Whom a file names, as the store keeps it.
pub(crate) async fn kept(
    store: &Store,
    workspace: WorkspaceId,
    sha256: &str,
    channel: Channel,
) -> Result<Resolved, DeliveryError> {
    let upload = store.audience_upload(workspace, sha256, channel.as_str()).await?;
    let missing = || {
        let told =
            format!("the file {sha256} hasn't been uploaded for {}; upload it again", channel.as_str());
        InputError::new("audience.upload", told)
    };
    let AudienceUpload { body, profiles, .. } = upload.ok_or_else(missing)?;
    // A description that can't be read would mail other addresses than those asked for (I9).
    let damaged = |_| StoreError::Damaged(format!("what is said of the upload {sha256}"));
    let Body { malformed, malformed_lines, listed } = serde_json::from_str(&body).map_err(damaged)?;
    Ok(Resolved { profiles, listed, malformed, malformed_lines, ..Resolved::default() })
}
