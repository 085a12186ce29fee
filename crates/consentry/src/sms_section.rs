//! `[[sms]]` of the server's file.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Display;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use consent::sms::{Keywords, Kind, wording};
use delivery::sms::{SmsTransport, SmsTransportConfig};
use intake::sms::{Desk, Endpoint, Fields, OwnReplies, Provider, Replies, Scope, Setup, answer_budgets};
use serde::Deserialize;
use store::Quota;
use web::TextHooks;

use crate::context::Context;
use crate::output::{self, fail};
use crate::server_file::{Secret, Secrets};

/// Longest reply, in characters: what providers take.
const REPLY_LENGTH_MAX: usize = 1_600;
/// Most keywords of a brand's own with a reply.
const OWN_KEYWORDS_MAX: usize = 200;
const DOCS: &str = "docs/sms.md shows the keys";

/// One receiver, as it stands there; docs/sms.md explains the keys.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    name: String,
    provider: String,
    secret: Option<Secrets>,
    url: Option<String>,
    verify_token: Option<Secret>,
    fields: Option<Fields>,
    #[serde(default)]
    scope: Scope,
    #[serde(default)]
    advertised: bool,
    list: Option<String>,
    confirm_minutes: Option<u64>,
    brand: Option<String>,
    language: Option<String>,
    #[serde(default)]
    keywords: KeywordTable,
    #[serde(default)]
    keyword: Vec<OwnKeyword>,
    #[serde(default = "yes")]
    replies: bool,
    #[serde(default)]
    reply: BTreeMap<String, OwnReplies>,
    default_reply: Option<String>,
    answers_per_day: Option<u32>,
    send: Option<SmsTransportConfig>,
}

const fn yes() -> bool {
    true
}

/// Words beside the built-in ones.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct KeywordTable {
    opt_out: Vec<String>,
    opt_in: Vec<String>,
    double_opt_in: Vec<String>,
    help: Vec<String>,
}

/// Words with an answer of the brand's own.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OwnKeyword {
    words: Vec<String>,
    reply: String,
}

/// The receivers of the file; `None` if there are none.
pub async fn receivers(
    context: &Context,
    sections: &[Section],
    beside: &Path,
) -> Result<Option<Arc<TextHooks>>> {
    let mut names = HashSet::new();
    let mut receivers = Vec::with_capacity(sections.len());
    for section in sections {
        if !names.insert(&section.name) {
            let what = format!("{}: two receivers of texts are named `{}`", beside.display(), section.name);
            return Err(fail(what, "each has a path of its own, /sms/NAME"));
        }
        let place = format!("{}: sms `{}`", beside.display(), section.name);
        let endpoint = section.endpoint(context, beside, &place).await?;
        let desk = section.desk(context, &endpoint, &place).await?;
        receivers.push((endpoint, desk));
    }
    Ok((!sections.is_empty()).then(|| Arc::new(TextHooks::new(receivers))))
}

/// What answers are sent by, of the receivers that say so; says which of the others can't answer.
pub fn transports(sections: &[Section], beside: &Path) -> Result<Vec<(String, SmsTransport)>> {
    let mut transports = Vec::new();
    for section in sections {
        let place = format!("{}: sms `{}`", beside.display(), section.name);
        let at_once = section.provider.parse().is_ok_and(Provider::answers_at_once);
        let Some(mut config) = section.send.clone() else {
            if section.replies && !at_once {
                output::say(format_args!(
                    "hint: {place} has no `send`, so that nobody is answered, not even to confirm an opt-out"
                ));
            }
            continue;
        };
        if at_once {
            return Err(fail(
                format!("{place}: `send`"),
                "leave it out: this provider takes answers with the webhook's",
            ));
        }
        let folder = beside.parent().unwrap_or(Path::new(""));
        config.secret_file = config.secret_file.map(|file| folder.join(file));
        config.ca_file = config.ca_file.map(|file| folder.join(file));
        let transport =
            SmsTransport::new(config).map_err(|error| fail(format!("{place}: send: {error}"), DOCS))?;
        transports.push((format!("sms:{}", section.name), transport));
    }
    Ok(transports)
}

impl Section {
    async fn endpoint(&self, context: &Context, beside: &Path, place: &str) -> Result<Endpoint> {
        let secrets = Secrets::read(self.secret.as_ref(), beside).with_context(|| place.to_owned())?;
        let verify_token = self.verify_token.as_ref().map(|token| token.read(beside)).transpose();
        let public_url = context.settings().await?.public_url;
        let own = || public_url.map(|url| format!("{}/sms/{}", url.trim_end_matches('/'), self.name));
        let setup = Setup {
            name: self.name.clone(),
            secrets,
            url: self.url.clone().or_else(own).unwrap_or_default(),
            verify_token: verify_token.with_context(|| place.to_owned())?,
            fields: self.fields.clone(),
        };
        let made = self
            .provider
            .parse()
            .and_then(|provider: Provider| Endpoint::new(provider, context.workspace, setup));
        made.map_err(|error| {
            let hint = match error {
                intake::sms::SetupError::NoUrl => "name it here as `url`, or for all by `init --public-url`",
                _ => DOCS,
            };
            fail(format!("{place}: {error}"), hint)
        })
    }

