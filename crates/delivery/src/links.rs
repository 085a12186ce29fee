//! The links of a message: signed tokens under the public address, nothing stored for them.

use std::collections::BTreeMap;
use std::sync::Arc;

use consent::{
    AddressId, External, KeyRing, Level, ListId, Purpose, Reference, RunId, Sent, Token, TokenError,
    WorkspaceId,
};
use store::{LandingPageId, OptInKey, OptInRequest};
use wire::http::check_public_url;

/// Whom a link is for, and the message that it stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkFor {
    /// The address that the message goes to.
    pub address: AddressId,
    /// The address's consent generation.
    pub epoch: u32,
    /// The message, if it has an id; else links name the run.
    pub sent: Sent,
}

/// Makes the links of one run's messages.
#[derive(Clone, Debug)]
pub struct Links {
    /// Signs.
    pub ring: Arc<KeyRing>,
    /// Where the pages are, without a trailing slash.
    pub public_url: Arc<str>,
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The run; `None` in a check before there is one.
    pub run: Option<RunId>,
    /// The list that the messages are bound to.
    pub list: Option<ListId>,
    /// How far the header's link and `unsubscribe_url` reach.
    pub level: Level,
    /// Whether links to pages take their short form, as in texts.
    pub short: bool,
    /// The landing pages that templates can link to, by name.
    pub landing: Arc<BTreeMap<String, LandingPageId>>,
    /// The request that a message asks to confirm, to an address that nobody may have: what comes back names the request.
    pub opt_in: Option<OptInKey>,
}

impl Links {
    fn token(&self, purpose: Purpose, level: Level, to: LinkFor) -> Token {
        let sent = if to.sent == Sent::Unknown { self.run.map_or(to.sent, Sent::Run) } else { to.sent };
        Token {
            purpose,
            level,
            workspace: self.workspace,
            address: to.address,
            reference: Reference::Message(sent),
            list: self.list.unwrap_or(ListId(0)),
            epoch: to.epoch,
        }
    }

    fn url(&self, page: char, token: &Token) -> Result<String, TokenError> {
        if self.short {
            return Ok(format!("{}/s/{}", self.public_url, self.ring.sign_short(token)?));
        }
        Ok(format!("{}/{page}/{}", self.public_url, self.ring.sign(token)?.to_url()))
    }

    /// The link of `unsubscribe_url` and of the List-Unsubscribe header field.
    pub fn unsubscribe(&self, to: LinkFor) -> Result<String, TokenError> {
        self.one_click(self.level, to)
    }

    /// A link to the page that opts out at a level.
    pub fn one_click(&self, level: Level, to: LinkFor) -> Result<String, TokenError> {
        self.url('u', &self.token(Purpose::Unsubscribe, level, to))
    }

    /// The link to the page of choices.
    pub fn preferences(&self, to: LinkFor) -> Result<String, TokenError> {
        self.url('p', &self.token(Purpose::Preferences, self.level, to))
    }

    /// The link to a landing page. A short code has no room for the page's id.
    pub fn landing(&self, page: LandingPageId, to: LinkFor) -> Result<String, TokenError> {
        let token = self.token(Purpose::Landing, self.level, to);
        let reference = Reference::Page(page.0, token.sent());
        let token = self.ring.sign(&Token { reference, ..token })?;
        Ok(format!("{}/l/{}", self.public_url, token.to_url()))
    }

    /// The link to the page with the button that confirms a request; `epoch` is that of an address that it names.
    pub fn confirmation(&self, request: &OptInRequest, epoch: u32) -> Result<String, TokenError> {
        let (purpose, address, id, epoch) = match request.key {
            OptInKey::Typed { who, id, .. } => (Purpose::Join, AddressId(who), id, 0),
            OptInKey::Known(address, id) => (Purpose::Confirm, address, id.0, epoch),
        };
        let token = self.token(purpose, Level::Subscription, LinkFor { address, epoch, sent: Sent::Unknown });
        let reference = Reference::Request(id);
        let token = self.ring.sign(&Token { list: request.list, reference, ..token })?;
        Ok(format!("{}/c/{}", self.public_url, token.to_url()))
    }

