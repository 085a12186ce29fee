//! Twilio's webhooks: messages, and what became of ours. Answers go out as TwiML within the answer to the webhook.

use consent::{BounceReason, Channel};
use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};
use ring::hmac;
use sha2::{Digest, Sha256};

use super::event::{Events, Message, OptOutType, Receipt, State};
use super::form::{Form, JSON, parameter};
use super::number::channel;
use super::preference;
use crate::webhook::event::parse;
use crate::webhook::{Refusal, Request};

const SIGNATURE: &str = "x-twilio-signature";
/// The parameter that stands for a body of JSON under the signature.
const BODY_DIGEST: &str = "bodySHA256";

/// The auth tokens, and the public addresses that are signed.
pub(super) struct Keys {
    tokens: Vec<hmac::Key>,
    urls: Vec<String>,
}

impl Keys {
    /// `url` is the webhook's public address, as Twilio knows it.
    pub fn new(tokens: &[String], url: &str) -> Self {
        let key =
            |token: &String| hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, token.trim().as_bytes());
        let url = url.split(['?', '#']).next().unwrap_or_default();
        Self { tokens: tokens.iter().map(key).collect(), urls: with_and_without_port(url) }
    }

    /// Verifies the signature over the address, its query and the fields of a form.
    pub fn verify(&self, query: &str, fields: &[(String, String)], signature: &[u8]) -> bool {
        let query = if query.is_empty() { String::new() } else { format!("?{query}") };
        let mut signed = self.urls.iter().map(|url| signed(&format!("{url}{query}"), fields));
        signed.any(|text| {
            self.tokens.iter().any(|token| hmac::verify(token, text.as_bytes(), signature).is_ok())
        })
    }
}

/// What Twilio signs: the address with its query, then the names and values of the fields, sorted, each once.
fn signed(url: &str, fields: &[(String, String)]) -> String {
    let mut fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    fields.sort_unstable();
    fields.dedup();
    std::iter::once(url).chain(fields.into_iter().flat_map(|(name, value)| [name, value])).collect()
}

/// `X-Twilio-Signature` of a form posted to `url`: what a provider of the demo's signs with.
pub fn signature(token: &str, url: &str, fields: &[(String, String)]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, token.as_bytes());
    BASE64.encode(hmac::sign(&key, signed(url, fields).as_bytes()).as_ref())
}

