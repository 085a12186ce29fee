//! The file of `serve --config`: what comes in besides the public pages. Holds no secret: those are named by file or by
//! environment variable.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde::Deserialize;
use web::{ApiConfig, ApiKey, Scope};

use crate::files::NamedSecret;
use crate::mail_section::{MailSection, MailboxSection};
use crate::output::fail;
use crate::{pages_section, sms_section, webhook_section};

/// Shortest secret of an API key, in bytes: one that can't be guessed.
const SECRET_LENGTH_MIN: usize = 16;
/// Longest name of an API key, in bytes.
const NAME_LENGTH_MAX: usize = 64;

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
    /// Receivers of text messages.
    pub sms: Vec<sms_section::Section>,
    /// Pages on which somebody types an address.
    pub pages: Option<pages_section::Section>,
    /// Secrets that definitions call by name.
    pub secrets: BTreeMap<String, NamedSecret>,
    /// Programs that may call the interfaces.
    pub api_key: Vec<ApiKeyTable>,
    /// What the interfaces call things.
    pub ajo: AjoTable,
    /// The HTTP API.
    pub api: ApiTable,
    /// Where operators and programs reach the interfaces.
    pub operators: Option<OperatorsTable>,
}

/// `[api]`
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ApiTable {
    /// Requests of one key in a minute, on each node.
    pub requests_per_minute: u32,
}

impl Default for ApiTable {
    fn default() -> Self {
        Self { requests_per_minute: ApiConfig::REQUESTS_PER_MINUTE }
    }
}

/// `[operators]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OperatorsTable {
    /// Where the HTTP API listens, instead of beside the public pages.
    pub listen: SocketAddr,
}

/// `[ajo]`
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AjoTable {
    /// The namespace of the brand's own ids, which imports call `id`.
    pub profile_namespace: String,
}

impl Default for AjoTable {
    fn default() -> Self {
        Self { profile_namespace: "CRMID".to_owned() }
    }
}

impl AjoTable {
    /// The namespace, checked.
    pub fn namespace(&self) -> Result<String> {
        let name = &self.profile_namespace;
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        let fits = (1..=NAME_LENGTH_MAX).contains(&name.len()) && name.chars().all(plain);
        let taken = ["email", "phone", "push"].iter().any(|taken| name.eq_ignore_ascii_case(taken));
        if fits && !taken {
            return Ok(name.clone());
        }
        let problem = format!(
            "[ajo] profile_namespace: use 1 to {NAME_LENGTH_MAX} of the characters a-z, A-Z, 0-9, `_` and `-`, and none of Email, Phone, Push"
        );
        Err(fail(problem, "it is what your ids are called, e.g. \"CRMID\""))
    }
}

/// `[[api_key]]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiKeyTable {
    /// Its name: what it does is put down to that.
    pub name: String,
    /// Where its secret is.
    pub secret: Secret,
    /// What it may be used for, as `consentry key scopes` lists it.
    pub scopes: Vec<String>,
    /// What the header `x-api-key` must hold, if it matters.
    pub client_id: Option<String>,
    /// What the header `x-gw-ims-org-id` must hold, if it matters.
    pub org_id: Option<String>,
    /// What the header `x-sandbox-name` must hold, if it matters.
    pub sandbox: Option<String>,
}

impl ApiKeyTable {
    /// The key with its secret read.
    pub fn read(&self, beside: &Path) -> Result<ApiKey> {
        let secret = self.secret.read(beside)?;
        let (name, short) = (self.name.trim(), secret.len() < SECRET_LENGTH_MIN);
        if name.is_empty() || name.len() > NAME_LENGTH_MAX || short {
            return Err(fail(
                format!(
                    "[[api_key]] {name}: a name of 1 to {NAME_LENGTH_MAX} bytes and a secret of {SECRET_LENGTH_MIN} bytes or more"
                ),
                "make a secret with `openssl rand -hex 32`",
            ));
        }
        let scope = |text: &String| {
            text.parse::<Scope>().map_err(|error| {
                fail(format!("[[api_key]] {name}: {error}"), "`consentry key scopes` lists them")
            })
        };
        let scopes = self.scopes.iter().map(scope).collect::<Result<_>>()?;
        let mut key = ApiKey::new(name.to_owned(), &secret, scopes);
        (key.client_id, key.org_id, key.sandbox) =
            (self.client_id.clone(), self.org_id.clone(), self.sandbox.clone());
        Ok(key)
    }
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

/// One secret, or several while one is being replaced.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Secrets {
    /// One.
    One(Secret),
    /// Several.
    More(Vec<Secret>),
}

impl Secrets {
    /// The secrets themselves; none where none is named.
    pub fn read(named: Option<&Self>, beside: &Path) -> Result<Vec<String>> {
        let secrets = match named {
            None => [].as_slice(),
            Some(Self::One(secret)) => std::slice::from_ref(secret),
            Some(Self::More(secrets)) => secrets,
        };
        secrets.iter().map(|secret| secret.read(beside)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = include_str!("../../../consentry.sample.toml");

    /// The sample with every setting switched on. Prose has a space behind its `#`.
    fn switched_on() -> String {
        let on = |line: &'static str| match line.strip_prefix('#') {
            Some(rest) if !rest.starts_with(' ') => rest,
            _ => line,
        };
        SAMPLE.lines().map(on).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn the_sample_is_a_server_s_file_as_it_is_and_with_everything_in_it() {
        let asis: ServerFile = toml::from_str(SAMPLE).unwrap();
        assert!(asis.mail.is_none() && asis.api_key.is_empty());
        let all: ServerFile = toml::from_str(&switched_on()).unwrap();
        assert!(all.mail.is_some() && all.pages.is_some());
        assert!(!all.secrets.is_empty());
        assert_eq!((all.mailbox.len(), all.webhook.len(), all.sms.len(), all.api_key.len()), (1, 2, 1, 1));
    }

    #[test]
    fn the_sample_names_every_section_and_setting_of_the_first_level() {
        let text = switched_on();
        for section in
            ["mail", "mailbox", "webhook", "sms", "pages", "api_key", "ajo", "secrets", "api", "operators"]
        {
            assert!(text.contains(&format!("[{section}]")), "{section}");
        }
        // A name that the file doesn't know is refused, so the sample can't hold one that is gone.
        assert!(toml::from_str::<ServerFile>("nonsense = 1").is_err());
    }
}
