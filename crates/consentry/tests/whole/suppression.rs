//! The suppression list and the allow list, as a user types it and as a program calls it.

use std::process::Stdio;
use std::time::Duration;

use crate::support::{Desk, Serving};
use serde_json::{Value, json};
use xtask::servers::poll_until;

const LIST: &str = "\
TYPE,VALUE,COMMENT
EMAIL,Ann@Example.com,asked us to
EMAIL,nobody,no at
DOMAIN,rival.example,
PHONE,+49 30 123456,
";

fn check(desk: &Desk, channel: &str, address: &str, code: i32) -> Value {
    desk.run(&["check", "--json", "--channel", channel, "--address", address]).exits(code).json()
}

#[test]
fn a_file_goes_in_comes_out_and_stops_messages() {
    let desk = Desk::new();
    desk.write("list.csv", LIST);
    let told = desk.run(&["suppression", "import", "list.csv", "--json"]).exits(7);
    assert!(told.err.contains("list.errors.csv"), "{}", told.err);
    let told = told.json();
    assert_eq!((&told["read"], &told["added"], &told["failed"]), (&json!(4), &json!(3), &json!(1)));
    let errors = std::fs::read_to_string(desk.path("list.errors.csv")).unwrap();
    assert_eq!(errors.lines().next(), Some("type,value,comments,failureReason"));
    assert!(errors.contains("EMAIL,nobody,no at,Invalid format for value: nobody (line 3:"), "{errors}");
    // As after a kill: once more changes nothing.
    let again = desk.run(&["suppression", "import", "list.csv", "--json"]).exits(7).json();
    assert_eq!((&again["added"], &again["known"]), (&json!(0), &json!(3)));
    let answer = check(&desk, "email", "ANN@example.com", 3);
    assert_eq!(answer["reason"], "AddressSuppressed");
    assert_eq!(answer["suppression"][0]["reason"], "asked us to");
    assert_eq!(check(&desk, "email", "x@rival.example", 3)["reason"], "DomainSuppressed");
    assert_eq!(check(&desk, "email", "x@sub.rival.example", 0)["decision"], "permit");
    assert_eq!(check(&desk, "sms", "+4930123456", 3)["reason"], "AddressSuppressed");
    let exported = desk.run(&["suppression", "export"]).exits(0).out;
    assert_eq!(
        exported,
        "TYPE,VALUE,COMMENT\nEMAIL,ann@example.com,asked us to\nDOMAIN,rival.example,\nPHONE,+4930123456,\n"
    );
    desk.run(&["suppression", "export", "all.csv", "--details"]).exits(0);
    let other = Desk::new();
    std::fs::copy(desk.path("all.csv"), other.path("all.csv")).unwrap();
    other.run(&["suppression", "import", "all.csv"]).exits(0);
    assert_eq!(other.run(&["suppression", "export"]).exits(0).out, exported);
    let stats = desk.run(&["suppression", "stats", "--json"]).exits(0).json();
    assert_eq!(stats["total"], 3);
    let lines = desk.run(&["suppression", "export", "--json", "--kind", "domain"]).exits(0).json();
    assert_eq!(lines["value"], "rival.example");
    desk.run(&["suppression", "import", "list.csv", "--errors", "./list.csv"]).exits(1);
    desk.write("none.csv", "TYPE,VALUE,COMMENT\nEMAIL,nobody,\n");
    desk.run(&["suppression", "import", "none.csv"]).exits(1);
    assert_eq!(std::fs::read_to_string(desk.path("list.csv")).unwrap(), LIST);
}

