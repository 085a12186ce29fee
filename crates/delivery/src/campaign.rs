//! A campaign: who gets what. It is read from documents, in which no path and no secret stands.

use std::collections::BTreeMap;

use consent::Level;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use wire::secret::Secrets;

use crate::configuration::schema::configuration_or_name;
use crate::configuration::{ChannelConfiguration, Medium, shaped};
use crate::content::{self, Content, check_name, content_or_name};
use crate::error::{DeliveryError, InputError};
use crate::links::check_public_page;
use crate::listed::Listed;
use crate::upload::{RowsSource, Upload};

/// Who is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audience {
    /// Every profile.
    All,
    /// The profiles with any value for this list; the message is bound to it.
    List(String),
    /// The addresses in a file.
    Upload(Upload),
}

/// A campaign, read and checked. What only rendering shows, [`crate::publish`] finds.
#[derive(Debug, Clone)]
pub struct Campaign {
    /// Its name: one run at a time, and one for good unless asked again.
    pub name: String,
    /// Who is meant.
    pub audience: Audience,
    /// The list that its messages are bound to.
    pub list: Option<String>,
    /// How it goes out.
    pub configuration: ChannelConfiguration,
    /// What it says.
    pub content: Content,
    /// What it says to people who refuse personalization; absent: the same, rendered without any attribute.
    pub fallback: Option<Content>,
    /// BCP 47 tag of the content.
    pub language: Option<String>,
    /// Where a page's button leads after it has acted, by level.
    pub confirmation: BTreeMap<String, String>,
    /// The documents that it names.
    pub references: References,
    /// The stored versions that it was read from, if it was.
    pub pins: Option<Pins>,
    fingerprint: String,
}

/// Versions of stored documents that a run is sent by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pins {
    /// Of the campaign, which has the run's name.
    pub campaign: i64,
    /// Of the configuration, where the campaign names one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub configuration: Option<i64>,
    /// Of the content, where the campaign names one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub content: Option<i64>,
}

/// What pages and a resumed run need to know of a run; the store keeps it as JSON with the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunSpec {
    /// The campaign's name.
    pub campaign: String,
    /// BCP 47 tag of the content.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub language: Option<String>,
    /// The channel.
    pub channel: String,
    /// Marketing or transactional.
    pub category: consent::Category,
    /// The sender's display name or address.
    pub sender: String,
    /// Where a page's button leads after it has acted, by level.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub confirmation: BTreeMap<String, String>,
    /// At which address people are meant, where the audience file names another than their first one.
    #[serde(skip_serializing_if = "Listed::is_empty", default)]
    pub listed: Listed,
    /// The versions that it was started with.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub pins: Option<Pins>,
}

/// A campaign: who gets what.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CampaignDocument {
    /// Its name, at most 200 characters on one line.
    name: String,
    /// Who is meant.
    audience: AudienceDocument,
    /// The list that its messages are bound to: only its subscribers get them.
    list: Option<String>,
    /// The name of a configuration, or one that stands here.
    #[schemars(schema_with = "configuration_or_name")]
    configuration: Value,
    /// The name of a content, or one that stands here.
    #[schemars(schema_with = "content_or_name")]
    content: Value,
    /// Where a page's button leads after it has acted, by level.
    #[serde(default)]
    confirmation: BTreeMap<String, String>,
}

/// One of these.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AudienceDocument {
    /// Every profile.
    all: Option<bool>,
    /// The subscribers of a list; binds the messages to it, too.
    list: Option<String>,
    /// The addresses of an uploaded file, by its SHA-256 in hex.
    upload: Option<String>,
}

/// The documents that a campaign consists of.
#[derive(Debug, Clone, Copy)]
pub struct Documents<'a> {
    /// The campaign's own.
    pub campaign: &'a Value,
    /// The configuration that it names.
    pub configuration: Option<&'a Value>,
    /// The content that it names.
    pub content: Option<&'a Value>,
}

/// The documents that a campaign names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct References {
    /// A configuration.
    pub configuration: Option<String>,
    /// A content.
    pub content: Option<String>,
}

impl References {
    /// Those of a campaign's document, be it right or wrong otherwise.
    pub fn of(document: &Value) -> Self {
        let name = |key: &str| document[key].as_str().map(str::to_owned);
        Self { configuration: name("configuration"), content: name("content") }
    }
}

impl Campaign {
    /// The sources of its templates.
    pub(crate) fn sources(&self) -> impl Iterator<Item = &str> {
        let contents = [Some(&self.content), self.fallback.as_ref()].into_iter().flatten();
        contents.flat_map(|content| {
            let parts = [Some(&content.subject), content.html.as_ref(), content.text.as_ref()];
            parts.into_iter().flatten().map(String::as_str)
        })
    }

