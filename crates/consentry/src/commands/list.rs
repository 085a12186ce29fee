//! `consentry list`

use anyhow::Result;
use serde_json::json;
use service::lists::{Details, Shown, create, form, list, show, update};
use web::EmbeddedForm;

use crate::cli;
use crate::context::Context;
use crate::output::{self, Exit, fail, refused, told};

/// Makes, changes or shows subscription lists.
pub async fn run(context: &Context, command: cli::List) -> Result<Exit> {
    match command {
        cli::List::Create { name, start, end, details } => {
            create(context, create::In { name, start, end, details: details.into() }).await?;
        }
        cli::List::Set { name, start, no_start, end, no_end, details } => {
            let start = if no_start { Some(None) } else { start.map(Some) };
            let end = if no_end { Some(None) } else { end.map(Some) };
            let details = details.into();
            set(context, update::In { name, start, end, details, if_version: None }).await?;
        }
        cli::List::Show { name: Some(name) } => show(context, name).await?,
        cli::List::Form { name, lang, sms } => form(context, name, &lang, sms).await?,
        cli::List::Show { name: None } => show_all(context).await?,
    }
    Ok(Exit::Done)
}

/// What to do about a list that isn't there.
pub fn make(name: &str) -> String {
    format!("consentry list create {name}")
}

fn add_title(language: &str) -> String {
    format!("add --title {language}=TEXT")
}

async fn create(context: &Context, asked: create::In) -> Result<()> {
    let outcome = create::create(&context.service(), &context.actor(), asked).await;
    let out = outcome.map_err(|error| match &error {
        create::Error::Exists(name) => {
            let hint = format!("consentry list set {name}");
            refused(error, hint)
        }
        create::Error::NoTitle(language) => {
            let hint = add_title(language);
            refused(error, hint)
        }
        create::Error::Store(_) => told(error),
    })?;
    output::answer(context.json, &out, |list| format!("made the list `{}` ({})", list.name, list.id));
    Ok(())
}

async fn set(context: &Context, asked: update::In) -> Result<()> {
    let outcome = update::update(&context.service(), &context.actor(), asked).await;
    let out = outcome.map_err(|error| match &error {
        update::Error::NoList(name) => {
            let hint = make(name);
            refused(error, hint)
        }
        update::Error::NoTitle(language) => {
            let hint = add_title(language);
            refused(error, hint)
        }
        update::Error::Changed | update::Error::Store(_) => told(error),
    })?;
    output::answer(context.json, &out, words);
    Ok(())
}

async fn show(context: &Context, name: String) -> Result<()> {
    let outcome = show::show(&context.service(), &context.actor(), show::In { name: name.clone() }).await;
    let out = outcome.map_err(|error| match error {
        show::Error::NoList(_) => refused(error, make(&name)),
        show::Error::Store(_) => told(error),
    })?;
    output::answer(context.json, &out, words);
    Ok(())
}

async fn form(context: &Context, name: String, language: &str, texts: bool) -> Result<()> {
    let outcome = form::form(&context.service(), &context.actor(), form::In { name: name.clone() }).await;
    let out = outcome.map_err(|error| match error {
        form::Error::NoList(_) => refused(error, make(&name)),
        form::Error::Private(_) => refused(error, format!("consentry list set {name} --public")),
        form::Error::NoPublicUrl => refused(error, "consentry init --public-url https://mail.example.com"),
        form::Error::Store(_) => told(error),
    })?;
    let form::Out { list, brand, public_url } = out;
    let form =
        EmbeddedForm { list: &list, brand: brand.as_deref(), public_url: &public_url, language, texts };
    let html = form.html().ok_or_else(|| {
        fail(format!("there are no texts in `{language}`"), "two letters, such as en or de")
    })?;
    output::data(context.json, &json!({ "html": html }), || html.clone());
    Ok(())
}

async fn show_all(context: &Context) -> Result<()> {
    let out = list::list(&context.service(), &context.actor(), list::In).await.map_err(told)?;
    output::answer(context.json, &out, |out| {
        let row = |list: &Shown| format!("{}\t{}", list.name, state(list));
        match out.data.as_slice() {
            [] => "no lists yet; make one with `consentry list create NAME`".to_owned(),
            lists => lists.iter().map(row).collect::<Vec<_>>().join("\n"),
        }
    });
    Ok(())
}

impl From<cli::ListDetails> for Details {
    fn from(asked: cli::ListDetails) -> Self {
        let cli::ListDetails { title, description, public, private, single_opt_in, double_opt_in, position } =
            asked;
        let either = |yes: bool, no: bool| (yes || no).then_some(yes);
        Self {
            titles: title,
            descriptions: description,
            public: either(public, private),
            double_opt_in: either(double_opt_in, single_opt_in),
            position,
        }
    }
}

fn state(list: &Shown) -> &'static str {
    match list.state {
        "notStarted" => "not started",
        state => state,
    }
}

fn words(list: &Shown) -> String {
    let seen = if list.public { "public" } else { "private" };
    let joined = if list.double_opt_in { "double opt-in" } else { "single opt-in" };
    let mut lines =
        vec![format!("{}\t{}, {seen}, {joined}, position {}", list.name, state(list), list.position)];
    let times = [("starts", list.start), ("ends", list.end)];
    lines.extend(times.iter().filter_map(|(what, at)| at.map(|at| format!("  {what} {at}"))));
    lines.extend(list.texts.iter().map(|(language, text)| {
        let dash = if text.description.is_empty() { "" } else { " \u{2014} " };
        format!("  {language:<8}{}{dash}{}", text.title, text.description)
    }));
    lines.join("\n")
}