#[test]
fn entries_are_added_shown_and_removed_with_a_reason() {
    let desk = Desk::new();
    let add = desk
        .command(&["suppression", "add", "bob@example.com", "--comment", "by phone", "--json"])
        .env("USER", "eve")
        .output();
    let added: Value = serde_json::from_slice(&add.unwrap().stdout).unwrap();
    assert_eq!((&added["added"], &added["entries"][0]["by"]), (&json!(true), &json!("cli:eve")));
    desk.run(&["suppression", "add", "example.com"]).exits(0);
    desk.run(&["suppression", "add", "soon@example.org", "--expires", "2020-01-01"]).exits(1);
    desk.run(&["suppression", "add", "soon@example.org", "--expires", "2999-01-01"]).exits(0);
    desk.run(&["suppression", "add", "not an address"]).exits(1);
    // printf hidden@example.org | sha256sum
    let hash = "sha256:188f1f2dfff2405f600817d1da2bcfa558ca0f0b33e6787ceae2c9130dea1a47";
    desk.run(&["suppression", "add", hash]).exits(0);
    assert_eq!(check(&desk, "email", "Hidden@example.org", 3)["suppression"][0]["type"], "EMAIL_SHA256");
    desk.run(&["suppression", "remove", "bob@example.com"]).exits(2);
    desk.run(&["suppression", "remove", "bob@example.com", "--reason", " "]).exits(2);
    let removed = desk
        .run(&["suppression", "remove", "bob@example.com", "--reason", "wrong Bob", "--json"])
        .exits(0)
        .json();
    assert_eq!(removed["removed"][0]["value"], "bob@example.com");
    assert_eq!(removed["still"][0]["value"], "example.com", "the domain still stops it");
    desk.run(&["suppression", "remove", "bob@example.com", "--reason", "again"]).exits(1);
    let shown = desk.run(&["suppression", "show", "bob@example.com", "--json"]).exits(0).json();
    assert_eq!(
        (&shown["suppressed"], &shown["removed"][0]["removal"]["reason"]),
        (&json!(true), &json!("wrong Bob"))
    );
    let first = desk.run(&["suppression", "list", "--limit", "1", "--json"]).exits(0).json();
    let next = first["next"].as_str().unwrap();
    let second =
        desk.run(&["suppression", "list", "--limit", "1", "--after", next, "--json"]).exits(0).json();
    assert_ne!(first["data"][0], second["data"][0]);
    desk.write("people.csv", "id,email\n1,ann@example.com\n");
    desk.run(&["import", "profiles", "people.csv"]).exits(0);
    let ann = desk.run(&["profile", "show", "ann@example.com", "--json"]).exits(0).json();
    assert_eq!(ann["suppression"][0]["value"], "example.com");
    let limit = desk.run(&["init", "--soft-bounce-limit", "3", "--json"]).exits(0).json();
    assert_eq!(limit["settings"]["softBounceLimit"], 3);
    desk.run(&["init", "--soft-bounce-limit", "21"]).exits(2);
}

