//! What there is to test: the latest run of each configuration.

use std::collections::{BTreeMap, HashMap};

use anyhow::Result;
use delivery::selftest::Course;
use store::Configuration;

use super::verdict::Way;
use crate::context::Context;
use crate::output::fail;

/// Runs that are looked through, newest first.
const RUNS_MAX: usize = 1_000;

/// A configuration that has sent something.
pub struct Planned {
    /// Its name.
    pub name: String,
    /// Its latest run and how that was sent, or why it can't be tested.
    pub course: Result<Course, Way>,
}

/// The configurations that have sent campaigns, by name; all of them, or those named.
pub async fn plan(context: &Context, wanted: &[String]) -> Result<Vec<Planned>> {
    let mut known: HashMap<i64, Option<Configuration>> = HashMap::new();
    let mut latest = BTreeMap::new();
    for run in context.store.runs(context.workspace, RUNS_MAX).await? {
        let id = run.configuration;
        if let std::collections::hash_map::Entry::Vacant(place) = known.entry(id.0) {
            place.insert(context.store.configuration(context.workspace, id).await?);
        }
        let Some(configuration) = known.get(&id.0).cloned().flatten() else { continue };
        if wanted.is_empty() || wanted.contains(&configuration.name) {
            latest.entry(configuration.name.clone()).or_insert((run, configuration));
        }
    }
    if let Some(missing) = wanted.iter().find(|name| !latest.contains_key(*name)) {
        return Err(fail(
            format!("no campaign was sent with a configuration `{missing}`"),
            "`consentry campaign report` lists the runs; a configuration's name stands in the campaign file",
        ));
    }
    if latest.is_empty() {
        return Err(fail(
            "no campaign was sent yet, so that there are no ways out to test",
            "send one, to the test address alone if you like: `consentry campaign run FILE`",
        ));
    }
    let mut planned = Vec::with_capacity(latest.len());
    for (name, (run, configuration)) in latest {
        let course =
            Course::of(&context.store, context.workspace, run, &configuration, &context.secrets).await;
        let course = course.map_err(|error| {
            Way::fails("configuration", "configuration", "configuration", error.to_string())
        });
        planned.push(Planned { name, course });
    }
    Ok(planned)
}
