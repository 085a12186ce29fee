//! `/uploads`: CSV files that are imported in the background.

use std::fs::File;
use std::io::Write as _;
use std::path::Path as FilePath;
use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, FromRequest as _, Multipart, Path, Query, Request, State};
use axum::http::{StatusCode, header};
use consent::Timestamp;
use intake::suppression::note;
use serde_json::{Value, json};
use store::{EntryPage, Upload, UploadState};
use tokio::sync::mpsc;

use super::entries::page_of;
use super::items::uuid;
use super::jobs;
use super::query::{ListType, limit, order, place};
use crate::api::ajo::AjoState;
use crate::api::ajo::caller::Caller;
use crate::api::ajo::error::ApiError;
use crate::http::paging::{Params, last};

/// Longest upload, in bytes: some 20 million rows.
pub(in crate::api::ajo) const UPLOAD_BYTES_MAX: usize = 1 << 30;
/// Uploads received at once.
pub(in crate::api::ajo) const UPLOADS_AT_ONCE: usize = 2;
/// Uploads that wait to be imported; past it, 429.
const WAITING_MAX: usize = 16;
/// How long an upload may take.
const UPLOAD_TIME_MAX: Duration = Duration::from_mins(15);
/// Parts of a form before the file.
const PARTS_MAX: usize = 16;
/// Pieces of a file on their way to the disk.
const PIECES_AHEAD: usize = 4;

/// A file as it comes in.
enum Incoming {
    Form(Multipart),
    /// A client that sends the file itself.
    Plain(Box<Request>),
}

/// Accepts a file: 201 once it is on the disk and the job is recorded.
pub(super) async fn create(
    State(state): State<AjoState>,
    Extension(caller): Extension<Caller>,
    params: Result<Query<Params>, QueryRejection>,
    request: Request,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let Query(params) = params.map_err(|error| ApiError::bad(error.body_text()))?;
    let list = ListType::of(&params)?;
    let Ok(_permit) = state.0.uploads.try_acquire() else { return Err(ApiError::busy()) };
    let waiting = state.store().uploads(state.workspace()).await?;
    if waiting.iter().filter(|upload| !upload.state.has_ended()).count() >= WAITING_MAX {
        let text = format!("{WAITING_MAX} uploads wait to be imported; try again when one has ended");
        return Err(ApiError::new(StatusCode::TOO_MANY_REQUESTS, text));
    }
    let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let form =
        content_type.is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("multipart/"));
    let incoming = if form {
        let form = Multipart::from_request(request, &()).await;
        Incoming::Form(form.map_err(|error| ApiError::new(error.status(), error.body_text()))?)
    } else {
        Incoming::Plain(Box::new(request))
    };
    let mut id = [0; 16];
    state.config().entropy.fill(&mut id);
    let id = uuid(id, 4);
    let received = tokio::time::timeout(UPLOAD_TIME_MAX, receive(&state, &id, incoming)).await;
    let filename =
        received.map_err(|_| ApiError::new(StatusCode::REQUEST_TIMEOUT, "the upload took too long"))??;
    let upload = Upload {
        id: id.clone(),
        by: note(&format!("api:{}", caller.key)),
        filename: note(&filename),
        allowed: list == ListType::Allowed,
        created_at: state.config().clock.now(),
        ended_at: None,
        state: UploadState::Accepted,
        read: 0,
        handled: 0,
        failed: 0,
        detail: String::new(),
        failures: String::new(),
    };
    if let Err(error) = state.store().create_upload(state.workspace(), upload.clone()).await {
        let _ = std::fs::remove_file(jobs::spooled(&state, &id));
        return Err(error.into());
    }
    jobs::start(&state, upload);
    Ok((StatusCode::CREATED, Json(json!({ "success": { "jobId": id } }))))
}

