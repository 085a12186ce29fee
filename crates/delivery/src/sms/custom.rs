//! A provider whose requests are described in the configuration.

use serde_json::Value;
use wire::http::{Body, HttpAnswer, Request, header::CONTENT_TYPE};

use super::access::{Access, OutText};
use super::answer::{Meaning, Said, SmsOutcome, at, id, json};
use super::config::CustomConfig;

pub(super) fn request(access: &Access, custom: &CustomConfig, text: &OutText<'_>) -> Option<Request<Body>> {
    let callback = text.referring_callback().unwrap_or_default();
    let fill = |template: &str| filled(template, access, text, &callback);
    let mut body = custom.body.clone();
    fill_all(&mut body, &fill);
    let (kind, body) = if custom.form {
        let fields: Vec<(&String, &str)> =
            body.as_object()?.iter().filter_map(|(name, value)| Some((name, value.as_str()?))).collect();
        ("application/x-www-form-urlencoded", serde_urlencoded::to_string(fields).ok()?)
    } else {
        ("application/json", body.to_string())
    };
    let mut request =
        Request::builder().method(&*custom.method).uri(access.path("")).header(CONTENT_TYPE, kind);
    for (name, value) in &custom.headers {
        request = request.header(name, fill(value));
    }
    request.body(Body::from(body)).ok()
}

pub(super) fn read(custom: &CustomConfig, answer: &HttpAnswer) -> SmsOutcome {
    let value = json(answer);
    let mut said = Said::nothing(answer);
    let find = |path: &str| if path.is_empty() { String::new() } else { at(&value, path) };
    let code = find(&custom.code);
    if !custom.accepted.contains(&code) {
        said.text = find(&custom.message);
        said.means = means(custom, &code);
        said.code = code;
    }
    let found = (!custom.id.is_empty()).then(|| id(&value, &custom.id)).flatten();
    said.outcome(found)
}

pub(super) fn means(custom: &CustomConfig, code: &str) -> Option<Meaning> {
    let holds = |list: &[String]| list.iter().any(|one| one == code);
    if holds(&custom.opted_out) {
        Some(Meaning::OptedOut)
    } else {
        holds(&custom.invalid).then_some(Meaning::Invalid)
    }
}

fn fill_all(value: &mut Value, fill: &impl Fn(&str) -> String) {
    match value {
        Value::String(text) => *text = fill(text),
        Value::Array(items) => items.iter_mut().for_each(|item| fill_all(item, fill)),
        Value::Object(map) => map.values_mut().for_each(|item| fill_all(item, fill)),
        _ => {}
    }
}

/// In one pass: what a text says isn't looked at for placeholders.
fn filled(template: &str, access: &Access, text: &OutText<'_>, callback: &str) -> String {
    let values = [
        ("{to}", text.to),
        ("{from}", text.from),
        ("{text}", text.body),
        ("{reference}", text.reference),
        ("{callback}", callback),
        ("{account}", access.account()),
        ("{secret}", access.secret.expose()),
    ];
    let mut out = String::with_capacity(template.len() + text.body.len());
    let mut rest = template;
    while let Some(at) = rest.find('{') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some((name, value)) = values.iter().find(|(name, _)| rest.starts_with(name)) {
            out.push_str(value);
            rest = &rest[name.len()..];
        } else {
            out.push('{');
            rest = &rest[1..];
        }
    }
    out + rest
}
