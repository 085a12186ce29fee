//! `consentry job`

use clap::Subcommand;
use consent::JobId;
use service::jobs::JobState;

use super::words;

/// `job ...`
#[derive(Debug, Subcommand)]
pub enum Job {
    /// Show jobs, newest first
    List {
        /// Only in this state; may be given several times
        #[arg(long, value_parser = words::job_state())]
        state: Vec<JobState>,
        /// Only of this kind, e.g. campaign, notice, reply
        #[arg(long)]
        kind: Option<String>,
        /// At most so many
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=500))]
        limit: u16,
        /// Go on where the page before ended
        #[arg(long, value_name = "CURSOR")]
        after: Option<String>,
    },
    /// Show one job: how far it is, what came of it, why it failed
    Show {
        /// The job, e.g. job_42
        job: JobId,
    },
    /// End a job. One that runs finishes what it has in hand
    Cancel {
        /// The job, e.g. job_42
        job: JobId,
    },
    /// Do a job now that was given up or cancelled, or that waits
    Retry {
        /// The job, e.g. job_42
        job: JobId,
    },
}
