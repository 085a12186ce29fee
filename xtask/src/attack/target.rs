//! The server that is attacked.

use std::ffi::OsStr;
use std::fs;
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener};
use std::path::{Path, PathBuf};

use anyhow::Result;
use tempfile::TempDir;

use crate::product::{Choice, Product, Running, Stage, Usage, choice};

/// The topic whose messages the server takes.
pub(super) const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:bounces";

/// A data directory with people, and their links.
pub(super) struct Prepared {
    stage: Stage,
    links: Vec<String>,
}

/// Makes the data directory, once for all attacks.
pub(super) fn prepare(binary: &Path, people: usize) -> Result<Prepared> {
    let stage = Stage::new(binary, people)?;
    stage.fill()?;
    let sent = stage.links()?;
    let with_link = (0..people).filter(|person| choice(*person) == Choice::Yes);
    let links = with_link.map(|person| sent.of(person).map(str::to_owned)).collect::<Result<_>>()?;
    Ok(Prepared { stage, links })
}

impl Prepared {
    /// A copy of it, served.
    pub fn start(&self) -> Result<Target> {
        let (folder, product) = self.stage.round()?;
        let mail_port = free_port()?;
        let config = folder.path().join("consentry.toml");
        fs::write(&config, configuration(mail_port))?;
        let (server, port) = product.serve_with(&[OsStr::new("--config"), config.as_os_str()])?;
        Ok(Target { server, port, mail_port, links: self.links.clone(), product, folder })
    }
}

fn configuration(mail_port: u16) -> String {
    format!(
        "[mail]\nlisten = \"127.0.0.1:{mail_port}\"\nhostname = \"mx.example\"\n\n\
         [[webhook]]\nname = \"ses\"\nprovider = \"ses\"\ntopics = [\"{TOPIC}\"]\n"
    )
}

/// A port that was free a moment ago.
fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}

/// A server with people who can opt out.
pub(super) struct Target {
    server: Running,
    /// Where it serves.
    pub port: u16,
    /// Where it takes mail.
    pub mail_port: u16,
    /// The paths of people's unsubscribe links.
    pub links: Vec<String>,
    /// The binary on its data directory.
    pub product: Product,
    folder: TempDir,
}

impl Target {
    /// The most memory that it has had so far, in bytes.
    pub fn memory(&self) -> u64 {
        let mut usage = Usage::default();
        usage.look_at(self.server.id());
        usage.memory_peak_bytes
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> Result<bool> {
        self.server.runs()
    }

    /// A file of this name beside the data directory.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}
