//! What we send, taken by a server that checks it against the providers' own descriptions, and compared with what their own
//! libraries send.

use serde_json::{Value, json};
use xtask::servers::TextProviders;

use super::stage::verdict;
use crate::support::Desk;

const SECRET: &str = "s3cret-0123456789";
/// So long that an address with a token in it is longer than Vonage takes.
const PUBLIC_URL: &str = "https://choices.texts.a-brand-with-a-long-name.example.com";
const BODY: &str = "Bakery: 20% off for you 🎂 Reply STOP to opt out";
const SERVICE: &str = "MG0123456789abcdef0123456789abcdef";
const PROFILE: &str = "4000eba1-a0c0-4563-9925-b25e842a7cb6";

/// Those who have opted out with the provider, who have no phone there, and who are refused once, as too fast.
const PLAIN: &str = "+491751234500";
const OPTED_OUT: &str = "+491751234504";
const NO_PHONE: &str = "+491751234509";
const TOO_FAST: &str = "+491751234529";

fn desk() -> Desk {
    let desk = Desk::new();
    desk.write("secret", SECRET);
    desk.run(&["init", "--brand", "Bakery", "--public-url", PUBLIC_URL]).exits(0);
    desk
}

fn account(provider: &str) -> &'static str {
    match provider {
        "twilio" => "AC0123456789abcdef0123456789abcdef",
        "sinch" => "plan1",
        "vonage" => "key1",
        _ => "",
    }
}

/// A campaign of one text to those in `numbers.txt`.
fn campaign(desk: &Desk, provider: &str, url: &str, from: &str, body: &str, more: &str) -> &'static str {
    let account = match account(provider) {
        "" => String::new(),
        account => format!("account = \"{account}\"\n"),
    };
    let channel = if from.starts_with("whatsapp:") { "whatsApp" } else { "sms" };
    let text = format!(
        "name = \"{provider}\"\naudience = {{ file = \"numbers.txt\" }}\n[configuration]\nname = \"c\"\nchannel = \"{channel}\"\n\
         category = \"marketing\"\nfrom = \"{from}\"\nretry = {{ delays = [\"1s\"] }}\n[configuration.transport]\n\
         provider = \"{provider}\"\n{account}secret_file = \"secret\"\nurl = \"{url}\"\nreceiver = \"main\"\n{more}\n\
         [content]\ntext = \"{body}\"\n"
    );
    desk.write("campaign.toml", text);
    "campaign.toml"
}

fn sent(desk: &Desk, file: &str) -> Value {
    desk.run(&["--json", "campaign", "run", file, "--again"]).exits(0).json()
}

/// The request without the token that receipts bring back, and that token.
fn without_token(request: &Value) -> (Value, String) {
    let mut request = request.clone();
    let fields = &mut request["fields"];
    let in_address = ["/StatusCallback", "/webhook_url"];
    let places = ["/client_reference", "/client-ref", "/messages/0/webhooks/callbackData"];
    for place in in_address.iter().chain(&places) {
        let Some(value) = fields.pointer_mut(place) else { continue };
        let text = value.as_str().unwrap().to_owned();
        let (address, token) = text.split_once("?t=").unwrap_or(("REFERENCE", &text));
        *value = json!(address);
        return (request, token.to_owned());
    }
    (request, String::new())
}

#[test]
fn texts_are_what_the_providers_own_libraries_send() {
    let Some(providers) = TextProviders::start().unwrap() else { return };
    let desk = desk();
    desk.write("numbers.txt", format!("{PLAIN}\n"));
    for (provider, from) in [
        ("twilio", "+15005550006"),
        ("twilio", SERVICE),
        ("twilio", "whatsapp:+15005550006"),
        ("sinch", "12345"),
        ("sinch", "+15005550006"),
        ("infobip", "+15005550006"),
        ("telnyx", "+18885550100"),
        ("telnyx", PROFILE),
        ("vonage", "+15005550006"),
    ] {
        let file = campaign(&desk, provider, &providers.url(), from, BODY, "");
        assert_eq!(sent(&desk, file)["sent"], 1, "{provider} {from}");
        let ours = providers.requests().unwrap();
        assert_eq!((ours.len(), ours[0].get("wrong")), (1, None), "{ours:?}");
        let text = json!({
            "provider": provider, "account": account(provider), "secret": SECRET, "from": from, "to": PLAIN, "body": BODY,
            "reference": "REFERENCE", "callback": format!("{PUBLIC_URL}/sms/main"),
        });
        let theirs = providers.send(&text).unwrap();
        let (mut ours, token) = without_token(&ours[0]);
        let (mut theirs, _) = without_token(&theirs[0]);
        assert!(token.len() > 20, "{provider}: receipts bring nothing back");
        if provider == "vonage" {
            // The library authenticates by the header; the interface takes the fields as well.
            let fields = ours["fields"].as_object_mut().unwrap();
            assert_eq!(fields.remove("api_key"), Some(json!("key1")));
            assert_eq!(fields.remove("api_secret"), Some(json!(SECRET)));
            ours["fields"]["status-report-req"] = json!("True");
            theirs["auth"] = json!("");
        }
        for part in ["path", "auth", "type", "fields"] {
            assert_eq!(ours[part], theirs[part], "{provider} {from}: {part}");
        }
    }
}