/// Brings the file onto the disk, whole; answers its name.
async fn receive(state: &AjoState, id: &str, incoming: Incoming) -> Result<String, ApiError> {
    let (part, file) = (state.config().uploads_dir.join(format!("{id}.part")), jobs::spooled(state, id));
    let (pieces, received) = mpsc::channel(PIECES_AHEAD);
    let target = part.clone();
    let writing = tokio::task::spawn_blocking(move || write(&target, received));
    let name = match incoming {
        Incoming::Form(form) => pass_form(form, &pieces).await,
        Incoming::Plain(request) => pass_body(*request, &pieces).await,
    };
    drop(pieces);
    let written = writing.await.unwrap_or_else(|_| Err(std::io::Error::other("the writer ended early")));
    let kept = match (&name, written) {
        (Ok(_), Ok(())) => keep(&part, &file),
        (_, written) => written,
    };
    if name.is_err() || kept.is_err() {
        let _ = std::fs::remove_file(&part);
    }
    if let Err(error) = &kept {
        tracing::error!(error = %error, "an upload can't be kept");
        return name
            .and(Err(ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "the upload can't be kept right now")));
    }
    name
}

/// Writes pieces until there are no more, and waits for the disk.
fn write(file: &FilePath, mut pieces: mpsc::Receiver<Bytes>) -> std::io::Result<()> {
    if let Some(dir) = file.parent() {
        store::private::create_dir_all(dir)?;
    }
    let mut output = store::private::create(file)?;
    while let Some(piece) = pieces.blocking_recv() {
        output.write_all(&piece)?;
    }
    output.sync_all()
}

/// Gives the file its name for good.
fn keep(part: &FilePath, file: &FilePath) -> std::io::Result<()> {
    std::fs::rename(part, file)?;
    file.parent().map_or(Ok(()), |dir| File::open(dir)?.sync_all())
}

/// The disk has failed; [`receive`] says so.
fn gone() -> ApiError {
    ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "the upload can't be kept right now")
}

/// Passes the form's file on; answers its name.
async fn pass_form(mut form: Multipart, pieces: &mpsc::Sender<Bytes>) -> Result<String, ApiError> {
    let broken = |error: axum::extract::multipart::MultipartError| {
        ApiError::new(error.status(), format!("the form can't be read: {}", error.body_text()))
    };
    for _ in 0..PARTS_MAX {
        let Some(mut part) = form.next_field().await.map_err(broken)? else { break };
        if part.name() != Some("file") {
            continue;
        }
        let name = part.file_name().unwrap_or("upload.csv").to_owned();
        while let Some(piece) = part.chunk().await.map_err(broken)? {
            pieces.send(piece).await.map_err(|_| gone())?;
        }
        return Ok(name);
    }
    Err(ApiError::bad("the form holds no part `file`"))
}

/// Passes the body on.
async fn pass_body(request: Request, pieces: &mpsc::Sender<Bytes>) -> Result<String, ApiError> {
    use http_body_util::BodyExt as _;
    let mut body = http_body_util::Limited::new(request.into_body(), UPLOAD_BYTES_MAX);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| {
            if error.is::<http_body_util::LengthLimitError>() {
                ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "the file is too large")
            } else {
                ApiError::bad("the body broke off")
            }
        })?;
        if let Ok(piece) = frame.into_data() {
            pieces.send(piece).await.map_err(|_| gone())?;
        }
    }
    Ok("upload.csv".to_owned())
}

