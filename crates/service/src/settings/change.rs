//! Changing settings. Those that aren't named stay; two changes at the same time don't undo each other.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use consent::{Channel, Choice};
use serde::Serialize;
use store::{LedgerReaders, OptOutReason, Settings, StoreError, UnknownRecipients};

use crate::{Actor, Fault, Kind, Problem, Service, shape};

/// What to change; what is `None` or empty stays.
#[allow(clippy::option_option, reason = "not named, and named to be nothing, differ")]
#[derive(Clone, Debug, Default)]
pub struct In {
    /// What an empty choice means on a channel.
    pub default_consent: Vec<(Channel, Choice)>,
    /// Where people reach the public pages.
    pub public_url: Option<String>,
    /// The brand's name on those pages.
    pub brand: Option<String>,
    /// Further domains whose mail is received.
    pub mail_domains: Vec<String>,
    /// Whether opt-in places want an express yes or a named basis.
    pub jurisdiction_pack: Option<bool>,
    /// How many soft bounces suppress an address.
    pub soft_bounce_limit: Option<u8>,
    /// What people may choose from after an opt-out; the inner `None` is the pages' own.
    pub opt_out_reasons: Option<Option<Vec<OptOutReason>>>,
    /// Who may read the ledger's entries.
    pub ledger: Option<LedgerReaders>,
    /// What is answered to programs that ask about an address that nobody has.
    pub unknown_recipients: Option<UnknownRecipients>,
    /// Change nothing unless the settings are these, by [`Out::version`].
    pub if_version: Option<String>,
}

/// The settings as they are now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = Settings)]
#[serde(rename_all = "camelCase")]
pub struct Out {
    /// What an empty choice means, by channel; channels that aren't named: consent.
    pub default_consent: BTreeMap<String, String>,
    /// Whether the named bases refuse instead of permitting.
    pub named_basis_refuses: bool,
    /// Whether opt-in places want an express yes or a named basis.
    pub jurisdiction_pack: bool,
    /// How many soft bounces suppress an address; null for the usual number.
    pub soft_bounce_limit: Option<u8>,
    /// Domains whose mail is received.
    pub mail_domains: Vec<String>,
    /// The namespaces whose allow list is active.
    pub allow_lists_active: Vec<String>,
    /// Where people reach the public pages.
    pub public_url: Option<String>,
    /// The brand's name on those pages.
    pub brand: Option<String>,
    /// What people may choose from after an opt-out; null for the pages' own.
    #[schema(value_type = Option<Vec<Object>>)]
    pub opt_out_reasons: Option<Vec<OptOutReason>>,
    /// Who may read the ledger's entries: `keyed` or `public`.
    #[schema(value_type = String)]
    pub ledger: LedgerReaders,
    /// What is answered to programs that ask about an address that nobody has: `default` or `no`.
    #[schema(value_type = String)]
    pub unknown_recipients: UnknownRecipients,
}

impl Out {
    /// Stands for what the settings say: two that say the same have the same.
    pub fn version(&self) -> String {
        shape::version(self)
    }
}

impl From<Settings> for Out {
    fn from(settings: Settings) -> Self {
        Self {
            default_consent: settings.default_consent,
            named_basis_refuses: settings.named_basis_refuses,
            jurisdiction_pack: settings.jurisdiction_pack,
            soft_bounce_limit: settings.soft_bounce_limit,
            mail_domains: settings.mail_domains,
            allow_lists_active: settings.allow_lists_active,
            public_url: settings.public_url,
            brand: settings.brand,
            opt_out_reasons: settings.opt_out_reasons,
            ledger: settings.ledger,
            unknown_recipients: settings.unknown_recipients,
        }
    }
}

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody can reach pages there.
    #[error("{0}")]
    PublicUrl(String),
    /// Too many bounces, or none.
    #[error("the limit of soft bounces is 1 to 20")]
    SoftBounceLimit,
    /// More reasons than people read.
    #[error("more than {} reasons", OptOutReason::REASONS_MAX)]
    ManyReasons,
    /// A reason that can't be shown or counted.
    #[error("{0}")]
    Reason(String),
    /// Two reasons that would be counted as one.
    #[error("`{0}` is there twice")]
    ReasonTwice(String),
    /// Somebody changed the settings meanwhile.
    #[error("the settings were changed since they were read")]
    Changed,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Fault for Error {
    fn problem(&self) -> Problem {
        match self {
            Self::PublicUrl(_) => Problem::invalid("public-url-invalid", "/publicUrl"),
            Self::SoftBounceLimit => Problem::invalid("soft-bounce-limit-invalid", "/softBounceLimit"),
            Self::ManyReasons | Self::Reason(_) | Self::ReasonTwice(_) => {
                Problem::invalid("opt-out-reasons-invalid", "/optOutReasons")
            }
            Self::Changed => Problem::new(Kind::Outdated, "changed-meanwhile"),
            Self::Store(error) => error.problem(),
        }
    }
}