/// Twilio sometimes signs the standard port of the scheme, and sometimes leaves it away.
fn with_and_without_port(url: &str) -> Vec<String> {
    let Some((scheme, rest)) = url.split_once("://") else { return vec![url.to_owned()] };
    let (host, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    let port = if scheme == "http" { 80 } else { 443 };
    let bare = match host.rsplit_once(':') {
        Some((name, digits)) if digits.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let other = if bare == host { format!("{host}:{port}") } else { bare.to_owned() };
    vec![url.to_owned(), format!("{scheme}://{other}{path}")]
}

/// Refuses what isn't signed.
pub(super) fn admit(request: &Request<'_>) -> Result<(), Refusal> {
    request.header(SIGNATURE).map(drop).ok_or(Refusal::Unsigned("signature"))
}

/// Verifies the signature, then reads the message or the receipt.
pub(super) fn receive(keys: &Keys, events: &mut Events, request: &Request<'_>) -> Result<(), Refusal> {
    let signature = request.header(SIGNATURE).ok_or(Refusal::Unsigned("signature"))?;
    let forged = || Refusal::Forged("signature");
    let signature = BASE64.decode(signature.as_bytes()).map_err(|_| forged())?;
    let json = request.content_type() == JSON;
    let form = if json { Form::default() } else { Form::parse(request.body)? };
    if !keys.verify(request.query, &form.0, &signature) {
        return Err(forged());
    }
    if !json {
        read(events, request, &form);
        return Ok(());
    }
    // The digest itself is under the signature, as a part of the address.
    let digest =
        HEXLOWER_PERMISSIVE.decode(parameter(request, BODY_DIGEST).as_bytes()).map_err(|_| forged())?;
    if digest != Sha256::digest(request.body).as_slice() {
        return Err(forged());
    }
    let value = parse(request.body)?;
    if !preference::find(events, &value) {
        read(events, request, &Form::of_json(&value));
    }
    Ok(())
}

fn read(events: &mut Events, request: &Request<'_>, form: &Form) {
    let first = |names: [&str; 3]| {
        let found = names.into_iter().map(|name| form.get(name)).find(|value| !value.is_empty());
        found.unwrap_or_default().to_owned()
    };
    let id = first(["MessageSid", "SmsMessageSid", "SmsSid"]);
    let (from, to) = (form.get("From"), form.get("To"));
    if form.has("MessageStatus") && !form.has("Body") {
        return receipt(events, request, form, &id);
    }
    if !form.has("Body") {
        return events.pass_over();
    }
    let pool = form.get("MessagingServiceSid");
    events.message(Message {
        id,
        from: from.to_owned(),
        to: to.to_owned(),
        pool: (!pool.is_empty()).then(|| pool.to_owned()),
        text: first(["Body", "ButtonText", "ButtonPayload"]),
        at: None,
        channel: channel(from),
        opt_out_type: OptOutType::read(form.get("OptOutType")),
        part: None,
    });
}

fn receipt(events: &mut Events, request: &Request<'_>, form: &Form, id: &str) {
    let (status, code) = (form.get("MessageStatus"), form.get("ErrorCode"));
    let to = form.get("To");
    let state = match status {
        "delivered" | "read" => State::Delivered,
        "undelivered" | "failed" => failure(code),
        _ => return events.pass_over(),
    };
    let channel = channel(to);
    events.receipt(Receipt {
        id: format!("{id}/{status}"),
        to: to.to_owned(),
        from: form.get("From").to_owned(),
        token: parameter(request, "t"),
        channel,
        state,
        code: code.to_owned(),
        detail: format!("{status} {}", form.get("ErrorMessage")).trim().to_owned(),
        at: None,
    });
    debug_assert!(matches!(channel, Channel::Sms | Channel::WhatsApp));
}

/// Twilio's error codes, <https://www.twilio.com/docs/api/errors>.
fn failure(code: &str) -> State {
    match code {
        // "Attempt to send to unsubscribed recipient".
        "21610" => State::OptedOut,
        "21211" | "21214" | "21217" | "21614" | "30005" | "30006" | "30011" => {
            State::hard(BounceReason::UserUnknown)
        }
        "30003" => State::soft(BounceReason::NetworkError),
        "30004" => State::soft(BounceReason::Blocked),
        "30007" => State::soft(BounceReason::SpamDetected),
        "30001" | "30022" => State::soft(BounceReason::TooManyConn),
        "30008" => State::soft(BounceReason::SystemError),
        _ => State::soft(BounceReason::Rejected),
    }
}

/// The answer to a webhook of Twilio's, with what is said back to the person, or silence.
pub fn twiml(reply: Option<&str>) -> String {
    const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
    let Some(reply) = reply else { return format!("{HEAD}<Response/>") };
    let mut escaped = String::with_capacity(reply.len());
    for c in reply.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            // XML 1.0 has no place for other control characters.
            c if c.is_control() && !matches!(c, '\n' | '\r' | '\t') => {}
            c => escaped.push(c),
        }
    }
    format!("{HEAD}<Response><Message>{escaped}</Message></Response>")
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://mycompany.com/myapp.php";

    fn fits(url: &str, query: &str, fields: &[(&str, &str)], signature: &str) -> bool {
        let keys = Keys::new(&["12345".to_owned()], url);
        let fields: Vec<_> =
            fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        keys.verify(query, &fields, &BASE64.decode(signature.as_bytes()).unwrap())
    }

    #[test]
    fn the_documentations_vectors_verify() {
        let mut fields = [
            ("CallSid", "CA1234567890ABCDE"),
            ("Digits", "1234"),
            ("From", "+14158675309"),
            ("To", "+18005551212"),
            ("Caller", "+14158675309"),
        ];
        let signature = "RSOYDt4T1cUTdK1PDd93/VVr8B8=";
        let query = "foo=1&bar=2";
        assert!(fits(URL, query, &fields, signature));
        // Signed without the port, received with it.
        assert!(fits("https://mycompany.com:443/myapp.php", query, &fields, signature));
        assert!(!fits("https://mycompany.com:443/other.php", query, &fields, signature));
        assert!(!fits(URL, "foo=1&bar=3", &fields, signature));
        fields[2].1 = "+14158675308";
        assert!(!fits(URL, query, &fields, signature));
        let body = r#"{"property": "value", "boolean": true}"#;
        let digest = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620";
        assert_eq!(HEXLOWER_PERMISSIVE.encode(&Sha256::digest(body)), digest);
        let query = format!("foo=1&bar=2&bodySHA256={digest}");
        assert!(fits(URL, &query, &[], "a9nBmqA0ju/hNViExpshrM61xv4="));
        assert!(!fits(URL, "foo=1&bar=2", &[], "a9nBmqA0ju/hNViExpshrM61xv4="));
    }

    #[test]
    fn answers_are_escaped() {
        assert!(twiml(None).ends_with("<Response/>"));
        let said = twiml(Some("A&B <shop>\u{0}\u{1b}]: \"ok\"\nnext"));
        assert!(
            said.ends_with("<Response><Message>A&amp;B &lt;shop&gt;]: \"ok\"\nnext</Message></Response>"),
            "{said}"
        );
    }
}
