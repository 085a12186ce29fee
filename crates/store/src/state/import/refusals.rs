//! What a rejected row leaves behind: its refusals.

use std::collections::HashSet;

use consent::{Address, Field, ListId, Namespace, ProfileId, Subject, Target};

use super::changes::refusals;
use super::{Importer, named_by_consents, same};
use crate::error::{Result, StoreError};
use crate::state::rows::Rows;
use crate::types::{ProfileRow, RowOutcome, RowTarget};

impl<R: Rows> Importer<'_, '_, R> {
    /// Rejects a row. Its refusals bind all the same: on the profile with the row's id as they stand, on each of the
    /// row's addresses that another profile owns for that address alone, so that nobody is silenced by a mix-up of ids
    /// beyond the address they named, and nobody goes on getting mail there.
    pub(crate) fn reject(
        &mut self,
        row: &ProfileRow,
        owner: Option<ProfileId>,
        reason: &str,
    ) -> Result<RowOutcome> {
        let lists = self.known_lists(row)?;
        let list = |id: ListId| lists.contains(&id).then_some(Target::List(id));
        let mut recorded = false;
        if let Some(owner) = owner {
            for mut change in refusals(row, |target| match target {
                RowTarget::Field(field) => Some(Target::Field(*field)),
                RowTarget::List(id) => list(*id),
                RowTarget::Identity(..) => None,
            }) {
                change.subject = Subject::Profile(owner);
                recorded |= self.recorder.record(&change)?.entry.is_some();
            }
        }
        for address in row.addresses.iter().chain(named_by_consents(&row.consents)) {
            let Some(found) = self.recorder.find(address)? else { continue };
            let own = owner == Some(found.profile);
            for mut change in refusals(row, |target| match target {
                RowTarget::Identity(named, field) => same(named, address).then_some(Target::Identity(*field)),
                RowTarget::Field(field) => {
                    (!own && concerns(*field, address.namespace())).then_some(Target::Identity(*field))
                }
                RowTarget::List(id) => list(*id).filter(|_| !own),
            }) {
                change.subject = Subject::Address(found.id);
                recorded |= self.recorder.record(&change)?.entry.is_some();
            }
        }
        let note = if recorded { "; its refusals were recorded where they apply" } else { "" };
        Ok(RowOutcome::Rejected(format!("{reason}{note}")))
    }

    /// Records a row's refusals at an address of it that another profile owns, for that address alone.
    pub(crate) fn refuse_at(&mut self, row: &ProfileRow, address: &Address) -> Result<()> {
        let Some(found) = self.recorder.find(address)? else { return Ok(()) };
        for mut change in refusals(row, |target| match target {
            RowTarget::Identity(named, field) => same(named, address).then_some(Target::Identity(*field)),
            RowTarget::Field(field) => {
                concerns(*field, address.namespace()).then_some(Target::Identity(*field))
            }
            RowTarget::List(_) => None,
        }) {
            change.subject = Subject::Address(found.id);
            self.recorder.record(&change)?;
        }
        Ok(())
    }

    fn known_lists(&mut self, row: &ProfileRow) -> Result<HashSet<ListId>> {
        let mut known = HashSet::new();
        for consent in &row.consents {
            let RowTarget::List(list) = consent.target else { continue };
            match self.recorder.check_list(list) {
                Ok(()) => known.insert(list),
                Err(StoreError::Missing(_)) => false,
                Err(error) => return Err(error),
            };
        }
        Ok(known)
    }
}

/// Whether a refusal in this field reaches addresses of this namespace. Those outside of marketing reach all.
fn concerns(field: Field, namespace: &Namespace) -> bool {
    field.channel().is_none_or(|channel| Namespace::of_channel(channel).as_ref() == Some(namespace))
}
