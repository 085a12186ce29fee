//! Pages from templates, and the headers that they carry.

use std::sync::Arc;

use axum::Extension;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use consent::{Clock, WorkspaceId};
use data_encoding::HEXLOWER;
use fluent_bundle::FluentArgs;
use minijinja::value::{Kwargs, Rest};
use minijinja::{Environment, Error, ErrorKind, State, UndefinedBehavior, Value};
use sha2::{Digest, Sha256};
use store::Store;

use crate::pages::language::{Locales, SOURCES};
use crate::pages::look::wardrobe::{Dress, Wardrobe};
use crate::pages::policy::{policy, scheme_source};

const STYLE: &str = include_str!("../../templates/style.css");
const TEMPLATES: [(&str, &str); 11] = [
    ("base.html", include_str!("../../templates/base.html")),
    ("link.html", include_str!("../../templates/link.html")),
    ("button.html", include_str!("../../templates/button.html")),
    ("choices.html", include_str!("../../templates/choices.html")),
    ("landing.html", include_str!("../../templates/landing.html")),
    ("problem.html", include_str!("../../templates/problem.html")),
    ("subscribe.html", include_str!("../../templates/subscribe.html")),
    ("confirm.html", include_str!("../../templates/confirm.html")),
    ("find.html", include_str!("../../templates/find.html")),
    ("embed.html", include_str!("../../templates/embed.html")),
    ("notice.html", include_str!("../../templates/notice.html")),
];

/// Makes the public pages.
pub(crate) struct Renderer {
    environment: Environment<'static>,
    locales: Arc<Locales>,
    wardrobe: Wardrobe,
    workspace: WorkspaceId,
}

impl Renderer {
    pub fn new(workspace: WorkspaceId) -> Self {
        let locales = Arc::new(Locales::new());
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        for (name, source) in TEMPLATES {
            environment.add_template(name, source).expect("a test renders every template");
        }
        environment.add_global("style", STYLE);
        environment.add_function("t", translate(Arc::clone(&locales)));
        environment.add_global("look", false);
        Self { environment, locales, wardrobe: Wardrobe::new(version(), STYLE), workspace }
    }

    /// The version of the pages, as evidence names it: of their templates and texts, then, after a plus sign, of the
    /// brand's look.
    pub fn version(&self) -> Arc<str> {
        Arc::clone(&self.wardrobe.now().evidence)
    }

    /// What pages wear now.
    pub fn dress(&self) -> Arc<Dress> {
        self.wardrobe.now()
    }

    /// Looks for a newer look at most once a second.
    pub async fn refresh(&self, store: &Store, clock: &dyn Clock) {
        self.wardrobe.refresh(store, clock, self.workspace, &self.locales).await;
    }

    pub fn locales(&self) -> &Locales {
        &self.locales
    }

    fn rendered(
        &self,
        template: &str,
        dress: &Dress,
        worn: &Value,
        context: &Value,
    ) -> Result<String, Error> {
        let own = minijinja::context! { style => dress.style, look => worn };
        self.environment.get_template(template)?.render(minijinja::context! { ..own, ..context.clone() })
    }

    /// A template's text alone; `None`, with a line in the log, if it can't be rendered.
    pub fn text(&self, template: &str, context: &Value) -> Option<String> {
        let failed = |error: &Error| tracing::error!(template, error = %error, "a page can't be rendered");
        let dress = self.wardrobe.now();
        self.rendered(template, &dress, &worn(&dress, context), context).inspect_err(failed).ok()
    }

    /// A page, still without its text: [`Renderer::finish`] gives it that. `forward_to` is the brand's own page that a form
    /// on it leads to.
    pub fn page(
        &self,
        status: StatusCode,
        template: &'static str,
        context: &Value,
        forward_to: Option<&str>,
    ) -> Response {
        let dress = self.wardrobe.now();
        let (worn, context) = (worn(&dress, context), context.clone());
        let forward_to = forward_to.map(str::to_owned);
        (status, Extension(Unrendered { template, context, worn, dress, forward_to })).into_response()
    }

    /// Renders a page in full. It computes: see [`crate::http::slots::Slots::rendering`].
    pub fn finish(&self, mut response: Response, page: &Unrendered) -> Response {
        let Unrendered { template, context, worn, dress, forward_to } = page;
        let html = self.rendered(template, dress, worn, context).map(|html| (html, Arc::clone(dress)));
        let finished = html.or_else(|error| {
            tracing::warn!(template, error = %error, "a page can't be rendered with its look");
            let plain = self.wardrobe.plain();
            self.rendered(template, &plain, &Value::from(false), context).map(|html| (html, plain))
        });
        let (html, dress) = match finished {
            Ok(finished) => finished,
            Err(error) => {
                tracing::error!(template, error = %error, "a page can't be rendered");
                return StatusCode::INTERNAL_SERVER_ERROR.into_response();
            }
        };
        let policy = forward_to.as_ref().map_or_else(
            || dress.policy.clone(),
            |url| policy(&dress.style_source, dress.logo.is_some(), scheme_source(url)),
        );
        let kind = HeaderValue::from_static("text/html; charset=utf-8");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
        *response.body_mut() = html.into();
        response
    }
}

/// What a page is rendered from.
#[derive(Clone)]
pub(crate) struct Unrendered {
    template: &'static str,
    context: Value,
    /// What templates see of the dress.
    worn: Value,
    dress: Arc<Dress>,
    forward_to: Option<String>,
}

fn worn(dress: &Dress, context: &Value) -> Value {
    dress.context(context.get_attr("lang").unwrap_or_default().as_str().unwrap_or_default())
}

/// The beginning of the SHA-256 over the sources of all pages.
fn version() -> String {
    let mut hash = Sha256::new();
    for text in TEMPLATES.iter().chain(SOURCES).flat_map(|(name, source)| [name, source]) {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text.as_bytes());
    }
    HEXLOWER.encode(&hash.finalize()[..6])
}

/// `t("key", name=value)` in templates: the text in the page's language. Arguments default to the page's `args`.
fn translate(
    locales: Arc<Locales>,
) -> impl Fn(&State<'_, '_>, &str, Rest<Value>, Kwargs) -> Result<String, Error> + Send + Sync + 'static {
    move |state, key, _, named| {
        let lang = state.lookup("lang").unwrap_or_default();
        let mut args = FluentArgs::new();
        if let Some(common) = state.lookup("args") {
            for name in common.try_iter()? {
                let value = common.get_item(&name)?;
                if let (Some(name), Some(value)) = (name.as_str(), value.as_str()) {
                    args.set(name.to_owned(), value.to_owned());
                }
            }
        }
        for name in named.args().map(str::to_owned).collect::<Vec<_>>() {
            let value: String = named.get(&name)?;
            args.set(name, value);
        }
        let locale = locales.get(lang.as_str().unwrap_or_default());
        locale
            .text(key, &args)
            .ok_or_else(|| Error::new(ErrorKind::InvalidOperation, format!("no text for {key}")))
    }
}
