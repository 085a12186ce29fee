//! `/c/TOKEN`: confirming that an address joins a list (double opt-in).

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use consent::decide::ListState;
use consent::{AddressId, Channel, Field, Purpose, Reference, Timestamp, Token, WorkspaceId};
use intake::unsubscribe::{self, LinkError, Opened};
use minijinja::context;
use serde_json::Value as Json;
use store::{
    AddressOwner, Confirmed, Held, List, OptInId, OptInKey, OptInRequest, ProfileView, Store, StoreError,
};

use crate::http::form::Form;
use crate::http::requester::Requester;
use crate::pages::depth::up;
use crate::pages::desk;
use crate::pages::problem::Problem;
use crate::pages::sheet::{Sheet, Words, text};
use crate::pages::state::PagesState;
use crate::pages::statement::confirmation;
use crate::pages::token_path::TokenPath;

/// `GET`: what the button does. Changes nothing (I4): a scanner that opens the link confirms nothing.
pub(crate) async fn show(
    State(state): State<PagesState>,
    TokenPath(token): TokenPath,
    requester: Requester,
) -> Response {
    let shown = async {
        let visit = Visit::load(&state, &requester, &token).await?;
        visit.page(visit.view())
    };
    shown.await.unwrap_or_else(|error| Problem::from(&error).page(&state, &requester))
}

/// `POST`: the button.
pub(crate) async fn post(
    State(state): State<PagesState>,
    TokenPath(token): TokenPath,
    requester: Requester,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let pressed = Form::read(&headers, &body)
        .is_some_and(|form| form.is("via", "page") && form.is("action", "confirm"));
    if !pressed {
        return desk::unreadable(&state, &requester);
    }
    let confirmed = async {
        let visit = Visit::load(&state, &requester, &token).await?;
        visit.confirm(&requester).await
    };
    confirmed.await.unwrap_or_else(|error| Problem::from(&error).page(&state, &requester))
}

/// What the page shows; the name begins that of its texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum View {
    Ask,
    Joined,
    Expired,
    Superseded,
    NotOpen,
}

impl View {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Ask => "confirm",
            Self::Joined => "joined",
            Self::Expired => "confirm-expired",
            Self::Superseded => "confirm-superseded",
            Self::NotOpen => "not-open",
        }
    }
}

/// A link that confirms, with all that the page says about it.
struct Visit<'a> {
    state: &'a PagesState,
    sheet: Sheet<'a>,
    token: Token,
    request: Option<OptInRequest>,
    /// Whose the address is; nobody's before the first confirmation of one that only somebody typed.
    person: Option<(AddressOwner, ProfileView)>,
    list: List,
}

impl<'a> Visit<'a> {
    async fn load(state: &'a PagesState, requester: &Requester, token: &str) -> Result<Self, LinkError> {
        let store = state.store();
        let token = store.key_ring().read_link(token)?;
        let key = match (token.purpose, token.request()) {
            (Purpose::Confirm, Some(id)) => OptInKey::Known(token.address, OptInId(id)),
            (Purpose::Join, Some(id)) => OptInKey::Typed { who: token.address.0, list: token.list, id },
            _ => return Err(LinkError::OtherPurpose),
        };
        let workspace = token.workspace;
        let request = store.opt_in_request(workspace, key).await?;
        let list = store.list_by_id(workspace, token.list).await?.ok_or(LinkError::Unknown)?;
        let person = match key {
            OptInKey::Known(address, _) => {
                Some(person(store, workspace, address).await?.ok_or(LinkError::Unknown)?)
            }
            OptInKey::Typed { .. } => typed(store, workspace, request.as_ref()).await?,
        };
        let asked_in = request.as_ref().and_then(|request| said(request, "language"));
        let own = person.as_ref().and_then(|(owner, _)| owner.locale.as_deref());
        let sheet = Sheet::load(state, requester, workspace, [asked_in.as_deref(), own]).await?;
        Ok(Self { state, sheet, token, request, person, list })
    }

    async fn confirm(mut self, requester: &Requester) -> Result<Response, LinkError> {
        if self.list.state(self.state.clock().now()) != ListState::Live {
            return self.page(View::NotOpen);
        }
        let Some(request) = &self.request else { return self.page(View::Expired) };
        let language = self.sheet.locale.tag;
        let words = self.words();
        let said =
            format!("{}\n{}", self.sheet.text("confirm-lead", &words), self.sheet.text("confirm", &words));
        let evidence = confirmation(self.state, requester, language, &said, request);
        let store = self.state.store();
        let (workspace, now) = (self.token.workspace, self.state.clock().now());
        let confirmed = store.confirm_opt_in(workspace, request.key, evidence, now).await?;
        if self.person.is_none() {
            // It is recorded: a read that fails now may not make the page say otherwise.
            self.person = typed(store, workspace, self.request.as_ref()).await.unwrap_or_default();
        }
        self.page(match confirmed {
            Confirmed::Now(_) | Confirmed::Already => View::Joined,
            Confirmed::Expired => View::Expired,
            Confirmed::Superseded => View::Superseded,
        })
    }

