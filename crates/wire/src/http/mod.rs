//! The one HTTP client: HTTP/1.1, no proxies, no redirects followed, no cookies, every wait and every answer bounded.
//!
//! It has two faces. [`HttpSession`] is for interfaces that act: one connection that is kept, and a last question in the
//! instant before the first byte, for whose permit is a lease. [`Visitor`] is for a look from outside: a connection of its
//! own for each request.

mod address;
mod session;
mod stream;
mod visit;
mod visit_error;

pub use address::check_public_url;
pub use hyper::{Method, Request, StatusCode, header};
pub use session::{ANSWER_BYTES_MAX, Exchange, HttpAnswer, HttpError, HttpHost, HttpSession};
pub use url::Url;
pub use visit::{Answer, Certificate, Visit, Visitor};
pub use visit_error::VisitError;

/// The body of a request, which is there as a whole.
pub type Body = http_body_util::Full<bytes::Bytes>;
