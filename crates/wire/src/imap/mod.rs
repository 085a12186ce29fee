//! Reading a mailbox by IMAP (RFC 9051, RFC 3501): what came back is taken, flagged, and moved if wanted. Nothing is ever
//! deleted, and what nobody can make sense of is left for people.
//!
//! The flags are what remembers: a mail that was taken and couldn't be flagged is read again, which is no harm, since
//! each mail counts once.

mod config;
mod connect;
mod exchange;
mod folder;
mod look;
mod reader;
mod troubles;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::watch;

pub use config::{ImapConfig, ImapError, ImapTls};
use folder::Folder;
pub use look::newest_from;
pub use reader::{Failure, MailReader, Taken};
use troubles::Troubles;

/// First and longest wait before a lost connection is made anew.
const BACKOFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_mins(5));
/// Shortest wait before a folder is looked at again.
const PAUSE_MIN: Duration = Duration::from_secs(1);
/// Wait after the server refused user and password: some lock an account after a few tries.
const LOGIN_BACKOFF: Duration = Duration::from_mins(5);

/// Reads the mailbox until `stop` turns true; a connection that is lost is made anew.
pub fn run(
    config: ImapConfig,
    reader: Arc<dyn MailReader>,
    stop: watch::Receiver<bool>,
) -> BoxFuture<'static, ()> {
    Box::pin(read_until(config, reader, stop))
}

async fn read_until(config: ImapConfig, reader: Arc<dyn MailReader>, mut stop: watch::Receiver<bool>) {
    let (mut wait, mut troubles) = (BACKOFF.0, Troubles::default());
    let stopped = async { drop(stop.wait_for(|stop| *stop).await) };
    let reading = async {
        loop {
            let mut worked = false;
            let Err(error) = read(&config, &*reader, &mut troubles, &mut worked).await;
            if worked {
                wait = BACKOFF.0;
            }
            let pause = if matches!(error, ImapError::Login) { LOGIN_BACKOFF } else { wait };
            tracing::warn!(host = config.host, %error, seconds = pause.as_secs(), "the mailbox can't be read; trying again");
            tokio::time::sleep(pause).await;
            wait = (wait * 2).min(BACKOFF.1);
        }
    };
    // What is being taken when it stops is either durable or read again.
    tokio::select! {
        () = stopped => {}
        () = reading => {}
    }
}

/// Reads on one connection until it breaks. `worked` says that what was there was read.
async fn read(
    config: &ImapConfig,
    reader: &dyn MailReader,
    troubles: &mut Troubles,
    worked: &mut bool,
) -> Result<std::convert::Infallible, ImapError> {
    let session = connect::login(config).await?;
    let mut folder = Folder::open(session, config, troubles).await?;
    loop {
        while folder.take_some(reader, troubles).await? {
            *worked = true;
        }
        *worked = true;
        // What the server couldn't hand out is asked for again sooner than that.
        let again = troubles.next(reader.monotonic()).unwrap_or(config.poll);
        folder = folder.wait(config.poll.min(again.max(PAUSE_MIN))).await?;
    }
}
