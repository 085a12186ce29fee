//! All choices of a profile, or of one address, in 64 bits.

use crate::{Channel, Choice, Field, Preferred};

/// The consent word: a nibble per [`Field`], one for the preferred channel, and 8 bits of flags.
///
/// The store keeps it in a column, decisions read it. A profile has one; so has each address (XDM `idSpecific`).
///
/// ```
/// use consent::{Choice, ConsentWord, Field};
/// let word = ConsentWord::EMPTY.with(Field::Email, Choice::No);
/// assert_eq!(word.get(Field::Email), Choice::No);
/// assert_eq!(word.get(Field::Sms), Choice::Unset);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ConsentWord(u64);

/// Bits that no word of ours has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a consent word: {0:#018x} has a nibble that is no choice")]
pub struct InvalidWord(pub u64);

const PREFERRED_SHIFT: u32 = 13 * 4;
const FLAGS_SHIFT: u32 = 14 * 4;

impl ConsentWord {
    /// Nothing recorded.
    pub const EMPTY: Self = Self(0);
    /// Flag: at least one address of this profile has a word that isn't empty.
    pub const HAS_ADDRESS_VALUES: u8 = 1;
    /// Flag: the profile has a value for at least one subscription list.
    pub const HAS_SUBSCRIPTIONS: u8 = 2;
    /// Flag: the profile has preferences of its own beside its choices. Without it nobody looks for any.
    pub const HAS_PREFERENCES: u8 = 4;
    /// Flag: nobody at the brand brought this person in ([`crate::Origin::Stranger`]), so what a workspace takes an empty
    /// choice for isn't true of them. A flag that says so, not one that grants it: a word that lacks it by mistake is a
    /// word from before it was there.
    pub const NO_DEFAULT: u8 = 8;

    /// Reads a word from the store.
    pub fn from_bits(bits: u64) -> Result<Self, InvalidWord> {
        let choices_valid = (0..13).all(|at| Choice::from_code((bits >> (at * 4)) as u8 & 0xf).is_some());
        let preferred_valid = Preferred::from_code((bits >> PREFERRED_SHIFT) as u8 & 0xf).is_some();
        if choices_valid && preferred_valid { Ok(Self(bits)) } else { Err(InvalidWord(bits)) }
    }

    /// The word as the store keeps it.
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// The choice in one field.
    pub const fn get(self, field: Field) -> Choice {
        match Choice::from_code((self.0 >> (field.code() as u32 * 4)) as u8 & 0xf) {
            Some(choice) => choice,
            // No constructor lets such a nibble in; refusing is the safe reading should one appear (I9).
            None => Choice::No,
        }
    }

    /// This word with one field set.
    #[must_use]
    pub const fn with(self, field: Field, choice: Choice) -> Self {
        let shift = field.code() as u32 * 4;
        Self(self.0 & !(0xf << shift) | (choice.code() as u64) << shift)
    }

    /// The choice that holds for a channel.
    ///
    /// Marketing email is commercial email, so `email` and `commercialEmail` share what holds back: a no, or a pending
    /// verification, to one counts for the other as well (I9). A yes doesn't.
    pub const fn channel(self, channel: Channel) -> Choice {
        let own = self.get(channel.field());
        let twin = match channel {
            Channel::Email => self.get(Field::CommercialEmail),
            Channel::CommercialEmail => self.get(Field::Email),
            _ => return own,
        };
        if !own.is_no() && (twin.is_no() || matches!(twin, Choice::Pending)) { twin } else { own }
    }

    /// The preferred channel.
    pub const fn preferred(self) -> Preferred {
        match Preferred::from_code((self.0 >> PREFERRED_SHIFT) as u8 & 0xf) {
            Some(preferred) => preferred,
            None => Preferred::Unset,
        }
    }

