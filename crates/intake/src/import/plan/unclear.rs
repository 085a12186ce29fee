//! What nobody has said how to read.

use consent::Field;

use super::Planned;
use super::draft::{Drafting, From, bare};
use crate::import::columns::{self, Column};
use crate::import::names::{meant_column, meant_member};
use crate::import::propose;
use crate::import::recognise::{
    Identity, Kind, NameHit, Said, answers, means_nothing, of_file, of_name, only_channel, said, squashed,
    telling, whom,
};
use crate::import::row;
use crate::import::survey::Seen;
use crate::import::undecided::{Answer, Question};

impl Drafting<'_> {
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

    pub(super) fn unclear_columns(&mut self) {
        let channel = self.channel();
        let mut questions = Vec::new();
        for ((planned, from), seen) in self.columns.iter().zip(&self.survey.seen) {
            let name = planned.name.as_str();
            if *from == From::Preset && is_free_text(planned) {
                questions.extend(tells_refusals(name, seen, channel));
            }
            if *from != From::Nobody {
                continue;
            }
            if self.is_rejected_by_line(name) {
                continue;
            }
            let almost_ours = if self.is_table() { almost_ours(name) } else { None };
            questions.extend(almost_ours.or_else(|| looks_like_refusal(name, seen, channel)));
        }
        self.undecided.questions.extend(questions);
        self.identities();
    }

    /// Whether a member's name is almost one of ours: each line that has it is rejected and says so.
    fn is_rejected_by_line(&self, name: &str) -> bool {
        let top = name.split('.').next().unwrap_or(name);
        !self.is_table() && !name.starts_with("attributes.") && meant_member(top).is_some()
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
                        answers: Vec::new(),
                    });
                } else {
                    besides.extend(proposal);
                }
            }
        }
        self.undecided.questions.extend(questions);
        self.undecided.besides.extend(besides);
    }

    /// Says of columns that are expressly no refusals how many stand in them.
    pub(super) fn ignored_refusals(&mut self) {
        for ((planned, from), seen) in self.columns.iter().zip(&self.survey.seen) {
            let name = planned.name.as_str();
            if *from != From::Ignored {
                continue;
            }
            let about_consent = matches!(columns::ours(name), Ok(Some(column)) if column.can_withhold())
                || meant_column(name).is_some()
                || of_path(bare(name)).is_some();
            let refuses = |value: &str| {
                about_consent && said(value).is_some_and(Said::withholds)
                    || telling(value).is_some_and(Said::withholds)
            };
            let values = if seen.many { seen.telling() } else { seen.values() };
            let rows: u64 = values.iter().filter(|(value, _)| refuses(value)).map(|(_, rows)| rows).sum();
            if rows > 0 {
                let refusals = if rows == 1 {
                    "1 refusal that stands".to_owned()
                } else {
                    format!("{rows} refusals that stand")
                };
                self.notices.push(format!(
                    "warning: column `{}` is ignored, and with it {refusals} in it: nobody is left out because of them",
                    row::excerpt(name)
                ));
            }
        }
    }

    pub(super) fn unclear_file(&mut self) {
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
            answers: Vec::new(),
        });
    }

    pub(super) fn unclear_dates(&mut self) {
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
                    way_out: Vec::new(),
                    answers: [("day first", "dmy"), ("month first", "mdy")]
                        .map(|(what, order)| Answer {
                            what: what.to_owned(),
                            arguments: ["--date-format", order].map(str::to_owned).to_vec(),
                        })
                        .to_vec(),
                }),
            }
        }
    }
}

/// A column whose name is almost one of ours.
fn almost_ours(name: &str) -> Option<Question> {
    let (meant, why) = if let Err(reason) = columns::ours(name) {
        (meant_column(name).unwrap_or_else(|| "consent.email".to_owned()), reason)
    } else {
        let meant = meant_column(name)?;
        let why = format!("did you mean `{meant}`?");
        (meant, why)
    };
    Some(Question {
        column: Some(name.to_owned()),
        why,
        values: Vec::new(),
        proposal: vec!["--map".to_owned(), format!("{name}={meant}")],
        way_out: vec!["--map".to_owned(), format!("{name}=attribute.{name}")],
        answers: Vec::new(),
    })
}

/// Whether people write sentences into a column that a preset keeps as it is.
fn is_free_text(planned: &Planned<String>) -> bool {
    const NAMES: [&str; 8] =
        ["note", "notes", "tags", "tag", "comment", "comments", "description", "remarks"];
    matches!(planned.column, Column::Attribute(_)) && NAMES.contains(&squashed(bare(&planned.name)).as_str())
}

fn looks_like_refusal(name: &str, seen: &Seen, channel: Field) -> Option<Question> {
    let hit = of_path(bare(name)).or_else(|| answered_channel(bare(name), seen));
    question(name, hit.filter(|hit| !is_harmless(*hit, seen)), seen, channel)
}

/// The same by the values alone.
fn tells_refusals(name: &str, seen: &Seen, channel: Field) -> Option<Question> {
    question(name, None, seen, channel)
}

/// A column that is called as a channel, with a yes or no in it.
fn answered_channel(name: &str, seen: &Seen) -> Option<NameHit> {
    let channel = only_channel(name)?;
    let values = seen.values();
    let answered = values.iter().all(|(value, _)| answers(value) || means_nothing(value))
        && values.iter().any(|(value, _)| said(value).is_some_and(Said::withholds));
    (!seen.many && answered).then_some(NameHit {
        kind: Kind::Permission,
        circumstance: false,
        channel: Some(channel),
    })
}

fn question(name: &str, hit: Option<NameHit>, seen: &Seen, channel: Field) -> Option<Question> {
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
        answers: Vec::new(),
    })
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
    let withholds = || seen.values().iter().any(|(value, _)| said(value).is_some_and(Said::withholds));
    let of_consent = matches!(hit.kind, Kind::Permission | Kind::Status | Kind::Confirmation);
    // Customers and leads: the state of a sale.
    let unrelated = hit.kind == Kind::Status
        && !seen.many
        && seen.values().iter().all(|(value, _)| said(value) == Some(Said::Unrelated));
    seen.filled == 0
        || unrelated
        || (of_consent && hit.circumstance && (seen.order.mostly_dates() || !withholds()))
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
