//! `classify`

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `classify`
#[derive(Debug, Subcommand)]
pub enum Classify {
    /// Say what received mails are, bounces, complaints, unsubscribe requests, automatic answers, and why. Changes nothing
    Mail(ClassifyMail),
}

/// `classify mail`
#[derive(Debug, Args)]
pub struct ClassifyMail {
    /// Files with one message each; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
}
