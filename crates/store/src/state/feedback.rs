//! What came back about messages: kept once, counted, and turned into suppression.

use std::collections::HashSet;

use consent::{Address, AddressId, BounceReason, ProfileId, RunId, Timestamp, WorkspaceId};
use data_encoding::HEXLOWER;

use super::entry_key::note;
use super::soft_bounces::Counters;
use super::{entries, settings, suppression};
use crate::error::{Result, StoreError};
use crate::sql::{Db, Row, Sql, params};
use crate::store::{Answer, Key, Store};
use crate::types::{
    FEEDBACK_MAX, Feedback, FeedbackCount, FeedbackId, FeedbackKind, SoftBounceRule, SuppressionCategory,
    SuppressionEntry, Taken,
};

/// Most pieces of one address in one answer.
const OF_ADDRESS_MAX: usize = 10_000;

/// The code of a kind on disk, and of a bounce's reason. Never reassigned.
const fn codes(kind: FeedbackKind) -> (u8, Option<u8>) {
    match kind {
        FeedbackKind::Delivered => (1, None),
        FeedbackKind::Bounced { reason, hard: true } => (2, Some(reason as u8)),
        FeedbackKind::Bounced { reason, hard: false } => (3, Some(reason as u8)),
        FeedbackKind::Complained => (4, None),
        FeedbackKind::Unsubscribed => (5, None),
        FeedbackKind::Noted => (6, None),
    }
}

impl Store {
    /// Which pieces of feedback have been taken already, in order.
    pub fn feedback_known(&self, workspace: WorkspaceId, ids: Vec<FeedbackId>) -> Answer<Vec<bool>> {
        self.query("feedback_known", Key::Each(workspace), move |db| known(db, workspace, &ids))
    }

    /// What came back about a run's messages, counted; about all messages and none if absent.
    pub fn feedback_counts(&self, workspace: WorkspaceId, run: Option<RunId>) -> Answer<Vec<FeedbackCount>> {
        self.query("feedback_counts", Key::Workspace(workspace), move |db| counts(db, workspace, run))
    }

    /// What came back about one address, newest first, at most `limit`.
    pub fn feedback_of(
        &self,
        workspace: WorkspaceId,
        address: &Address,
        limit: usize,
    ) -> Answer<Vec<Feedback>> {
        let address = address.clone();
        self.query("feedback_of", Key::Workspace(workspace), move |db| {
            of_address(db, workspace, &address, limit)
        })
    }

    /// Takes what came back about messages, each once by its id, all or none, at most 1,000 at once: keeps it, counts
    /// soft bounces by the workspace's [`crate::Settings::soft_bounces`], and suppresses. Changes of consent that feedback asks
    /// for are recorded by the caller before, so that one that dies in between is asked again.
    pub fn take_feedback(&self, workspace: WorkspaceId, feedback: Vec<Feedback>) -> Answer<Vec<Taken>> {
        self.write("take_feedback", Key::Each(workspace), move |db| {
            let taken = take(db, workspace, &feedback)?;
            db.suppression_grew(feedback.len())?;
            Ok(taken)
        })
    }
}

fn kind_of(code: u8, reason: Option<u8>) -> Result<FeedbackKind> {
    let damaged = || StoreError::Damaged(format!("feedback of the kind {code}"));
    let reason = || reason.and_then(|reason| BounceReason::try_from(reason).ok()).ok_or_else(damaged);
    Ok(match code {
        1 => FeedbackKind::Delivered,
        2 => FeedbackKind::Bounced { reason: reason()?, hard: true },
        3 => FeedbackKind::Bounced { reason: reason()?, hard: false },
        4 => FeedbackKind::Complained,
        5 => FeedbackKind::Unsubscribed,
        6 => FeedbackKind::Noted,
        _ => return Err(damaged()),
    })
}

/// Which pieces of feedback have been taken already, in order.
pub(crate) fn known(db: &impl Db, workspace: WorkspaceId, ids: &[FeedbackId]) -> Result<Vec<bool>> {
    const SELECT: Sql = Sql::each(
        "SELECT id FROM feedback
            WHERE workspace = ?1 AND id IN (SELECT unhex(asked.value) FROM json_each(?2) AS asked)",
        "SELECT id FROM feedback WHERE workspace = ?1
            AND id = ANY (ARRAY(SELECT decode(json_array_elements_text(CAST(?2 AS TEXT)::json), 'hex')))",
    );
    limit(ids.len())?;
    let asked: Vec<String> = ids.iter().map(|id| HEXLOWER.encode(&id.0)).collect();
    let asked = serde_json::to_string(&asked).map_err(|error| StoreError::Invalid(error.to_string()))?;
    let found = db.all(SELECT, params![workspace.0, &asked], |row| row.get(0).map(FeedbackId))?;
    let found: HashSet<FeedbackId> = found.into_iter().collect();
    Ok(ids.iter().map(|id| found.contains(id)).collect())
}

