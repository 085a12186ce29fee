//! Tests of this crate's parts together, and what they stand on.

mod compose;
pub mod engine;
mod nodes;
mod preferred;
mod promises;
mod publish;
mod refused;
mod rendering;
mod sayings;
mod schedule;
mod server;
mod single;
mod suppressed;
mod trouble;
mod waits;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use consent::{Clock, Entropy, KeyRing, Level, RunId, Sent, Timestamp, WorkspaceId};
use sha2::Digest as _;

use crate::campaign::{Campaign, Documents};
use crate::configuration::{EmailConfiguration, Medium};
use crate::links::Links;
use crate::person::Person;
use crate::upload::RowsSource;

/// 2026-05-03T14:00:00Z.
pub const START: Timestamp = Timestamp(1_777_816_800_000_000);

/// Time that a test turns by hand.
#[derive(Default)]
pub struct HandClock(AtomicU64);

impl HandClock {
    /// Turns it forward.
    pub fn turn(&self, by: Duration) {
        self.0.fetch_add(u64::try_from(by.as_micros()).unwrap(), Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        START.plus(self.monotonic())
    }

    fn monotonic(&self) -> Duration {
        Duration::from_micros(self.0.load(Ordering::SeqCst))
    }
}

/// Not random at all: a counter.
#[derive(Default)]
pub struct CountingEntropy(AtomicU64);

impl Entropy for CountingEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let next = self.0.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::SeqCst).to_le_bytes();
            chunk.copy_from_slice(&next[..chunk.len()]);
        }
    }
}

/// A campaign with this head (before the tables) and content, sending to `port`.
pub fn campaign_with(head: &str, configuration: &str, content: &str, port: u16) -> Campaign {
    let text = format!(
        "{head}\n[configuration]\nname = 'shop'\nchannel = 'email'\nfrom = 'Shop Größe <news@shop.example>'\n\
         public_url = 'https://mail.shop.example'\n\
         transport = {{ host = '127.0.0.1', port = {port}, tls = 'none', connections_max = 3 }}\n{configuration}\n\
         [content]\n{content}\n"
    );
    read(&text)
}

/// A document from TOML.
pub fn document(text: &str) -> serde_json::Value {
    toml::from_str(text).unwrap()
}

/// A campaign whose configuration and content stand in it; `audience.file` names a file that is at hand.
pub fn read(text: &str) -> Campaign {
    let mut document = document(text);
    let file = document["audience"].as_object_mut().and_then(|audience| audience.remove("file"));
    let file = file.map(|file| std::path::PathBuf::from(file.as_str().unwrap()));
    if let Some(file) = &file {
        let hash = sha2::Sha256::digest(std::fs::read(file).unwrap());
        document["audience"]["upload"] = data_encoding::HEXLOWER.encode(&hash).into();
    }
    let documents = Documents { campaign: &document, configuration: None, content: None };
    let mut campaign = Campaign::from_documents(documents).unwrap();
    if let Some(file) = file {
        let hash = document["audience"]["upload"].as_str().unwrap();
        let name = file.display().to_string();
        campaign.read_from(hash, RowsSource::new(&name, move || Ok(Box::new(std::fs::File::open(&file)?))));
    }
    campaign
}

/// A marketing campaign to everyone.
pub fn campaign(content: &str) -> Campaign {
    campaign_with("name = 'spring'\naudience = { all = true }", "category = 'marketing'", content, 25)
}

/// What is email's own in a campaign's configuration.
pub fn email(campaign: &mut Campaign) -> &mut EmailConfiguration {
    match &mut campaign.configuration.medium {
        Medium::Email(email) => email,
        Medium::Sms(_) => panic!("it is email's"),
    }
}

pub fn links() -> Links {
    Links {
        ring: Arc::new(KeyRing::new([(1, [7; 32])])),
        public_url: "https://mail.shop.example".into(),
        workspace: WorkspaceId::MAIN,
        run: Some(RunId(3)),
        list: None,
        level: Level::Channel,
        short: false,
        landing: Arc::default(),
        opt_in: None,
    }
}

pub fn person() -> Person {
    Person {
        address: 42,
        to: "ann@example.com".to_owned(),
        phone: false,
        epoch: 0,
        sent: Sent::Unknown,
        personal: true,
        locale: Some("de-AT".to_owned()),
        country: Some("AT".to_owned()),
        external_id: Some("c-1".to_owned()),
        attributes: Some(r#"{"first_name":"Ann & <Bob>","points":7,"shop":{"city":"Wien"}}"#.to_owned()),
    }
}
