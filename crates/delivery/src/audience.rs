//! Who is meant: the audience as a bitmap of profiles, and the addresses that a file names.

use std::collections::HashSet;

use consent::{Address, Channel, ListId, Origin, ProfileId, Recipient, Timestamp, WorkspaceId};
use roaring::RoaringTreemap;
use store::{AddressOwner, ReadingQuery, Store, StoreError};

use crate::campaign::{Audience, Campaign};
use crate::error::{DeliveryError, InputError};
use crate::listed::{LISTED_MAX, Listed};
use crate::upload::RowsSource;

mod file;
mod kept;

pub use self::kept::keep_upload;

use self::file::Rows;

/// Addresses looked up at once.
const BATCH: usize = 1000;

/// The audience, and what was left out of it.
#[derive(Debug, Default, PartialEq)]
pub struct Resolved {
    /// Whom.
    pub profiles: RoaringTreemap,
    /// At which address, where the file names another than a profile's first one.
    pub listed: Listed,
    /// Addresses in the file that nobody is known by: what decisions read about them, and how many are alike. In a dry
    /// run only, otherwise they get profiles.
    pub unknown: Vec<(Recipient, u64)>,
    /// Rows of the file that hold no well-formed address.
    pub malformed: u64,
    /// The lines of the first of them.
    pub malformed_lines: Vec<u64>,
}

/// Resolves the campaign's audience. `create`: addresses never seen get a profile; without, nothing changes.
pub async fn resolve(
    store: &Store,
    workspace: WorkspaceId,
    campaign: &Campaign,
    list: Option<ListId>,
    create: bool,
    now: Timestamp,
) -> Result<Resolved, DeliveryError> {
    match (&campaign.audience, list) {
        (Audience::All, _) => {
            Ok(Resolved { profiles: store.all_profiles(workspace).await?, ..Resolved::default() })
        }
        (Audience::List(_), Some(list)) => {
            Ok(Resolved { profiles: store.list_profiles(workspace, list).await?, ..Resolved::default() })
        }
        (Audience::List(name), None) => Err(DeliveryError::NoList(name.clone())),
        (Audience::Upload(upload), _) => {
            let channel = campaign.configuration.channel();
            match &upload.rows {
                Some(rows) => from_rows(store, workspace, (rows, channel), create, now).await,
                None => kept::kept(store, workspace, &upload.sha256, channel).await,
            }
        }
    }
}

/// Reads an address file. `create`: addresses never seen get a profile; without, nothing changes.
pub(crate) async fn from_rows(
    store: &Store,
    workspace: WorkspaceId,
    (source, channel): (&RowsSource, Channel),
    create: bool,
    now: Timestamp,
) -> Result<Resolved, DeliveryError> {
    let mut resolved = Resolved::default();
    let mut rows = Rows::open(source, channel)?;
    let mut seen = HashSet::new();
    loop {
        let batch = rows.next_batch(&mut resolved)?;
        if batch.is_empty() {
            rows.check_any(&resolved)?;
            return Ok(resolved);
        }
        let owners = if create {
            // Whom the operator sends to is the operator's; who had only turned up doesn't become so by being named.
            store.resolve_or_create(workspace, batch, Origin::Operator, now).await?
        } else {
            let owners = store.resolve(workspace, batch.clone()).await?;
            let mut unknown = Vec::new();
            for (address, owner) in batch.into_iter().zip(&owners) {
                if owner.is_none() && seen.insert(address.key().to_owned()) {
                    unknown.push(address);
                }
            }
            resolved.strangers(store, workspace, unknown, now).await?;
            owners.into_iter().flatten().collect()
        };
        resolved.owners(store, workspace, channel, owners, now).await?;
        if resolved.listed.len() > LISTED_MAX {
            let problem = format!(
                "{} names another address than the person's first one for more than {LISTED_MAX} people; split it",
                source.name
            );
            return Err(InputError::new("audience", problem).into());
        }
    }
}

impl Resolved {
    /// Refuses what a run's description has no room for.
    pub(crate) fn check_room(&self) -> Result<(), InputError> {
        if self.listed.fits() {
            return Ok(());
        }
        let problem =
            "the file names another address than the person's first one for too many people; split it";
        Err(InputError::new("audience", problem))
    }

    /// Adds owners of addresses that the file names. Who is named twice is meant at the address named first.
    async fn owners(
        &mut self,
        store: &Store,
        workspace: WorkspaceId,
        channel: Channel,
        mut owners: Vec<AddressOwner>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        owners.retain(|owner| self.profiles.insert(id(owner.profile)));
        if owners.is_empty() {
            return Ok(());
        }
        let query = ReadingQuery {
            profiles: owners.iter().map(|owner| owner.profile).collect(),
            channel,
            addresses: None,
            list: None,
            sender: None,
            run: None,
            with_attributes: false,
            now,
        };
        for (owner, reading) in owners.iter().zip(store.read(workspace, query).await?) {
            if reading.address.is_none_or(|(first, _)| first != owner.address) {
                self.listed.insert(owner.profile, owner.address);
            }
        }
        Ok(())
    }

    /// Adds addresses that nobody is known by.
    async fn strangers(
        &mut self,
        store: &Store,
        workspace: WorkspaceId,
        unknown: Vec<Address>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if unknown.is_empty() {
            return Ok(());
        }
        // They differ by what suppression and allow lists say, in a few ways at most.
        for recipient in store.read_strangers(workspace, unknown, now).await? {
            match self.unknown.iter_mut().find(|(alike, _)| *alike == recipient) {
                Some((_, times)) => *times += 1,
                None => self.unknown.push((recipient, 1)),
            }
        }
        Ok(())
    }
}

/// How many unknown addresses there are.
pub(crate) fn count(unknown: &[(Recipient, u64)]) -> u64 {
    unknown.iter().map(|(_, times)| times).sum()
}

/// A profile's place in a bitmap.
pub(crate) fn id(profile: ProfileId) -> u64 {
    u64::try_from(profile.0).unwrap_or(0)
}

/// The profile of a place in a bitmap.
pub(crate) fn profile(id: u64) -> ProfileId {
    ProfileId(i64::try_from(id).unwrap_or(i64::MAX))
}
