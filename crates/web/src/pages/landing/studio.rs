//! Where landing pages are rendered: beside the threads that answer, a few at once, and once where nothing in them is the
//! reader's.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use minijinja::Value;
use sha2::{Digest, Sha256};
use store::{LandingPage, LandingPageId};
use tokio::sync::Semaphore;

use super::content::{Content, LandingError};
use super::template;

/// Pages rendered at once.
const AT_ONCE: usize = 2;
/// How long a reader waits for a page. Past it there is the plain page of choices, and the rendering, which is bounded, ends
/// by itself.
const TIME_MAX: Duration = Duration::from_secs(2);
/// Versions of pages that are kept as they were read, and parts as they were rendered. A page has up to 1.3 MB, a part 128 KiB.
const CONTENTS_MAX: usize = 16;
const PARTS_MAX: usize = 128;

type Loaded = Result<Arc<Content>, LandingError>;
type Rendered = Result<Arc<str>, LandingError>;

/// Renders, and keeps what can be used again.
pub(crate) struct Studio {
    places: Arc<Semaphore>,
    /// For reading a page's parts: one at a time, and not behind those that are rendered.
    reading: Semaphore,
    contents: Mutex<Recent<(LandingPageId, i64), Loaded>>,
    parts: Mutex<Recent<[u8; 32], Rendered>>,
}

impl Studio {
    pub fn new() -> Self {
        Self {
            places: Arc::new(Semaphore::new(AT_ONCE)),
            reading: Semaphore::new(1),
            contents: Mutex::new(Recent::new(CONTENTS_MAX)),
            parts: Mutex::new(Recent::new(PARTS_MAX)),
        }
    }

    /// What a page consists of. A version never changes.
    pub async fn content(&self, page: &LandingPage) -> Loaded {
        let key = (page.id, page.version);
        let known = || self.contents.lock().unwrap_or_else(PoisonError::into_inner).get(&key);
        if let Some(content) = known() {
            return content;
        }
        let broken = || LandingError("it couldn't be read".to_owned());
        let _turn = self.reading.acquire().await.map_err(|_| broken())?;
        // Another may have read it meanwhile.
        if let Some(content) = known() {
            return content;
        }
        let page = page.clone();
        let reading = tokio::task::spawn_blocking(move || Content::parse(&page).map(Arc::new));
        let read = reading.await.map_err(|_| broken())?;
        self.contents.lock().unwrap_or_else(PoisonError::into_inner).put(key, read.clone());
        read
    }

    /// A part for a profile, sanitised. What was refused once is refused again without another try.
    pub async fn render(&self, content: &Arc<Content>, part: &str, profile: Value) -> Rendered {
        let source = content.parts.get(part).map(String::as_str).unwrap_or_default();
        // One that doesn't name the profile says the same to everybody; so does one for nobody.
        let common = profile.len() == Some(0) || !source.contains("profile");
        let key = common.then(|| <[u8; 32]>::from(Sha256::digest(source.as_bytes())));
        if let Some(key) = &key
            && let Some(rendered) = self.parts.lock().unwrap_or_else(PoisonError::into_inner).get(key)
        {
            return rendered;
        }
        let rendered = tokio::time::timeout(TIME_MAX, self.apart(content, part, profile)).await;
        let rendered = rendered.map_err(|_| LandingError("it takes too long".to_owned()))??;
        if let Some(key) = key {
            self.parts.lock().unwrap_or_else(PoisonError::into_inner).put(key, rendered.clone());
        }
        rendered
    }

    async fn apart(
        &self,
        content: &Arc<Content>,
        part: &str,
        profile: Value,
    ) -> Result<Rendered, LandingError> {
        let broken = || LandingError("it couldn't be rendered".to_owned());
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(|_| broken())?;
        let (content, part) = (Arc::clone(content), part.to_owned());
        let rendering = tokio::task::spawn_blocking(move || {
            // Held until it has ended, whether or not anybody still waits.
            let _place = place;
            template::render(&content, &part, &profile).map(Arc::from)
        });
        rendering.await.map_err(|_| broken())
    }
}

/// The latest few of what was made.
struct Recent<K, V> {
    kept: VecDeque<(K, V)>,
    max: usize,
}

impl<K: PartialEq, V: Clone> Recent<K, V> {
    fn new(max: usize) -> Self {
        Self { kept: VecDeque::new(), max }
    }

    fn get(&self, key: &K) -> Option<V> {
        self.kept.iter().find(|(known, _)| known == key).map(|(_, value)| value.clone())
    }

    fn put(&mut self, key: K, value: V) {
        if self.get(&key).is_some() {
            return;
        }
        if self.kept.len() == self.max {
            self.kept.pop_front();
        }
        self.kept.push_back((key, value));
    }
}

#[cfg(test)]
mod tests {
    use minijinja::context;

    use super::*;

    fn content(source: &str) -> Arc<Content> {
        let parts = [("primary".to_owned(), source.to_owned())].into_iter().collect();
        Arc::new(Content { parts, ..Content::default() })
    }

    #[tokio::test]
    async fn only_what_is_nobody_s_is_kept() {
        let studio = Studio::new();
        let kept = || studio.parts.lock().unwrap().kept.len();
        let ann = || context! { name => "Ann" };
        let greeting = content("<p>Hi {{ profile.name|default('you') }}</p>");
        assert_eq!(&*studio.render(&greeting, "primary", ann()).await.unwrap(), "<p>Hi Ann</p>");
        assert_eq!(kept(), 0);
        assert_eq!(&*studio.render(&greeting, "primary", template::nobody()).await.unwrap(), "<p>Hi you</p>");
        assert_eq!(&*studio.render(&greeting, "primary", ann()).await.unwrap(), "<p>Hi Ann</p>");
        assert_eq!(kept(), 1);
        let plain = content("<p>All</p>");
        for profile in [ann(), template::nobody()] {
            assert_eq!(&*studio.render(&plain, "primary", profile).await.unwrap(), "<p>All</p>");
        }
        assert!(studio.render(&content("{{"), "primary", ann()).await.is_err());
        assert_eq!(kept(), 3, "what is broken isn't tried again");
        for at in 0..2 * PARTS_MAX {
            studio.render(&content(&at.to_string()), "primary", ann()).await.unwrap();
        }
        assert_eq!(kept(), PARTS_MAX);
    }
}
