//! Bodies of the services that show a secret: the first byte chooses whose it is.
#![no_main]

use std::future::Future as _;
use std::pin::pin;
use std::sync::LazyLock;
use std::task::{Context, Poll, Waker};

use consent::{Timestamp, WorkspaceId};
use intake::webhook::{Endpoint, Outside, Provider, Reception, Request, Setup};
use libfuzzer_sys::fuzz_target;

const SECRET: &str = "correct-horse-battery";
const PROVIDERS: [Provider; 4] =
    [Provider::Postmark, Provider::SparkPost, Provider::Azure, Provider::Mailgun];

static ENDPOINTS: LazyLock<Vec<Endpoint>> = LazyLock::new(|| {
    let endpoint = |provider| {
        let setup = Setup { name: "hook".to_owned(), secrets: vec![SECRET.to_owned()], ..Setup::default() };
        Endpoint::new(provider, WorkspaceId::MAIN, setup).expect("the setup is complete")
    };
    PROVIDERS.map(endpoint).into()
});

struct Nowhere;

#[async_trait::async_trait]
impl Outside for Nowhere {
    async fn get(&self, _: &str) -> Result<Vec<u8>, String> {
        Err("no network".to_owned())
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((choice, body)) = data.split_first() else { return };
    let endpoint = &ENDPOINTS[usize::from(*choice) % ENDPOINTS.len()];
    let headers = [("content-type", "application/json"), ("x-webhook-secret", SECRET)];
    let request = Request { headers: &headers, query: "", body, now: Timestamp(1_764_000_000_000_000) };
    let receiving = pin!(endpoint.receive(&request, &Nowhere));
    // Nothing here waits for anything.
    let Poll::Ready(received) = receiving.poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("a body that is waited for");
    };
    if let Ok(Reception::Events(events)) = received {
        assert!(events.reports.len() <= intake::webhook::EVENTS_MAX);
    }
});
