//! A campaign: who gets what, from a TOML file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use consent::Level;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use wire::smtp::TransportConfig;

use crate::configuration::{ChannelConfiguration, Medium, RawConfiguration, is_email};
use crate::error::InputError;
use crate::links::check_public_page;
use crate::listed::Listed;
use crate::sms::SmsTransportConfig;

/// Largest campaign file or template in bytes.
const FILE_BYTES_MAX: u64 = 4 << 20;

/// Who is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audience {
    /// Every profile.
    All,
    /// The profiles with any value for this list; the message is bound to it.
    List(String),
    /// The addresses in a CSV file.
    File(PathBuf),
}

/// Subject and bodies, as MiniJinja templates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Subject, not escaped.
    pub subject: String,
    /// HTML body, escaped.
    pub html: Option<String>,
    /// Text body; made from the HTML if absent.
    pub text: Option<String>,
}

/// A campaign, read and checked. What only rendering shows, [`crate::publish`] finds.
#[derive(Debug, Clone)]
pub struct Campaign {
    /// The file that it came from.
    pub file: PathBuf,
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
    fingerprint: String,
}

/// Whether it can be a BCP 47 tag.
fn is_language_tag(tag: &str) -> bool {
    (1..=35).contains(&tag.len()) && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
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
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(clippy::struct_field_names, reason = "the names are the keys in the file")]
struct File<C> {
    name: String,
    audience: FileAudience,
    list: Option<String>,
    configuration: Option<C>,
    configuration_file: Option<PathBuf>,
    content: FileContent,
    #[serde(default)]
    confirmation: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileAudience {
    all: Option<bool>,
    list: Option<String>,
    file: Option<PathBuf>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileContent {
    subject: Option<String>,
    html: Option<String>,
    html_file: Option<PathBuf>,
    text: Option<String>,
    text_file: Option<PathBuf>,
    language: Option<String>,
    fallback: Option<Box<FileContent>>,
}

impl<C> File<C> {
    /// Without the configuration, which was read for its errors.
    fn bare(self) -> File<()> {
        let Self { name, audience, list, configuration, configuration_file, content, confirmation } = self;
        let configuration = configuration.map(|_| ());
        File { name, audience, list, configuration, configuration_file, content, confirmation }
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

    /// Reads a campaign and everything that it names. Relative files are beside it.
    pub fn load(file: &Path) -> Result<Self, InputError> {
        let text = read(file, file, "")?;
        Self::parse(&text, file)
    }

    /// Reads a campaign from text; `file` is what errors name and what relative files are beside.
    pub fn parse(text: &str, file: &Path) -> Result<Self, InputError> {
        let unreadable = |error: toml::de::Error| InputError::toml(file, text, &error);
        let value: serde_json::Value = toml::from_str(text).map_err(unreadable)?;
        let configured = is_email(&value["configuration"]);
        // Read as what it is, so that an error names its line.
        let raw = if configured {
            toml::from_str::<File<RawConfiguration<TransportConfig>>>(text).map_err(unreadable)?.bare()
        } else {
            toml::from_str::<File<RawConfiguration<SmsTransportConfig>>>(text).map_err(unreadable)?.bare()
        };
        let wrong = |key: &str, problem: &str| InputError::new(file, key, problem);
        if raw.name.is_empty() || raw.name.len() > 200 || raw.name.chars().any(char::is_control) {
            return Err(wrong("name", "use 1 to 200 characters on one line"));
        }
        let directory = file.parent().unwrap_or(Path::new(""));
        let audience = audience(&raw.audience, directory).ok_or_else(|| {
            wrong("audience", "name exactly one of all = true, list = \"...\", file = \"...\"")
        })?;
        let list = match (&audience, raw.list.clone()) {
            (Audience::List(one), Some(other)) if *one != other => {
                return Err(wrong("list", "the audience is another list; leave one of the two out"));
            }
            (Audience::List(list), _) => Some(list.clone()),
            (_, list) => list,
        };
        let configuration = configuration(&raw, value, file)?;
        if configuration.level == Level::Subscription && list.is_none() {
            let problem =
                "`subscription` needs a list; bind the campaign with list = \"...\" or use `channel`";
            return Err(wrong("configuration.level", problem));
        }
        for (level, url) in &raw.confirmation {
            let key = format!("confirmation.{level}");
            level
                .parse::<Level>()
                .map_err(|_| wrong(&key, "the levels are any, channel, identity, subscription"))?;
            check_public_page(url).map_err(|problem| wrong(&key, &problem))?;
        }
        if raw.content.language.as_deref().is_some_and(|tag| !is_language_tag(tag)) {
            return Err(wrong("content.language", "use a BCP 47 tag, e.g. de-AT"));
        }
        let read = match configuration.medium {
            Medium::Email(_) => content,
            Medium::Sms(_) => text_content,
        };
        let fallback = raw.content.fallback.as_deref();
        let fallback = fallback.map(|raw| read(raw, file, "content.fallback")).transpose()?;
        let content = read(&raw.content, file, "content")?;
        let mut campaign = Self {
            file: file.to_owned(),
            name: raw.name,
            audience,
            list,
            configuration,
            content,
            fallback,
            language: raw.content.language,
            confirmation: raw.confirmation,
            fingerprint: String::new(),
        };
        campaign.fingerprint = campaign.make_fingerprint()?;
        Ok(campaign)
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
        }
    }

    fn make_fingerprint(&self) -> Result<String, InputError> {
        let content = |content: &Content| serde_json::json!([content.subject, content.html, content.text]);
        let audience = match &self.audience {
            Audience::All => serde_json::json!("all"),
            Audience::List(list) => serde_json::json!({ "list": list }),
            Audience::File(path) => serde_json::json!({ "file": file_hash(path, &self.file)? }),
        };
        let all = serde_json::json!({
            "name": self.name, "audience": audience, "list": self.list, "language": self.language,
            "configuration": self.configuration.content(), "content": content(&self.content),
            "fallback": self.fallback.as_ref().map(content),
            "confirmation": self.confirmation,
        });
        Ok(data_encoding::HEXLOWER.encode(&Sha256::digest(all.to_string())))
    }
}

fn audience(raw: &FileAudience, directory: &Path) -> Option<Audience> {
    match (raw.all, &raw.list, &raw.file) {
        (Some(true), None, None) => Some(Audience::All),
        (None, Some(list), None) => Some(Audience::List(list.clone())),
        (None, None, Some(file)) => Some(Audience::File(directory.join(file))),
        _ => None,
    }
}

fn configuration(
    raw: &File<()>,
    mut value: serde_json::Value,
    file: &Path,
) -> Result<ChannelConfiguration, InputError> {
    match (&raw.configuration, &raw.configuration_file) {
        (None, Some(path)) => ChannelConfiguration::load(&file.parent().unwrap_or(Path::new("")).join(path)),
        (Some(()), None) => {
            ChannelConfiguration::from_value(value["configuration"].take(), file, "configuration.")
        }
        _ => Err(InputError::new(
            file,
            "configuration",
            "name exactly one of [configuration] and configuration_file",
        )),
    }
}

/// The content of text messages: text alone.
fn text_content(raw: &FileContent, file: &Path, key: &str) -> Result<Content, InputError> {
    let of_mail = [
        ("subject", raw.subject.is_some()),
        ("html", raw.html.is_some()),
        ("html_file", raw.html_file.is_some()),
    ];
    if let Some((name, _)) = of_mail.into_iter().find(|(_, given)| *given) {
        let problem = "is for email; a text has `text` or `text_file` alone";
        return Err(InputError::new(file, format!("{key}.{name}"), problem));
    }
    if raw.text.is_none() && raw.text_file.is_none() {
        return Err(InputError::new(file, format!("{key}.text"), "is missing; name text or text_file"));
    }
    let raw = FileContent { subject: Some(String::new()), ..raw.clone() };
    content(&raw, file, key)
}

fn content(raw: &FileContent, file: &Path, key: &str) -> Result<Content, InputError> {
    let wrong = |name: &str, problem: &str| InputError::new(file, format!("{key}.{name}"), problem);
    if key != "content" && (raw.language.is_some() || raw.fallback.is_some()) {
        return Err(wrong("", "language and fallback stand in [content] only"));
    }
    let part = |name: &str, text: &Option<String>, path: &Option<PathBuf>| match (text, path) {
        (Some(_), Some(_)) => Err(wrong(name, &format!("name only one of {name} and {name}_file"))),
        (Some(text), None) => Ok(Some(text.clone())),
        (None, Some(path)) => {
            read(&file.parent().unwrap_or(Path::new("")).join(path), file, &format!("{key}.{name}_file"))
                .map(Some)
        }
        (None, None) => Ok(None),
    };
    let (html, text) = (part("html", &raw.html, &raw.html_file)?, part("text", &raw.text, &raw.text_file)?);
    if html.is_none() && text.is_none() {
        return Err(wrong("html", "there is no body; name html, html_file, text or text_file"));
    }
    let subject = raw.subject.clone().ok_or_else(|| wrong("subject", "is missing"))?;
    Ok(Content { subject, html, text })
}

fn read(path: &Path, named_in: &Path, key: &str) -> Result<String, InputError> {
    let at = |error: std::io::Error| {
        let kind = error.kind();
        InputError::new(named_in, key, format!("{} can't be read: {kind}", path.display()))
    };
    if std::fs::metadata(path).map_err(at)?.len() > FILE_BYTES_MAX {
        return Err(InputError::new(named_in, key, format!("{} is larger than 4 MiB", path.display())));
    }
    let text = std::fs::read_to_string(path).map_err(at)?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

fn file_hash(path: &Path, named_in: &Path) -> Result<String, InputError> {
    let at = |error: std::io::Error| {
        InputError::new(
            named_in,
            "audience.file",
            format!("{} can't be read: {}", path.display(), error.kind()),
        )
    };
    let mut hasher = Sha256::new();
    let mut file = std::fs::File::open(path).map_err(at)?;
    std::io::copy(&mut file, &mut hasher).map_err(at)?;
    Ok(data_encoding::HEXLOWER.encode(&hasher.finalize()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIGURATION: &str = "[configuration]\nname = 'c'\nchannel = 'email'\ncategory = 'marketing'\n\
        from = 'Shop <n@shop.example>'\npublic_url = 'https://m.shop.example'\ntransport = { host = 'h', port = 25 }\n";

    fn parse(head: &str, content: &str) -> Result<Campaign, InputError> {
        Campaign::parse(&format!("{head}\n{CONFIGURATION}\n[content]\n{content}\n"), Path::new("/x/c.toml"))
    }

    #[test]
    fn reads_a_campaign() {
        let read =
            parse("name = 'spring'\naudience = { list = 'news' }", "subject = 'Hi'\nhtml = '<p>'").unwrap();
        assert_eq!((read.name.as_str(), read.list.as_deref()), ("spring", Some("news")));
        assert_eq!(read.fingerprint().len(), 64);
    }

    #[test]
    fn the_fingerprint_follows_what_is_sent_and_nothing_else() {
        let head = "name = 'spring'\naudience = { all = true }";
        let one = parse(head, "subject = 'Hi'\nhtml = '<p>'").unwrap();
        let other = parse(head, "subject = 'Ho'\nhtml = '<p>'").unwrap();
        assert_ne!(one.fingerprint(), other.fingerprint());
        let text = format!("{head}\n{CONFIGURATION}\n[content]\nsubject = 'Hi'\nhtml = '<p>'\n");
        let moved = Campaign::parse(&text.replace("port = 25", "port = 26"), Path::new("/x/c.toml")).unwrap();
        assert_eq!(one.fingerprint(), moved.fingerprint());
    }

    #[test]
    fn a_wrong_file_is_refused_with_the_place() {
        let audience = "audience = { all = true }";
        for (head, content, key) in [
            (format!("name = ''\n{audience}"), "subject='a'\ntext='b'", "name"),
            (
                "name = 'a'\naudience = { all = true, list = 'x' }".to_owned(),
                "subject='a'\ntext='b'",
                "audience",
            ),
            ("name = 'a'\naudience = { all = false }".to_owned(), "subject='a'\ntext='b'", "audience"),
            (format!("name = 'a'\n{audience}"), "subject='a'", "content.html"),
            (format!("name = 'a'\n{audience}"), "text='a'", "content.subject"),
            (format!("name = 'a'\n{audience}"), "subject='a'\nhtml='b'\nhtml_file='c'", "content.html"),
            (format!("name = 'a'\n{audience}"), "subject='a'\nhtml_file='missing'", "content.html_file"),
            (
                format!("name = 'a'\n{audience}"),
                "subject='a'\ntext='b'\nlanguage='no such'",
                "content.language",
            ),
            (
                format!("name = 'a'\n{audience}\nconfirmation = {{ channel = 'http://x.example' }}"),
                "subject='a'\ntext='b'",
                "confirmation.channel",
            ),
        ] {
            assert_eq!(parse(&head, content).unwrap_err().key, key, "{head} {content}");
        }
        let error =
            parse(&format!("name = 'a'\n{audience}\nnonsense = 1"), "subject='a'\ntext='b'").unwrap_err();
        assert_eq!(error.line, Some(3));
    }
}
