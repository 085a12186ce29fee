//! The addresses that an audience file names, where they aren't a person's first one.

use std::collections::BTreeMap;

use consent::{AddressId, ProfileId};
use data_encoding::BASE64_NOPAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Most people whom a file may mean at another address than their first one: they stand in the run's description, which
/// has at most 1 MiB.
pub const LISTED_MAX: usize = 100_000;
/// Longest text that they may take there, in bytes.
const TEXT_BYTES_MAX: usize = 1_000_000;

/// At which address a person is meant, where it isn't the first one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listed(BTreeMap<ProfileId, AddressId>);

/// Profiles, and an address for each where it isn't the first one: what [`store::ReadingQuery`] asks with.
pub(crate) type Asked = (Vec<ProfileId>, Option<Vec<AddressId>>);

impl Listed {
    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether everyone is meant at the first address.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The address at which a person is meant, unless it is the first one.
    pub fn get(&self, profile: ProfileId) -> Option<AddressId> {
        self.0.get(&profile).copied()
    }

    pub(crate) fn insert(&mut self, profile: ProfileId, address: AddressId) {
        self.0.insert(profile, address);
    }

    /// Takes a batch apart: those meant at their first address, and the others. There is always one part at least.
    pub(crate) fn split(&self, batch: Vec<ProfileId>) -> Vec<Asked> {
        if self.is_empty() {
            return vec![(batch, None)];
        }
        let (others, first): (Vec<_>, Vec<_>) =
            batch.into_iter().partition(|profile| self.0.contains_key(profile));
        let addresses: Vec<_> = others.iter().filter_map(|profile| self.get(*profile)).collect();
        match (first.is_empty(), others.is_empty()) {
            (_, true) => vec![(first, None)],
            (true, false) => vec![(others, Some(addresses))],
            (false, false) => vec![(first, None), (others, Some(addresses))],
        }
    }

    /// Whether the description of a run has room for them.
    pub(crate) fn fits(&self) -> bool {
        self.len() <= LISTED_MAX && self.to_text().len() <= TEXT_BYTES_MAX
    }

    /// Profiles in order, both ids as the difference to the one before, as LEB128 in base64: about 8 characters each.
    fn to_text(&self) -> String {
        let mut bytes = Vec::with_capacity(self.len() * 6);
        let (mut last_profile, mut last_address) = (0_i64, 0_i64);
        for (profile, address) in &self.0 {
            write(&mut bytes, profile.0.wrapping_sub(last_profile));
            write(&mut bytes, address.0.wrapping_sub(last_address));
            (last_profile, last_address) = (profile.0, address.0);
        }
        BASE64_NOPAD.encode(&bytes)
    }

    fn from_text(text: &str) -> Option<Self> {
        let bytes = BASE64_NOPAD.decode(text.as_bytes()).ok()?;
        let mut rest = bytes.as_slice();
        let (mut profile, mut address) = (0_i64, 0_i64);
        let mut listed = Self::default();
        while !rest.is_empty() {
            profile = profile.wrapping_add(read(&mut rest)?);
            address = address.wrapping_add(read(&mut rest)?);
            listed.insert(ProfileId(profile), AddressId(address));
        }
        Some(listed)
    }
}

/// Zigzag, then seven bits per byte, lowest first; the top bit says that more follow.
fn write(bytes: &mut Vec<u8>, value: i64) {
    let mut value = (value.cast_unsigned() << 1) ^ (value >> 63).cast_unsigned();
    while value >= 0x80 {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

fn read(bytes: &mut &[u8]) -> Option<i64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some((value >> 1).cast_signed() ^ -(value & 1).cast_signed());
        }
    }
    None
}

impl Serialize for Listed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_text())
    }
}

impl<'de> Deserialize<'de> for Listed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::from_text(&text).ok_or_else(|| serde::de::Error::custom("the listed addresses can't be read"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn survives_the_run_and_fits_into_it() {
        let mut listed = Listed::default();
        for (profile, address) in [(1, i64::MAX), (2, 1), (900, 3), (i64::MAX, i64::MIN)] {
            listed.insert(ProfileId(profile), AddressId(address));
        }
        assert_eq!(Listed::from_text(&listed.to_text()), Some(listed));
        let mut many = Listed::default();
        for n in 0..LISTED_MAX as i64 {
            many.insert(ProfileId(n * 97), AddressId((n * 7_919_111) % 20_000_000));
        }
        assert!(many.fits(), "{}", many.to_text().len());
        many.insert(ProfileId(-1), AddressId(1));
        assert!(!many.fits());
        for bad in ["a", "gA", "gICAgICAgICAgICAgA", "AA*"] {
            assert_eq!(Listed::from_text(bad), None, "{bad}");
        }
    }
}
