//! What became of the runs.

use serde::Serialize;
use store::StoreError;

use super::{Feedback, OptOuts, ShownRun};
use crate::{Actor, Fault, Page, Problem, Service};

/// Runs that are looked at.
const RUNS_MAX: usize = 100;

/// Which.
#[derive(Clone, Debug, Default)]
pub struct In {
    /// Only runs of this campaign.
    pub campaign: Option<String>,
}

/// Runs, newest first.
pub type Out = Page<Reported>;

/// A run with what came back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = Run)]
#[serde(rename_all = "camelCase")]
pub struct Reported {
    /// The run.
    #[serde(flatten)]
    pub run: ShownRun,
    /// What came back about its messages.
    pub feedback: Feedback,
    /// Who opted out through them.
    pub opt_outs: OptOuts,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The campaign was never sent.
    #[error("no run of a campaign `{0}`")]
    NoRun(String),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Fault for Error {
    fn problem(&self) -> Problem {
        match self {
            Self::NoRun(_) => Problem::not_found("run-not-found", "/campaign"),
            Self::Store(error) => error.problem(),
        }
    }
}

/// Reports on the runs of a campaign, or on all.
pub async fn report(service: &Service, _actor: &Actor, In { campaign }: In) -> Result<Out, Error> {
    let mut data = Vec::new();
    for run in service.store.runs(service.workspace, RUNS_MAX).await? {
        if campaign.as_ref().is_none_or(|name| run.campaign == *name) {
            let feedback = Feedback::of(service, run.id).await?;
            let opt_outs = service.store.run_opt_outs(service.workspace, run.id).await?.into();
            data.push(Reported { run: ShownRun::of(service, run).await?, feedback, opt_outs });
        }
    }
    match campaign {
        Some(name) if data.is_empty() => Err(Error::NoRun(name)),
        _ => Ok(Page::whole(data)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;

    #[tokio::test]
    async fn a_run_is_reported_by_its_campaign() {
        let world = World::new();
        let asked = |name: &str| In { campaign: Some(name.to_owned()) };
        let none = report(&world.service, &world.actor, asked("spring")).await.unwrap_err();
        assert_eq!(none.problem(), Problem::not_found("run-not-found", "/campaign"));
        world.run_of("spring").await;
        let out = report(&world.service, &world.actor, asked("spring")).await.unwrap();
        assert_eq!((out.data[0].run.state, out.data[0].run.counts.sent), ("open", 0));
        assert_eq!(report(&world.service, &world.actor, In::default()).await.unwrap(), out);
    }
}
