//! The shape of what every command prints with `--json`, as a snapshot: names and kinds of values, not the values. A change of it is
//! seen in review, and said in CHANGELOG.md. `INSTA_UPDATE=always` writes it anew.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use crate::support::Desk;

const CAMPAIGN: &str = "name = \"t\"\naudience = { all = true }\n[configuration]\nname = \"c\"\nchannel = \"sms\"\n\
    category = \"marketing\"\nfrom = \"+15005550006\"\n[configuration.transport]\nprovider = \"twilio\"\naccount = \"AC1\"\n\
    secret_file = \"secret\"\nurl = \"http://127.0.0.1:9\"\n[content]\ntext = \"Shop: sale. Reply STOP to opt out\"\n";

/// What a value is: of a list its first row, of a text that is a time or an id what it is.
fn shape(value: &Value) -> Value {
    match value {
        Value::Null => "null".into(),
        Value::Bool(_) => "boolean".into(),
        Value::Number(_) => "number".into(),
        Value::String(text) => kind(text).into(),
        Value::Array(rows) => rows.first().map(shape).into_iter().collect(),
        Value::Object(members) => {
            let shaped = members.iter().map(|(name, value)| (name.clone(), shape(value)));
            Value::Object(shaped.collect::<Map<_, _>>())
        }
    }
}

fn kind(text: &str) -> String {
    let id = text.split_once('_').filter(|(_, digits)| digits.parse::<u64>().is_ok());
    match id {
        Some((prefix, _)) => format!("{prefix}_1"),
        None if consent::Timestamp::parse(text).is_ok() => "time".to_owned(),
        None => "text".to_owned(),
    }
}

fn set_up(desk: &Desk) {
    desk.run(&["init", "--public-url", "https://m.shop.example", "--brand", "Shop"]).exits(0);
    desk.write("people.csv", "id,email,phone,consent.email\n1,ann@example.com,+491751234500,y\n2,nobody,,\n");
    desk.write("more.csv", "id,email\n3,cat@example.com\n");
    desk.write("list.csv", "TYPE,VALUE,COMMENT\nEMAIL,eve@example.com,asked\nEMAIL,nobody,\n");
    desk.write("numbers.csv", "To\n+14155550100\n");
    desk.write("secret", "s3cret");
    desk.write("t.toml", CAMPAIGN);
    desk.write("mended.toml", CAMPAIGN.replace("sale", "big sale"));
    desk.write("wrong.toml", CAMPAIGN.replace("all = true", "all = 1"));
}

/// Each with its exit code; what is wrong comes last.
const COMMANDS: [(&str, i32); 75] = [
    ("init --brand Shop", 0),
    ("list create news --title en=News --public", 0),
    ("list set news --position 2", 0),
    ("list show news", 0),
    ("list show", 0),
    ("list form news", 0),
    ("import profiles people.csv --dry-run", 0),
    ("import profiles people.csv", 7),
    ("import profiles more.csv", 0),
    ("import list", 0),
    ("import undo imp_2 --dry-run", 0),
    ("import undo imp_2", 0),
    ("suppression import list.csv", 7),
    ("suppression add bob@example.com --comment asked", 0),
    ("suppression show bob@example.com", 0),
    ("suppression list", 0),
    ("suppression stats", 0),
    ("suppression export all.csv", 0),
    ("suppression remove bob@example.com --reason wrong", 0),
    ("allow import list.csv", 7),
    ("allow add ops@example.com", 0),
    ("allow on push", 0),
    ("allow off push", 0),
    ("allow list", 0),
    ("allow remove ops@example.com", 0),
    ("check ann@example.com --channel email", 0),
    ("opt-out ann@example.com --reason asked", 0),
    ("opt-in ann@example.com --level subscription --list news --proof card", 0),
    ("check ann@example.com --channel email", 3),
    ("profile show ann@example.com", 0),
    ("ledger verify", 0),
    ("ledger key", 0),
    ("ledger show ent_0", 0),
    ("ledger receipt ent_0", 0),
    ("key create shop --scope lists:read --days 30", 0),
    ("key list", 0),
    ("key revoke shop", 0),
    ("key scopes", 0),
    ("keys rotate", 0),
    ("workspace create b", 0),
    ("workspace create b", 1),
    ("workspace list", 0),
    ("check ann@example.com --channel email --workspace nope", 1),
    ("plan -f t.toml", 0),
    ("apply -f t.toml", 0),
    ("apply -f mended.toml", 0),
    ("plan -f t.toml", 0),
    ("definition list", 0),
    ("definition show campaign/t", 0),
    ("definition archive campaign/t", 0),
    ("export campaign/t", 0),
    ("export --output out", 0),
    ("apply -f wrong.toml", 1),
    ("definition show campaign/nope", 1),
    ("campaign run t.toml --dry-run", 0),
    ("campaign run t.toml", 1),
    ("job list --kind campaign", 0),
    ("job show JOB", 0),
    ("job retry JOB", 0),
    ("job cancel JOB", 0),
    ("job cancel JOB", 1),
    ("campaign report", 0),
    ("page list", 0),
    ("campaign explain t ann@example.com", 0),
    ("send show snd_4294967296", 0),
    ("send show snd_1", 1),
    ("sms import-opt-outs numbers.csv --sender +15005550006", 0),
    ("sms show +14155550100", 0),
    ("sms unblock +14155550100 +15005550006", 0),
    ("sms review", 0),
    ("list show nope", 1),
    ("key revoke nope", 1),
    ("opt-out ann@", 1),
    ("check ann@example.com --channel email --list nope", 1),
    ("check ann@example.com --channel pigeon", 2),
];

