//! `/lists/NAME` and `/subscribe/NAME`: joining a list by a form, ours or one on the brand's own site.
//!
//! Anybody may type any address, from any site. So a post does nothing but queue a notice: whether the address is known,
//! and what it has said before, is looked at when that is sent.

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use consent::decide::ListState;
use consent::{Address, Evidence};
use minijinja::context;
use store::{List, NoticeKind, StoreError};

use crate::http::form::Form;
use crate::http::requester::Requester;
use crate::http::text::cut;
use crate::pages::desk;
use crate::pages::language::Locale;
use crate::pages::problem::Problem;
use crate::pages::sheet::{Sheet, Words, channel_of, failed, text, words};
use crate::pages::state::PagesState;
use crate::pages::statement::statement;

/// Longest address that is shown again, in characters.
const TYPED_CHARS_MAX: usize = 254;

/// `GET`: the form. Changes nothing (I4).
pub(crate) async fn show(
    State(state): State<PagesState>,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
    requester: Requester,
) -> Response {
    let query = Form::of_query(query.as_deref());
    let shown = async {
        let visit = match Visit::load(&state, &requester, &name, &query).await? {
            Ok(visit) => visit,
            Err(refused) => return Ok(refused),
        };
        Ok(visit.form("", None))
    };
    shown.await.unwrap_or_else(|error| failed(&state, &requester, error))
}

/// `POST`: queues what confirms it.
pub(crate) async fn post(
    State(state): State<PagesState>,
    Path(name): Path<String>,
    requester: Requester,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Some(fields) = Form::read(&headers, &body) else { return desk::unreadable(&state, &requester) };
    let answered = async {
        match Visit::load(&state, &requester, &name, &fields).await? {
            Ok(visit) => visit.take(&requester, &fields).await,
            Err(refused) => Ok(refused),
        }
    };
    answered.await.unwrap_or_else(|error| failed(&state, &requester, error))
}

/// Why a form is shown again.
#[derive(Clone, Copy)]
enum Wrong {
    Address,
    Terms,
}

/// Somebody at a list that is open to everybody.
struct Visit<'a> {
    state: &'a PagesState,
    sheet: Sheet<'a>,
    list: List,
    channel: &'static str,
}

impl<'a> Visit<'a> {
    /// The page to answer with, if there is no form for the list.
    async fn load(
        state: &'a PagesState,
        requester: &Requester,
        name: &str,
        fields: &Form,
    ) -> Result<Result<Self, Response>, StoreError> {
        let desk = state.desk();
        let wanted = [fields.get("lang"), None];
        let sheet = Sheet::load(state, requester, desk.workspace, wanted).await?;
        let channel = match fields.get("by") {
            Some("sms") => "sms",
            None if !desk.email && desk.texts => "sms",
            _ => "email",
        };
        if !(if channel == "sms" { desk.texts } else { desk.email }) {
            return Ok(Err(desk::no_sender(state, &sheet)));
        }
        let list = state.store().list_by_name(desk.workspace, name).await?;
        // One that isn't public isn't told from one that isn't there.
        let Some(list) = list.filter(|list| list.details.public) else {
            return Ok(Err(Problem::Missing.page(state, requester)));
        };
        let visit = Self { state, sheet, list, channel };
        match visit.list.state(state.clock().now()) {
            ListState::Live => Ok(Ok(visit)),
            _ => Ok(Err(visit.not_open())),
        }
    }

    async fn take(&self, requester: &Requester, fields: &Form) -> Result<Response, StoreError> {
        let typed = fields.get("address").unwrap_or_default();
        let address = if self.channel == "sms" { Address::phone(typed, None) } else { Address::email(typed) };
        let Ok(address) = address else { return Ok(self.form(typed, Some(Wrong::Address))) };
        if !fields.is("agree", "yes") {
            return Ok(self.form(typed, Some(Wrong::Terms)));
        }
        if !self.state.desk().sends_to(&address) {
            return Ok(desk::out_of_reach(self.state, &self.sheet));
        }
        if let Some(refused) = desk::refused(self.state, requester, &self.sheet) {
            return Ok(refused);
        }
        let language = self.sheet.locale.tag;
        let asked = self.agreed(requester, fields);
        desk::ask(self.state, NoticeKind::Confirm, &address, Some(self.list.id), language, asked).await?;
        Ok(self.taken(&address, typed, fields.is("again", "1")))
    }