    /// The local part of the mail address in List-Unsubscribe, 63 octets at most: RFC 5321 section 4.5.3.1.1 allows 64.
    pub fn mailto(&self, to: LinkFor) -> Result<String, TokenError> {
        let token = self.token(Purpose::Unsubscribe, self.level, to);
        Ok(format!("u.{}", self.ring.sign(&token)?.to_local_part()))
    }

    /// The signed parameters of a link to a page of the brand's own.
    pub fn external_page(&self, level: Level, to: LinkFor) -> Result<External, TokenError> {
        self.ring.sign_external(&self.token(Purpose::ExternalPage, level, to))
    }

    /// Those of the brand's own List-Unsubscribe.
    pub fn external_header(&self, to: LinkFor) -> Result<External, TokenError> {
        self.ring.sign_external(&self.token(Purpose::ExternalHeader, self.level, to))
    }

    /// The token of the envelope sender, spelled for a local part. It names the message, too.
    pub fn bounce(&self, to: LinkFor) -> Result<String, TokenError> {
        let token = match self.opt_in {
            Some(OptInKey::Typed { who, list, id }) => {
                let to = LinkFor { address: AddressId(who), epoch: 0, sent: Sent::Unknown };
                let token = self.token(Purpose::JoinBounce, Level::Identity, to);
                Token { list, reference: Reference::Request(id), ..token }
            }
            _ => self.token(Purpose::Bounce, Level::Identity, to),
        };
        Ok(self.ring.sign(&token)?.to_local_part())
    }
}

/// The levels of our links, then those of links to the brand's own pages.
const LEVELS: [Level; 8] = [
    Level::Any,
    Level::Channel,
    Level::Identity,
    Level::Subscription,
    Level::Any,
    Level::Channel,
    Level::Identity,
    Level::Subscription,
];

/// Looks for one person's own ways out in rendered texts. Links are signed when they are looked for, the likeliest first.
pub(crate) struct WaysOut<'l> {
    links: &'l Links,
    to: LinkFor,
    signed: Vec<String>,
}

impl<'l> WaysOut<'l> {
    pub(crate) fn new(links: &'l Links, to: LinkFor) -> Self {
        Self { links, to, signed: Vec::new() }
    }

    /// Whether a way out stands in `text`. What the publish check knows of HTML isn't asked again here.
    pub(crate) fn stands_in(&mut self, text: &str) -> bool {
        let mut at = 0;
        loop {
            let Some(url) = self.nth(at) else { return false };
            if holds(text, url) {
                return true;
            }
            at += 1;
        }
    }

    fn nth(&mut self, at: usize) -> Option<&str> {
        let Self { links, to, .. } = *self;
        while self.signed.len() <= at {
            let signed = match self.signed.len() {
                0 => links.unsubscribe(to),
                1 => links.preferences(to),
                // Without a list there is nothing to be subscribed to.
                n => match (*LEVELS.get(n - 2)?, n < 2 + Level::ALL.len()) {
                    (Level::Subscription, _) if links.list.is_none() => links.preferences(to),
                    (level, true) => links.one_click(level, to),
                    // To which page is what the publish check knows.
                    (level, false) => {
                        links.external_page(level, to).map(|signed| format!("params={}", signed.params))
                    }
                },
            };
            // Without a signature there is no link (I9).
            self.signed.push(signed.ok()?);
        }
        Some(&self.signed[at])
    }
}

/// Whether `text` holds `url` with nothing behind it that would belong to its token.
pub(crate) fn holds(text: &str, url: &str) -> bool {
    let ends = |at: usize| {
        let next = text.as_bytes().get(at + url.len());
        next.is_none_or(|byte| !byte.is_ascii_alphanumeric() && !b"-_".contains(byte))
    };
    memchr::memmem::find_iter(text.as_bytes(), url).any(ends)
}

/// What a template's calls of `one_click_url` say: the confirmation page by level, and what is wrong with them.
///
/// Read from the source, not from a rendering: a call in a branch that no sample takes counts too.
pub(crate) fn confirmations(source: &str, found: &mut BTreeMap<String, String>, problems: &mut Vec<String>) {
    for call in calls(source, "one_click_url", "confirmation") {
        match call {
            Ok((level, confirmation)) => {
                note(level.as_deref().unwrap_or("identity"), confirmation, found, problems);
            }
            Err(problem) => problems.push(format!("one_click_url: {problem}")),
        }
    }
}