#[test]
fn what_a_provider_says_of_a_number_is_kept() {
    let Some(providers) = TextProviders::start().unwrap() else { return };
    for (provider, opted_out) in
        [("twilio", true), ("sinch", false), ("infobip", true), ("telnyx", true), ("vonage", false)]
    {
        let desk = desk();
        desk.write("numbers.txt", [PLAIN, OPTED_OUT, NO_PHONE, TOO_FAST].join("\n"));
        let file = campaign(&desk, provider, &providers.url(), "+15005550006", BODY, "");
        let report = sent(&desk, file);
        let wrong: Vec<Value> =
            providers.requests().unwrap().iter().filter_map(|r| r.get("wrong").cloned()).collect();
        assert_eq!(wrong, [] as [Value; 0], "{provider}");
        let sinch_takes = u64::from(provider == "sinch");
        assert_eq!(report["sent"], 2 + sinch_takes, "{provider}: {report}");
        assert_eq!(verdict(&desk, "sms", PLAIN), "permit", "{provider}");
        assert_eq!(verdict(&desk, "sms", TOO_FAST), "permit", "{provider}: it was sent again");
        if opted_out {
            assert_eq!(verdict(&desk, "sms", OPTED_OUT), "OptedOutChannel", "{provider}");
            let shown = desk.run(&["--json", "sms", "show", OPTED_OUT]).exits(0).json();
            assert_eq!(shown["blocks"][0]["sender"], "+15005550006", "{provider}");
        }
        if provider != "sinch" {
            assert_eq!(verdict(&desk, "sms", NO_PHONE), "AddressSuppressed", "{provider}");
        }
    }
}

#[test]
fn a_provider_of_ones_own_is_sent_what_is_configured() {
    let Some(providers) = TextProviders::start().unwrap() else { return };
    let desk = desk();
    desk.write("numbers.txt", [PLAIN, OPTED_OUT].join("\n"));
    let more = "[configuration.transport.http]\nmethod = \"PUT\"\nheaders = { Authorization = \"Token {secret}\", X-Ref = \"{reference}\" }\n\
                body = { phone = \"{to}\", from = \"{from}\", deep = [{ text = \"{text}\" }], cb = \"{callback}\" }\n\
                id = \"/message/id\"\ncode = \"/error/code\"\nmessage = \"/error/text\"\naccepted = [\"0\"]\nopted_out = [\"STOPPED\"]\n";
    let url = format!("{}/send/?type=text", providers.url());
    // What a text says isn't looked at for placeholders, and can't leave its place.
    let body = r#"{% raw %}{secret} {to}{% endraw %} \"}], \\\"phone\\\": \\\"1\\\" Reply STOP to opt out"#;
    let file = campaign(&desk, "http", &url, "Bakery24", "x", "");
    assert!(desk.run(&["campaign", "run", file]).exits(1).err.contains("transport.http: is missing"));
    let file = campaign(&desk, "http", &url, "+15005550006", body, more);
    assert_eq!(sent(&desk, file)["sent"], 1);
    let requests = providers.requests().unwrap();
    let request = requests.iter().find(|request| request["fields"]["phone"] == PLAIN).unwrap();
    assert_eq!(
        (&request["path"], &request["auth"]),
        (&json!("/send/?type=text"), &json!(format!("Token {SECRET}")))
    );
    let text = request["fields"]["deep"][0]["text"].as_str().unwrap();
    assert!(
        text.starts_with("{secret} {to} \"}]") && request["fields"].as_object().unwrap().len() == 4,
        "{request}"
    );
    let reference = request["headers"]["x-ref"].as_str().unwrap();
    assert_eq!(request["fields"]["cb"], format!("{PUBLIC_URL}/sms/main?t={reference}"));
    assert_eq!(verdict(&desk, "sms", OPTED_OUT), "OptedOutChannel");
    let query = campaign(&desk, "infobip", &url, "+15005550006", BODY, "");
    let refused = desk.run(&["campaign", "run", query]).exits(1).err;
    assert!(refused.contains("transport.url: must have no query"), "{refused}");
}

#[test]
fn twilio_is_told_who_has_opted_out() {
    let Some(providers) = TextProviders::start().unwrap() else { return };
    let desk = desk();
    desk.write("gone.csv", format!("phone\n{OPTED_OUT}\n{NO_PHONE}\n"));
    desk.run(&["sms", "import-opt-outs", "gone.csv"]).exits(0);
    desk.write("numbers.txt", format!("{PLAIN}\n"));
    let file = campaign(&desk, "twilio", &providers.url(), SERVICE, BODY, "");
    assert_eq!(sent(&desk, file)["sent"], 1);
    providers.requests().unwrap();
    let told = desk.run(&["--json", "sms", "push-opt-outs", file, "--dry-run"]).exits(0).json();
    assert_eq!(told["optedOut"], 2);
    assert!(providers.requests().unwrap().is_empty(), "a dry run tells nobody");
    // The provider takes one of them, and not the other.
    let told = desk.run(&["--json", "sms", "push-opt-outs", file]).exits(4).json();
    assert_eq!((&told["told"], &told["refused"]), (&json!(1), &json!(1)));
    let requests = providers.requests().unwrap();
    assert_eq!((requests.len(), requests[0].get("wrong")), (1, None), "{requests:?}");
    let items = requests[0]["fields"]["Items"].as_array().unwrap();
    let numbers: Vec<_> = items.iter().map(|item| item["contact_id"].as_str().unwrap()).collect();
    assert_eq!(numbers, [OPTED_OUT, NO_PHONE]);
    assert!(items.iter().all(|item| item["sender_id"] == SERVICE && item["status"] == "opt-out"));
    let other = campaign(&desk, "telnyx", &providers.url(), "+15005550006", BODY, "");
    let refused = desk.run(&["sms", "push-opt-outs", other]).exits(1).err;
    assert!(refused.contains("takes no list of opt-outs"), "{refused}");
}
