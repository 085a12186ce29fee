//! What all sessions of a receiver share.

use std::sync::Arc;

use consent::Clock;

use super::config::ReceiverConfig;
use super::sink::MailSink;
use crate::budget::Budget;
use crate::connections::Connections;

/// What all sessions share.
pub(super) struct Shared {
    pub(super) config: ReceiverConfig,
    pub(super) hostname: String,
    pub(super) sink: Arc<dyn MailSink>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) pending: Arc<Budget>,
    pub(super) places: Arc<Connections>,
}
