//! Imports: whom a row is about, what of it is new, and how it is written.
//!
//! A row is about the profile with its external id; or else the one that owns one of its addresses, which takes on the
//! row's external id if it has none yet (I7: someone who opted out before anybody knew them); or else a new one. Profiles
//! that stand for nothing but an address of the row are merged into it.

mod changes;
mod details;
mod refusals;

use std::borrow::Cow;

use consent::{Address, Namespace, ProfileId};
use smallvec::SmallVec;

use super::change::{BULK_MIN, ChangeConsent, Wants};
use super::imports;
use super::imports::image::{self, Image, Touch};
use super::imports::touch;
use super::record::{ProfileState, Recorder, Rule};
use super::rows::{AddressState, Details, Rows};
use super::stamps::Values;
use crate::error::{Result, StoreError};

use crate::types::{IMPORT_MAX, ImportPlace, ProfileRow, RowConsent, RowOutcome, RowTarget};
use changes::{Group, group};

/// A character that not every database keeps in a text.
const NUL: char = '\0';
/// Longest external id, in bytes.
const EXTERNAL_ID_LENGTH_MAX: usize = 256;
/// Longest attributes and longest remainder of a row, in bytes.
const JSON_BYTES_MAX: usize = 256 * 1024;
/// Longest locale and time zone, in bytes.
const TAG_LENGTH_MAX: usize = 64;
/// Most addresses of a row.
const ADDRESSES_MAX: usize = 800;
/// Most addresses of one namespace in a row.
const OF_A_KIND_MAX: usize = 100;
/// Most consents of a row.
const CONSENTS_MAX: usize = 256;

/// Creates or updates profiles, one row after the other.
pub(crate) struct Import {
    /// At most [`IMPORT_MAX`].
    pub rows: Vec<ProfileRow>,
    /// Which import they are of, if that may be taken back.
    pub place: Option<ImportPlace>,
}

impl ChangeConsent for Import {
    type Answer = Vec<RowOutcome>;

    fn wants(&self, wants: &mut Wants) {
        for row in &self.rows {
            wants.external_ids.extend(row.external_id.clone().filter(|id| !id.contains(NUL)));
            for address in row.addresses.iter().chain(named_by_consents(&row.consents)) {
                wants.key(address);
            }
        }
    }

    fn is_bulk(&self) -> bool {
        self.rows.len() >= BULK_MIN
    }

    fn run<R: Rows>(&self, recorder: &mut Recorder<'_, R>) -> Result<Vec<RowOutcome>> {
        if self.rows.len() > IMPORT_MAX {
            return Err(StoreError::Invalid(format!("more than {IMPORT_MAX} rows at once")));
        }
        if let Some(place) = self.place {
            let (db, workspace) = recorder.rows.write_beside();
            imports::check_open(db, workspace, place.import)?;
        }
        let mut importer = Importer { recorder, number: None, touches: Vec::new() };
        let mut outcomes = Vec::with_capacity(self.rows.len());
        for (at, row) in (0_u64..).zip(&self.rows) {
            importer.number = self.place.map(|place| place.first + at);
            outcomes.push(importer.row(row)?);
        }
        let touches = importer.touches;
        if let Some(place) = self.place.filter(|_| !touches.is_empty()) {
            let (db, workspace) = recorder.rows.write_beside();
            touch::keep(db, workspace, place.import, &touches)?;
        }
        Ok(outcomes)
    }
}

struct Importer<'i, 'a, R> {
    recorder: &'i mut Recorder<'a, R>,
    /// Number of the row, where it is kept what rows overwrote.
    number: Option<u64>,
    /// What rows overwrote.
    touches: Vec<Touch>,
}

/// An address of the row and where it is written down.
struct RowAddress<'r> {
    address: &'r Address,
    /// Code of the namespace.
    namespace: i64,
    /// Only named by a consent: comes after those that are there.
    appended: bool,
}

