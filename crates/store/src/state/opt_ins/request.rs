//! Somebody asks for a list. It may be anybody who knows the address: so nothing changes but a value that nobody has set.

use consent::{Choice, ConsentChange, Evidence, Subject, Target};
use smallvec::smallvec;

use super::{Kept, for_list, put};
use crate::api::Result;
use crate::error::StoreError;
use crate::sql::{Db, params};
use crate::state::change::{ChangeConsent, Wants};
use crate::state::record::{AddressState, ProfileState, Recorder, Rule};
use crate::state::rows::Rows;
use crate::types::{NewOptInRequest, OptInId, OptInRequest};

/// Keeps a request, and notes that the list waits for its confirmation.
pub(crate) struct RequestOptIn {
    /// What is asked for.
    pub request: NewOptInRequest,
}

impl ChangeConsent for RequestOptIn {
    type Answer = OptInRequest;

    fn wants(&self, wants: &mut Wants) {
        wants.subject(&self.request.subject);
    }

    fn run<R: Rows>(&self, recorder: &mut Recorder<'_, R>) -> Result<OptInRequest> {
        let request = &self.request;
        let asked = checked(request)?;
        recorder.check_list(request.list)?;
        let (mut profile, address) = recorder.subject(&request.subject, request.requested_at)?;
        let mut address = address.ok_or_else(|| invalid("is for an address"))?;
        let held = recorder.held(&profile, Some(&address), Target::List(request.list))?;
        let (db, workspace) = recorder.rows.beside();
        let mut open = for_list(db, workspace, address.id, request.list)?
            .filter(|kept| kept.confirmed_at.is_none() && request.requested_at < kept.expires_at);
        if let Some(kept) = &open
            && recorder.refused_since(&profile, &address, held, kept.requested_at)?
        {
            // A mail from before the refusal isn't to undo it.
            open = None;
        }
        let entry = match held {
            Some((choice, _)) if choice.counts() => None,
            _ => recorder.wait_for(request, &mut profile, &mut address)?,
        };
        let (db, workspace) = recorder.rows.write_beside();
        let mut kept = match open {
            Some(kept) => kept,
            None => Kept {
                id: next_id(db, workspace, &address)?,
                list: request.list,
                requested_at: request.requested_at,
                expires_at: request.expires_at,
                confirmed_at: None,
                entry: None,
                asked: Evidence::default(),
            },
        };
        kept.expires_at = kept.expires_at.max(request.expires_at);
        kept.entry = entry.or(kept.entry);
        kept.asked = request.asked.clone();
        put(db, workspace, address.id, &kept, &asked)?;
        Ok(kept.of(&address))
    }
}

/// What is asked as JSON text, within the limits.
fn checked(request: &NewOptInRequest) -> Result<String> {
    if matches!(request.subject, Subject::Profile(_)) {
        return Err(invalid("is for an address"));
    }
    if request.expires_at <= request.requested_at {
        return Err(invalid("ends after it begins"));
    }
    let asked = serde_json::to_string(&request.asked).map_err(|error| invalid(&error.to_string()))?;
    if asked.len() > NewOptInRequest::ASKED_BYTES_MAX {
        return Err(invalid(&format!("says at most {} bytes", NewOptInRequest::ASKED_BYTES_MAX)));
    }
    Ok(asked)
}

fn invalid(why: &str) -> StoreError {
    StoreError::Invalid(format!("an opt-in request {why}"))
}

/// Ids count an address's requests: of two nodes that choose the same one, one does it again.
fn next_id(db: &impl Db, workspace: consent::WorkspaceId, address: &AddressState) -> Result<OptInId> {
    const NEXT: &str =
        "SELECT coalesce(max(id), 0) + 1 FROM opt_in_request WHERE address = ?1 AND workspace = ?2";
    db.one(NEXT, params![address.id.0, workspace.0], |row| row.get(0)).map(OptInId)
}

impl<R: Rows> Recorder<'_, R> {
    /// Records that the list waits for a confirmation.
    fn wait_for(
        &mut self,
        request: &NewOptInRequest,
        profile: &mut ProfileState,
        address: &mut AddressState,
    ) -> Result<Option<consent::EntryId>> {
        let change = ConsentChange {
            subject: Subject::Address(address.id),
            sets: smallvec![(Target::List(request.list), Choice::Pending)],
            occurred_at: Some(request.requested_at),
            received_at: request.requested_at,
            source: request.source.clone(),
            run: request.run,
            evidence: request.asked.clone(),
        };
        Ok(self.apply_and_save(profile, Some(address), &change, Rule::Resolve)?.entry)
    }
}
