//! The pages behind links: opened, their buttons pressed as they stand there.

use anyhow::Result;
use consent::{Field, Level, Target};
use delivery::selftest::{Answer, Form, Method, Url, VisitError, heading};

use super::answers;
use super::bench::{Bench, Effect, Trial};
use super::verdict::Way;

/// Redirects that are followed from a link to its page, and from there to the brand's.
const HOPS_MAX: usize = 5;
const FORM: &str = "application/x-www-form-urlencoded";

/// A link whose page is tried.
pub struct Link {
    /// Which it is, for people.
    pub label: String,
    /// Where it leads.
    pub url: Url,
    /// How far it reaches.
    pub level: Level,
    /// Whether it leads to the page of choices.
    pub choices: bool,
}

/// A button to press.
struct Press<'l> {
    kind: &'static str,
    label: String,
    url: &'l Url,
    button: &'static str,
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
pub async fn open(bench: &Bench<'_>, url: &Url, agent: &str) -> Result<Page, VisitError> {
    let (mut url, mut hops) = (url.clone(), Vec::new());
    loop {
        let answer = bench.ask(Method::GET, &url, agent, None).await?;
        match answer.leads_to(&url) {
            Some(next) if hops.len() < HOPS_MAX => hops.push(std::mem::replace(&mut url, next)),
            _ => return Ok(Page { url, answer, hops }),
        }
    }
}

/// Tries the buttons of the page behind a link.
pub async fn try_link(bench: &Bench<'_>, link: &Link) -> Result<Vec<Way>> {
    let Some(token) = bench.token_of(link.url.as_str()) else {
        let way = Way::fails("page", &link.label, "token", "the link isn't one of ours for the test address");
        return Ok(vec![way.at(link.url.as_str())]);
    };
    let press = |kind, what: &str, button, target, ticked| Press {
        kind,
        label: format!("{}{what}", link.label),
        url: &link.url,
        button,
        target,
        ticked,
    };
    if !link.choices {
        bench.progress.at(&link.label);
        let press = press("page", "", "unsubscribe", bench.target(token), None);
        return Ok(vec![try_button(bench, &press).await?]);
    }
    bench.progress.at(&link.label);
    let mut ways = Vec::with_capacity(2);
    let level = if link.level == Level::Subscription { Level::Channel } else { link.level };
    let saved = bench.target(consent::Token { level, ..token });
    let save = press("choices_saved", ", a no saved", "save", saved, Some((level.as_str(), "n")));
    ways.push(try_button(bench, &save).await?);
    let stop = press("stop_all", ", stop everything", "stop-all", Target::Field(Field::Any), None);
    ways.push(try_button(bench, &stop).await?);
    Ok(ways)
}

async fn try_button(bench: &Bench<'_>, press: &Press<'_>) -> Result<Way> {
    let trial = bench.begin(press.target).await?;
    let (took, way) = attempt(bench, press, &trial).await?;
    Ok(bench.put_back(&trial, took, way).await?.at(press.url.as_str()))
}

/// Opens the page and presses the button. Whether that took effect, and what is to be said of it.
async fn attempt(bench: &Bench<'_>, press: &Press<'_>, trial: &Trial) -> Result<(bool, Way)> {
    let Press { kind, label, url, button, target, .. } = press;
    let fails = |problem, words: String| Way::fails(kind, label, problem, words);
    let agent = Bench::browser(&trial.mark);
    let page = match open(bench, url, &agent).await {
        Ok(page) if page.answer.status.is_success() => page,
        other => {
            let answer = other.map(|page| page.answer);
            return Ok((false, answers::lost(fails("", String::new()), bench, url, &answer)));
        }
    };
    if bench.subject.state().await?.has_new_no(&trial.before, *target) {
        let by_us = bench.subject.since(&trial.before).await?;
        if by_us.iter().any(|entry| bench.subject.is_by(entry, &trial.mark)) {
            return Ok((true, fails("get_acts", "opening the page opts out".to_owned())));
        }
        return Ok((false, fails("pressed", "somebody else pressed the button as soon as the page was opened".to_owned())));
    }
    let html = page.answer.text();
    let repeated = trial.before.choice(*target).is_no();
    let form = Form::all(&html).into_iter().find(|form| form.posts && form.has_button(button));
    let Some(form) = form.or_else(|| repeated.then(|| form_from_before(button))) else {
        return Ok((false, no_button(bench, fails("no_button", String::new()), &page.answer)));
    };
    let ticked: Vec<(&str, &str)> = press.ticked.into_iter().collect();
    let there = |tick: &(&str, &str)| form.options.iter().any(|(name, value)| (&**name, &**value) == *tick);
    if !ticked.iter().all(there) || repeated && !ticked.is_empty() {
        let words = if repeated { "the test address has said no already" } else { "the form has other choices than this test knows" };
        return Ok((false, Way::not_checked(kind, label, words)));
    }
    let action = page.url.join(&form.action)?;
    let body = form.pressed(button, &ticked);
    let answer = bench.ask(Method::POST, &action, &agent, Some((FORM, body.as_bytes()))).await;
    let Some(effect) = bench.effect(trial, &answer).await? else {
        return Ok((false, answers::lost(fails("", String::new()), bench, &action, &answer)));
    };
    let way = judge(bench, press, &effect, &action, answer, &agent).await;
    let way = old_page(bench, way, &page, &html, repeated, &agent).await;
    Ok((true, hosts(bench, way, &page)))
}

