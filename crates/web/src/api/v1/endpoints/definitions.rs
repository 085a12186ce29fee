//! Definitions: configurations, contents and campaigns, in versions.

use std::collections::HashMap;

use axum::http::{Method, StatusCode, header};
use serde::Deserialize;
use serde_json::{Map, Value};
use service::definitions::plan::Change;
use service::definitions::{
    DefinitionKind, Given, Invalid, Shown, Version, apply, archive, list, plan, show,
};
use service::keys::Scope;
use utoipa::ToSchema;

use super::super::call::{Call, Replied, Reply};
use super::super::endpoint::{Answer, Endpoint, Kind, Takes, answer};
use super::super::json;
use super::super::problem::ApiProblem;
use super::super::shapes::{Paged, objects, parsed};

const KINDS: &[&str] = &["configuration", "content", "campaign"];
/// Longest body with one document, and with several.
const ONE_BYTES_MAX: usize = 2 << 20;
const BODY_BYTES_MAX: usize = 8 << 20;

pub(super) fn endpoints() -> Vec<Endpoint> {
    let (one, write) = ("/definitions/{kind}/{name}", Scope::DefinitionsWrite);
    let put = "Store a document as a new version, unless it is what is stored. Its `name` is that of the path. A configuration, \
        and a campaign that holds one, also wants the scope `configurations:write`. A campaign is checked when it is started.";
    let put = Endpoint::new(Method::PUT, one, write, "putDefinition", put).versions();
    let put = put.raw::<apply::Applied, _, _>(Takes::Object, stored);
    let planned = Endpoint::ask(
        "/definitions/plan",
        Scope::DefinitionsRead,
        "planDefinitions",
        "Show what storing documents would change, field by field. Nothing is stored.",
    );
    let applied = "Store documents that may name each other, all or none. Configurations, and campaigns that hold one, also want \
        the scope `configurations:write`.";
    let applied = Endpoint::post("/definitions/apply", write, "applyDefinitions", applied);
    vec![
        Endpoint::get(
            "/definitions",
            Scope::DefinitionsRead,
            "getDefinitions",
            "Show definitions by kind and name, archived ones among them.",
        )
        .parameter("kind", "Only of this kind.", Kind::OneOf(KINDS))
        .pages()
        .runs(all),
        Endpoint::get(
            one,
            Scope::DefinitionsRead,
            "getDefinition",
            "Show a version of a definition, with its document.",
        )
        .parameter(
            "version",
            "Which version; the current one unless said otherwise.",
            Kind::Number(1, i64::MAX.unsigned_abs()),
        )
        .versions()
        .runs(shown),
        Endpoint { body_bytes_max: ONE_BYTES_MAX, ..put },
        Endpoint::new(
            Method::DELETE,
            one,
            write,
            "archiveDefinition",
            "Take a definition out of use: nothing new can name it, and runs go on. Stored again, it is back. A configuration also \
             wants the scope `configurations:write`.",
        )
        .versions()
        .runs(archived),
        Endpoint { body_bytes_max: BODY_BYTES_MAX, ..planned.takes(compared) },
        Endpoint { body_bytes_max: BODY_BYTES_MAX, ..applied.takes(all_stored) },
    ]
}

/// Documents that belong together.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = Documents)]
struct Together {
    /// Each once; one may name another.
    #[serde(deserialize_with = "objects")]
    #[schema(max_items = 1000)]
    documents: Vec<Written>,
}

/// A document.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = Document)]
struct Written {
    /// `configuration`, `content` or `campaign`.
    #[serde(deserialize_with = "parsed")]
    #[schema(value_type = String, examples("content"))]
    kind: DefinitionKind,
    /// The document, with its name; `consentry definition schema KIND` prints its JSON Schema.
    #[schema(value_type = Object)]
    document: Map<String, Value>,
    /// The version that it takes the place of, 0 for none; whichever is current if absent.
    #[serde(default)]
    expected: Option<i64>,
}

impl Together {
    fn given(self) -> Vec<Given> {
        let given =
            |Written { kind, document, expected }| Given { kind, document: document.into(), expected };
        self.documents.into_iter().map(given).collect()
    }
}

/// Who may store or archive contents and campaigns isn't thereby one who may say where messages and secrets go.
/// `configuration` is what a document has under that name.
fn permitted(call: &Call, kind: DefinitionKind, configuration: Option<&Value>) -> Result<(), ApiProblem> {
    let configures = match kind {
        DefinitionKind::Configuration => true,
        DefinitionKind::Content => false,
        DefinitionKind::Campaign => configuration.is_some_and(|part| !part.is_string()),
    };
    if configures { call.needs(Scope::ConfigurationsWrite) } else { Ok(()) }
}