/// Whether the change can be made, before anything is opened for it.
pub fn check(asked: &In) -> Result<(), Error> {
    if let Some(url) = &asked.public_url {
        wire::http::check_public_url(url).map_err(Error::PublicUrl)?;
    }
    if asked.soft_bounce_limit.is_some_and(|limit| !(1..=20).contains(&limit)) {
        return Err(Error::SoftBounceLimit);
    }
    let reasons = asked.opt_out_reasons.iter().flatten().flatten().collect::<Vec<_>>();
    if reasons.len() > OptOutReason::REASONS_MAX {
        return Err(Error::ManyReasons);
    }
    for (at, reason) in reasons.iter().enumerate() {
        reason.check().map_err(Error::Reason)?;
        if reasons[..at].iter().any(|other| other.code == reason.code) {
            return Err(Error::ReasonTwice(reason.code.clone()));
        }
    }
    Ok(())
}

/// Changes settings. They hold from the next decision on.
pub async fn change(service: &Service, _actor: &Actor, asked: In) -> Result<Out, Error> {
    check(&asked)?;
    let outdated = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&outdated);
    let change = move |settings: &mut Settings| {
        let wanted = asked.if_version.as_ref();
        let changed = wanted.is_some_and(|wanted| Out::from(settings.clone()).version() != *wanted);
        // May be asked again, where another node got in between.
        told.store(changed, Ordering::Relaxed);
        if !changed {
            apply(&asked, settings);
        }
    };
    let settings = service.store.update_settings(service.workspace, Box::new(change)).await?;
    if outdated.load(Ordering::Relaxed) { Err(Error::Changed) } else { Ok(settings.into()) }
}

fn apply(asked: &In, settings: &mut Settings) {
    for (channel, choice) in &asked.default_consent {
        settings.default_consent.insert(channel.as_str().to_owned(), choice.as_str().to_owned());
    }
    if let Some(url) = &asked.public_url {
        settings.public_url = Some(url.trim_end_matches('/').to_owned());
    }
    for domain in &asked.mail_domains {
        if !settings.mail_domains.contains(domain) {
            settings.mail_domains.push(domain.clone());
        }
    }
    if let Some(brand) = &asked.brand {
        settings.brand = Some(brand.clone());
    }
    settings.jurisdiction_pack = asked.jurisdiction_pack.unwrap_or(settings.jurisdiction_pack);
    settings.soft_bounce_limit = asked.soft_bounce_limit.or(settings.soft_bounce_limit);
    if let Some(reasons) = &asked.opt_out_reasons {
        settings.opt_out_reasons.clone_from(reasons);
    }
    settings.ledger = asked.ledger.unwrap_or(settings.ledger);
    settings.unknown_recipients = asked.unknown_recipients.unwrap_or(settings.unknown_recipients);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;

    #[tokio::test]
    async fn what_is_not_named_stays_and_what_is_wrong_is_pointed_at() {
        let World { service, actor, dir: _dir } = World::new();
        let url = In { public_url: Some("https://m.example/".to_owned()), ..In::default() };
        assert_eq!(
            change(&service, &actor, url).await.unwrap().public_url.as_deref(),
            Some("https://m.example")
        );
        let brand = In { brand: Some("Shop".to_owned()), ..In::default() };
        let out = change(&service, &actor, brand.clone()).await.unwrap();
        let seen = In { if_version: Some(out.version()), brand: Some("Store".to_owned()), ..In::default() };
        let renamed = change(&service, &actor, seen.clone()).await.unwrap();
        assert_ne!(renamed.version(), out.version());
        assert!(
            matches!(change(&service, &actor, seen).await, Err(Error::Changed)),
            "seen before the change"
        );
        let out = change(&service, &actor, brand).await.unwrap();
        assert_eq!((out.brand.as_deref(), out.public_url.is_some()), (Some("Shop"), true));
        let reason = |code: &str| OptOutReason {
            code: code.to_owned(),
            texts: [("en".to_owned(), "I moved".to_owned())].into(),
        };
        let reasons = |all: Vec<OptOutReason>| In { opt_out_reasons: Some(Some(all)), ..In::default() };
        for (asked, pointer) in [
            (In { public_url: Some("nowhere".to_owned()), ..In::default() }, "/publicUrl"),
            (In { soft_bounce_limit: Some(0), ..In::default() }, "/softBounceLimit"),
            (reasons(vec![reason("moved"), reason("moved")]), "/optOutReasons"),
            (reasons(vec![reason("a b")]), "/optOutReasons"),
            (reasons((0..13).map(|at| reason(&at.to_string())).collect()), "/optOutReasons"),
        ] {
            let problem = change(&service, &actor, asked).await.unwrap_err().problem();
            assert_eq!(problem.pointer.as_deref(), Some(pointer));
        }
    }
}
