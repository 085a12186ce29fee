use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use axum::routing::post;
use consent::{Clock, Exclusion, Reason, Timestamp};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;
use wire::receiver::ReceivedMail;

use super::*;

mod handset;

struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp(0)
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

struct Sample(AtomicUsize);

#[async_trait]
impl Demo for Sample {
    async fn state(&self) -> DemoState {
        let withheld = vec![(Exclusion::of(Reason::OptedOutChannel), 1234)];
        let run = DemoRun { title: "Spring sale".to_owned(), sent: 8000, withheld, going_on: true };
        DemoState { brand: "Lumen Coffee".to_owned(), profiles: 10_000, runs: vec![run] }
    }

    async fn send_again(&self) -> Result<(), String> {
        match self.0.fetch_add(1, Ordering::SeqCst) {
            0 => Ok(()),
            _ => Err("A run is going on already.".to_owned()),
        }
    }
}

fn mail(to: &str, data: &str) -> ReceivedMail {
    ReceivedMail {
        from: "bounce@lumen.example".to_owned(),
        to: vec![to.to_owned()],
        data: data.replace('\n', "\r\n").into_bytes(),
        begun_at: Timestamp::parse("2026-05-03T10:00:00Z").unwrap(),
        peer: None,
    }
}

const SALE: &str = "From: Lumen Coffee <news@lumen.example>\nTo: ann@example.com\nSubject: =?utf-8?q?Spring_s=C3=A4le?=\n\
    List-Unsubscribe: <mailto:u@lumen.example>,\n <http://public.example/u/TOKEN>\n\
    List-Unsubscribe-Post: List-Unsubscribe=One-Click\nMIME-Version: 1.0\n\
    Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\nHello <script>text</script>\n\
    --b\nContent-Type: text/html\n\n<p>Hello</p><script>alert(1)</script><img src=\"https://evil.example/x\">\n--b--\n";

struct World {
    mailbox: Mailbox,
    provider: Provider,
    router: Router,
}

async fn recorded(headers: HeaderMap, body: String) -> StatusCode {
    let form = headers["content-type"] == "application/x-www-form-urlencoded";
    if form && body == "List-Unsubscribe=One-Click" { StatusCode::OK } else { StatusCode::BAD_REQUEST }
}

fn world() -> World {
    let mailbox = Mailbox::new(MailboxLimits::default());
    let provider = handset::provider();
    let config = MailboxConfig {
        mailbox: mailbox.clone(),
        provider: provider.clone(),
        demo: Arc::new(Sample(AtomicUsize::new(0))),
        clock: Arc::new(Still),
        public: Router::new().route("/u/TOKEN", post(recorded)),
        public_url: "http://public.example".to_owned(),
    };
    World { mailbox, provider, router: mailbox_router(config) }
}

impl World {
    async fn send(&self, request: Request<Body>) -> (StatusCode, HeaderMap, String) {
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        (parts.status, parts.headers, String::from_utf8(body.to_vec()).unwrap())
    }

