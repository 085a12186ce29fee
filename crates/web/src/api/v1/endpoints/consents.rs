//! A person's consent document, as XDM has it.

use axum::http::Method;
use axum::http::StatusCode;
use consent::ProfileId;
use serde::Serialize;
use serde_json::Value;
use service::consents::{document, write};
use service::keys::Scope;
use utoipa::ToSchema;

use super::super::call::{Call, Replied, Reply};
use super::super::endpoint::{Answer, Endpoint, Takes, answer};
use super::super::json;

const PATH: &str = "/profiles/{profile}/consents";

pub(super) fn endpoints() -> Vec<Endpoint> {
    let put = "Replace the document. What it says of a choice is recorded as any choice is: the latest wins, and a refusal \
        gives way to an express, later yes alone. A document that lacks a refusal is refused.";
    let patch = "Merge a patch (RFC 7396) into the document.";
    let read = |method, id, what| Endpoint::new(method, PATH, Scope::ConsentsWrite, id, what).versions();
    vec![
        Endpoint::get(
            PATH,
            Scope::ConsentsRead,
            "getConsents",
            "Read the document (XDM \"Consents and Preferences\").",
        )
        .versions()
        .runs(show),
        read(Method::PUT, "putConsents", put)
            .raw::<write::Out, _, _>(Takes::Object, |call| change(call, false)),
        read(Method::PATCH, "patchConsents", patch)
            .raw::<write::Out, _, _>(Takes::Object, |call| change(call, true)),
    ]
}

/// A consent document (XDM "Consents and Preferences").
#[derive(Serialize, ToSchema)]
#[schema(as = Consents, value_type = Object)]
#[serde(transparent)]
struct Document(Value);

async fn show(call: Call) -> Replied<Document> {
    let profile: ProfileId = call.place("profile")?;
    let out = document::document(&call.service, &call.actor, document::In { profile }).await?;
    let version = out.version();
    Ok(Reply::from(Document(out.0)).version(version))
}

async fn change(call: Call, patch: bool) -> Answer {
    let asked = write::In {
        profile: call.place("profile")?,
        document: json::object(&call.body)?,
        patch,
        if_version: call.if_match()?,
    };
    let out = write::write(&call.service, &call.actor, asked).await?;
    let version = document::Out(out.consents.clone()).version();
    answer(StatusCode::OK, Ok(Reply::from(out).version(version)))
}
