//! Choices with their stamps, and a ledger entry's sets, as they stand on disk.
//!
//! Stamps: 17 bytes per field that has one: the field's code; its time in microseconds; the ledger entry. Sets: per value a tag (field code; the same with bit 6 for the address's own field;
//! 128 followed by the list's id), then old and new choice in a nibble each. Numbers are 64 bits, big-endian.
//!
//! Before an entry's sets stands the form of its leaf, unless it has the first one. No value has that tag, so a program that
//! knows the first form only can't read the entry, and makes no leaf of it that differs from everybody else's.

use consent::{Choice, ConsentWord, EntryId, Field, ListId, Origin, Stamp, Target, Timestamp};
use smallvec::SmallVec;

use crate::error::{Result, StoreError};
use crate::types::Applied;

const STAMP_LENGTH: usize = 17;
const TAG_IDENTITY: u8 = 0x40;
const TAG_LIST: u8 = 0x80;
/// Stands before the sets of an entry whose leaf has the second form.
const FORM_SECOND: u8 = 0xf2;

/// The form of an entry's leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LeafForm {
    /// With the pseudonyms themselves, and exact times.
    First,
    /// With commitments to the pseudonyms, each entry's own, and times to the minute.
    Second,
}

/// The choices of a profile or an address, with their stamps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Values {
    word: ConsentWord,
    stamps: SmallVec<[(Field, Stamp); 2]>,
}

impl Values {
    /// Those of a new profile of which nothing is recorded.
    pub fn of(origin: Origin) -> Self {
        let word = match origin {
            Origin::Operator => ConsentWord::EMPTY,
            Origin::Stranger => ConsentWord::EMPTY.with_flags(ConsentWord::NO_DEFAULT),
        };
        Self { word, ..Self::default() }
    }

    /// Reads them from their two columns.
    pub fn unpack(bits: i64, stamps: Option<&[u8]>) -> Result<Self> {
        let stamps = stamps.unwrap_or_default().chunks(STAMP_LENGTH).map(unpack_stamp).collect::<Option<_>>();
        let stamps = stamps.ok_or_else(|| damaged("a value's stamp"))?;
        Ok(Self { word: word(bits)?, stamps })
    }

    /// The stamps' column; `None` when there are none.
    pub fn pack(&self) -> Option<SmallVec<[u8; 4 * STAMP_LENGTH]>> {
        let mut packed = SmallVec::new();
        for (field, stamp) in &self.stamps {
            packed.push(field.code());
            packed.extend_from_slice(&stamp.at.0.to_be_bytes());
            packed.extend_from_slice(&stamp.entry.0.to_be_bytes());
        }
        (!self.stamps.is_empty()).then_some(packed)
    }

    /// The word.
    pub fn word(&self) -> ConsentWord {
        self.word
    }

    /// Sets what isn't a choice: flags and preferred channel.
    pub fn set_word(&mut self, change: impl FnOnce(ConsentWord) -> ConsentWord) {
        self.word = change(self.word);
    }

    /// What is recorded for a field.
    pub fn get(&self, field: Field) -> Option<(Choice, Stamp)> {
        let (_, stamp) = self.stamps.iter().find(|(stamped, _)| *stamped == field)?;
        Some((self.word.get(field), *stamp))
    }

    /// Records a choice for a field.
    pub fn set(&mut self, field: Field, choice: Choice, stamp: Stamp) {
        self.word = self.word.with(field, choice);
        match self.stamps.iter_mut().find(|(stamped, _)| *stamped == field) {
            Some(held) => held.1 = stamp,
            None => self.stamps.push((field, stamp)),
        }
    }

    /// The fields that have a stamp, with choice and stamp.
    pub fn iter(&self) -> impl Iterator<Item = (Field, Choice, Stamp)> + '_ {
        self.stamps.iter().map(|(field, stamp)| (*field, self.word.get(*field), *stamp))
    }
}

/// Reads a word's column.
pub(crate) fn word(bits: i64) -> Result<ConsentWord> {
    ConsentWord::from_bits(bits as u64).map_err(|error| StoreError::Damaged(error.to_string()))
}

/// Reads a choice's column.
pub(crate) fn choice(code: u8) -> Result<Choice> {
    Choice::from_code(code).ok_or_else(|| damaged("a choice"))
}

fn unpack_stamp(bytes: &[u8]) -> Option<(Field, Stamp)> {
    let (head, numbers) = bytes.split_first()?;
    let (at, entry) = numbers.split_first_chunk::<8>()?;
    let stamp = Stamp {
        at: Timestamp(i64::from_be_bytes(*at)),
        entry: EntryId(i64::from_be_bytes(entry.try_into().ok()?)),
    };
    Some((Field::from_code(*head)?, stamp))
}