type AddressStates = SmallVec<[AddressState; 2]>;
type Merges = SmallVec<[ProfileId; 2]>;
type RowAddresses<'r> = SmallVec<[RowAddress<'r>; 4]>;

/// Whom a row is about.
#[allow(
    clippy::large_enum_variant,
    reason = "one at a time, on the stack: a box would cost each new row an allocation"
)]
enum Subject {
    /// A new profile, whose addresses have been written.
    New(ProfileState, AddressStates),
    /// A profile that is there, and those to merge into it.
    Known(ProfileId, Merges),
    Rejected {
        reason: String,
        owner: Option<ProfileId>,
    },
    /// Another profile owns this one of the row's addresses.
    Taken {
        at: usize,
        owner: Option<ProfileId>,
    },
}

impl<R: Rows> Importer<'_, '_, R> {
    /// Keeps what the row overwrote of a profile.
    fn touch(&mut self, row: &ProfileRow, profile: ProfileId, flags: u8, image: Image) {
        if let Some(number) = self.number {
            let flags = if row.brings_in() { flags | image::BRINGS_IN } else { flags };
            self.touches.push(Touch { profile, number, flags, image });
        }
    }

    fn row(&mut self, row: &ProfileRow) -> Result<RowOutcome> {
        if let Some(reason) = limits(row) {
            return self.reject(row, None, &reason);
        }
        let mut addresses = match self.addresses(row) {
            Err(StoreError::Invalid(reason)) => return self.reject(row, None, &reason),
            addresses => addresses?,
        };
        let mut left_out = Vec::new();
        let outcome = loop {
            break match self.subject(row, &addresses)? {
                Subject::Taken { at, .. } if at != main(&addresses) && may_be_shared(&addresses[at]) => {
                    let address = addresses.remove(at).address;
                    self.refuse_at(row, address)?;
                    left_out.push(taken(address));
                    continue;
                }
                Subject::Taken { at, owner } => self.reject(row, owner, &taken(addresses[at].address)),
                Subject::Rejected { reason, owner } => self.reject(row, owner, &reason),
                Subject::New(profile, states) => self.create(row, &addresses, profile, states),
                Subject::Known(profile, merges) => self.update(row, &addresses, profile, &merges),
            }?;
        };
        if left_out.is_empty() || matches!(outcome, RowOutcome::Rejected(_)) {
            return Ok(outcome);
        }
        Ok(RowOutcome::Without { outcome: Box::new(outcome), left_out })
    }