/// The version that the caller has seen, if it says so.
fn expected(call: &Call) -> Result<Option<i64>, ApiProblem> {
    let Some(etag) = call.if_match()? else { return Ok(None) };
    let version = etag.parse().ok().filter(|version: &i64| *version > 0 && version.to_string() == etag);
    version.map(Some).ok_or_else(|| ApiProblem::outdated("If-Match names no version of it"))
}

fn place(call: &Call) -> Result<(DefinitionKind, String), ApiProblem> {
    Ok((call.place("kind")?, call.text_at("name").to_owned()))
}

async fn all(call: Call) -> Replied<Paged<Shown>> {
    let kind: Option<DefinitionKind> = call.parameter("kind")?;
    let page = call.page(&[kind.map_or("", DefinitionKind::as_str)])?;
    let asked = list::In { kind, after: page.after(), limit: page.limit };
    let out = list::list(&call.service, &call.actor, asked).await?;
    Ok(call.paged(&page, out)?.into())
}

async fn shown(call: Call) -> Replied<Version> {
    let (kind, name) = place(&call)?;
    let asked = show::In { kind, name, version: call.parameter("version")? };
    let version = show::show(&call.service, &call.actor, asked).await?;
    let etag = version.version.to_string();
    Ok(Reply::from(version).version(etag))
}

async fn archived(call: Call) -> Replied<Shown> {
    let (kind, name) = place(&call)?;
    permitted(&call, kind, None)?;
    let asked = archive::In { kind, name, expected: expected(&call)? };
    let matched = asked.expected.is_some();
    match archive::archive(&call.service, &call.actor, asked).await {
        Ok(definition) => {
            let etag = definition.version.to_string();
            Ok(Reply::from(definition).version(etag))
        }
        Err(error @ archive::Error::Stale { .. }) if matched => Err(ApiProblem::outdated(error.to_string())),
        Err(error) => Err(error.into()),
    }
}

async fn stored(call: Call) -> Answer {
    answer(StatusCode::OK, put(&call).await)
}

async fn put(call: &Call) -> Replied<apply::Applied> {
    let (kind, name) = place(call)?;
    let mut document = json::object(&call.body)?;
    permitted(call, kind, document.get("configuration"))?;
    match document.get("name") {
        None => document["name"] = name.clone().into(),
        Some(written) if *written == name => {}
        Some(_) => {
            let detail =
                "the document has another name than the path; leave it out, or store it under its own";
            return Err(ApiProblem::invalid("name-differs", "/name", detail));
        }
    }
    let expected = expected(call)?;
    if expected.is_none() && call.headers.contains_key(header::IF_MATCH) {
        // `*`: whichever version, but one.
        let asked = show::In { kind, name, version: None };
        match show::show(&call.service, &call.actor, asked).await {
            Err(error @ show::Error::Missing(..)) => return Err(ApiProblem::outdated(error.to_string())),
            found => drop(found?),
        }
    }
    let given = vec![Given { kind, document, expected }];
    let out = store(call, given).await.map_err(|error| match error {
        apply::Error::Invalid(error @ Invalid::Stale { .. }) if expected.is_some() => {
            ApiProblem::outdated(error.to_string())
        }
        error => ApiProblem::from(error)
            .repointed(|pointer| pointer.strip_prefix("/documents/0").unwrap_or(pointer).to_owned()),
    })?;
    let applied = out.data.into_iter().next().ok_or_else(ApiProblem::missing)?;
    let etag = applied.definition.version.to_string();
    Ok(Reply::from(applied).version(etag))
}

async fn compared(call: Call, asked: Together) -> Replied<Paged<Change>> {
    let page = call.page(&[])?;
    let asked = plan::In { documents: asked.given() };
    let out = plan::plan(&call.service, &call.actor, asked).await;
    let out = out.map_err(|error| ApiProblem::from(error).repointed(in_body))?;
    Ok(call.paged(&page, out)?.into())
}

async fn all_stored(call: Call, asked: Together) -> Replied<apply::Out> {
    for Written { kind, document, .. } in &asked.documents {
        permitted(&call, *kind, document.get("configuration"))?;
    }
    let out = store(&call, asked.given()).await;
    Ok(out.map_err(|error| ApiProblem::from(error).repointed(in_body))?.into())
}

async fn store(call: &Call, documents: Vec<Given>) -> Result<apply::Out, apply::Error> {
    let asked = apply::In { documents, uploads: HashMap::new(), probe: None };
    apply::apply(&call.service, &call.actor, asked).await
}

/// Where a body with several documents has what is wrong in one of them: `/documents/1/subject` is
/// `/documents/1/document/subject`.
fn in_body(pointer: &str) -> String {
    let index = pointer.strip_prefix("/documents/").map(|rest| rest.split('/').next().unwrap_or(rest));
    match index {
        Some(index) => {
            let document = format!("/documents/{index}");
            format!("{document}/document{}", pointer.strip_prefix(&document).unwrap_or_default())
        }
        None => pointer.to_owned(),
    }
}
