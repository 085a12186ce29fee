//! What a run's messages carry for one address, made as the messages themselves are.

use std::sync::Arc;

use consent::{Category, Channel, Clock, Level, Sent, Timestamp, TokenError, WorkspaceId};
use mail_builder::headers::address::Address;
use mail_builder::headers::date::Date;
use mail_builder::headers::message_id::MessageId;
use mail_builder::headers::text::Text;
use store::{AddressOwner, Configuration, List, Run, Store, StoreError};
use url::Url;
use wire::secret::Secrets;
use wire::smtp::Envelope;

use super::head::Head;
use crate::configuration::{ChannelConfiguration, EmailConfiguration, Medium};
use crate::dkim::Signer;
use crate::error::{DeliveryError, InputError};
use crate::gate::{Gate, person};
use crate::links::{LinkFor, Links};
use crate::mailbox::deliverable;
use crate::message::{Buffers, Composer, MessageError, field, message_id};
use crate::person::Person;
use crate::publish::{Finding, PublishError};
use crate::render::Rendered;

/// A run and how it was sent.
#[derive(Debug)]
pub struct Course {
    /// The run.
    pub run: Run,
    /// The configuration that it was sent with.
    pub configuration: ChannelConfiguration,
    /// Which version of it.
    pub version: i64,
    /// The list that its messages are bound to.
    pub list: Option<List>,
    /// Makes the links of its messages.
    pub links: Links,
}

/// A link that a template can ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateLink {
    /// As templates call it: `preferences_url`, `one_click_url(level="any")`.
    pub name: String,
    /// How far it reaches.
    pub level: Level,
    /// Whether it opens the page of choices, rather than the one that opts out.
    pub choices: bool,
    /// Where it leads.
    pub url: String,
}

impl Course {
    /// Reads what belongs to a run.
    pub async fn of(
        store: &Store,
        workspace: WorkspaceId,
        run: Run,
        stored: &Configuration,
        secrets: &dyn Secrets,
    ) -> Result<Self, DeliveryError> {
        let mut configuration = ChannelConfiguration::from_json(&stored.body)?;
        // Much can be looked at without them; what can't then says which is missing.
        let _ = configuration.unlock(secrets);
        let list = match run.list {
            Some(list) => store.list_by_id(workspace, list).await?,
            None => None,
        };
        let public_url = match &configuration.public_url {
            Some(url) => Some(url.clone()),
            None => store.settings(workspace).await?.public_url,
        };
        let missing = || Finding {
            part: "public_url".to_owned(),
            problem: "is set neither in the configuration nor by `consentry init --public-url`".to_owned(),
        };
        let public_url = public_url.ok_or_else(|| PublishError { findings: vec![missing()] })?;
        let links = Links {
            ring: store.key_ring(),
            public_url: public_url.trim_end_matches('/').into(),
            workspace,
            run: Some(run.id),
            list: run.list,
            level: configuration.level,
            short: configuration.channel() != Channel::Email,
            landing: Arc::default(),
            opt_in: None,
        };
        Ok(Self { run, configuration, version: stored.version, list, links })
    }

    /// Decides about marketing messages such as the run's.
    pub fn gate(&self, store: Store, clock: Arc<dyn Clock>) -> Gate {
        Gate {
            store,
            workspace: self.links.workspace,
            clock,
            channel: self.configuration.channel(),
            category: Category::Marketing,
            list: self.run.list,
            run: Some(self.run.id),
            audience: None,
            sender: Some(self.configuration.sender().to_owned()),
            after_complaint: false,
        }
    }

    /// What rendering knows of an address's owner.
    pub async fn person(&self, gate: &Gate, owner: &AddressOwner) -> Result<Person, StoreError> {
        let (readings, ..) = gate.read(vec![owner.profile], Some(vec![owner.address]), true).await?;
        let person = readings
            .into_iter()
            .next()
            .and_then(|reading| person(reading, gate.channel, Sent::Run(self.run.id)));
        person.ok_or_else(|| StoreError::Missing(owner.address.to_string()))
    }

    /// The header of a message of the run to a person, without a signature.
    pub fn head(
        &self,
        configuration: &EmailConfiguration,
        person: &Person,
        at: Timestamp,
    ) -> Result<(Envelope, Head), MessageError> {
        let list = self.list.as_ref().map(|list| list.name.as_str());
        let composer = Composer::of(&self.run.campaign, list, configuration, Signer::none());
        let mut buffers = Buffers::default();
        let (envelope, bytes) =
            composer.compose(person, &Rendered::default(), &self.links, at, &mut buffers)?;
        Ok((envelope, Head::of(bytes)))
    }