    /// Reads a campaign from its documents. Errors point into the campaign's own.
    pub fn from_documents(documents: Documents<'_>) -> Result<Self, InputError> {
        let raw: CampaignDocument = shaped(documents.campaign)?;
        check_name(&raw.name)?;
        let audience = audience(&raw.audience)?;
        let list = match (&audience, raw.list.clone()) {
            (Audience::List(one), Some(other)) if *one != other => {
                return Err(InputError::new(
                    "list",
                    "the audience is another list; leave one of the two out",
                ));
            }
            (Audience::List(list), _) => Some(list.clone()),
            (_, list) => list,
        };
        let configuration = part(&raw.configuration, documents.configuration, "configuration")?;
        let configuration = ChannelConfiguration::from_document(configuration)
            .map_err(|error| error.under("configuration"))?;
        if configuration.level == Level::Subscription && list.is_none() {
            let told = "`subscription` needs a list; bind the campaign with list = \"...\" or use `channel`";
            return Err(InputError::new("configuration.level", told));
        }
        for (level, url) in &raw.confirmation {
            let told = match level.parse::<Level>() {
                Ok(_) => check_public_page(url).err(),
                Err(_) => Some("the levels are any, channel, identity, subscription".to_owned()),
            };
            if let Some(told) = told {
                let place = InputError::new("", told).under(&level.replace('~', "~0").replace('/', "~1"));
                return Err(place.under("confirmation"));
            }
        }
        let content = part(&raw.content, documents.content, "content")?;
        let text = matches!(configuration.medium, Medium::Sms(_));
        let (content, fallback, language) =
            content::read(content, Some(text)).map_err(|error| error.under("content"))?;
        let mut campaign = Self {
            name: raw.name,
            audience,
            list,
            configuration,
            content,
            fallback,
            language,
            confirmation: raw.confirmation,
            references: References::of(documents.campaign),
            pins: None,
            fingerprint: String::new(),
        };
        campaign.fingerprint = campaign.make_fingerprint();
        Ok(campaign)
    }

    /// Looks up where the secrets are that its configuration calls by name; without, it can't be sent.
    pub fn unlock(&mut self, secrets: &dyn Secrets) -> Result<(), DeliveryError> {
        self.configuration.unlock(secrets)
    }

    /// Reads the audience's addresses from this file, if it is the one, rather than from what the store keeps of it.
    pub fn read_from(&mut self, sha256: &str, rows: RowsSource) {
        if let Audience::Upload(upload) = &mut self.audience
            && upload.sha256 == sha256
        {
            upload.rows = Some(rows);
        }
    }

    /// SHA-256 in hex over everything that decides what is sent to whom.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// What pages need to know, with the confirmation pages that templates name, and what the run itself goes by.
    pub fn spec(&self, found: &BTreeMap<String, String>, listed: Listed) -> RunSpec {
        let mut confirmation = self.confirmation.clone();
        confirmation.extend(found.clone());
        RunSpec {
            campaign: self.name.clone(),
            language: self.language.clone(),
            channel: self.configuration.channel().as_str().to_owned(),
            category: self.configuration.category,
            sender: match &self.configuration.medium {
                Medium::Email(email) => email.from.name.clone().unwrap_or_else(|| email.from.email.clone()),
                Medium::Sms(sms) => sms.sender.clone(),
            },
            confirmation,
            listed,
            pins: self.pins,
        }
    }

    /// Runs of versions before definitions have the same for the same file.
    fn make_fingerprint(&self) -> String {
        let content = |content: &Content| serde_json::json!([content.subject, content.html, content.text]);
        let audience = match &self.audience {
            Audience::All => serde_json::json!("all"),
            Audience::List(list) => serde_json::json!({ "list": list }),
            Audience::Upload(upload) => serde_json::json!({ "file": upload.sha256 }),
        };
        let all = serde_json::json!({
            "name": self.name, "audience": audience, "list": self.list, "language": self.language,
            "configuration": self.configuration.content(), "content": content(&self.content),
            "fallback": self.fallback.as_ref().map(content),
            "confirmation": self.confirmation,
        });
        data_encoding::HEXLOWER.encode(&Sha256::digest(all.to_string()))
    }
}

/// What stands in the campaign's document, or the document that it names.
fn part<'a>(inline: &'a Value, named: Option<&'a Value>, key: &str) -> Result<&'a Value, InputError> {
    match (inline, named) {
        (Value::String(_), Some(named)) => Ok(named),
        (Value::String(name), None) => {
            let told = format!("there is no {key} `{name}`; store it first, or name another");
            Err(InputError::new(key, told))
        }
        (inline, _) => Ok(inline),
    }
}

