//! What each column of a file is read as, decided before anything is written; or what is still to be said (I9).

mod draft;
mod unclear;

use std::collections::HashMap;

use consent::jurisdiction::Country;
use consent::{ListId, Namespace};

use super::columns::{self, Column, Place};
use super::dates::DateFormat;
use super::meaning::Means;
use super::{ImportError, recognise};

pub(super) use draft::draft;

/// What `--from` takes for a file of no tool's.
pub(super) const NO_PRESET: &str = "none";

/// A column and what it is read as.
#[derive(Clone, Debug)]
pub(super) struct Planned<L = ListId> {
    pub(super) name: String,
    pub(super) column: Column<L>,
    pub(super) dates: DateFormat,
}

/// What holds for every row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Setting<L = ListId> {
    Consent(Place<L>, Means),
    Suppress(Namespace, Means),
    Country(Country),
    Locale(String),
    TimeZone(String),
}

/// How a file is read.
#[derive(Clone, Debug, Default)]
pub(super) struct Plan<L = ListId> {
    pub(super) columns: Vec<Planned<L>>,
    pub(super) settings: Vec<Setting<L>>,
    /// What the operator is told of it.
    pub(super) notices: Vec<String>,
    /// The file and its hash, for evidence.
    pub(super) source: String,
}

/// What `--set TARGET=VALUE` says.
fn setting_of(target: &str, value: &str) -> Result<Setting<String>, ImportError> {
    let refuse = |reason: String| ImportError::Header(format!("--set {target}={value}: {reason}"));
    let means = || Means::parse(value).map_err(refuse);
    let column =
        columns::ours(target).map_err(|reason| ImportError::Header(format!("--set {target}: {reason}")))?;
    match column {
        Some(Column::Consent(place, _)) => Ok(Setting::Consent(place, means()?)),
        Some(Column::Suppression(namespace, _)) => Ok(Setting::Suppress(namespace, means()?)),
        Some(Column::Country) => recognise::country(value).map(Setting::Country).ok_or_else(|| {
            ImportError::Header(format!("--set country={value}: no country of that name is known"))
        }),
        Some(Column::Locale) => Ok(Setting::Locale(value.to_owned())),
        Some(Column::TimeZone) => Ok(Setting::TimeZone(value.to_owned())),
        _ => Err(ImportError::Header(format!(
            "--set {target}: set consent.FIELD, list.NAME, suppression.email, country, locale or time_zone"
        ))),
    }
}

impl Plan<String> {
    /// The lists that columns and settings name.
    pub(super) fn lists(&self) -> impl Iterator<Item = &str> {
        let of_columns = self.columns.iter().filter_map(|planned| columns::list_of(&planned.column));
        let of_settings = self.settings.iter().filter_map(|setting| match setting {
            Setting::Consent(Place::List(list), _) => Some(list.as_str()),
            _ => None,
        });
        of_columns.chain(of_settings)
    }

    /// The plan with its lists as they are known.
    pub(super) fn settle(self, lists: &HashMap<String, ListId>) -> Result<Plan, ImportError> {
        let columns = self.columns.into_iter().map(|Planned { name, column, dates }| {
            Ok(Planned { name, column: columns::known(column, lists)?, dates })
        });
        let settings = self.settings.into_iter().map(|setting| {
            Ok(match setting {
                Setting::Consent(Place::List(list), means) => match lists.get(&list) {
                    Some(id) => Setting::Consent(Place::List(*id), means),
                    None => return Err(ImportError::UnknownList(list)),
                },
                Setting::Consent(Place::Field(field), means) => Setting::Consent(Place::Field(field), means),
                Setting::Suppress(namespace, means) => Setting::Suppress(namespace, means),
                Setting::Country(country) => Setting::Country(country),
                Setting::Locale(locale) => Setting::Locale(locale),
                Setting::TimeZone(zone) => Setting::TimeZone(zone),
            })
        });
        Ok(Plan {
            columns: columns.collect::<Result<_, ImportError>>()?,
            settings: settings.collect::<Result<_, ImportError>>()?,
            notices: self.notices,
            source: self.source,
        })
    }
}
