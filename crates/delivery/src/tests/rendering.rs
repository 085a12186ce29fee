//! Rendering.

use consent::Sent;
use std::sync::Arc;

use proptest::prelude::*;

use super::{campaign, links, person};
use crate::person::Person;
use crate::render::{Rendered, Renderer, TemplateError};

fn render(content: &str, person: Person) -> Result<Rendered, TemplateError> {
    let templates = Renderer::new(&campaign(content), links()).map_err(|mut errors| errors.remove(0))?;
    let mut rendered = Rendered::default();
    templates.render(&Arc::new(person), &mut rendered)?;
    Ok(rendered)
}

#[test]
fn html_is_escaped_and_the_rest_is_not() {
    let content = "subject = 'Hi {{ profile.first_name }}'\nhtml = '<p>{{ profile.first_name }}</p>'\ntext = '{{ profile.first_name }}'";
    let rendered = render(content, person()).unwrap();
    assert_eq!(rendered.subject, "Hi Ann & <Bob>");
    assert_eq!(rendered.html.unwrap(), "<p>Ann &amp; &lt;Bob&gt;</p>");
    assert_eq!(rendered.text, "Ann & <Bob>");
}

#[test]
fn the_context_holds_what_is_documented() {
    let content = "subject = '{{ campaign.name }}'\ntext = '{{ profile.email }} {{ profile.id }} {{ profile.locale }} {{ profile.country }} \
                   {{ profile.points }} {{ profile.shop.city }} [{{ profile.no.such.thing }}]'";
    let rendered = render(content, person()).unwrap();
    assert_eq!(rendered.subject, "spring");
    assert_eq!(rendered.text, "ann@example.com c-1 de-AT AT 7 Wien []");
}

#[test]
fn links_are_readable_and_of_their_level() {
    let content = "subject = 's'\nhtml = '<a href=\"{{ unsubscribe_url }}\">a</a>'\n\
                   text = '{{ unsubscribe_url }} {{ preferences_url }} {{ one_click_url(level=\"any\", confirmation=\"https://x.example/\") }}'";
    let rendered = render(content, person()).unwrap();
    let urls: Vec<&str> = rendered.text.split(' ').collect();
    let ring = links().ring;
    let read = |url: &str, page: &str| {
        let token = url.strip_prefix(&format!("https://mail.shop.example/{page}/")).unwrap();
        let token = ring.read_url(token).unwrap();
        (token.purpose, token.level, token.address.0, token.sent())
    };
    assert_eq!(
        read(urls[0], "u"),
        (consent::Purpose::Unsubscribe, consent::Level::Channel, 42, Sent::Run(consent::RunId(3)))
    );
    assert_eq!(read(urls[1], "p").0, consent::Purpose::Preferences);
    assert_eq!(read(urls[2], "u").1, consent::Level::Any);
    assert_eq!(rendered.html.unwrap(), format!("<a href=\"{}\">a</a>", urls[0]));
}

#[test]
fn who_refuses_personalization_is_not_in_the_context() {
    let content = "subject = '[{{ profile.first_name }}]'\ntext = '{{ profile.email }}{{ profile.id }}{{ profile.locale }}{{ profile }}'";
    let refuses = Person { personal: false, ..person() };
    let rendered = render(content, refuses.clone()).unwrap();
    assert_eq!((rendered.subject.as_str(), rendered.text.as_str()), ("[]", "{}"));
    let content = format!(
        "{content}\n[content.fallback]\nsubject = 'Hello'\ntext = 'dear reader{{{{ profile.email }}}}'"
    );
    let rendered = render(&content, refuses).unwrap();
    assert_eq!((rendered.subject.as_str(), rendered.text.as_str()), ("Hello", "dear reader"));
    assert_eq!(render(&content, person()).unwrap().subject, "[Ann & <Bob>]");
}

#[test]
fn broken_templates_are_named_with_their_line() {
    let error = render("subject = 's'\nhtml = '''a\n{% if %}'''", person()).unwrap_err();
    assert_eq!((error.part.as_str(), error.line), ("html", 2));
    let error = render("subject = 's'\ntext = '''a\n\n{{ 1 + profile.nothing }}'''", person()).unwrap_err();
    assert_eq!((error.part.as_str(), error.line), ("text", 3));
}

#[test]
fn endless_and_enormous_templates_are_stopped() {
    let endless = "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}";
    assert!(
        render(&format!("subject = 's'\ntext = '{endless}'"), person())
            .unwrap_err()
            .problem
            .contains("too long")
    );
    let enormous = "{% for a in range(30000) %}aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa{% endfor %}";
    assert!(
        render(&format!("subject = 's'\ntext = '{enormous}'"), person())
            .unwrap_err()
            .problem
            .contains("too large")
    );
}

#[test]
fn an_error_tells_nothing_of_the_person() {
    let error = render("subject = '{{ profile.first_name + 1 }}'\ntext = 't'", person()).unwrap_err();
    assert!(!error.to_string().contains("Ann"), "{error}");
}

#[test]
fn text_is_made_from_html_with_its_links() {
    for html in [
        "<p>Hello {{ profile.first_name }}</p><p><a href=\"{{ unsubscribe_url }}\">Unsubscribe</a></p>",
        // This one can't be turned into a text template, so each message's own HTML is read.
        "<p>Hello {{ profile.first_name|e }}</p><p><a href=\"{{ unsubscribe_url }}\">Unsubscribe</a></p>",
    ] {
        let rendered = render(&format!("subject = 's'\nhtml = '{html}'"), person()).unwrap();
        let url = links().unsubscribe(person().link()).unwrap();
        assert!(rendered.text.starts_with("Hello Ann & <Bob>\n"), "{}", rendered.text);
        assert!(rendered.text.contains(&format!("Unsubscribe <{url}>")), "{}", rendered.text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_subject_is_one_line(name in any::<String>()) {
        let attributes = serde_json::json!({ "first_name": name }).to_string();
        let person = Person { attributes: Some(attributes), ..person() };
        let rendered = render("subject = 'Hi {{ profile.first_name }}!'\ntext = 't'", person).unwrap();
        prop_assert!(!rendered.subject.chars().any(char::is_control));
        prop_assert!(rendered.subject.chars().count() <= 255);
    }
}
