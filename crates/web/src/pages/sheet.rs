//! Pages without a message: the brand, the language and the words that sentences are filled with.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use axum::response::Response;
use consent::{Address, Namespace, Timestamp, WorkspaceId};
use intake::unsubscribe::LinkError;
use minijinja::{Value, context};
use store::{List, StoreError};

use crate::http::requester::Requester;
use crate::pages::language::Locale;
use crate::pages::problem::Problem;
use crate::pages::state::PagesState;

/// The words that sentences are filled with.
pub(crate) type Words = BTreeMap<&'static str, String>;

/// What such a page is written with.
pub(crate) struct Sheet<'a> {
    pub locale: &'a Locale,
    brand: Option<String>,
}

impl<'a> Sheet<'a> {
    /// In the wanted language, else the other, else the browser's. Reads only (I4).
    pub async fn load(
        state: &'a PagesState,
        requester: &Requester,
        workspace: WorkspaceId,
        wanted: [Option<&str>; 2],
    ) -> Result<Self, StoreError> {
        let locale = state.renderer().locales().choose(wanted, requester.accept_language.as_deref());
        let brand = state.store().settings(workspace).await?.brand;
        Ok(Self { locale, brand })
    }

    /// The words of every page.
    pub fn words(&self, channel: &str) -> Words {
        words(self.locale, self.brand.as_deref(), channel)
    }

    /// The same, about a list and an address.
    pub fn words_for(&self, list: Option<&List>, channel: &str, address: Option<&Address>) -> Words {
        let mut words = self.words(channel);
        if let Some(list) = list {
            words.insert("list", list.title(self.locale.tag).to_owned());
        }
        if let Some(address) = address {
            words.insert("address", address.masked());
        }
        words
    }

    /// A text filled with those words.
    pub fn text(&self, key: &str, words: &Words) -> String {
        text(self.locale, key, words, &[])
    }

    /// A day in the reader's language, UTC.
    pub fn date(&self, at: Timestamp) -> String {
        self.locale.date(at, None).unwrap_or_default()
    }

    /// What every template is given, with its own part.
    pub fn context(&self, words: &Words, own: Value) -> Value {
        let common = context! { lang => self.locale.tag, dir => self.locale.direction(), args => words };
        context! { ..own, ..common }
    }

    /// A page that says why nothing was done, by the name of its texts.
    pub fn refusal(&self, state: &PagesState, status: StatusCode, problem: &'static str) -> Response {
        let words = self.words("email");
        state.renderer().page(
            status,
            "problem.html",
            &self.context(&words, context! { problem, ask => false }),
            None,
        )
    }
}

/// The words of every page and letter.
pub(crate) fn words(locale: &Locale, brand: Option<&str>, channel: &str) -> Words {
    let brand = brand.filter(|brand| !brand.trim().is_empty());
    let sender = || text(locale, "sender-unknown", &Words::new(), &[]);
    BTreeMap::from([
        ("brand_known", brand.map_or("", |_| "yes").to_owned()),
        ("brand", brand.map_or_else(sender, str::to_owned)),
        ("channel", channel.to_owned()),
        ("list", String::new()),
        ("address", String::new()),
    ])
}

/// A text filled with words and numbers.
pub(crate) fn text(locale: &Locale, key: &str, words: &Words, numbers: &[(&'static str, u64)]) -> String {
    let mut args: fluent_bundle::FluentArgs<'_> =
        words.iter().map(|(name, value)| (*name, value.as_str())).collect();
    for (name, number) in numbers {
        args.set(*name, *number);
    }
    locale.text(key, &args).unwrap_or_default()
}

/// What an address is reached by, as texts name it.
pub(crate) fn channel_of(namespace: &Namespace) -> &'static str {
    if *namespace == Namespace::Phone { "sms" } else { "email" }
}

/// The store couldn't.
pub(crate) fn failed(state: &PagesState, requester: &Requester, error: StoreError) -> Response {
    Problem::from(&LinkError::Store(error)).page(state, requester)
}
