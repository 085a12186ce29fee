//! Messages that come in several parts, in whatever order.

use consent::WorkspaceId;

use crate::error::{Result, StoreError};
use crate::sql::{Db, params};
use crate::store::{Answer, Key, Store};
use crate::types::TextPart;

/// Parts that came longer ago are forgotten, in microseconds.
const KEPT_FOR: i64 = 7 * 24 * 3_600 * 1_000_000;
/// The parts of one message come within this time, in microseconds: references are a byte, and used again.
const TOGETHER: i64 = 3_600 * 1_000_000;

impl Store {
    /// Keeps a part of a message and answers all parts of it that are known by now, by number. Parts that came seven days
    /// before or earlier are forgotten. References are used again: a part that contradicts what is there (other words under
    /// its number, another total) begins another message, of which nothing that came more than an hour before is a part.
    pub fn keep_part(&self, workspace: WorkspaceId, part: TextPart) -> Answer<Vec<(u16, String)>> {
        self.write("keep_part", Key::Workspace(workspace), move |db| keep(db, workspace, &part))
    }
}

/// Keeps a part; all parts of its message by now.
pub(crate) fn keep(db: &impl Db, workspace: WorkspaceId, part: &TextPart) -> Result<Vec<(u16, String)>> {
    const FORGET: &str = "DELETE FROM text_part WHERE workspace = ?1 AND received_at <= ?2";
    const CONTRADICTED: &str = "SELECT EXISTS (SELECT 1 FROM text_part
        WHERE workspace = ?1 AND message = ?2 AND (total <> ?4 OR number = ?3 AND body <> ?5))";
    const FORGET_EARLIER: &str = "DELETE FROM text_part
        WHERE workspace = ?1 AND message = ?2 AND (total <> ?3 OR received_at <= ?4)";
    const PUT: &str = "INSERT INTO text_part (workspace, message, number, total, body, received_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)
        ON CONFLICT (workspace, message, number) DO UPDATE SET body = excluded.body, received_at = excluded.received_at";
    const SELECT: &str =
        "SELECT number, body FROM text_part WHERE workspace = ?1 AND message = ?2 ORDER BY number";
    check(part)?;
    let TextPart { message, number, total, received_at, .. } = part;
    let body = part.text.replace('\0', "\u{fffd}");
    db.execute(FORGET, params![workspace.0, received_at.0.saturating_sub(KEPT_FOR)])?;
    let key = params![workspace.0, &message.0, *number, *total, &body];
    if db.one(CONTRADICTED, key, |row| row.get::<bool>(0))? {
        // Another message under the same reference: what is left of the one before is none of it.
        let before = received_at.0.saturating_sub(TOGETHER);
        db.execute(FORGET_EARLIER, params![workspace.0, &message.0, *total, before])?;
    }
    db.execute(PUT, params![workspace.0, &message.0, *number, *total, &body, received_at.0])?;
    db.all(SELECT, params![workspace.0, &message.0], |row| Ok((row.get(0)?, row.get(1)?)))
}

fn check(part: &TextPart) -> Result<()> {
    let invalid = |why: String| Err(StoreError::Invalid(format!("a part of a text message: {why}")));
    if !(1..=TextPart::TOTAL_MAX).contains(&part.total) || !(1..=part.total).contains(&part.number) {
        return invalid(format!("its number is from 1 to their total, at most {}", TextPart::TOTAL_MAX));
    }
    if part.text.len() > TextPart::TEXT_BYTES_MAX {
        return invalid(format!("it has at most {} bytes", TextPart::TEXT_BYTES_MAX));
    }
    Ok(())
}