    async fn get(&self, path: &str) -> (StatusCode, HeaderMap, String) {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    async fn post(&self, path: &str, site: &str) -> (StatusCode, HeaderMap, String) {
        self.send(Request::post(path).header("sec-fetch-site", site).body(Body::empty()).unwrap()).await
    }
}

#[test]
fn keeps_the_newest_within_its_limits() {
    let mailbox = Mailbox::new(MailboxLimits { mails: 3, bytes: 100 });
    for at in 1..=5 {
        assert_eq!(mailbox.deliver(mail("Ann@Example.com", &format!("Subject: {at}\n\n"))), at);
    }
    assert_eq!(mailbox.len(), 3);
    assert!(mailbox.get(2).is_none() && mailbox.get(6).is_none() && mailbox.get(0).is_none());
    let subjects: Vec<_> = mailbox.to("ann@example.COM").iter().map(|mail| mail.subject.clone()).collect();
    assert_eq!(subjects, ["3", "4", "5"]);
    assert_eq!(mailbox.after(4).len(), 1);
    mailbox.deliver(mail("bob@example.com", &format!("Subject: large\n\n{}", "x".repeat(80))));
    assert_eq!(mailbox.len(), 1);
    assert!(mailbox.to("ann@example.com").is_empty());
    mailbox.deliver(mail("bob@example.com", &"x".repeat(200)));
    assert!(mailbox.is_empty());
}

#[tokio::test]
async fn lists_searches_and_pages() {
    let world = world();
    assert!(world.get("/mail").await.2.contains("Mails appear here as they are sent"));
    for at in 0..60 {
        world.mailbox.deliver(mail(&format!("p{at}@example.com"), SALE));
    }
    let (.., first) = world.get("/mail").await;
    assert!(
        first.contains("1–50 of 60")
            && first.contains("p59@example.com")
            && !first.contains("p9@example.com")
    );
    assert!(world.get("/mail?page=1").await.2.contains("51–60 of 60"));
    assert!(world.get("/mail?q=P42@&page=0").await.2.contains("1–1 of 1"));
    assert!(world.get("/mail?q=S%C3%84LE").await.2.contains("of 60"));
    let (.., none) = world.get("/mail?q=%3Cscript%3E").await;
    assert!(none.contains("No mail has") && !none.contains("<script>"));
    assert_eq!(world.get(&format!("/mail?page={}", usize::MAX)).await.0, StatusCode::OK);
}

#[tokio::test]
async fn shows_a_mail_as_a_client_does_and_runs_nothing_in_it() {
    let world = world();
    let id = world.mailbox.deliver(mail("ann@example.com", SALE));
    let (status, headers, page) = world.get(&format!("/mail/{id}")).await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("<h1>Spring säle</h1>") && page.contains("&lt;news@lumen.example&gt;"), "{page}");
    assert!(page.contains(">Unsubscribe</button>"));
    assert!(page.contains("sandbox=\"allow-popups allow-popups-to-escape-sandbox\""));
    assert!(!page.contains("<script"));
    assert!(headers["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
    let (_, headers, body) = world.get(&format!("/mail/{id}/body")).await;
    assert!(body.contains("<base target=\"_blank\"><p>Hello</p>"));
    let policy = headers["content-security-policy"].to_str().unwrap();
    assert!(
        policy.contains("default-src 'none'")
            && policy.contains("sandbox ")
            && !policy.contains("allow-scripts")
    );
    let (.., text) = world.get(&format!("/mail/{id}?view=text")).await;
    assert!(text.contains("Hello &lt;script&gt;text"), "{text}");
    let (.., source) = world.get(&format!("/mail/{id}?view=source")).await;
    assert!(source.contains("<strong>List-Unsubscribe-Post</strong>"), "{source}");
    assert_eq!(world.get("/mail/77").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn hostile_mails_stay_text() {
    let world = world();
    for data in [
        "Subject: <script>alert(1)</script>\nFrom: \"<img onerror=x>\" <a@b.example>\n\nx",
        "Content-Type: multipart/mixed; boundary=\"\"\n\n--\n--",
        "\u{0}\n\n\u{feff}",
        "",
    ] {
        let id = world.mailbox.deliver(mail("\"<b>\"@example.com", data));
        for path in [format!("/mail/{id}"), format!("/mail/{id}?view=source"), "/mail".to_owned()] {
            let (status, _, page) = world.get(&path).await;
            assert_eq!(status, StatusCode::OK, "{data}");
            assert!(!page.contains("<script") && !page.contains("<img") && !page.contains("<b>"), "{page}");
        }
    }
}

#[tokio::test]
async fn unsubscribe_beside_the_sender_posts_what_a_provider_posts() {
    let world = world();
    let id = world.mailbox.deliver(mail("ann@example.com", SALE));
    let path = format!("/mail/{id}/unsubscribe");
    let (.., answer) = world.post(&path, "same-origin").await;
    assert!(answer.contains("You unsubscribed") && answer.contains("200 OK in 0.0 ms"), "{answer}");
    assert_eq!(world.post(&path, "cross-site").await.0, StatusCode::FORBIDDEN);
    for (from, to) in
        [("public.example", "other.example"), ("=One-Click\nMIME", "=Two\nMIME"), ("List-Unsubscribe:", "X:")]
    {
        let id = world.mailbox.deliver(mail("ann@example.com", &SALE.replacen(from, to, 1)));
        let (.., answer) = world.post(&format!("/mail/{id}/unsubscribe"), "same-origin").await;
        assert!(answer.contains("Nothing happened"), "{answer}");
    }
}

#[tokio::test]
async fn the_front_page_counts_and_sends_again() {
    let world = world();
    let (.., page) = world.get("/").await;
    for part in ["Lumen Coffee", "10,000", "8,000", "1,234", "OptedOutChannel"] {
        assert!(page.contains(part), "{part} {page}");
    }
    assert_eq!(world.post("/send", "cross-site").await.0, StatusCode::FORBIDDEN);
    assert_eq!(world.post("/send", "same-origin").await.0, StatusCode::SEE_OTHER);
    let (status, _, page) = world.post("/send", "same-origin").await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert!(page.contains("A run is going on already."));
}
