//! An endpoint: its row in the table.

use std::pin::Pin;
use std::sync::Arc;

use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use service::keys::Scope;
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use super::call::{Call, Replied, body_of};
use super::problem::ApiProblem;

/// What a handler answers with.
pub(super) type Answer = Result<Response, ApiProblem>;
type Answering = Pin<Box<dyn Future<Output = Answer> + Send>>;

/// Longest body of an endpoint, unless it says otherwise.
const BODY_BYTES_MAX: usize = 256 * 1024;

/// An endpoint.
pub(super) struct Endpoint {
    pub method: Method,
    /// Below `/api/v1`.
    pub path: &'static str,
    /// What a key must have.
    pub scope: Scope,
    /// The operation's id.
    pub id: &'static str,
    /// What it does, in a sentence.
    pub what: &'static str,
    /// The status of its answer.
    pub status: StatusCode,
    pub takes: Takes,
    pub answers: Option<Shape>,
    pub parameters: Vec<Parameter>,
    pub body_bytes_max: usize,
    /// Whether it changes anything, and so may be sent again under a name.
    pub writes: bool,
    /// Whether what it answers has a version.
    pub versioned: bool,
    pub run: Arc<dyn Fn(Call) -> Answering + Send + Sync>,
}

/// What an endpoint takes.
pub(super) enum Takes {
    Nothing,
    Json(Shape),
    /// Any object, such as a document.
    Object,
    /// One JSON text, or lines of such.
    JsonOrLines(Shape, Shape),
}

/// The schema of a shape, with those that it names.
pub(super) struct Shape {
    pub name: String,
    pub schemas: Vec<(String, RefOr<Schema>)>,
}

/// A parameter of the query.
#[derive(Clone, Copy)]
pub(super) struct Parameter {
    pub name: &'static str,
    pub what: &'static str,
    pub kind: Kind,
}

/// What a parameter is.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Text,
    Cursor,
    Number(u64, u64),
    Flag,
    OneOf(&'static [&'static str]),
}

impl Shape {
    pub fn of<T: ToSchema>() -> Self {
        let mut schemas = vec![(T::name().into_owned(), T::schema())];
        T::schemas(&mut schemas);
        Self { name: T::name().into_owned(), schemas }
    }
}

impl Endpoint {
    /// An endpoint that isn't run by anything yet.
    pub fn new(
        method: Method,
        path: &'static str,
        scope: Scope,
        id: &'static str,
        what: &'static str,
    ) -> Self {
        Self {
            writes: method != Method::GET,
            method,
            path,
            scope,
            id,
            what,
            status: StatusCode::OK,
            takes: Takes::Nothing,
            answers: None,
            parameters: Vec::new(),
            body_bytes_max: BODY_BYTES_MAX,
            versioned: false,
            run: Arc::new(|_| Box::pin(async { Err(ApiProblem::missing()) })),
        }
    }

    pub fn get(path: &'static str, scope: Scope, id: &'static str, what: &'static str) -> Self {
        Self::new(Method::GET, path, scope, id, what)
    }

    pub fn post(path: &'static str, scope: Scope, id: &'static str, what: &'static str) -> Self {
        Self::new(Method::POST, path, scope, id, what)
    }

    /// One that posts a question, so that no address stands in a URL, and changes nothing.
    pub fn ask(path: &'static str, scope: Scope, id: &'static str, what: &'static str) -> Self {
        Self { writes: false, ..Self::post(path, scope, id, what) }
    }

    /// Something new is there when it has answered.
    pub fn makes(self) -> Self {
        Self { status: StatusCode::CREATED, ..self }
    }

    /// Something is begun when it has answered; `Location` says where to look at it.
    pub fn begins(self) -> Self {
        Self { status: StatusCode::ACCEPTED, ..self }
    }

    pub fn parameter(mut self, name: &'static str, what: &'static str, kind: Kind) -> Self {
        self.parameters.push(Parameter { name, what, kind });
        self
    }

    /// It answers page by page.
    pub fn pages(self) -> Self {
        self.parameter(
            "limit",
            "How many entries the page has; 50 unless said otherwise.",
            Kind::Number(1, 500),
        )
        .parameter(
            "cursor",
            "Where the page begins: `next` or `previous` of another page.",
            Kind::Cursor,
        )
    }

    /// What it answers has a version.
    pub fn versions(self) -> Self {
        Self { versioned: true, ..self }
    }

    /// Runs it by a handler without a body.
    pub fn runs<A, F, R>(self, run: F) -> Self
    where
        A: Serialize + ToSchema + 'static,
        F: Fn(Call) -> R + Clone + Send + Sync + 'static,
        R: Future<Output = Replied<A>> + Send + 'static,
    {
        let status = self.status;
        let run = move |call: Call| -> Answering {
            let run = run.clone();
            Box::pin(async move { answer(status, run(call).await) })
        };
        Self { answers: Some(Shape::of::<A>()), run: Arc::new(run), ..self }
    }

    /// Runs it by a handler of a body.
    pub fn takes<B, A, F, R>(self, run: F) -> Self
    where
        B: DeserializeOwned + ToSchema + Send + 'static,
        A: Serialize + ToSchema + 'static,
        F: Fn(Call, B) -> R + Clone + Send + Sync + 'static,
        R: Future<Output = Replied<A>> + Send + 'static,
    {
        let status = self.status;
        let run = move |call: Call| -> Answering {
            let run = run.clone();
            Box::pin(async move {
                let body = call.read()?;
                answer(status, run(call, body).await)
            })
        };
        let takes = Takes::Json(Shape::of::<B>());
        Self { takes, answers: Some(Shape::of::<A>()), run: Arc::new(run), ..self }
    }

    /// Runs it by a handler that reads the body itself.
    pub fn raw<A, F, R>(self, takes: Takes, run: F) -> Self
    where
        A: ToSchema,
        F: Fn(Call) -> R + Send + Sync + 'static,
        R: Future<Output = Answer> + Send + 'static,
    {
        let run = move |call: Call| -> Answering { Box::pin(run(call)) };
        Self { takes, answers: Some(Shape::of::<A>()), run: Arc::new(run), ..self }
    }
}

/// A handler's answer as the caller reads it.
pub(super) fn answer<A: Serialize>(status: StatusCode, replied: Replied<A>) -> Answer {
    let replied = replied?;
    let kind = HeaderValue::from_static("application/json");
    let mut response = (status, [(header::CONTENT_TYPE, kind)], body_of(&replied.value)?).into_response();
    let version = replied.version.map(|version| format!("\"{version}\""));
    for (name, text) in [(header::ETAG, version), (header::LOCATION, replied.location)] {
        if let Some(value) = text.and_then(|text| HeaderValue::from_str(&text).ok()) {
            response.headers_mut().insert(name, value);
        }
    }
    Ok(response)
}
