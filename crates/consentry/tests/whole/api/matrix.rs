//! Each role and each scope against each endpoint, as the OpenAPI document lists them.

use service::keys::{Role, Scope};

use super::client::{call, document, key, operations};
use crate::support::Desk;

/// A path of the document with something at its places.
fn filled(path: &str) -> String {
    let part = |part: &str| if part.starts_with('{') { "x".to_owned() } else { part.to_owned() };
    format!("/api/v1{}", path.split('/').map(part).collect::<Vec<_>>().join("/"))
}

#[test]
fn each_key_opens_what_its_scopes_name_and_nothing_else() {
    let desk = Desk::new();
    let serving = desk.serve();
    let operations = operations(&document(&serving));
    assert!(operations.len() >= 46, "{}", operations.len());
    let mut keys: Vec<(String, Vec<Scope>)> = Vec::new();
    for scope in Scope::ALL {
        let name = scope.as_str();
        keys.push((key(&desk, name, &["--scope", name]), vec![*scope]));
    }
    for role in Role::ALL {
        let name = role.as_str();
        keys.push((key(&desk, name, &["--role", name]), role.scopes()));
    }
    // Keys are read anew every second.
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    for (method, path, operation) in &operations {
        let scope: Scope = operation["x-scope"].as_str().unwrap().parse().unwrap();
        let wanted = (method.as_str(), &*filled(path));
        for nobody in [None, Some("secret"), Some("cst_live_4kx7q2mn_")] {
            let answer = call(&serving, nobody, wanted, &[], b"{").is(401);
            assert_eq!(answer.code(), "key-invalid", "{method} {path}");
            assert!(answer.header("www-authenticate").is_some());
        }
        for (secret, scopes) in &keys {
            // Refused before the body is read; else the broken body, or what the path names.
            let answer = call(&serving, Some(secret), wanted, &[], b"{");
            if scopes.contains(&scope) {
                assert!(![401, 403].contains(&answer.status), "{method} {path} {scopes:?} {answer:?}");
                assert!(answer.status < 500, "{method} {path} {answer:?}");
            } else {
                assert_eq!(
                    (answer.status, answer.code().as_str()),
                    (403, "scope-missing"),
                    "{method} {path}"
                );
                let detail = answer.json()["detail"].as_str().unwrap().to_owned();
                assert!(detail.contains(scope.as_str()), "it names the scope: {detail}");
            }
            assert!(answer.header("ratelimit").is_some() && answer.header("ratelimit-policy").is_some());
            assert_eq!(answer.header("cache-control"), Some("no-store"));
            assert_eq!(answer.header("access-control-allow-origin"), None);
        }
    }
}
