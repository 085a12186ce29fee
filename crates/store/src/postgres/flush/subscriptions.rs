//! Choices for lists.

use super::{People, Write, gather};
use crate::postgres::working_set::{Change, Subscription};

const UPSERT: &str = "INSERT INTO subscription (profile, workspace, list, choice, at, entry)
    SELECT profile, ?1, list, choice, at, entry
    FROM unnest(?2::BIGINT[], ?3::BIGINT[], ?4::SMALLINT[], ?5::BIGINT[], ?6::BIGINT[])
        AS new (profile, list, choice, at, entry)
    ON CONFLICT (profile, workspace, list)
    DO UPDATE SET choice = excluded.choice, at = excluded.at, entry = excluded.entry";
const DELETE: &str =
    "DELETE FROM subscription USING unnest(?2::BIGINT[], ?3::BIGINT[]) AS old (profile, list)
    WHERE subscription.profile = old.profile AND subscription.list = old.list
        AND subscription.workspace = ?1";

/// Rows of subscriptions.
pub(super) fn gather_subscriptions<'a>(people: &People<'a>, writes: &mut Vec<Write<'a>>) {
    let picked = |change: Change| -> Vec<(i64, &'a Subscription)> {
        let of_person =
            people.iter().flat_map(|(id, person)| person.subscriptions.iter().map(|held| (id.0, held)));
        of_person.filter(|(_, held)| held.change == change).collect()
    };
    gather!(writes, Some DELETE, picked(Change::Delete), |(id, held)| [*id, held.list.0]);
    gather!(writes, Each UPSERT, picked(Change::Update), |(id, held)| [
        *id,
        held.list.0,
        i16::from(held.choice.code()),
        held.stamp.at.0,
        held.stamp.entry.0,
    ]);
}
