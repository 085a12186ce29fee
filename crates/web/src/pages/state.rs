//! What the handlers of pages share.

use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use axum::extract::FromRef;
use consent::WorkspaceId;

use crate::http::common::Common;
use crate::http::limits::Limits;
use crate::pages::desk::config::DeskConfig;
use crate::pages::landing::studio::Studio;
use crate::pages::render::Renderer;
use crate::pages::workspace;

/// What the handlers of pages share. Cheap to clone.
#[derive(Clone)]
pub(crate) struct PagesState(Arc<Shared>);

struct Shared {
    common: Common,
    desk: DeskConfig,
    renderers: Renderers,
    studio: Studio,
    limits: Limits,
}

impl PagesState {
    /// Prepares templates and texts.
    pub fn new(common: Common, desk: DeskConfig) -> Self {
        Self(Arc::new(Shared {
            common,
            renderers: Renderers::new(desk.workspace),
            studio: Studio::new(),
            limits: Limits::new(desk.per_network, desk.per_minute),
            desk,
        }))
    }

    /// Makes the pages of the workspace that the request in work is about.
    pub fn renderer(&self) -> &Renderer {
        self.renderer_of(workspace::current().unwrap_or(self.0.desk.workspace))
    }

    /// Makes the pages of a workspace.
    pub fn renderer_of(&self, workspace: WorkspaceId) -> &Renderer {
        self.0.renderers.of(workspace)
    }

    /// Those of all workspaces whose pages were shown.
    pub fn renderers(&self) -> impl Iterator<Item = &Renderer> {
        self.0.renderers.all()
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

/// A renderer for each workspace whose pages were shown; each wears its own look and words. They are few, and stay.
struct Renderers {
    workspace: WorkspaceId,
    renderer: Renderer,
    next: OnceLock<Box<Self>>,
}

impl Renderers {
    fn new(workspace: WorkspaceId) -> Self {
        Self { workspace, renderer: Renderer::new(workspace), next: OnceLock::new() }
    }

    fn of(&self, workspace: WorkspaceId) -> &Renderer {
        let mut one = self;
        while one.workspace != workspace {
            // Whoever comes second finds what the first has made, for whichever workspace.
            one = one.next.get_or_init(|| Box::new(Self::new(workspace)));
        }
        &one.renderer
    }

    fn all(&self) -> impl Iterator<Item = &Renderer> {
        std::iter::successors(Some(self), |one| one.next.get().map(|next| &**next)).map(|one| &one.renderer)
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
