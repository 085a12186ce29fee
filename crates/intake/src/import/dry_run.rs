//! What an import would do, without doing it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use consent::decide::{Decision, Message, Reach, Recipient, Rules, Suppressed, decide};
use consent::{Address, Category, Channel, ListId, Namespace, ProfileId, Timestamp};
use futures_util::future::LocalBoxFuture;
use serde::Serialize;
use store::{READ_MAX, ReadingQuery, RowTarget};

use super::columns::{Column, Place, When};
use super::lines::{Counted, Source};
use super::meaning::{Means, Values};
use super::plan::{self, Plan, Planned, Setting};
use super::row::Ready;
use super::run::{Import, Input, look};
use super::survey::{Seen, Survey};
use super::{Context, ImportError, Options, Progress, Report};

/// Channels whose recipients are counted.
const CHANNELS: [Channel; 2] = [Channel::Email, Channel::Sms];

/// What an import would do.
#[derive(Clone, Debug, Default, Serialize)]
pub struct DryRun {
    /// What the import would be told of the file.
    pub notices: Vec<String>,
    /// Counts of rows; nothing is created, updated or suppressed.
    #[serde(flatten)]
    pub report: Report,
    /// What each column is read as.
    pub columns: Vec<ColumnReading>,
    /// What holds for every row.
    pub every_row: Vec<String>,
    /// Of the file's rows, how many would be about somebody whom marketing may reach afterwards, by channel. An
    /// opt-out that is recorded counts as standing.
    pub reachable: BTreeMap<&'static str, u64>,
}

/// A column, as it would be read.
#[derive(Clone, Debug, Serialize)]
pub struct ColumnReading {
    /// Its name.
    pub name: String,
    /// What it is read as.
    pub reading: String,
    /// Rows in which it isn't empty.
    pub filled: u64,
    /// Of a column about consent, what each value would do.
    pub values: Vec<ValueReading>,
}

/// What one value of a column would do.
#[derive(Clone, Debug, Serialize)]
pub struct ValueReading {
    /// The value; `*` for all that there are, where they are many.
    pub value: String,
    /// How many rows hold it.
    pub rows: u64,
    /// What it does.
    pub effect: String,
}

/// Reads a file as [`super::import_profiles`] would, and changes nothing.
pub fn dry_run(
    from: Import<'_>,
    input: impl Input + 'static,
    options: Options,
    progress: Arc<Progress>,
) -> LocalBoxFuture<'_, Result<DryRun, ImportError>> {
    Box::pin(look_at(from, Box::new(input), options, progress))
}

async fn look_at(
    from: Import<'_>,
    mut input: Box<dyn Input>,
    options: Options,
    progress: Arc<Progress>,
) -> Result<DryRun, ImportError> {
    let Import { store, workspace, clock } = from;
    let received_at = clock.now();
    let mut lists: HashMap<String, ListId> =
        store.lists(workspace).await?.into_iter().map(|list| (list.name, list.id)).collect();
    let survey = look(&mut input, &options, &progress)?;
    let plan = plan::draft(&survey, &options, &lists)?;
    let mut dry = DryRun { notices: plan.notices.clone(), ..DryRun::default() };
    dry.columns = columns(&plan, &survey);
    dry.every_row = plan.settings.iter().map(said).collect();
    for (at, name) in plan.lists().map(str::to_owned).collect::<Vec<_>>().into_iter().enumerate() {
        if !lists.contains_key(&name) && !options.create_lists {
            return Err(ImportError::UnknownList(name));
        }
        // One that would be made: no number of its own is needed to count.
        lists.entry(name).or_insert(ListId(i64::MAX - at as i64));
    }
    let plan = Arc::new(plan.settle(&lists)?);
    let source = Source::open(Counted::new(input, Arc::clone(&progress)), &options)?;
    let mut rows = source.into_rows(plan, Context { lists, received_at });
    let mut counting = Counting { from, rules: store.settings(workspace).await?.rules(), now: received_at };
    dry.report.sha256 = survey.sha256;
    let mut batch = Vec::with_capacity(READ_MAX);
    while let Some(next) = rows.next() {
        dry.report.summary.read += 1;
        progress.set_rows(dry.report.summary.read);
        match next?.row {
            Ok(ready) => {
                dry.report.incomplete(&ready.warnings);
                batch.push(ready);
            }
            Err(refused) => dry.report.rejected(&refused.reason),
        }
        if batch.len() >= READ_MAX {
            counting.count(std::mem::take(&mut batch), &mut dry.reachable).await?;
        }
    }
    counting.count(batch, &mut dry.reachable).await?;
    Ok(dry)
}

