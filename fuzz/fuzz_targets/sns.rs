//! Envelopes of SNS, certificates, addresses, and the events of SES inside.
#![no_main]

use std::sync::LazyLock;

use consent::{Timestamp, WorkspaceId};
use intake::webhook::sns::{Certificate, Envelope};
use intake::webhook::{EVENTS_MAX, Endpoint, Provider, Setup, ses, topic};
use libfuzzer_sys::fuzz_target;

const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:bounces";

static ENDPOINT: LazyLock<Endpoint> = LazyLock::new(|| {
    let topics = vec![TOPIC.to_owned()];
    let setup = Setup { name: "ses".to_owned(), topics, ..Setup::default() };
    Endpoint::new(Provider::Ses, WorkspaceId::MAIN, setup).expect("the setup is complete")
});

fuzz_target!(|data: &[u8]| {
    let certificate = Certificate::read(data).ok();
    if let Ok(envelope) = Envelope::parse(data)
        && let Some(certificate) = certificate
    {
        let _ = envelope.verify(&certificate, Timestamp(1_764_000_000_000_000));
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    if topic::is_certificate_url(text, TOPIC) || topic::is_confirmation_url(text, TOPIC) {
        assert!(text.starts_with("https://sns.eu-west-1.amazonaws.com/"));
    }
    if let Ok(events) = ses::events(&ENDPOINT, text) {
        assert!(events.reports.len() <= EVENTS_MAX);
    }
});