/// Packs the sets of a new ledger entry, whose leaf has the second form.
pub(crate) fn pack_sets(sets: &[Applied]) -> SmallVec<[u8; 32]> {
    let mut packed = SmallVec::new();
    packed.push(FORM_SECOND);
    for set in sets {
        match set.target {
            Target::Field(field) => packed.push(field.code()),
            Target::Identity(field) => packed.push(TAG_IDENTITY | field.code()),
            Target::List(list) => {
                packed.push(TAG_LIST);
                packed.extend_from_slice(&list.0.to_be_bytes());
            }
        }
        packed.push(set.old.code() << 4 | set.new.code());
    }
    packed
}

/// Reads a ledger entry's sets, and the form of its leaf.
pub(crate) fn unpack_sets(packed: &[u8]) -> Result<(LeafForm, SmallVec<[Applied; 2]>)> {
    let (form, mut packed) = match packed.strip_prefix(&[FORM_SECOND]) {
        Some(rest) => (LeafForm::Second, rest),
        None => (LeafForm::First, packed),
    };
    let mut sets = SmallVec::new();
    while !packed.is_empty() {
        let (set, rest) = unpack_set(packed).ok_or_else(|| damaged("a ledger entry's values"))?;
        sets.push(set);
        packed = rest;
    }
    Ok((form, sets))
}

fn unpack_set(packed: &[u8]) -> Option<(Applied, &[u8])> {
    let (tag, rest) = packed.split_first()?;
    let (target, rest) = match *tag {
        TAG_LIST => {
            let (id, rest) = rest.split_first_chunk::<8>()?;
            (Target::List(ListId(i64::from_be_bytes(*id))), rest)
        }
        tag if tag & TAG_IDENTITY != 0 => (Target::Identity(Field::from_code(tag & !TAG_IDENTITY)?), rest),
        tag => (Target::Field(Field::from_code(tag)?), rest),
    };
    let (choices, rest) = rest.split_first()?;
    let (old, new) = (Choice::from_code(choices >> 4)?, Choice::from_code(choices & 0xf)?);
    Some((Applied { target, old, new }, rest))
}

fn damaged(what: &str) -> StoreError {
    StoreError::Damaged(format!("{what} can't be read"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    prop_compose! {
        fn any_stamp()(at: i64, entry: i64) -> Stamp {
            Stamp { at: Timestamp(at), entry: EntryId(entry) }
        }
    }

    prop_compose! {
        fn any_applied()(kind in 0u8..3, field in 0u8..13, list: i64, old in 0u8..12, new in 0u8..12) -> Applied {
            let field = Field::from_code(field).unwrap();
            let target = match kind {
                0 => Target::Field(field),
                1 => Target::Identity(field),
                _ => Target::List(ListId(list)),
            };
            Applied { target, old: Choice::from_code(old).unwrap(), new: Choice::from_code(new).unwrap() }
        }
    }

    proptest! {
        #[test]
        fn values_round_trip(sets in proptest::collection::vec((0u8..13, 0u8..12, any_stamp()), 0..20)) {
            let mut values = Values::default();
            for (field, choice, stamp) in &sets {
                values.set(Field::from_code(*field).unwrap(), Choice::from_code(*choice).unwrap(), *stamp);
            }
            let packed = values.pack();
            let again = Values::unpack(values.word().bits() as i64, packed.as_deref()).unwrap();
            prop_assert_eq!(&again, &values);
            if let Some((field, choice, stamp)) = sets.last() {
                let held = again.get(Field::from_code(*field).unwrap()).unwrap();
                prop_assert_eq!(held, (Choice::from_code(*choice).unwrap(), *stamp));
            }
        }

        #[test]
        fn sets_round_trip(sets in proptest::collection::vec(any_applied(), 0..20)) {
            let (form, unpacked) = unpack_sets(&pack_sets(&sets)).unwrap();
            prop_assert_eq!((form, unpacked.to_vec()), (LeafForm::Second, sets.clone()));
            let (form, unpacked) = unpack_sets(&pack_sets(&sets)[1..]).unwrap();
            prop_assert_eq!((form, unpacked.to_vec()), (LeafForm::First, sets));
        }

        #[test]
        fn garbage_is_reported(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            if let Ok((form, sets)) = unpack_sets(&bytes) {
                let marked = usize::from(form == LeafForm::First);
                prop_assert_eq!(&pack_sets(&sets)[marked..], bytes);
            }
        }
    }

    /// What keeps a program that knows the first form only from making a leaf of it.
    #[test]
    fn the_mark_of_a_form_is_no_value() {
        assert!(unpack_set(&[FORM_SECOND, 0x12]).is_none());
        assert!(unpack_sets(&[FORM_SECOND, FORM_SECOND]).is_err());
    }

    #[test]
    fn a_cut_stamp_is_damage() {
        assert!(Values::unpack(0, Some(&[0; STAMP_LENGTH - 1])).is_err());
        assert!(Values::unpack(0, Some(&[13; STAMP_LENGTH])).is_err());
        assert!(Values::unpack(0xf, None).is_err());
    }
}
