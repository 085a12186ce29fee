//! The OpenAPI document, made of the table of endpoints and of the types that they take and answer.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde_json::{Map, Value, json};
use service::keys::{Role, Scope};
use utoipa::openapi::{RefOr, Schema};

use super::endpoint::{Endpoint, Kind, Parameter, Shape, Takes};
use super::serve::{NDJSON, is_safe};

/// Answers that any endpoint may give, by their status.
const PROBLEMS: [(u16, &str); 13] = [
    (400, "The request can't be read."),
    (401, "No key, or one that is unknown, expired or revoked."),
    (403, "The key doesn't have the scope."),
    (404, "There is no such thing."),
    (408, "The body came too slowly."),
    (409, "It doesn't go with what is there, or a request with the same Idempotency-Key is in work."),
    (412, "What is there isn't what If-Match names."),
    (413, "The body is too long."),
    (414, "The target is longer than 12 KiB."),
    (415, "The body isn't JSON."),
    (422, "The input is wrong: `errors` points at it."),
    (429, "More requests than the key may make; Retry-After says when to go on."),
    (503, "It can't be done right now; Retry-After says when to try again."),
];

/// The document; `base` is the path that the interface is reached below.
pub(super) fn document(endpoints: &[Endpoint], base: &str) -> Value {
    let mut schemas = BTreeMap::new();
    let mut paths: Map<String, Value> = Map::new();
    for endpoint in endpoints {
        let operation = operation(endpoint, &mut schemas);
        let path = paths.entry(endpoint.path).or_insert_with(|| json!({}));
        path[endpoint.method.as_str().to_ascii_lowercase()] = operation;
    }
    let mut schemas: Map<String, Value> = schemas
        .into_iter()
        .map(|(name, schema)| (name, serde_json::to_value(schema).unwrap_or_default()))
        .collect();
    schemas.insert("Problem".to_owned(), problem());
    let responses: Map<String, Value> =
        PROBLEMS.iter().map(|(status, what)| (format!("Problem{status}"), response_problem(what))).collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Consentry",
            "version": env!("CARGO_PKG_VERSION"),
            "description": INTRODUCTION,
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": format!("{base}/api/v1") }],
        "security": [{ "key": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": { "key": {
                "type": "http",
                "scheme": "bearer",
                "description": "A key of `consentry key create`. Each endpoint names the scope that it wants as `x-scope`.",
            } },
            "schemas": schemas,
            "responses": responses,
        },
        "x-scopes": Scope::ALL.iter().map(|scope| (scope.as_str(), scope.what())).collect::<BTreeMap<_, _>>(),
        "x-roles": Role::ALL.iter().map(|role| (role.as_str(), names(&role.scopes()))).collect::<BTreeMap<_, _>>(),
    })
}

fn names(scopes: &[Scope]) -> Vec<&'static str> {
    scopes.iter().map(|scope| scope.as_str()).collect()
}

const INTRODUCTION: &str = "What the command line does, for programs. Ids carry a prefix (`prf_`, `ent_`), times are RFC 3339 in \
UTC, names are camelCase. Errors are problem details (RFC 9457) with a stable `type`. Lists come page by page: `next` and \
`previous` are passed as `cursor`. A write may be sent again under an `Idempotency-Key`: it is done once, and the first \
answer is given for 24 hours. Each answer says in `RateLimit` how many requests are left.";

fn operation(endpoint: &Endpoint, schemas: &mut BTreeMap<String, RefOr<Schema>>) -> Value {
    let tag = endpoint.path.split('/').nth(1).unwrap_or_default();
    let mut responses = Map::new();
    responses.insert(endpoint.status.as_u16().to_string(), success(endpoint, schemas));
    for (status, _) in PROBLEMS {
        let name = format!("#/components/responses/Problem{status}");
        responses.insert(status.to_string(), json!({ "$ref": name }));
    }
    // Answered before anybody has read what is asked.
    responses.insert("431".to_owned(), json!({ "description": "The head is longer than 16 KiB." }));
    let summary = endpoint.what.split_inclusive(['.', ':']).next().unwrap_or_default();
    let mut operation = json!({
        "operationId": endpoint.id,
        "tags": [tag],
        "summary": summary.trim_end_matches(['.', ':']),
        "description": endpoint.what,
        "x-scope": endpoint.scope.as_str(),
        "security": [{ "key": [] }],
        "parameters": parameters(endpoint),
        "responses": responses,
    });
    if let Some(body) = body(&endpoint.takes, schemas) {
        operation["requestBody"] = body;
    }
    operation
}

fn reference(shape: &Shape, schemas: &mut BTreeMap<String, RefOr<Schema>>) -> Value {
    schemas.extend(shape.schemas.iter().cloned());
    json!({ "$ref": format!("#/components/schemas/{}", shape.name) })
}

fn success(endpoint: &Endpoint, schemas: &mut BTreeMap<String, RefOr<Schema>>) -> Value {
    let schema = endpoint.answers.as_ref().map_or_else(|| json!({}), |shape| reference(shape, schemas));
    let mut content = json!({ "application/json": { "schema": schema } });
    if let Takes::JsonOrLines(..) = endpoint.takes {
        content[NDJSON] =
            json!({ "schema": { "type": "string", "description": "A JSON text on each line." } });
    }
    let mut headers = json!({
        "RateLimit": { "schema": { "type": "string" }, "description": "How many requests are left, and until when." },
        "RateLimit-Policy": { "schema": { "type": "string" }, "description": "How many requests there may be." },
    });
    if endpoint.versioned {
        headers["ETag"] =
            json!({ "schema": { "type": "string" }, "description": "Stands for what is there now." });
    }
    if endpoint.status == StatusCode::ACCEPTED {
        headers["Location"] =
            json!({ "schema": { "type": "string" }, "description": "Where to look how far it is." });
    }
    json!({ "description": "Done.", "headers": headers, "content": content })
}

