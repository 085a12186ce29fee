//! Single messages: one row per intent, which says what became of it. And any message by its id.

use consent::{
    AddressId, Category, Channel, Deferral, ProfileId, RunId, SendId, SendOrigin, Timestamp, WorkspaceId,
};

use super::claims::{DETAIL_CHARS_MAX, cut};
use super::{deliveries, exclusions, fence, runs};
use crate::error::{Result, StoreError};
use crate::sql::{Db, Row, params};
use crate::store::{Answer, Key, Store};
use crate::types::{Begun, Delivery, DeliveryState, NewSend, SendOutcome, SendState, SendView, SentBy};

/// Bytes of an intent.
const INTENT_BYTES_MAX: usize = 255;
/// The state of a message that the decision excluded; the others are those of [`DeliveryState`].
const EXCLUDED: u8 = 6;

impl Store {
    /// Before a single message is decided about and handed over: whether it may be. The answer is yes once per intent,
    /// and again only after [`SendOutcome::Waits`] or a refusal for now.
    pub fn begin_send(&self, workspace: WorkspaceId, send: NewSend) -> Answer<Begun> {
        self.write("begin_send", Key::Send(workspace, send.id(workspace)), move |db| {
            begin(db, workspace, &send)
        })
    }

    /// Notes what became of a single message that was begun. [`StoreError::Missing`] if none was.
    pub fn settle_send(
        &self,
        workspace: WorkspaceId,
        send: SendId,
        outcome: SendOutcome,
        at: Timestamp,
    ) -> Answer<()> {
        self.write("settle_send", Key::Send(workspace, send), move |db| {
            settle(db, workspace, send, &outcome, at)
        })
    }

    /// All that is known of a message, a run's or a single one; `None` for an id that no message has.
    pub fn sent(&self, workspace: WorkspaceId, send: SendId) -> Answer<Option<SendView>> {
        self.query("sent", Key::Send(workspace, send), move |db| view(db, workspace, send))
    }

    /// The message of a run to a profile; `None` if it isn't in the audience.
    pub fn send_of(&self, workspace: WorkspaceId, run: RunId, profile: ProfileId) -> Answer<Option<SendId>> {
        self.query("send_of", Key::Run(workspace, run), move |db| {
            let audience = runs::audience(db, workspace, run)?;
            Ok(id_in(&audience, run, profile))
        })
    }

    /// Single messages to a profile, newest first, at most `limit`.
    pub fn single_sends(
        &self,
        workspace: WorkspaceId,
        profile: ProfileId,
        limit: usize,
    ) -> Answer<Vec<SendView>> {
        self.query("single_sends", Key::Profile(workspace, profile), move |db| {
            of_profile(db, workspace, profile, limit)
        })
    }
}

/// The id of a run's message to a member of its audience.
fn id_in(audience: &roaring::RoaringTreemap, run: RunId, profile: ProfileId) -> Option<SendId> {
    let member = u64::try_from(profile.0).ok().filter(|member| audience.contains(*member))?;
    SendId::in_run(run, audience.rank(member) - 1)
}

fn begin(db: &impl Db, workspace: WorkspaceId, send: &NewSend) -> Result<Begun> {
    const INSERT: &str =
        "INSERT INTO send (workspace, number, origin, intent, profile, address, channel, category,
            state, attempts, created_at, at, due_at, code, cause, detail)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 0, ?10, ?10, NULL, 0, 0, NULL)
        ON CONFLICT DO NOTHING";
    // What waits may go on; anything else has had its end.
    const AGAIN: &str = "UPDATE send SET state = ?4, at = ?3, due_at = NULL
        WHERE workspace = ?1 AND number = ?2 AND state = 2";
    if send.intent.is_empty() || send.intent.len() > INTENT_BYTES_MAX || send.intent.contains('\0') {
        return Err(StoreError::Invalid(format!(
            "an intent has 1 to {INTENT_BYTES_MAX} bytes and no U+0000"
        )));
    }
    fence::open_only_to(db, fence::KNOWS_MESSAGES)?;
    let id = send.id(workspace);
    let (_, number) = id.parts();
    let doubt = DeliveryState::InDoubt as u8;
    let values = params![
        workspace.0,
        number,
        send.origin as u8,
        &send.intent,
        send.profile.map(|profile| profile.0),
        send.address.map(|address| address.0),
        send.channel as u8,
        category_code(send.category),
        doubt,
        send.at.0,
    ];
    if db.execute(INSERT, values)? > 0 {
        return Ok(Begun::Go(id));
    }
    let found = row(db, workspace, number)?.ok_or(StoreError::Conflict)?;
    let SentBy::Single(origin, intent) = &found.by else { return Err(StoreError::Conflict) };
    if (*origin, intent) != (send.origin, &send.intent) {
        // Two intents with one hash: this one can't be told from the other, so it isn't sent (I9).
        return Err(StoreError::Exists(id.to_string()));
    }
    if db.execute(AGAIN, params![workspace.0, number, send.at.0, doubt])? > 0 {
        return Ok(Begun::Go(id));
    }
    Ok(Begun::Over(id, found.state.unwrap_or(SendState::Message(DeliveryState::InDoubt))))
}

