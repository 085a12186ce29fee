//! Which program told of a choice, as evidence, and by which of its requests.

use std::borrow::Cow;

use consent::{EntryId, Evidence, ProfileId, Source, WorkspaceId};
use serde::{Deserialize, Serialize};
use store::{Store, StoreError};

/// Longest body that is kept, in bytes: written as JSON twice over it still fits into what the store keeps.
const SAID_BYTES_MAX: usize = 8 * 1024;
/// Longest id of a request that is kept, in characters. A longer one tells no request from another.
const REQUEST_CHARS_MAX: usize = 100;
/// How many of a person's last entries are searched for the same request.
const ENTRIES_SEARCHED: usize = 50;

/// Who tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Teller {
    /// The name of the key that the program calls with.
    pub key: String,
    /// The program's own id of the request (`x-request-id`), the same when it tries again.
    pub request: Option<String>,
    /// The program, as it names itself.
    pub user_agent: Option<String>,
}

/// Kept as JSON in the evidence of the entry.
#[derive(Serialize, Deserialize)]
struct Statement<'a> {
    interface: Cow<'a, str>,
    key: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    request: Option<Cow<'a, str>>,
    said: Cow<'a, str>,
}

impl Teller {
    /// The evidence for what a body says; `interface` is the one that took it.
    pub fn evidence(&self, interface: &str, body: &[u8]) -> Evidence {
        let kept = &body[..body.len().min(SAID_BYTES_MAX)];
        let request = self.request.as_deref().map(str::trim);
        let request = request.filter(|id| !id.is_empty() && id.chars().count() <= REQUEST_CHARS_MAX);
        let mut said = String::from_utf8_lossy(kept);
        if kept.len() < body.len() {
            said.to_mut().push('…');
        }
        let statement = Statement {
            interface: interface.into(),
            key: self.key.as_str().into(),
            request: request.map(Into::into),
            said,
        };
        let raw = serde_json::to_string(&statement).expect("texts can be written");
        Evidence { user_agent: self.user_agent.clone(), raw: Some(raw), ..Evidence::default() }
    }
}

/// The key and the id of the request that evidence names.
fn request(evidence: &Evidence) -> Option<(String, String)> {
    let statement = serde_json::from_str::<Statement<'_>>(evidence.raw.as_deref()?).ok()?;
    Some((statement.key.into_owned(), statement.request?.into_owned()))
}

/// A person's latest entries that came by the same request: the caller didn't get our answer and tries again.
pub(super) async fn told_before(
    store: &Store,
    workspace: WorkspaceId,
    profile: ProfileId,
    evidence: &Evidence,
) -> Result<Vec<EntryId>, StoreError> {
    let Some(this) = request(evidence) else { return Ok(Vec::new()) };
    let history = store.history(workspace, profile, None, ENTRIES_SEARCHED).await?;
    let same = history.entries.iter().filter(|entry| entry.source == Source::API);
    Ok(same.filter(|entry| request(&entry.evidence).as_ref() == Some(&this)).map(|entry| entry.id).collect())
}
