//! Who is meant: the audience as a bitmap of profiles, and the addresses that a file names.

use std::collections::HashSet;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use consent::{Address, Channel, ListId, Origin, ProfileId, Recipient, Timestamp, WorkspaceId};
use roaring::RoaringTreemap;
use store::{AddressOwner, ReadingQuery, Store, StoreError};

use crate::campaign::{Audience, Campaign};
use crate::error::{DeliveryError, InputError};
use crate::listed::{LISTED_MAX, Listed};

/// Addresses looked up at once.
const BATCH: usize = 1000;
/// Largest address file in bytes.
const FILE_BYTES_MAX: u64 = 512 << 20;
/// Longest field that can be an address.
const FIELD_BYTES_MAX: usize = 1024;
/// Lines with malformed addresses that are named.
const LINES_NAMED_MAX: usize = 20;

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
    store: &dyn Store,
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
        (Audience::File(path), _) => {
            let channel = campaign.configuration.channel();
            from_file(store, workspace, (path, channel), &campaign.file, create, now).await
        }
    }
}

async fn from_file(
    store: &dyn Store,
    workspace: WorkspaceId,
    (path, channel): (&Path, Channel),
    campaign: &Path,
    create: bool,
    now: Timestamp,
) -> Result<Resolved, DeliveryError> {
    let mut resolved = Resolved::default();
    let mut rows = Rows::open(path, channel, campaign)?;
    let mut seen = HashSet::new();
    loop {
        let batch = rows.next_batch(&mut resolved)?;
        if batch.is_empty() {
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
                path.display()
            );
            return Err(InputError::new(campaign, "audience.file", problem).into());
        }
    }
}

impl Resolved {
    /// Adds owners of addresses that the file names. Who is named twice is meant at the address named first.
    async fn owners(
        &mut self,
        store: &dyn Store,
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
        store: &dyn Store,
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

struct Rows {
    reader: csv::Reader<BufReader<File>>,
    path: std::path::PathBuf,
    phone: bool,
    record: csv::ByteRecord,
    column: Option<usize>,
}

impl Rows {
    fn open(path: &Path, channel: Channel, campaign: &Path) -> Result<Self, InputError> {
        let unreadable = |error: std::io::Error| {
            let problem = format!("{} can't be read: {}", path.display(), error.kind());
            InputError::new(campaign, "audience.file", problem)
        };
        let file = File::open(path).map_err(unreadable)?;
        if file.metadata().map_err(unreadable)?.len() > FILE_BYTES_MAX {
            return Err(InputError::new(
                campaign,
                "audience.file",
                format!("{} is larger than 512 MiB", path.display()),
            ));
        }
        let reader =
            csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(BufReader::new(file));
        Ok(Self {
            reader,
            path: path.to_owned(),
            phone: channel != Channel::Email,
            record: csv::ByteRecord::new(),
            column: None,
        })
    }

    /// The next well-formed addresses; none at the end.
    fn next_batch(&mut self, resolved: &mut Resolved) -> Result<Vec<Address>, InputError> {
        let mut batch = Vec::with_capacity(BATCH);
        while batch.len() < BATCH {
            let more = self.reader.read_byte_record(&mut self.record);
            if !more.map_err(|_| InputError::new(&self.path, "", "is no csv file"))? {
                break;
            }
            let Some(column) = self.column else {
                self.first_row()?;
                if self.column_is_header() {
                    continue;
                }
                take(&self.record, 0, self.phone, &mut batch, resolved);
                continue;
            };
            take(&self.record, column, self.phone, &mut batch, resolved);
        }
        Ok(batch)
    }

    /// Finds the column: the one called `email` (`phone` for texts), or the only one.
    fn first_row(&mut self) -> Result<(), InputError> {
        let named = self.record.iter().position(|field| is_header(field, self.phone));
        self.column = match (named, self.record.len()) {
            (Some(at), _) => Some(at),
            (None, 1) => Some(0),
            _ => {
                let name = header(self.phone);
                let problem = format!("has no column `{name}`; name one so in the first line");
                return Err(InputError::new(&self.path, "", problem));
            }
        };
        Ok(())
    }

    fn column_is_header(&self) -> bool {
        self.column
            .and_then(|column| self.record.get(column))
            .is_some_and(|field| is_header(field, self.phone))
    }
}

const fn header(phone: bool) -> &'static str {
    if phone { "phone" } else { "email" }
}

fn is_header(field: &[u8], phone: bool) -> bool {
    let field = field.strip_prefix(b"\xef\xbb\xbf").unwrap_or(field).trim_ascii();
    let field = field.strip_prefix(b"\"").and_then(|field| field.strip_suffix(b"\"")).unwrap_or(field);
    field.eq_ignore_ascii_case(header(phone).as_bytes())
}

fn take(
    record: &csv::ByteRecord,
    column: usize,
    phone: bool,
    batch: &mut Vec<Address>,
    resolved: &mut Resolved,
) {
    let field = record.get(column).filter(|field| field.len() <= FIELD_BYTES_MAX);
    let text = field
        .and_then(|field| std::str::from_utf8(field).ok())
        .map(|text| text.trim_start_matches('\u{feff}'));
    let parse = |text| if phone { Address::phone(text, None) } else { Address::email(text) };
    if let Some(Ok(address)) = text.map(parse) {
        batch.push(address);
        return;
    }
    resolved.malformed += 1;
    if resolved.malformed_lines.len() < LINES_NAMED_MAX {
        resolved.malformed_lines.push(record.position().map_or(0, csv::Position::line));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<(Vec<String>, u64, Vec<u64>), InputError> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.csv");
        std::fs::write(&path, bytes).unwrap();
        let mut rows = Rows::open(&path, Channel::Email, Path::new("c.toml"))?;
        let mut resolved = Resolved::default();
        let batch = rows.next_batch(&mut resolved)?;
        assert!(rows.next_batch(&mut resolved)?.is_empty());
        Ok((
            batch.iter().map(|address| address.raw().to_owned()).collect(),
            resolved.malformed,
            resolved.malformed_lines,
        ))
    }

    #[test]
    fn reads_one_column_or_the_one_called_email() {
        let two = vec!["a@x.example".to_owned(), "b@x.example".to_owned()];
        for text in [
            "a@x.example\nb@x.example\n",
            "\u{feff}email\r\na@x.example\r\nb@x.example",
            "\u{feff}a@x.example\nb@x.example",
            "name,EMAIL\nA,a@x.example\n\"B, C\",b@x.example\n",
            "\"email\",x\n\"a@x.example\",1\nb@x.example\n",
        ] {
            assert_eq!(read(text.as_bytes()).unwrap(), (two.clone(), 0, Vec::new()), "{text:?}");
        }
        assert!(read(b"name,mail\nA,a@x.example\n").is_err());
        assert_eq!(read(b"").unwrap().0, Vec::<String>::new());
    }

    #[test]
    fn malformed_rows_are_counted_with_their_lines() {
        let (good, malformed, lines) =
            read(b"email\nnot one\na@x.example\n\xff\xfe@x.example\nA,\n").unwrap();
        assert_eq!((good.len(), malformed, lines), (1, 3, vec![2, 4, 5]));
    }
}
