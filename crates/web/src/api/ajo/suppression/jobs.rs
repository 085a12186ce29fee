//! Importing uploads, one after another. A job's file stays on the disk of the node that took it until the job has ended;
//! a node that stops goes on with its files when it starts again, from their beginning, which changes nothing of what is in.

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use intake::import::{ImportError, Progress};
use intake::suppression::{Failure, Options, Summary, Target, import_entries};
use serde_json::{Value, json};
use store::{StoreError, Upload, UploadState};

use crate::api::ajo::AjoState;

/// Between two looks at whether the job was cancelled, at which its counts are written too.
const TICK: Duration = Duration::from_millis(500);
/// Before another try, when the store takes nothing.
const PAUSE: Duration = Duration::from_secs(5);
/// Failures kept with a job; all are counted.
const FAILURES_MAX: usize = 1_000;
/// Characters kept of each of a failure's fields.
const FIELD_CHARS_MAX: usize = 300;

/// Imports an upload in the background.
pub(super) fn start(state: &AjoState, upload: Upload) {
    let state = state.clone();
    tokio::spawn(async move {
        let _importing = state.0.importing.lock().await;
        let file = spooled(&state, &upload.id);
        while let Err(error) = run(&state, upload.clone(), file.clone()).await {
            tracing::warn!(job = upload.id, error = %error, "an upload waits for the store");
            tokio::time::sleep(PAUSE).await;
        }
        if let Err(error) = std::fs::remove_file(&file) {
            tracing::warn!(job = upload.id, error = %error, "an uploaded file can't be removed");
        }
    });
}

/// Where a job's file waits.
pub(super) fn spooled(state: &AjoState, job: &str) -> PathBuf {
    state.config().uploads_dir.join(format!("{job}.csv"))
}

/// Takes up what an earlier process left.
pub(in crate::api::ajo) async fn resume(state: &AjoState) {
    let Ok(files) = std::fs::read_dir(&state.config().uploads_dir) else { return };
    let mut waiting = Vec::new();
    for path in files.flatten().map(|file| file.path()) {
        let job = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        let whole = path.extension().is_some_and(|extension| extension == "csv");
        let upload = match state.store().upload(state.workspace(), &job).await {
            Ok(upload) => upload.filter(|upload| whole && !upload.state.has_ended()),
            Err(error) => {
                tracing::error!(job, error = %error, "an upload can't be taken up");
                continue;
            }
        };
        match upload {
            Some(upload) => waiting.push(upload),
            // Never accepted, cancelled, or ended just before the process did.
            None => drop(std::fs::remove_file(&path)),
        }
    }
    waiting.sort_by_key(|upload| upload.created_at);
    for upload in waiting {
        start(state, upload);
    }
}

/// Imports one file, unless the job is cancelled. An error means: again later.
async fn run(state: &AjoState, mut upload: Upload, file: PathBuf) -> Result<(), StoreError> {
    let (store, workspace) = (state.store(), state.workspace());
    upload.state = UploadState::Pending;
    if !store.put_upload(workspace, upload.clone()).await? {
        return Ok(());
    }
    let options = Options {
        target: if upload.allowed { Target::Allow } else { Target::Suppression },
        by: upload.by.clone(),
        encoding: None,
    };
    let progress = Arc::new(Progress::default());
    let mut failures = Vec::new();
    let mut fail = |failure: &Failure| {
        if failures.len() < FAILURES_MAX {
            failures.push(record(failure));
        }
        Ok(())
    };
    let outcome = match File::open(&file) {
        Ok(input) => {
            let clock = &*state.config().clock;
            let importing = import_entries(store, workspace, input, &options, clock, &progress, &mut fail);
            tokio::pin!(importing);
            loop {
                tokio::select! {
                    outcome = &mut importing => break outcome,
                    () = tokio::time::sleep(TICK) => {
                        (upload.read, upload.handled) = (progress.rows(), progress.rows());
                        if !store.put_upload(workspace, upload.clone()).await? {
                            return Ok(());
                        }
                    }
                }
            }
        }
        Err(error) => Err(ImportError::Read { line: 0, error }),
    };
    match outcome {
        Err(ImportError::Store(error)) if error.is_transient() => return Err(error),
        Ok(Summary { read, added, known, failed }) => {
            (upload.read, upload.handled, upload.failed) = (read, added + known, failed);
            upload.state = UploadState::Complete;
        }
        Err(error) => {
            upload.state = UploadState::Error;
            upload.detail = error.to_string().chars().take(FIELD_CHARS_MAX).collect();
        }
    }
    upload.failures = Value::Array(failures).to_string();
    upload.ended_at = Some(state.config().clock.now());
    store.put_upload(workspace, upload).await.map(drop)
}

/// A row that didn't go in, as the interface shows it.
fn record(failure: &Failure) -> Value {
    let cut = |text: &str| text.chars().take(FIELD_CHARS_MAX).collect::<String>();
    json!({
        "type": cut(&failure.kind),
        "value": cut(&failure.value),
        "comments": cut(&failure.comment),
        "failureReason": cut(&failure.reason),
    })
}
