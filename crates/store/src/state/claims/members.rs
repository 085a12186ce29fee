//! The members of a claim as they are kept: a version byte, their number, then for each the distance of its profile
//! id from the one before and that of its address id (zigzag), all as LEB128 varints, in the order of profile ids.

use consent::{AddressId, ProfileId};

use crate::error::{Result, StoreError};

/// Of the layout.
const VERSION: u8 = 1;

/// A profile and the address that it is mailed at.
pub(crate) type Member = (ProfileId, AddressId);

/// Packs members that are in the order of their profile ids.
pub(crate) fn pack(members: &[Member]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(8 + members.len() * 4);
    bytes.push(VERSION);
    put(&mut bytes, members.len() as u64);
    let mut before = (0_i64, 0_i64);
    for (profile, address) in members {
        put(&mut bytes, profile.0.wrapping_sub(before.0) as u64);
        let step = address.0.wrapping_sub(before.1);
        put(&mut bytes, ((step << 1) ^ (step >> 63)) as u64);
        before = (profile.0, address.0);
    }
    bytes
}

/// Unpacks what [`pack`] packed.
pub(crate) fn unpack(bytes: &[u8]) -> Result<Vec<Member>> {
    read(bytes).ok_or_else(|| StoreError::Damaged("a claim's members".to_owned()))
}

fn read(bytes: &[u8]) -> Option<Vec<Member>> {
    let (version, mut rest) = bytes.split_first()?;
    if *version != VERSION {
        return None;
    }
    let count = usize::try_from(take(&mut rest)?).ok()?;
    // Each takes two bytes at least: a damaged number can't make us allocate much.
    let mut members = Vec::with_capacity(count.min(rest.len() / 2));
    let mut before = (0_i64, 0_i64);
    for _ in 0..count {
        let profile = before.0.wrapping_add(take(&mut rest)? as i64);
        let step = take(&mut rest)?;
        let address = before.1.wrapping_add((step >> 1) as i64 ^ -((step & 1) as i64));
        members.push((ProfileId(profile), AddressId(address)));
        before = (profile, address);
    }
    rest.is_empty().then_some(members)
}

fn put(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

fn take(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        let bits = u64::from(byte & 0x7F);
        if shift == 63 && bits > 1 {
            return None;
        }
        value |= bits << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn members_come_back(ids in proptest::collection::btree_map(any::<i64>(), any::<i64>(), 0..50)) {
            let members: Vec<Member> = ids.into_iter().map(|(p, a)| (ProfileId(p), AddressId(a))).collect();
            prop_assert_eq!(unpack(&pack(&members)).unwrap(), members);
        }

        #[test]
        fn nonsense_is_damage_at_worst(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = unpack(&bytes);
        }
    }

    #[test]
    fn a_batch_takes_a_few_bytes_each() {
        let members: Vec<Member> =
            (0..64).map(|n| (ProfileId(4_000_000 + n), AddressId(5_000_000 + n))).collect();
        assert!(pack(&members).len() < 64 * 2 + 12);
    }

    #[test]
    fn a_cut_or_longer_one_is_damaged() {
        let packed = pack(&[(ProfileId(1), AddressId(2)), (ProfileId(300), AddressId(1))]);
        for end in 0..packed.len() {
            assert!(matches!(unpack(&packed[..end]), Err(StoreError::Damaged(_))), "{end}");
        }
        let longer = [packed.as_slice(), &[0]].concat();
        assert!(matches!(unpack(&longer), Err(StoreError::Damaged(_))));
        let huge = [&[VERSION][..], &[0xFF; 9], &[1]].concat();
        assert!(matches!(unpack(&huge), Err(StoreError::Damaged(_))));
        let other_version = [&[2][..], &packed[1..]].concat();
        assert!(matches!(unpack(&other_version), Err(StoreError::Damaged(_))));
    }
}
