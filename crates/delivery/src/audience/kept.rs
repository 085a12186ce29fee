//! Address files: read once, by whom they name; the store keeps that, and not the addresses.

use consent::{Channel, Timestamp, WorkspaceId};
use serde::{Deserialize, Serialize};
use store::{AudienceUpload, Store, StoreError};

use super::{Resolved, from_rows};
use crate::error::{DeliveryError, InputError};
use crate::listed::Listed;
use crate::upload::RowsSource;

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
    let resolved = from_rows(store, workspace, (rows, channel), true, now).await?;
    resolved.check_room()?;
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
pub(super) async fn kept(
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
