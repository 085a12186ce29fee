//! The file of `serve --config`: what comes in besides the public pages. Holds no secret: those are named by file or by
//! environment variable.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde::Deserialize;

use crate::mail_section::{MailSection, MailboxSection};
use crate::output::fail;
use crate::webhook_section;

/// `consentry.toml`, as it stands there.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerFile {
    /// Receiving mail.
    pub mail: Option<MailSection>,
    /// Mailboxes to read.
    pub mailbox: Vec<MailboxSection>,
    /// Webhooks of relay services.
    pub webhook: Vec<webhook_section::Section>,
}

impl ServerFile {
    /// Reads the file; relative paths in it are beside it.
    pub fn load(file: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
        toml::from_str(&text)
            .map_err(|error| fail(format!("{}: {error}", file.display()), "docs/receiving.md lists the keys"))
    }
}

/// A secret that the file names.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Secret {
    /// An environment variable that holds it.
    Env(String),
    /// A file that holds it; a line end behind it doesn't count.
    File(PathBuf),
}

impl Secret {
    /// The secret itself; never empty.
    pub fn read(&self, beside: &Path) -> Result<String> {
        let (name, secret) = match self {
            Self::Env(name) => (format!("the environment variable {name}"), std::env::var(name).ok()),
            Self::File(file) => {
                let file = beside.parent().unwrap_or(Path::new("")).join(file);
                let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
                (file.display().to_string(), Some(text.trim_end_matches(['\r', '\n']).to_owned()))
            }
        };
        let secret = secret.filter(|secret| !secret.is_empty());
        secret.ok_or_else(|| fail(format!("{name} holds no secret"), "put it there, or name another place"))
    }
}
