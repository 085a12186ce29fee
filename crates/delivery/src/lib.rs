//! How a message goes out: campaigns, audiences, the gate, rendering, the transports for mail and texts.
//!
//! [`run_campaign`] sends, [`forecast()`] tells beforehand what that would do, [`publish`] refuses content that
//! has no working way out (I3).

pub mod audience;
pub mod campaign;
pub mod configuration;
pub mod dkim;
mod driver;
pub mod error;
pub mod external;
pub mod forecast;
pub mod gate;
mod html;
pub mod landing;
mod links;
pub mod listed;
mod mailbox;
mod means;
pub mod message;
mod parts;
mod pipeline;
mod plaintext;
pub mod publish;
pub mod quotas;
mod receiving;
pub mod refusals;
mod render;
pub mod run;
pub mod selftest;
mod settle;
pub mod single;
pub mod sms;
pub mod standing;
mod start;
mod turns;
pub mod window;
mod worker;

pub use campaign::{Audience, Campaign, Content, RunSpec};
pub use configuration::{ChannelConfiguration, EmailConfiguration, Medium, SmsConfiguration};
pub use error::{DeliveryError, InputError};
pub use forecast::{Forecast, forecast};
pub use links::{LinkFor, Links};
pub use mailbox::Mailbox;
pub use publish::{Checked, Finding, LinkProbe, PublishError};
pub use render::Person;
pub use run::{Deps, Judge, Progress, RunOptions, RunSummary, check_campaign, run_campaign};

#[cfg(test)]
mod tests;
