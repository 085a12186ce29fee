//! `consentry serve`

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::watch;
use web::{
    AjoConfig, AjoState, ApiConfig, Keys, LedgerFiles, PublicConfig, TextHooks, WebState, ajo_router,
    api_router, public_router,
};

use crate::background::{self, Means};
use crate::cli::Serve;
use crate::context::Context;
use crate::listen::{self, Peers};
use crate::mail_section::MailDesk;
use crate::output::{self, Exit, fail};
use crate::probe::RouterProbe;
use crate::server_file::ServerFile;
use crate::system::OsEntropy;
use crate::{pages_section, sms_section, webhook_section};

/// Serves the public pages until it is told to stop.
pub async fn run(context: &Context, args: Serve) -> Result<Exit> {
    let file = args.config.as_deref().map(ServerFile::load).transpose()?.unwrap_or_default();
    let beside = args.config.as_deref().unwrap_or(Path::new(""));
    let keys = file.api_key.iter().map(|key| key.read(beside)).collect::<Result<Vec<_>>>()?;
    let keys = Keys::with_store(keys, context.store.clone(), Arc::clone(&context.clock));
    let namespace = file.ajo.namespace()?;
    let mut config = public_config(context, args.behind_proxy, &keys)?;
    config.webhooks = webhook_section::webhooks(&file.webhook, beside, context.workspace)?;
    config.texts = sms_section::receivers(context, &file.sms, beside).await?;
    let (pages_desk, notices) = pages_section::open(context, file.pages.as_ref(), beside).await?;
    config.desk = pages_desk;
    let transports = sms_section::transports(&context.transports, &file.sms, beside)?;
    let desk = MailDesk::open(context, &file, beside).await?;
    let listener = listen::bind(args.listen)
        .map_err(|error| fail(format!("{}: {error}", args.listen), "name another with --listen"))?;
    output::say(format_args!("serving the public pages on http://{}/", listener.local_addr()?));
    let public_url = context.settings().await?.public_url;
    if public_url.is_none() {
        output::say(
            "hint: links in messages need `public_url`, in the campaign file or by `init --public-url`",
        );
    }
    background::announce(context).await?;
    let stop = stop_signal();
    let mut tasks = desk.spawn(&stop);
    let probe = Arc::new(RouterProbe(public_pages(context, None)?));
    tasks.spawn(background::work(context.clone(), Means { probe, notices, transports }, stop.clone()));
    tasks.spawn(context.transports.clone().keep(stop.clone()));
    let drain = Duration::from_secs(args.drain_seconds);
    let api = api(context, &keys, public_url.clone(), file.api.requests_per_minute).await?;
    let mut routes = public_router(WebState::new(config));
    routes = interfaces(context, keys, namespace, public_url.clone()).await.fallback_service(routes);
    let peers = if args.behind_proxy { Peers::Proxy } else { Peers::Clients };
    if let Some(operators) = file.operators {
        let listener = listen_apart(operators.listen)?;
        let (api, until) = (web::below(api, public_url.as_deref()), listen::after(stop.clone(), drain));
        tasks.spawn(async move {
            if let Err(error) = listen::serve(listener, api, peers, until).await {
                tracing::error!(error = %error, "the HTTP API isn't served any more");
            }
        });
    } else {
        routes = api.fallback_service(routes);
    }
    let pages = web::below(listen::unready_when(routes, stop.clone()), public_url.as_deref());
    listen::serve(listener, pages, peers, listen::after(stop, drain)).await?;
    while tasks.join_next().await.is_some() {}
    // What was acknowledged is durable already; this only brings the ledger's files up to date.
    context.store.seal_ledger().await?;
    Ok(Exit::Done)
}

/// The HTTP API over this data directory.
async fn api(
    context: &Context,
    keys: &Keys,
    public_url: Option<String>,
    requests_per_minute: u32,
) -> Result<Router> {
    if !context.store.is_shared() {
        // Whoever was at them is gone.
        context.store.abandon_requests().await?;
    }
    Ok(api_router(ApiConfig {
        service: context.service(),
        keys: keys.clone(),
        public_url,
        requests_per_minute,
    }))
}

fn listen_apart(address: SocketAddr) -> Result<TcpListener> {
    let listener = listen::bind(address)
        .map_err(|error| fail(format!("{address}: {error}"), "name another as [operators] listen"))?;
    output::say(format_args!("serving the HTTP API on http://{}/api/docs", listener.local_addr()?));
    Ok(listener)
}

/// Adobe's interfaces over this data directory.
async fn interfaces(
    context: &Context,
    keys: Keys,
    profile_namespace: String,
    public_url: Option<String>,
) -> Router {
    let state = AjoState::new(AjoConfig {
        store: context.store.clone(),
        workspace: context.workspace,
        clock: Arc::clone(&context.clock),
        entropy: Arc::new(OsEntropy),
        keys,
        profile_namespace,
        uploads_dir: context.dir.join("uploads"),
        public_url,
    });
    state.resume().await;
    ajo_router(&state)
}

/// The public pages over this data directory, asked by programs on this machine; with receivers of texts, if any.
pub fn public_pages(context: &Context, texts: Option<Arc<TextHooks>>) -> Result<Router> {
    let config = PublicConfig { texts, ..public_config(context, false, &Keys::of_file(Vec::new()))? };
    Ok(public_router(WebState::new(config)))
}

fn public_config(context: &Context, behind_proxy: bool, keys: &Keys) -> Result<PublicConfig> {
    let mut config = PublicConfig::new(context.store.clone(), Arc::clone(&context.clock));
    config.behind_proxy = behind_proxy;
    config.ledger = Some(LedgerFiles {
        dir: context.store.ledger_dir(),
        verifier_key: context.store.ledger_verifier_key()?,
        keys: keys.clone(),
    });
    Ok(config)
}

/// Turns true at the first ctrl-c or SIGTERM. A second ctrl-c ends the program at once.
pub fn stop_signal() -> watch::Receiver<bool> {
    let mut stop = quiet_stop_signal();
    let stopped = stop.clone();
    tokio::spawn(async move {
        if stop.wait_for(|stop| *stop).await.is_ok() {
            say_stopping();
        }
    });
    stopped
}

/// Says that what is in hand is finished first.
pub fn say_stopping() {
    output::say("stopping; what is in hand is finished first");
}

/// The same as [`stop_signal`], for whoever says more than that.
pub fn quiet_stop_signal() -> watch::Receiver<bool> {
    let (sender, receiver) = watch::channel(false);
    tokio::spawn(async move {
        let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).ok();
        let terminated = async {
            match &mut terminate {
                Some(signal) => drop(signal.recv().await),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            () = terminated => {}
        }
        let _ = sender.send(true);
        let _ = tokio::signal::ctrl_c().await;
        std::process::exit(130);
    });
    receiver
}
