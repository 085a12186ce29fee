//! What campaigns of texts say about one person, and why they couldn't be sent.

use crate::support::Desk;

fn now(desk: &Desk, address: &str) -> String {
    let explained = desk.run(&["campaign", "explain", "t", address, "--json"]).exits(0).json();
    let now = &explained["now"];
    format!("{} ({})", now["decision"].as_str().unwrap(), now["reason"].as_str().unwrap())
}

#[test]
fn a_campaign_of_texts_is_explained_as_texts() {
    let desk = Desk::new();
    desk.run(&["init", "--public-url", "https://m.shop.example"]).exits(0);
    desk.write(
        "people.jsonl",
        "{\"id\":\"1\",\"email\":\"ann@example.com\",\"phone\":\"+491751234500\"}\n{\"id\":\"2\",\"email\":\"bob@example.com\"}\n",
    );
    let people = desk.path("people.jsonl").display().to_string();
    desk.run(&["import", "profiles", &people]).exits(0);
    desk.write("secret", "s3cret");
    let file = desk.write(
        "t.toml",
        "name = \"t\"\naudience = { all = true }\n[configuration]\nname = \"c\"\nchannel = \"sms\"\ncategory = \"marketing\"\n\
         from = \"+15005550006\"\n[configuration.transport]\nprovider = \"twilio\"\naccount = \"AC1\"\nsecret_file = \"secret\"\n\
         url = \"http://127.0.0.1:9\"\n[content]\ntext = \"Shop: sale. Reply STOP to opt out\"\n",
    );
    let ran = desk.run(&["campaign", "run", &file.display().to_string()]).exits(1);
    assert!(
        ran.err.contains("127.0.0.1:9") && ran.err.contains("hint: nothing listens there"),
        "{}",
        ran.err
    );
    assert_eq!(now(&desk, "+491751234500"), "permit (Default)");
    assert_eq!(now(&desk, "bob@example.com"), "exclude (AddressMissing)");
    // A no to email says nothing of texts, and a no to texts does.
    desk.run(&["opt-out", "ann@example.com"]).exits(0);
    assert_eq!(now(&desk, "ann@example.com"), "permit (Default)");
    desk.run(&["opt-out", "+491751234500"]).exits(0);
    assert_eq!(now(&desk, "ann@example.com"), "exclude (OptedOutChannel)");
}

/// Two addresses of one person, each with an opt-out of its own: the entry named is that of the address asked about.
#[test]
fn a_check_names_the_entry_of_the_address_asked_about() {
    let desk = Desk::new();
    desk.write("one.csv", "id,email\n1,ann@home.example\n");
    desk.write("two.csv", "id,email\n1,ann@work.example\n");
    for file in ["one.csv", "two.csv"] {
        desk.run(&["import", "profiles", file]).exits(0);
    }
    let entry = |address: &str| {
        let checked = desk.run(&["check", "--channel", "email", "--address", address, "--json"]).json();
        assert_eq!(checked["reason"], "OptedOutAddress");
        let rows = checked["trace"].as_array().unwrap();
        rows.iter().find(|row| row["row"] == 8).unwrap()["entry"].as_str().unwrap().to_owned()
    };
    let addresses = ["ann@home.example", "ann@work.example"];
    let profiles = addresses.map(|address| {
        desk.run(&["opt-out", address, "--level", "identity"]).exits(0);
        desk.run(&["check", "--channel", "email", "--address", address, "--json"]).json()["profile"].clone()
    });
    assert_eq!(profiles[0], profiles[1], "one person");
    assert_ne!(entry(addresses[0]), entry(addresses[1]));
}
