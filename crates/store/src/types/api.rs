//! Programs: their keys, and their requests that may be sent again.

use consent::{Timestamp, WorkspaceId};
use smallvec::SmallVec;

use super::Recorded;

/// A key that a program calls with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// The workspace that it opens; no other.
    pub workspace: WorkspaceId,
    /// The part of it that is visible, by which it is found.
    pub id: String,
    /// Its name, which all that it does is put down to. No two keys that aren't revoked share one.
    pub name: String,
    /// The SHA-256 of the whole key.
    pub digest: [u8; 32],
    /// What it may be used for, by name.
    pub scopes: Vec<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who made it.
    pub created_by: String,
    /// Until when it opens anything; for good if absent.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked, and by whom.
    pub revoked: Option<(Timestamp, String)>,
    /// When it was last used, to within a minute.
    pub used_at: Option<Timestamp>,
}

impl ApiKey {
    /// Keys of a workspace that aren't revoked.
    pub const KEYS_MAX: usize = 1_000;
}

/// A request that may be sent again: stands for who sent it and for the name that they gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RequestId(pub [u8; 32]);

/// The answer to a request that may be sent again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeptAnswer {
    /// The HTTP status.
    pub status: u16,
    /// Headers, as the front wrote them.
    pub head: String,
    /// The body; at most [`Self::BODY_BYTES_MAX`].
    pub body: Vec<u8>,
}

impl KeptAnswer {
    /// Bytes of [`Self::body`].
    pub const BODY_BYTES_MAX: usize = 1 << 20;
}

/// What is known of a request that comes in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestBegun {
    /// It is new, or nobody is at it any more: do it.
    Fresh,
    /// Somebody is at it.
    InWork,
    /// The same name was given to another request.
    Other,
    /// It was done, with this answer.
    Done(KeptAnswer),
}

/// A part of a request, which is recorded once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestPart {
    /// The request.
    pub request: RequestId,
    /// Which part, from 0.
    pub part: u32,
    /// Stands for what is asked in it.
    pub fingerprint: [u8; 32],
    /// Now.
    pub at: Timestamp,
    /// Until when whoever works at the request has it.
    pub lease: Timestamp,
}

/// What became of a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PartOutcome {
    /// Recorded now.
    Recorded(Vec<Recorded>),
    /// It was recorded before.
    Before(Vec<RecordedBefore>),
    /// Another part stands in its place.
    Other,
}

/// What is kept of a [`Recorded`] of a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedBefore {
    /// The ledger entry.
    pub entry: Option<consent::EntryId>,
    /// The profile.
    pub profile: consent::ProfileId,
    /// How many values changed.
    pub changed: u32,
    /// How many were left because what is recorded outranks the change.
    pub outranked: u32,
}

impl From<&Recorded> for RecordedBefore {
    fn from(recorded: &Recorded) -> Self {
        let Recorded { entry, profile, applied, outranked } = recorded;
        Self { entry: *entry, profile: *profile, changed: applied.len() as u32, outranked: *outranked }
    }
}

/// Bytes of a packed [`RecordedBefore`].
const PACKED: usize = 24;

impl RecordedBefore {
    /// As they are kept.
    pub(crate) fn pack(all: &[Self]) -> Vec<u8> {
        let one = |recorded: &Self| {
            let mut bytes: SmallVec<[u8; PACKED]> = SmallVec::new();
            bytes.extend(recorded.entry.map_or(-1, |entry| entry.0).to_be_bytes());
            bytes.extend(recorded.profile.0.to_be_bytes());
            bytes.extend(recorded.changed.to_be_bytes());
            bytes.extend(recorded.outranked.to_be_bytes());
            bytes
        };
        all.iter().flat_map(one).collect()
    }

    /// From how they are kept; `None` if they are damaged.
    pub(crate) fn unpack(bytes: &[u8]) -> Option<Vec<Self>> {
        let (all, rest) = bytes.as_chunks::<PACKED>();
        let long = |bytes: &[u8]| Some(i64::from_be_bytes(bytes.try_into().ok()?));
        let short = |bytes: &[u8]| Some(u32::from_be_bytes(bytes.try_into().ok()?));
        let one = |bytes: &[u8; PACKED]| {
            let entry = long(&bytes[..8])?;
            Some(Self {
                entry: (entry >= 0).then_some(consent::EntryId(entry)),
                profile: consent::ProfileId(long(&bytes[8..16])?),
                changed: short(&bytes[16..20])?,
                outranked: short(&bytes[20..])?,
            })
        };
        if rest.is_empty() { all.iter().map(one).collect() } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_of_a_part_comes_back() {
        let recorded = |entry, changed| RecordedBefore {
            entry,
            profile: consent::ProfileId(i64::MAX),
            changed,
            outranked: 1,
        };
        let all = vec![recorded(None, 0), recorded(Some(consent::EntryId(0)), 2)];
        let packed = RecordedBefore::pack(&all);
        assert_eq!(RecordedBefore::unpack(&packed), Some(all));
        assert_eq!(RecordedBefore::unpack(&packed[1..]), None);
    }
}
