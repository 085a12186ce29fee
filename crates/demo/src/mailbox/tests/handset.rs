use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use axum::routing::post;
use axum::{Form, Router};
use data_encoding::BASE64;
use http_body_util::BodyExt as _;
use intake::sms::twilio;
use tower::ServiceExt as _;

use super::{Still, World, world};
use crate::mailbox::{ACCOUNT, Phones, Provider, provider_router};
use std::sync::Arc;

const URL: &str = "http://public.example/sms/demo";

/// Answers what it was told, if the signature is Twilio's.
async fn told(headers: HeaderMap, Form(fields): Form<Vec<(String, String)>>) -> (StatusCode, String) {
    if headers["x-twilio-signature"] != *twilio::signature("secret", URL, &fields) {
        return (StatusCode::FORBIDDEN, String::new());
    }
    let of = |name: &str| fields.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value);
    let said = format!("<Response><Message>{} &amp; {}</Message></Response>", of("Body"), of("To"));
    (StatusCode::OK, said)
}

pub fn provider() -> Provider {
    Provider {
        phones: Phones::default(),
        token: "secret".to_owned(),
        webhook: "/sms/demo".to_owned(),
        public: Router::new().route("/sms/demo", post(told)),
        public_url: "http://public.example".to_owned(),
        clock: Arc::new(Still),
    }
}

async fn text(provider: &Provider, token: &str, body: &str) -> (StatusCode, String) {
    let authorization = format!("Basic {}", BASE64.encode(format!("{ACCOUNT}:{token}").as_bytes()));
    let request = Request::post(format!("/2010-04-01/Accounts/{ACCOUNT}/Messages.json"))
        .header("authorization", authorization)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(format!("To=%2B12025550100&From=%2B15005550006&Body={body}")))
        .unwrap();
    let (parts, body) = provider_router(provider.clone()).oneshot(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (parts.status, String::from_utf8(body.to_vec()).unwrap())
}

impl World {
    async fn reply(&self, site: &str, text: &str) -> StatusCode {
        let request = Request::post("/phone/12025550100")
            .header("sec-fetch-site", site)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(format!("text={text}")))
            .unwrap();
        self.send(request).await.0
    }
}

#[tokio::test]
async fn a_text_arrives_and_its_reply_is_told_and_answered() {
    let world = world();
    assert_eq!(text(&world.provider, "wrong", "hi").await.0, StatusCode::UNAUTHORIZED);
    assert!(world.provider.phones.is_empty());
    let (status, answer) =
        text(&world.provider, "secret", "Sale%20http%3A%2F%2Fpublic.example%2Fs%2Fabc%20now").await;
    assert_eq!(status, StatusCode::CREATED);
    assert!(
        answer.contains("\"num_segments\":\"1\"") && answer.contains("\"status\":\"queued\""),
        "{answer}"
    );
    let (status, _, page) = world.get("/phone/12025550100").await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("href=\"http:&#x2f;&#x2f;public.example&#x2f;s&#x2f;abc\""), "{page}");
    assert_eq!(world.reply("cross-site", "STOP").await, StatusCode::FORBIDDEN);
    assert_eq!(world.reply("same-origin", "STOP%20%3Cb%3E").await, StatusCode::SEE_OTHER);
    let (.., page) = world.get("/phone/12025550100").await;
    assert!(page.contains("STOP &lt;b&gt;") && page.contains("STOP &lt;b&gt; &amp; +15005550006"), "{page}");
    let thread = world.provider.phones.thread("+12025550100");
    assert_eq!(thread.iter().map(|bubble| bubble.own).collect::<Vec<_>>(), [false, true, false]);
    assert_eq!(world.provider.phones.after(thread[0].id).len(), 2);
}

#[tokio::test]
async fn phones_are_listed_and_searched() {
    let world = world();
    assert!(world.get("/phone").await.2.contains("Phones appear here"));
    text(&world.provider, "secret", "hi").await;
    assert!(world.get("/phone?q=555-0100").await.2.contains("+12025550100"));
    assert!(world.get("/phone?q=999").await.2.contains("No number has"));
    assert_eq!(world.get("/phone/999").await.0, StatusCode::NOT_FOUND);
    assert_eq!(world.get("/phone/%2B%3Cscript%3E").await.0, StatusCode::NOT_FOUND);
}
