//! What pages about a link have in common: its details, the language and the words that sentences are filled with.

use std::collections::BTreeMap;

use consent::{Level, Timestamp};
use intake::unsubscribe::{self, About, LinkError, Opened};
use minijinja::Value;

use crate::http::requester::Requester;
use crate::pages::language::Locale;
use crate::pages::state::PagesState;

/// A link with all that a page says about it.
pub(crate) struct Screen<'a> {
    pub locale: &'a Locale,
    pub opened: &'a Opened,
    pub about: About,
    brand: Option<String>,
}

impl<'a> Screen<'a> {
    /// Gathers it. Reads only (I4).
    pub async fn load(
        state: &'a PagesState,
        requester: &Requester,
        opened: &'a Opened,
    ) -> Result<Self, LinkError> {
        let store = state.store();
        let about = unsubscribe::look(store, opened).await?;
        // What the person chose here comes before what the brand wrote in.
        let chosen = about.profile.preferences.language.as_deref();
        let wanted = [chosen, about.spec.language.as_deref(), opened.owner.locale.as_deref()];
        let locale = state.renderer().locales().choose(wanted, requester.accept_language.as_deref());
        let brand = match about.spec.brand.clone() {
            Some(brand) => Some(brand),
            None => store.settings(opened.token.workspace).await?.brand,
        };
        Ok(Self { locale, opened, about, brand })
    }

    /// The words that sentences are filled with; `level` is the one that they speak of, since `since`.
    pub fn words(&self, level: Level, since: Option<Timestamp>) -> BTreeMap<&'static str, String> {
        let owner = &self.opened.owner;
        let brand = self.brand.clone().filter(|brand| !brand.trim().is_empty());
        let known = if brand.is_some() { "yes" } else { "" };
        let sender =
            || self.locale.text("sender-unknown", &fluent_bundle::FluentArgs::new()).unwrap_or_default();
        let list =
            self.about.list.as_ref().map_or_else(String::new, |list| list.title(self.locale.tag).to_owned());
        // A list that is gone can't be named.
        let level = if level == Level::Subscription && list.is_empty() { Level::Channel } else { level };
        BTreeMap::from([
            ("brand_known", known.to_owned()),
            ("brand", brand.unwrap_or_else(sender)),
            ("address", consent::address::mask(&owner.namespace, &owner.raw)),
            ("level", if self.opened.channel().is_none() { Level::Any } else { level }.as_str().to_owned()),
            (
                "channel",
                self.opened.channel().map_or_else(String::new, |channel| channel.as_str().to_owned()),
            ),
            ("list", list),
            ("date", since.and_then(|at| self.date(at)).unwrap_or_default()),
        ])
    }

    /// A day in the reader's language and time zone.
    pub fn date(&self, at: Timestamp) -> Option<String> {
        self.locale.date(at, self.about.profile.time_zone.as_deref())
    }

    /// A text filled with those words and more.
    pub fn text(
        &self,
        key: &str,
        words: &BTreeMap<&'static str, String>,
        more: &[(&'static str, String)],
    ) -> String {
        let all = words
            .iter()
            .map(|(name, value)| (*name, value))
            .chain(more.iter().map(|(name, value)| (*name, value)));
        let args = all.map(|(name, value)| (name, value.as_str())).collect();
        self.locale.text(key, &args).unwrap_or_default()
    }

    /// A text about so many days, which languages count each in its own way.
    pub fn text_of_days(&self, key: &str, days: u16) -> String {
        let args = [("days", fluent_bundle::FluentValue::from(days))].into_iter().collect();
        self.locale.text(key, &args).unwrap_or_default()
    }

    /// What every template is given, with its own part.
    pub fn context(&self, words: &BTreeMap<&'static str, String>, own: Value) -> Value {
        let common =
            minijinja::context! { lang => self.locale.tag, dir => self.locale.direction(), args => words };
        minijinja::context! { ..own, ..common }
    }
}
