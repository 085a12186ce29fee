//! Places for requests in work, by what they are for: opting out doesn't wait behind anything else.

use std::sync::Arc;
use std::time::Duration;

use axum::http::Method;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};

/// How long a request waits for a place before it is told to come again.
const WAIT_MAX: Duration = Duration::from_secs(2);
/// The same for what services tell: a reply to a text may be told only once. Providers wait 10 seconds and more.
const HOOKS_WAIT_MAX: Duration = Duration::from_secs(8);

/// Bodies of webhooks that are checked and read at once, each on a thread of its own: more would only take the processors
/// away from those who opt out.
const READING_MAX: usize = 2;

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// Posts to links in messages: one-click, and what the buttons of their pages send. They hardly compute.
    OptOuts,
    /// The pages of these links: the one with the button, choices, confirming.
    Links,
    /// What a brand wrote itself.
    Landing,
    /// What services and providers tell; they tell again.
    Hooks,
    /// The transparency log's files.
    Ledger,
    /// Everything else.
    Pages,
}

impl Class {
    /// Of links in messages: a post to one opts out.
    pub fn of_links(method: &Method) -> Self {
        if method == Method::POST { Self::OptOuts } else { Self::Links }
    }

    /// Of a brand's own pages; what their buttons send opts out as well.
    pub fn of_landing(method: &Method) -> Self {
        if method == Method::POST { Self::OptOuts } else { Self::Landing }
    }
}

/// No place got free in time.
#[derive(Debug)]
pub(crate) struct Full;

/// The places.
pub(crate) struct Slots {
    opt_outs: Semaphore,
    links: Semaphore,
    landing: Semaphore,
    hooks: Semaphore,
    ledger: Semaphore,
    pages: Semaphore,
    reading: Semaphore,
    rendering: Arc<Semaphore>,
    answering: Arc<Semaphore>,
    wait_max: Duration,
    hooks_wait_max: Duration,
}

impl Slots {
    /// So many for posts to links, and for their pages; few for the rest, which computes more.
    pub fn new(links: usize) -> Self {
        let of = |places: usize| Semaphore::new(places.clamp(1, Semaphore::MAX_PERMITS));
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let (landing, hooks, ledger, pages) = (of(16), of(16), of(16), of(16));
        Self {
            opt_outs: of(links),
            links: of(links),
            landing,
            hooks,
            ledger,
            pages,
            reading: of(READING_MAX),
            rendering: Arc::new(of(processors.saturating_sub(1))),
            answering: Arc::new(of(1)),
            wait_max: WAIT_MAX,
            hooks_wait_max: HOOKS_WAIT_MAX,
        }
    }

    /// A place, if one gets free in time.
    pub async fn take(&self, class: Class) -> Result<SemaphorePermit<'_>, Full> {
        let places = match class {
            Class::OptOuts => &self.opt_outs,
            Class::Links => &self.links,
            Class::Landing => &self.landing,
            Class::Hooks => &self.hooks,
            Class::Ledger => &self.ledger,
            Class::Pages => &self.pages,
        };
        let wait_max = if class == Class::Hooks { self.hooks_wait_max } else { self.wait_max };
        one_of(places, wait_max).await
    }

    /// A turn at checking and reading a webhook's body.
    pub async fn reading(&self) -> Result<SemaphorePermit<'_>, Full> {
        one_of(&self.reading, self.hooks_wait_max).await
    }

    /// A turn at rendering a page, on a thread of its own: all processors but one may be busy with that, so that it takes
    /// nothing away from those who opt out, and the page that answers an opt-out doesn't wait for others.
    ///
    /// Keep it on that thread: a request that runs out of time doesn't end its rendering.
    pub async fn rendering(&self, class: Class) -> Result<OwnedSemaphorePermit, Full> {
        let turns = if class == Class::OptOuts { &self.answering } else { &self.rendering };
        Arc::clone(turns).acquire_owned().await.map_err(|_| Full)
    }
}

async fn one_of(places: &Semaphore, wait_max: Duration) -> Result<SemaphorePermit<'_>, Full> {
    let taken = tokio::time::timeout(wait_max, places.acquire()).await;
    taken.ok().and_then(Result::ok).ok_or(Full)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_class_does_not_take_another_s_places() {
        let soon = Duration::from_millis(1);
        let slots = Slots { wait_max: soon, hooks_wait_max: soon, ..Slots::new(1) };
        let mut held = Vec::new();
        for class in [Class::Links, Class::Landing, Class::Hooks, Class::Ledger, Class::Pages] {
            while let Ok(place) = slots.take(class).await {
                held.push(place);
            }
        }
        let mut turns = Vec::new();
        while let Ok(Ok(turn)) = tokio::time::timeout(soon, slots.rendering(Class::Links)).await {
            turns.push(turn);
        }
        let one_click = slots.take(Class::OptOuts).await;
        assert!(one_click.is_ok());
        assert!(slots.rendering(Class::OptOuts).await.is_ok(), "its page doesn't wait for other pages");
        assert!(slots.take(Class::OptOuts).await.is_err());
    }
}