fn limit(count: usize) -> Result<()> {
    if count > FEEDBACK_MAX {
        return Err(StoreError::Invalid(format!("more than {FEEDBACK_MAX} pieces of feedback at once")));
    }
    Ok(())
}

fn check(feedback: &Feedback) -> Result<()> {
    let invalid = |why: String| Err(StoreError::Invalid(format!("feedback: {why}")));
    if feedback.address.is_none() && feedback.kind != FeedbackKind::Noted {
        return invalid(format!("a {} is about an address", feedback.kind.as_str()));
    }
    if feedback.source.len() > Feedback::SOURCE_LENGTH_MAX || feedback.source.contains(char::is_control) {
        return invalid(format!("a source has at most {} bytes on one line", Feedback::SOURCE_LENGTH_MAX));
    }
    if feedback.detail.len() > Feedback::DETAIL_LENGTH_MAX {
        return invalid(format!("a detail has at most {} bytes", Feedback::DETAIL_LENGTH_MAX));
    }
    Ok(())
}

/// Takes what came back, see [`crate::Store::take_feedback`].
pub(crate) fn take(db: &impl Db, workspace: WorkspaceId, feedback: &[Feedback]) -> Result<Vec<Taken>> {
    limit(feedback.len())?;
    feedback.iter().try_for_each(check)?;
    let added = keep(db, workspace, feedback)?;
    let mut taken: Vec<Taken> =
        added.iter().map(|added| if *added { Taken::Kept } else { Taken::Repeated }).collect();
    let mut new: Vec<usize> = (0..feedback.len()).filter(|at| added[*at]).collect();
    // What is taken together is counted as it happened.
    new.sort_by_key(|at| (feedback[*at].at, *at));
    let counts = |at: &&usize| counted(feedback[**at].kind) || feedback[**at].kind == FeedbackKind::Delivered;
    let keys: HashSet<&str> =
        new.iter().filter(counts).filter_map(|at| feedback[*at].address.as_ref().map(Address::key)).collect();
    let mut counters = Counters::load(db, workspace, &keys.into_iter().collect::<Vec<_>>())?;
    let rule = settings::settings(db, workspace)?.soft_bounces();
    let mut entries = Vec::new();
    for at in new {
        let feedback = &feedback[at];
        let Some(address) = &feedback.address else { continue };
        let reason = suppresses(feedback, address, &mut counters, rule);
        if let Some((category, reason)) = reason {
            taken[at] = Taken::Suppressed(category);
            entries.push(entry(feedback, address, category, reason));
        }
    }
    // In one order everywhere: two nodes that take feedback at once mustn't wait for each other.
    entries.sort_by(|a, b| (&a.value, &a.namespace, a.category).cmp(&(&b.value, &b.namespace, b.category)));
    let entries: Vec<_> = entries.iter().map(|entry| (entry, entry.value.as_str())).collect();
    suppression::put(db, workspace, &entries)?;
    counters.save(db, workspace)?;
    Ok(taken)
}

/// Keeps what hasn't been kept before; whether each was new.
fn keep(db: &impl Db, workspace: WorkspaceId, feedback: &[Feedback]) -> Result<Vec<bool>> {
    const INSERT: &str = "INSERT INTO feedback
        (workspace, id, kind, reason, namespace, value, raw, profile, address, run, at, received_at, source, detail)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
        ON CONFLICT (workspace, id) DO NOTHING";
    // PostgreSQL can't keep U+0000, and what a server replied may hold anything.
    let details: Vec<String> =
        feedback.iter().map(|feedback| feedback.detail.replace('\0', "\u{fffd}")).collect();
    let rows = feedback.iter().zip(&details).map(|(feedback, detail)| {
        let (kind, reason) = codes(feedback.kind);
        let address = feedback.address.as_ref();
        *params![
            workspace.0,
            &feedback.id.0,
            kind,
            reason,
            address.map(|address| address.namespace().as_str()),
            address.map(Address::key),
            address.filter(|address| address.raw() != address.key()).map(Address::raw),
            feedback.owner.map(|(profile, _)| profile.0),
            feedback.owner.map(|(_, address)| address.0),
            feedback.run.map(|run| run.0),
            feedback.at.0,
            feedback.received_at.0,
            &feedback.source,
            detail,
        ]
    });
    Ok(db.execute_all(INSERT, rows)?.into_iter().map(|added| added > 0).collect())
}

