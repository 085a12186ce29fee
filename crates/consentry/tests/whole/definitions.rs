//! Definitions as their authors meet them: files, the store, and runs that name their versions.

use serde_json::{Value, json};

use crate::support::Desk;

const WAY_OUT: &str = "<p>Buy</p><a href=\"{{ unsubscribe_url }}\">Unsubscribe</a>\n";

/// A campaign's file as the documentation shows it, with every path that there can be.
fn campaign(port: u16, more: &str) -> String {
    format!(
        "name = \"spring\"\n[audience]\nfile = \"people.csv\"\n[configuration]\nname = \"mail\"\nchannel = \"email\"\n\
         category = \"marketing\"\nfrom = \"Shop <n@shop.example>\"\npublic_url = \"https://m.shop.example\"\n\
         [configuration.transport]\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\n{more}[content]\nsubject = \"Hi\"\n\
         html_file = \"spring.html\"\n"
    )
}

fn desk() -> Desk {
    let desk = Desk::new();
    desk.write("people.csv", "email\nann@example.com\nnobody\n");
    desk.write("spring.html", WAY_OUT);
    desk
}

fn examples() -> String {
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples").to_owned()
}

#[test]
fn the_examples_are_applied_and_come_back_as_they_were() {
    Desk::on_each_engine(|desk| {
        let examples = examples();
        let planned = desk.run(&["plan", "-f", &examples]).exits(0).out;
        let expected =
            "+ configuration/marketing-mail: new\n+ content/brew-letter: new\n+ campaign/spring-beans: new\n";
        assert_eq!(planned, expected);
        assert_eq!(desk.run(&["apply", "-f", &examples, "--dry-run"]).exits(0).out, expected);
        assert!(desk.run(&["definition", "list"]).exits(0).out.starts_with("no definitions yet"));
        let applied = desk.run(&["apply", "-f", &examples]).exits(0);
        assert!(applied.out.contains("+ campaign/spring-beans: new, version 1"), "{applied:?}");
        assert!(applied.err.contains("warning: campaign spring-beans: configuration.dkim"), "{applied:?}");
        let unchanged = "  configuration/marketing-mail: unchanged, version 1\n  content/brew-letter: unchanged, version 1\n  \
                         campaign/spring-beans: unchanged, version 1\n";
        assert_eq!(desk.run(&["plan", "-f", &examples]).exits(0).out, unchanged);
        let written = desk.run(&["export", "--output", "out", "--json"]).exits(0).json();
        let files = [
            "out/configuration/marketing-mail.toml",
            "out/content/brew-letter.toml",
            "out/campaign/spring-beans.toml",
        ];
        assert_eq!(written["files"], json!(files));
        assert_eq!(desk.run(&["plan", "-f", "out"]).exits(0).out, unchanged);
        let all = desk.run(&["export"]).exits(0).out;
        desk.write("all.json", all);
        assert_eq!(desk.run(&["plan", "-f", "all.json"]).exits(0).out, unchanged);
        let one = desk.run(&["export", "campaign/spring-beans"]).exits(0).out;
        assert!(one.contains("configuration = \"marketing-mail\""), "{one}");
        // Nothing of it says where a secret is.
        let shown =
            desk.run(&["definition", "show", "configuration/marketing-mail", "--json"]).exits(0).json();
        assert_eq!(shown["document"]["transport"]["secret"], "smtp-password");
        let missing = desk.run(&["campaign", "run", "spring-beans"]).exits(1).err;
        assert!(missing.contains("the secret `smtp-password` isn't known here"), "{missing}");
        assert!(
            missing.contains("hint: set the environment variable CONSENTRY_SECRET_SMTP_PASSWORD"),
            "{missing}"
        );
        let missing = desk.run(&["definition", "show", "campaign/summer"]).exits(1).err;
        assert!(missing.contains("there is no campaign `summer`\nhint: "), "{missing}");
    });
}

#[test]
fn a_campaign_s_file_is_stored_and_its_run_says_which_version_it_was() {
    let desk = desk();
    let port = xtask::servers::free_port().unwrap();
    desk.write("pw", "s3cret\n");
    desk.write(
        "spring.toml",
        campaign(port, "insecure_auth = true\nusername = \"u\"\npassword_file = \"pw\"\n"),
    );
    let forecast = desk.run(&["campaign", "run", "spring.toml", "--dry-run"]).exits(0);
    assert!(forecast.out.contains("spring"), "{forecast:?}");
    assert!(
        desk.run(&["definition", "list"]).exits(0).out.starts_with("no definitions yet"),
        "a look changes nothing"
    );
    // Nobody takes its mail, so the run stays open.
    let ran = desk.run(&["campaign", "run", "spring.toml", "--no-wait"]);
    assert_ne!(ran.code, 0, "{ran:?}");
    let versions = |desk: &Desk| -> Value {
        desk.run(&["campaign", "report", "--json"]).exits(0).json()["data"][0]["versions"].clone()
    };
    assert_eq!(versions(&desk), json!({"campaign": 1}));
    let words = desk.run(&["campaign", "report"]).exits(0).out;
    assert!(words.contains(", version 1, open, "), "{words}");
    let shown = desk.run(&["definition", "show", "campaign/spring", "--json"]).exits(0).json();
    assert_eq!((&shown["state"], &shown["current"]), (&json!("live"), &json!(1)));
    let document = &shown["document"];
    assert_eq!(document["content"]["html"], WAY_OUT);
    assert_eq!(document["configuration"]["transport"]["secret"], "mail.password");
    assert!(!shown.to_string().contains("s3cret") && !shown.to_string().contains("_file"), "{shown}");
    let notes = std::fs::read_to_string(desk.data_dir().join("secrets.toml")).unwrap();
    assert!(notes.contains("mail.password") && !notes.contains("s3cret"), "{notes}");
    // The relay may be mended: the run goes on, with the current version.
    let mended = campaign(port, "").replace("127.0.0.1", "localhost");
    desk.write("spring.toml", mended);
    let ran = desk.run(&["campaign", "run", "spring.toml", "--no-wait"]);
    assert!(!ran.err.contains("other content"), "{ran:?}");
    // What it says may not, until the run has ended; by its name it goes on with what it began with.
    desk.write("spring.html", WAY_OUT.replace("Buy", "Buy now"));
    let other = desk.run(&["campaign", "run", "spring.toml", "--no-wait"]).exits(1).err;
    assert!(
        other.contains("with other content") && other.contains("`consentry campaign run \"spring\"`"),
        "{other}"
    );
    let named = desk.run(&["campaign", "run", "spring", "--no-wait"]);
    assert!(!named.err.contains("other content") && !named.err.contains("no such file"), "{named:?}");
    assert_eq!(versions(&desk), json!({"campaign": 1}));
}