#[test]
fn an_active_and_empty_allow_list_is_a_brake() {
    let desk = Desk::new();
    assert_eq!(check(&desk, "email", "ann@example.com", 0)["decision"], "permit");
    let on = desk.run(&["allow", "on", "email"]).exits(0);
    assert!(on.err.contains("NOTHING is sent"), "{}", on.err);
    assert!(on.out.contains("In force at once"), "{}", on.out);
    assert_eq!(check(&desk, "email", "ann@example.com", 3)["reason"], "NotAllowed");
    let transactional =
        ["check", "--json", "--channel", "email", "--address", "a@b.example", "--category", "transactional"];
    assert_eq!(desk.run(&transactional).exits(3).json()["reason"], "NotAllowed");
    assert_eq!(check(&desk, "sms", "+4930123456", 0)["decision"], "permit");
    let doctor = desk.run(&["doctor"]).exits(0).out;
    assert!(doctor.contains("active for email and EMPTY"), "{doctor}");
    desk.write(
        "allow.csv",
        "type,value,comment\nemail,ann@example.com,me\ndomain,ours.example,\nsha256,ab,\n",
    );
    let told = desk.run(&["allow", "import", "allow.csv", "--json"]).exits(7).json();
    assert_eq!((&told["added"], &told["failed"]), (&json!(2), &json!(1)));
    assert_eq!(check(&desk, "email", "ann@example.com", 0)["decision"], "permit");
    assert_eq!(check(&desk, "email", "x@ours.example", 0)["decision"], "permit");
    assert_eq!(check(&desk, "email", "x@else.example", 3)["reason"], "NotAllowed");
    // Suppression wins.
    desk.run(&["suppression", "add", "ann@example.com"]).exits(0);
    assert_eq!(check(&desk, "email", "ann@example.com", 3)["reason"], "AddressSuppressed");
    assert_eq!(
        desk.run(&["allow", "export"]).exits(0).out,
        "TYPE,VALUE,COMMENT\nEMAIL,ann@example.com,me\nDOMAIN,ours.example,\n"
    );
    let listed = desk.run(&["allow", "list", "--json"]).exits(0).json();
    assert_eq!((&listed["active"], listed["data"].as_array().unwrap().len()), (&json!(["email"]), 2));
    desk.run(&["allow", "remove", "ann@example.com"]).exits(0);
    let last = desk.run(&["allow", "remove", "ours.example"]).exits(0);
    assert!(last.err.contains("NOTHING is sent"), "{}", last.err);
    desk.run(&["allow", "remove", "ours.example"]).exits(1);
    desk.run(&["allow", "off", "email"]).exits(0);
    assert_eq!(check(&desk, "email", "x@else.example", 0)["decision"], "permit");
    desk.run(&["allow", "on", "postalMail"]).exits(2);
}

const BASE: &str = "/ajo/config/suppression";
const KEY: &str = "Bearer 0123456789abcdef0123456789abcdef";

/// The suppression interface of a running `serve`.
struct Interface {
    desk: Desk,
    serving: Serving,
}

impl Interface {
    fn start(desk: Desk) -> Self {
        desk.write("key", "0123456789abcdef0123456789abcdef\n");
        desk.write(
            "consentry.toml",
            "[[api_key]]\nname = \"crm\"\nsecret = { file = \"key\" }\nscopes = [\"suppression\"]\n",
        );
        let serving = Self::serve(&desk);
        Self { desk, serving }
    }

