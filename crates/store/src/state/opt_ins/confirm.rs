//! The owner of an address confirms a request.

use consent::{AddressId, Choice, ConsentChange, Evidence, Source, Subject, Target, Timestamp};
use smallvec::smallvec;

use super::by_id;
use crate::api::Result;
use crate::sql::{Db, params};
use crate::state::change::{ChangeConsent, Wants};
use crate::state::record::{Recorder, Rule};
use crate::state::rows::Rows;
use crate::types::{Confirmed, OptInId};

/// Records the yes that a request waits for.
pub(crate) struct ConfirmOptIn {
    /// Which request.
    pub id: OptInId,
    /// Of which address.
    pub address: AddressId,
    /// What proves it.
    pub evidence: Evidence,
    /// When.
    pub now: Timestamp,
}

impl ChangeConsent for ConfirmOptIn {
    type Answer = Confirmed;

    fn wants(&self, wants: &mut Wants) {
        wants.addresses.push(self.address);
    }

    fn run<R: Rows>(&self, recorder: &mut Recorder<'_, R>) -> Result<Confirmed> {
        let mut address = recorder.address(self.address)?;
        let mut profile = recorder.profile(address.profile)?;
        let (db, workspace) = recorder.rows.beside();
        let Some(request) = by_id(db, workspace, self.address, self.id)? else {
            return Ok(Confirmed::Expired);
        };
        let target = Target::List(request.list);
        let held = recorder.held(&profile, Some(&address), target)?;
        if recorder.refused_since(&profile, &address, held, request.requested_at)? {
            return Ok(Confirmed::Superseded);
        }
        let is_over = request.confirmed_at.is_some() || self.now >= request.expires_at;
        if is_over {
            let on_it = held.is_some_and(|(choice, _)| choice.is_yes());
            return Ok(if on_it { Confirmed::Already } else { Confirmed::Expired });
        }
        // Later than what it confirms, also where another node's clock is ahead.
        let after = held.map_or(Timestamp::UNDATED, |(_, stamp)| Timestamp(stamp.at.0.saturating_add(1)));
        let at = self.now.max(after);
        let change = ConsentChange {
            subject: Subject::Address(self.address),
            sets: smallvec![(target, Choice::Yes)],
            occurred_at: Some(at),
            received_at: at,
            source: Source::CONFIRM,
            run: None,
            evidence: self.evidence.clone(),
        };
        let recorded = recorder.apply_and_save(&mut profile, Some(&mut address), &change, Rule::Resolve)?;
        let Some(entry) = recorded.entry else { return Ok(Confirmed::Superseded) };
        const CONFIRM: &str =
            "UPDATE opt_in_request SET confirmed_at = ?4 WHERE address = ?1 AND workspace = ?2 AND id = ?3";
        let (db, workspace) = recorder.rows.write_beside();
        db.execute(CONFIRM, params![self.address.0, workspace.0, self.id.0, self.now.0])?;
        Ok(Confirmed::Now(entry))
    }
}
