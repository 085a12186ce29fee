//! The owner of an address confirms a request.

use consent::{Choice, ConsentChange, Evidence, Origin, Source, Subject, Target, Timestamp, WorkspaceId};
use smallvec::smallvec;

use super::by_key;
use crate::error::Result;
use crate::sql::{Db, params};
use crate::state::change::{ChangeConsent, Wants};
use crate::state::record::{Recorder, Rule};
use crate::state::rows::{AddressState, Rows};
use crate::store::{Answer, Key, Store};
use crate::types::{Confirmed, OptInKey, OptInRequest};

impl Store {
    /// Confirms a request: records `y` for the list, with source `confirm`, unless the person has said no since. An address
    /// that nobody has gets a profile, of [`consent::Origin::Stranger`]. Nothing else changes: whoever has refused the
    /// channel before goes on refusing it. Other requests of the address for the list end with it. Call for a deliberate
    /// POST only (I4).
    pub fn confirm_opt_in(
        &self,
        workspace: WorkspaceId,
        key: OptInKey,
        evidence: Evidence,
        now: Timestamp,
    ) -> Answer<Confirmed> {
        self.change(
            "confirm_opt_in",
            Key::Workspace(workspace),
            workspace,
            ConfirmOptIn { key, evidence, now },
        )
    }
}

/// Records the yes that a request waits for.
pub(crate) struct ConfirmOptIn {
    /// Which request.
    pub key: OptInKey,
    /// What proves it.
    pub evidence: Evidence,
    /// When.
    pub now: Timestamp,
}

impl ChangeConsent for ConfirmOptIn {
    type Answer = Confirmed;

    fn wants(&self, wants: &mut Wants) {
        if let OptInKey::Known(address, _) = self.key {
            wants.addresses.push(address);
        }
    }

    fn run<R: Rows>(&self, recorder: &mut Recorder<'_, R>) -> Result<Confirmed> {
        let (db, workspace) = recorder.rows.beside();
        let Some(request) = by_key(db, workspace, self.key)? else { return Ok(Confirmed::Expired) };
        let is_over = request.confirmed_at.is_some() || self.now >= request.expires_at;
        let Some(mut address) = self.address(recorder, &request, is_over)? else {
            return Ok(Confirmed::Expired);
        };
        let mut profile = recorder.profile(address.profile)?;
        let target = Target::List(request.list);
        let held = recorder.held(&profile, Some(&address), target)?;
        if recorder.refused_since(&profile, &address, held, request.requested_at)? {
            return Ok(Confirmed::Superseded);
        }
        if is_over {
            let on_it = held.is_some_and(|(choice, _)| choice.is_yes());
            return Ok(if on_it { Confirmed::Already } else { Confirmed::Expired });
        }
        // Later than what it confirms, also where another node's clock is ahead.
        let after = held.map_or(Timestamp::UNDATED, |(_, stamp)| Timestamp(stamp.at.0.saturating_add(1)));
        let at = self.now.max(after);
        let change = ConsentChange {
            subject: Subject::Address(address.id),
            sets: smallvec![(target, Choice::Yes)],
            occurred_at: Some(at),
            received_at: at,
            source: Source::CONFIRM,
            run: None,
            evidence: self.evidence.clone(),
        };
        let saved = recorder.apply_and_save(&mut profile, Some(&mut address), &change, Rule::Resolve)?;
        let Some(entry) = saved.entry else { return Ok(Confirmed::Superseded) };
        self.end(recorder)?;
        Ok(Confirmed::Now(entry))
    }
}

impl ConfirmOptIn {
    /// Whose yes it is. One that is over makes nobody.
    fn address<R: Rows>(
        &self,
        recorder: &mut Recorder<'_, R>,
        request: &OptInRequest,
        is_over: bool,
    ) -> Result<Option<AddressState>> {
        match (self.key, &request.address) {
            (OptInKey::Known(address, _), _) => recorder.address(address).map(Some),
            (OptInKey::Typed { .. }, Some(typed)) if is_over => recorder.find(typed),
            (OptInKey::Typed { .. }, Some(typed)) => {
                // Checked first: a list that is gone leaves nobody behind.
                recorder.check_list(request.list)?;
                recorder.named(typed, Origin::Stranger, self.now).map(Some)
            }
            (OptInKey::Typed { .. }, None) => Ok(None),
        }
    }

    /// Ends the request, with all others of the same address for the list.
    fn end<R: Rows>(&self, recorder: &mut Recorder<'_, R>) -> Result<()> {
        const KNOWN: &str =
            "UPDATE opt_in_request SET confirmed_at = ?4 WHERE address = ?1 AND workspace = ?2 AND id = ?3";
        const TYPED: &str = "UPDATE list_request SET confirmed_at = ?4
            WHERE who = ?1 AND workspace = ?2 AND list = ?3 AND confirmed_at IS NULL";
        let (db, workspace) = recorder.rows.write_beside();
        let (sql, key) = match self.key {
            OptInKey::Known(address, id) => (KNOWN, (address.0, id.0)),
            OptInKey::Typed { who, list, .. } => (TYPED, (who, list.0)),
        };
        db.execute(sql, params![key.0, workspace.0, key.1, self.now.0]).map(drop)
    }
}
