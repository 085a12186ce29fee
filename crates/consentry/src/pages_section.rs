//! `[pages]` of the server's file: what sends for the pages on which somebody types an address.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use consent::Channel;
use delivery::ChannelConfiguration;
use delivery::single::{Single, SingleError};
use serde::Deserialize;
use web::DeskConfig;

use crate::context::{Context, WORKSPACE};
use crate::notices::Notices;
use crate::output::fail;

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
}

/// How the pages are served, and what sends for them if anything does.
pub async fn open(
    context: &Context,
    section: Option<&Section>,
    beside: &Path,
) -> Result<(DeskConfig, Option<Notices>)> {
    let mut desk = DeskConfig::new(WORKSPACE);
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
    let sender = |key: &str, file: &Option<PathBuf>| -> Result<Option<Single>> {
        let Some(file) = file else { return Ok(None) };
        let file = beside.parent().unwrap_or(Path::new("")).join(file);
        let wrong =
            |error: &dyn std::fmt::Display, hint: &str| fail(format!("{place}: {key}: {error}"), hint);
        let configuration = ChannelConfiguration::load(&file).map_err(|error| wrong(&error, DOCS))?;
        if (key == "email") != (configuration.channel() == Channel::Email) {
            return Err(wrong(
                &file.display(),
                "`email` names a configuration for email, `sms` one for texts",
            ));
        }
        let (store, clock) = (context.shared_store(), Arc::clone(&context.clock));
        let made = Single::new(&store, WORKSPACE, &clock, &configuration, public_url.clone());
        made.map(Some).map_err(|error| {
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
    let notices =
        Notices::new(context.shared_store(), Arc::clone(&context.clock), email, sms, desk.confirm_within);
    Ok((desk, Some(notices)))
}
