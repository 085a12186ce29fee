//! Bodies and answers of many lines, of which a few are in memory at a time.

use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use serde::Serialize;
use tokio::sync::mpsc;

use super::problem::ApiProblem;
use super::serve::NDJSON;

/// Longest line, in bytes.
const LINE_BYTES_MAX: usize = 64 * 1024;
/// How long the next bytes may take to come.
const PAUSE_MAX: Duration = Duration::from_secs(20);
/// Answers that wait to be taken.
const WAITING_MAX: usize = 4;

/// The lines of a body.
pub(super) struct Lines {
    body: Body,
    buffer: BytesMut,
    /// How much of the buffer has no line end in it.
    searched: usize,
    ended: bool,
    /// The lines that were read.
    pub read: u64,
}

impl Lines {
    pub fn new(body: Body) -> Self {
        Self { body, buffer: BytesMut::new(), searched: 0, ended: false, read: 0 }
    }

    /// The next lines, at most so many; none at the end. Empty ones are left out. How many come at once doesn't depend on how
    /// the bytes arrive, so that the same body makes the same parts.
    pub async fn next(&mut self, most: usize) -> Result<Vec<Bytes>, ApiProblem> {
        let mut lines = Vec::new();
        while lines.len() < most {
            let Some(line) = self.line().await? else { break };
            self.read += 1;
            if !line.trim_ascii().is_empty() {
                lines.push(line);
            }
        }
        Ok(lines)
    }

    async fn line(&mut self) -> Result<Option<Bytes>, ApiProblem> {
        loop {
            if let Some(end) = self.buffer[self.searched..].iter().position(|byte| *byte == b'\n') {
                let mut line = self.buffer.split_to(self.searched + end + 1);
                self.searched = 0;
                line.truncate(line.len() - 1);
                return Ok(Some(line.freeze()));
            }
            self.searched = self.buffer.len();
            if self.searched > LINE_BYTES_MAX {
                let detail = format!("line {} has more than {LINE_BYTES_MAX} bytes", self.read + 1);
                return Err(ApiProblem::new(StatusCode::PAYLOAD_TOO_LARGE, "line-too-long", detail));
            }
            if self.ended {
                self.searched = 0;
                let rest = self.buffer.split();
                return Ok((!rest.is_empty()).then(|| rest.freeze()));
            }
            let slow =
                |_| ApiProblem::new(StatusCode::REQUEST_TIMEOUT, "body-slow", "the body came too slowly");
            match tokio::time::timeout(PAUSE_MAX, self.body.frame()).await.map_err(slow)? {
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        self.buffer.extend_from_slice(&data);
                    }
                }
                // A line that is cut off is none.
                Some(Err(_)) => return Err(ApiProblem::bad("body-broken", "the body ends too early")),
                None => self.ended = true,
            }
        }
    }
}

/// Where an answer's lines go.
pub(super) struct Writer(mpsc::Sender<Bytes>);

impl Writer {
    /// An answer of lines, and where they go.
    pub fn new() -> (Self, Response) {
        let (sender, receiver) = mpsc::channel::<Bytes>(WAITING_MAX);
        let stream = futures_util::stream::unfold(receiver, |mut receiver| async move {
            let bytes = receiver.recv().await?;
            Some((Ok::<_, std::convert::Infallible>(bytes), receiver))
        });
        let kind = HeaderValue::from_static(NDJSON);
        (Self(sender), ([(header::CONTENT_TYPE, kind)], Body::from_stream(stream)).into_response())
    }

    /// Sends lines; false once nobody takes them any more.
    pub async fn send<T: Serialize>(&self, lines: &[T]) -> bool {
        let mut text = Vec::with_capacity(lines.len() * 128);
        for line in lines {
            if serde_json::to_writer(&mut text, line).is_err() {
                return false;
            }
            text.push(b'\n');
        }
        self.0.send(text.into()).await.is_ok()
    }
}
