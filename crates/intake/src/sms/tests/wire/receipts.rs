//! What became of a text, as each provider tells it.

use consent::BounceReason;
use serde_json::json;

use super::Call;
use super::samples::{self, basic, vonage_fields};
use crate::sms::*;

fn twilio(status: &str, code: &str) -> Call {
    samples::twilio(
        "t=TOKEN",
        &[
            ("MessageSid", "SM1"),
            ("MessageStatus", status),
            ("ErrorCode", code),
            ("To", "+491751234567"),
            ("From", "+15005550006"),
        ],
    )
}

fn sinch(status: &str) -> Call {
    samples::sinch(
        &json!({ "type": "recipient_delivery_report_sms", "batch_id": "B", "recipient": "491751234567", "code": 7, "status": status, "at": "2025-11-24T15:59:00Z", "client_reference": "TOKEN" }),
    )
}

fn infobip(group: &str, error: &str) -> Call {
    basic(
        &json!({ "results": [{ "messageId": "1", "to": "491751234567", "callbackData": "TOKEN", "status": { "groupName": group, "name": "X" }, "error": { "name": error, "permanent": true } }] }),
    )
}

fn telnyx(status: &str, code: &str) -> Call {
    let call = samples::telnyx(
        &json!({ "data": { "event_type": "message.finalized", "payload": { "id": "1", "from": { "phone_number": "+15005550006" }, "to": [{ "phone_number": "+491751234567", "status": status }], "errors": [{ "code": code, "title": "x" }] } } }),
    );
    Call { query: "t=TOKEN".to_owned(), ..call }
}

fn vonage(status: &str, code: &str) -> Call {
    vonage_fields(&[
        ("messageId", "1"),
        ("msisdn", "491751234567"),
        ("to", "15005550006"),
        ("status", status),
        ("err-code", code),
        ("scts", "2001011400"),
        ("client-ref", "TOKEN"),
    ])
}

fn bandwidth(kind: &str) -> Call {
    basic(
        &json!([{ "type": kind, "to": "+491751234567", "errorCode": 4720, "message": { "id": "1", "tag": "TOKEN", "from": "+15005550006" } }]),
    )
}

fn custom(status: &str) -> Call {
    samples::custom(&json!({ "sms": { "to": "+491751234567", "id": 7, "status": status, "ref": "TOKEN" } }))
}

#[test]
fn receipts_tell_delivery_failure_and_opt_out() {
    let soft = |reason| State::Undelivered { reason, hard: false };
    let gone = State::Undelivered { reason: BounceReason::UserUnknown, hard: true };
    for (provider, call, state) in [
        (Provider::Twilio, twilio("delivered", ""), State::Delivered),
        (Provider::Twilio, twilio("undelivered", "30005"), gone),
        (Provider::Twilio, twilio("undelivered", "30007"), soft(BounceReason::SpamDetected)),
        (Provider::Twilio, twilio("failed", "21610"), State::OptedOut),
        (Provider::Sinch, sinch("Delivered"), State::Delivered),
        (Provider::Sinch, sinch("Failed"), soft(BounceReason::NetworkError)),
        (Provider::Sinch, sinch("Deleted"), State::OptedOut),
        (Provider::Infobip, infobip("DELIVERED", ""), State::Delivered),
        (Provider::Infobip, infobip("UNDELIVERABLE", "EC_UNKNOWN_SUBSCRIBER"), gone),
        (Provider::Infobip, infobip("REJECTED", "EC_DEST_ADDRESS_BLACKLISTED"), State::OptedOut),
        (Provider::Telnyx, telnyx("delivered", ""), State::Delivered),
        (Provider::Telnyx, telnyx("delivery_failed", "40001"), gone),
        (Provider::Telnyx, telnyx("sending_failed", "40300"), State::OptedOut),
        (Provider::Vonage, vonage("delivered", "0"), State::Delivered),
        (Provider::Vonage, vonage("failed", "3"), gone),
        (Provider::Vonage, vonage("rejected", "9"), State::OptedOut),
        (Provider::Bandwidth, bandwidth("message-delivered"), State::Delivered),
        (Provider::Bandwidth, bandwidth("message-failed"), gone),
        (Provider::Custom, custom("ok"), State::Delivered),
        (Provider::Custom, custom("no"), soft(BounceReason::Rejected)),
        (Provider::Custom, custom("E7"), State::OptedOut),
    ] {
        let Event::Receipt(receipt) = call.one(provider) else { panic!("{provider:?}") };
        assert_eq!((receipt.state, receipt.token.as_str()), (state, "TOKEN"), "{provider:?} {receipt:?}");
        assert_eq!(crate::sms::number::number(&receipt.to).unwrap().raw(), "+491751234567");
    }
    for (provider, call) in [
        (Provider::Twilio, twilio("sent", "")),
        (Provider::Sinch, sinch("Queued")),
        (Provider::Vonage, vonage("buffered", "0")),
        (Provider::Infobip, infobip("PENDING", "")),
    ] {
        assert_eq!(call.events(provider).passed_over, 1);
    }
}
