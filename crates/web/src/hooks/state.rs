//! The webhooks and receivers of texts that are configured.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::Arc;

use intake::sms::{self, Desk};
use intake::webhook::{Endpoint, Outside};

use crate::hooks::refusals::Refusals;
use crate::http::common::Common;

/// The webhooks that are configured, and the way out that they need.
pub struct Webhooks {
    endpoints: HashMap<String, Endpoint>,
    outside: Arc<dyn Outside>,
}

impl Webhooks {
    /// Of two endpoints with one name the last counts.
    pub fn new(endpoints: Vec<Endpoint>, outside: Arc<dyn Outside>) -> Self {
        let endpoints =
            endpoints.into_iter().map(|endpoint| (endpoint.name().to_owned(), endpoint)).collect();
        Self { endpoints, outside }
    }

    pub(crate) fn endpoint(&self, name: &str) -> Option<&Endpoint> {
        self.endpoints.get(name)
    }

    pub(crate) fn outside(&self) -> &dyn Outside {
        self.outside.as_ref()
    }
}

/// The receivers that are configured, and what is done about texts to each.
pub struct TextHooks {
    receivers: HashMap<String, (sms::Endpoint, Desk)>,
}

impl TextHooks {
    /// Of two receivers with one name the last counts.
    pub fn new(receivers: Vec<(sms::Endpoint, Desk)>) -> Self {
        let named = |(endpoint, desk): (sms::Endpoint, Desk)| (endpoint.name().to_owned(), (endpoint, desk));
        Self { receivers: receivers.into_iter().map(named).collect() }
    }

    pub(crate) fn receiver(&self, name: &str) -> Option<&(sms::Endpoint, Desk)> {
        self.receivers.get(name)
    }
}

/// What the handlers share. Cheap to clone.
#[derive(Clone)]
pub(crate) struct HooksState {
    common: Common,
    webhooks: Option<Arc<Webhooks>>,
    texts: Option<Arc<TextHooks>>,
    refusals: Arc<Refusals>,
}

impl HooksState {
    pub fn new(common: Common, webhooks: Option<Arc<Webhooks>>, texts: Option<Arc<TextHooks>>) -> Self {
        Self { common, webhooks, texts, refusals: Arc::default() }
    }

    pub fn webhooks(&self) -> Option<&Arc<Webhooks>> {
        self.webhooks.as_ref()
    }

    pub fn texts(&self) -> Option<&Arc<TextHooks>> {
        self.texts.as_ref()
    }

    /// How often the log tells of refusals.
    pub fn refusals(&self) -> &Refusals {
        &self.refusals
    }
}

impl Deref for HooksState {
    type Target = Common;

    fn deref(&self) -> &Common {
        &self.common
    }
}