/// Whether it is a soft bounce that counts.
fn counted(kind: FeedbackKind) -> bool {
    matches!(kind, FeedbackKind::Bounced { reason, hard: false } if reason.counts_against_address())
}

/// What the address is suppressed for by this, and why in words.
fn suppresses(
    feedback: &Feedback,
    address: &Address,
    counters: &mut Counters,
    rule: SoftBounceRule,
) -> Option<(SuppressionCategory, String)> {
    let (namespace, key) = (address.namespace().as_str(), address.key());
    // Nothing happens after it is told: a wrong clock would make all that comes later come too late.
    let at = feedback.at.min(feedback.received_at);
    match feedback.kind {
        FeedbackKind::Bounced { reason, hard: true } => {
            Some((SuppressionCategory::Hard, reason.as_str().to_owned()))
        }
        FeedbackKind::Bounced { reason, hard: false } if counted(feedback.kind) => {
            let count = counters.of(namespace, key).bounced(at, rule)?;
            let reached = count >= usize::from(rule.limit);
            reached.then(|| {
                (SuppressionCategory::Soft, format!("{count} soft bounces, the last: {}", reason.as_str()))
            })
        }
        FeedbackKind::Complained => Some((SuppressionCategory::Complaint, "complaint".to_owned())),
        FeedbackKind::Delivered => {
            if let Some(counter) = counters.known(namespace, key) {
                counter.delivered(at);
            }
            None
        }
        FeedbackKind::Bounced { .. } | FeedbackKind::Unsubscribed | FeedbackKind::Noted => None,
    }
}

fn entry(
    feedback: &Feedback,
    address: &Address,
    category: SuppressionCategory,
    reason: String,
) -> SuppressionEntry {
    let reason = if feedback.detail.is_empty() { reason } else { format!("{reason}: {}", feedback.detail) };
    SuppressionEntry {
        namespace: address.namespace().clone(),
        value: address.key().to_owned(),
        category,
        reason: note(&reason),
        by: feedback.source.clone(),
        at: feedback.received_at,
        updated_at: feedback.received_at,
        expires_at: None,
    }
}

/// What came back about a run's messages, or about all, counted.
pub(crate) fn counts(db: &impl Db, workspace: WorkspaceId, run: Option<RunId>) -> Result<Vec<FeedbackCount>> {
    const OF_RUN: &str = "SELECT kind, reason, count(*) FROM feedback WHERE workspace = ?1 AND run = ?2
        GROUP BY kind, reason ORDER BY kind, coalesce(reason, 0)";
    const ALL: &str = "SELECT kind, reason, count(*) FROM feedback WHERE workspace = ?1
        GROUP BY kind, reason ORDER BY kind, coalesce(reason, 0)";
    let read =
        |row: &Row<'_>| Ok(FeedbackCount { kind: kind_of(row.get(0)?, row.get(1)?)?, count: row.get(2)? });
    match run {
        Some(run) => db.all(OF_RUN, params![workspace.0, run.0], read),
        None => db.all(ALL, params![workspace.0], read),
    }
}

/// What came back about one address, newest first.
pub(crate) fn of_address(
    db: &impl Db,
    workspace: WorkspaceId,
    address: &Address,
    limit: usize,
) -> Result<Vec<Feedback>> {
    const SELECT: &str =
        "SELECT id, kind, reason, namespace, coalesce(raw, value), profile, address, run, at, received_at, source, detail
        FROM feedback WHERE workspace = ?1 AND namespace = ?2 AND value = ?3 ORDER BY at DESC, id DESC LIMIT ?4";
    let limit = limit.min(OF_ADDRESS_MAX) as i64;
    let key = params![workspace.0, address.namespace().as_str(), address.key(), limit];
    db.all(SELECT, key, read_feedback)
}

fn read_feedback(row: &Row<'_>) -> Result<Feedback> {
    let namespace = entries::namespace(row.get(3)?)?;
    let address = Address::kept(&namespace, row.get(4)?);
    let (profile, owned): (Option<i64>, Option<i64>) = (row.get(5)?, row.get(6)?);
    Ok(Feedback {
        id: FeedbackId(row.get(0)?),
        kind: kind_of(row.get(1)?, row.get(2)?)?,
        address: Some(address),
        owner: profile.map(ProfileId).zip(owned.map(AddressId)),
        run: row.get::<Option<_>>(7)?.map(RunId),
        at: Timestamp(row.get(8)?),
        received_at: Timestamp(row.get(9)?),
        source: row.get(10)?,
        detail: row.get(11)?,
    })
}