fn settle(
    db: &impl Db,
    workspace: WorkspaceId,
    send: SendId,
    outcome: &SendOutcome,
    at: Timestamp,
) -> Result<()> {
    const UPDATE: &str =
        "UPDATE send SET state = ?3, attempts = attempts + ?4, at = ?5, due_at = ?6, code = ?7,
            cause = ?8, detail = ?9 WHERE workspace = ?1 AND number = ?2";
    let (state, attempts, due_at, code, cause, detail) = match outcome {
        SendOutcome::Attempted { state, code, detail } => {
            let detail = detail.as_deref().filter(|_| *state != DeliveryState::Sent);
            (*state as u8, 1, None, *code, 0, detail.map(|text| text.replace('\0', "\u{fffd}")))
        }
        SendOutcome::Excluded(cause) => (EXCLUDED, 0, None, 0, cause.code(), None),
        SendOutcome::Waits(wait) => {
            let (until, cause) = wait.map_or((None, 0), |wait| (Some(wait.until.0), wait.cause.code()));
            (DeliveryState::Deferred as u8, 0, until, 0, cause, None)
        }
    };
    let detail = detail.as_deref().map(|text| cut(text, DETAIL_CHARS_MAX));
    let values = params![workspace.0, send.parts().1, state, attempts, at.0, due_at, code, cause, detail];
    let known = send.run().is_none() && db.execute(UPDATE, values)? > 0;
    if known { Ok(()) } else { Err(StoreError::Missing(send.to_string())) }
}

/// Selects what [`read`] reads.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT number, origin, intent, profile, address, channel, category, state, attempts, at, due_at, code,
                cause, detail FROM send WHERE workspace = ?1 ",
            $rest
        )
    };
}

fn row(db: &impl Db, workspace: WorkspaceId, number: i64) -> Result<Option<SendView>> {
    const SELECT: &str = select!("AND number = ?2");
    db.first(SELECT, params![workspace.0, number], read)
}

fn of_profile(
    db: &impl Db,
    workspace: WorkspaceId,
    profile: ProfileId,
    limit: usize,
) -> Result<Vec<SendView>> {
    const SELECT: &str = select!("AND profile = ?2 ORDER BY created_at DESC LIMIT ?3");
    db.all(SELECT, params![workspace.0, profile.0, runs::sql_limit(limit)], read)
}

fn read(row: &Row<'_>) -> Result<SendView> {
    let damaged = |what: &str| StoreError::Damaged(format!("a message's {what}"));
    let (origin, channel, category, state): (u8, u8, u8, u8) =
        (row.get(1)?, row.get(5)?, row.get(6)?, row.get(7)?);
    let origin = SendOrigin::ALL.into_iter().find(|known| *known as u8 == origin);
    let channel = Channel::ALL.into_iter().find(|known| *known as u8 == channel);
    let category = category_from(category);
    let kind = channel.zip(category).ok_or_else(|| damaged("channel or category"))?;
    let cause: i64 = row.get(12)?;
    let cause = if cause == 0 { None } else { Some(exclusions::reason_from(cause)?) };
    let until: Option<i64> = row.get(10)?;
    let state = match (state, cause) {
        (EXCLUDED, Some(cause)) => SendState::Excluded(cause),
        (EXCLUDED, None) => return Err(damaged("reason")),
        (state, _) => SendState::Message(deliveries::state_from(state)?),
    };
    Ok(SendView {
        id: SendId::single(row.get(0)?),
        by: SentBy::Single(origin.ok_or_else(|| damaged("origin"))?, row.get(2)?),
        profile: row.get::<Option<i64>>(3)?.map(ProfileId),
        address: row.get::<Option<i64>>(4)?.map(AddressId),
        kind: Some(kind),
        state: Some(state),
        waits: until.zip(cause).map(|(until, cause)| Deferral { until: Timestamp(until), cause }),
        attempts: row.get(8)?,
        at: Some(Timestamp(row.get(9)?)),
        code: row.get(11)?,
        detail: row.get(13)?,
    })
}

fn view(db: &impl Db, workspace: WorkspaceId, send: SendId) -> Result<Option<SendView>> {
    let (Some(run), place) = send.parts() else { return row(db, workspace, send.parts().1) };
    if runs::run(db, workspace, run)?.is_none() {
        return Ok(None);
    }
    let Some(member) = runs::audience(db, workspace, run)?.select(place.unsigned_abs()) else {
        return Ok(None);
    };
    let profile = ProfileId(member.cast_signed());
    let mut view = SendView {
        id: send,
        by: SentBy::Run(run),
        profile: Some(profile),
        address: None,
        kind: None,
        state: None,
        waits: None,
        attempts: 0,
        at: None,
        code: 0,
        detail: None,
    };
    match deliveries::run_outcome(db, workspace, run, profile)? {
        Some(Delivery::Message { address, state, attempts, at, code, detail, waits, .. }) => {
            let state = Some(SendState::Message(state));
            view = SendView {
                address: Some(address),
                state,
                attempts,
                at: Some(at),
                code,
                detail,
                waits,
                ..view
            };
        }
        Some(Delivery::Excluded { reason, .. }) => view.state = Some(SendState::Excluded(reason)),
        None => {}
    }
    Ok(Some(view))
}

fn category_code(category: Category) -> u8 {
    match category {
        Category::Marketing => 1,
        Category::Transactional => 2,
    }
}

fn category_from(code: u8) -> Option<Category> {
    [Category::Marketing, Category::Transactional]
        .into_iter()
        .find(|category| category_code(*category) == code)
}
