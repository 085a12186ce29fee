//! `consentry page`

use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use store::{LandingPage, LandingPageInfo};
use web::landing::{self, Content, LandingError};

use crate::cli;
use crate::context::Context;
use crate::output::{self, Exit, fail};

/// Keeps, shows or hides the brand's own pages.
pub async fn run(context: &Context, command: cli::Page) -> Result<Exit> {
    match command {
        cli::Page::Put { name, file } => return put(context, &name, &file).await,
        cli::Page::Publish { name, version } => return publish(context, &name, version).await,
        cli::Page::Unpublish { name } => {
            let shown = context.store.unpublish_landing_page(context.workspace, &name).await?;
            output::data(context.json, &json!({ "name": name, "wasPublished": shown }), || {
                let words = if shown { "isn't shown any more" } else { "wasn't shown" };
                format!("the page `{name}` {words}")
            });
        }
        cli::Page::List => list(context).await?,
        cli::Page::Preview { name, version, part, profile } => {
            let kept = content(&find(context, &name, version).await?)?;
            let sample = match profile {
                Some(file) => {
                    serde_json::from_str(&text(&file)?).with_context(|| file.display().to_string())?
                }
                None => json!({}),
            };
            let html = landing::preview(&kept, &part, &sample).map_err(|error| {
                fail(format!("parts.{part}: {error}"), "mend it, then `consentry page put` again")
            })?;
            output::document(&html);
        }
    }
    Ok(Exit::Done)
}

async fn put(context: &Context, name: &str, file: &Path) -> Result<Exit> {
    let written: Content = toml::from_str(&text(file)?).map_err(|error| {
        fail(
            format!("{}: {}", file.display(), error.to_string().trim_end()),
            "docs/landing-pages.md shows a whole page",
        )
    })?;
    let (kept, problems) =
        landing::put(&context.store, context.workspace, name, &written, context.now()).await?;
    tell(&problems);
    let value = json!({
        "name": name,
        "version": kept.version,
        "problems": problems.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "wayOut": landing::offers_way_out(&written),
    });
    output::data(context.json, &value, || {
        let next = if problems.is_empty() { "can be published" } else { "can't be published yet" };
        format!("kept `{name}` as version {}, which {next}", kept.version)
    });
    Ok(Exit::Done)
}

async fn publish(context: &Context, name: &str, version: Option<i64>) -> Result<Exit> {
    let page = find(context, name, version).await?;
    let problems = landing::check(&context.store, context.workspace, &content(&page)?).await?;
    tell(&problems);
    if !problems.is_empty() {
        output::say(format_args!("error: `{name}` version {} can't be published", page.version));
        return Ok(Exit::Refused);
    }
    let page =
        context.store.publish_landing_page(context.workspace, name, page.version, context.now()).await?;
    output::data(context.json, &json!({ "name": name, "version": page.version }), || {
        format!("the page `{name}` is shown in version {}", page.version)
    });
    Ok(Exit::Done)
}

fn tell(problems: &[LandingError]) {
    for problem in problems {
        output::say(format_args!("problem: {problem}"));
    }
}

async fn list(context: &Context) -> Result<()> {
    let pages = context.store.landing_pages(context.workspace).await?;
    let value: Value = pages
        .iter()
        .map(|page| json!({ "name": page.name, "latest": page.latest, "published": page.published }))
        .collect();
    let value = json!({ "data": value, "next": null });
    output::data(context.json, &value, || {
        let line = |page: &LandingPageInfo| {
            let shown = page
                .published
                .map_or("not shown".to_owned(), |version| format!("version {version} is shown"));
            format!("{}\tlatest version {}, {shown}", page.name, page.latest)
        };
        if pages.is_empty() {
            "no pages yet; make one with `consentry page put NAME FILE.toml`".to_owned()
        } else {
            pages.iter().map(line).collect::<Vec<_>>().join("\n")
        }
    });
    Ok(())
}

async fn find(context: &Context, name: &str, version: Option<i64>) -> Result<LandingPage> {
    let page = context.store.landing_page_version(context.workspace, name, version).await?;
    page.ok_or_else(|| fail(format!("there is no such version of a page `{name}`"), "consentry page list"))
}

fn content(page: &LandingPage) -> Result<Content> {
    serde_json::from_str(&page.body).map_err(|error| {
        fail(format!("`{}` version {} is broken: {error}", page.name, page.version), "put it again")
    })
}

fn text(file: &Path) -> Result<String> {
    use std::io::Read as _;
    let opened = std::fs::File::open(file).with_context(|| file.display().to_string())?;
    let mut text = String::new();
    let limited = &mut opened.take(LandingPage::BODY_BYTES_MAX as u64 + 1);
    limited.read_to_string(&mut text).with_context(|| file.display().to_string())?;
    if text.len() > LandingPage::BODY_BYTES_MAX {
        return Err(fail(format!("{}: has more than 1 MiB", file.display()), "make it smaller"));
    }
    Ok(text)
}