fn audience(raw: &AudienceDocument) -> Result<Audience, InputError> {
    match (raw.all, &raw.list, &raw.upload) {
        (Some(true), None, None) => Ok(Audience::All),
        (None, Some(list), None) => Ok(Audience::List(list.clone())),
        (None, None, Some(sha256)) if Upload::is_hash(sha256) => {
            Ok(Audience::Upload(Upload { sha256: sha256.clone(), rows: None }))
        }
        (None, None, Some(_)) => {
            Err(InputError::new("audience.upload", "must be a SHA-256 in 64 hexadecimal digits"))
        }
        _ => Err(InputError::new(
            "audience",
            "name exactly one of all = true, list = \"...\", file = \"...\" (in a document: upload)",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::document;

    const CONFIGURATION: &str = "[configuration]\nname = 'c'\nchannel = 'email'\ncategory = 'marketing'\n\
        from = 'Shop <n@shop.example>'\npublic_url = 'https://m.shop.example'\ntransport = { host = 'h', port = 25 }\n";

    fn parse(head: &str, content: &str) -> Result<Campaign, InputError> {
        let campaign = document(&format!("{head}\n{CONFIGURATION}\n[content]\n{content}\n"));
        let documents = Documents { campaign: &campaign, configuration: None, content: None };
        Campaign::from_documents(documents)
    }

    #[test]
    fn reads_a_campaign() {
        let read =
            parse("name = 'spring'\naudience = { list = 'news' }", "subject = 'Hi'\nhtml = '<p>'").unwrap();
        assert_eq!((read.name.as_str(), read.list.as_deref()), ("spring", Some("news")));
        assert_eq!(read.fingerprint().len(), 64);
    }

    #[test]
    fn what_it_names_is_the_same_as_what_stands_in_it() {
        let whole = document(&format!(
            "name = 'a'\naudience = {{ all = true }}\n{CONFIGURATION}\n[content]\nsubject = 's'\ntext = 't'\n"
        ));
        let naming = document("name = 'a'\naudience = { all = true }\nconfiguration = 'c'\ncontent = 'd'");
        assert_eq!(References::of(&whole), References::default());
        let references = References::of(&naming);
        assert_eq!(
            (references.configuration.as_deref(), references.content.as_deref()),
            (Some("c"), Some("d"))
        );
        let read = |campaign, configuration, content| {
            Campaign::from_documents(Documents { campaign, configuration, content })
        };
        let one = read(&whole, None, None).unwrap();
        let other = read(&naming, Some(&whole["configuration"]), Some(&whole["content"])).unwrap();
        assert_eq!(one.fingerprint(), other.fingerprint());
        let missing = read(&naming, Some(&whole["configuration"]), None).unwrap_err();
        assert_eq!((missing.pointer.as_str(), &*missing.problem), ("/content", "there is no content `d`"));
    }

    #[test]
    fn the_fingerprint_follows_what_is_sent_and_nothing_else() {
        let head = "name = 'spring'\naudience = { all = true }";
        let one = parse(head, "subject = 'Hi'\nhtml = '<p>'").unwrap();
        let other = parse(head, "subject = 'Ho'\nhtml = '<p>'").unwrap();
        assert_ne!(one.fingerprint(), other.fingerprint());
        let text = format!("{head}\n{CONFIGURATION}\n[content]\nsubject = 'Hi'\nhtml = '<p>'\n");
        let moved = document(
            &text
                .replace("port = 25", "port = 26")
                .replace("name = 'c'\nchannel = 'email'", "channel = 'email'\nname = 'c'"),
        );
        let moved =
            Campaign::from_documents(Documents { campaign: &moved, configuration: None, content: None });
        assert_eq!(one.fingerprint(), moved.unwrap().fingerprint());
        // As versions before definitions made it: a run that they left open goes on.
        assert_eq!(one.fingerprint(), "0252df285407b10a1963736d607114859a7d536354d9020acf117347487ddeaa");
    }

    #[test]
    fn a_wrong_document_is_refused_with_the_place() {
        let audience = "audience = { all = true }";
        for (head, content, pointer) in [
            (format!("name = ''\n{audience}"), "subject='a'\ntext='b'", "/name"),
            (
                "name = 'a'\naudience = { all = true, list = 'x' }".to_owned(),
                "subject='a'\ntext='b'",
                "/audience",
            ),
            ("name = 'a'\naudience = { all = false }".to_owned(), "subject='a'\ntext='b'", "/audience"),
            (
                "name = 'a'\naudience = { upload = 'x' }".to_owned(),
                "subject='a'\ntext='b'",
                "/audience/upload",
            ),
            ("name = 'a'\naudience = { file = 'x' }".to_owned(), "subject='a'\ntext='b'", "/audience/file"),
            (format!("name = 'a'\n{audience}"), "subject='a'", "/content/html"),
            (format!("name = 'a'\n{audience}"), "text='a'", "/content/subject"),
            (format!("name = 'a'\n{audience}"), "subject='a'\nhtml_file='missing'", "/content/html_file"),
            (
                format!("name = 'a'\n{audience}"),
                "subject='a'\ntext='b'\nlanguage='no such'",
                "/content/language",
            ),
            (
                format!("name = 'a'\n{audience}\nconfirmation = {{ channel = 'http://x.example' }}"),
                "subject='a'\ntext='b'",
                "/confirmation/channel",
            ),
            (
                format!("name = 'a'\n{audience}\nconfirmation = {{ 'a/b.c' = 'https://x.example' }}"),
                "subject='a'\ntext='b'",
                "/confirmation/a~1b.c",
            ),
            (format!("name = 'a'\n{audience}\nnonsense = 1"), "subject='a'\ntext='b'", "/nonsense"),
        ] {
            assert_eq!(parse(&head, content).unwrap_err().pointer, pointer, "{head} {content}");
        }
    }
}
