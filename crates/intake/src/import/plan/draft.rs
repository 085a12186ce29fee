//! From the header, the first look and the operator's word to a plan.

use std::collections::HashMap;

use consent::ListId;

use super::{NO_PRESET, Plan, Planned, Setting, setting_of};
use crate::import::columns::{self, Column};
use crate::import::dates::DateFormat;
use crate::import::recognise::{self, Detected, Preset, squashed};
use crate::import::survey::Survey;
use crate::import::undecided::{Answer, Question, Undecided};
use crate::import::{Format, ImportError, Options, row};

/// Where a column's reading comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum From {
    Map,
    Preset,
    /// Its name is one of ours.
    Name,
    /// Expressly no refusal.
    Ignored,
    /// Nobody said.
    Nobody,
}

pub(super) struct Drafting<'a> {
    pub(super) survey: &'a Survey,
    pub(super) options: &'a Options,
    lists: &'a HashMap<String, ListId>,
    preset: Option<&'static Preset>,
    pub(super) columns: Vec<(Planned<String>, From)>,
    pub(super) settings: Vec<Setting<String>>,
    pub(super) undecided: Undecided,
    pub(super) notices: Vec<String>,
}

/// Decides how a file is read.
pub(in crate::import) fn draft(
    survey: &Survey,
    options: &Options,
    lists: &HashMap<String, ListId>,
) -> Result<Plan<String>, ImportError> {
    let mut drafting = Drafting {
        survey,
        options,
        lists,
        preset: None,
        columns: Vec::with_capacity(survey.names.len()),
        settings: Vec::new(),
        undecided: Undecided::default(),
        notices: Vec::new(),
    };
    drafting.named_columns_exist()?;
    drafting.choose_preset()?;
    for name in &survey.names {
        drafting.column(name)?;
    }
    drafting.settings()?;
    drafting.unclear_columns();
    drafting.ignored_refusals();
    drafting.unclear_file();
    drafting.unclear_dates();
    drafting.finish()
}

/// Whether what is set for the whole file says who may be sent to.
fn says_choice(target: &str) -> bool {
    ["consent.", "list.", "suppression."].iter().any(|start| target.starts_with(start))
}

/// The kinds of a tool's export that only its name tells apart, the one first that sends least.
fn answers(preset: &Preset) -> Vec<Answer> {
    let mut answers: Vec<Answer> = Vec::new();
    for variant in preset.untold() {
        let arguments = variant.set.iter().flat_map(|set| ["--set".to_owned(), set.clone()]).collect();
        let answer = Answer { what: variant.title.clone(), arguments };
        match answers.iter_mut().find(|known| known.arguments == answer.arguments) {
            Some(known) => known.what = format!("{} or {}", known.what, answer.what),
            None => answers.push(answer),
        }
    }
    answers.sort_by_key(|answer| answer.arguments.iter().any(|argument| argument.ends_with("=y")));
    answers
}

/// A path of JSON Lines without the object that holds attributes.
pub(super) fn bare(name: &str) -> &str {
    name.strip_prefix("attributes.").unwrap_or(name)
}