/// The jobs, by `orderby`; a page begins at the `start`th.
pub(super) async fn list(
    State(state): State<AjoState>,
    params: Result<Query<Params>, QueryRejection>,
) -> Result<Json<Value>, ApiError> {
    let Query(params) = params.map_err(|error| ApiError::bad(error.body_text()))?;
    let limit = limit(&params)?;
    let (name, descending) = order(&params, "-createtime");
    let mut uploads = state.store().uploads(state.workspace()).await?;
    match name.as_str() {
        // What the lists are sorted by is understood here too.
        "createtime" | "creationdate" => uploads.sort_by_key(|upload| (upload.created_at, upload.id.clone())),
        "endtime" => uploads.sort_by_key(|upload| upload.ended_at),
        "jobid" | "id" => uploads.sort_by(|one, other| one.id.cmp(&other.id)),
        "user" => uploads.sort_by(|one, other| one.by.cmp(&other.by)),
        "filename" => uploads.sort_by(|one, other| one.filename.cmp(&other.filename)),
        "status" | "responsecode" => uploads.sort_by_key(|upload| upload.state),
        "recordcount" => uploads.sort_by_key(|upload| upload.read),
        "handledcount" => uploads.sort_by_key(|upload| upload.handled),
        "failedcount" => uploads.sort_by_key(|upload| upload.failed),
        _ => return Err(ApiError::bad("orderby is a field of a job, with - or + before it")),
    }
    if descending {
        uploads.reverse();
    }
    let start = last(&params, "start").filter(|start| !start.is_empty());
    let skipped = start.map_or(Ok(0), |start| {
        // Behind the job that the page before ended with: others may have come or gone.
        let at = uploads.iter().position(|upload| upload.id == start);
        at.map(|at| at + 1).ok_or_else(|| ApiError::bad("start isn't one of an answer of ours"))
    })?;
    let rest = &uploads[skipped..];
    let shown = &rest[..rest.len().min(limit)];
    let next = shown.last().filter(|_| rest.len() > shown.len()).map(|upload| upload.id.clone());
    let page = EntryPage { entries: shown.iter().map(describe).collect(), next };
    let orderby = format!("{}{name}", if descending { "-" } else { "+" });
    Ok(Json(page_of(&place(state.base(), "uploads"), None, &orderby, limit, &params, &page)))
}

/// One job, with the rows that didn't go in.
pub(super) async fn show(
    State(state): State<AjoState>,
    Extension(caller): Extension<Caller>,
    Path(job): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let upload = state.store().upload(state.workspace(), &job).await?;
    let upload = upload.ok_or_else(|| ApiError::missing("upload job"))?;
    let mut value = describe(&upload);
    value["imsOrgId"] = json!(caller.org_id);
    value["sandboxId"] = json!(caller.sandbox);
    value["failedRecords"] = serde_json::from_str(&upload.failures).unwrap_or_else(|_| json!([]));
    Ok(Json(value))
}

/// Cancels a job that hasn't ended, and forgets one that has. What it put on the list stays there.
pub(super) async fn remove(
    State(state): State<AjoState>,
    Path(job): Path<String>,
) -> Result<StatusCode, ApiError> {
    let (store, workspace) = (state.store(), state.workspace());
    let upload = store.upload(workspace, &job).await?;
    let upload = upload.ok_or_else(|| ApiError::missing("upload job"))?;
    if !upload.state.has_ended() {
        let ended_at = Some(state.config().clock.now());
        let canceled = Upload { state: UploadState::Canceled, ended_at, ..upload };
        if store.put_upload(workspace, canceled).await? {
            return Ok(StatusCode::NO_CONTENT);
        }
    }
    let removed = store.delete_upload(workspace, &job).await?;
    if removed { Ok(StatusCode::NO_CONTENT) } else { Err(ApiError::missing("upload job")) }
}

fn describe(upload: &Upload) -> Value {
    let seconds = |at: Timestamp| at.0.div_euclid(1_000_000);
    let status = match upload.state {
        UploadState::Accepted => "ACCEPTED",
        UploadState::Pending => "PENDING",
        UploadState::Complete => "COMPLETE",
        UploadState::Canceled => "CANCELED",
        UploadState::Error => "ERROR",
    };
    let text = Some(&upload.detail).filter(|detail| !detail.is_empty());
    json!({
        "jobId": upload.id,
        "user": upload.by,
        "filename": upload.filename,
        "createTime": seconds(upload.created_at),
        "endTime": upload.ended_at.map(seconds),
        "status": status,
        "responseCode": if upload.state == UploadState::Error { 400 } else { 200 },
        "responseText": text,
        "recordCount": upload.read,
        "handledCount": upload.handled,
        "failedCount": upload.failed,
    })
}
