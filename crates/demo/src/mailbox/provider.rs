//! The provider between brand and phones: takes messages as Twilio's interface does, tells what became of them and what
//! people reply, by webhooks with Twilio's signature.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Form, Router};
use consent::Clock;
use consent::sms::segments;
use data_encoding::BASE64;
use http_body_util::{BodyExt as _, Limited};
use intake::sms::twilio;
use serde::Deserialize;
use serde_json::json;
use tower::ServiceExt as _;

use super::phones::{Bubble, Phones};

/// The account that the demo sends by.
pub const ACCOUNT: &str = "AC00000000000000000000000000000000";
/// Longest answer to a webhook that is read, in bytes.
const ANSWER_LENGTH_MAX: usize = 64 * 1024;

/// The phones' provider; clones share the phones.
#[derive(Clone)]
pub struct Provider {
    /// Whose texts it brings.
    pub phones: Phones,
    /// The account's secret: messages come with it, webhooks are signed with it.
    pub token: String,
    /// Where replies are told, e.g. `/sms/demo`.
    pub webhook: String,
    /// The brand's public routes.
    pub public: Router,
    /// Where they are reached from outside, without a trailing slash.
    pub public_url: String,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

/// Twilio's interface for sending, for [`ACCOUNT`].
pub fn provider_router(provider: Provider) -> Router {
    Router::new().route("/2010-04-01/Accounts/{account}/Messages.json", post(send)).with_state(provider)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Outgoing {
    to: String,
    body: String,
    from: Option<String>,
    messaging_service_sid: Option<String>,
    status_callback: Option<String>,
}

/// `POST /2010-04-01/Accounts/{Sid}/Messages.json`
async fn send(
    State(provider): State<Provider>,
    Path(account): Path<String>,
    headers: HeaderMap,
    Form(message): Form<Outgoing>,
) -> Response {
    let expected = format!("Basic {}", BASE64.encode(format!("{ACCOUNT}:{}", provider.token).as_bytes()));
    if account != ACCOUNT || headers.get(header::AUTHORIZATION).is_none_or(|sent| sent != &*expected) {
        let error = json!({ "code": 20003, "message": "Authenticate", "status": 401,
            "more_info": "https://www.twilio.com/docs/errors/20003" });
        return (StatusCode::UNAUTHORIZED, axum::Json(error)).into_response();
    }
    let sender = message.from.or(message.messaging_service_sid).unwrap_or_default();
    let now = provider.clock.now();
    let bubble = Bubble { id: 0, own: false, sender: sender.clone(), text: message.body.clone(), at: now };
    let id = sid(provider.phones.put(&message.to, bubble));
    if let Some(callback) = message.status_callback {
        let fields = fields(&id, &sender, &message.to, [("MessageStatus", "delivered")]);
        let provider = provider.clone();
        tokio::spawn(async move { provider.call(&callback, &fields).await });
    }
    let date = jiff::Timestamp::from_microsecond(now.0).unwrap_or_default();
    let date = date.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string();
    let answer = json!({
        "account_sid": ACCOUNT, "api_version": "2010-04-01", "body": message.body, "date_created": date,
        "date_sent": null, "date_updated": date, "direction": "outbound-api", "error_code": null,
        "error_message": null, "from": sender, "messaging_service_sid": null, "num_media": "0",
        "num_segments": segments(&message.body).count.to_string(), "price": null, "price_unit": "USD",
        "sid": id, "status": "queued", "subresource_uris": {}, "to": message.to,
        "uri": format!("/2010-04-01/Accounts/{ACCOUNT}/Messages/{id}.json"),
    });
    (StatusCode::CREATED, axum::Json(answer)).into_response()
}

impl Provider {
    /// What somebody replies: on their phone first, then told to the brand, whose answers come back.
    pub async fn reply(&self, number: &str, text: &str) -> StatusCode {
        let to = self.phones.thread(number).last().map(|bubble| bubble.sender.clone()).unwrap_or_default();
        let bubble = |own, text: &str| Bubble {
            id: 0,
            own,
            sender: to.clone(),
            text: text.to_owned(),
            at: self.clock.now(),
        };
        let id = sid(self.phones.put(number, bubble(true, text)));
        let segments = segments(text).count.to_string();
        let more = [("Body", text), ("NumMedia", "0"), ("NumSegments", &*segments)];
        let url = format!("{}{}", self.public_url, self.webhook);
        let (status, answer) = self.call(&url, &fields(&id, number, &to, more)).await;
        for said in messages(&answer) {
            self.phones.put(number, bubble(false, &said));
        }
        status
    }

    /// Calls a webhook of the brand's as Twilio would.
    async fn call(&self, url: &str, fields: &[(String, String)]) -> (StatusCode, String) {
        let Some(path) = url.strip_prefix(&self.public_url).filter(|path| path.starts_with('/')) else {
            return (StatusCode::BAD_GATEWAY, String::new());
        };
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("x-twilio-signature", twilio::signature(&self.token, url, fields))
            .body(Body::from(serde_urlencoded::to_string(fields).unwrap_or_default()));
        let Ok(request) = request else { return (StatusCode::BAD_GATEWAY, String::new()) };
        let Ok(response) = self.public.clone().oneshot(request).await;
        let status = response.status();
        let body = Limited::new(response.into_body(), ANSWER_LENGTH_MAX).collect().await;
        let bytes = body.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        (status, String::from_utf8_lossy(&bytes).into_owned())
    }
}

fn sid(count: u64) -> String {
    format!("SM{count:032x}")
}

fn fields<const N: usize>(id: &str, from: &str, to: &str, more: [(&str, &str); N]) -> Vec<(String, String)> {
    let all = [("MessageSid", id), ("SmsSid", id), ("AccountSid", ACCOUNT), ("From", from), ("To", to)];
    let all = all.into_iter().chain([("ApiVersion", "2010-04-01")]).chain(more);
    all.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// The messages of a TwiML answer.
fn messages(twiml: &str) -> Vec<String> {
    let inside = |part: &str| {
        let (text, _) = part.split_once("</Message>")?;
        let (_, text) = text.split_once('>')?;
        let plain =
            [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&#39;", "'"), ("&amp;", "&")];
        Some(plain.into_iter().fold(text.to_owned(), |text, (entity, c)| text.replace(entity, c)))
    };
    twiml.split("<Message").skip(1).filter_map(inside).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn reads_the_answers() {
        let twiml = "<?xml version=\"1.0\"?><Response><Message>Bye &amp; &lt;3</Message><Message to=\"x\">2</Message></Response>";
        assert_eq!(super::messages(twiml), ["Bye & <3", "2"]);
        assert!(super::messages("<Response/>").is_empty());
    }
}
