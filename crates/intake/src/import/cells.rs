//! A row's cells, read as the plan says.

use consent::{Choice, Field, ListId, Namespace, Timestamp};
use smallvec::SmallVec;
use store::{RowConsent, RowTarget, SuppressionCategory};

use super::columns::{Column, Place, When};
use super::dates;
use super::meaning::{Means, Unread};
use super::plan::{Plan, Planned, Setting};
use super::recognise::means_nothing;
use super::row::{RowBuilder, Suppressed, excerpt};

/// What a row says about one field or list.
struct Said {
    target: RowTarget,
    choice: Option<Choice>,
    refused_at: Option<Timestamp>,
    agreed_at: Option<Timestamp>,
    chosen_at: Option<Timestamp>,
    reason: Option<String>,
}

/// What a row says about consent.
#[derive(Default)]
struct Consents {
    said: SmallVec<[Said; 4]>,
    /// The time for all of them.
    at: Option<Timestamp>,
    suppressed: SmallVec<[(Namespace, SuppressionCategory, String); 2]>,
}

/// Reads the cells that `cells` yields, as often as it is asked, each with its column's place in the plan.
pub(super) fn read<'c, I>(row: &mut RowBuilder, plan: &Plan, cells: impl Fn() -> I)
where
    I: Iterator<Item = (usize, &'c str)>,
{
    let mut consents = Consents::default();
    // The country first: it tells how phone numbers are read.
    for (at, cell) in cells() {
        if plan.columns[at].column == Column::Country {
            row.country(&plan.columns[at].name, cell);
        }
    }
    for setting in &plan.settings {
        match setting {
            Setting::Country(country) => row.default_country(*country),
            Setting::Locale(locale) => row.locale("locale", locale),
            Setting::TimeZone(zone) => row.time_zone("time_zone", zone),
            Setting::Consent(..) | Setting::Suppress(..) => {}
        }
    }
    for (at, cell) in cells() {
        let planned = &plan.columns[at];
        let name = planned.name.as_str();
        match &planned.column {
            Column::Id => {
                let outcome = row.id(cell);
                row.check(outcome);
            }
            Column::Email => row.email(name, cell),
            Column::Phone => row.phone(name, cell),
            Column::Locale => row.locale(name, cell),
            Column::TimeZone => row.time_zone(name, cell),
            Column::Attribute(attribute) => row.attribute(attribute, cell),
            Column::Consent(..) | Column::Suppression(..) | Column::Time(..) | Column::Reason(_) => {
                consents.cell(row, planned, cell);
            }
            Column::Country | Column::Skip => {}
        }
    }
    consents.settings(row, plan);
    consents.finish(row);
}

fn target(place: &Place) -> RowTarget {
    match place {
        Place::Field(field) => RowTarget::Field(*field),
        Place::List(list) => RowTarget::List(*list),
    }
}

/// The addresses that a channel, or a list, sends to.
fn namespace(place: &Place<ListId>) -> Namespace {
    match place {
        Place::Field(field) => field.channel().and_then(Namespace::of_channel).unwrap_or(Namespace::Email),
        Place::List(_) => Namespace::Email,
    }
}

/// The field that a suppression of such addresses is about, where a value says that it is a refusal.
fn field_of(namespace: &Namespace) -> Field {
    namespace.main_channel().map_or(Field::Any, consent::Channel::field)
}

impl Consents {
    fn of(&mut self, target: RowTarget) -> &mut Said {
        let at = self.said.iter().position(|said| said.target == target).unwrap_or_else(|| {
            self.said.push(Said {
                target,
                choice: None,
                refused_at: None,
                agreed_at: None,
                chosen_at: None,
                reason: None,
            });
            self.said.len() - 1
        });
        &mut self.said[at]
    }

    fn cell(&mut self, row: &mut RowBuilder, planned: &Planned, cell: &str) {
        let name = planned.name.as_str();
        let (read, to, of) = match &planned.column {
            Column::Consent(place, values) => (values.read(cell), target(place), namespace(place)),
            Column::Suppression(of, values) => {
                (values.read(cell), RowTarget::Field(field_of(of)), of.clone())
            }
            Column::Time(when, place) => return self.time(row, planned, *when, place.as_ref(), cell),
            Column::Reason(place) => {
                if !means_nothing(cell) {
                    self.of(target(place)).reason = Some(cell.to_owned());
                }
                return;
            }
            _ => return,
        };
        row.evidence(name, cell);
        match read {
            Ok(all) => {
                for means in all {
                    let note = || format!("{}: {}", excerpt(name), excerpt(cell));
                    self.means(means, to.clone(), of.clone(), note);
                }
            }
            Err(Unread { binds, reason }) => {
                row.check(Err(format!("{name}: {reason}")));
                if let Some(means) = binds {
                    self.means(means, to, of, || format!("{}: {}", excerpt(name), excerpt(cell)));
                }
            }
        }
    }

    /// Of two values for one thing the one that sends less counts.
    fn means(
        &mut self,
        means: Means,
        target: RowTarget,
        namespace: Namespace,
        note: impl FnOnce() -> String,
    ) {
        match means {
            Means::Nothing => {}
            Means::Suppress(category) => self.suppressed.push((namespace, category, note())),
            Means::Choice(choice) => {
                let said = self.of(target);
                let stricter =
                    |held: Choice| Means::Choice(choice).strictness() > Means::Choice(held).strictness();
                if said.choice.is_none_or(stricter) {
                    said.choice = Some(choice);
                }
            }
        }
    }

    fn time(
        &mut self,
        row: &mut RowBuilder,
        planned: &Planned,
        when: When,
        place: Option<&Place>,
        cell: &str,
    ) {
        let name = planned.name.as_str();
        let parsed = dates::parse(cell, &planned.dates);
        let nothing = || means_nothing(cell) || cell == "0" || cell.eq_ignore_ascii_case("false");
        let bad = || {
            format!(
                "{name}: \"{}\" is not a date and time that can be read in one way; say --date-format",
                excerpt(cell)
            )
        };
        let Some(place) = place else {
            match parsed {
                Some(at) => self.at = Some(at),
                None if nothing() => {}
                None => row.check(Err(bad())),
            }
            return;
        };
        if nothing() {
            return;
        }
        if parsed.is_none() {
            row.warn(name, bad());
        }
        row.evidence(name, cell);
        let said = self.of(target(place));
        match when {
            When::Said => said.chosen_at = said.chosen_at.or(parsed),
            When::Agreed => said.agreed_at = said.agreed_at.max(parsed),
            When::Refused => {
                // Whatever stands there, somebody wrote down that the person left.
                said.choice = Some(Choice::No);
                said.refused_at = said.refused_at.max(parsed);
            }
        }
    }

    fn settings(&mut self, row: &mut RowBuilder, plan: &Plan) {
        for setting in &plan.settings {
            let (place, means, of) = match setting {
                Setting::Consent(place, means) => (target(place), *means, namespace(place)),
                Setting::Suppress(of, means) => (RowTarget::Field(field_of(of)), *means, of.clone()),
                Setting::Country(_) | Setting::Locale(_) | Setting::TimeZone(_) => continue,
            };
            row.evidence("the whole file", means.as_str());
            self.means(means, place, of, || "the whole file".to_owned());
        }
    }

    fn finish(self, row: &mut RowBuilder) {
        row.expect_consents(self.said.len());
        for said in self.said {
            let Some(choice) = said.choice else { continue };
            let own = match choice {
                choice if choice.is_no() => said.refused_at,
                Choice::Yes => said.agreed_at,
                _ => None,
            };
            let at = own.or(said.chosen_at).or(self.at);
            row.consent(RowConsent { target: said.target, choice, at, reason: said.reason });
        }
        for (namespace, category, note) in self.suppressed {
            row.suppress(Suppressed { namespace, category, note });
        }
    }
}
