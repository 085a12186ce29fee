//! Messages of Amazon SNS: the signed envelope that SES's events come in.

use std::sync::Mutex;
use std::time::Duration;

use consent::Timestamp;
use data_encoding::BASE64;
use ring::signature::{
    RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256, RsaParameters,
    UnparsedPublicKey,
};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::Semaphore;
use x509_cert::der::Decode as _;
use x509_cert::der::oid::ObjectIdentifier;

use super::endpoint::{SetupError, fresh};
use super::event::{Reader, Told, malformed};
use super::topic::{self, is_certificate_url, is_confirmation_url};
use super::{Outside, Reception, Refusal, Request, ses};

/// Seconds for which SNS tries to deliver to an HTTPS endpoint (an hour at most), and a quarter of an hour more.
const AGE_MAX: u64 = 75 * 60;
/// Certificates that are remembered. Amazon signs with one per region, and changes it now and then.
const CERTIFICATES_MAX: usize = 16;
/// Certificates that are fetched at once.
const FETCHES_MAX: usize = 2;
/// How long it is remembered what became of one, and of how many.
const ASKED_AGAIN_AFTER: Duration = Duration::from_mins(1);
const FETCHES_KEPT_MAX: usize = 16;
/// RFC 8017, appendix A.1.
const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// Whose messages are accepted, and what they must be signed with.
#[derive(Debug)]
pub struct Topics {
    arns: Vec<String>,
    /// Given by the operator; then no others count.
    given: Vec<Certificate>,
    fetched: Mutex<Vec<(String, Certificate)>>,
    fetches: Semaphore,
    /// Fetched lately, whether or not it has signed anything.
    lately: Mutex<Vec<Fetch>>,
}

/// A certificate that was asked for.
#[derive(Debug)]
struct Fetch {
    url: String,
    at: Timestamp,
    got: Result<Certificate, String>,
}

impl Topics {
    /// Topics by their ARNs, and certificates as PEM.
    pub fn new(arns: Vec<String>, certificates: &[Vec<u8>]) -> Result<Self, SetupError> {
        if arns.is_empty() {
            return Err(SetupError::NoTopics);
        }
        if let Some(other) = arns.iter().find(|arn| topic::host(arn).is_none()) {
            return Err(SetupError::Topic(other.clone()));
        }
        let given = certificates.iter().map(|pem| Certificate::read(pem).map_err(SetupError::Certificate));
        let given = given.collect::<Result<_, _>>()?;
        Ok(Self {
            arns,
            given,
            fetched: Mutex::default(),
            fetches: Semaphore::new(FETCHES_MAX),
            lately: Mutex::default(),
        })
    }

    async fn verify(
        &self,
        envelope: &Envelope,
        now: Timestamp,
        outside: &dyn Outside,
    ) -> Result<(), Refusal> {
        if !self.given.is_empty() {
            let fits = |certificate: &Certificate| envelope.verify(certificate, now).is_ok();
            return if self.given.iter().any(fits) { Ok(()) } else { Err(Refusal::Forged("signature")) };
        }
        let url = envelope.signing_cert_url.as_str();
        if !is_certificate_url(url, &envelope.topic_arn) {
            return Err(Refusal::Forged("certificate's address"));
        }
        if let Some(certificate) = self.remembered(url) {
            return envelope.verify(&certificate, now);
        }
        // Never closed, so this only waits.
        let _turn = self.fetches.acquire().await;
        let certificate = if let Some(certificate) = self.remembered(url) {
            certificate
        } else {
            self.fetch(url, now, outside).await.map_err(Refusal::Unavailable)?
        };
        envelope.verify(&certificate, now)?;
        // Only one that has signed something is worth a place.
        self.remember(url, certificate);
        Ok(())
    }

    /// Fetches a certificate, unless it was fetched a moment ago, in vain or for a message that it hasn't signed: whoever
    /// sends such messages doesn't make us ask for each.
    async fn fetch(&self, url: &str, now: Timestamp, outside: &dyn Outside) -> Result<Certificate, String> {
        let lately = || self.lately.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let is_recent = |fetch: &Fetch| fetch.at <= now && now < fetch.at.plus(ASKED_AGAIN_AFTER);
        let known =
            lately().iter().find(|fetch| fetch.url == url && is_recent(fetch)).map(|fetch| fetch.got.clone());
        if let Some(got) = known {
            return got;
        }
        let got = outside.get(url).await.and_then(|pem| Certificate::read(&pem));
        let mut lately = lately();
        lately.retain(|fetch| fetch.url != url && is_recent(fetch));
        if lately.len() >= FETCHES_KEPT_MAX {
            lately.remove(0);
        }
        lately.push(Fetch { url: url.to_owned(), at: now, got: got.clone() });
        got
    }

    fn remembered(&self, url: &str) -> Option<Certificate> {
        let fetched = self.fetched.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        fetched.iter().find(|(known, _)| known == url).map(|(_, certificate)| certificate.clone())
    }

    fn remember(&self, url: &str, certificate: Certificate) {
        let mut fetched = self.fetched.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if fetched.iter().any(|(known, _)| known == url) {
            return;
        }
        if fetched.len() >= CERTIFICATES_MAX {
            fetched.remove(0);
        }
        fetched.push((url.to_owned(), certificate));
    }
}

