//! The allow list: addresses and domains that alone are sent to while it is active, and the emergency brake.

pub mod add;
mod entry;
pub mod export;
pub mod import;
pub mod list;
pub mod remove;
pub mod turn;

pub use entry::Entry;

use consent::Namespace;
use store::{EntryQuery, Settings, StoreError};

use crate::Service;

/// The namespaces whose list is active and empty: nothing goes to any of their addresses.
pub async fn brakes(service: &Service, settings: &Settings) -> Result<Vec<String>, StoreError> {
    let mut brakes = Vec::new();
    for namespace in &settings.allow_lists_active {
        if is_empty(service, namespace).await? {
            brakes.push(namespace.clone());
        }
    }
    Ok(brakes)
}

/// Whether the list holds nothing of a namespace.
async fn is_empty(service: &Service, namespace: &str) -> Result<bool, StoreError> {
    let Ok(namespace) = namespace.parse::<Namespace>() else { return Ok(true) };
    let query = EntryQuery { namespace: Some(namespace), limit: 1, ..EntryQuery::default() };
    Ok(service.store.allow_entries(service.workspace, query).await?.entries.is_empty())
}
