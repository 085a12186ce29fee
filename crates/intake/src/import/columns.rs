//! What each CSV column holds.

use consent::{Field, ListId};

use super::{COLUMNS_MAX, Context, ImportError, Options};

/// One column's meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Id,
    Email,
    Phone,
    Locale,
    TimeZone,
    Country,
    Consent(Field),
    ConsentTime,
    List(ListId),
    Attribute(String),
    Skip,
}

/// Columns that a file of rejects adds; they are left out when it is read again.
pub(super) const REJECT_COLUMNS: [&str; 2] = ["reject.line", "reject.reason"];

/// The delimiter that the header row is written with: the most frequent of comma, semicolon and tab.
pub(super) fn delimiter(header: &[u8]) -> u8 {
    let count = |delimiter: u8| memchr::memchr_iter(delimiter, header).count();
    [b',', b';', b'\t'].into_iter().rev().max_by_key(|delimiter| count(*delimiter)).unwrap_or(b',')
}

/// Splits a record into fields.
pub(super) fn split(record: &[u8], delimiter: u8) -> Result<Vec<String>, ImportError> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).delimiter(delimiter).from_reader(record);
    let fields = reader.records().next().transpose().map_err(|_| {
        ImportError::Header("the header row isn't UTF-8; name the encoding, e.g. windows-1252".to_owned())
    })?;
    Ok(fields.map(|record| record.iter().map(|name| name.trim().to_owned()).collect()).unwrap_or_default())
}

/// The names of the columns, after `--map`.
fn mapped(names: &[String], options: &Options) -> Result<Vec<String>, ImportError> {
    if let Some((missing, _)) = options.map.iter().find(|(from, _)| !names.contains(from)) {
        let known = names.join(", ");
        return Err(ImportError::Header(format!("no column `{missing}` to map; the file has {known}")));
    }
    let target =
        |name: &String| options.map.iter().find(|(from, _)| from == name).map_or(name, |(_, to)| to).clone();
    Ok(names.iter().map(target).collect())
}

/// The lists that the header names.
pub(super) fn list_names(header: &[u8], options: &Options) -> Result<Vec<String>, ImportError> {
    let names = mapped(&split(header, delimiter(header))?, options)?;
    Ok(names.iter().filter_map(|name| name.strip_prefix("list.")).map(str::to_owned).collect())
}

/// Makes out what each column holds.
pub(super) fn columns(
    names: &[String],
    options: &Options,
    context: &Context,
) -> Result<Vec<Column>, ImportError> {
    let refuse = |text: String| Err(ImportError::Header(text));
    if names.len() > COLUMNS_MAX {
        return refuse(format!("more than {COLUMNS_MAX} columns"));
    }
    let names = mapped(names, options)?;
    if let Some(name) = names
        .iter()
        .enumerate()
        .find_map(|(at, name)| (!name.is_empty() && names[..at].contains(name)).then_some(name))
    {
        return refuse(format!("two columns named `{name}`; give one another name with --map"));
    }
    let columns = names.iter().map(|name| column(name, context)).collect::<Result<Vec<_>, _>>()?;
    if !columns.iter().any(|column| matches!(column, Column::Id | Column::Email | Column::Phone)) {
        let found = names.join(", ");
        return refuse(format!(
            "no column `id`, `email` or `phone` (found: {found}); name one with --map COLUMN=email"
        ));
    }
    Ok(columns)
}

fn column(name: &str, context: &Context) -> Result<Column, ImportError> {
    Ok(match name {
        "id" => Column::Id,
        "email" => Column::Email,
        "phone" => Column::Phone,
        "locale" => Column::Locale,
        "time_zone" => Column::TimeZone,
        "country" => Column::Country,
        "consent_time" => Column::ConsentTime,
        "" => Column::Skip,
        name if REJECT_COLUMNS.contains(&name) => Column::Skip,
        name => match (name.strip_prefix("consent."), name.strip_prefix("list.")) {
            (Some(field), _) => Column::Consent(
                field.parse().map_err(|error| ImportError::Header(format!("column `{name}`: {error}")))?,
            ),
            (_, Some(list)) => Column::List(
                *context.lists.get(list).ok_or_else(|| ImportError::UnknownList(list.to_owned()))?,
            ),
            _ => Column::Attribute(name.to_owned()),
        },
    })
}
