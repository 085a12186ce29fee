//! How often whoever has a link may have more sent, or change what is preferred. A no is never counted, and never refused.

use std::time::Duration;

use axum::http::StatusCode;
use axum::response::Response;
use consent::Choice;
use intake::unsubscribe::{LinkError, Opened};
use store::{Quota, Spent, StoreError};

use crate::http::requester::Requester;
use crate::pages::sheet::Sheet;
use crate::pages::state::PagesState;

/// Forms of one person that say yes to something or change a preference: people try things out.
const PER_MINUTE: u32 = 10;
const PER_DAY: u32 = 40;

/// Counts such a form of a person's; false if there were too many.
pub(crate) async fn admits(state: &PagesState, opened: &Opened) -> Result<bool, StoreError> {
    let key = format!("widened {}", opened.owner.profile.0);
    let in_a_minute = Quota { key: key.clone(), at_most: PER_MINUTE, within: Duration::from_mins(1) };
    let quotas = vec![in_a_minute, Quota::a_day(key, PER_DAY)];
    let (store, now) = (&state.store(), state.clock().now());
    Ok(store.spend(opened.token.workspace, None, quotas, now).await? == Spent::Within)
}

/// Which choices may be recorded: a no in any case, also where nobody can say how many others there were.
pub(crate) async fn admitted<T>(
    state: &PagesState,
    opened: &Opened,
    choices: Vec<T>,
    choice: impl Fn(&T) -> Choice,
    others: bool,
) -> Result<(Vec<T>, bool), LinkError> {
    let says_no = |said: &T| !choice(said).is_yes();
    if !others && choices.iter().all(says_no) {
        return Ok((choices, true));
    }
    let admits = match admits(state, opened).await {
        Err(error) if !choices.iter().any(says_no) => return Err(error.into()),
        answer => answer.unwrap_or(false),
    };
    let kept = choices.into_iter().filter(|said| admits || says_no(said)).collect();
    Ok((kept, admits))
}

/// The page for a button that would have more sent, pressed too often.
pub(crate) async fn too_often(
    state: &PagesState,
    requester: &Requester,
    opened: &Opened,
) -> Result<Response, LinkError> {
    let sheet = Sheet::load(state, requester, opened.token.workspace, [None, None]).await?;
    Ok(sheet.refusal(state, StatusCode::TOO_MANY_REQUESTS, "too-many"))
}