    /// What the person agreed to, in the words that the form has.
    fn agreed(&self, requester: &Requester, fields: &Form) -> Evidence {
        let said = agreement(self.sheet.locale, &self.list, &self.words(None));
        let page = if fields.is("via", "page") { "subscribe" } else { "subscribe-form" };
        statement(self.state, requester, page, self.sheet.locale.tag, &said)
    }

    fn words(&self, address: Option<&Address>) -> Words {
        self.sheet.words_for(Some(&self.list), self.channel, address)
    }

    /// The form; with what was typed if that can't be taken.
    fn form(&self, typed: &str, wrong: Option<Wrong>) -> Response {
        let status = if wrong.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
        let wrong = match wrong {
            Some(Wrong::Address) => "address",
            Some(Wrong::Terms) => "terms",
            None => "",
        };
        let own = context! { typed => cut(typed, TYPED_CHARS_MAX), wrong };
        self.page(status, "form", &self.words(None), own)
    }

    fn taken(&self, address: &Address, typed: &str, again: bool) -> Response {
        let view = if self.list.details.double_opt_in { "check" } else { "taken" };
        let own = context! { typed => cut(typed, TYPED_CHARS_MAX), again };
        self.page(StatusCode::OK, view, &self.words(Some(address)), own)
    }

    fn not_open(&self) -> Response {
        let now = self.state.clock().now();
        let starts = self.list.starts_at.filter(|at| now < *at).map(|at| self.sheet.date(at));
        let mut words = self.words(None);
        words.insert("date", starts.clone().unwrap_or_default());
        let own = context! { starts => starts.is_some() };
        self.page(StatusCode::CONFLICT, "not-open", &words, own)
    }

    fn page(&self, status: StatusCode, view: &str, words: &Words, own: minijinja::Value) -> Response {
        let description = self.list.description(self.sheet.locale.tag);
        let shared = context! { view, description, name => self.list.name, channel => self.channel };
        let context = self.sheet.context(words, context! { ..own, ..shared });
        self.state.renderer().page(status, "subscribe.html", &context, None)
    }
}

/// The words beside the box that is ticked, with what the list says of itself.
fn agreement(locale: &Locale, list: &List, words: &Words) -> String {
    let terms = text(locale, "subscribe-terms", words, &[]);
    match list.description(locale.tag) {
        Some(description) => format!("{}: {description}\n{terms}", list.title(locale.tag)),
        None => terms,
    }
}

/// A form for the brand's own site: HTML without a style or script, that posts to `public_url`.
#[derive(Clone, Copy, Debug)]
pub struct EmbeddedForm<'a> {
    /// The list.
    pub list: &'a List,
    /// The brand's name.
    pub brand: Option<&'a str>,
    /// Where the pages are reached.
    pub public_url: &'a str,
    /// The language, a BCP 47 tag.
    pub language: &'a str,
    /// Whether it asks for a phone number instead of an email address.
    pub texts: bool,
}

impl EmbeddedForm<'_> {
    /// The HTML; `None` for a language that there are no texts in.
    pub fn html(&self) -> Option<String> {
        let renderer = crate::pages::render::Renderer::new(consent::WorkspaceId::MAIN);
        let locale = renderer.locales().find(self.language)?;
        let channel =
            channel_of(&if self.texts { consent::Namespace::Phone } else { consent::Namespace::Email });
        let mut words = words(locale, self.brand, channel);
        words.insert("list", self.list.title(locale.tag).to_owned());
        let action = format!("{}/subscribe/{}", self.public_url.trim_end_matches('/'), self.list.name);
        let own = context! {
            lang => locale.tag, dir => locale.direction(), args => words, channel, action, name => self.list.name,
            description => self.list.description(locale.tag),
        };
        renderer.text("embed.html", &own)
    }
}
