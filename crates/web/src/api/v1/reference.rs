//! The reference to read: a page made on the server from the OpenAPI document, without a script and without anything of
//! somebody else's.

use std::fmt::Write as _;

use serde_json::Value;

const STYLE: &str = ":root{color-scheme:light dark;--paper:#fcfcfa;--ink:#1c1f23;--quiet:#6b7076;--line:#e4e2dc;--accent:#0b6e4f}
@media(prefers-color-scheme:dark){:root{--paper:#15171a;--ink:#e8e6e1;--quiet:#9aa0a6;--line:#2b2f34;--accent:#4cc29a}}
*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{max-width:68ch;margin:0 auto;padding:32px 16px}h1{font-size:28px;font-weight:600}h2{font-size:20px;font-weight:600;margin-top:48px}
h3{font-size:16px;font-weight:600;margin:32px 0 4px}code{font:13px/1.5 ui-monospace,monospace;overflow-wrap:anywhere}
a{color:var(--accent)}nav a{margin-right:12px}.quiet{color:var(--quiet)}table{width:100%;border-collapse:collapse;font-size:13px;margin:8px 0}
td,th{text-align:left;vertical-align:top;padding:4px 8px 4px 0;border-top:1px solid var(--line)}th{font-weight:600}
:target{scroll-margin-top:16px}:focus-visible{outline:2px solid var(--accent)}";

/// The page.
pub(super) fn page(document: &Value) -> String {
    let mut page = String::new();
    let info = &document["info"];
    let _ = write!(
        page,
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>HTTP API</title><style>{STYLE}</style><main><h1>HTTP API</h1><p>{}</p>\
         <p class=\"quiet\">Version {}. The same for programs: <a href=\"openapi.json\">openapi.json</a>.</p>",
        prose(&info["description"]),
        text(&info["version"]),
    );
    let empty = serde_json::Map::new();
    let paths = document["paths"].as_object().unwrap_or(&empty);
    contents(&mut page, paths);
    let mut tag = "";
    for (path, operations) in paths {
        for (method, operation) in operations.as_object().unwrap_or(&empty) {
            let of = operation["tags"][0].as_str().unwrap_or_default();
            if of != tag {
                tag = of;
                let _ = write!(page, "<h2 id=\"{0}\">{0}</h2>", escaped(of));
            }
            one(&mut page, path, method, operation);
        }
    }
    scopes(&mut page, document);
    shapes(&mut page, &document["components"]["schemas"]);
    page.push_str("</main></html>");
    page
}

fn contents(page: &mut String, paths: &serde_json::Map<String, Value>) {
    let mut tags: Vec<&str> = Vec::new();
    for path in paths.keys() {
        let tag = path.split('/').nth(1).unwrap_or_default();
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    page.push_str("<nav>");
    for tag in tags.iter().chain(&["scopes", "shapes"]) {
        let _ = write!(page, "<a href=\"#{0}\">{0}</a> ", escaped(tag));
    }
    page.push_str("</nav>");
}

fn one(page: &mut String, path: &str, method: &str, operation: &Value) {
    let _ = write!(
        page,
        "<h3 id=\"{id}\"><code>{method} /api/v1{path}</code></h3><p>{what}</p><p class=\"quiet\">Scope <code>{scope}</code>",
        id = text(&operation["operationId"]),
        method = escaped(&method.to_ascii_uppercase()),
        path = escaped(path),
        what = prose(&operation["description"]),
        scope = text(&operation["x-scope"]),
    );
    let json = &operation["requestBody"]["content"]["application/json"]["schema"];
    if !json.is_null() {
        let _ = write!(page, " · takes {}", kind(json));
    }
    let done = ["200", "201"].into_iter().find(|status| !operation["responses"][*status].is_null());
    if let Some(status) = done {
        let schema = &operation["responses"][status]["content"]["application/json"]["schema"];
        let _ = write!(page, " · answers {status} with {}", kind(schema));
    }
    page.push_str("</p>");
    let parameters = operation["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
    if !parameters.is_empty() {
        page.push_str("<table><tr><th>Parameter<th>In<th>What it is");
        for parameter in parameters {
            let _ = write!(
                page,
                "<tr><td><code>{}</code><td>{}<td>{}",
                text(&parameter["name"]),
                text(&parameter["in"]),
                prose(&parameter["description"]),
            );
        }
        page.push_str("</table>");
    }
}

fn scopes(page: &mut String, document: &Value) {
    page.push_str(
        "<h2 id=\"scopes\">scopes</h2><p>What a key may be used for, and the roles that have it. The role \
        <code>admin</code> has all.</p><table><tr><th>Scope<th>What it opens<th>Roles",
    );
    let empty = serde_json::Map::new();
    for (scope, what) in document["x-scopes"].as_object().unwrap_or(&empty) {
        let has = |scopes: &Value| {
            scopes.as_array().is_some_and(|scopes| scopes.iter().any(|held| held.as_str() == Some(scope)))
        };
        let roles = document["x-roles"].as_object().unwrap_or(&empty);
        let roles: Vec<&str> = roles
            .iter()
            .filter(|(role, held)| *role != "admin" && has(held))
            .map(|(role, _)| role.as_str())
            .collect();
        let _ = write!(
            page,
            "<tr><td><code>{}</code><td>{}<td>{}",
            escaped(scope),
            prose(what),
            roles.join(", ")
        );
    }
    page.push_str("</table>");
}

fn shapes(page: &mut String, schemas: &Value) {
    page.push_str("<h2 id=\"shapes\">shapes</h2>");
    let empty = serde_json::Map::new();
    for (name, schema) in schemas.as_object().unwrap_or(&empty) {
        let _ = write!(
            page,
            "<h3 id=\"shape-{0}\">{0}</h3><p>{1}</p>",
            escaped(name),
            prose(&schema["description"])
        );
        let mut parts = vec![schema];
        parts
            .extend(["allOf", "oneOf", "anyOf"].into_iter().filter_map(|of| schema[of].as_array()).flatten());
        let mut rows = String::new();
        for part in parts {
            if part["$ref"].is_string() {
                let _ = write!(rows, "<tr><td>also<td>{}<td>", kind(part));
            }
            let required = part["required"].as_array().map(Vec::as_slice).unwrap_or_default();
            for (member, of) in part["properties"].as_object().unwrap_or(&empty) {
                let mark = if required.iter().any(|name| name.as_str() == Some(member)) { "" } else { "?" };
                let what = prose(&of["description"]);
                let _ =
                    write!(rows, "<tr><td><code>{}{mark}</code><td>{}<td>{what}", escaped(member), kind(of));
            }
        }
        if rows.is_empty() {
            let _ = write!(page, "<p class=\"quiet\">{}</p>", kind(schema));
        } else {
            let _ = write!(page, "<table><tr><th>Member<th>Kind<th>What it is{rows}</table>");
        }
    }
}

/// What a schema is, in a few words.
fn kind(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        return format!("<a href=\"#shape-{0}\">{0}</a>", escaped(name));
    }
    if let Some(names) = schema["enum"].as_array() {
        return names.iter().map(|name| format!("<code>{}</code>", text(name))).collect::<Vec<_>>().join(" ");
    }
    let any = ["oneOf", "anyOf"].into_iter().find_map(|of| schema[of].as_array());
    if let Some(any) = any {
        return any.iter().map(kind).collect::<Vec<_>>().join(" or ");
    }
    let types = match &schema["type"] {
        Value::Array(types) => types.iter().map(text).collect::<Vec<_>>().join(" or "),
        other => text(other),
    };
    if types == "array" { format!("array of {}", kind(&schema["items"])) } else { types }
}

fn text(value: &Value) -> String {
    escaped(value.as_str().unwrap_or_default())
}

/// A text with `code` in it.
fn prose(value: &Value) -> String {
    let mut html = String::new();
    for (at, part) in value.as_str().unwrap_or_default().split('`').enumerate() {
        let part = escaped(part);
        if at % 2 == 0 {
            html.push_str(&part);
        } else {
            let _ = write!(html, "<code>{part}</code>");
        }
    }
    html
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use crate::api::v1::{endpoints, openapi};

    #[test]
    fn every_link_on_the_page_leads_to_a_place_on_it_and_nothing_comes_from_elsewhere() {
        let page = super::page(&openapi::document(&endpoints::all(), ""));
        for link in page.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
            match link.strip_prefix('#') {
                Some(place) => assert!(page.contains(&format!("id=\"{place}\"")), "{link}"),
                None => assert_eq!(link, "openapi.json"),
            }
        }
        assert!(!page.contains("<script") && !page.contains("http://") && !page.contains("//cdn"));
    }
}
