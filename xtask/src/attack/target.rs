//! The server that is attacked.

use std::ffi::OsStr;
use std::fs;
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener};
use std::path::{Path, PathBuf};

use anyhow::Result;
use tempfile::TempDir;

use super::From;
use crate::product::{Choice, Pace, Phones, Product, Receiver, Running, Stage, Usage, address, choice};

/// The topic whose messages the server takes.
pub(super) const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:bounces";
/// The lists that anybody may join, the first of which some are on.
pub(super) const LISTS: [&str; 3] = [LIST, "offers", "events"];
pub(super) const LIST: &str = "news";
/// How many people are on it.
const ON_LIST: usize = 50;
/// Who texts are from; how the provider shows that it is the provider, and the secret in that.
pub(super) const TEXTS_SENDER: &str = "+4915100000000";
pub(super) const SMS_AUTHORIZATION: &str = "Basic aG9vazowMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZg==";
const SMS_SECRET: &str = "0123456789abcdef0123456789abcdef";
/// Answers to texts of people whom nobody knew, within a day.
pub(super) const ANSWERS_PER_DAY: usize = 20;

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
    let product = stage.product();
    for list in LISTS {
        product.run(&["list", "create", list, "--public"])?.expect(&[0])?;
    }
    let rows: Vec<_> = (0..ON_LIST).map(|person| format!("c{person},{}\n", address(person))).collect();
    let file = stage.path("on-list.csv");
    fs::write(&file, format!("id,email\n{}", rows.concat()))?;
    let import = ["import", "profiles", "--set", "list.news=y"].map(OsStr::new);
    product.run(&[&import, [file.as_os_str()].as_slice()].concat())?.expect(&[0])?;
    let with_link = (0..people).filter(|person| choice(*person) == Choice::Yes);
    let links = with_link.map(|person| sent.of(person).map(str::to_owned)).collect::<Result<_>>()?;
    Ok(Prepared { stage, links })
}

impl Prepared {
    /// A copy of it, served.
    pub fn start(&self, from: From) -> Result<Target> {
        let (folder, product) = self.stage.round()?;
        let (mails, phones) = (Receiver::start(Pace::default())?, Phones::start(Pace::default())?);
        let mail_port = free_port()?;
        for (name, text) in [
            ("consentry.toml", configuration(mail_port, phones.port())),
            ("notices.toml", notices(mails.port())),
            ("texts.toml", texts(phones.port())),
            ("secret", SMS_SECRET.to_owned()),
        ] {
            fs::write(folder.path().join(name), text)?;
        }
        let config = folder.path().join("consentry.toml");
        let mut arguments = vec![OsStr::new("--config"), config.as_os_str()];
        if from == From::Everywhere {
            arguments.push(OsStr::new("--behind-proxy"));
        }
        let (server, port) = product.serve_with(&arguments)?;
        Ok(Target { server, port, mail_port, mails, phones, links: self.links.clone(), product, folder })
    }
}

/// The limits of the process are out of the way: what counts is what is sent, however many nodes take the posts.
fn configuration(mail_port: u16, phones_port: u16) -> String {
    format!(
        "[mail]\nlisten = \"127.0.0.1:{mail_port}\"\nhostname = \"mx.example\"\n\n\
         [pages]\nemail = \"notices.toml\"\nsms = \"texts.toml\"\ntext_countries = [\"DE\", \"AT\"]\n\
         per_network = 60000\nper_minute = 1000000\n\n\
         [[webhook]]\nname = \"ses\"\nprovider = \"ses\"\ntopics = [\"{TOPIC}\"]\n\n\
         [[sms]]\nname = \"net\"\nprovider = \"infobip\"\nsecret = {{ file = \"secret\" }}\n\
         answers_per_day = {ANSWERS_PER_DAY}\nsend = {}\n",
        transport(phones_port)
    )
}

fn transport(port: u16) -> String {
    format!("{{ provider = \"infobip\", secret_file = \"secret\", url = \"http://127.0.0.1:{port}\" }}")
}

/// The pages' mails.
fn notices(port: u16) -> String {
    format!(
        "name = \"notices\"\nchannel = \"email\"\ncategory = \"transactional\"\nfrom = \"Brand <hello@brand.example>\"\n\
         public_url = \"http://127.0.0.1:8025\"\ntransport = {{ host = \"127.0.0.1\", port = {port}, tls = \"none\" }}\n"
    )
}

/// Their texts.
fn texts(port: u16) -> String {
    format!(
        "name = \"texts\"\nchannel = \"sms\"\ncategory = \"transactional\"\nfrom = \"{TEXTS_SENDER}\"\n\
         public_url = \"http://127.0.0.1:8025\"\ntransport = {}\n",
        transport(port)
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
    /// Where its mails go.
    pub mails: Receiver,
    /// Where its texts go.
    pub phones: Phones,
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
