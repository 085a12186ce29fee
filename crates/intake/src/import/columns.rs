//! What each CSV column holds.

use std::collections::HashMap;

use consent::{Field, ListId, Namespace};
use rows::unguarded;
use store::SuppressionCategory;

use super::ImportError;
use super::meaning::{Means, Values};
use super::names::meant_column;

/// A list by name until it is known, or a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place<L = ListId> {
    Field(Field),
    List(L),
}

/// Which moment a column of times holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// When the row's choice was made, whatever it is.
    Said,
    /// When somebody agreed; says nothing if they didn't.
    Agreed,
    /// When somebody refused: a date here is a refusal.
    Refused,
}

/// One column's meaning; lists by name until they are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Column<L = ListId> {
    Id,
    Email,
    Phone,
    Locale,
    TimeZone,
    Country,
    Consent(Place<L>, Values),
    /// Addresses of this kind go on the suppression list.
    Suppression(Namespace, Values),
    /// `None` for all choices of the row.
    Time(When, Option<Place<L>>),
    /// What the person said why.
    Reason(Place<L>),
    Attribute(String),
    Skip,
}

impl<L> Column<L> {
    /// Whether a value in it can keep somebody from being mailed.
    pub(super) fn can_withhold(&self) -> bool {
        match self {
            Self::Consent(_, values) | Self::Suppression(_, values) => values.can_withhold(),
            Self::Time(when, _) => *when == When::Refused,
            _ => false,
        }
    }

    /// Whether it holds dates.
    pub(super) fn is_time(&self) -> bool {
        matches!(self, Self::Time(..))
    }

    /// Whether several columns of a file may be this.
    fn may_repeat(&self) -> bool {
        matches!(
            self,
            Self::Skip
                | Self::Email
                | Self::Phone
                | Self::Country
                | Self::Consent(..)
                | Self::Suppression(..)
                | Self::Time(..)
                | Self::Reason(_)
        )
    }
}

/// What the mapping of a column to an attribute begins with.
const ATTRIBUTE_PREFIX: &str = "attribute.";

/// Columns that a file of rejects adds; they are left out when it is read again.
pub(super) const REJECT_COLUMNS: [&str; 2] = ["reject.line", "reject.reason"];

/// Whether the header is of a file of rejects, in which cells are guarded against spreadsheets.
pub(super) fn are_rejects(header: &[String]) -> bool {
    REJECT_COLUMNS.iter().all(|ours| header.iter().any(|name| name == ours))
}

/// The columns' names as they were before such a file was written.
pub(super) fn names(header: &[String]) -> Vec<String> {
    let guarded = are_rejects(header);
    header.iter().map(|name| if guarded { unguarded(name).to_owned() } else { name.clone() }).collect()
}

/// What a column that `--map` or a preset names is read as: `email`, `consent.sms:yes=y,no=n`, `refused_time.email`.
pub(super) fn target(called: &str, to: &str) -> Result<Column<String>, ImportError> {
    if let Some(attribute) = to.strip_prefix(ATTRIBUTE_PREFIX) {
        return match attribute {
            "" => {
                Err(ImportError::Header(format!("column `{called}`: the attribute to map it to has no name")))
            }
            attribute => Ok(Column::Attribute(attribute.to_owned())),
        };
    }
    let (base, values) = match to.split_once(':') {
        Some((base, values)) => (base.trim(), Some(values)),
        None => (to, None),
    };
    let refuse = |reason: String| ImportError::Header(format!("column `{called}`: {reason}"));
    let values = values.map(Values::parse).transpose().map_err(refuse)?;
    let column = ours(base).map_err(|reason| refuse(format!("{reason}; use {}", hint(called, base))))?;
    match (column, values) {
        (Some(Column::Consent(place, _)), Some(values)) => Ok(Column::Consent(place, values)),
        (Some(Column::Suppression(namespace, _)), Some(values)) => Ok(Column::Suppression(namespace, values)),
        (Some(_), Some(_)) => Err(refuse(format!("`{base}` takes no values after a `:`"))),
        (Some(column), None) => Ok(column),
        (None, _) => {
            if let Some(meant) = meant_column(base) {
                return Err(refuse(format!("did you mean `{meant}`? use {}", hint(called, &meant))));
            }
            Err(refuse(format!("`{base}` is nothing that a column is read as; {TARGETS}")))
        }
    }
}

/// What columns are read as, for an error.
const TARGETS: &str = "use id, email, phone, locale, time_zone, country, consent.FIELD, list.NAME, suppression.email, consent_time, \
    refused_time.FIELD, agreed_time.FIELD, reason.FIELD or attribute.NAME";