    async fn desk(&self, context: &Context, endpoint: &Endpoint, place: &str) -> Result<Desk> {
        let list = match &self.list {
            Some(name) => Some(context.list(name).await.with_context(|| format!("{place}: `list`"))?.id),
            None => None,
        };
        if !self.keywords.double_opt_in.is_empty() && !self.replies {
            let what = format!("{place}: `keywords.double_opt_in` asks by a reply, and `replies` is false");
            return Err(fail(what, "allow replies, or take the keywords away"));
        }
        Ok(Desk {
            keywords: self.keywords(place)?,
            custom: self.keyword.iter().map(|own| own.reply.clone()).collect(),
            scope: self.scope,
            advertised: self.advertised,
            confirm_within: self.confirm_within(place)?,
            list,
            brand: self.brand.clone(),
            language: self.language.clone(),
            replies: self.replies(place)?,
            at_once: endpoint.provider().answers_at_once(),
            answers_per_day: self.answers_per_day(),
            ..Desk::new(endpoint.source(), context.workspace)
        })
    }

    fn answers_per_day(&self) -> u32 {
        self.answers_per_day.unwrap_or(Desk::ANSWERS_PER_DAY)
    }

    /// The receiver's name, what it may answer to unknown numbers within a day, and what counts that.
    pub fn answers(&self) -> (&str, u32, [Quota; 2]) {
        let at_most = self.answers_per_day();
        (&self.name, at_most, answer_budgets(&format!("sms:{}", self.name), at_most))
    }

    fn keywords(&self, place: &str) -> Result<Keywords> {
        if self.keyword.len() > OWN_KEYWORDS_MAX {
            return Err(fail(format!("{place}: more than {OWN_KEYWORDS_MAX} `[[sms.keyword]]`"), DOCS));
        }
        let table = &self.keywords;
        let kinds = [
            (Kind::OptOut, &table.opt_out),
            (Kind::OptIn, &table.opt_in),
            (Kind::DoubleOptIn, &table.double_opt_in),
            (Kind::Help, &table.help),
        ];
        let own = self.keyword.iter().zip(0..).map(|(own, number)| (Kind::Custom(number), &own.words));
        let words: Vec<(Kind, String)> = kinds
            .into_iter()
            .chain(own)
            .flat_map(|(kind, words)| words.iter().map(move |word| (kind, word.clone())))
            .collect();
        Keywords::with(&words).map_err(|error| fail(format!("{place}: {error}"), DOCS))
    }

    fn confirm_within(&self, place: &str) -> Result<Duration> {
        let Some(minutes) = self.confirm_minutes else { return Ok(Desk::CONFIRM_WITHIN) };
        let (least, most) =
            (Desk::CONFIRM_WITHIN_MIN.as_secs() / 60, Desk::CONFIRM_WITHIN_MAX.as_secs() / 60);
        if !(least..=most).contains(&minutes) {
            let what = format!("{place}: `confirm_minutes` is {minutes}");
            return Err(fail(what, format!("{least} to {most}, that is up to seven days")));
        }
        Ok(Duration::from_mins(minutes))
    }

    fn replies(&self, place: &str) -> Result<Replies> {
        for (language, own) in &self.reply {
            if wording(Some(language)).language != *language {
                let what = format!("{place}: `reply.{language}` is in no language that is known here");
                return Err(fail(what, "two letters, such as en or de; docs/sms.md lists them"));
            }
            let texts = [&own.opted_out, &own.opted_in, &own.ask, &own.help];
            texts
                .into_iter()
                .flatten()
                .try_for_each(|text| checked(text, place, format!("reply.{language}")))?;
        }
        self.keyword.iter().try_for_each(|own| checked(&own.reply, place, "keyword.reply"))?;
        self.default_reply.iter().try_for_each(|text| checked(text, place, "default_reply"))?;
        Ok(Replies { on: self.replies, own: self.reply.clone(), default: self.default_reply.clone() })
    }
}

fn checked(text: &str, place: &str, key: impl Display) -> Result<()> {
    let length = text.chars().count();
    if text.trim().is_empty() || length > REPLY_LENGTH_MAX {
        let what = format!("{place}: `{key}` has {length} characters");
        return Err(fail(
            what,
            format!("1 to {REPLY_LENGTH_MAX}; leave the key away for the built-in words"),
        ));
    }
    Ok(())
}