/// What a page that was opened before the address had opted out would send: now it offers no button.
fn form_from_before(button: &str) -> Form {
    let named = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    Form {
        posts: true,
        fields: vec![named("via", "page")],
        buttons: vec![named("action", button)],
        ..Form::default()
    }
}

fn no_button(bench: &Bench<'_>, way: Way, answer: &Answer) -> Way {
    let title = heading(&answer.text());
    let titled = title.map_or_else(String::new, |title| format!(" \u{201c}{title}\u{201d}"));
    let way = Way { words: format!("the page{titled} has no button for it"), ..way };
    match bench.server.is_ours {
        Some(true) => way.hint("something in between shows a page of its own, or changes ours"),
        _ => way.hint("`public_url` leads to something else than `consentry serve`"),
    }
}

/// What is to be said of a press that took effect.
async fn judge(
    bench: &Bench<'_>,
    press: &Press<'_>,
    effect: &Effect,
    action: &Url,
    answer: Result<Answer, VisitError>,
    agent: &str,
) -> Way {
    let Press { kind, label, .. } = press;
    let millis = u64::try_from(effect.after.as_millis()).ok();
    if let Some((problem, words)) = Bench::wrong_effect(effect) {
        return Way { millis, ..Way::fails(kind, label, problem, words) };
    }
    let took = Bench::took(effect);
    let way = match answer {
        Err(error) => Way::flawed(kind, label, error.code(), format!("{took}; the person sees an error: {error}")),
        Ok(answer) => match answer.leads_to(action) {
            Some(next) => after(bench, Way::works(kind, label, took), &next, agent).await,
            None if answer.status.is_success() => Way::works(kind, label, took),
            None => {
                let words = format!("{took}; the person sees an error ({})", answer.status.as_u16());
                Way::flawed(kind, label, "status", words)
            }
        },
    };
    Way { millis, ..way }
}

/// The page that the person ends on: the brand's own, or ours.
async fn after(bench: &Bench<'_>, way: Way, next: &Url, agent: &str) -> Way {
    let found = open(bench, next, agent).await;
    let told = if bench.is_own_host(next) { "the page".to_owned() } else { format!("the page {next}") };
    let wrong = match found {
        Ok(page) if page.answer.status.is_success() && bench.is_own_host(next) => return way,
        Ok(page) if page.answer.status.is_success() => return way.note(format!("the page afterwards, {next}, answers")),
        Ok(page) => format!("{told} afterwards answers {}", page.answer.status.as_u16()),
        Err(error) => format!("{told} afterwards can't be opened: {error}"),
    };
    Way::flawed(way.kind, way.label, "confirmation", format!("{}; {wrong}", way.words))
        .hint("mend `[confirmation]` of the campaign, or that page: people take an error for a no that was lost")
}

/// A cache in between shows what was true before.
async fn old_page(bench: &Bench<'_>, way: Way, page: &Page, html: &str, repeated: bool, agent: &str) -> Way {
    if repeated || way.verdict != super::verdict::Verdict::Works {
        return way;
    }
    let Ok(again) = bench.ask(Method::GET, &page.url, agent, None).await else { return way };
    if again.text() != html {
        return way;
    }
    let words = format!("{}; the page still says what was true before", way.words);
    Way { millis: way.millis, ..Way::flawed(way.kind, way.label, "cached", words) }
        .hint("a cache in between keeps pages that say `Cache-Control: no-store`: let it leave /u/, /p/ and /s/ alone")
}

/// Who stands between the link and its page.
fn hosts(bench: &Bench<'_>, way: Way, page: &Page) -> Way {
    let others = page.hops.iter().chain([&page.url]).filter(|url| !bench.is_own_host(url));
    let mut hosts: Vec<&str> = others.filter_map(Url::host_str).collect();
    hosts.dedup();
    if hosts.is_empty() { way } else { way.note(format!("it leads through {}", hosts.join(", "))) }
}
