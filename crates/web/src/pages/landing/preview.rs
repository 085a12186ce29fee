//! A landing page as it will look, for its maker.

use std::sync::LazyLock;

use minijinja::{Value, context};

use super::content::{Content, LandingError};
use super::serve::{blank_boxes, body};
use crate::pages::render::Renderer;

/// Reading all templates and texts takes far longer than showing one.
static RENDERER: LazyLock<Renderer> = LazyLock::new(|| Renderer::new(consent::WorkspaceId::MAIN));

/// A part of a page as HTML, in the plain look, for a sample profile (a JSON object). Nothing can be posted from it.
pub fn preview(content: &Content, part: &str, sample: &serde_json::Value) -> Result<String, LandingError> {
    // Says what is wrong, where the page itself would only give way.
    let profile = Value::from_serialize(sample);
    let html = super::template::render(content, part, &profile)?;
    let failed = || LandingError("the page can't be rendered".to_owned());
    let own = body(content, &html, blank_boxes(content));
    let locale = RENDERER.locales().choose([Some(content.language.as_str()), None], None);
    let common = context! {
        lang => locale.tag, dir => locale.direction(), args => context! { brand_known => "" }, preview => true,
        choices => "", notice => "", nobody => false,
    };
    RENDERER.text("landing.html", &context! { ..own, ..common }).ok_or_else(failed)
}