fn body(takes: &Takes, schemas: &mut BTreeMap<String, RefOr<Schema>>) -> Option<Value> {
    let content = match takes {
        Takes::Nothing => return None,
        Takes::Json(shape) => json!({ "application/json": { "schema": reference(shape, schemas) } }),
        Takes::Object => json!({ "application/json": { "schema": { "type": "object" } } }),
        Takes::JsonOrLines(shape, line) => {
            let line = reference(line, schemas);
            json!({
                "application/json": { "schema": reference(shape, schemas) },
                NDJSON: { "schema": { "type": "string", "description": "A JSON text on each line.", "x-line": line } },
            })
        }
    };
    Some(json!({ "required": true, "content": content }))
}

fn parameters(endpoint: &Endpoint) -> Vec<Value> {
    let places = endpoint.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let place = |name: &str| {
        json!({
            "name": name, "in": "path", "required": true, "description": place_is(name),
            "schema": { "type": "string", "minLength": 1 },
        })
    };
    let mut parameters: Vec<Value> = places.map(place).collect();
    parameters.extend(endpoint.parameters.iter().map(of_query));
    let header = |name: &str, what: &str| {
        json!({
            "name": name, "in": "header", "required": false, "description": what,
            "schema": { "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!#-~]+$" },
        })
    };
    if endpoint.writes {
        let what =
            "Names the request: sent again under this name, it is done once, and answered as the first time.";
        parameters.push(header("Idempotency-Key", what));
    }
    if endpoint.versioned && !is_safe(&endpoint.method) {
        parameters.push(header("If-Match", "The ETag of what was read: another one is refused with 412."));
    }
    parameters
}

fn place_is(name: &str) -> &'static str {
    match name {
        "profile" => "A profile's id, `prf_…`.",
        "list" => "A list's name.",
        "kind" => "What is described: `configuration`, `content`, `campaign`.",
        "name" => "A definition's name.",
        "campaign" => "A stored campaign's name.",
        "job" => "A job's id, `job_…`.",
        "channel" => "A channel: `email`, `sms`, `push`.",
        "text" => "A text's id, 32 hexadecimal digits.",
        "run" => "A run's id, `run_…`.",
        "send" => "A message's id, `snd_…`.",
        "entry" => "An entry's id, `ent_…`.",
        _ => "A key's id, `key_…`.",
    }
}

fn of_query(parameter: &Parameter) -> Value {
    let schema = match parameter.kind {
        Kind::Text => json!({ "type": "string", "maxLength": 512 }),
        Kind::Cursor => json!({ "type": "string", "pattern": "^[A-Za-z0-9_-]+$", "maxLength": 8192 }),
        Kind::Number(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::OneOf(names) => json!({ "type": "string", "enum": names }),
    };
    json!({
        "name": parameter.name, "in": "query", "required": false, "description": parameter.what, "schema": schema,
    })
}

fn problem() -> Value {
    json!({
        "type": "object",
        "description": "Problem details (RFC 9457).",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": { "type": "string", "description": "Stable: `urn:consentry:problem:CODE`." },
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "detail": { "type": "string", "description": "For people." },
            "errors": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["pointer", "detail"],
                    "properties": {
                        "pointer": { "type": "string", "description": "Which part of the input is wrong (RFC 6901)." },
                        "detail": { "type": "string" },
                    },
                },
            },
        },
    })
}

fn response_problem(what: &str) -> Value {
    json!({
        "description": what,
        "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::api::v1::endpoints;

    fn refs<'v>(value: &'v Value, found: &mut BTreeSet<&'v str>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str));
                members.values().for_each(|member| refs(member, found));
            }
            Value::Array(items) => items.iter().for_each(|item| refs(item, found)),
            _ => {}
        }
    }

    #[test]
    fn every_reference_leads_somewhere_and_every_operation_has_its_own_id_and_a_scope() {
        let document = document(&endpoints::all(), "/mail");
        let mut found = BTreeSet::new();
        refs(&document, &mut found);
        assert!(found.len() > 60, "{}", found.len());
        for reference in found {
            assert!(!document.pointer(&reference[1..]).unwrap_or(&Value::Null).is_null(), "{reference}");
        }
        let mut ids = BTreeSet::new();
        for (path, operations) in document["paths"].as_object().unwrap() {
            for (method, operation) in operations.as_object().unwrap() {
                let scope = operation["x-scope"].as_str().unwrap();
                assert!(scope.parse::<Scope>().is_ok(), "{method} {path}");
                assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{method} {path}");
            }
        }
        assert_eq!(document["servers"][0]["url"], "/mail/api/v1");
    }

    /// What only looks wants a scope that only looks.
    #[test]
    fn scopes_go_with_what_endpoints_do() {
        for endpoint in endpoints::all() {
            let reads = endpoint.scope.as_str().ends_with(":read");
            assert_eq!(reads, !endpoint.writes, "{} {}", endpoint.method, endpoint.path);
        }
    }
}