    /// The row's addresses, those first that it lists as such.
    fn addresses<'r>(&mut self, row: &'r ProfileRow) -> Result<RowAddresses<'r>> {
        let mut addresses = RowAddresses::new();
        let listed = row.addresses.iter().map(|address| (address, false));
        for (address, appended) in
            listed.chain(named_by_consents(&row.consents).map(|address| (address, true)))
        {
            if addresses.iter().any(|known| same(known.address, address)) {
                continue;
            }
            let namespace = self.recorder.rows.namespace_or_new(address.namespace())?;
            addresses.push(RowAddress { address, namespace, appended });
        }
        Ok(addresses)
    }

    fn subject(&mut self, row: &ProfileRow, addresses: &RowAddresses<'_>) -> Result<Subject> {
        let by_id = match &row.external_id {
            Some(id) => self.recorder.rows.profile_of_external_id(id)?,
            None => None,
        };
        for consent in &row.consents {
            let RowTarget::List(list) = consent.target else { continue };
            match self.recorder.check_list(list) {
                Err(StoreError::Missing(what)) => {
                    return Ok(Subject::Rejected { reason: format!("{what} doesn't exist"), owner: by_id });
                }
                checked => checked?,
            }
        }
        if by_id.is_none()
            && let Some((profile, states)) = self.begin(addresses)?
        {
            return Ok(Subject::New(profile, states));
        }
        let mut owner = by_id;
        let mut merges = Merges::new();
        // The main address first: it says who it is where the others are shared.
        let main = main(addresses);
        for at in std::iter::once(main).chain((0..addresses.len()).filter(|at| *at != main)) {
            let Some(row_address) = addresses.get(at) else { continue };
            let Some(found) = self.recorder.find(row_address.address)? else { continue };
            if owner == Some(found.profile) {
                continue;
            }
            if self.recorder.rows.is_unclaimed(found.profile)? {
                if !merges.contains(&found.profile) {
                    merges.push(found.profile);
                }
            } else if owner.is_some() || self.is_somebody_else(row, found.profile)? {
                return Ok(Subject::Taken { at, owner: by_id });
            } else {
                owner = Some(found.profile);
            }
        }
        if owner.is_none() && !merges.is_empty() {
            owner = Some(merges.remove(0));
        }
        let known = owner.ok_or_else(|| StoreError::Damaged("an index of addresses".to_owned()))?;
        Ok(Subject::Known(known, merges))
    }

    /// Whether a profile has another external id than the row.
    fn is_somebody_else(&mut self, row: &ProfileRow, profile: ProfileId) -> Result<bool> {
        let Some(given) = &row.external_id else { return Ok(false) };
        let details = self.recorder.rows.details(profile)?;
        let held = details.and_then(|(_, details)| details.external_id.map(Cow::into_owned));
        Ok(held.is_some_and(|held| held != *given))
    }

    /// Writes the addresses of a new profile, or nothing if there is one that somebody owns: that is as cheap as
    /// looking them up, and most rows of a first import are new.
    fn begin(&mut self, addresses: &RowAddresses<'_>) -> Result<Option<(ProfileState, AddressStates)>> {
        for RowAddress { address, namespace, .. } in addresses {
            for former in consent::former_keys(address.namespace(), address.key()) {
                let rows = &mut *self.recorder.rows;
                if rows.may_have_former(*namespace, address.key(), &former)?
                    && rows.find_address(*namespace, &former)?.is_some()
                {
                    return Ok(None);
                }
            }
        }
        let profile = ProfileState { id: self.recorder.rows.new_profile_id()?, values: Values::default() };
        let mut states = AddressStates::new();
        for (at, row_address) in addresses.iter().enumerate() {
            let position =
                addresses[..at].iter().filter(|other| other.namespace == row_address.namespace).count();
            let id = self.recorder.rows.new_address_id()?;
            let state = AddressState { id, profile: profile.id, values: Values::default(), epoch: 0 };
            let (address, namespace) = (row_address.address, row_address.namespace);
            if !self.recorder.insert_address(&state, address, namespace, position as i64)? {
                for state in states {
                    self.recorder.rows.remove_address(state.id)?;
                }
                return Ok(None);
            }
            states.push(state);
        }
        Ok(Some((profile, states)))
    }

    fn create(
        &mut self,
        row: &ProfileRow,
        addresses: &RowAddresses<'_>,
        mut profile: ProfileState,
        mut states: AddressStates,
    ) -> Result<RowOutcome> {
        profile.values = Values::of(row.origin);
        if !profile.values.word().has_default() {
            self.recorder.close_to_programs_of_before()?;
        }
        if let Some(preferred) = row.preferred {
            profile.values.set_word(|word| word.with_preferred(preferred));
        }
        let mut image = Image::default();
        for Group { address, change } in group(row, addresses) {
            let address = address.and_then(|at| states.get_mut(at));
            let recorded = self.recorder.apply(&mut profile, address, &change, Rule::Resolve)?;
            image.entries.extend(recorded.entry);
        }
        for state in states.iter().filter(|state| state.values != Values::default()) {
            self.recorder.rows.save_address(state)?;
        }
        let details = Details {
            external_id: row.external_id.as_deref().map(Cow::Borrowed),
            locale: row.locale.as_deref().map(Cow::Borrowed),
            time_zone: row.time_zone.as_deref().map(Cow::Borrowed),
            country: row.country.as_ref().map(|country| Cow::Borrowed(country.as_str())),
            remainder: row.remainder.as_deref().map(Cow::Borrowed),
            attributes: row.attributes.as_deref().map(Cow::Borrowed),
        };
        self.recorder.rows.insert_profile(profile.id, &profile.values, &details, row.received_at)?;
        self.touch(row, profile.id, image::CREATED, image);
        Ok(RowOutcome::Created(profile.id))
    }
}