#[test]
fn what_is_refused_is_not_stored_and_told_by_file_and_line() {
    let desk = desk();
    desk.write("mail.toml", "name = \"mail\"\nchannel = \"email\"\ncategory = \"marketing\"\nfrom = \"nobody\"\ntransport = { host = \"h\" }\n");
    let wrong = desk.run(&["apply", "-f", "mail.toml"]).exits(1).err;
    assert!(wrong.starts_with("error: mail.toml:4: from: "), "{wrong}");
    let problem: Value =
        serde_json::from_str(desk.run(&["apply", "-f", "mail.toml", "--json"]).exits(1).err.trim_end())
            .unwrap();
    assert_eq!(problem["type"], "urn:consentry:problem:definition-invalid");
    assert_eq!(problem["errors"][0]["pointer"], "/from");
    desk.write("spring.toml", campaign(25, ""));
    desk.write("spring.html", "<p>Buy</p>");
    let refused = desk.run(&["apply", "-f", "spring.toml"]).exits(5).err;
    assert!(refused.starts_with("error: spring.toml: nothing was stored: campaign spring: "), "{refused}");
    assert!(desk.run(&["definition", "list"]).exits(0).out.starts_with("no definitions yet"));
    // A run stores it as a draft, and sends nothing.
    let refused = desk.run(&["campaign", "run", "spring.toml"]).exits(5).err;
    assert!(refused.contains("not sent: the content was refused"), "{refused}");
    let listed = desk.run(&["definition", "list", "--json"]).exits(0).json();
    assert_eq!((&listed["data"][0]["state"], &listed["data"][0]["version"]), (&json!("draft"), &json!(1)));
    desk.run(&["definition", "archive", "campaign/spring"]).exits(0);
    let archived = desk.run(&["campaign", "run", "spring"]).exits(1).err;
    assert!(archived.contains("is archived\nhint: `consentry apply -f FILE`"), "{archived}");
    for (arguments, word) in [
        (&["apply", "-f", "gone.toml"][..], "gone.toml: can't be read"),
        (&["apply", "-f", "data"], "data: there is no definition"),
        (&["campaign", "run", "gone"], "gone: there is no such file, and no campaign of that name is stored"),
        (&["export", "content/none"], "there is no content `none`"),
    ] {
        let told = desk.run(arguments).exits(1).err;
        assert!(told.contains(word) && told.contains("error: "), "{arguments:?}: {told}");
    }
    desk.run(&["export", "page"]).exits(2);
    desk.run(&["definition", "show", "content"]).exits(2);
}

#[test]
fn a_secret_is_found_in_the_environment_or_by_the_server_s_file() {
    let desk = Desk::new();
    let relay = "host = \"127.0.0.1\"\nport = 1\ntls = \"none\"\ninsecure_auth = true\nusername = \"u\"\nsecret = \"smtp\"\n";
    let text = campaign(1, "").replace("host = \"127.0.0.1\"\nport = 1\ntls = \"none\"\n", relay);
    desk.write("people.csv", "email\nann@example.com\n");
    desk.write("spring.html", WAY_OUT);
    desk.write("spring.toml", text);
    let run = |variables: &[(&str, &str)]| {
        let mut command = desk.command(&["campaign", "run", "spring.toml", "--no-wait"]);
        let ran = command.envs(variables.iter().copied()).output().unwrap();
        String::from_utf8(ran.stderr).unwrap()
    };
    assert!(run(&[]).contains("the secret `smtp` isn't known here"));
    let found = run(&[("CONSENTRY_SECRET_SMTP", "hunter2")]);
    assert!(!found.contains("isn't known") && !found.contains("hunter2"), "{found}");
    desk.write("consentry.toml", "[secrets]\nsmtp = { file = \"pw\" }\n");
    let found = run(&[("CONSENTRY_CONFIG", "consentry.toml")]);
    assert!(found.contains("password_file"), "the file that it names isn't there: {found}");
    desk.write("pw", "hunter2\n");
    let found = run(&[("CONSENTRY_CONFIG", "consentry.toml")]);
    assert!(!found.contains("isn't known") && !found.contains("password_file"), "{found}");
}
