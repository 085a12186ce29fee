//! `classify`

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `classify`
#[derive(Debug, Subcommand)]
pub enum Classify {
    /// Say what received mails are, bounces, complaints, unsubscribe requests, automatic answers, and why. Changes nothing
    Mail(ClassifyMail),
    /// Say what replies to text messages ask for, one per line. Changes nothing
    Sms(ClassifySms),
}

/// `classify mail`
#[derive(Debug, Args)]
pub struct ClassifyMail {
    /// Files with one message each; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
}

/// `classify sms`
#[derive(Debug, Args)]
pub struct ClassifySms {
    /// Files with one text per line, a new line within a text written as \n; standard input if none is given, and for `-`
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
}
