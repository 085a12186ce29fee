//! How a message goes out: campaigns, audiences, the gate, rendering, the transports for mail and texts.
//!
//! [`run_campaign`] sends, [`forecast()`] tells beforehand what that would do, [`publish`] refuses content that
//! has no working way out (I3).

pub mod audience;
pub mod campaign;
mod checks;
pub mod configuration;
mod content;
mod deps;
pub mod dkim;
pub mod error;
pub mod external;
mod finding;
pub mod forecast;
pub mod gate;
mod html;
pub mod landing;
mod links;
pub mod listed;
mod mailbox;
pub mod message;
mod other_side;
mod parts;
mod person;
mod pipeline;
mod plaintext;
pub mod publish;
pub mod quotas;
mod receiving;
mod render;
pub mod run;
pub mod schema;
pub mod selftest;
pub mod single;
pub mod sms;
pub mod standing;
mod start;
mod transport;
pub mod upload;
pub mod window;

pub use campaign::{Audience, Campaign, Documents, Pins, References, RunSpec};
pub use checks::check_content_document;
pub use configuration::{ChannelConfiguration, EmailConfiguration, Medium, SmsConfiguration};
pub use content::Content;
pub use error::{DeliveryError, InputError, secret_variable};
pub use forecast::{Forecast, forecast};
pub use links::{LinkFor, Links};
pub use mailbox::Mailbox;
pub use other_side::{LineError, OtherSide};
pub use person::Person;
pub use publish::{Checked, Finding, LinkProbe, PublishError};
pub use run::{Deps, Judge, Progress, RunOptions, RunSummary, check_campaign, check_content, run_campaign};
pub use transport::Transports;

#[cfg(test)]
mod tests;
