use proptest::prelude::*;
use serde_json::json;

use super::*;

const CONFIGURATION: &str = "[configuration]\nname = 'c'\nchannel = 'email'\ncategory = 'marketing'\n\
    from = 'Shop <n@shop.example>'\npublic_url = 'https://m.shop.example'\ntransport = { host = 'h', port = 25 }\n";

struct Folder(tempfile::TempDir);

impl Folder {
    fn of(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn campaign(&self, name: &str) -> Result<Loaded> {
        Loaded::campaign(&self.path(name))
    }
}

/// What is told of a file, without the folder.
fn told_of(folder: &Folder, result: Result<Loaded>) -> String {
    format!("{:#}", result.unwrap_err()).replace(&format!("{}/", folder.0.path().display()), "")
}

#[test]
fn what_a_path_leads_to_takes_its_place() {
    let text = format!(
        "name = 'spring'\naudience = {{ file = 'people.csv' }}\n{CONFIGURATION}\
         [[configuration.dkim]]\ndomain = 'shop.example'\nselector = 's1'\nkey_file = 'keys/s1.pem'\n\
         [content]\nsubject = 'Hi'\nhtml_file = 'spring.html'\ntext_file = 'spring.txt'\n\
         [content.fallback]\nsubject = 'Hi'\nhtml_file = 'plain.html'\n"
    );
    let text =
        text.replace("port = 25", "port = 25, username = 'u', password_file = 'pw', ca_file = 'ca.pem'");
    let folder = Folder::of(&[
        ("mail/spring.toml", &text),
        ("mail/people.csv", "email\nann@example.com\n"),
        ("mail/spring.html", "\u{feff}<p>é</p>\r\n"),
        ("mail/spring.txt", "t\n"),
        ("mail/plain.html", "<p>"),
    ]);
    let loaded = folder.campaign("mail/spring.toml").unwrap();
    let [one] = loaded.documents.as_slice() else { panic!("{loaded:?}") };
    let document = &one.document;
    assert_eq!(document["content"]["html"], "<p>é</p>\r\n");
    assert_eq!(document["content"]["fallback"], json!({"subject": "Hi", "html": "<p>"}));
    let hash = "fe5bcc5a4e9ea8ef2a6a9d96c27dd8ea0ed6ba5ef1ac79e7d1c85d6ad0a0d1f9".len();
    let upload = document["audience"]["upload"].as_str().unwrap();
    assert_eq!((upload.len(), document["audience"].as_object().unwrap().len()), (hash, 1));
    assert!(loaded.uploads.contains_key(upload));
    let transport = &document["configuration"]["transport"];
    assert_eq!((&transport["secret"], &transport["ca"]), (&json!("c.password"), &json!("c.ca")));
    assert_eq!(document["configuration"]["dkim"][0]["secret"], "c.dkim-s1");
    let places: Vec<_> = loaded.places.iter().map(|(name, path)| (name.as_str(), path.clone())).collect();
    let expected = [("c.ca", "ca.pem"), ("c.dkim-s1", "keys/s1.pem"), ("c.password", "pw")];
    let file = |path: &str| SecretPlace::File(folder.path(&format!("mail/{path}")));
    assert_eq!(places, expected.map(|(name, path)| (name, file(path))));
    // No place is left.
    assert!(!document.to_string().contains("_file"), "{document}");
    std::fs::write(
        folder.path("mail/env.toml"),
        text.replace("password_file = 'pw'", "password_env = 'SMTP'"),
    )
    .unwrap();
    let by_variable = folder.campaign("mail/env.toml").unwrap();
    assert_eq!(by_variable.documents[0].document, *document);
    assert_eq!(by_variable.places["c.password"], SecretPlace::Env("SMTP".to_owned()));
    let documents = Documents { campaign: document, configuration: None, content: None };
    Campaign::from_documents(documents).unwrap();
}

#[test]
fn a_configuration_s_file_becomes_a_definition_of_its_own() {
    let campaign = "name = 'a'\naudience = { all = true }\nconfiguration_file = '../mail.toml'\n[content]\nsubject = 's'\ntext = 't'\n";
    let configuration = CONFIGURATION.replace("[configuration]\n", "");
    let folder = Folder::of(&[
        ("mail.toml", &configuration),
        ("campaigns/a.toml", campaign),
        ("campaigns/b.toml", &campaign.replace("'a'", "'b'")),
        ("campaigns/note.txt", "not a definition"),
        (".hidden/x.toml", "nonsense"),
    ]);
    let loaded = folder.campaign("campaigns/a.toml").unwrap();
    let kinds: Vec<_> = loaded.documents.iter().map(|one| one.kind).collect();
    assert_eq!(kinds, [DefinitionKind::Configuration, DefinitionKind::Campaign]);
    assert_eq!(loaded.documents[1].document["configuration"], "c");
    // In a folder it is read once, whoever names it.
    let loaded = Loaded::read(&[folder.0.path().to_owned()]).unwrap();
    assert_eq!(loaded.documents.len(), 3);
    assert_eq!(loaded.of_kind(DefinitionKind::Configuration).count(), 1);
    let secrets = KnownSecrets::new(folder.0.path().into(), None);
    assert_eq!(super::configuration(&folder.path("mail.toml"), &secrets).unwrap().name, "c");
    assert_eq!(super::configuration(&folder.path("campaigns/a.toml"), &secrets).unwrap().name, "c");
}

#[test]
fn a_wrong_file_is_told_with_its_line_and_the_remedy() {
    let head = "name = 'a'\naudience = { all = true }\n";
    let mail = "[content]\nsubject = 's'\ntext = 't'\n";
    let parse = |text: &str, end: &str| {
        let name = format!("c.{end}");
        let folder = Folder::of(&[(&*name, text), ("a.html", "<p>")]);
        let loaded = folder.campaign(&name).and_then(|loaded| {
            let one = loaded.of_kind(DefinitionKind::Campaign).next().unwrap();
            let documents = Documents { campaign: &one.document, configuration: None, content: None };
            Campaign::from_documents(documents).map_err(|error| one.wrong(&error))?;
            Ok(loaded)
        });
        told_of(&folder, loaded)
    };
    for (text, expected) in [
        (
            format!("{head}nonsense = 1\n{CONFIGURATION}{mail}"),
            "c.toml:3: nonsense: unknown field `nonsense`\nhint: write one of ",
        ),
        (
            format!("{head}{CONFIGURATION}{}", mail.replace("'t'", "7")),
            "c.toml:12: content.text: invalid type: integer `7`\nhint: write a string",
        ),
        (
            format!("{head}{}{mail}", CONFIGURATION.replace("25", "0x1FFFFF")),
            "c.toml:9: configuration.transport.port: invalid value: integer `2097151`\nhint: write u16",
        ),
        (
            format!("{head}{CONFIGURATION}{mail}html_file = 'gone.html'\n"),
            "c.toml:13: content.html_file: gone.html can't be read: entity not found\nhint: name a file",
        ),
        (
            format!("{head}{CONFIGURATION}{mail}html = '<p>'\nhtml_file = 'a.html'\n"),
            "c.toml:13: content.html: is named twice\nhint: name only one of html and html_file",
        ),
        (
            format!("{head}{mail}"),
            "c.toml: configuration: is missing, or named twice\nhint: name exactly one of",
        ),
        (
            format!("{head}configuration_file = 'x.toml'\n{CONFIGURATION}{mail}"),
            "c.toml:4: configuration: is missing, or named twice",
        ),
        (
            format!("{head}configuration_file = 'gone.toml'\n{mail}"),
            "gone.toml: can't be read: entity not found",
        ),
        (
            format!("{head}{CONFIGURATION}{mail}[confirmation]\nchannel = 'http://x.example'\n"),
            "c.toml:14: confirmation.channel: ",
        ),
        (head.replace("true", "false") + CONFIGURATION + mail, "c.toml:2: audience: name exactly one of"),
        (
            format!("{head}audience = {{ file = 'gone.csv' }}\n{CONFIGURATION}{mail}").replacen(
                "audience = { all = true }\n",
                "",
                1,
            ),
            "c.toml:2: audience.file: gone.csv can't be read",
        ),
        (format!("{head}x = = 1\n"), "c.toml:3: "),
    ] {
        let told = parse(&text, "toml");
        assert!(told.starts_with(expected), "{told}\n{text}");
    }
    let yaml = "name: a\naudience:\n  all: true\nconfiguration:\n  name: c\n  channel: email\n  category: marketing\n  \
                from: n@shop.example\n  transport: {host: h}\ncontent:\n  subject: s\n  text: [t]\n";
    assert!(
        parse(yaml, "yaml").starts_with("c.yaml:12: content.text: invalid type: sequence"),
        "{}",
        parse(yaml, "yaml")
    );
    assert!(parse("name: a\n name: b\n", "yml").starts_with("c.yml:"));
    let json = "{\n \"name\": \"a\",\n \"audience\": {\n  \"all\": 1\n }, \"configuration\": {}, \"content\": {}\n}\n";
    assert!(parse(json, "json").starts_with("c.json:4: audience.all: "), "{}", parse(json, "json"));
    assert!(parse("{\n \"name\": }", "json").starts_with("c.json:2: expected value"));
    assert!(parse("[]", "json").starts_with("c.json: holds 0 campaigns"));
}

#[test]
fn a_secret_in_a_file_is_refused_and_not_repeated() {
    let key = "transport = { host = 'h', port = 25 }";
    for (relay, place) in [
        ("transport = { host = 'h', password = 'hunter2' }", "c.toml:9: configuration.transport.password"),
        (
            "transport = { host = 'h', username = 'u', secret = 'hunter2 is it' }",
            "c.toml:9: configuration.transport.secret",
        ),
        (
            "transport = { host = 'h', secret = 'a', password_file = 'hunter2' }",
            "c.toml:9: configuration.transport.password_file",
        ),
    ] {
        let text = format!(
            "name = 'a'\naudience = {{ all = true }}\n{}[content]\nsubject = 's'\ntext = 't'\n",
            CONFIGURATION.replace(key, relay)
        );
        let folder = Folder::of(&[("c.toml", &text)]);
        let loaded = folder.campaign("c.toml").and_then(|loaded| {
            let one = &loaded.documents[0];
            ChannelConfiguration::from_document(&one.document["configuration"])
                .map_err(|error| one.wrong(&error.under("configuration")))?;
            Ok(loaded)
        });
        let told = told_of(&folder, loaded);
        assert!(!told.contains("hunter2"), "{told}");
        assert!(told.starts_with(place), "{told}");
    }
}

#[test]
fn what_a_document_describes_shows_unless_it_says_so() {
    for (text, kind) in [
        ("name = 'a'\naudience = { all = true }\nconfiguration = 'c'\ncontent = 'd'\n", "campaign"),
        ("kind = 'content'\nname = 'a'\nsubject = 's'\ntext = 't'\n", "content"),
        ("name = 'a'\ntext = 't'\n", "content"),
        ("name = 'a'\nchannel = 'sms'\n", "configuration"),
    ] {
        let folder = Folder::of(&[("a.toml", text)]);
        let loaded = Loaded::read(&[folder.path("a.toml")]).unwrap();
        assert_eq!(loaded.documents[0].kind.as_str(), kind, "{text}");
        assert_eq!(loaded.documents[0].document.get("kind"), None);
    }
    for (text, line) in
        [("name = 'a'\n", "a.toml: doesn't say"), ("x = 1\nkind = 'page'\n", "a.toml:2: kind: isn't one")]
    {
        let folder = Folder::of(&[("a.toml", text)]);
        let told = told_of(&folder, Loaded::read(&[folder.path("a.toml")]));
        assert!(told.starts_with(line), "{told}");
    }
    let several = "kind: content\nname: a\ntext: t\n---\nname: b\ntext: u\n";
    let folder = Folder::of(&[("all.yaml", several)]);
    let loaded = Loaded::read(&[folder.0.path().to_owned()]).unwrap();
    assert_eq!(loaded.documents[1].place("/text"), format!("{}:6", folder.path("all.yaml").display()));
}

fn version(name: &str, document: Value) -> service::definitions::Version {
    service::definitions::Version {
        kind: DefinitionKind::Content,
        name: name.to_owned(),
        version: 1,
        current: 1,
        state: "checked",
        created_at: consent::Timestamp(0),
        actor: "cli".to_owned(),
        document,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whatever a text holds, it is the same when it is read again.
    #[test]
    fn what_is_written_reads_as_it_was(name in ".{1,60}", text in any::<String>(), lines in "[ \\t\\r\\n\"'\\\\#<>a-c]{0,60}") {
        let document = json!({"name": name, "subject": text, "html": lines, "fallback": {"text": text}});
        let folder = tempfile::tempdir().unwrap();
        let written = write(folder.path(), &[version(&name, document.clone())]).unwrap();
        prop_assert!(written[0].starts_with(folder.path().join("content")));
        let loaded = Loaded::read(&[folder.path().to_owned()]).unwrap();
        prop_assert_eq!(&loaded.documents[0].document, &document);
        prop_assert_eq!(loaded.documents[0].kind, DefinitionKind::Content);
    }
}

#[test]
fn no_name_leads_out_of_the_folder() {
    let long = "é/".repeat(200);
    for name in ["..", ".", "../../etc/x", "a/b", "/abs", "a\\b", &long, "spring sale"] {
        let folder = tempfile::tempdir().unwrap();
        let written = write(folder.path(), &[version(name, json!({"name": name, "text": null}))]).unwrap();
        assert_eq!(written[0].parent(), Some(folder.path().join("content").as_path()), "{name}");
        assert!(written[0].is_file());
        // What TOML can't say is JSON.
        assert_eq!(written[0].extension().unwrap(), "json");
    }
}
