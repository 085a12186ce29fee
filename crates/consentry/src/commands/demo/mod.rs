//! `consentry demo`: the main job, shown with a sample brand, made-up people and a built-in mailbox.

mod front;
mod http;
mod kept;
mod mail;
mod scripted;
mod stage;
mod texts;

use anyhow::Result;
use axum::Router;
use tokio::net::TcpListener;

use self::stage::Stage;
use super::serve::stop_signal;
use crate::cli::{Demo, Global};
use crate::listen::{self, Peers};
use crate::output::{self, Exit, grouped};

/// Shows the main job, with or without a person watching.
pub async fn run(global: &Global, args: Demo) -> Result<Exit> {
    if args.scripted {
        return scripted::run(global, args.people, &args.base_path).await;
    }
    let front = listen(args.port).await?;
    let public = listen(args.port.saturating_add(1)).await?;
    let front_url = format!("http://{}", front.local_addr()?);
    output::say(format_args!("preparing a sample brand with {} people ...", grouped(u64::from(args.people))));
    let stage = Stage::set(global, args.people, public, &args.base_path).await?;
    let router: Router = front::router(stage.clone())?;
    let stop = stop_signal();
    let serving = tokio::spawn(listen::serve(front, router, Peers::Clients, stop.clone()));
    stage.send_round().await?;
    output::line(
        WELCOME
            .replace("{url}", &front_url)
            .replace("{mails}", &grouped(stage.mailbox.len() as u64))
            .replace("{texts}", &grouped(stage.provider.phones.len())),
    );
    let outcome = serving.await?;
    stage.close().await;
    outcome?;
    Ok(Exit::Done)
}

const WELCOME: &str = "\
{mails} mails and {texts} texts have just been sent to the demo's mailbox and phones. Open

    {url}/

and try:
  1. open a mail and press \"Unsubscribe\" beside the sender, as a mail program shows it
  2. open another, follow the links at its end: one page, one button; then undo it
  3. open a phone and reply in any words: STOP, \"lass mich in ruhe\", \"see you at the bus stop\"
  4. press \"Send again\" on the front page: whoever said no gets nothing, and the page says why

ctrl-c ends the demo; nothing is left behind. `demo --scripted` does all this by itself.";

/// The port asked for, or any free one if it is taken.
async fn listen(port: u16) -> Result<TcpListener> {
    match TcpListener::bind(("127.0.0.1", port)).await {
        Ok(listener) => Ok(listener),
        Err(_) => Ok(TcpListener::bind(("127.0.0.1", 0)).await?),
    }
}
