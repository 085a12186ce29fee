//! The demo's texts: a provider with phones, and the receiver of what people reply.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use anyhow::Result;
use consent::Entropy as _;
use data_encoding::HEXLOWER;
use demo::brand::BRAND;
use demo::mailbox::{Phones, Provider, provider_router};
use intake::sms::{Desk, Endpoint, Provider as Kind, Setup};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use web::TextHooks;

use crate::commands::serve::public_pages;
use crate::context::{Context, WORKSPACE};
use crate::listen::{self, Peers};
use crate::system::OsEntropy;

/// The receiver's name: replies are told at `/sms/demo`.
const NAME: &str = "demo";
/// What asks for texts in the demo, beside START.
const JOIN: &str = "join";

/// What takes replies, and what brings texts to phones.
pub struct Texts {
    /// For the public routes.
    pub hooks: Arc<TextHooks>,
    /// The phones and their provider.
    pub provider: Provider,
}

impl Texts {
    /// Makes both, with a secret of their own.
    pub fn new(context: &Context, public_url: &str) -> Result<Self> {
        let mut secret = [0; 16];
        OsEntropy.fill(&mut secret);
        let token = HEXLOWER.encode(&secret);
        let webhook = format!("/sms/{NAME}");
        let setup = Setup {
            name: NAME.to_owned(),
            secrets: vec![token.clone()],
            url: format!("{public_url}{webhook}"),
            verify_token: None,
            fields: None,
        };
        let endpoint = Endpoint::new(Kind::Twilio, WORKSPACE, setup)?;
        let keywords = [(consent::sms::Kind::DoubleOptIn, JOIN.to_owned())];
        let desk = Desk {
            keywords: consent::sms::Keywords::with(&keywords)?,
            brand: Some(BRAND.to_owned()),
            at_once: true,
            ..Desk::new(endpoint.source(), WORKSPACE)
        };
        let hooks = Arc::new(TextHooks::new(vec![(endpoint, desk)]));
        let provider = Provider {
            phones: Phones::default(),
            token,
            webhook,
            public: public_pages(context, Some(Arc::clone(&hooks)))?,
            public_url: public_url.to_owned(),
            clock: Arc::clone(&context.clock),
        };
        Ok(Self { hooks, provider })
    }

    /// Serves the provider's interface; where.
    pub async fn serve(&self, stop: watch::Receiver<bool>) -> Result<(SocketAddr, JoinHandle<()>)> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let serving = listen::serve(listener, provider_router(self.provider.clone()), Peers::Clients, stop);
        Ok((address, tokio::spawn(async move { drop(serving.await) })))
    }
}
