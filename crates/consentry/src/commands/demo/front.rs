//! The demo's front page and mailbox, fed from the store.

use std::sync::Arc;

use anyhow::Result;
use async_trait::async_trait;
use axum::Router;
use demo::brand::BRAND;
use demo::mailbox::{Demo, DemoRun, DemoState, MailboxConfig, mailbox_router};
use store::{DeliveryState, RunState};

use super::stage::Stage;
use crate::commands::serve::public_pages;
use crate::context::WORKSPACE;

/// Runs shown.
const RUNS_MAX: usize = 8;

/// The front page and the mailbox.
pub fn router(stage: Stage) -> Result<Router> {
    Ok(mailbox_router(MailboxConfig {
        mailbox: stage.mailbox.clone(),
        clock: Arc::clone(&stage.context.clock),
        public: public_pages(&stage.context, None)?,
        provider: stage.provider.clone(),
        public_url: stage.public_url.clone(),
        demo: Arc::new(Front(stage)),
    }))
}

struct Front(Stage);

#[async_trait]
impl Demo for Front {
    async fn state(&self) -> DemoState {
        let store = &self.0.context.store;
        let profiles = store.counts(WORKSPACE).await.map(|counts| counts.profiles).unwrap_or_default();
        let mut runs = Vec::new();
        for run in store.runs(WORKSPACE, RUNS_MAX).await.unwrap_or_default() {
            let Ok(report) = store.run_report(WORKSPACE, run.id).await else { continue };
            runs.push(DemoRun {
                title: run.campaign,
                sent: report.deliveries.get(&DeliveryState::Sent).copied().unwrap_or(0),
                withheld: report.excluded.into_iter().collect(),
                going_on: run.state == RunState::Open,
            });
        }
        DemoState { brand: BRAND.to_owned(), profiles, runs }
    }

    async fn send_again(&self) -> std::result::Result<(), String> {
        if self.0.sending.try_lock().is_err() {
            return Err("A campaign is being sent already. Wait until it is through.".to_owned());
        }
        self.0.send_round().await.map(drop).map_err(|error| format!("It can't be sent: {error:#}"))
    }
}
