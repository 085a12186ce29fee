//! What the demo plays on: a data directory in a temporary folder, a mail server, the public pages, people, campaigns.
//! All of it is the product itself; only the people are made up.

use std::io::BufWriter;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use delivery::{RunOptions, RunSummary};
use demo::brand::{BRAND, LIST, Piece, signing_key};
use demo::mailbox::{Mailbox, MailboxLimits, Provider};
use demo::people;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, watch};
use tokio::task::JoinHandle;
use wire::receiver::{Receiver, ReceiverConfig};

use super::texts::Texts;
use crate::cli::{Format, Global, ImportProfiles};
use crate::commands::campaign::{deps, run_with_bar, stored};
use crate::commands::import::import_file;
use crate::commands::serve::public_pages;
use crate::context::{Context, WORKSPACE, database_error, database_password};
use crate::listen::{self, Peers};
use crate::output::fail;
use consent::Entropy;
use store::{NewList, Settings, private};

/// The stage; clones share it.
#[derive(Clone)]
pub struct Stage {
    /// The data directory.
    pub context: Context,
    /// What was sent.
    pub mailbox: Mailbox,
    /// The phones, and who brings their texts.
    pub provider: Provider,
    /// Where the public pages are.
    pub public_url: String,
    /// Held while campaigns are sent.
    pub sending: Arc<Mutex<()>>,
    shared: Arc<Shared>,
}

struct Shared {
    folder: tempfile::TempDir,
    smtp: SocketAddr,
    texts: SocketAddr,
    stop: watch::Sender<bool>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

impl Stage {
    /// Builds everything up and brings the people in.
    pub async fn set(global: &Global, people: u32, public: TcpListener, base_path: &str) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("consentry-demo-").tempdir()?;
        refuse_used_database(global)?;
        let data_dir = folder.path().join("data");
        let context = Context::open_or_make(&Global {
            data_dir,
            json: false,
            create: true,
            workspace: None,
            ..global.clone()
        })
        .await?;
        let public_url = format!("http://{}{base_path}", public.local_addr()?);
        let url = public_url.clone();
        let change = move |settings: &mut Settings| {
            settings.public_url = Some(url.clone());
            settings.brand = Some(BRAND.to_owned());
        };
        context.store.update_settings(WORKSPACE, Box::new(change)).await?;
        let mailbox = Mailbox::new(MailboxLimits::default());
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let config = ReceiverConfig::new("mailbox.example");
        let receiver =
            Receiver::bind(any, config, Arc::new(mailbox.clone()), Arc::clone(&context.clock)).await?;
        let smtp = receiver.local_addr().context("the mailbox listens nowhere")?;
        let (stop, stopped) = watch::channel(false);
        let texts = Texts::new(&context, &public_url)?;
        let pages = public_pages(&context, Some(Arc::clone(&texts.hooks)))?;
        let pages = web::below(pages, Some(&public_url));
        let pages = listen::serve(public, pages, Peers::Clients, stopped.clone());
        let (provider_at, providing) = texts.serve(stopped.clone()).await?;
        let mut until = stopped;
        let receiving = receiver.run(async move {
            let _ = until.wait_for(|stop| *stop).await;
        });
        let tasks = vec![tokio::spawn(receiving), tokio::spawn(async move { drop(pages.await) }), providing];
        let shared = Shared { folder, smtp, texts: provider_at, stop, tasks: Mutex::new(tasks) };
        let (provider, shared) = (texts.provider, Arc::new(shared));
        let stage = Self { context, mailbox, provider, public_url, sending: Arc::default(), shared };
        stage.write_campaigns()?;
        stage.bring_people(people).await?;
        Ok(stage)
    }

    async fn bring_people(&self, people: u32) -> Result<()> {
        let list = NewList::new(LIST, self.context.now());
        self.context.store.create_list(WORKSPACE, list).await?;
        let file = self.path("people.jsonl");
        people::write(people, BufWriter::new(private::create(&file)?))?;
        let args = ImportProfiles { file, format: Some(Format::Jsonl), ..ImportProfiles::default() };
        let report = import_file(&self.context, &args, &self.path("rejects.jsonl")).await?;
        if report.created != u64::from(people) {
            bail!("only {} of {people} people went in", report.created);
        }
        Ok(())
    }

    fn write_campaigns(&self) -> Result<()> {
        let mut secret = [0; 32];
        crate::system::OsEntropy.fill(&mut secret);
        private::write(&self.path("dkim.pem"), signing_key(secret))?;
        private::write(&self.path("twilio-token"), &self.provider.token)?;
        for piece in Piece::ALL {
            let (name, content) = piece.content();
            private::write(&self.path(name), content)?;
            let campaign = piece.campaign(self.shared.smtp, self.shared.texts);
            private::write(&self.campaign_file(piece), campaign)?;
        }
        Ok(())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.shared.folder.path().join(name)
    }

    fn campaign_file(&self, piece: Piece) -> PathBuf {
        self.path(&format!("{}.toml", piece.name()))
    }

    /// Sends one campaign, a further time if it was sent before.
    pub async fn send(&self, piece: Piece) -> Result<RunSummary> {
        let campaign = stored(&self.context, &self.campaign_file(piece)).await?;
        let options = RunOptions { again: true, ..RunOptions::default() };
        let deps = deps(&self.context, self.shared.stop.subscribe());
        run_with_bar(&self.context, &deps, &campaign, &options).await?.context(piece.name())
    }

    /// Sends all campaigns, one after the other.
    pub async fn send_round(&self) -> Result<Vec<RunSummary>> {
        let _sending = self.sending.lock().await;
        let mut summaries = Vec::new();
        for piece in Piece::ALL {
            summaries.push(self.send(piece).await?);
        }
        Ok(summaries)
    }

    /// Stops the servers. The folder goes with the last clone.
    pub async fn close(&self) {
        let _ = self.shared.stop.send(true);
        for task in self.shared.tasks.lock().await.drain(..) {
            let _ = tokio::time::timeout(std::time::Duration::from_secs(5), task).await;
        }
    }
}

/// The demo's people mustn't get among real ones.
fn refuse_used_database(global: &Global) -> Result<()> {
    let Some(url) = &global.database else { return Ok(()) };
    let password = database_password(global)?;
    let status = store::postgres::status(url, password.as_deref()).map_err(|error| database_error(&error))?;
    if status.version == 0 {
        return Ok(());
    }
    Err(fail("the database is in use; the demo needs an empty one", "`createdb consentry_demo` makes one"))
}
