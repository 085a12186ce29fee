//! What each CSV column holds.

use consent::{Field, ListId};
use rows::unguarded;

use super::names::meant_column;
use super::{COLUMNS_MAX, Context, ImportError, Options};

/// One column's meaning; lists by name until they are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Column<L = ListId> {
    Id,
    Email,
    Phone,
    Locale,
    TimeZone,
    Country,
    Consent(Field),
    ConsentTime,
    List(L),
    Attribute(String),
    Skip,
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

/// The lists that the header names, once the header is found to be right.
pub(super) fn list_names(names: &[String], options: &Options) -> Result<Vec<String>, ImportError> {
    let columns = meanings(names, options)?;
    let list = |column| if let Column::List(name) = column { Some(name) } else { None };
    Ok(columns.into_iter().filter_map(list).collect())
}

/// Makes out what each column holds.
pub(super) fn columns(
    names: &[String],
    options: &Options,
    context: &Context,
) -> Result<Vec<Column>, ImportError> {
    meanings(names, options)?.into_iter().map(|column| known(column, context)).collect()
}

fn meanings(names: &[String], options: &Options) -> Result<Vec<Column<String>>, ImportError> {
    let refuse = |text: String| Err(ImportError::Header(text));
    if names.len() > COLUMNS_MAX {
        return refuse(format!("more than {COLUMNS_MAX} columns"));
    }
    if let Some((missing, _)) = options.map.iter().find(|(from, _)| !names.contains(from)) {
        let known = names.join(", ");
        return refuse(format!("no column `{missing}` to map; the file has {known}"));
    }
    let columns = names
        .iter()
        .map(|name| match options.map.iter().find(|(from, _)| from == name) {
            Some((_, to)) => target(name, to),
            None => column(name, name),
        })
        .collect::<Result<Vec<_>, _>>()?;
    let twice =
        |at: usize| columns[at] != Column::Skip && columns[..at].iter().any(|column| *column == columns[at]);
    if let Some(name) = (0..columns.len()).find(|at| twice(*at)).map(|at| &names[at]) {
        return refuse(format!("two columns named `{name}`; give one another name with --map"));
    }
    if !columns.iter().any(|column| matches!(column, Column::Id | Column::Email | Column::Phone)) {
        let found = names.join(", ");
        return refuse(format!(
            "no column `id`, `email` or `phone` (found: {found}); name one with --map COLUMN=email"
        ));
    }
    Ok(columns)
}

/// What a mapped column holds.
fn target(name: &str, to: &str) -> Result<Column<String>, ImportError> {
    match to.strip_prefix(ATTRIBUTE_PREFIX) {
        Some("") => {
            Err(ImportError::Header(format!("column `{name}`: the attribute to map it to has no name")))
        }
        Some(attribute) => Ok(Column::Attribute(attribute.to_owned())),
        None => column(name, to),
    }
}

/// What a column holds by its name, which is `called` in the file.
fn column(called: &str, name: &str) -> Result<Column<String>, ImportError> {
    let hint = |meant: &str| {
        format!(
            "--map \"{called}={meant}\", or --map \"{called}={ATTRIBUTE_PREFIX}{called}\" to keep it as an \
             attribute"
        )
    };
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
        name => {
            if let Some(list) = name.strip_prefix("list.") {
                return Ok(Column::List(list.to_owned()));
            }
            let field = name.strip_prefix("consent.").map(str::parse::<Field>);
            if let Some(Ok(field)) = field {
                return Ok(Column::Consent(field));
            }
            let Some(meant) = meant_column(name) else { return Ok(Column::Attribute(name.to_owned())) };
            let reason = match field {
                Some(Err(error)) => error.to_string(),
                _ => format!("did you mean `{meant}`?"),
            };
            return Err(ImportError::Header(format!("column `{name}`: {reason}; use {}", hint(&meant))));
        }
    })
}

fn known(column: Column<String>, context: &Context) -> Result<Column, ImportError> {
    Ok(match column {
        Column::List(list) => match context.lists.get(&list) {
            Some(id) => Column::List(*id),
            None => return Err(ImportError::UnknownList(list)),
        },
        Column::Id => Column::Id,
        Column::Email => Column::Email,
        Column::Phone => Column::Phone,
        Column::Locale => Column::Locale,
        Column::TimeZone => Column::TimeZone,
        Column::Country => Column::Country,
        Column::Consent(field) => Column::Consent(field),
        Column::ConsentTime => Column::ConsentTime,
        Column::Attribute(name) => Column::Attribute(name),
        Column::Skip => Column::Skip,
    })
}
