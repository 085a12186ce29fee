//! Global Privacy Control: a browser's standing "don't share or sell my data" (W3C Global Privacy Control).

use consent::{Field, Target};
use intake::unsubscribe::{self, Known};

use crate::http::requester::Requester;
use crate::pages::screen::Screen;
use crate::pages::state::PagesState;
use crate::pages::statement::statement;

/// What a page says about the signal, as templates have it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signal {
    /// Nothing.
    Silent,
    /// The browser sends it: the next button records it.
    Sent,
    /// Sharing is refused.
    Recorded,
}

impl Signal {
    /// The name of its text; empty for none.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Silent => "",
            Self::Sent => "gpc-note",
            Self::Recorded => "gpc-recorded",
        }
    }
}

/// What a page says. Reading a page records nothing (I4), signal or not.
pub(crate) fn signal(requester: &Requester, screen: &Screen<'_>) -> (Signal, Option<String>) {
    match refused(screen).map(|known| screen.date(known.at)) {
        Some(Some(date)) => (Signal::Recorded, Some(date)),
        None if requester.gpc => (Signal::Sent, None),
        Some(None) | None => (Signal::Silent, None),
    }
}

fn refused(screen: &Screen<'_>) -> Option<Known> {
    let value = unsubscribe::value(&screen.about.profile, screen.opened, Target::Field(Field::Share))?;
    value.choice.is_no().then_some(value)
}

/// Records the signal of a POST that a person made, as an entry of its own, unless it stands already. What the person
/// asked for is durable by then; so a signal that can't be recorded is logged and comes again with the next button.
pub(crate) async fn heed(state: &PagesState, requester: &Requester, screen: &Screen<'_>, page: &'static str) {
    if !requester.gpc {
        return;
    }
    let evidence = statement(state, requester, page, screen.locale.tag, "Sec-GPC: 1");
    let (store, now) = (state.store(), state.clock().now());
    let heeded = unsubscribe::refuse_sharing(store, screen.opened, &screen.about, evidence, now).await;
    if let Err(error) = heeded {
        tracing::error!(error = %error, "a Global Privacy Control signal couldn't be recorded");
    }
}
