//! What a request tells of who sent it.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, header};
use consent::Evidence;

use crate::limits::Client;
use crate::render::cut;
use crate::state::WebState;

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

impl FromRequestParts<WebState> for Requester {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &WebState) -> Result<Self, Infallible> {
        let ip = client(&parts.headers, &parts.extensions, state.config().behind_proxy);
        let text = |name| parts.headers.get(name).and_then(|value| value.to_str().ok());
        Ok(Self {
            ip,
            user_agent: text(header::USER_AGENT).map(|agent| cut(agent, USER_AGENT_CHARS_MAX).into_owned()),
            accept_language: text(header::ACCEPT_LANGUAGE).map(str::to_owned),
            gpc: parts.headers.get("sec-gpc").is_some_and(|value| value == "1"),
        })
    }
}

/// The client's address: the connection's, or behind a proxy the one that the proxy names.
pub(crate) fn client(headers: &HeaderMap, extensions: &Extensions, behind_proxy: bool) -> Option<IpAddr> {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    behind_proxy.then(|| forwarded_for(headers)).flatten().or(peer)
}

/// The last entry: the one that the operator's own proxy wrote.
fn forwarded_for(headers: &HeaderMap) -> Option<IpAddr> {
    let last = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
    last.rsplit(',').next()?.trim().parse().ok()
}
