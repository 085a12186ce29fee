//! What people at the brand do about texts: reading what may be a refusal, blocks, a provider's own list.

use super::THEM;
use super::stage::{Stage, US, verdict};
use crate::support::Desk;

#[test]
fn what_may_be_a_refusal_is_read_and_decided_once() {
    Desk::on_each_engine(reviewed);
}

fn reviewed(desk: Desk) {
    let Some(stage) = Stage::at(desk) else { return };
    let other = "+491751234568";
    stage.bring_in(&[THEM, other]);
    stage.answers(&stage.text("telnyx", THEM, "m0", "see you tomorrow"), 200);
    stage.answers(&stage.text("telnyx", THEM, "m1", "who is this? stop"), 200);
    stage.answers(&stage.text("telnyx", other, "m2", "how do I stop these"), 200);
    assert_eq!(stage.verdict(THEM), "HeldForReview");
    let desk = stage.killed();
    let waiting = desk.run(&["--json", "sms", "review"]).exits(0).json();
    let waiting = waiting["data"].as_array().unwrap().clone();
    assert_eq!(waiting.len(), 2);
    assert_eq!((&waiting[0]["number"], &waiting[0]["text"]), (&THEM.into(), &"who is this? stop".into()));
    assert_eq!(waiting[0]["earlier"][0]["text"], "see you tomorrow");
    let id = |at: usize| waiting[at]["id"].as_str().unwrap();
    let page = desk.run(&["--json", "sms", "review", "--limit", "1"]).exits(0).json();
    assert_eq!((page["data"].as_array().unwrap().len(), page["next"].as_str()), (1, Some(id(0))));
    let said = desk.run(&["sms", "review", "--list", "--limit", "1"]).exits(0).err;
    assert!(said.contains(&format!("--after {}", id(0))), "{said}");
    let page = desk.run(&["--json", "sms", "review", "--after", id(0)]).exits(0).json();
    assert_eq!((&page["data"][0]["id"], page["next"].as_str()), (&waiting[1]["id"], None));
    let decide = |id: &str, decision| desk.run(&["--json", "sms", "decide", id, decision]);
    assert_eq!(decide(id(0), "refused").exits(0).json()["outcome"], "refused");
    assert_eq!(decide(id(0), "fine").exits(0).json()["outcome"], "decidedBefore");
    assert_eq!(decide(id(1), "fine").exits(0).json()["outcome"], "released");
    assert_eq!(
        (verdict(&desk, "sms", THEM), verdict(&desk, "sms", other)),
        ("OptedOutChannel".into(), "permit".into())
    );
    let shown = desk.run(&["--json", "sms", "show", THEM]).exits(0).json();
    assert_eq!(shown["blocks"][0]["sender"], US);
    // The refusal has the text as its proof.
    let profile = desk.run(&["--json", "profile", "show", THEM]).exits(0).out;
    assert!(profile.contains("\"source\":\"sms\""), "{profile}");
    assert!(desk.run(&["sms", "review", "--list"]).exits(0).out.contains("nothing waits"));
    let missing = decide("00000000000000000000000000000000", "fine").exits(1).err;
    assert!(missing.contains("\"hint\":\"`consentry sms review --list`"), "{missing}");
    desk.run(&["sms", "unblock", THEM, US]).exits(0);
    desk.run(&["sms", "unblock", THEM, US]).exits(1);
    assert_eq!(verdict(&desk, "sms", THEM), "OptedOutChannel", "consent stays");
    desk.run(&["ledger", "verify"]).exits(0);
}

#[test]
fn without_a_terminal_nothing_is_asked() {
    let desk = Desk::new();
    let refused = desk.run(&["sms", "review"]).exits(1);
    assert!(refused.err.contains("no terminal") && refused.err.contains("hint:"), "{}", refused.err);
}

#[test]
fn a_providers_list_opts_out_and_blocks_and_never_lifts() {
    Desk::on_each_engine(|desk| list_taken(&desk));
}

fn list_taken(desk: &Desk) {
    desk.write(
        "export.csv",
        "\u{feff}Account,To,Opted-out at\nAC1,+14155550100,2026-01-02T03:04:05Z\nAC1,14155550101,\nAC1,nobody,\nAC1,+52 1 55 1234 5678,\n",
    );
    let import = |file: &str| desk.run(&["--json", "sms", "import-opt-outs", file, "--sender", US]);
    let first = import("export.csv").exits(4);
    assert!(first.err.contains("export.csv:4: holds no number"), "{}", first.err);
    let first = first.json();
    assert_eq!((&first["read"], &first["recorded"], &first["failed"]), (&4.into(), &3.into(), &1.into()));
    assert_eq!(import("export.csv").exits(4).json()["known"], 3);
    for number in ["+14155550100", "+14155550101", "+525512345678"] {
        assert_eq!(verdict(desk, "sms", number), "OptedOutChannel", "{number}");
        let shown = desk.run(&["--json", "sms", "show", number]).exits(0).json();
        assert_eq!(shown["blocks"][0]["sender"], US);
    }
    desk.write("plain.txt", "+14155550103\n+14155550104\n");
    assert_eq!(import("plain.txt").exits(0).json()["recorded"], 2);
    // A log of messages tells by its codes who has opted out.
    desk.write("log.csv", "From,To,ErrorCode\n+15005550006,+14155550105,21610\n+15005550006,+14155550106,30005\n+15005550006,'+14155550107,\n");
    let log = import("log.csv").exits(0).json();
    assert_eq!((&log["recorded"], &log["other"]), (&1.into(), &2.into()));
    assert_eq!(verdict(desk, "sms", "+14155550105"), "OptedOutChannel");
    assert_eq!(verdict(desk, "sms", "+14155550106"), "permit");
    // Spreadsheets write UTF-16, and a line without an end is no file of numbers.
    let wide: Vec<u8> =
        "\u{feff}msisdn;date\n14155550108;1\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    desk.write("wide.csv", wide);
    assert_eq!(import("wide.csv").exits(0).json()["recorded"], 1);
    desk.write("endless.csv", format!("phone\n{}\n+14155550109\n", "1".repeat(2 << 20)));
    let endless = import("endless.csv").exits(4);
    assert!(endless.err.contains("endless.csv:2: longer than"), "{}", endless.err);
    assert_eq!(endless.json()["recorded"], 1);
    desk.write("empty.csv", "a,b\n1,2\n");
    let wrong = import("empty.csv").exits(1).err;
    assert!(wrong.contains("`a`, `b`") && wrong.contains("--column"), "{wrong}");
    desk.run(&["ledger", "verify"]).exits(0);
}
