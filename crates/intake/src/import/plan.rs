//! What each column of a file is read as, decided before anything is written; or what is still to be said (I9).

use std::collections::HashMap;

use consent::jurisdiction::Country;
use consent::{Field, ListId, Namespace};

use super::columns::{self, Column, Place};
use super::dates::DateFormat;
use super::meaning::Means;
use super::names::{meant_column, meant_member};
use super::propose;
use super::recognise::{
    self, Detected, Identity, Kind, NameHit, Preset, of_file, of_name, said, squashed, whom,
};
use super::survey::{Seen, Survey};
use super::undecided::{Question, Undecided};
use super::{Format, ImportError, Options};

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

/// Where a column's reading comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum From {
    Map,
    Preset,
    /// Its name is one of ours.
    Name,
    /// Expressly no refusal.
    Ignored,
    /// Nobody said.
    Nobody,
}

struct Drafting<'a> {
    survey: &'a Survey,
    options: &'a Options,
    lists: &'a HashMap<String, ListId>,
    preset: Option<&'static Preset>,
    columns: Vec<(Planned<String>, From)>,
    settings: Vec<Setting<String>>,
    undecided: Undecided,
    notices: Vec<String>,
}

/// Decides how a file is read.
pub(super) fn draft(
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
    drafting.unclear_file();
    drafting.unclear_dates();
    drafting.finish()
}

/// A path of JSON Lines without the object that holds attributes.
fn bare(name: &str) -> &str {
    name.strip_prefix("attributes.").unwrap_or(name)
}

