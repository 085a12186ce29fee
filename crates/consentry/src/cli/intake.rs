//! `intake`

use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Args, Subcommand};

use crate::output::Exit;

/// `intake`
#[derive(Debug, Subcommand)]
pub enum Intake {
    /// Take one received mail from standard input, as a mail server's pipe delivers it: bounces, complaints and unsubscribe
    /// requests come into effect. Exit codes are those of sysexits: 0 taken, 75 to be tried again, 64 wrong usage
    Mail(IntakeMail),
}

/// `intake mail`
#[derive(Debug, Args)]
pub struct IntakeMail {
    /// The envelope sender; empty for bounces (Postfix: ${sender})
    #[arg(long, value_name = "ADDRESS")]
    pub from: Option<String>,
    /// An envelope recipient (Postfix: ${recipient})
    #[arg(long, value_name = "ADDRESS")]
    pub to: Vec<String>,
    /// The file of `serve --config`. Reports that reach one of its `extra` addresses may name whom they are about; all others
    /// need a token of ours
    #[arg(long, env = "CONSENTRY_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// As a lower-case A-label.
pub(super) fn mail_domain(text: &str) -> Result<String, String> {
    let address = consent::Address::email(&format!("a@{text}")).map_err(|_| "it isn't a domain")?;
    Ok(address.domain().to_owned())
}

/// Ends the program on a command line that is wrong, or that asks for help. A mail server's pipe knows the codes of
/// sysexits only.
pub fn leave(error: &clap::Error) -> ! {
    if !error.use_stderr() {
        error.exit();
    }
    // What somebody typed, or a script passed on, stands in it.
    let text = error.render().to_string();
    if std::env::args_os().any(|word| word == "--json") {
        let problem = service::Problem::new(service::Kind::Invalid, "usage");
        crate::output::say(crate::output::shown_json(&crate::output::details(&problem, text.trim_end())));
    } else {
        crate::output::say(text.trim_end());
    }
    if std::env::args_os().any(|word| word == "intake") {
        // An empty variable in the environment isn't the sender's fault either: the mail is kept.
        let value = matches!(error.kind(), ErrorKind::InvalidValue | ErrorKind::ValueValidation);
        let exit = if value { Exit::TryAgain } else { Exit::Usage };
        std::process::exit(exit as i32);
    }
    std::process::exit(error.exit_code())
}
