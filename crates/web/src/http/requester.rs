//! What a request tells of who sent it.

use std::convert::Infallible;
use std::net::IpAddr;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::header;
use axum::http::request::Parts;
use consent::Evidence;

use crate::http::common::Common;
use crate::http::limits::Client;
use crate::http::text::cut;

/// Longest user agent that is kept, in characters.
const USER_AGENT_CHARS_MAX: usize = 256;

/// Who sent a request, as evidence. Signals only: what a request may do never depends on them.
pub(crate) struct Requester {
    ip: Option<IpAddr>,
    user_agent: Option<String>,
    /// The Accept-Language header.
    pub accept_language: Option<String>,
    /// The Global Privacy Control signal, `Sec-GPC: 1` (W3C Global Privacy Control §3.1).
    pub gpc: bool,
}

impl Requester {
    /// The evidence for what the person sent or agreed to.
    pub fn evidence(&self, raw: impl Into<String>) -> Evidence {
        Evidence {
            ip: self.ip.map(|ip| ip.to_string()),
            user_agent: self.user_agent.clone(),
            raw: Some(raw.into()),
            ..Evidence::default()
        }
    }

    /// The client and its networks, if its address is known.
    pub fn client(&self) -> Option<Client> {
        self.ip.map(Client::of)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Requester
where
    Common: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let ip = Common::from_ref(state).client_of(parts);
        let text = |name| parts.headers.get(name).and_then(|value| value.to_str().ok());
        Ok(Self {
            ip,
            user_agent: text(header::USER_AGENT).map(|agent| cut(agent, USER_AGENT_CHARS_MAX).into_owned()),
            accept_language: text(header::ACCEPT_LANGUAGE).map(str::to_owned),
            gpc: parts.headers.get("sec-gpc").is_some_and(|value| value == "1"),
        })
    }
}