/// Verifies a message, then reads what it says.
pub(super) async fn receive(
    topics: &Topics,
    mut reader: Reader<'_>,
    request: &Request<'_>,
    outside: &dyn Outside,
) -> Result<Reception, Refusal> {
    let envelope = Envelope::parse(request.body)?;
    if !topics.arns.contains(&envelope.topic_arn) {
        return Err(Refusal::OtherTopic);
    }
    let at = Timestamp::parse(&envelope.timestamp).map_err(|_| Refusal::Stale)?;
    fresh(at, request.now, AGE_MAX)?;
    topics.verify(&envelope, request.now, outside).await?;
    match envelope.kind {
        Kind::SubscriptionConfirmation => {
            let url = envelope.subscribe_url.filter(|url| is_confirmation_url(url, &envelope.topic_arn));
            let url = url.ok_or_else(|| Refusal::Malformed("SubscribeURL isn't Amazon's".to_owned()))?;
            Ok(Reception::ConfirmSubscription { url })
        }
        Kind::Notification => {
            ses::read(&mut reader, &envelope.message, &envelope.message_id);
            Ok(Reception::Events(reader.finish()?))
        }
        Kind::UnsubscribeConfirmation => {
            let event = json!({ "Type": "UnsubscribeConfirmation", "TopicArn": envelope.topic_arn });
            reader.noted(&Told { at: Some(at), ..Told::new(&envelope.message_id, &event) });
            Ok(Reception::Events(reader.finish()?))
        }
    }
}

/// What a message is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
enum Kind {
    Notification,
    SubscriptionConfirmation,
    UnsubscribeConfirmation,
}

/// A message as SNS posts it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Envelope {
    // The first that is missing is the one that is named: without a signature nothing else counts.
    signature: String,
    signature_version: String,
    #[serde(rename = "SigningCertURL")]
    signing_cert_url: String,
    #[serde(rename = "Type")]
    kind: Kind,
    message_id: String,
    topic_arn: String,
    message: String,
    timestamp: String,
    subject: Option<String>,
    token: Option<String>,
    #[serde(rename = "SubscribeURL")]
    subscribe_url: Option<String>,
}

impl Envelope {
    /// Reads a body. A message without a signature isn't SNS's, or was delivered raw.
    pub fn parse(body: &[u8]) -> Result<Self, Refusal> {
        serde_json::from_slice(body).map_err(|error| {
            let unsigned = error.is_data() && error.to_string().contains("missing field `Sign");
            if unsigned { Refusal::Unsigned("signature") } else { malformed(&error) }
        })
    }

    /// What is signed: names and values, a line each, in the alphabetical order of the names.
    fn signed_text(&self) -> Result<String, Refusal> {
        let missing = || Refusal::Malformed("a confirmation without Token or SubscribeURL".to_owned());
        let type_name = match self.kind {
            Kind::Notification => "Notification",
            Kind::SubscriptionConfirmation => "SubscriptionConfirmation",
            Kind::UnsubscribeConfirmation => "UnsubscribeConfirmation",
        };
        let mut fields = vec![("Message", self.message.as_str()), ("MessageId", &self.message_id)];
        if self.kind == Kind::Notification {
            fields.extend(self.subject.as_deref().map(|subject| ("Subject", subject)));
            fields.push(("Timestamp", &self.timestamp));
        } else {
            fields.push(("SubscribeURL", self.subscribe_url.as_deref().ok_or_else(missing)?));
            fields.push(("Timestamp", &self.timestamp));
            fields.push(("Token", self.token.as_deref().ok_or_else(missing)?));
        }
        fields.extend([("TopicArn", self.topic_arn.as_str()), ("Type", type_name)]);
        let mut text = String::with_capacity(self.message.len() + 512);
        for (name, value) in fields {
            text.extend([name, "\n", value, "\n"]);
        }
        Ok(text)
    }

    /// Checks the signature with a certificate that is valid now.
    pub fn verify(&self, certificate: &Certificate, now: Timestamp) -> Result<(), Refusal> {
        let algorithm: &RsaParameters = match self.signature_version.as_str() {
            "1" => &RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
            "2" => &RSA_PKCS1_2048_8192_SHA256,
            _ => return Err(Refusal::Forged("signature's version")),
        };
        if now < certificate.not_before || now > certificate.not_after {
            return Err(Refusal::Forged("certificate's time"));
        }
        let signature = BASE64.decode(self.signature.as_bytes()).map_err(|_| Refusal::Forged("signature"))?;
        let key = UnparsedPublicKey::new(algorithm, &certificate.key);
        key.verify(self.signed_text()?.as_bytes(), &signature).map_err(|_| Refusal::Forged("signature"))
    }
}

/// What a certificate says that counts here. Where it comes from is what makes it Amazon's: its address, over TLS.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// An RSA key (RFC 8017, RSAPublicKey).
    key: Vec<u8>,
    not_before: Timestamp,
    not_after: Timestamp,
}

impl Certificate {
    /// Reads the first certificate of a PEM file; it must hold an RSA key.
    pub fn read(pem: &[u8]) -> Result<Self, String> {
        let der = CertificateDer::from_pem_slice(pem).map_err(|_| "it isn't a certificate in PEM")?;
        let certificate =
            x509_cert::Certificate::from_der(&der).map_err(|_| "the certificate can't be read")?;
        let body = certificate.tbs_certificate;
        let info = body.subject_public_key_info;
        if info.algorithm.oid != RSA_ENCRYPTION {
            return Err("the certificate's key isn't RSA".to_owned());
        }
        let key = info.subject_public_key.as_bytes().ok_or("the certificate's key can't be read")?.to_vec();
        let at = |time: x509_cert::time::Time| Timestamp(0).plus(time.to_unix_duration());
        Ok(Self { key, not_before: at(body.validity.not_before), not_after: at(body.validity.not_after) })
    }
}