    fn serve(desk: &Desk) -> Serving {
        let port = xtask::servers::free_port().unwrap();
        let address = format!("127.0.0.1:{port}");
        let arguments = ["serve", "--listen", &address, "--config", "consentry.toml", "--drain-seconds", "0"];
        let child = desk.command(&arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let serving = Serving { child, address };
        let answers = || Ok(std::net::TcpStream::connect(&serving.address).is_ok());
        assert!(poll_until(Duration::from_secs(30), answers).unwrap(), "serve doesn't answer");
        serving
    }

    /// A request with these headers; the status and the body.
    fn send(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> (u16, String) {
        use std::io::{Read, Write};
        let mut stream = std::net::TcpStream::connect(&self.serving.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        // A server that refuses a large body may close before it has read it.
        let _ = stream.write_all(body);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let status = answer.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
        let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body).to_owned();
        (status, body)
    }

    /// A request with the key; the status and the JSON.
    fn call(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let headers = format!(
            "Authorization: {KEY}\r\nx-api-key: any\r\nx-gw-ims-org-id: ORG@AdobeOrg\r\nx-sandbox-name: prod\r\nContent-Type: application/json\r\n"
        );
        let sent = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let (status, text) = self.send(method, path, &headers, &sent);
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    fn get(&self, path: &str) -> Value {
        let (status, value) = self.call("GET", &format!("{BASE}{path}"), &Value::Null);
        assert_eq!(status, 200, "{path}: {value}");
        value
    }

    fn status(&self, method: &str, path: &str) -> u16 {
        self.call(method, &format!("{BASE}{path}"), &Value::Null).0
    }

    /// Uploads a file as a form; the job's id.
    fn upload(&self, query: &str, file: &str) -> String {
        let headers = format!("Authorization: {KEY}\r\nContent-Type: multipart/form-data; boundary=XX\r\n");
        let body = format!(
            "--XX\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhello\r\n--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"my.csv\"\r\nContent-Type: text/csv\r\n\r\n{file}\r\n--XX--\r\n"
        );
        let (status, answer) =
            self.send("POST", &format!("{BASE}/uploads{query}"), &headers, body.as_bytes());
        assert_eq!(status, 201, "{answer}");
        let answer: Value = serde_json::from_str(&answer).unwrap();
        answer["success"]["jobId"].as_str().unwrap().to_owned()
    }

    /// The job, once it has ended.
    fn ended(&self, job: &str) -> Value {
        let mut found = Value::Null;
        let ended = || {
            found = self.get(&format!("/uploads/{job}"));
            Ok(!matches!(found["status"].as_str(), Some("ACCEPTED" | "PENDING")))
        };
        assert!(poll_until(Duration::from_mins(1), ended).unwrap(), "the job doesn't end");
        found
    }
}

fn entity(kind: &str, value: &str) -> Value {
    json!({ "entity": { "type": kind, "entityValue": value }, "comment": "known bad", "user": "ann@corp.example", "more": 1 })
}

#[test]
fn the_interface_keeps_addresses_and_domains_of_both_lists() {
    Desk::on_each_engine(keeps_both_lists);
}

fn keeps_both_lists(desk: Desk) {
    let at = Interface::start(desk);
    let path = format!("{BASE}/addresses");
    let (status, added) = at.call("POST", &path, &json!([entity("email", "Bad+1@Domain.com")]));
    assert_eq!(status, 201, "{added}");
    let item = &added[0];
    assert_eq!(item["entity"], json!({ "type": "email", "entityValue": "bad+1@domain.com" }));
    assert_eq!(
        (&item["suppressed"]["type"], &item["suppressed"]["user"], &item["suppressed"]["comment"]),
        (&json!("MANUAL"), &json!("ann@corp.example"), &json!("known bad"))
    );
    assert_eq!((&item["status"], &item["listType"]), (&json!("active"), &json!("client")));
    assert_eq!(item["client"], json!({ "imsOrgId": "ORG@AdobeOrg", "sandboxId": "prod" }));
    assert_eq!(item["id"].as_str().unwrap().len(), 36);
    let one = at.get("/addresses/Bad%2B1%40domain.com");
    assert_eq!(one["id"], item["id"]);
    assert_eq!(one["creationDate"], one["suppressed"]["date"]);
    assert_eq!(one["bounceState"], json!({ "softCount": 0, "bounceEvents": [] }));
    // In force for a send at once.
    assert_eq!(check(&at.desk, "email", "bad+1@domain.com", 3)["reason"], "AddressSuppressed");
    let (status, _) = at.call(
        "POST",
        &format!("{BASE}/domains"),
        &json!([entity("domain", "Bad.example"), entity("DOMAIN", "bücher.example")]),
    );
    assert_eq!(status, 201);
    assert_eq!(at.get("/domains/xn--bcher-kva.example")["entity"]["type"], "domain");
    assert_eq!(at.get("/domains")["_page"], json!({ "orderby": "-creationdate", "count": 2 }));
    assert_eq!(at.get("/addresses")["items"].as_array().unwrap().len(), 1);
    let (status, allowed) =
        at.call("POST", &format!("{path}?type=allowed"), &json!([entity("email", "me@ours.example")]));
    assert_eq!((status, &allowed[0]["listType"]), (201, &json!("allowed")));
    assert_eq!(at.get("/addresses/me@ours.example?type=allowed")["listType"], "allowed");
    assert_eq!(at.status("GET", "/addresses/me@ours.example"), 404);
    assert_eq!(at.get("/addresses?type=ALLOWED")["items"][0]["entity"]["entityValue"], "me@ours.example");
    assert_eq!(at.status("DELETE", "/addresses/me@ours.example?type=allowed"), 204);
    assert_eq!(at.status("DELETE", "/addresses/bad+1@domain.com"), 204);
    assert_eq!(at.status("DELETE", "/addresses/bad+1@domain.com"), 404);
    assert_eq!(at.status("DELETE", "/domains/bad.example"), 204);
    let shown = at.desk.run(&["suppression", "show", "bad+1@domain.com", "--json"]).exits(0).json();
    assert_eq!(shown["removed"][0]["removal"]["reason"], "removed through the API by crm");
    // The public pages are there as before.
    assert_eq!(at.send("GET", "/healthz", "", b"").0, 200);
}

#[test]
fn what_the_interface_refuses_changes_nothing() {
    let at = Interface::start(Desk::new());
    let path = format!("{BASE}/addresses");
    for (headers, status, code) in [
        ("", 401, "401010"),
        ("Authorization: Bearer wrong\r\n", 401, "401013"),
        ("Authorization: Basic 0123456789abcdef0123456789abcdef\r\n", 401, "401010"),
    ] {
        let (found, body) = at.send("GET", &path, headers, b"");
        let body: Value = serde_json::from_str(&body).unwrap();
        assert_eq!((found, &body["error_code"]), (status, &json!(code)), "{headers}");
    }
    let post = |body: &str| at.send("POST", &path, &format!("Authorization: {KEY}\r\n"), body.as_bytes());
    let good = entity("email", "good@example.com").to_string();
    for body in [
        "",
        "{}",
        "[]",
        "[1]",
        "[{\"entity\":{}}]",
        &format!("[{good}"),
        &format!("[{good},{}]", entity("email", "nobody")),
        &format!("[{good},{}]", entity("domain", "example.com")),
    ] {
        let (status, answer) = post(body);
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!((status, &answer["status"]), (400, &json!(400)), "{body}");
    }
    assert_eq!(post(&format!("[{}]", " ".repeat(5 << 20))).0, 413);
    for path in [
        "/addresses?type=global",
        "/addresses?limit=0",
        "/addresses?limit=many",
        "/addresses?orderby=-suppresseduser",
        "/addresses?property=color%3D%3Dred",
        "/addresses?start=nonsense!",
        "/addresses/nobody",
        "/domains/exam%20ple",
        "/uploads?orderby=colour",
        "/uploads?start=x",
    ] {
        assert_eq!(at.status("GET", path), 400, "{path}");
    }
    for path in ["/addresses/good@example.com", "/domains/example.com", "/uploads/1", "/nothing", ""] {
        assert_eq!(at.status("GET", path), 404, "{path}");
    }
    assert_eq!(at.status("PUT", "/addresses"), 405);
    assert_eq!(at.status("DELETE", "/uploads/1"), 404);
    let headers = format!("Authorization: {KEY}\r\nContent-Type: multipart/form-data; boundary=XX\r\n");
    let uploads = format!("{BASE}/uploads");
    assert_eq!(at.send("POST", &uploads, &headers, b"--XX--\r\n").0, 400);
    assert_eq!(at.get("/uploads")["items"], json!([]));
    assert_eq!(at.get("/addresses")["items"], json!([]));
    // Without a key the interface isn't there.
    let bare = at.desk.serve();
    let (status, answer) = bare.ask("GET", &path, "", "");
    assert!(status == 404 && !answer.contains("error_code"), "{answer}");
}

#[test]
fn pages_are_followed_to_their_end() {
    let at = Interface::start(Desk::new());
    let path = format!("{BASE}/addresses");
    for start in [0, 25] {
        let some: Vec<Value> =
            (start..start + 25).map(|n| entity("email", &format!("p{n:02}@example.com"))).collect();
        assert_eq!(at.call("POST", &path, &json!(some)).0, 201);
    }
    let values = |page: &Value| -> Vec<String> {
        let items = page["items"].as_array().unwrap().iter();
        items.map(|item| item["entity"]["entityValue"].as_str().unwrap().to_owned()).collect()
    };
    for query in [
        "limit=7",
        "orderby=%2Bentityvalue&limit=7",
        "orderby=-entityvalue",
        "orderby=+creationdate",
        "limit=50",
    ] {
        let (mut page, mut found) = (at.get(&format!("/addresses?{query}")), Vec::new());
        loop {
            assert_eq!(page["_page"]["count"], page["items"].as_array().unwrap().len());
            found.extend(values(&page));
            let Some(next) = page["_links"]["next"]["href"].as_str() else { break };
            assert!(next.contains(&format!("start={}", page["_page"]["next"].as_str().unwrap())));
            // Behind the base URL, and from the server's root too.
            let path = if found.len() % 2 == 0 { format!("/ajo{next}") } else { next.to_owned() };
            let (status, following) = at.call("GET", &path, &Value::Null);
            assert_eq!(status, 200, "{following}");
            page = following;
        }
        let mut sorted = found.clone();
        sorted.sort();
        sorted.dedup();
        assert_eq!((found.len(), sorted.len()), (50, 50), "{query}");
        if query.contains("%2Bentityvalue") {
            assert_eq!(found, sorted);
        }
        if query.contains("-entityvalue") {
            sorted.reverse();
            assert_eq!(found, sorted);
        }
    }
    let first = at.get("/addresses?limit=1&orderby=+creationdate");
    let earliest = first["items"][0]["creationDate"].as_i64().unwrap();
    assert_eq!(values(&at.get(&format!("/addresses?property=creationdate%3C{earliest}"))), [""; 0]);
    let from = at.get(&format!("/addresses?limit=100&property=creationdate%3E%3D{earliest}"));
    assert_eq!(values(&from).len(), 50);
    assert_eq!(values(&at.get("/addresses?property=channel%3D%3Dsms")), [""; 0]);
}

#[test]
fn uploads_are_imported_and_their_failures_told() {
    Desk::on_each_engine(uploads_go_in);
}

fn uploads_go_in(desk: Desk) {
    let at = Interface::start(desk);
    let job = at.upload("", LIST);
    let ended = at.ended(&job);
    assert_eq!(ended["status"], "COMPLETE", "{ended}");
    assert_eq!(
        (&ended["recordCount"], &ended["handledCount"], &ended["failedCount"]),
        (&json!(4), &json!(3), &json!(1))
    );
    assert_eq!((&ended["filename"], &ended["user"]), (&json!("my.csv"), &json!("api:crm")));
    let failed = &ended["failedRecords"][0];
    assert_eq!(
        (&failed["type"], &failed["value"], &failed["comments"]),
        (&json!("EMAIL"), &json!("nobody"), &json!("no at"))
    );
    assert!(failed["failureReason"].as_str().unwrap().starts_with("Invalid format for value: nobody"));
    assert_eq!(check(&at.desk, "email", "x@rival.example", 3)["reason"], "DomainSuppressed");
    let allowed = at.upload("?type=allowed", "TYPE,VALUE,COMMENT\nEMAIL,me@ours.example,\n");
    assert_eq!(at.ended(&allowed)["status"], "COMPLETE");
    assert_eq!(at.status("GET", "/addresses/me@ours.example?type=allowed"), 200);
    let wrong = at.upload("", "no,header\n1,2\n");
    let wrong = at.ended(&wrong);
    assert_eq!(wrong["status"], "ERROR");
    assert!(wrong["responseText"].as_str().unwrap().contains("TYPE, VALUE"), "{wrong}");
    let (status, plain) = at.send(
        "POST",
        &format!("{BASE}/uploads"),
        &format!("Authorization: {KEY}\r\nContent-Type: text/csv\r\n"),
        LIST.as_bytes(),
    );
    assert_eq!(status, 201, "{plain}");
    let page = at.get("/uploads?limit=3");
    assert_eq!(
        (page["items"].as_array().unwrap().len(), &page["_page"]["orderby"]),
        (3, &json!("-createtime"))
    );
    let next = page["_links"]["next"]["href"].as_str().unwrap();
    let (_, rest) = at.call("GET", &format!("/ajo{next}"), &Value::Null);
    assert_eq!(rest["items"][0]["jobId"], json!(job));
    assert_eq!(at.status("DELETE", &format!("/uploads/{job}")), 204);
    assert_eq!(at.status("GET", &format!("/uploads/{job}")), 404);
    assert_eq!(
        check(&at.desk, "email", "x@rival.example", 3)["reason"],
        "DomainSuppressed",
        "what it did stays"
    );
    let files = || Ok(std::fs::read_dir(at.desk.data_dir().join("uploads")).unwrap().count() == 0);
    assert!(poll_until(Duration::from_secs(20), files).unwrap(), "uploaded files are removed");
}

#[test]
fn an_upload_outlives_a_kill() {
    let mut at = Interface::start(Desk::new());
    let mut file = "TYPE,VALUE,COMMENT\n".to_owned();
    for n in 0..200_000 {
        file.extend(["EMAIL,p", &n.to_string(), "@example.com,\n"]);
    }
    let job = at.upload("", &file);
    at.serving.child.kill().unwrap();
    at.serving.child.wait().unwrap();
    at.serving = Interface::serve(&at.desk);
    let ended = at.ended(&job);
    assert_eq!((&ended["status"], &ended["handledCount"]), (&json!("COMPLETE"), &json!(200_000)));
    assert_eq!(check(&at.desk, "email", "p199999@example.com", 3)["reason"], "AddressSuppressed");
    // One that is cancelled ends, and the file goes.
    let job = at.upload("", &file);
    assert_eq!(at.status("DELETE", &format!("/uploads/{job}")), 204);
    let canceled = at.call("GET", &format!("{BASE}/uploads/{job}"), &Value::Null);
    assert!(canceled.0 == 404 || canceled.1["status"] == "CANCELED", "{canceled:?}");
}

#[test]
fn what_others_wrote_is_shown_and_steers_nothing() {
    let desk = Desk::new();
    desk.write("list.csv", "TYPE,VALUE,COMMENT\nEMAIL,ann@example.com,a\u{202e}b\u{200f}c\n");
    desk.write("texts", "stop\u{1b}[2J\u{202e}\n");
    desk.write("people.csv", "email\nann@example.com\n");
    desk.run(&["suppression", "import", "list.csv"]).exits(0);
    desk.run(&["import", "profiles", "people.csv"]).exits(0);
    for command in
        [["suppression", "list"], ["suppression", "show"], ["profile", "show"], ["classify", "sms"]]
    {
        let subject = if command[0] == "classify" { "texts" } else { "ann@example.com" };
        let subject: &[&str] = if command[1] == "list" { &[] } else { &[subject] };
        for json in [&[][..], &["--json"]] {
            let out = desk.run(&[&command[..], subject, json].concat()).exits(0).out;
            assert!(!out.contains(['\u{202e}', '\u{200f}', '\u{1b}']), "{command:?}: {out}");
            let shown = if json.is_empty() { "\\u{202e}" } else { "\\u202e" };
            assert!(out.contains(shown), "{command:?}: {out}");
        }
    }
}

#[test]
fn a_wildcard_is_the_domain_or_refused() {
    let desk = Desk::new();
    let added = desk.run(&["suppression", "add", "*@t1.example"]).exits(0).out;
    assert!(added.contains("DOMAIN t1.example"), "{added}");
    assert_eq!(check(&desk, "email", "ann@t1.example", 3)["reason"], "DomainSuppressed");
    for refused in ["foo*@t2.example", "*.t2.example", "%@t2.example", "*"] {
        for list in ["suppression", "allow"] {
            let told = desk.run(&[list, "add", refused]).exits(1).err;
            assert!(told.contains("not a wildcard") && told.contains("hint:"), "{told}");
        }
    }
    desk.run(&["doctor"]).exits(0);
}