pub(super) fn hint(called: &str, meant: &str) -> String {
    format!(
        "--map \"{called}={meant}\", or --map \"{called}={ATTRIBUTE_PREFIX}{called}\" to keep it as an attribute"
    )
}

/// What a column holds that bears one of our names; `None` if it isn't ours.
pub(super) fn ours(name: &str) -> Result<Option<Column<String>>, String> {
    let time = |when, place: &str| {
        let place =
            self::place(place).ok_or_else(|| format!("`{place}` is neither a field nor list.NAME"))?;
        Ok::<_, String>(Some(Column::Time(when, Some(place))))
    };
    Ok(Some(match name {
        "id" => Column::Id,
        "email" => Column::Email,
        "phone" => Column::Phone,
        "locale" => Column::Locale,
        "time_zone" => Column::TimeZone,
        "country" => Column::Country,
        "consent_time" => Column::Time(When::Said, None),
        "" => Column::Skip,
        name if REJECT_COLUMNS.contains(&name) => Column::Skip,
        name => {
            if let Some(list) = name.strip_prefix("list.") {
                return Ok(Some(Column::Consent(Place::List(list.to_owned()), Values::default())));
            }
            if let Some(field) = name.strip_prefix("consent.") {
                let field = field.parse::<Field>().map_err(|error| error.to_string())?;
                return Ok(Some(Column::Consent(Place::Field(field), Values::default())));
            }
            if let Some(namespace) = name.strip_prefix("suppression.") {
                let namespace = namespace.parse::<Namespace>().map_err(|error| error.to_string())?;
                let means = Values::all(Means::Suppress(SuppressionCategory::Manual));
                return Ok(Some(Column::Suppression(namespace, means)));
            }
            if let Some(field) = name.strip_prefix("consent_time.") {
                return time(When::Said, field);
            }
            if let Some(field) = name.strip_prefix("agreed_time.") {
                return time(When::Agreed, field);
            }
            if let Some(field) = name.strip_prefix("refused_time.") {
                return time(When::Refused, field);
            }
            match name.strip_prefix("reason.").and_then(place) {
                Some(place) => Column::Reason(place),
                None => return Ok(None),
            }
        }
    }))
}

fn place(name: &str) -> Option<Place<String>> {
    match name.strip_prefix("list.") {
        Some("") => None,
        Some(list) => Some(Place::List(list.to_owned())),
        None => name.parse().ok().map(Place::Field),
    }
}

/// Checks that no two columns are the same, and that there is one that says whom a row is about.
pub(super) fn check<'c>(
    columns: impl Iterator<Item = (&'c str, &'c Column<String>)> + Clone,
) -> Result<(), ImportError> {
    let refuse = |text: String| Err(ImportError::Header(text));
    for (at, (name, column)) in columns.clone().enumerate() {
        let same = |(other_name, other): (&str, &Column<String>)| {
            *column != Column::Skip && (name == other_name || (other == column && !column.may_repeat()))
        };
        if columns.clone().take(at).any(same) {
            return refuse(format!("two columns named `{name}`; give one another name with --map"));
        }
    }
    if !columns.clone().any(|(_, column)| matches!(column, Column::Id | Column::Email | Column::Phone)) {
        let found = columns.map(|(name, _)| name).collect::<Vec<_>>().join(", ");
        return refuse(format!(
            "no column `id`, `email` or `phone` (found: {found}); name one with --map COLUMN=email"
        ));
    }
    Ok(())
}

/// The list that a column names.
pub(super) fn list_of(column: &Column<String>) -> Option<&str> {
    match column {
        Column::Consent(Place::List(list), _)
        | Column::Time(_, Some(Place::List(list)))
        | Column::Reason(Place::List(list)) => Some(list),
        _ => None,
    }
}

/// The column with its list as it is known.
pub(super) fn known(column: Column<String>, lists: &HashMap<String, ListId>) -> Result<Column, ImportError> {
    let place = |place| match place {
        Place::Field(field) => Ok(Place::Field(field)),
        Place::List(list) => match lists.get(&list) {
            Some(id) => Ok(Place::List(*id)),
            None => Err(ImportError::UnknownList(list)),
        },
    };
    Ok(match column {
        Column::Consent(to, values) => Column::Consent(place(to)?, values),
        Column::Time(when, of) => Column::Time(when, of.map(place).transpose()?),
        Column::Reason(of) => Column::Reason(place(of)?),
        Column::Suppression(namespace, values) => Column::Suppression(namespace, values),
        Column::Id => Column::Id,
        Column::Email => Column::Email,
        Column::Phone => Column::Phone,
        Column::Locale => Column::Locale,
        Column::TimeZone => Column::TimeZone,
        Column::Country => Column::Country,
        Column::Attribute(name) => Column::Attribute(name),
        Column::Skip => Column::Skip,
    })
}