impl Drafting<'_> {
    pub(super) fn is_table(&self) -> bool {
        self.survey.format == Format::Csv
    }

    fn named_columns_exist(&self) -> Result<(), ImportError> {
        let names = &self.survey.names;
        let wanted = self.options.map.iter().map(|(from, _)| (from, "map"));
        let wanted = wanted.chain(self.options.ignore.iter().map(|name| (name, "ignore")));
        // A member of JSON Lines that no line has is no mistake in the command.
        let mut missing = wanted.filter(|(name, _)| self.is_table() && !names.contains(name));
        if let Some((missing, what)) = missing.next() {
            return Err(ImportError::Header(format!(
                "no column `{missing}` to {what}; the file has {}",
                names.join(", ")
            )));
        }
        Ok(())
    }

    fn choose_preset(&mut self) -> Result<(), ImportError> {
        let bare: Vec<String> = self.survey.names.iter().map(|name| bare(name).to_owned()).collect();
        let file = &self.options.file_name;
        self.preset = match self.options.from.as_deref() {
            Some(NO_PRESET) => None,
            Some(name) => Some(recognise::by_name(name).ok_or_else(|| {
                let known = recognise::preset_names().collect::<Vec<_>>().join(", ");
                ImportError::Header(format!(
                    "nothing is known of exports from `{name}`; use one of {known}, none"
                ))
            })?),
            None => match recognise::detect(&bare, file) {
                Detected::No => None,
                Detected::One(preset) => Some(preset),
                Detected::Several(one, other) => {
                    self.undecided.questions.push(Question {
                        column: None,
                        why: format!("its columns are those of {} and of {}", one.title, other.title),
                        values: Vec::new(),
                        proposal: vec!["--from".to_owned(), one.name.clone()],
                        way_out: ["--from", &other.name, "or", "--from", NO_PRESET]
                            .map(str::to_owned)
                            .to_vec(),
                        answers: Vec::new(),
                    });
                    None
                }
            },
        };
        let Some(preset) = self.preset else { return Ok(()) };
        let mut kind = String::new();
        if let Some(variant) = preset.variant(&bare, file) {
            kind = format!(" ({})", variant.title);
            for set in &variant.set {
                let setting = set.split_once('=').unwrap_or((set, ""));
                self.settings.push(setting_of(setting.0, setting.1)?);
            }
        } else if preset.has_variants() && !self.options.set.iter().any(|(target, _)| says_choice(target)) {
            self.undecided.questions.push(Question {
                column: None,
                why: format!("an export of {}: {}", preset.title, preset.question()),
                values: Vec::new(),
                proposal: Vec::new(),
                way_out: vec!["--from".to_owned(), NO_PRESET.to_owned()],
                answers: answers(preset),
            });
        }
        self.notices.push(format!(
            "read as an export of {}{kind}; --from {NO_PRESET} reads it as it stands",
            preset.title
        ));
        Ok(())
    }

    fn column(&mut self, name: &str) -> Result<(), ImportError> {
        let mapped = self.options.map.iter().find(|(from, _)| from == name);
        let (column, from) = if let Some((_, to)) = mapped {
            (columns::target(name, to)?, From::Map)
        } else if self.options.ignore.iter().any(|ignored| ignored == name) {
            (Column::Attribute(name.to_owned()), From::Ignored)
        } else if let Some(column) = self.by_preset(name)? {
            (column, From::Preset)
        } else if !self.is_table() {
            (Column::Attribute(name.to_owned()), From::Nobody)
        } else {
            match columns::ours(name) {
                Ok(Some(Column::Skip)) if name.is_empty() => (Column::Skip, From::Nobody),
                Ok(Some(column)) => (column, From::Name),
                // What is wrong with it is asked with the rest.
                Ok(None) | Err(_) => (Column::Attribute(name.to_owned()), From::Nobody),
            }
        };
        self.columns.push((Planned { name: name.to_owned(), column, dates: DateFormat::Plain }, from));
        Ok(())
    }

    fn by_preset(&self, name: &str) -> Result<Option<Column<String>>, ImportError> {
        let bare = bare(name);
        let ours = bare.starts_with("consent.") || bare.starts_with("list.");
        let Some(target) = self.preset.filter(|_| !ours).and_then(|preset| preset.column(bare)) else {
            return Ok(None);
        };
        if target.to == "attribute" {
            return Ok(Some(Column::Attribute(bare.to_owned())));
        }
        let to = if target.to.contains("{rest}") {
            let wanted = squashed(target.list);
            let list = self.lists.keys().find(|list| squashed(list) == wanted);
            match (list, target.without_list) {
                (Some(list), _) => target.to.replace("{rest}", list),
                (None, Some(without)) => without.to_owned(),
                (None, None) => return Ok(None),
            }
        } else {
            target.to.to_owned()
        };
        columns::target(name, &to).map(Some)
    }

    fn settings(&mut self) -> Result<(), ImportError> {
        for (target, value) in &self.options.set {
            self.settings.push(setting_of(target, value)?);
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Plan<String>, ImportError> {
        if !self.undecided.questions.is_empty() {
            if self.survey.unreadable && self.options.encoding.is_none() {
                self.undecided.besides.splice(0..0, ["--encoding", "windows-1252"].map(str::to_owned));
            }
            return Err(ImportError::Undecided(Box::new(self.undecided)));
        }
        if self.is_table() {
            columns::check(self.columns.iter().map(|(planned, _)| (planned.name.as_str(), &planned.column)))?;
        }
        let planned = |(planned, from): (Planned<String>, From)| {
            // What isn't mapped in JSON Lines is read as it stands.
            let stands = !self.survey.names.is_empty() && self.survey.format == Format::Jsonl;
            let left = stands && from != From::Map && matches!(planned.column, Column::Attribute(_));
            (!left).then_some(planned)
        };
        let file = self.options.file_name.rsplit(['/', '\\']).next().unwrap_or_default();
        let file = row::excerpt(file);
        let file = if file.is_empty() { "standard input" } else { &file };
        let source = format!("{file} (SHA-256 {})", self.survey.sha256);
        let columns = self.columns.into_iter().filter_map(planned).collect();
        Ok(Plan { columns, settings: self.settings, notices: self.notices, source })
    }
}