    /// This word with the preferred channel set.
    #[must_use]
    pub const fn with_preferred(self, preferred: Preferred) -> Self {
        Self(self.0 & !(0xf << PREFERRED_SHIFT) | (preferred.code() as u64) << PREFERRED_SHIFT)
    }

    /// The flags, see [`Self::HAS_ADDRESS_VALUES`], [`Self::HAS_SUBSCRIPTIONS`], [`Self::HAS_PREFERENCES`] and
    /// [`Self::NO_DEFAULT`].
    pub const fn flags(self) -> u8 {
        (self.0 >> FLAGS_SHIFT) as u8
    }

    /// This word with flags added.
    #[must_use]
    pub const fn with_flags(self, flags: u8) -> Self {
        Self(self.0 | (flags as u64) << FLAGS_SHIFT)
    }

    /// This word with flags taken away.
    #[must_use]
    pub const fn without_flags(self, flags: u8) -> Self {
        Self(self.0 & !((flags as u64) << FLAGS_SHIFT))
    }

    /// Whether an empty choice means what the workspace's default says: not of somebody who only turned up, see
    /// [`Self::NO_DEFAULT`].
    pub const fn has_default(self) -> bool {
        self.flags() & Self::NO_DEFAULT == 0
    }

    /// The fields that hold a choice, with it.
    pub fn choices(self) -> impl Iterator<Item = (Field, Choice)> {
        Field::ALL
            .into_iter()
            .map(move |field| (field, self.get(field)))
            .filter(|(_, choice)| *choice != Choice::Unset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn codec_is_a_bijection(bits: u64) {
            match ConsentWord::from_bits(bits) {
                Ok(word) => {
                    let rebuilt = word
                        .choices()
                        .fold(ConsentWord::EMPTY, |built, (field, choice)| built.with(field, choice))
                        .with_preferred(word.preferred())
                        .with_flags(word.flags());
                    prop_assert_eq!(rebuilt.bits(), bits);
                }
                Err(InvalidWord(refused)) => {
                    prop_assert_eq!(refused, bits);
                    let bad = (0..13).any(|at| bits >> (at * 4) & 0xf > 11) || bits >> PREFERRED_SHIFT & 0xf == 15;
                    prop_assert!(bad);
                }
            }
        }

        #[test]
        fn setting_one_field_leaves_the_others(codes in proptest::collection::vec(0u8..12, 13), at in 0u8..13, to in 0u8..12) {
            let fill = |codes: &[u8]| {
                codes.iter().enumerate().fold(ConsentWord::EMPTY, |word, (field, code)| {
                    word.with(Field::ALL[field], Choice::from_code(*code).unwrap())
                })
            };
            let word = fill(&codes);
            let mut changed = codes.clone();
            changed[at as usize] = to;
            let field = Field::from_code(at).unwrap();
            prop_assert_eq!(word.with(field, Choice::from_code(to).unwrap()), fill(&changed));
            prop_assert_eq!(ConsentWord::from_bits(word.bits()), Ok(word));
        }
    }

    #[test]
    fn flags_come_and_go_without_the_choices() {
        let word = ConsentWord::EMPTY.with(Field::Email, Choice::No).with_flags(ConsentWord::HAS_PREFERENCES);
        let flagged = word.with_flags(ConsentWord::NO_DEFAULT);
        assert!(word.has_default() && !flagged.has_default());
        assert_eq!(flagged.without_flags(ConsentWord::NO_DEFAULT), word);
    }

    #[test]
    fn a_no_to_commercial_email_is_a_no_to_email() {
        let word =
            ConsentWord::EMPTY.with(Field::Email, Choice::Yes).with(Field::CommercialEmail, Choice::No);
        assert_eq!(word.channel(Channel::Email), Choice::No);
        assert_eq!(word.channel(Channel::Sms), Choice::Unset);
        let word =
            ConsentWord::EMPTY.with(Field::Email, Choice::No).with(Field::CommercialEmail, Choice::Yes);
        assert_eq!(word.channel(Channel::Email), Choice::No);
    }
}
