//! Rendering: a person and a template become subject, HTML and text.

use std::io;
use std::sync::Arc;

use consent::{Level, template::check_depth};
use minijinja::value::{Kwargs, Object, Value};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, State, UndefinedBehavior};

use crate::campaign::Campaign;
use crate::content::Content;
use crate::external;
use crate::landing;
use crate::links::{LinkFor, Links};
use crate::person::Person;
use crate::plaintext;

/// Instructions that one template may take for one person.
const FUEL: u64 = 500_000;
/// Largest body in bytes.
const BODY_BYTES_MAX: usize = 2 << 20;
/// Longest subject in bytes before it is trimmed.
const SUBJECT_BYTES_MAX: usize = 4 << 10;
/// Longest subject in characters; more is cut off.
const SUBJECT_LENGTH_MAX: usize = 255;

/// Why a template can't be used, or not for one person. The text names no value of a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{part}, line {line}: {problem}")]
pub struct TemplateError {
    /// Which template: `subject`, `html`, `text`, with `fallback.` before it where it is that.
    pub part: String,
    /// Line in the template, from 1.
    pub line: usize,
    /// What is wrong.
    pub problem: String,
}

/// A rendered message. Reused from message to message.
#[derive(Debug, Default)]
pub struct Rendered {
    /// One line.
    pub subject: String,
    /// HTML body, if the content has one.
    pub html: Option<String>,
    /// Text body.
    pub text: String,
    scratch: Vec<u8>,
}

impl Rendered {
    /// What was made elsewhere.
    pub(crate) fn of(subject: &str, html: Option<String>, text: String) -> Self {
        Self { subject: one_line(subject), html, text, scratch: Vec::new() }
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Names {
    subject: &'static str,
    html: Option<&'static str>,
    /// `None`: made from the rendered HTML.
    text: Option<&'static str>,
    /// The text template was made from the HTML template, and its lines are to be wrapped.
    derived: bool,
}

const MAIN: [&str; 3] = ["subject", "html", "text"];
const FALLBACK: [&str; 3] = ["fallback.subject", "fallback.html", "fallback.text"];

/// The compiled templates of a campaign and what they are rendered with. Shared by all workers.
#[derive(Debug)]
pub struct Renderer {
    environment: Environment<'static>,
    main: Names,
    fallback: Option<Names>,
    campaign: Value,
    links: Arc<Links>,
    by_reply: bool,
}

/// Compiles a content's templates; every one that can't be is an error of its own.
pub(crate) fn compile(
    content: &Content,
    fallback: Option<&Content>,
) -> Result<(Environment<'static>, Names, Option<Names>), Vec<TemplateError>> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    environment.set_fuel(Some(FUEL));
    environment.set_auto_escape_callback(|name| match name {
        "html" | "fallback.html" => AutoEscape::Html,
        _ => AutoEscape::None,
    });
    let mut errors = Vec::new();
    let main = add(&mut environment, content, MAIN, &mut errors);
    let fallback = fallback.map(|content| add(&mut environment, content, FALLBACK, &mut errors));
    if errors.is_empty() { Ok((environment, main, fallback)) } else { Err(errors) }
}

impl Renderer {
    /// Compiles; every template that can't be is an error of its own.
    pub fn new(campaign: &Campaign, links: Links) -> Result<Self, Vec<TemplateError>> {
        let (environment, main, fallback) = compile(&campaign.content, campaign.fallback.as_ref())?;
        let facts =
            [("name", Value::from(&*campaign.name)), ("language", Value::from(campaign.language.as_deref()))];
        Ok(Self {
            environment,
            main,
            fallback,
            campaign: facts.into_iter().collect(),
            links: Arc::new(links),
            by_reply: campaign.configuration.takes_replies(),
        })
    }

    /// Whether people can opt out by replying.
    pub(crate) fn by_reply(&self) -> bool {
        self.by_reply
    }

    /// The links that it makes.
    pub fn links(&self) -> &Links {
        &self.links
    }

    /// Renders for one person. Who refuses personalization gets the fallback, or the same content, rendered without any
    /// attribute.
    pub fn render(&self, person: &Arc<Person>, out: &mut Rendered) -> Result<(), TemplateError> {
        let names = if person.personal { self.main } else { self.fallback.unwrap_or(self.main) };
        let context = Value::from_object(Context {
            person: Arc::clone(person),
            profile: profile(person),
            campaign: self.campaign.clone(),
            links: Arc::clone(&self.links),
        });
        let scratch = &mut out.scratch;
        out.subject = one_line(self.part(names.subject, &context, SUBJECT_BYTES_MAX, scratch)?);
        match names.html {
            Some(name) => {
                let html = out.html.get_or_insert_default();
                html.clear();
                html.push_str(self.part(name, &context, BODY_BYTES_MAX, scratch)?);
            }
            None => out.html = None,
        }
        out.text.clear();
        if let Some(name) = names.text {
            let text = self.part(name, &context, BODY_BYTES_MAX, scratch)?;
            if names.derived {
                plaintext::wrap(text, &mut out.text);
            } else {
                out.text.push_str(text);
            }
            return Ok(());
        }
        let text = plaintext::from_html(out.html.as_deref().unwrap_or_default());
        let unreadable = "no text can be made from the html";
        let error = || TemplateError { part: "html".to_owned(), line: 1, problem: unreadable.to_owned() };
        plaintext::wrap(&text.ok_or_else(error)?, &mut out.text);
        Ok(())
    }

    fn part<'s>(
        &self,
        name: &str,
        context: &Value,
        max: usize,
        out: &'s mut Vec<u8>,
    ) -> Result<&'s str, TemplateError> {
        out.clear();
        let template = self.environment.get_template(name).map_err(|error| describe(name, &error))?;
        let captured = template.render_captured_to(context, Limited { out, max });
        captured.map_err(|error| describe(name, &error))?;
        Ok(std::str::from_utf8(out).unwrap_or_default())
    }

