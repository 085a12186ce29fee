//! What is said before a text goes out: how long it is, who gets it, and whether there is a way out.

use serde_json::json;

use crate::support::{Desk, Ran};

fn desk() -> Desk {
    let desk = Desk::new();
    desk.write("secret", "s3cret-0123456789");
    desk.write("people.csv", "id,phone,locale\na,+491751234567,de\n");
    desk.run(&["init", "--brand", "Bakery", "--public-url", "https://c.example.com"]).exits(0);
    desk.run(&["import", "profiles", "people.csv"]).exits(0);
    desk
}

/// A dry run of a text from a sender; `content`: further keys.
fn dry_run(desk: &Desk, from: &str, text: &str, content: &str) -> Ran {
    let file = format!(
        "name = \"c\"\naudience = {{ all = true }}\n[configuration]\nname = \"c\"\nchannel = \"sms\"\ncategory = \"marketing\"\n\
         from = \"{from}\"\n[configuration.transport]\nprovider = \"infobip\"\nsecret_file = \"secret\"\n\
         url = \"http://127.0.0.1:9\"\nreceiver = \"main\"\n[content]\ntext = \"\"\"{text}\"\"\"\n{content}\n"
    );
    desk.write("c.toml", file);
    desk.run(&["campaign", "run", "c.toml", "--dry-run"])
}

#[test]
fn segments_are_shown_before_anything_is_sent() {
    let desk = desk();
    let shown = dry_run(&desk, "12345", "Sale! Reply STOP to opt out", "").exits(0);
    assert!(shown.out.contains("1 segment, 27 of 160 characters in GSM-7"), "{}", shown.out);
    assert!(shown.out.contains("segments in all, about"), "{}", shown.out);
    let wide =
        dry_run(&desk, "12345", &format!("Sale 🎂 {} Reply STOP to opt out", "x".repeat(80)), "").exits(0);
    assert!(wide.err.contains("without `🎂`"), "{}", wide.err);
    let value = desk.run(&["--json", "campaign", "run", "c.toml", "--dry-run"]).exits(0).json();
    assert_eq!(value["segments"], json!({ "count": 2, "units": 110, "encoding": "UCS-2" }));
    assert_eq!(value["permitted"], 1);
    let long = dry_run(&desk, "12345", &format!("{} Reply STOP to opt out", "x".repeat(1_600)), "").exits(5);
    assert!(long.err.contains("has 1622 characters; providers take 1600"), "{}", long.err);
}

#[test]
fn a_text_without_a_way_out_is_refused_and_told_what_to_add() {
    let desk = desk();
    let refused = |from: &str, text: &str, content: &str| dry_run(&desk, from, text, content).exits(5).err;
    for (language, stop, link) in [
        ("en", "Reply STOP to opt out", "Opt out: {{ unsubscribe_url }}"),
        ("fr", "répondez STOP", "Se désinscrire : {{ unsubscribe_url }}"),
        ("pt-BR", "Responda SAIR", "Cancelar: {{ unsubscribe_url }}"),
        ("nb", "Svar STOPP", "Meld deg av: {{ unsubscribe_url }}"),
        ("ja", "「停止」と返信", "配信停止: {{ unsubscribe_url }}"),
    ] {
        let said = refused("12345", "Come and stop by the store", &format!("language = \"{language}\""));
        assert!(said.contains(stop) && said.contains(link), "{language}: {said}");
        // Nobody can reply to a name.
        let said = refused("Bakery", "Sale! Reply STOP to opt out", &format!("language = \"{language}\""));
        assert!(!said.contains(stop) && said.contains(link), "{language}: {said}");
    }
    // Where the campaign doesn't say in which language it is, in that of the reader.
    assert!(refused("12345", "Sale!", "").contains("Abmelden mit STOP"));
    assert!(
        refused("Bakery", "Out: https://c.example.com/s/QQLAhD0HQHUnG3t8pbY", "").contains("doesn't work")
    );
    for (from, text) in [
        ("Bakery", "Sale! Out: {{ unsubscribe_url }}"),
        ("Bakery", "Sale! {{ preferences_url }}"),
        ("+18885550100", "Sale! Reply STOP to opt out"),
    ] {
        dry_run(&desk, from, text, "").exits(0);
    }
}
