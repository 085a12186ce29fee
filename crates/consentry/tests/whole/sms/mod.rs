//! Texts to the real binary, signed by the providers' own libraries.

mod publishing;
mod sending;
mod stage;
mod upkeep;

use std::io::Write as _;
use std::net::TcpStream;
use std::time::Duration;

use crate::support::Desk;
use crate::support::call::{Call, now};
use serde_json::json;
use stage::{RECEIVERS, SECRET, Stage, US, verdict};

const THEM: &str = "+491751234567";

#[test]
fn a_refusal_by_each_provider_is_durable_before_the_answer() {
    Desk::on_each_engine(refusals_last);
}

fn refusals_last(desk: Desk) {
    let Some(stage) = Stage::at(desk) else { return };
    let wordings = [
        "STOP",
        "please stop texting me",
        "Stpo",
        "ARRÊT",
        "take me off your list",
        "退订",
        "keine SMS mehr",
        "unsubscribe me",
    ];
    let number = |at: usize| format!("+49175123450{at}");
    for (at, (receiver, words)) in RECEIVERS.iter().zip(wordings).enumerate() {
        let call = stage.text(receiver, &number(at), "m1", words);
        stage.answers(&call, 200);
        // A delivery whose acknowledgement got lost is made again.
        stage.answers(&call, 200);
    }
    let preferring = "+491751234568";
    stage.bring_in(&[THEM, preferring]);
    stage.answers(&stage.text("meta", THEM, "w1", "stop"), 200);
    let preference = json!({ "entry": [{ "changes": [{ "field": "user_preferences", "value": { "metadata": { "display_phone_number": "15005550006" }, "user_preferences": [{ "wa_id": "491751234568", "category": "marketing_messages", "value": "stop", "timestamp": now() }] } }] }] });
    stage.answers(&stage.json("meta", &preference, now()), 200);
    let desk = stage.killed();
    for (at, receiver) in RECEIVERS.iter().enumerate() {
        assert_eq!(verdict(&desk, "sms", &number(at)), "OptedOutChannel", "{receiver}");
        let profile = desk.run(&["--json", "profile", "show", &number(at)]).exits(0).out;
        assert!(profile.contains("\"sms\""), "{profile}");
    }
    for number in [THEM, preferring] {
        assert_eq!(verdict(&desk, "whatsApp", number), "OptedOutChannel");
        assert_eq!(verdict(&desk, "sms", number), "permit");
    }
    desk.run(&["ledger", "verify"]).exits(0);
}

#[test]
fn what_isnt_the_providers_is_refused() {
    let Some(stage) = Stage::at(Desk::new()) else { return };
    for receiver in RECEIVERS.iter().chain(&["meta"]) {
        let call = stage.text(receiver, THEM, "m1", "STOP");
        let mut forged = call.clone();
        if matches!(*receiver, "infobip" | "bandwidth" | "custom") {
            forged = forged
                .with("Authorization", &crate::support::call::basic("0123456789abcdef0123456789abcdee"));
        } else {
            let text = String::from_utf8(forged.body).unwrap();
            forged.body = text.replace("1751234567", "1751234568").into_bytes();
        }
        assert!(stage.answers(&forged, 403).contains("application/problem+json"));
        let mut bare = Call { headers: vec![call.headers[0].clone()], ..call.clone() };
        bare.body = String::from_utf8(bare.body).unwrap().replace("&sig=", "&s=").into_bytes();
        stage.answers(&bare, 401);
        let huge = Call { body: vec![b'x'; 1024 * 1024 + 1], ..call.clone() };
        let (status, _) = crate::support::call::send(&stage.serving.address, &huge, huge.body.len());
        assert_eq!(status, 413, "{receiver}");
        for (method, expected) in
            [("GET", if *receiver == "meta" { 403 } else { 405 }), ("PUT", 405), ("DELETE", 405)]
        {
            stage.answers(&Call { method, body: Vec::new(), ..call.clone() }, expected);
        }
    }
    for (provider, late) in [("sinch", 26 * 3_600), ("telnyx", 400), ("messages", 26 * 3_600)] {
        stage.answers(&stage.json(provider, &json!({}), now() - late), 403);
    }
    stage.answers(&Call { path: "/sms/other".to_owned(), ..stage.text("sinch", THEM, "m1", "STOP") }, 404);
    let challenge =
        format!("/sms/meta?hub.mode=subscribe&hub.verify_token={SECRET}&hub.challenge=1158201444");
    let get = Call { method: "GET", path: challenge, headers: Vec::new(), body: Vec::new() };
    assert!(stage.answers(&get, 200).ends_with("\r\n1158201444"));
    let desk = stage.killed();
    for number in [THEM, "+491751234568"] {
        assert_eq!(verdict(&desk, "sms", number), "permit");
    }
}