/// The address that says whom a row is about: the first of email, else the first.
fn main(addresses: &[RowAddress<'_>]) -> usize {
    let email = |row_address: &RowAddress<'_>| {
        !row_address.appended && *row_address.address.namespace() == Namespace::Email
    };
    addresses.iter().position(email).unwrap_or(0)
}

/// Whether people share such addresses, so that a row can do without: numbers, not mailboxes, by which two people are told
/// apart.
fn may_be_shared(row_address: &RowAddress<'_>) -> bool {
    !row_address.appended && *row_address.address.namespace() != Namespace::Email
}

fn same(one: &Address, other: &Address) -> bool {
    one.namespace() == other.namespace() && one.key() == other.key()
}

fn named_by_consents(consents: &[RowConsent]) -> impl Iterator<Item = &Address> {
    consents.iter().filter_map(|consent| match &consent.target {
        RowTarget::Identity(address, _) => Some(address),
        _ => None,
    })
}

/// Why a row is rejected whose address somebody else owns.
fn taken(address: &Address) -> String {
    format!("{} belongs to another profile", address.namespace().as_str())
}

/// Whether there are more than [`OF_A_KIND_MAX`] of a namespace.
fn crowded(addresses: &[Address]) -> bool {
    let mut counts: SmallVec<[(&Namespace, usize); 4]> = SmallVec::new();
    addresses.iter().any(|address| {
        let namespace = address.namespace();
        if let Some((_, count)) = counts.iter_mut().find(|(counted, _)| *counted == namespace) {
            *count += 1;
            return *count > OF_A_KIND_MAX;
        }
        counts.push((namespace, 1));
        false
    })
}

/// Why a row is past a limit.
fn limits(row: &ProfileRow) -> Option<String> {
    let longer = |text: &Option<String>, max: usize| text.as_ref().is_some_and(|text| text.len() > max);
    let object =
        |text: &Option<String>| text.as_ref().is_none_or(|text| text.starts_with('{') && text.ends_with('}'));
    let texts = [&row.external_id, &row.locale, &row.time_zone, &row.attributes, &row.remainder];
    let reason = if texts.into_iter().flatten().any(|text| text.contains(NUL)) {
        "the row holds the character U+0000".to_owned()
    } else if row.external_id.as_deref().is_some_and(str::is_empty) {
        "the id is empty".to_owned()
    } else if row.external_id.is_none()
        && row.addresses.is_empty()
        && named_by_consents(&row.consents).next().is_none()
    {
        "the row has neither an id nor an address".to_owned()
    } else if longer(&row.external_id, EXTERNAL_ID_LENGTH_MAX) {
        format!("the id is longer than {EXTERNAL_ID_LENGTH_MAX} bytes")
    } else if longer(&row.attributes, JSON_BYTES_MAX) || longer(&row.remainder, JSON_BYTES_MAX) {
        format!("the attributes are longer than {JSON_BYTES_MAX} bytes")
    } else if !object(&row.attributes) || !object(&row.remainder) {
        "the attributes are not a JSON object".to_owned()
    } else if longer(&row.locale, TAG_LENGTH_MAX) || longer(&row.time_zone, TAG_LENGTH_MAX) {
        format!("the locale or time zone is longer than {TAG_LENGTH_MAX} bytes")
    } else if row.addresses.len() > ADDRESSES_MAX {
        format!("the row has more than {ADDRESSES_MAX} addresses")
    } else if crowded(&row.addresses) {
        format!("the row has more than {OF_A_KIND_MAX} addresses of a kind")
    } else if row.consents.len() > CONSENTS_MAX {
        format!("the row has more than {CONSENTS_MAX} consents")
    } else {
        return None;
    };
    Some(reason)
}
