//! Links to landing pages of the brand's own, `landing_page_url(page="...")` in templates.
//!
//! A landing page offers what the brand puts on it, and leads on to the page of choices. So it is no way out by itself:
//! marketing needs one beside it.

use std::collections::{BTreeMap, BTreeSet};

use consent::WorkspaceId;
use minijinja::value::Kwargs;
use minijinja::{Error, ErrorKind, Value};
use store::{LandingPageId, LandingState, Store, StoreError};

use crate::campaign::Campaign;
use crate::links::{LinkFor, Links, calls};

/// The template function.
pub(crate) const NAME: &str = "landing_page_url";

/// The published pages that a campaign's templates link to, by name.
pub(crate) async fn published(
    store: &Store,
    workspace: WorkspaceId,
    campaign: &Campaign,
) -> Result<BTreeMap<String, LandingPageId>, StoreError> {
    let mut found = BTreeMap::new();
    for name in campaign.sources().flat_map(|source| named(source).0) {
        let page = store.landing_page(workspace, &name).await?;
        let page = page.filter(|page| page.state == LandingState::Published);
        found.extend(page.map(|page| (name, page.id)));
    }
    Ok(found)
}

/// What is wrong with a template's calls.
///
/// Read from the source, not from a rendering: a call in a branch that no sample takes counts too.
pub(crate) fn problems(source: &str, links: &Links) -> Vec<String> {
    let (names, mut problems) = named(source);
    let unknown = names.iter().filter(|name| !links.landing.contains_key(*name));
    problems.extend(unknown.map(|name| {
        format!("{NAME}: no landing page `{name}` is published; `consentry page publish {name}` shows it")
    }));
    problems
}

fn named(source: &str) -> (BTreeSet<String>, Vec<String>) {
    let (mut names, mut problems) = (BTreeSet::new(), Vec::new());
    for call in calls(source, NAME, "page") {
        match call {
            Ok((None, Some(name))) => drop(names.insert(name)),
            Ok((Some(_), _)) => problems.push(format!("{NAME}: the one argument is page")),
            Ok((None, None)) => problems.push(format!("{NAME}: name the page, as page=\"spring\"")),
            Err(problem) => problems.push(format!("{NAME}: {problem}")),
        }
    }
    (names, problems)
}

/// What the template function answers.
pub(crate) fn page(links: &Links, to: LinkFor, arguments: &Kwargs) -> Result<Value, Error> {
    let name = arguments.get::<&str>("page")?;
    arguments.assert_all_used()?;
    let refuse = |problem: String| Error::new(ErrorKind::InvalidOperation, problem);
    let id =
        links.landing.get(name).ok_or_else(|| refuse(format!("no landing page `{name}` is published")))?;
    let url = links.landing(*id, to);
    url.map(Value::from_safe_string).map_err(|_| refuse("the link can't be signed".to_owned()))
}
