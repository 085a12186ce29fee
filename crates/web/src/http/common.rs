//! What the handlers of all parts share.

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap};
use consent::Clock;
use store::Store;
use wire::budget::Budget;

use crate::http::peer;
use crate::http::slots::Slots;

/// Bytes of request bodies in memory at once, and of one client network's. docs/operations.md adds them up.
pub(crate) const BODIES_BYTES_MAX: usize = 64 << 20;
const BODIES_BYTES_PER_NETWORK: usize = 24 << 20;
/// Bytes of longer answers in memory at once, until their clients have taken them; and of one client network's.
pub(crate) const ANSWERS_BYTES_MAX: usize = 64 << 20;
const ANSWERS_BYTES_PER_NETWORK: usize = 24 << 20;

/// The state, time, and the limits on what is in hand together. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Common(Arc<Shared>);

struct Shared {
    store: Store,
    clock: Arc<dyn Clock>,
    behind_proxy: bool,
    slots: Slots,
    bodies: Arc<Budget>,
    answers: Arc<Budget>,
}

impl Common {
    pub fn new(store: Store, clock: Arc<dyn Clock>, behind_proxy: bool, requests_max: usize) -> Self {
        Self(Arc::new(Shared {
            store,
            clock,
            behind_proxy,
            slots: Slots::new(requests_max),
            bodies: Budget::new(BODIES_BYTES_MAX, BODIES_BYTES_PER_NETWORK),
            answers: Budget::new(ANSWERS_BYTES_MAX, ANSWERS_BYTES_PER_NETWORK),
        }))
    }

    pub fn store(&self) -> &Store {
        &self.0.store
    }

    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.0.clock
    }

    /// Places for requests in work.
    pub fn slots(&self) -> &Slots {
        &self.0.slots
    }

    /// What request bodies may hold.
    pub fn bodies(&self) -> &Arc<Budget> {
        &self.0.bodies
    }

    /// What answers may hold.
    pub fn answers(&self) -> &Arc<Budget> {
        &self.0.answers
    }

    /// Who sent a request.
    pub fn client(&self, headers: &HeaderMap, extensions: &Extensions) -> Option<IpAddr> {
        peer::address(headers, extensions, self.0.behind_proxy)
    }

    /// The same, of a request whose body was taken away.
    pub fn client_of(&self, parts: &Parts) -> Option<IpAddr> {
        self.client(&parts.headers, &parts.extensions)
    }
}
