//! What a message is known by: one id per intent, made from the intent itself.
//!
//! Nobody gives ids out, so nothing has to be stored or agreed on for one: whoever tries the same intent again gets the
//! same id, and finds what became of it (I10).

use sha2::{Digest as _, Sha256};

use crate::{RunId, SendId, WorkspaceId};

/// Why a message was sent that belongs to no run. Codes are never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum SendOrigin {
    /// A notice that somebody asked for on a page, such as the link that confirms an opt-in.
    Notice = 1,
    /// The automatic answer to a text.
    Reply = 2,
    /// A request of a program.
    Api = 3,
    /// A step of a journey, for one entry.
    Journey = 4,
}

impl SendOrigin {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Notice, Self::Reply, Self::Api, Self::Journey];

    /// Its name outside.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Notice => "notice",
            Self::Reply => "reply",
            Self::Api => "api",
            Self::Journey => "journey",
        }
    }
}

/// Bits of a message's place in its run's audience.
const PLACE_BITS: u32 = 31;
/// Bits of the number of a message that belongs to no run.
pub(crate) const NUMBER_BITS: u32 = 62;

impl SendId {
    /// The message of a run to one member of its audience. `place` counts the members before it in the order of their
    /// profile ids: an audience never changes. `None` past 2^31 of either.
    pub fn in_run(run: RunId, place: u64) -> Option<Self> {
        let place = i64::try_from(place).ok().filter(|place| *place < 1 << PLACE_BITS)?;
        let run = Some(run.0).filter(|run| (1..1 << PLACE_BITS).contains(run))?;
        Some(Self((run << PLACE_BITS | place) << 1))
    }

    /// The message of an intent that belongs to no run: 62 bits of a hash of what `intent` says, which is unique among
    /// its workspace's intents of that origin.
    pub fn of_intent(workspace: WorkspaceId, origin: SendOrigin, intent: &str) -> Self {
        let mut hash = Sha256::new_with_prefix(b"consentry send 1\0");
        hash.update(workspace.0.to_be_bytes());
        hash.update([origin as u8]);
        hash.update(intent);
        let mut first = [0; 8];
        first.copy_from_slice(&hash.finalize()[..8]);
        Self::single(i64::from_be_bytes(first) & ((1 << NUMBER_BITS) - 1))
    }

    /// A message that belongs to no run, by its number, below 2^62.
    pub const fn single(number: i64) -> Self {
        Self(number << 1 | 1)
    }

    /// The run and the place in its audience, or the number of a message that belongs to none.
    pub const fn parts(self) -> (Option<RunId>, i64) {
        let rest = self.0 >> 1;
        if self.0 & 1 == 1 {
            return (None, rest);
        }
        (Some(RunId(rest >> PLACE_BITS)), rest & ((1 << PLACE_BITS) - 1))
    }

    /// The run that sent it, if one did.
    pub const fn run(self) -> Option<RunId> {
        self.parts().0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_tells_its_run_and_place_or_its_number() {
        let in_run = SendId::in_run(RunId(3), 14).unwrap();
        assert_eq!(in_run.parts(), (Some(RunId(3)), 14));
        assert_eq!(SendId::single(14).parts(), (None, 14));
        let last = (1 << 31) - 1;
        let largest = SendId::in_run(RunId(last), last.unsigned_abs()).unwrap();
        assert_eq!(largest.parts(), (Some(RunId(last)), last));
        assert!(largest.0 > 0);
        assert_eq!(SendId::in_run(RunId(1 << 31), 0), None);
        assert_eq!(SendId::in_run(RunId(1), 1 << 31), None);
        assert_eq!(SendId::in_run(RunId(0), 0), None);
        assert_eq!(in_run.to_string().parse::<SendId>().unwrap(), in_run);
    }

    #[test]
    fn one_intent_has_one_id_and_another_another() {
        let id = |workspace, origin, intent| SendId::of_intent(WorkspaceId(workspace), origin, intent);
        let some = id(1, SendOrigin::Notice, "a");
        assert_eq!(some, id(1, SendOrigin::Notice, "a"));
        for other in
            [id(2, SendOrigin::Notice, "a"), id(1, SendOrigin::Api, "a"), id(1, SendOrigin::Notice, "b")]
        {
            assert_ne!(some, other);
        }
        assert!(some.0 > 0 && some.run().is_none());
        // A change would let intents of before be sent again.
        assert_eq!(some.to_string(), "snd_194034891107404691");
    }
}
