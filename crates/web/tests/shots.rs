#[path = "public/world.rs"]
mod world;
use std::sync::Arc;
use consent::*;
use world::*;
use web::mailbox::*;
struct D;
#[async_trait::async_trait]
impl Demo for D {
    async fn state(&self) -> DemoState {
        DemoState { brand: "Lumen Coffee".into(), profiles: 10_000, runs: vec![
            DemoRun { title: "Spring sale".into(), sent: 7421, withheld: vec![(Exclusion::OptedOutChannel, 1204), (Exclusion::OptedOutAll, 713), (Exclusion::PendingVerification, 402), (Exclusion::AddressMissing, 260)], going_on: false }] }
    }
    async fn send_again(&self) -> Result<(), String> { Ok(()) }
}
#[tokio::test(flavor = "multi_thread")]
#[ignore]
async fn shots() {
    let w = World::new();
    let list = store::Store::create_list(&*w.store, WORKSPACE, store::NewList{name:"barista-news".into(),starts_at:None,ends_at:None,created_at:w.clock.now()}).await.unwrap().id;
    let run = w.run(r#"{"brand":"Lumen Coffee","language":"en"}"#).await;
    let de = w.run(r#"{"brand":"Lumen Coffee","language":"de"}"#).await;
    let conf = w.run(r#"{"brand":"Lumen Coffee","confirmation":{"channel":"http://localhost:7799/bye"}}"#).await;
    let mut urls = vec![];
    for (name, level, r) in [("channel", Level::Channel, run), ("list", Level::Subscription, run), ("de", Level::Channel, de), ("any", Level::Any, run), ("conf", Level::Channel, conf)] {
        let o = w.person(&format!("{name}@example.com"), None).await;
        let t = Token { reference: r.0, list, ..w.token(&o, level) };
        urls.push(format!("{name} {} {}", w.link(&t), w.link(&Token { purpose: Purpose::Preferences, ..t })));
    }
    let o = w.person("outdated@example.com", None).await;
    let t = Token { reference: run.0, ..w.token(&o, Level::Channel) };
    w.one_click(&w.link(&t)).await; w.clock.turn(std::time::Duration::from_secs(9)); w.resubscribe(&o).await;
    urls.push(format!("outdated {} {}", w.link(&t), w.link(&Token { purpose: Purpose::Preferences, ..t })));
    let mb = Mailbox::new(MailboxLimits::default());
    let first = urls[0].split(' ').nth(1).unwrap().to_owned();
    for i in 0..120 {
        let data = format!("From: Lumen Coffee <news@lumen.example>\r\nTo: Ann Person <p{i}@example.com>\r\nSubject: {}\r\nDate: Sun, 3 May 2026 10:00:00 +0000\r\nList-Unsubscribe: <http://localhost:7799{first}>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nDKIM-Signature: v=1; a=rsa-sha256; d=lumen.example; s=k; h=from:to:subject; b=dGVzdHRlc3R0ZXN0dGVzdHRlc3R0ZXN0dGVzdHRlc3R0ZXN0dGVzdHRlc3Q=\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nSpring is here.\r\n\r\nUnsubscribe: http://localhost:7799{first}\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<div style='font-family:Georgia,serif;max-width:560px;margin:auto;padding:32px;background:#faf3e7;color:#3b2a1a'><h1>Spring sale</h1><p>Hello Ann, 20 % off every single-origin bean until Sunday.</p><p><a style='background:#3b2a1a;color:#fff;padding:12px 20px' href='http://localhost:7799/'>See the beans</a></p><hr><p style='font-size:12px'><a href='http://localhost:7799{first}'>Unsubscribe</a></p></div>\r\n--b--\r\n", ["Spring sale: 20 % off every bean", "Frühlingsangebot: 20 % auf alle Bohnen", "Soldes de printemps"][i % 3]);
        mb.deliver(intake::receiver::ReceivedMail { from: "bounce+abc@lumen.example".into(), to: vec![format!("p{i}@example.com")], data: data.into_bytes(), begun_at: w.clock.now(), peer: ([127,0,0,1],1).into() });
    }
    let app = w.router.clone().merge(mailbox_router(MailboxConfig { mailbox: mb, demo: Arc::new(D), clock: w.clock.clone(), public: w.router.clone(), public_url: "http://localhost:7799".into() })).route("/bye", axum::routing::get(|| async { "brand page" }));
    std::fs::write("/tmp/shots-urls", urls.join("\n")).unwrap();
    let l = tokio::net::TcpListener::bind("127.0.0.1:7799").await.unwrap();
    axum::serve(l, app).await.unwrap();
}
