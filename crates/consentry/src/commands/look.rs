//! `consentry look`

use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use store::{Asset, Look};
use web::look::{self, Checked, LookError, LookFile};

use crate::cli;
use crate::context::Context;
use crate::output::{self, Exit, fail};

/// Sets, shows or checks how the pages look.
pub async fn run(context: &Context, command: cli::Look) -> Result<Exit> {
    match command {
        cli::Look::Set { file } => set(context, &file).await?,
        cli::Look::Show => show(context).await?,
        cli::Look::Check { texts: true, .. } => texts(context),
        cli::Look::Check { file: Some(file), .. } => {
            let (look, image) = read(&file)?;
            let checked = look::check(&look).map_err(|error| refused(&file, &error))?;
            if let Some(image) = image {
                look::check_logo(&image).map_err(|error| refused(&file, &error))?;
            }
            report(context, &checked);
        }
        cli::Look::Check { file: None, .. } => {
            let kept = context.store.page_look(context.workspace).await?;
            let look = stored(&kept)?;
            let checked = look::check(&look).map_err(|error| fail(error.clone(), error.hint))?;
            report(context, &checked);
        }
    }
    Ok(Exit::Done)
}

async fn set(context: &Context, file: &Path) -> Result<()> {
    let (look, image) = read(file)?;
    let kept = look::set(&context.store, context.workspace, look, image, context.now()).await?;
    let kept = kept.map_err(|error| refused(file, &error))?;
    let value = json!({ "version": kept.version });
    output::data(context.json, &value, || format!("the pages have this look now: version {}", kept.version));
    Ok(())
}

async fn show(context: &Context) -> Result<()> {
    let kept = context.store.page_look(context.workspace).await?;
    let look: Value = serde_json::from_str(&kept.body).unwrap_or(Value::Null);
    let assets = context.store.assets(context.workspace).await?;
    let assets: Vec<_> = assets.into_iter().map(|(name, _)| name).collect();
    output::data(context.json, &json!({ "version": kept.version, "look": look, "assets": assets }), || {
        if kept.body.is_empty() {
            return "the plain look; `consentry look set FILE.toml` puts on another".to_owned();
        }
        let look = serde_json::to_string_pretty(&look).unwrap_or_default();
        format!("version {}\n{look}", kept.version)
    });
    Ok(())
}

fn texts(context: &Context) {
    let keys = look::keys();
    let value: Value =
        keys.iter().map(|(key, arguments)| json!({ "key": key, "arguments": arguments })).collect();
    output::data(context.json, &value, || {
        let line = |(key, arguments): &(String, Vec<String>)| format!("{key}\t{}", arguments.join(" "));
        keys.iter().map(line).collect::<Vec<_>>().join("\n")
    });
}

fn report(context: &Context, checked: &Checked) {
    let rows = &checked.measured;
    let value: Value = rows
        .iter()
        .map(|pair| json!({ "pair": pair.what, "contrast": pair.ratio, "least": pair.least }))
        .collect();
    output::data(context.json, &value, || {
        let line =
            |pair: &look::Measured| format!("{}\t{:.2}:1, at least {}:1", pair.what, pair.ratio, pair.least);
        rows.iter().map(line).collect::<Vec<_>>().join("\n")
    });
}

fn stored(kept: &Look) -> Result<LookFile> {
    if kept.body.is_empty() {
        return Ok(LookFile::default());
    }
    serde_json::from_str(&kept.body).map_err(|error| {
        fail(
            format!("the look that is kept is broken: {error}"),
            "pages are plain until `consentry look set FILE.toml`",
        )
    })
}

/// A look's file, and the bytes of its logo.
fn read(file: &Path) -> Result<(LookFile, Option<Vec<u8>>)> {
    let text = String::from_utf8(bounded(file, Look::BODY_BYTES_MAX)?)
        .map_err(|_| fail(format!("{}: isn't UTF-8", file.display()), "save it as UTF-8"))?;
    let look: LookFile = toml::from_str(&text).map_err(|error| {
        fail(
            format!("{}: {}", file.display(), error.to_string().trim_end()),
            "docs/look.md shows a whole look",
        )
    })?;
    let folder = file.parent().unwrap_or(Path::new("."));
    let image = match &look.logo {
        Some(logo) => Some(bounded(&folder.join(&logo.file), Asset::BYTES_MAX)?),
        None => None,
    };
    Ok((look, image))
}

/// A file's content, and a byte more than allowed, at which the check says so.
fn bounded(path: &Path, bytes_max: usize) -> Result<Vec<u8>> {
    let opened = std::fs::File::open(path).with_context(|| path.display().to_string())?;
    let mut bytes = Vec::new();
    opened.take(bytes_max as u64 + 1).read_to_end(&mut bytes).with_context(|| path.display().to_string())?;
    Ok(bytes)
}

fn refused(file: &Path, error: &LookError) -> anyhow::Error {
    fail(format!("{}: {error}", file.display()), &error.hint)
}