fn columns(plan: &Plan<String>, survey: &Survey) -> Vec<ColumnReading> {
    let columns = survey.names.iter().zip(&survey.seen).map(|(name, seen)| {
        let planned = plan.columns.iter().find(|planned| planned.name == *name);
        let reading = planned.map_or_else(|| "as it stands".to_owned(), |planned| reading(&planned.column));
        let values = planned.map(|planned| values(planned, seen)).unwrap_or_default();
        ColumnReading { name: name.clone(), reading, filled: seen.filled, values }
    });
    columns.collect()
}

fn place(place: &Place<String>) -> String {
    match place {
        Place::Field(field) => field.to_string(),
        Place::List(list) => format!("list.{list}"),
    }
}

fn choice_of(target: &Place<String>) -> String {
    match target {
        Place::Field(field) => format!("consent.{field}"),
        Place::List(list) => format!("list.{list}"),
    }
}

/// What a column is read as, as `--map` spells it.
fn reading(column: &Column<String>) -> String {
    match column {
        Column::Id => "id".to_owned(),
        Column::Email => "email".to_owned(),
        Column::Phone => "phone".to_owned(),
        Column::Locale => "locale".to_owned(),
        Column::TimeZone => "time_zone".to_owned(),
        Column::Country => "country".to_owned(),
        Column::Consent(target, _) => choice_of(target),
        Column::Suppression(namespace, _) => format!("suppression.{}", namespace.as_str()),
        Column::Time(_, None) => "consent_time".to_owned(),
        Column::Time(When::Said, Some(of)) => format!("consent_time.{}", place(of)),
        Column::Time(When::Agreed, Some(of)) => format!("agreed_time.{}", place(of)),
        Column::Time(When::Refused, Some(of)) => format!("refused_time.{}", place(of)),
        Column::Reason(of) => format!("reason.{}", place(of)),
        Column::Attribute(name) => format!("attribute.{name}"),
        Column::Skip => "left out".to_owned(),
    }
}

fn values(planned: &Planned<String>, seen: &Seen) -> Vec<ValueReading> {
    let (target, values) = match &planned.column {
        Column::Consent(target, values) => (choice_of(target), values),
        Column::Suppression(namespace, values) => (format!("suppression.{}", namespace.as_str()), values),
        Column::Time(When::Refused, Some(of)) => {
            let effect = format!("{}=n", choice_of(of));
            return vec![ValueReading { value: "*".to_owned(), rows: seen.filled, effect }];
        }
        _ => return Vec::new(),
    };
    if seen.many {
        let effect = "by the mapping of each".to_owned();
        return vec![ValueReading { value: "*".to_owned(), rows: seen.filled, effect }];
    }
    let reading = |(value, rows): (&str, u64)| {
        let value = super::row::excerpt(value);
        ValueReading { effect: effect(&target, values, &value), value, rows }
    };
    seen.values().into_iter().map(reading).collect()
}

fn effect(target: &str, values: &Values, value: &str) -> String {
    let one = |means: Means| match means {
        Means::Nothing => "nothing".to_owned(),
        Means::Choice(choice) => format!("{target}={choice}"),
        Means::Suppress(category) => format!("suppressed ({})", category.as_str()),
    };
    match values.read(value) {
        Ok(means) => means.into_iter().map(one).collect::<Vec<_>>().join(", "),
        Err(unread) => format!("the row is rejected: {}", unread.reason),
    }
}

