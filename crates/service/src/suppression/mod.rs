//! The suppression list: addresses and domains that are never sent to, whatever the consent.

pub mod add;
mod entry;
pub mod export;
pub mod import;
pub mod list;
pub mod remove;
pub mod show;
pub mod stats;

pub use entry::{Entry, in_force};

use consent::{Address, Namespace};
use intake::suppression::{EntryType, Named, ValueError, entry_kind, hash_of};
use store::{EntryKind, StoreError, SuppressionEntry};

use crate::Service;

/// Whose entries a text names: of a hash two, one for each namespace that it may be of.
pub(crate) fn named(value: &str, entry_type: Option<EntryType>) -> Result<Vec<Named>, ValueError> {
    entry_type.unwrap_or_else(|| EntryType::guess(value)).read(value)
}

/// The entries that concern an address: its own, those of its hash and of its domain; expired ones too.
pub(crate) async fn entries_about(
    service: &Service,
    address: &Address,
) -> Result<Vec<SuppressionEntry>, StoreError> {
    let hash = hash_of(address);
    let values = [address.key(), &hash, address.domain()];
    let mut entries = Vec::new();
    for value in values.into_iter().filter(|value| !value.is_empty()) {
        entries.extend(service.store.suppression(service.workspace, address.namespace(), value).await?);
    }
    Ok(entries)
}

/// The entries that concern what is named.
async fn entries_of(service: &Service, named: &Named) -> Result<Vec<SuppressionEntry>, StoreError> {
    match address_of(&named.namespace, &named.value) {
        Some(address) => entries_about(service, &address).await,
        None => service.store.suppression(service.workspace, &named.namespace, &named.value).await,
    }
}

/// The address that an entry names, if it is one.
fn address_of(namespace: &Namespace, value: &str) -> Option<Address> {
    let address = entry_kind(namespace, value) == EntryKind::Address;
    address.then(|| Address::parse(namespace, value, None).ok()).flatten()
}
