//! `consentry intake ...`

use std::io::Read as _;
use std::path::Path;

use anyhow::Result;
use intake::inbox::{Inbox, MAIL_LENGTH_MAX, Origin};

use crate::cli::{Global, Intake};
use crate::context::Context;
use crate::mail_section;
use crate::output::{self, Exit};
use crate::server_file::ServerFile;

/// Most recipients of one mail that are looked at.
const RECIPIENTS_MAX: usize = 100;

/// Takes a mail. Whatever stands in its way makes the mail server keep it and try again: a mail that bounced off us would
/// be lost.
pub async fn run(global: &Global, command: Intake) -> Result<Exit> {
    let Intake::Mail(args) = command;
    let mut to = args.to;
    to.truncate(RECIPIENTS_MAX);
    let origin = Origin { from: args.from, to };
    Ok(match take(global, origin, args.config.as_deref()).await {
        Ok(()) => Exit::Done,
        Err(error) => {
            output::say(format_args!("error: {error:#}"));
            Exit::TryAgain
        }
    })
}

async fn take(global: &Global, origin: Origin, config: Option<&Path>) -> Result<()> {
    // Before anything is read: the mail server keeps what it wasn't told is taken.
    if !global.create {
        crate::data_dir::require(global)?;
    }
    let mut mail = Vec::new();
    let mut input = std::io::stdin().lock();
    (&mut input).take(MAIL_LENGTH_MAX as u64).read_to_end(&mut mail)?;
    // The rest of a larger one isn't looked at, but the mail server must be rid of it.
    std::io::copy(&mut input, &mut std::io::sink())?;
    drop(input);
    let extra = config
        .map(|file| mail_section::extra(&ServerFile::load(file)?, file))
        .transpose()?
        .unwrap_or_default();
    let context = Context::open(global).await?;
    let inbox = Inbox::new(context.store.clone(), context.workspace, context.clock.clone(), &extra);
    inbox.take(mail, origin).await?;
    Ok(())
}
