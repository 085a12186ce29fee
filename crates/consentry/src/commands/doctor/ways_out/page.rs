//! The pages behind links: opened, their buttons pressed as they stand there.

use anyhow::Result;
use consent::{Channel, Field, Level, Purpose, Target};
use delivery::selftest::{Answer, Form, Method, Url, VisitError, heading};

use super::answers;
use super::bench::{Bench, Effect, Trial};
use super::verdict::Way;

/// Redirects that are followed from a link to its page, click trackers' included.
const HOPS_MAX: usize = 10;
const FORM: &str = "application/x-www-form-urlencoded";

/// A link whose page is tried.
pub struct Link {
    /// Which it is, for people.
    pub label: String,
    /// Where it leads.
    pub url: Url,
}

/// A button to press.
struct Button {
    kind: &'static str,
    label: String,
    /// As the form names it.
    name: &'static str,
    /// What pressing it says no to.
    target: Target,
    /// What is ticked first.
    ticked: Option<(&'static str, &'static str)>,
}

/// A page that was opened.
pub struct Page {
    pub url: Url,
    pub answer: Answer,
    /// The hosts that led on, in their order.
    pub hops: Vec<Url>,
}

/// Opens a page as a browser does.
pub async fn open(bench: &Bench<'_>, url: &Url) -> Result<Page, VisitError> {
    let (mut url, mut hops) = (url.clone(), Vec::new());
    loop {
        let answer = bench.ask(Method::GET, &url, None).await?;
        match answer.leads_to(&url) {
            Some(next) if hops.len() < HOPS_MAX => hops.push(std::mem::replace(&mut url, next)),
            _ => return Ok(Page { url, answer, hops }),
        }
    }
}

impl Page {
    /// Who stands between the link and its page.
    pub fn strangers(&self, bench: &Bench<'_>) -> Vec<String> {
        let others = self.hops.iter().chain([&self.url]).filter(|url| !bench.is_own_host(url));
        let mut hosts: Vec<String> = others.filter_map(|url| url.host_str().map(str::to_owned)).collect();
        hosts.dedup();
        hosts
    }
}

/// Tries the buttons of the page that a link leads to; `token` is what its address there holds.
pub async fn try_link(bench: &Bench<'_>, link: &Link, token: consent::Token) -> Result<Vec<Way>> {
    if token.purpose == Purpose::Unsubscribe {
        let (label, target) = (link.label.clone(), bench.target(token));
        let button = Button { kind: "page", label, name: "unsubscribe", target, ticked: None };
        return Ok(vec![press(bench, &link.url, &button).await?]);
    }
    let level = if token.level == Level::Subscription { Level::Channel } else { token.level };
    let target = bench.target(consent::Token { level, ..token });
    // As the page names its questions.
    let question = match target {
        Target::Field(field) => field.channel().map_or(level.as_str(), Channel::as_str),
        _ => level.as_str(),
    };
    let save = Button {
        kind: "choices_saved",
        label: format!("{}, a no saved", link.label),
        name: "save",
        target,
        ticked: Some((question, "n")),
    };
    let stop = Button {
        kind: "stop_all",
        label: format!("{}, stop everything", link.label),
        name: "stop-all",
        target: Target::Field(Field::Any),
        ticked: None,
    };
    Ok(vec![press(bench, &link.url, &save).await?, press(bench, &link.url, &stop).await?])
}

async fn press(bench: &Bench<'_>, url: &Url, button: &Button) -> Result<Way> {
    let act = async |trial: &Trial| attempt(bench, url, button, trial).await;
    let way = bench.attempt((button.kind, &button.label), button.target, act).await?;
    Ok(if way.url.is_some() { way } else { way.at(url.as_str()) })
}

/// Opens the page, presses the button, and says what came of it.
async fn attempt(bench: &Bench<'_>, url: &Url, button: &Button, trial: &Trial) -> Result<Way> {
    let Button { kind, label, name, ticked, .. } = button;
    let fails = |problem, words: &str| Way::fails(kind, label, problem, words);
    let page = match open(bench, url).await {
        Ok(page) if page.answer.status.is_success() => page,
        other => return Ok(answers::lost(fails("", ""), bench, url, &other.map(|page| page.answer))),
    };
    if !bench.subject.since(&trial.before).await?.is_empty() {
        return Ok(fails("get_acts", "opening the page opts out"));
    }
    let html = page.answer.text();
    let Some(form) = Form::all(&html).into_iter().find(|form| form.posts && form.has_button(name)) else {
        return Ok(no_button(bench, fails("no_button", ""), &html));
    };
    let is_there =
        |tick: &(&str, &str)| form.options.iter().any(|(name, value)| (&**name, &**value) == *tick);
    if !ticked.iter().all(is_there) {
        return Ok(Way::not_checked(kind, label, "the form has other choices than this test knows"));
    }
    let action = page.url.join(&form.action)?;
    let body = form.pressed(name, ticked.as_slice());
    let answer = bench.ask(Method::POST, &action, Some((FORM, body.as_bytes()))).await;
    Ok(match bench.effect(trial, &answer).await? {
        Some(effect) => judge(bench, button, &effect, &action, answer).await,
        None => answers::lost(fails("", ""), bench, &action, &answer),
    })
}

fn no_button(bench: &Bench<'_>, way: Way, html: &str) -> Way {
    let titled = heading(html).map_or_else(String::new, |title| format!(" \u{201c}{title}\u{201d}"));
    let way = Way { words: format!("the page{titled} has no button for it"), ..way };
    match bench.server.is_ours {
        Some(true) => way.hint("something in between shows a page of its own, or changes ours"),
        _ => way.hint("`public_url` leads to something else than `consentry serve`"),
    }
}

/// What is to be said of a press that took effect.
async fn judge(
    bench: &Bench<'_>,
    button: &Button,
    effect: &Effect,
    action: &Url,
    answer: Result<Answer, VisitError>,
) -> Way {
    let Button { kind, label, .. } = button;
    let millis = effect.millis();
    if let Some((problem, words)) = effect.problem() {
        return Way { millis, ..Way::fails(kind, label, problem, words) };
    }
    let took = effect.took();
    let flawed = |problem, words: String| Way::flawed(kind, label, problem, format!("{took}; {words}"));
    let way = match answer {
        Err(error) => flawed(error.code(), format!("the person sees an error: {error}")),
        Ok(answer) => match answer.leads_to(action) {
            Some(next) => afterwards(bench, Way::works(kind, label, took), &next).await,
            None if answer.status.is_success() => Way::works(kind, label, took),
            None => flawed("status", format!("the person sees an error ({})", answer.status.as_u16())),
        },
    };
    Way { millis, ..way }
}

/// The page that the person ends on: the brand's own, or ours.
async fn afterwards(bench: &Bench<'_>, way: Way, next: &Url) -> Way {
    let wrong = match open(bench, next).await {
        Ok(page) if page.answer.status.is_success() => return way,
        Ok(page) => format!("answers {}", page.answer.status.as_u16()),
        Err(error) => format!("can't be opened: {error}"),
    };
    let host = next.host_str().unwrap_or_default();
    let words = format!("{}; the page afterwards, on {host}, {wrong}", way.words);
    Way::flawed(way.kind, way.label, "confirmation", words).hint(
        "mend `[confirmation]` of the campaign, or that page: people take an error for a no that was lost",
    )
}
