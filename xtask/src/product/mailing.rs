//! Campaign files.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use toml::{Table, Value};

/// A newsletter of the size that newsletters have.
const HTML: &str = include_str!("newsletter.html");

/// A DKIM key.
#[derive(Clone, Debug)]
pub struct DkimKey {
    /// Its selector.
    pub selector: String,
    /// PEM file with the private key.
    pub file: PathBuf,
}

/// A campaign to an SMTP server on this machine.
#[derive(Clone, Debug)]
pub struct Mailing {
    /// The campaign's name.
    pub name: String,
    /// The server's port on 127.0.0.1.
    pub port: u16,
    /// Connections at a time.
    pub connections_max: usize,
    /// CSV of addresses; `None`: everybody.
    pub audience: Option<PathBuf>,
    /// Keys to sign with.
    pub dkim: Vec<DkimKey>,
}

impl Mailing {
    /// To everybody, unsigned.
    pub fn new(name: &str, port: u16, connections_max: usize) -> Self {
        Self { name: name.to_owned(), port, connections_max, audience: None, dkim: Vec::new() }
    }

    /// Writes the campaign file.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn write(&self, file: &Path) -> Result<()> {
        let audience = match &self.audience {
            None => table([("all", Value::Boolean(true))]),
            Some(csv) => table([("file", text(csv.display()))]),
        };
        let dkim = |key: &DkimKey| {
            table([
                ("domain", text("example.com")),
                ("selector", text(&key.selector)),
                ("key_file", text(key.file.display())),
            ])
        };
        let transport = table([
            ("host", text("127.0.0.1")),
            ("port", Value::Integer(i64::from(self.port))),
            ("tls", text("none")),
            ("connections_max", Value::Integer(i64::try_from(self.connections_max)?)),
        ]);
        let mut configuration = vec![
            ("name", text("chaos-and-bench")),
            ("channel", text("email")),
            ("category", text("marketing")),
            ("from", text("Example News <news@example.com>")),
            ("public_url", text("http://127.0.0.1:8025")),
            ("transport", transport),
            ("retry", table([("delays", Value::Array(vec![text("1s")]))])),
        ];
        if !self.dkim.is_empty() {
            configuration.push(("dkim", Value::Array(self.dkim.iter().map(dkim).collect())));
        }
        let content =
            table([("subject", text("News for you, {{ profile.first_name }}")), ("html", text(HTML))]);
        let campaign = table([
            ("name", text(&self.name)),
            ("audience", audience),
            ("configuration", table(configuration)),
            ("content", content),
        ]);
        fs::write(file, toml::to_string(&campaign)?).map_err(Into::into)
    }
}

fn text(text: impl std::fmt::Display) -> Value {
    Value::String(text.to_string())
}

fn table<'a>(entries: impl IntoIterator<Item = (&'a str, Value)>) -> Value {
    Value::Table(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Table>())
}