    /// The attributes that the subject names, as `a.b`, for a warning about those that a sample lacks.
    pub(crate) fn subject_attributes(&self) -> Vec<String> {
        let Ok(template) = self.environment.get_template(self.main.subject) else { return Vec::new() };
        let names = template.undeclared_variables(true);
        let mut names: Vec<_> =
            names.iter().filter_map(|name| name.strip_prefix("profile.")).map(str::to_owned).collect();
        names.sort();
        names
    }
}

fn add(
    environment: &mut Environment<'static>,
    content: &Content,
    names: [&'static str; 3],
    errors: &mut Vec<TemplateError>,
) -> Names {
    let mut compile = |name: &'static str, source: &str| {
        if let Err(error) = check_depth(source) {
            let (line, problem) = (error.line(), error.to_string());
            errors.push(TemplateError { part: name.to_owned(), line, problem });
            return false;
        }
        if let Err(error) = environment.add_template_owned(name, source.to_owned()) {
            errors.push(describe(name, &error));
            return false;
        }
        true
    };
    let [subject, html, text] = names;
    compile(subject, &content.subject);
    let with_html = content.html.as_ref().is_some_and(|source| compile(html, source));
    let derived = match (&content.text, &content.html) {
        (None, Some(source)) if with_html => plaintext::template_from_html(source),
        _ => None,
    };
    let with_text = match (&content.text, &derived) {
        (Some(source), _) => compile(text, source),
        // The template that is made from a good one may be broken by the making: then each text is made by itself.
        (None, Some(source)) => {
            check_depth(source).is_ok() && environment.add_template_owned(text, source.clone()).is_ok()
        }
        (None, None) => false,
    };
    Names {
        subject,
        html: content.html.is_some().then_some(html),
        text: with_text.then_some(text),
        derived: derived.is_some() && with_text,
    }
}

/// A template's error without what the person's values are.
fn describe(name: &str, error: &Error) -> TemplateError {
    let detail = match error.kind() {
        ErrorKind::SyntaxError
        | ErrorKind::UnknownFilter
        | ErrorKind::UnknownTest
        | ErrorKind::UnknownFunction => error.detail(),
        ErrorKind::OutOfFuel => Some("takes too long"),
        ErrorKind::WriteFailure => Some("the result is too large"),
        _ => None,
    };
    let kind = error.kind().to_string();
    let problem = detail.map_or_else(|| kind.clone(), |detail| format!("{kind}: {detail}"));
    TemplateError { part: name.to_owned(), line: error.line().unwrap_or(1), problem }
}

