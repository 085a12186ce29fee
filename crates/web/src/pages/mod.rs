//! The pages that people opt out on, and those that a brand puts around them.

mod choices;
mod confirm;
mod depth;
mod desk;
mod find;
mod gpc;
pub mod landing;
pub mod language;
mod link;
pub mod look;
pub mod notice;
mod policy;
mod problem;
mod reasons;
mod render;
mod screen;
mod sheet;
mod short;
mod state;
mod statement;
mod subscribe;
mod token_path;
mod widening;
mod workspace;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use intake::unsubscribe::{self, BODY_BYTES_MAX, Post};

pub use desk::config::DeskConfig;
pub(crate) use state::PagesState;
pub use subscribe::EmbeddedForm;
pub(crate) use token_path::mended;

use self::render::Unrendered;
use crate::http::common::Common;
use crate::http::guard::{Admission, Admitted, REQUEST_TIME_MAX, busy, guarded};
use crate::http::head::content_type;
use crate::http::slots::Class;

/// Every page, and the answer to paths that aren't there.
pub(crate) fn routes(state: &PagesState, common: &Common) -> Router {
    let links = Router::new()
        .route("/u/{*token}", get(link::show).post(link::post))
        .route("/p/{*token}", get(choices::show).post(choices::post))
        .route("/s/{*code}", get(short::show))
        .route("/c/{*token}", get(confirm::show).post(confirm::post));
    let landing = Router::new()
        .route("/l/{*token}", get(landing::show).post(landing::post))
        .route("/pages/{name}", get(landing::public));
    let others = Router::new()
        .route("/choices", get(find::show).post(find::post))
        .route("/lists/{name}", get(subscribe::show))
        .route("/subscribe/{name}", get(subscribe::show).post(subscribe::post))
        .route("/look/{name}", get(look::show))
        .fallback(problem::missing);
    let served = |routes: Router<PagesState>, class| {
        let routes = routes
            .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
            .layer(from_fn_with_state(state.clone(), rendered));
        guarded(routes, common, Admission::Class(class), REQUEST_TIME_MAX)
    };
    served(links, Class::of_links)
        .merge(served(landing, Class::of_landing))
        .merge(served(others, |_| Class::Pages))
        .with_state(state.clone())
}

/// Gives a page that a handler answers with its text, on a thread of its own.
async fn rendered(State(state): State<PagesState>, mut request: Request, next: Next) -> Response {
    let admitted = request.extensions_mut().remove::<Admitted>();
    let class = admitted.as_ref().map_or(Class::Pages, |admitted| admitted.class);
    let body = admitted.filter(|_| class == Class::OptOuts).and_then(|admitted| admitted.body);
    let one_click = |body| unsubscribe::parse_post(content_type(request.headers()), body) == Post::OneClick;
    let path = request.uri().path().to_owned();
    let mut workspace = state.desk().workspace;
    // One-click shows no page, so it doesn't wait for the look to be read again.
    if !body.as_deref().is_some_and(one_click) {
        workspace = workspace::of_link(state.store(), &path).unwrap_or(workspace);
        state.renderer_of(workspace).refresh(state.store(), state.clock().as_ref()).await;
    }
    let answer = depth::at_depth(&path, next.run(request));
    let mut response = workspace::in_workspace(workspace, answer).await;
    let Some(page) = response.extensions_mut().remove::<Unrendered>() else { return response };
    let Ok(turn) = state.slots().rendering(class).await else { return busy() };
    let rendering = tokio::task::spawn_blocking(move || {
        let response = state.renderer_of(workspace).finish(response, &page);
        drop(turn);
        response
    });
    rendering.await.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}
