//! Whether what people and servers send back reaches us: the addresses in a message are only worth something where their
//! mail is received.

use store::Settings;

use crate::campaign::Campaign;
use crate::configuration::{EmailConfiguration, Medium, SmsConfiguration};
use crate::error::DeliveryError;
use crate::links::Links;
use crate::person::Person;
use crate::publish::{self, Checked, Finding, LinkProbe, ListNames, PublishError};
use crate::run::Deps;

impl Deps {
    /// The publish check, with what the workspace receives.
    pub(crate) async fn checked(
        &self,
        campaign: &Campaign,
        samples: &[Person],
        links: &Links,
        probe: &dyn LinkProbe,
    ) -> Result<Checked, DeliveryError> {
        let settings = self.store.settings(self.workspace).await?;
        let lists = self.store.lists(self.workspace).await?.iter().map(list_names).collect::<Vec<_>>();
        let checked = publish::check(campaign, samples, links, &lists, probe).await;
        let email = match &campaign.configuration.medium {
            Medium::Email(email) => email,
            Medium::Sms(sms) => {
                let mut checked = checked?;
                checked.warnings.extend(untold(sms));
                return Ok(checked);
            }
        };
        Ok(match (checked, unreceived_unsubscribes(email, &settings)) {
            (Ok(mut checked), None) => {
                checked.warnings.extend(unreceived_bounces(email, &settings));
                checked
            }
            (Ok(_), Some(finding)) => return Err(PublishError { findings: vec![finding] }.into()),
            (Err(mut error), finding) => {
                error.findings.extend(finding);
                return Err(error.into());
            }
        })
    }
}

/// What people call a list.
fn list_names(list: &store::List) -> ListNames {
    let mut names = vec![list.name.clone()];
    names.extend(list.details.texts.values().map(|text| text.title.clone()));
    ListNames { id: list.id, names }
}

/// What the provider isn't asked to tell.
fn untold(sms: &SmsConfiguration) -> Option<Finding> {
    sms.transport.receiver.is_none().then(|| Finding {
        part: "configuration.transport.receiver".to_owned(),
        problem: "is missing: nobody is told what became of texts, and STOP is known only once a provider refuses to \
                  send; name an [[sms]] of `serve` (docs/sms.md)"
            .to_owned(),
    })
}

/// A way out that leads nowhere is worse than none.
fn unreceived_unsubscribes(configuration: &EmailConfiguration, settings: &Settings) -> Option<Finding> {
    let domain = configuration.mailto_domain()?;
    let received = settings.mail_domains.iter().any(|received| received == domain);
    (!received).then(|| Finding {
        part: "configuration.list_unsubscribe".to_owned(),
        problem: format!(
            "mail to {domain} isn't received here, so that unsubscribing by mail would not work; once it is \
             (docs/receiving.md), `consentry init --mail-domain {domain}`"
        ),
    })
}

fn unreceived_bounces(configuration: &EmailConfiguration, settings: &Settings) -> Option<Finding> {
    let domain = &configuration.bounce_domain;
    (!settings.mail_domains.contains(domain)).then(|| Finding {
        part: "configuration.bounce_domain".to_owned(),
        problem: format!(
            "bounces to {domain} aren't received here, so that addresses that are gone go on being mailed \
             (docs/receiving.md; `consentry init --mail-domain {domain}`)"
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = r#"{"name": "n", "channel": "email", "category": "marketing", "from": "a@shop.example",
        "transport": {"host": "localhost"}, "bounce_domain": "b.shop.example""#;

    fn configuration(more: &str) -> EmailConfiguration {
        let read = crate::ChannelConfiguration::from_json(&format!("{BASE}{more}}}")).unwrap();
        let Medium::Email(email) = read.medium else { panic!("it is email's") };
        email
    }

    fn receiving(domains: &[&str]) -> Settings {
        let mail_domains = domains.iter().map(|domain| (*domain).to_owned()).collect();
        Settings { mail_domains, ..Settings::default() }
    }

    #[test]
    fn mail_addresses_need_a_domain_that_is_received() {
        let plain = configuration("");
        assert_eq!(unreceived_unsubscribes(&plain, &receiving(&[])), None);
        assert!(unreceived_bounces(&plain, &receiving(&[])).is_some());
        assert_eq!(unreceived_bounces(&plain, &receiving(&["b.shop.example"])), None);
        let mailto = configuration(
            r#", "list_unsubscribe": {"url": true, "mailto": true, "mailto_domain": "U.Shop.Example"}"#,
        );
        assert_eq!(unreceived_unsubscribes(&mailto, &receiving(&["u.shop.example"])), None);
        let finding = unreceived_unsubscribes(&mailto, &receiving(&["b.shop.example"])).unwrap();
        assert!(finding.problem.contains("--mail-domain u.shop.example"), "{}", finding.problem);
        let shared = configuration(r#", "list_unsubscribe": {"url": true, "mailto": true}"#);
        assert_eq!(unreceived_unsubscribes(&shared, &receiving(&["b.shop.example"])), None);
    }
}
