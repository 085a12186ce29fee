//! Webhooks against the real binary, signed by another implementation, which the services' own libraries accept.

mod amazon;
mod stage;
use crate::support::Desk;
use crate::support::call::{Call, now, rfc3339, send};
use serde_json::{Value, json};
use stage::{PROVIDERS, Stage, call, forged, verdict};

#[test]
fn a_bounce_from_each_service_suppresses_once_and_survives_a_kill() {
    Desk::on_each_engine(bounces_suppress);
}

fn bounces_suppress(desk: Desk) {
    let Some(stage) = Stage::at(desk) else { return };
    for provider in PROVIDERS {
        let call = stage.bounce(provider, &format!("{provider}@example.com"), "e1");
        stage.answers(&call, 200);
        // A delivery whose acknowledgement got lost is made again.
        stage.answers(&call, 200);
    }
    let desk = stage.killed();
    for provider in PROVIDERS {
        assert_eq!(
            verdict(&desk, &format!("{provider}@example.com"), &[]),
            "AddressSuppressed",
            "{provider}"
        );
    }
    assert_eq!(verdict(&desk, "someone@example.com", &[]), "permit");
}

#[test]
fn complaints_and_unsubscriptions_opt_out() {
    Desk::on_each_engine(they_opt_out);
}

fn they_opt_out(desk: Desk) {
    let Some(stage) = Stage::at(desk) else { return };
    let ses = json!({ "eventType": "Complaint", "mail": { "messageId": "1" }, "complaint": { "feedbackId": "1", "complainedRecipients": [{ "emailAddress": "c1@example.com" }, { "emailAddress": "not an address" }, { "emailAddress": "c2@example.com" }] } });
    stage.answers(&stage.signed("ses", &ses, now()), 200);
    let grid = json!([
        { "event": "group_unsubscribe", "email": "news@example.com", "asm_group_id": 17, "sg_event_id": "1" },
        { "event": "new thing", "email": "new@example.com", "sg_event_id": "2" }, 7, 7,
        { "event": "unsubscribe", "email": "all@example.com", "sg_event_id": "3" },
    ]);
    stage.answers(&stage.signed("sendgrid", &grid, now()), 200);
    let change = |address: &str, suppress: bool| json!({ "RecordType": "SubscriptionChange", "Recipient": address, "SuppressSending": suppress, "SuppressionReason": "ManualSuppression", "ChangedAt": rfc3339(now()) });
    stage.answers(&stage.signed("postmark", &change("off@example.com", true), now()), 200);
    stage.answers(&stage.signed("postmark", &change("on@example.com", false), now()), 200);
    stage.answers(
        &stage.signed(
            "mailgun",
            &json!({ "event": "unsubscribed", "id": "1", "recipient": "gun@example.com" }),
            now(),
        ),
        200,
    );
    let spark = json!([{ "msys": { "unsubscribe_event": { "type": "list_unsubscribe", "event_id": "1", "rcpt_to": "spark@example.com" } } }]);
    stage.answers(&stage.signed("sparkpost", &spark, now()), 200);
    let desk = stage.killed();
    for address in ["c1@example.com", "c2@example.com"] {
        assert_eq!(verdict(&desk, address, &[]), "AddressSuppressed");
        let values = desk.run(&["--json", "profile", "show", address]).exits(0).out;
        assert!(values.contains("complaint"), "{values}");
    }
    for address in ["all@example.com", "off@example.com", "gun@example.com", "spark@example.com"] {
        assert_eq!(verdict(&desk, address, &[]), "OptedOutChannel", "{address}");
    }
    for address in ["on@example.com", "new@example.com"] {
        assert_eq!(verdict(&desk, address, &[]), "permit", "{address}");
    }
    // The report made this address known, which makes nobody a recipient. Once the brand brings it in, only the list is refused.
    assert_eq!(verdict(&desk, "news@example.com", &[]), "NoConsent");
    desk.write("people.csv", "email\nnews@example.com\n");
    desk.run(&["import", "profiles", "people.csv"]).exits(0);
    assert_eq!(verdict(&desk, "news@example.com", &[]), "permit");
    assert_eq!(verdict(&desk, "news@example.com", &["--list", "news"]), "UnsubscribedFromList");
    desk.run(&["ledger", "verify"]).exits(0);
}

#[test]
fn a_wrong_key_is_refused() {
    let Some(stage) = Stage::new() else { return };
    for provider in PROVIDERS {
        let call = stage.bounce(provider, "a@example.com", "e1");
        let answer = stage.answers(&forged(&call), 403);
        assert!(answer.contains("application/problem+json"), "{answer}");
        let mut bare = Call { headers: vec![call.headers[0].clone()], ..call };
        bare.path = format!("/hooks/{provider}");
        if matches!(provider, "ses" | "mailgun") {
            let mut body: Value = serde_json::from_slice(&bare.body).unwrap();
            body.as_object_mut().unwrap().retain(|name, _| !name.eq_ignore_ascii_case("signature"));
            bare.body = body.to_string().into_bytes();
        }
        stage.answers(&bare, 401);
    }
    let desk = stage.killed();
    for address in ["a@example.com", "a@example.org"] {
        assert_eq!(verdict(&desk, address, &[]), "permit");
    }
}

