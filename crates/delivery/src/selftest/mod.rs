//! How our messages and links look from outside: for the self-test of the ways out.
//!
//! [`Course`] makes what a run's messages carry, by the code that makes the messages. [`Visitor`] asks servers as mailbox
//! providers and people's programs do. [`Delivered`] reads a message that has arrived.

mod course;
mod delivered;
mod form;
mod head;
mod keys;
mod signatures;

pub use course::{Course, TemplateLink, mailto};
pub use delivered::{BodyLink, Delivered};
pub use form::{Form, heading};
pub use head::{Head, uris};
pub use keys::{DkimKeys, InDns, KeySource};
pub use signatures::{Signature, verify};
pub use url::Url;
pub use wire::http::{Answer, Certificate, Method, StatusCode, Visit, VisitError, Visitor};
