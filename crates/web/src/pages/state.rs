//! What the handlers of pages share.

use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRef;

use crate::http::common::Common;
use crate::http::limits::Limits;
use crate::pages::desk::config::DeskConfig;
use crate::pages::landing::studio::Studio;
use crate::pages::render::Renderer;

/// What the handlers of pages share. Cheap to clone.
#[derive(Clone)]
pub(crate) struct PagesState(Arc<Shared>);

struct Shared {
    common: Common,
    desk: DeskConfig,
    renderer: Renderer,
    studio: Studio,
    limits: Limits,
}

impl PagesState {
    /// Prepares templates and texts.
    pub fn new(common: Common, desk: DeskConfig) -> Self {
        Self(Arc::new(Shared {
            common,
            renderer: Renderer::new(),
            studio: Studio::new(),
            limits: Limits::new(desk.per_network, desk.per_minute),
            desk,
        }))
    }

    pub fn renderer(&self) -> &Renderer {
        &self.0.renderer
    }

    /// How the pages are served on which somebody types an address.
    pub fn desk(&self) -> &DeskConfig {
        &self.0.desk
    }

    /// How often strangers may have something sent.
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// Where landing pages are rendered.
    pub fn studio(&self) -> &Studio {
        &self.0.studio
    }
}

impl Deref for PagesState {
    type Target = Common;

    fn deref(&self) -> &Common {
        &self.0.common
    }
}

impl FromRef<PagesState> for Common {
    fn from_ref(state: &PagesState) -> Self {
        state.0.common.clone()
    }
}
