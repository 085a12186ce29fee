//! schemathesis calls every endpoint as the OpenAPI document says, and as it doesn't.

use std::process::Command;

use serde_json::json;

use super::client::Program;
use crate::support::Desk;

#[test]
fn schemathesis_finds_no_server_error_and_no_answer_beside_its_schema() {
    let desk = Desk::new();
    let program = Program::new(&desk);
    let made = json!({"externalId": "C-1", "addresses": [{"address": "ann@example.com"}]});
    program.post("/profiles", &made).is(200);
    program.post("/lists", &json!({"name": "news"})).is(201);
    let ran = Command::new(xtask::servers::schemathesis())
        .args(["run", &format!("{}/api/openapi.json", program.serving.url())])
        .args(["--url", &format!("{}/api/v1", program.serving.url())])
        .args(["--header", &format!("Authorization: Bearer {}", program.key)])
        .args(["--checks", "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,ignored_auth"])
        // Revoking keys at random would end the test.
        .args(["--exclude-operation-id", "revokeKey", "--max-examples", "25", "--seed", "7", "--workers", "2"])
        .args(["--phases", "examples,coverage,fuzzing", "--no-color", "--generation-allow-x00", "true"])
        .current_dir(desk.folder.path())
        .output()
        .expect("schemathesis is installed by `cargo xtask test`");
    let out = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success(), "{out}\n{}", String::from_utf8_lossy(&ran.stderr));
}