#[test]
fn whoever_sends_slowly_keeps_nobody_out() {
    let Some(stage) = Stage::at(Desk::new()) else { return };
    let begun = |length: usize| {
        let mut stream = TcpStream::connect(&stage.serving.address).unwrap();
        let head = "Host: x\r\nX-Twilio-Signature: AAAA\r\nContent-Type: application/x-www-form-urlencoded";
        let head = format!("POST /sms/twilio HTTP/1.1\r\n{head}\r\nContent-Length: {length}\r\n\r\nFrom=");
        stream.write_all(head.as_bytes()).unwrap();
        stream
    };
    let _slow: Vec<_> = (0..80).map(|at| begun(if at % 2 == 0 { 1_000 } else { 1_000_000 })).collect();
    std::thread::sleep(Duration::from_millis(300));
    stage.answers(&stage.text("twilio", THEM, "m1", "STOP"), 200);
    assert_eq!(stage.verdict(THEM), "OptedOutChannel");
}

#[test]
fn a_batch_is_taken_once_and_in_the_order_of_each_number() {
    Desk::on_each_engine(batch_taken);
}

fn batch_taken(desk: Desk) {
    let Some(stage) = Stage::at(desk) else { return };
    let number = |at: usize| format!("4917600{at:05}");
    let text = |at: usize, id: &str, text: &str| json!({ "messageId": format!("{id}{at}"), "from": number(at), "to": &US[1..], "text": text });
    let mut results: Vec<_> = (0..300).map(|at| text(at, "a", "STOP")).collect();
    results.extend((0..150).map(|at| text(at, "b", "START")));
    let call = stage.json("infobip", &json!({ "results": results }), now());
    stage.answers(&call, 200);
    stage.answers(&call, 200);
    for (at, verdict) in [(0, "permit"), (149, "permit"), (150, "OptedOutChannel"), (299, "OptedOutChannel")]
    {
        assert_eq!(stage.verdict(&format!("+{}", number(at))), verdict, "{at}");
    }
    let shown = stage.desk.run(&["--json", "profile", "show", &format!("+{}", number(7))]).exits(0).json();
    assert_eq!(shown["history"].as_array().unwrap().len(), 2, "{shown}");
    let many: Vec<_> = (0..1_001).map(|at| text(at, "c", "STOP")).collect();
    stage.answers(&stage.json("infobip", &json!({ "results": many }), now()), 413);
    stage.killed().run(&["ledger", "verify"]).exits(0);
}

#[test]
fn of_two_senders_one_is_blocked() {
    Desk::on_each_engine(one_blocked);
}

fn one_blocked(desk: Desk) {
    let Some(stage) = Stage::at(desk) else { return };
    stage.answers(&stage.text("telnyx", THEM, "m1", "please stop"), 200);
    let check = |sender: &str, category: &str| {
        let more = [
            "--json",
            "check",
            "--channel",
            "sms",
            "--address",
            THEM,
            "--sender",
            sender,
            "--category",
            category,
        ];
        stage.desk.run(&more).json()["reason"].as_str().unwrap().to_owned()
    };
    for category in ["marketing", "transactional"] {
        assert_eq!(check(US, category), "SenderBlocked", "{category}");
    }
    assert_eq!(check("+15005550007", "marketing"), "OptedOutChannel");
    assert_eq!(check("+15005550007", "transactional"), "Transactional");
    // The provider tells times in seconds, and of a no and a yes at one time the no counts.
    std::thread::sleep(Duration::from_secs(1));
    stage.answers(&stage.text("telnyx", THEM, "m2", "START"), 200);
    assert_eq!(check(US, "transactional"), "Transactional");
}

#[test]
fn a_conversation() {
    Desk::on_each_engine(conversation);
}

fn conversation(desk: Desk) {
    let Some(stage) = Stage::at(desk) else { return };
    let mut count = 0;
    let mut says = |text: &str| {
        count += 1;
        stage.answers(&stage.text("join", THEM, &format!("m{count}"), text), 200)
    };
    assert!(says("START").ends_with("<Response/>"));
    assert_eq!(
        stage.verdict(THEM),
        "NoConsent",
        "nothing was refused that START could lift, and nobody brought them in"
    );
    let asked = says("cake");
    assert!(
        asked.contains("content-type: text/xml") && asked.contains("<Response><Message>Bakery"),
        "{asked}"
    );
    assert_eq!(stage.verdict(THEM), "NoConsent", "asked, but not confirmed");
    assert!(says("Yes").contains("<Message>Bakery"));
    assert_eq!(stage.verdict(THEM), "permit");
    assert!(says("hours").contains("<Message>8 to 18, Bakery &amp; co</Message>"));
    assert!(says("HELP").contains("<Message>Bakery"));
    assert!(says("who is this? stop").ends_with("<Response/>"));
    assert_eq!(stage.verdict(THEM), "HeldForReview");
    assert!(says("STOP").contains("<Message>Bakery"));
    assert_eq!(stage.verdict(THEM), "OptedOutChannel");
    assert!(says("STOP!!").ends_with("<Response/>"), "once a day");
    assert!(says("START").contains("<Message>Bakery"));
    assert_eq!(stage.verdict(THEM), "permit");
    let stop = [("MessageSid", "o1"), ("From", THEM), ("To", US), ("Body", "basta"), ("OptOutType", "STOP")];
    assert!(stage.answers(&stage.twilio("join", &stop), 200).ends_with("<Response/>"));
    assert_eq!(stage.verdict(THEM), "OptedOutChannel");
    let profile = stage.desk.run(&["--json", "profile", "show", THEM]).exits(0).out;
    assert!(profile.contains("\"sms\""), "{profile}");
    stage.killed().run(&["ledger", "verify"]).exits(0);
}