fn note(level: &str, page: Option<String>, found: &mut BTreeMap<String, String>, problems: &mut Vec<String>) {
    if level.parse::<Level>().is_err() {
        problems.push("one_click_url: the levels are any, channel, identity, subscription".to_owned());
    }
    let Some(page) = page else { return };
    if let Err(problem) = check_public_page(&page) {
        problems.push(format!("one_click_url: the confirmation page {problem}"));
    }
    match found.get(level) {
        Some(other) if *other != page => {
            problems.push(format!(
                "one_click_url: two different confirmation pages for the level {level}; a level has one"
            ));
        }
        _ => {
            found.insert(level.to_owned(), page);
        }
    }
}

/// What one call says: its level and the page that it names.
type Call = (Option<String>, Option<String>);

/// All calls of a function whose arguments are `level` and the one named `page`.
pub(crate) fn calls(source: &str, name: &str, page: &str) -> Vec<Result<Call, String>> {
    let ends = source.match_indices(name).map(|(at, _)| source[at + name.len()..].trim_start());
    ends.filter_map(|rest| rest.strip_prefix('(')).map(|arguments| call(arguments, page)).collect()
}

/// One call, from after its opening parenthesis.
fn call(text: &str, page: &str) -> Result<Call, String> {
    const PLAIN: &str = "the arguments must be plain texts";
    let (mut level, mut named) = (None, None);
    let mut rest = text.trim_start();
    while !rest.starts_with(')') {
        let (name, value) = rest
            .split_once('=')
            .ok_or_else(|| format!("write the arguments as level=\"...\" and {page}=\"...\""))?;
        let value = value.trim_start();
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\'')).ok_or(PLAIN)?;
        let (value, tail) = value[1..].split_once(quote).ok_or("a text has no end")?;
        match name.trim() {
            "level" => level = Some(value.to_owned()),
            name if name == page => named = Some(value.to_owned()),
            _ => return Err(format!("the arguments are level and {page}")),
        }
        rest = tail.trim_start();
        rest = match rest.strip_prefix(',') {
            Some(more) => more.trim_start(),
            None if rest.starts_with(')') => rest,
            None => return Err(PLAIN.to_owned()),
        };
    }
    Ok((level, named))
}

/// A page of the brand's, or of ours: https, or http on loopback; query and fragment allowed.
pub(crate) fn check_public_page(url: &str) -> Result<(), String> {
    let base = url.split(['?', '#']).next().unwrap_or_default();
    let rest = &url[base.len()..];
    if !rest.is_ascii()
        || rest.bytes().any(|b| b.is_ascii_control() || b" \"'<>\\".contains(&b))
        || url.len() > 2000
    {
        return Err("holds a character that can't stand in an address".to_owned());
    }
    check_public_url(base).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(source: &str) -> (BTreeMap<String, String>, Vec<String>) {
        let (mut found, mut problems) = (BTreeMap::new(), Vec::new());
        confirmations(source, &mut found, &mut problems);
        (found, problems)
    }

    #[test]
    fn finds_confirmation_pages_in_every_branch() {
        let (found, problems) = scan(
            "{% if false %}{{ one_click_url(level='channel', confirmation=\"https://a.example/x\") }}{% endif %}\
             {{ one_click_url() }} the word one_click_url alone",
        );
        assert_eq!(problems, [""; 0]);
        assert_eq!(found.into_iter().collect::<Vec<_>>(), [("channel".into(), "https://a.example/x".into())]);
    }

    #[test]
    fn refuses_what_it_cannot_know() {
        for bad in [
            "{{ one_click_url(level=profile.level) }}",
            "{{ one_click_url(confirmation='http://a.example') }}",
            "{{ one_click_url(confirmation='javascript:alert(1)') }}",
            "{{ one_click_url(level='all') }}",
            "{{ one_click_url('channel') }}",
            "{{ one_click_url(confirmation='https://a' ~ x) }}",
            "{{ one_click_url(confirmation='https://a.example') }}{{ one_click_url(confirmation='https://b.example') }}",
            "{{ one_click_url(level='x",
        ] {
            assert!(!scan(bad).1.is_empty(), "{bad}");
        }
    }
}