#[test]
fn json_has_the_shape_that_was_reviewed() {
    let desk = Desk::bare();
    set_up(&desk);
    let mut all = String::new();
    let mut job = None::<String>;
    for (command, code) in COMMANDS {
        let job_id = job.as_deref().unwrap_or("JOB");
        let words = command.split(' ').map(|word| if word == "JOB" { job_id } else { word });
        let arguments: Vec<_> = words.chain(["--json"]).collect();
        let ran = desk.run(&arguments).exits(code);
        // What is wrong stands on the last line of standard error, as problem details.
        let printed = if ran.out.is_empty() { ran.err.lines().last().unwrap_or_default() } else { &ran.out };
        let value: Value =
            serde_json::from_str(printed).unwrap_or_else(|error| panic!("{command}: {error}: {ran:?}"));
        camel_case(command, &value);
        job = value["data"][0]["id"].as_str().filter(|id| id.starts_with("job_")).map(str::to_owned).or(job);
        let shown = serde_json::to_string_pretty(&shape(&value)).unwrap();
        let _ = writeln!(all, "$ consentry {command} --json\n{shown}\n");
    }
    insta::assert_snapshot!(all);
}

/// One style of names. What others name, such as attributes, sources and XDM's fields, they name.
fn camel_case(command: &str, value: &Value) {
    let named_by_others = ["attributes", "consents", "texts", "bySource", "document"];
    match value {
        Value::Array(rows) => rows.iter().for_each(|row| camel_case(command, row)),
        Value::Object(members) => {
            for (name, value) in members {
                assert!(!name.contains('_'), "{command}: {name}");
                if !named_by_others.contains(&name.as_str()) {
                    camel_case(command, value);
                }
            }
        }
        _ => {}
    }
}

#[test]
fn a_problem_names_its_type_its_place_and_the_remedy() {
    let desk = Desk::new();
    let refused = desk.run(&["list", "show", "nope", "--json"]).exits(1);
    let problem: Value = serde_json::from_str(refused.err.trim_end()).unwrap();
    assert_eq!(problem["type"], "urn:consentry:problem:list-not-found");
    assert_eq!((&problem["status"], &problem["errors"][0]["pointer"]), (&404.into(), &"/name".into()));
    assert_eq!(problem["hint"], "consentry list create nope");
    assert!(refused.out.is_empty());
    let words = desk.run(&["list", "show", "nope"]).exits(1).err;
    assert_eq!(words, "error: the list `nope` doesn't exist\nhint: consentry list create nope\n");
    let usage = desk.run(&["check", "--json"]).exits(2).err;
    let problem: Value = serde_json::from_str(usage.trim_end()).unwrap();
    assert_eq!(problem["type"], "urn:consentry:problem:usage");
}
