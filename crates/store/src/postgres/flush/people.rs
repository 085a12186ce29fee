//! Profiles, and what is noted of them.

use std::borrow::Cow;

use consent::ProfileId;

use super::{People, Write, gather};
use crate::postgres::working_set::{Change, More, Person};
use crate::state::rows::Details;

const INSERT: &str = "INSERT INTO profile (id, workspace, word, stamps, created_at, external_id, locale,
        time_zone, country, remainder, attributes)
    SELECT id, ?1, word, stamps, created_at, external_id, locale, time_zone, country, remainder, attributes
    FROM unnest(?2::BIGINT[], ?3::BIGINT[], ?4::BYTEA[], ?5::BIGINT[], ?6::TEXT[], ?7::TEXT[], ?8::TEXT[],
        ?9::TEXT[], ?10::TEXT[], ?11::TEXT[]) AS new
        (id, word, stamps, created_at, external_id, locale, time_zone, country, remainder, attributes)";
const UPDATE: &str = "UPDATE profile SET word = new.word, stamps = new.stamps
    FROM unnest(?2::BIGINT[], ?3::BIGINT[], ?4::BYTEA[]) AS new (id, word, stamps)
    WHERE profile.id = new.id AND profile.workspace = ?1";
const DETAILS: &str = "UPDATE profile SET external_id = new.external_id, locale = new.locale,
        time_zone = new.time_zone, country = new.country, remainder = new.remainder,
        attributes = new.attributes
    FROM unnest(?2::BIGINT[], ?3::TEXT[], ?4::TEXT[], ?5::TEXT[], ?6::TEXT[], ?7::TEXT[], ?8::TEXT[])
        AS new (id, external_id, locale, time_zone, country, remainder, attributes)
    WHERE profile.id = new.id AND profile.workspace = ?1";
const EXTERNAL_ID: &str = "INSERT INTO profile_external_id (external_id, workspace, profile)
    SELECT external_id, ?1, profile FROM unnest(?2::TEXT[], ?3::BIGINT[]) AS new (external_id, profile)";
const FREED: &str = "DELETE FROM profile_external_id USING unnest(?2::TEXT[]) AS old (external_id)
    WHERE profile_external_id.external_id = old.external_id AND profile_external_id.workspace = ?1";
const UNCLAIMED: &str = "INSERT INTO unclaimed_profile (profile)
    SELECT profile FROM unnest(?2::BIGINT[]) AS new (profile) WHERE ?1::BIGINT IS NOT NULL";
const CLAIMED: &str =
    "DELETE FROM unclaimed_profile WHERE profile = ANY(?2::BIGINT[]) AND ?1::BIGINT IS NOT NULL";
const MERGED: &str = "INSERT INTO profile_merged (from_profile, workspace, into_profile)
    SELECT from_profile, ?1, into_profile
    FROM unnest(?2::BIGINT[], ?3::BIGINT[]) AS new (from_profile, into_profile)";

/// Rows of profiles and external ids.
pub(super) fn gather_people<'a>(people: &People<'a>, writes: &mut Vec<Write<'a>>) {
    let text = |person: &'a Person, of: fn(&'a Details<'static>) -> &'a Option<Cow<'static, str>>| {
        person.more.as_ref().and_then(|more| of(&more.details).as_deref())
    };
    gather!(writes, Each INSERT, picked(people, |person| person.change == Change::Insert), |(id, person)| [
        id.0,
        person.values.word().bits() as i64,
        person.values.pack().map(|stamps| stamps.to_vec()),
        person.created_at.0,
        text(person, |details| &details.external_id),
        text(person, |details| &details.locale),
        text(person, |details| &details.time_zone),
        text(person, |details| &details.country),
        text(person, |details| &details.remainder),
        text(person, |details| &details.attributes),
    ]);
    gather!(writes, Each UPDATE, picked(people, |person| person.change == Change::Update), |(id, person)| [
        id.0,
        person.values.word().bits() as i64,
        person.values.pack().map(|stamps| stamps.to_vec()),
    ]);
    let has_new_details = |person: &Person| {
        person.change == Change::Update && more(person, |more| more.details_change != Change::None)
    };
    gather!(writes, Each DETAILS, picked(people, has_new_details), |(id, person)| [
        id.0,
        text(person, |details| &details.external_id),
        text(person, |details| &details.locale),
        text(person, |details| &details.time_zone),
        text(person, |details| &details.country),
        text(person, |details| &details.remainder),
        text(person, |details| &details.attributes),
    ]);
    let is_freed = |person: &Person| more(person, |more| more.freed_external_id.is_some());
    gather!(writes, Each FREED, picked(people, is_freed), |(_, person)| [
        person.more.as_ref().and_then(|more| more.freed_external_id.as_deref()),
    ]);
    let has_new_id = |person: &Person| more(person, |more| more.external_id_change == Change::Insert);
    gather!(writes, Each EXTERNAL_ID, picked(people, has_new_id), |(id, person)| [
        text(person, |details| &details.external_id),
        id.0,
    ]);
}

/// Which profiles stand for nothing but an address, and which have been merged.
pub(super) fn gather_marks<'a>(people: &People<'a>, writes: &mut Vec<Write<'a>>) {
    let unclaimed = |change: Change| -> Vec<i64> {
        let people = picked(people, |person| more(person, |more| more.unclaimed.change() == change));
        people.iter().map(|(id, _)| id.0).collect()
    };
    gather!(writes, Each UNCLAIMED, unclaimed(Change::Insert), |id| [*id]);
    gather!(writes, Each CLAIMED, unclaimed(Change::Delete), |id| [*id]);
    let merged = |(id, person): &(ProfileId, &'a Person)| {
        let more = person.more.as_ref().filter(|more| more.merged_change == Change::Insert)?;
        Some((id.0, more.merged_into?.0))
    };
    let merged: Vec<(i64, i64)> = people.iter().filter_map(merged).collect();
    gather!(writes, Each MERGED, merged, |(from, into)| [*from, *into]);
}

fn picked<'a>(people: &People<'a>, wanted: impl Fn(&Person) -> bool) -> People<'a> {
    people.iter().filter(|(_, person)| wanted(person)).copied().collect()
}

fn more(person: &Person, is: impl FnOnce(&More) -> bool) -> bool {
    person.more.as_ref().is_some_and(is)
}