#[test]
fn parts_act_once_all_are_there() {
    let Some(stage) = Stage::at(Desk::new()) else { return };
    stage.bring_in(&[THEM]);
    let part = |number: &str, text: &str| {
        let id = format!("p{number}");
        let fields = [
            ("messageId", id.as_str()),
            ("msisdn", &THEM[1..]),
            ("to", &US[1..]),
            ("text", text),
            ("concat", "true"),
            ("concat-ref", "17"),
            ("concat-total", "3"),
            ("concat-part", number),
        ];
        stage.answers(&stage.vonage(&fields), 200)
    };
    part("3", " for now. Goodbye");
    part("1", "Thanks for all the cake. Please ");
    assert_eq!(stage.verdict(THEM), "permit");
    part("2", "take me off your list");
    assert_ne!(stage.verdict(THEM), "permit");
}

#[test]
fn unknown_fields_and_odd_numbers_are_taken() {
    Desk::on_each_engine(odd_ones_taken);
}

fn odd_ones_taken(desk: Desk) {
    let Some(stage) = Stage::at(desk) else { return };
    let value = json!({ "type": "mo_text", "id": "1", "from": "491751234567", "to": "12345", "body": "Stop", "new": { "deep": [1, null] }, "udh": 7 });
    stage.answers(&stage.json("sinch", &value, now()), 200);
    assert_eq!(stage.verdict(THEM), "OptedOutChannel");
    let odd = ["12345", "999999999999999999", "Bank", "%00", "+1 (500) 555"];
    for (at, from) in odd.iter().enumerate() {
        let value = json!({ "in": [{ "who": from, "what": "STOP", "id": at }, 7, { "what": "STOP" }] });
        stage.answers(&stage.json("custom", &value, now()), 200);
    }
    // One entry for each who refused; a text without a sender is nobody's.
    let verified = stage.killed().run(&["--json", "ledger", "verify"]).exits(0).json();
    assert_eq!(verified["entries"], 1 + odd.len(), "{verified}");
}

#[test]
fn receipts_opt_out_and_suppress() {
    let Some(stage) = Stage::at(Desk::new()) else { return };
    let receipt = |to: &str, status: &str, code: &str| {
        let fields =
            [("MessageSid", "r1"), ("MessageStatus", status), ("ErrorCode", code), ("To", to), ("From", US)];
        stage.answers(&stage.twilio("twilio", &fields), 200)
    };
    receipt(THEM, "failed", "21610");
    receipt("+491751234568", "undelivered", "30005");
    receipt("+491751234569", "delivered", "");
    assert_eq!(stage.verdict(THEM), "OptedOutChannel");
    assert_eq!(stage.verdict("+491751234568"), "AddressSuppressed");
    assert_eq!(stage.verdict("+491751234569"), "permit");
}

#[test]
fn a_file_that_is_wrong_says_what_to_do() {
    let desk = Desk::new();
    desk.write("secret", SECRET);
    let refused = |section: &str| {
        desk.write("consentry.toml", format!("[[sms]]\nname = \"x\"\n{section}\n"));
        desk.run(&["serve", "--listen", "127.0.0.1:0", "--config", "consentry.toml"]).exits(1).err
    };
    for provider in
        ["twilio", "sinch", "infobip", "telnyx", "vonage", "bandwidth", "meta", "google", "custom"]
    {
        let said = refused(&format!("provider = \"{provider}\""));
        assert!(said.contains("sms `x`: `secret` is missing"), "{said}");
    }
    let with =
        |more: &str| refused(&format!("provider = \"sinch\"\nsecret = {{ file = \"secret\" }}\n{more}"));
    for (section, said) in [
        ("keywords = { help = [\"STOP\"] }", "is how people opt out"),
        ("keywords = { double_opt_in = [\"CAKE\"] }\nreplies = false", "`replies` is false"),
        ("confirm_minutes = 5", "10 to 10080"),
        ("list = \"news\"", "consentry list create news"),
        ("default_reply = \"\"", "has 0 characters"),
        ("[sms.reply.tlh]\nhelp = \"x\"", "`reply.tlh`"),
        ("scope = \"planet\"", "unknown variant"),
        ("colour = 1", "unknown field"),
    ] {
        let answer = with(section);
        assert!(answer.contains(said), "{section}: {answer}");
    }
    let said = refused("provider = \"twilio\"\nsecret = { file = \"secret\" }");
    assert!(said.contains("init --public-url"), "{said}");
}
