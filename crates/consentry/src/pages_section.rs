//! `[pages]` of the server's file: what sends for the pages on which somebody types an address.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use consent::jurisdiction::Country;
use consent::{Address, Channel};
use delivery::quotas::StrangerLimits;
use delivery::single::{Single, SingleError};
use serde::Deserialize;
use service::jobs::kinds::notice::Notices;
use web::DeskConfig;
use web::notice::NoticeWriter;

use crate::context::Context;
use crate::files;
use crate::output::{self, fail};

const DOCS: &str = "docs/subscribe.md shows the keys";
/// How long an opt-in can be confirmed, in hours: 1 hour to 30 days.
const CONFIRM_HOURS: std::ops::RangeInclusive<u64> = 1..=720;

/// The section, as it stands there; docs/subscribe.md explains the keys.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Section {
    /// A file with a transactional configuration for email.
    email: Option<PathBuf>,
    /// The same for text messages.
    sms: Option<PathBuf>,
    confirm_hours: Option<u64>,
    per_network: Option<u16>,
    per_minute: Option<u32>,
    mails_per_day: Option<u32>,
    texts_per_day: Option<u32>,
    /// Two letters each (ISO 3166-1); those of the sender's own number if absent.
    text_countries: Option<Vec<String>>,
}

impl Section {
    /// What all nodes may send for strangers; `sender` is that of texts.
    fn limits(&self, place: &str, sender: Option<&str>) -> Result<StrangerLimits> {
        let mut limits = StrangerLimits::new();
        limits.mails_per_day = self.mails_per_day.unwrap_or(limits.mails_per_day);
        limits.texts_per_day = self.texts_per_day.unwrap_or(limits.texts_per_day);
        let own = sender.and_then(|sender| Address::phone(sender, None).ok()?.sender_country());
        limits.text_countries = match &self.text_countries {
            Some(names) => {
                let read = |name: &String| {
                    let wrong = |error| fail(format!("{place}: text_countries: `{name}`: {error}"), DOCS);
                    name.trim().parse::<Country>().map_err(wrong)
                };
                names.iter().map(read).collect::<Result<_>>()?
            }
            None => own.into_iter().collect(),
        };
        if sender.is_some() && limits.text_countries.is_empty() {
            // The server starts all the same: opt-outs must not wait for this.
            output::say(format_args!(
                "warning: {place}: nothing says which countries texts may go to, so none are sent\n\
                 hint: write e.g. text_countries = [\"DE\", \"AT\"]; without it only the country of the sender's own number counts"
            ));
        }
        Ok(limits)
    }

    /// What `doctor` compares with what was sent.
    pub fn budgets(&self) -> StrangerLimits {
        let usual = StrangerLimits::new();
        StrangerLimits {
            mails_per_day: self.mails_per_day.unwrap_or(usual.mails_per_day),
            texts_per_day: self.texts_per_day.unwrap_or(usual.texts_per_day),
            ..usual
        }
    }
}

/// How the pages are served, and what sends for them if anything does.
pub async fn open(
    context: &Context,
    section: Option<&Section>,
    beside: &Path,
) -> Result<(DeskConfig, Option<Notices>)> {
    let mut desk = DeskConfig::new(context.workspace);
    let Some(section) = section else { return Ok((desk, None)) };
    let place = format!("{}: [pages]", beside.display());
    if let Some(hours) = section.confirm_hours {
        if !CONFIRM_HOURS.contains(&hours) {
            return Err(fail(format!("{place}: confirm_hours = {hours}"), "1 to 720, that is up to 30 days"));
        }
        desk.confirm_within = Duration::from_hours(hours);
    }
    desk.per_network = section.per_network.unwrap_or(desk.per_network);
    desk.per_minute = section.per_minute.unwrap_or(desk.per_minute);
    let public_url = context.settings().await?.public_url;
    let sender = |key: &str, file: &Option<PathBuf>| -> Result<Option<(Single, String)>> {
        let Some(file) = file else { return Ok(None) };
        let file = beside.parent().unwrap_or(Path::new("")).join(file);
        let wrong =
            |error: &dyn std::fmt::Display, hint: &str| fail(format!("{place}: {key}: {error}"), hint);
        let configuration =
            files::configuration(&file, &context.secrets).map_err(|error| wrong(&error, DOCS))?;
        if (key == "email") != (configuration.channel() == Channel::Email) {
            return Err(wrong(
                &file.display(),
                "`email` names a configuration for email, `sms` one for texts",
            ));
        }
        let (store, clock) = (context.store.clone(), Arc::clone(&context.clock));
        let workspace = context.workspace;
        let made =
            Single::new(&context.transports, &store, workspace, &clock, &configuration, public_url.clone());
        let from = configuration.sender().to_owned();
        made.map(|single| Some((single, from))).map_err(|error| {
            let hint = match error {
                SingleError::Marketing => "write category = \"transactional\" in a file of its own",
                SingleError::NoPublicUrl => "`consentry init --public-url URL`, or `public_url` in that file",
                SingleError::Delivery(_) | SingleError::Key(_) => DOCS,
            };
            wrong(&error, hint)
        })
    };
    let (email, sms) = (sender("email", &section.email)?, sender("sms", &section.sms)?);
    (desk.email, desk.texts) = (email.is_some(), sms.is_some());
    let limits = section.limits(&place, sms.as_ref().map(|(_, from)| from.as_str()))?;
    desk.text_countries.clone_from(&limits.text_countries);
    let [email, sms] = [email, sms].map(|sender| sender.map(|(single, _)| single));
    let notices = Notices::new(email, sms, desk.confirm_within, limits, Arc::new(NoticeWriter::new()));
    Ok((desk, Some(notices)))
}