#[test]
fn replays_do_nothing() {
    let Some(stage) = Stage::new() else { return };
    // Long after it was signed.
    let day = 26 * 3_600;
    let old = |provider: &str, event: &Value| stage.answers(&stage.signed(provider, event, now() - day), 403);
    old("ses", &json!({}));
    old("sendgrid", &json!([{ "event": "spamreport", "email": "a@example.com" }]));
    old("mailgun", &json!({ "event": "complained", "id": "1", "recipient": "a@example.com" }));
    // A captured token with another event, which its signature doesn't cover.
    let event = |address: &str, id: &str| json!({ "event": "complained", "id": id, "recipient": address });
    let first = stage.mailgun(&event("a@example.com", "2"), now(), "0123456789abcdef");
    stage.answers(&first, 200);
    stage.answers(&first, 200);
    let mut swapped: Value = serde_json::from_slice(&first.body).unwrap();
    swapped["event-data"] = event("b@example.com", "3");
    assert!(stage.answers(&call("mailgun", swapped.to_string()), 403).contains("used before"));
    let desk = stage.killed();
    assert_eq!(verdict(&desk, "a@example.com", &[]), "AddressSuppressed");
    assert_eq!(verdict(&desk, "b@example.com", &[]), "permit");
    // Each event is there once: one entry in the ledger, one piece of feedback.
    let shown = desk.run(&["--json", "profile", "show", "a@example.com"]).exits(0).json();
    assert_eq!(shown["history"].as_array().unwrap().len(), 1, "{shown}");
    assert_eq!(shown["feedback"].as_array().unwrap().len(), 1, "{shown}");
}

#[test]
fn bodies_that_end_early_are_too_long_or_of_another_kind_are_refused() {
    let Some(stage) = Stage::new() else { return };
    for provider in PROVIDERS {
        let whole = stage.bounce(provider, "a@example.com", "e1");
        let mut cut = whole.clone();
        cut.body.truncate(whole.body.len() / 2);
        // SendGrid's signature covers the body, so it is that which fails first.
        stage.answers(&cut, if provider == "sendgrid" { 403 } else { 400 });
        let (status, answer) = send(&stage.serving.address, &cut, whole.body.len());
        assert!(matches!(status, 0 | 400), "{provider}: {answer}");
        for kind in ["text/html", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
        {
            stage.answers(&whole.clone().with("Content-Type", kind), 415);
        }
        let mut long = whole.clone();
        long.body.resize(10 * 1024 * 1024, b' ');
        stage.answers(&long, 413);
        for method in ["GET", "HEAD", "PUT", "DELETE"] {
            stage.answers(&Call { method, ..whole.clone() }, 405);
        }
    }
    stage.answers(&call("unknown", "{}"), 404);
    let desk = stage.killed();
    assert_eq!(verdict(&desk, "a@example.com", &[]), "permit");
}

#[test]
fn azure_is_answered_when_it_subscribes() {
    let Some(stage) = Stage::new() else { return };
    let event = json!([{ "id": "1", "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent", "data": { "validationCode": "512d38b6" } }]);
    let answer = stage.answers(&stage.signed("azure", &event, now()), 200);
    assert!(answer.ends_with("{\"validationResponse\":\"512d38b6\"}"), "{answer}");
    stage.answers(&call("azure", event.to_string()), 401);
    let mut handshake = Call { method: "OPTIONS", ..stage.signed("azure", &json!({}), now()) };
    handshake.body.clear();
    let answer = stage.answers(&handshake.clone().with("WebHook-Request-Origin", "eventgrid.azure.net"), 200);
    assert!(answer.to_ascii_lowercase().contains("webhook-allowed-origin: eventgrid.azure.net"), "{answer}");
    handshake.path = "/hooks/azure".to_owned();
    stage.answers(&handshake, 401);
}

#[test]
fn a_server_with_a_webhook_that_anybody_could_call_doesnt_start() {
    let desk = Desk::new();
    let refused = |file: &str| {
        desk.write("consentry.toml", file);
        desk.run(&["serve", "--listen", "127.0.0.1:0", "--config", "consentry.toml"]).exits(1).err
    };
    for provider in &PROVIDERS[1..] {
        let said = refused(&format!("[[webhook]]\nname = \"x\"\nprovider = \"{provider}\"\n"));
        assert!(said.contains("`x`: `secret` is missing"), "{said}");
    }
    assert!(refused("[[webhook]]\nname = \"x\"\nprovider = \"ses\"\n").contains("`topics` is missing"));
    let unset =
        "[[webhook]]\nname = \"x\"\nprovider = \"azure\"\nsecret = { env = \"CONSENTRY_TEST_UNSET\" }\n";
    assert!(refused(unset).contains("CONSENTRY_TEST_UNSET holds no secret"));
    assert!(refused("[[webhook]]\nname = \"x\"\nprovider = \"mandrill\"\n").contains("`provider` is ses"));
    assert!(refused("[[webhook]]\nname = \"x\"\nprovider = \"ses\"\nsecrets = 1\n").contains("secrets"));
}
