//! Reading request bodies, and what bodies and answers may hold in memory together.
//!
//! A client decides how slowly it sends and takes. So nothing else is held for it meanwhile: places for work are taken once
//! a body is there. What it holds in bytes is counted, in all and for its network, so that one network can't take all.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use http_body_util::BodyExt as _;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::{Instant, timeout_at};
use wire::budget::Reserved;

/// How much of a body that is too long is read, and dropped, before the refusal: a client that is still sending mostly
/// doesn't see an answer.
const DRAIN_LENGTH_MAX: usize = 16 * 1024 * 1024;
/// Answers that are short enough not to be counted, in bytes.
const SMALL_ANSWER: usize = 16 * 1024;

/// Why a body can't be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    TooLong,
    Slow,
    Broken,
    /// Too many bytes are held already.
    Full,
}

impl Unread {
    pub const fn status(self) -> StatusCode {
        match self {
            Self::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Slow => StatusCode::REQUEST_TIMEOUT,
            Self::Broken => StatusCode::BAD_REQUEST,
            Self::Full => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

/// How fast a body must come.
#[derive(Clone, Copy)]
pub(crate) struct Pace {
    /// How long it may take, whatever its length.
    base: Duration,
    /// How many bytes a second it must bring from then on.
    bytes_per_second: usize,
    /// How long any may take.
    max: Duration,
}

impl Pace {
    pub const DEFAULT: Self =
        Self { base: Duration::from_secs(5), bytes_per_second: 64 * 1024, max: Duration::from_secs(20) };

    fn patience(self, bytes: usize) -> Duration {
        let earned = Duration::from_millis((bytes * 1000 / self.bytes_per_second) as u64);
        (self.base + earned).min(self.max)
    }
}

/// Reads a body of at most `length_max` bytes, in time; what it holds is counted until the second part is dropped.
pub(crate) async fn read(
    headers: &HeaderMap,
    mut body: Body,
    length_max: usize,
    pace: Pace,
    mut reserved: Reserved,
) -> Result<(Bytes, Reserved), Unread> {
    let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if length.is_some_and(|length: usize| length > DRAIN_LENGTH_MAX) {
        return Err(Unread::TooLong);
    }
    let begun = Instant::now();
    let (mut kept, mut total) = (Vec::new(), 0);
    loop {
        let frame = timeout_at(begun + pace.patience(total), body.frame()).await.map_err(|_| Unread::Slow)?;
        let Some(frame) = frame else { break };
        let Ok(data) = frame.map_err(|_| Unread::Broken)?.into_data() else { continue };
        total += data.len();
        if total > DRAIN_LENGTH_MAX {
            break;
        }
        if total > length_max {
            kept = Vec::new();
        } else if reserved.grow(data.len()) {
            kept.extend_from_slice(&data);
        } else {
            return Err(Unread::Full);
        }
    }
    if total > length_max { Err(Unread::TooLong) } else { Ok((kept.into(), reserved)) }
}

/// Counts an answer's bytes until the client has taken it, or is cut off; `None` if too many are held already.
pub(crate) fn counted(response: Response, mut reserved: Reserved) -> Option<Response> {
    let length = response.body().size_hint().upper().map_or(0, |length| length as usize);
    if length <= SMALL_ANSWER {
        return Some(response);
    }
    reserved.grow(length).then(|| response.map(|body| Body::new(Counted { body, _reserved: reserved })))
}

/// An answer's body with what it holds.
struct Counted {
    body: Body,
    _reserved: Reserved,
}

impl HttpBody for Counted {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.get_mut().body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use wire::budget::Budget;

    use super::*;

    #[tokio::test]
    async fn a_body_that_does_not_come_holds_nothing_for_long() {
        let budget = Budget::new(1 << 20, 1 << 20);
        let pace = Pace { base: Duration::from_millis(50), ..Pace::DEFAULT };
        let read = async |body: Body, length_max: usize, budget: &Arc<Budget>| {
            super::read(&HeaderMap::new(), body, length_max, pace, budget.begin(None))
                .await
                .map(|(body, _)| body)
        };
        let never = Body::from_stream(futures_util::stream::pending::<Result<Bytes, std::io::Error>>());
        assert_eq!(read(never, 100, &budget).await, Err(Unread::Slow));
        // A byte now and then isn't enough either.
        let drip = futures_util::stream::unfold((), |()| async {
            tokio::time::sleep(Duration::from_millis(10)).await;
            Some((Ok::<_, std::io::Error>(Bytes::from_static(b"x")), ()))
        });
        assert_eq!(read(Body::from_stream(drip), 100, &budget).await, Err(Unread::Slow));
        assert_eq!(budget.held(), 0);
        assert_eq!(read(Body::from("whole"), 100, &budget).await.unwrap(), "whole");
        assert_eq!(read(Body::from("x".repeat(101)), 100, &budget).await, Err(Unread::TooLong));
        assert_eq!(read(Body::from("whole"), 100, &Budget::new(3, 3)).await, Err(Unread::Full));
    }

    #[test]
    fn long_bodies_get_longer() {
        let seconds = |bytes| Pace::DEFAULT.patience(bytes).as_secs();
        assert_eq!([seconds(0), seconds(16 << 10), seconds(640 << 10), seconds(5 << 20)], [5, 5, 15, 20]);
    }
}
