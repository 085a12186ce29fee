//! The look that pages have now, kept by its version and at most a second old.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use axum::http::HeaderValue;
use consent::{Clock, WorkspaceId};
use minijinja::{Value, context};
use sha2::{Digest, Sha256};
use store::{Asset, Look, Store, StoreError};
use tokio::sync::Mutex;

use super::file::{LookFile, check};
use crate::pages::depth::up;
use crate::pages::language::Locales;
use crate::pages::policy::{policy, style_source};

/// How old the look may be before the store is asked for its version.
const AGE_MAX: Duration = Duration::from_millis(900);
/// How long a page waits for that: a store that hangs may delay pages, but not by more (I3).
const WAIT_MAX: Duration = Duration::from_millis(250);

/// What pages wear.
pub(crate) struct Dress {
    pub style: String,
    pub style_source: String,
    pub policy: HeaderValue,
    /// The version of the pages, as evidence names it.
    pub evidence: Arc<str>,
    pub logo: Option<Asset>,
    look: Option<LookFile>,
}

impl Dress {
    fn new(base: &str, style: &str, worn: Option<Worn>) -> Self {
        let style = worn.as_ref().map_or_else(|| style.to_owned(), |worn| format!("{style}{}", worn.css));
        let style_source = style_source(&style);
        let images = worn.as_ref().is_some_and(|worn| worn.logo.is_some());
        let policy = policy(&style_source, images, "");
        let evidence =
            worn.as_ref().map_or_else(|| base.into(), |worn| format!("{base}+{}", worn.version).into());
        let (look, logo) = worn.map_or((None, None), |worn| (Some(worn.look), worn.logo));
        Self { style, style_source, policy, evidence, logo, look }
    }

    /// What templates see: the logo's path, address and privacy link.
    pub fn context(&self, language: &str) -> Value {
        let Some(look) = &self.look else { return Value::from(false) };
        let up = up();
        let logo = look.logo.as_ref().zip(self.logo.as_ref());
        let logo =
            logo.map(|(logo, _)| context! { path => format!("{up}look/{}", logo.file), alt => logo.alt });
        let privacy = look.privacy.as_ref();
        let privacy = privacy.map(|link| context! { url => link.url, label => link.label(language) });
        let address = look.postal_address.as_deref().unwrap_or_default();
        let lines: Vec<_> = address.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        context! { logo => logo, privacy => privacy, address => lines }
    }

    /// The logo's name on the page.
    pub fn logo_name(&self) -> Option<&str> {
        Some(&self.look.as_ref()?.logo.as_ref()?.file)
    }
}

struct Worn {
    version: i64,
    css: String,
    look: LookFile,
    logo: Option<Asset>,
}

/// Keeps the dress.
pub(crate) struct Wardrobe {
    base: String,
    style: &'static str,
    plain: Arc<Dress>,
    now: RwLock<Arc<Dress>>,
    /// When the store was asked last, by the monotonic clock, and which version it had.
    asked: Mutex<(Option<Duration>, i64)>,
}

impl Wardrobe {
    /// With the plain look at first. `base` is the version of templates and texts.
    pub fn new(base: String, style: &'static str) -> Self {
        let plain = Arc::new(Dress::new(&base, style, None));
        let now = RwLock::new(Arc::clone(&plain));
        Self { base, style, plain, now, asked: Mutex::new((None, 0)) }
    }

    /// What pages wear now.
    pub fn now(&self) -> Arc<Dress> {
        Arc::clone(&self.now.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The plain one, for a page that can't be rendered otherwise.
    pub fn plain(&self) -> Arc<Dress> {
        Arc::clone(&self.plain)
    }

    /// Looks for a newer look, if the last time was long enough ago. Whatever fails leaves things as they are.
    pub async fn refresh(&self, store: &Store, clock: &dyn Clock, workspace: WorkspaceId, locales: &Locales) {
        let asked = async {
            let mut asked = self.asked.lock().await;
            let now = clock.monotonic();
            if asked.0.is_some_and(|last| now.saturating_sub(last) < AGE_MAX) {
                return Ok(());
            }
            asked.0 = Some(now);
            let version = store.page_look_version(workspace).await?;
            if version != asked.1 {
                let look = store.page_look(workspace).await?;
                self.change(store, workspace, &look, locales).await?;
                asked.1 = look.version;
            }
            Ok::<_, StoreError>(())
        };
        match tokio::time::timeout(WAIT_MAX, asked).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(error = %error, "the look of the pages can't be read"),
            Err(_) => tracing::warn!("the look of the pages can't be read in time"),
        }
    }

    async fn change(
        &self,
        store: &Store,
        workspace: WorkspaceId,
        look: &Look,
        locales: &Locales,
    ) -> Result<(), StoreError> {
        let (worn, texts) = match read(store, workspace, look).await? {
            Some((worn, texts)) => (Some(worn), texts),
            None => (None, BTreeMap::new()),
        };
        let dress = worn
            .map_or_else(|| self.plain(), |worn| Arc::new(Dress::new(&self.base, self.style, Some(worn))));
        locales.dress(texts);
        *self.now.write().unwrap_or_else(PoisonError::into_inner) = dress;
        Ok(())
    }
}

/// Reads a look; `None`, with a line in the log, for one that can't be used.
async fn read(
    store: &Store,
    workspace: WorkspaceId,
    kept: &Look,
) -> Result<Option<(Worn, BTreeMap<String, crate::pages::language::Bundle>)>, StoreError> {
    if kept.body.is_empty() {
        return Ok(None);
    }
    let look: LookFile = match serde_json::from_str(&kept.body) {
        Ok(look) => look,
        Err(error) => {
            tracing::error!(version = kept.version, error = %error, "the look is broken; pages are plain");
            return Ok(None);
        }
    };
    let checked = match check(&look) {
        Ok(checked) => checked,
        Err(error) => {
            tracing::error!(version = kept.version, error = %error, "the look is broken; pages are plain");
            return Ok(None);
        }
    };
    let logo = match &look.logo {
        Some(logo) => store.asset(workspace, &logo.file).await?,
        None => None,
    };
    let intact = logo.filter(|asset| asset.hash == <[u8; 32]>::from(Sha256::digest(&asset.bytes)));
    let worn = Worn { version: kept.version, css: checked.css, look, logo: intact };
    Ok(Some((worn, checked.texts)))
}
