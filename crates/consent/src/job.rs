//! What a job is known by: one id per intent, made from the intent itself, as a message's is.

use sha2::{Digest as _, Sha256};

use crate::send::NUMBER_BITS;
use crate::{JobId, WorkspaceId};

impl JobId {
    /// The job of a kind that `key` tells from all others of that kind in its workspace: 62 bits of a hash.
    pub fn of(workspace: WorkspaceId, kind: &str, key: &str) -> Self {
        let mut hash = Sha256::new_with_prefix(b"consentry job 1\0");
        hash.update(workspace.0.to_be_bytes());
        hash.update(kind);
        hash.update([0]);
        hash.update(key);
        let mut first = [0; 8];
        first.copy_from_slice(&hash.finalize()[..8]);
        Self(i64::from_be_bytes(first) & ((1 << NUMBER_BITS) - 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_intent_has_one_id_and_another_another() {
        let id = |workspace, kind, key| JobId::of(WorkspaceId(workspace), kind, key);
        let some = id(1, "notice", "a");
        assert_eq!(some, id(1, "notice", "a"));
        for other in [id(2, "notice", "a"), id(1, "reply", "a"), id(1, "notice", "b"), id(1, "notic", "ea")] {
            assert_ne!(some, other);
        }
        assert!(some.0 > 0);
        assert_eq!(some.to_string().parse::<JobId>().unwrap(), some);
        // A change would let jobs of before be done again.
        assert_eq!(some.to_string(), "job_838644650685341471");
    }
}