struct Limited<'a> {
    out: &'a mut Vec<u8>,
    max: usize,
}

impl io::Write for Limited<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.out.len() + bytes.len() > self.max {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.out.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// One line, without control characters; runs of white space become one space.
fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    let clean = |c: char| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c };
    for c in text.chars().map(clean).take(SUBJECT_BYTES_MAX) {
        if c != ' ' || !line.is_empty() && !line.ends_with(' ') {
            line.push(c);
        }
    }
    line.truncate(line.trim_end().len());
    if let Some((at, _)) = line.char_indices().nth(SUBJECT_LENGTH_MAX) {
        line.truncate(at);
    }
    line
}

/// What templates see. Links are signed only when a template asks for them.
#[derive(Debug)]
struct Context {
    person: Arc<Person>,
    profile: Value,
    campaign: Value,
    links: Arc<Links>,
}

impl Object for Context {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let to = self.person.link();
        // The address of the pages and the token are of characters that mean nothing in HTML: marked as safe, so that
        // the slashes stay readable.
        let link = |url: Result<String, _>| url.ok().map(Value::from_safe_string);
        match key.as_str()? {
            "profile" => Some(self.profile.clone()),
            "campaign" => Some(self.campaign.clone()),
            "unsubscribe_url" => link(self.links.unsubscribe(to)),
            "preferences_url" => link(self.links.preferences(to)),
            "one_click_url" => {
                let links = Arc::clone(&self.links);
                Some(Value::from_function(move |arguments: Kwargs| one_click(&links, to, &arguments)))
            }
            landing::NAME => {
                let links = Arc::clone(&self.links);
                Some(Value::from_function(move |arguments: Kwargs| landing::page(&links, to, &arguments)))
            }
            external::NAME => {
                let links = Arc::clone(&self.links);
                Some(Value::from_function(move |state: &State<'_, '_>, arguments: Kwargs| {
                    external::page(state, &links, to, &arguments)
                }))
            }
            _ => None,
        }
    }
}

fn one_click(links: &Links, to: LinkFor, arguments: &Kwargs) -> Result<Value, Error> {
    let level = arguments.get::<Option<&str>>("level")?.unwrap_or("identity");
    // Where the page leads afterwards stands with the run, not in the link.
    arguments.get::<Option<&str>>("confirmation")?;
    arguments.assert_all_used()?;
    let refuse = |problem: &'static str| Error::new(ErrorKind::InvalidOperation, problem);
    let level: Level = level.parse().map_err(|_| refuse("no such level"))?;
    if level == Level::Subscription && links.list.is_none() {
        return Err(refuse("the message is bound to no list"));
    }
    let url = links.one_click(level, to).map_err(|_| refuse("the link can't be signed"))?;
    Ok(Value::from_safe_string(url))
}

/// `profile` in templates: what the product knows by its own names, then the attributes.
#[derive(Debug)]
struct Profile {
    person: Arc<Person>,
    attributes: Value,
}

impl Object for Profile {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let text = |text: &Option<String>| text.as_deref().map(Value::from);
        match key.as_str()? {
            "email" if !self.person.phone => Some(Value::from(&*self.person.to)),
            "phone" if self.person.phone => Some(Value::from(&*self.person.to)),
            "id" => text(&self.person.external_id),
            "locale" => text(&self.person.locale),
            "country" => text(&self.person.country),
            name => self.attributes.get_attr(name).ok().filter(|value| !value.is_undefined()),
        }
    }
}

fn profile(person: &Arc<Person>) -> Value {
    if !person.personal {
        return std::iter::empty::<(&str, Value)>().collect();
    }
    let attributes = person.attributes.as_deref().and_then(|text| serde_json::from_str(text).ok());
    Value::from_object(Profile {
        person: Arc::clone(person),
        attributes: attributes.unwrap_or(Value::UNDEFINED),
    })
}