    /// Whom the links in the run's message to an address are for.
    pub fn link(&self, owner: &AddressOwner) -> LinkFor {
        LinkFor { address: owner.address, epoch: owner.epoch, sent: Sent::Run(self.run.id) }
    }

    /// Every link that a template of the run could ask for.
    pub fn template_links(&self, to: LinkFor) -> Result<Vec<TemplateLink>, TokenError> {
        let links = &self.links;
        let mut made = Vec::with_capacity(6);
        let mut push =
            |name: String, level, choices, url| made.push(TemplateLink { name, level, choices, url });
        push("unsubscribe_url".to_owned(), links.level, false, links.unsubscribe(to)?);
        for level in Level::ALL {
            // The one at the configuration's own level is the same as the first.
            if level == links.level || level == Level::Subscription && links.list.is_none() {
                continue;
            }
            let name = format!("one_click_url(level=\"{}\")", level.as_str());
            push(name, level, false, links.one_click(level, to)?);
        }
        push("preferences_url".to_owned(), links.level, true, links.preferences(to)?);
        Ok(made)
    }

    /// A mail such as a mail program sends when somebody unsubscribes by mail. It comes from the configuration's own
    /// sender, since a relay takes none but its customers', and a bounce of it is no bounce of the address that is tested.
    pub fn request(
        &self,
        configuration: &EmailConfiguration,
        to: &str,
        subject: &str,
        mark: &str,
        at: Timestamp,
    ) -> Result<(Envelope, Vec<u8>), DeliveryError> {
        let from = &configuration.from;
        let wrong = |problem: String| InputError::new("mailto", problem);
        let to = deliverable(to).ok_or_else(|| wrong("is no address".to_owned()))?;
        let envelope = Envelope::new(from.email.clone(), to).map_err(|error| wrong(error.to_string()))?;
        // The mark stands in front, where it is among what is kept of the mail.
        let mut header = format!("User-Agent: {mark}\r\n").into_bytes();
        field(&mut header, "From", &Address::from(&*from.email));
        field(&mut header, "To", &Address::from(envelope.to()));
        field(&mut header, "Subject", &Text::new(subject));
        field(&mut header, "Date", &Date::new(at.0.div_euclid(1_000_000)));
        let id = format!("{}@{}", message_id(mark), from.domain());
        field(&mut header, "Message-ID", &MessageId::new(id));
        header.extend_from_slice(b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n");
        let body = format!("This is a test of unsubscribing by mail.\r\n{mark}\r\n");
        let signer =
            Signer::load(&configuration.dkim).map_err(|problem| wrong(format!("dkim: {problem}")))?;
        let mut message = Vec::new();
        signer.sign(&header, body.as_bytes(), at, &mut message).map_err(wrong)?;
        message.extend_from_slice(&header);
        message.extend_from_slice(b"\r\n");
        message.extend_from_slice(body.as_bytes());
        Ok((envelope, message))
    }

    /// What is email's own, if that is what it is.
    pub fn email(&self) -> Option<&EmailConfiguration> {
        match &self.configuration.medium {
            Medium::Email(email) => Some(email),
            Medium::Sms(_) => None,
        }
    }
}

/// Address and subject of a `mailto:` link (RFC 6068).
pub fn mailto(uri: &str) -> Option<(String, String)> {
    // A plus is a plus there, unlike in forms.
    let url = Url::parse(&uri.replace('+', "%2B")).ok().filter(|url| url.scheme() == "mailto")?;
    let address = url::form_urlencoded::parse(url.path().as_bytes()).next()?.0.into_owned();
    let subject = url.query_pairs().find(|(name, _)| name.eq_ignore_ascii_case("subject"));
    Some((address, subject.map_or_else(String::new, |(_, value)| value.into_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_mailto() {
        let read = |uri| mailto(uri).unwrap();
        let plain = ("u.abc@b.example".to_owned(), "unsubscribe".to_owned());
        assert_eq!(read("mailto:u.abc@b.example?subject=unsubscribe"), plain);
        assert_eq!(read("MAILTO:u.abc%40b.example?body=x&Subject=unsubscribe"), plain);
        assert_eq!(read("mailto:a+b@b.example"), ("a+b@b.example".to_owned(), String::new()));
        assert_eq!(read("mailto:a@b.example?subject=one%20two+").1, "one two+");
        assert_eq!(mailto("https://b.example/u/x"), None);
    }
}