fn said(setting: &Setting<String>) -> String {
    match setting {
        Setting::Consent(target, means) => format!("{}={}", choice_of(target), means.as_str()),
        Setting::Suppress(namespace, means) => {
            format!("suppression.{}={}", namespace.as_str(), means.as_str())
        }
        Setting::Country(country) => format!("country={}", country.as_str()),
        Setting::Locale(locale) => format!("locale={locale}"),
        Setting::TimeZone(zone) => format!("time_zone={zone}"),
    }
}

struct Counting<'a> {
    from: Import<'a>,
    rules: Rules,
    now: Timestamp,
}

impl Counting<'_> {
    async fn count(
        &mut self,
        rows: Vec<Ready>,
        reachable: &mut BTreeMap<&'static str, u64>,
    ) -> Result<(), ImportError> {
        let owners = self.owners(&rows).await?;
        for channel in CHANNELS {
            let known = self.readings(&owners, channel).await?;
            let message =
                Message { channel, category: Category::Marketing, list: None, after_complaint: false };
            let reached = rows.iter().zip(&owners).filter(|(row, owner)| {
                let held = owner.and_then(|owner| known.get(&owner)).copied();
                let recipient = after(row, held, channel);
                matches!(decide(&recipient, &message, &self.rules), Decision::Permit(_))
            });
            *reachable.entry(channel.as_str()).or_default() += reached.count() as u64;
        }
        Ok(())
    }

    /// Who owns each row's first address.
    async fn owners(&self, rows: &[Ready]) -> Result<Vec<Option<ProfileId>>, ImportError> {
        let first = |ready: &Ready| ready.row.addresses.first().cloned();
        let addresses: Vec<Address> = rows.iter().filter_map(first).collect();
        let mut owners = self.from.store.resolve(self.from.workspace, addresses).await?.into_iter();
        let owner = |ready: &Ready| {
            let owner = ready.row.addresses.first().and_then(|_| owners.next()).flatten();
            owner.map(|owner| owner.profile)
        };
        Ok(rows.iter().map(owner).collect())
    }

    async fn readings(
        &self,
        owners: &[Option<ProfileId>],
        channel: Channel,
    ) -> Result<HashMap<ProfileId, Recipient>, ImportError> {
        let mut profiles: Vec<ProfileId> = owners.iter().copied().flatten().collect();
        profiles.sort_unstable();
        profiles.dedup();
        let query = ReadingQuery {
            profiles,
            channel,
            addresses: None,
            list: None,
            sender: None,
            run: None,
            with_attributes: false,
            now: self.now,
        };
        let readings = self.from.store.read(self.from.workspace, query).await?;
        Ok(readings.into_iter().map(|reading| (reading.profile, reading.recipient)).collect())
    }
}

/// Somebody as the row leaves them: a refusal that is recorded stands.
fn after(ready: &Ready, held: Option<Recipient>, channel: Channel) -> Recipient {
    let namespace = Namespace::of_channel(channel);
    let has_address =
        ready.row.addresses.iter().any(|address| Some(address.namespace()) == namespace.as_ref());
    let missing = Recipient { reach: Reach::Missing, ..Recipient::UNKNOWN };
    let mut recipient = held.unwrap_or(missing);
    if has_address && recipient.reach == Reach::Missing {
        recipient.reach = Reach::Reachable;
    }
    if ready.suppressions.iter().any(|entry| Some(&entry.namespace) == namespace.as_ref()) {
        recipient.suppressed = Suppressed::Address;
    }
    for consent in &ready.row.consents {
        let RowTarget::Field(field) = consent.target else { continue };
        if consent.choice.is_no() || !recipient.profile.get(field).is_no() {
            recipient.profile = recipient.profile.with(field, consent.choice);
        }
    }
    recipient.country = recipient.country.or(ready.row.country);
    recipient
}