impl Drafting<'_> {
    fn is_table(&self) -> bool {
        self.survey.format == Format::Csv
    }

    fn named_columns_exist(&self) -> Result<(), ImportError> {
        let names = &self.survey.names;
        let wanted = self.options.map.iter().map(|(from, _)| (from, "map"));
        let wanted = wanted.chain(self.options.ignore.iter().map(|name| (name, "ignore")));
        // A member of JSON Lines that no line has is no mistake in the command.
        for (missing, what) in wanted.filter(|(name, _)| self.is_table() && !names.contains(name)) {
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
        } else if preset.has_variants() && self.options.set.is_empty() {
            self.undecided.questions.push(Question {
                column: None,
                why: format!("an export of {}: {}", preset.title, preset.question()),
                values: Vec::new(),
                proposal: Vec::new(),
                way_out: vec!["--from".to_owned(), NO_PRESET.to_owned()],
            });
        }
        self.notices.push(format!("read as an export of {}{kind}", preset.title));
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

    /// The channel of the file's addresses, for names that tell none.
    fn channel(&self) -> Field {
        let has = |wanted: Identity| {
            self.columns.iter().any(|(planned, _)| match (wanted, &planned.column) {
                (Identity::Email, Column::Email) | (Identity::Phone, Column::Phone) => true,
                _ => whom(bare(&planned.name)) == Some(wanted),
            })
        };
        if !has(Identity::Email) && has(Identity::Phone) { Field::Sms } else { Field::Email }
    }

    fn unclear_columns(&mut self) {
        let channel = self.channel();
        let mut questions = Vec::new();
        for ((planned, from), seen) in self.columns.iter().zip(&self.survey.seen) {
            if *from != From::Nobody {
                continue;
            }
            let name = planned.name.as_str();
            let question = match self.almost_ours(name) {
                Some(question) => question,
                None => self.looks_like_refusal(name, seen, channel),
            };
            questions.extend(question);
        }
        self.undecided.questions.extend(questions);
        self.identities();
    }

    /// A name that is almost one of ours.
    fn almost_ours(&self, name: &str) -> Option<Option<Question>> {
        if name.starts_with("attributes.") {
            return None;
        }
        if !self.is_table() {
            // Rejected line by line, which names it.
            let top = name.split('.').next().unwrap_or(name);
            return meant_member(top).map(|_| None);
        }
        let (meant, why) = match columns::ours(name) {
            Err(reason) => (meant_column(name).unwrap_or_else(|| "consent.email".to_owned()), reason),
            Ok(_) => {
                let meant = meant_column(name)?;
                let why = format!("did you mean `{meant}`?");
                (meant, why)
            }
        };
        Some(Some(Question {
            column: Some(name.to_owned()),
            why,
            values: Vec::new(),
            proposal: vec!["--map".to_owned(), format!("{name}={meant}")],
            way_out: vec![
                "--map".to_owned(),
                format!("{name}=attribute.{name}"),
                "to keep it as an attribute".to_owned(),
            ],
        }))
    }

    fn looks_like_refusal(&self, name: &str, seen: &Seen, channel: Field) -> Option<Question> {
        let hit = of_path(bare(name)).filter(|hit| !is_harmless(*hit, seen));
        let telling = seen.telling();
        if hit.is_none() && telling.is_empty() {
            return None;
        }
        let column = propose::Column { name, hit, seen, channel };
        let values = if seen.many { telling } else { seen.values() };
        Some(Question {
            column: Some(name.to_owned()),
            why: propose::why(hit, seen),
            values: values.into_iter().map(|(value, count)| (value.to_owned(), count)).collect(),
            proposal: vec!["--map".to_owned(), propose::mapping(&column)],
            way_out: vec!["--ignore-column".to_owned(), name.to_owned()],
        })
    }

    /// Columns that say whom a row is about, by names that aren't ours: proposed along with the rest, and asked for where
    /// there is no other.
    fn identities(&mut self) {
        let is = |column: &Column<String>| match column {
            Column::Email => Some(Identity::Email),
            Column::Phone => Some(Identity::Phone),
            Column::Country => Some(Identity::Country),
            Column::TimeZone => Some(Identity::TimeZone),
            Column::Locale => Some(Identity::Locale),
            _ => None,
        };
        let mut known: Vec<Identity> =
            self.columns.iter().filter_map(|(planned, _)| is(&planned.column)).collect();
        let asked: Vec<&str> =
            self.undecided.questions.iter().filter_map(|question| question.column.as_deref()).collect();
        known.extend(asked.iter().filter_map(|name| whom(bare(name))));
        let id = self.columns.iter().any(|(planned, _)| planned.column == Column::Id);
        let nobody = !id && !known.contains(&Identity::Email) && !known.contains(&Identity::Phone);
        let mut questions = Vec::new();
        let mut besides = Vec::new();
        for (planned, _) in self.columns.iter().filter(|(_, from)| *from == From::Nobody) {
            let name = planned.name.as_str();
            let Some(identity) = whom(bare(name)).filter(|identity| !known.contains(identity)) else {
                continue;
            };
            if self.is_table() || ours_of(identity) != bare(name) {
                known.push(identity);
                let proposal = vec!["--map".to_owned(), format!("{name}={}", ours_of(identity))];
                if nobody && self.is_table() && matches!(identity, Identity::Email | Identity::Phone) {
                    questions.push(Question {
                        column: Some(name.to_owned()),
                        why: "its name looks like the address that a row is about".to_owned(),
                        values: Vec::new(),
                        proposal,
                        way_out: Vec::new(),
                    });
                } else {
                    besides.extend(proposal);
                }
            }
        }
        self.undecided.questions.extend(questions);
        self.undecided.besides.extend(besides);
    }

    fn unclear_file(&mut self) {
        let Some(hit) = of_file(&self.options.file_name) else { return };
        let said = self.options.ignore_file_name
            || !self.settings.is_empty()
            || self.columns.iter().any(|(planned, from)| {
                matches!(from, From::Map | From::Preset | From::Name) && planned.column.can_withhold()
            });
        if said || self.survey.rows == 0 {
            return;
        }
        let field = hit.channel.unwrap_or_else(|| self.channel());
        let (why, set) = match hit.kind {
            Kind::Bounce => ("addresses that bounce", "suppression.email=hard".to_owned()),
            Kind::Complaint => {
                ("people who reported messages as spam", "suppression.email=complaint".to_owned())
            }
            _ => ("people who have opted out", format!("consent.{field}=n")),
        };
        self.undecided.questions.push(Question {
            column: None,
            why: format!("its name looks like a list of {why}, and nothing in it would be read as that"),
            values: Vec::new(),
            proposal: vec!["--set".to_owned(), set],
            way_out: vec!["--ignore-file-name".to_owned()],
        });
    }

    fn unclear_dates(&mut self) {
        for ((planned, _), seen) in self.columns.iter_mut().zip(&self.survey.seen) {
            if !planned.column.is_time() {
                continue;
            }
            match self.options.date_format.clone().or_else(|| seen.order.format()) {
                Some(format) => planned.dates = format,
                None => self.undecided.questions.push(Question {
                    column: Some(planned.name.clone()),
                    why: "its dates can all be read day first and month first, as 03/04/2025".to_owned(),
                    values: Vec::new(),
                    proposal: Vec::new(),
                    way_out: ["--date-format", "dmy", "or", "--date-format", "mdy"]
                        .map(str::to_owned)
                        .to_vec(),
                }),
            }
        }
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
        let file = super::row::excerpt(file);
        let file = if file.is_empty() { "standard input" } else { &file };
        let source = format!("{file} (SHA-256 {})", self.survey.sha256);
        let columns = self.columns.into_iter().filter_map(planned).collect();
        Ok(Plan { columns, settings: self.settings, notices: self.notices, source })
    }
}

/// What a path says: its whole, or the name at its end.
fn of_path(path: &str) -> Option<NameHit> {
    of_name(path).or_else(|| {
        let last = path.rsplit('.').next().filter(|last| *last != path)?;
        of_name(last).filter(|hit| hit.kind != Kind::Status)
    })
}

/// Whether a column holds only the circumstances of a consent, or nothing at all.
fn is_harmless(hit: NameHit, seen: &Seen) -> bool {
    let withholds =
        || seen.values().iter().any(|(value, _)| said(value).is_some_and(|said| said.withholds()));
    let of_consent = matches!(hit.kind, Kind::Permission | Kind::Status);
    seen.filled == 0 || (of_consent && hit.circumstance && (seen.order.mostly_dates() || !withholds()))
}

fn ours_of(identity: Identity) -> &'static str {
    match identity {
        Identity::Email => "email",
        Identity::Phone => "phone",
        Identity::Country => "country",
        Identity::TimeZone => "time_zone",
        Identity::Locale => "locale",
    }
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