    /// What the store would answer to the button, as far as that can be told before.
    fn view(&self) -> View {
        let now = self.state.clock().now();
        let Some(request) = &self.request else { return View::Expired };
        let on_list = self.on_list();
        let refused = on_list.is_some_and(|held| is_no_since(held, request.requested_at))
            || self.limits().into_iter().any(|held| is_no_since(held, request.requested_at));
        if refused {
            View::Superseded
        } else if request.confirmed_at.is_some() && on_list.is_some_and(|held| held.choice.is_yes()) {
            View::Joined
        } else if request.confirmed_at.is_some() || now >= request.expires_at {
            View::Expired
        } else if self.list.state(now) != ListState::Live {
            View::NotOpen
        } else {
            View::Ask
        }
    }

    fn on_list(&self) -> Option<&Held> {
        let (_, profile) = self.person.as_ref()?;
        profile.subscriptions.iter().find(|(id, ..)| *id == self.list.id).map(|(.., held)| held)
    }

    /// The values that hold a list back: of all marketing and of the address's channel.
    fn limits(&self) -> Vec<&Held> {
        let Some((owner, profile)) = &self.person else { return Vec::new() };
        let channel = self.channel();
        // Marketing email is commercial email.
        let twin = (channel == Some(Channel::Email)).then_some(Field::CommercialEmail);
        let fields = [Some(Field::Any), channel.map(Channel::field), twin].into_iter().flatten();
        let address = profile.addresses.iter().find(|view| view.id == owner.address);
        fields
            .flat_map(|field| [profile.values.get(&field), address.and_then(|own| own.values.get(&field))])
            .flatten()
            .collect()
    }

    /// The channel of the address.
    fn channel(&self) -> Option<Channel> {
        let typed = self.request.as_ref().and_then(|request| request.address.as_ref());
        let own = self.person.as_ref().map(|(owner, _)| &owner.namespace);
        own.or(typed.map(consent::Address::namespace)).and_then(consent::Namespace::main_channel)
    }

    fn words(&self) -> Words {
        let channel = self.channel().map_or("email", Channel::as_str);
        let typed = self.request.as_ref().and_then(|request| request.address.as_ref());
        let mut words = self.sheet.words_for(Some(&self.list), channel, typed);
        if let Some((owner, _)) = &self.person {
            words.insert("address", consent::address::mask(&owner.namespace, &owner.raw));
        }
        let starts = self.list.starts_at.filter(|at| self.state.clock().now() < *at);
        let asked = self.request.as_ref().map(|request| request.requested_at);
        words.insert("date", starts.or(asked).map(|at| self.sheet.date(at)).unwrap_or_default());
        words
    }

    fn page(&self, view: View) -> Result<Response, LinkError> {
        let state = self.state;
        let words = self.words();
        let hours = self
            .request
            .as_ref()
            .map_or(state.desk().confirm_within, |request| request.expires_at.since(request.requested_at));
        let hours = hours.as_secs() / 3600;
        let choices = match &self.person {
            Some((owner, _)) => {
                let store = state.store();
                let (address, epoch) = (owner.address, owner.epoch);
                let token = Token {
                    purpose: Purpose::Confirm,
                    address,
                    reference: Reference::Request(0),
                    epoch,
                    ..self.token
                };
                let opened = Opened { token, owner: owner.clone() };
                Some(format!("{}p/{}", up(), unsubscribe::preferences_link(store, &opened)?))
            }
            None => None,
        };
        let own = context! {
            view => view.as_str(),
            starts => self.list.starts_at.is_some_and(|at| state.clock().now() < at),
            expired => text(self.sheet.locale, "confirm-expired-lead", &words, &[("hours", hours)]),
            agreed => self.request.as_ref().and_then(|request| said(request, "said")),
            blocked => self.limits().into_iter().any(|held| held.choice.is_no()),
            choices,
            again => self.list.details.public.then(|| format!("{}lists/{}", up(), self.list.name)),
        };
        let context = self.sheet.context(&words, own);
        Ok(state.renderer().page(StatusCode::OK, "confirm.html", &context, None))
    }
}

async fn person(
    store: &Store,
    workspace: WorkspaceId,
    address: AddressId,
) -> Result<Option<(AddressOwner, ProfileView)>, StoreError> {
    let Some(owner) = store.owner(workspace, address).await? else { return Ok(None) };
    Ok(store.profile(workspace, owner.profile).await?.map(|profile| (owner, profile)))
}

/// Who has the address that a request came with.
async fn typed(
    store: &Store,
    workspace: WorkspaceId,
    request: Option<&OptInRequest>,
) -> Result<Option<(AddressOwner, ProfileView)>, StoreError> {
    let Some(address) = request.and_then(|request| request.address.clone()) else { return Ok(None) };
    match store.resolve(workspace, vec![address]).await?.pop().flatten() {
        Some(owner) => person(store, workspace, owner.address).await,
        None => Ok(None),
    }
}

fn is_no_since(held: &Held, since: Timestamp) -> bool {
    held.choice.is_no() && held.at >= since
}

/// A part of what the page wrote down when the list was asked for; `None` where something else did.
fn said(request: &OptInRequest, part: &str) -> Option<String> {
    let statement: Json = serde_json::from_str(request.asked.raw.as_deref()?).ok()?;
    Some(statement.get(part)?.as_str()?.to_owned())
}
