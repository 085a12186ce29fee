//! A row's consents as changes to record.

use consent::{Choice, ConsentChange, Evidence, ProfileId, Source, Subject, Target};
use smallvec::{SmallVec, smallvec};

use super::{RowAddress, same};
use crate::state::record::SETS_MAX;
use crate::types::{ProfileRow, RowConsent, RowTarget};

/// Values that become one ledger entry.
pub(crate) struct Group {
    /// Which of the row's addresses it is about, for an address's own values.
    pub address: Option<usize>,
    /// The values.
    pub change: ConsentChange,
}

/// Groups a row's consents by time, reason and address. A value that stands twice goes into two groups, so that the
/// usual rule decides between them.
pub(crate) fn group(row: &ProfileRow, addresses: &[RowAddress<'_>]) -> SmallVec<[Group; 1]> {
    let mut groups: SmallVec<[Group; 1]> = SmallVec::new();
    for consent in &row.consents {
        let (target, address) = match &consent.target {
            RowTarget::Field(field) => (Target::Field(*field), None),
            RowTarget::List(list) => (Target::List(*list), None),
            RowTarget::Identity(address, field) => {
                let at = addresses.iter().position(|known| same(known.address, address));
                (Target::Identity(*field), at)
            }
        };
        let fits = |group: &&mut Group| group.address == address && joins(&group.change, consent, target);
        match groups.iter_mut().find(fits) {
            Some(group) => group.change.sets.push((target, consent.choice)),
            None => groups.push(Group { address, change: change(row, consent, target) }),
        }
    }
    groups
}

/// Whether a consent can stand in the same entry.
pub(crate) fn joins(change: &ConsentChange, consent: &RowConsent, target: Target) -> bool {
    change.sets.len() < SETS_MAX
        && change.occurred_at == consent.at
        && change.evidence.reason == reason(consent)
        && change.sets.iter().all(|(set, _)| *set != target)
}

/// A change of one value.
pub(crate) fn change(row: &ProfileRow, consent: &RowConsent, target: Target) -> ConsentChange {
    ConsentChange {
        // The state is passed along, so nobody looks the subject up.
        subject: Subject::Profile(ProfileId(0)),
        sets: smallvec![(target, consent.choice)],
        occurred_at: consent.at,
        received_at: row.received_at,
        source: Source::IMPORT,
        run: None,
        evidence: Evidence { reason: reason(consent), raw: row.evidence.clone(), ..Evidence::default() },
    }
}

/// The refusals among a row's consents, with what each becomes where `target` says; grouped like the row's own.
pub(crate) fn refusals(
    row: &ProfileRow,
    mut target: impl FnMut(&RowTarget) -> Option<Target>,
) -> SmallVec<[ConsentChange; 1]> {
    let mut changes: SmallVec<[ConsentChange; 1]> = SmallVec::new();
    for consent in row.consents.iter().filter(|consent| Choice::is_no(consent.choice)) {
        let Some(target) = target(&consent.target) else { continue };
        match changes.iter_mut().find(|change| joins(change, consent, target)) {
            Some(change) => change.sets.push((target, consent.choice)),
            None => changes.push(change(row, consent, target)),
        }
    }
    changes
}

/// The reason, cut to the length that XDM allows.
fn reason(consent: &RowConsent) -> Option<String> {
    consent.reason.as_ref().map(|reason| reason.chars().take(Evidence::REASON_LENGTH_MAX).collect())
}
