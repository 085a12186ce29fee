//! The publish check (I3).

use std::sync::Arc;

use async_trait::async_trait;
use consent::{ListId, Purpose};
use store::LandingPageId;

use super::{campaign, campaign_with, links, person};
use crate::campaign::Campaign;
use crate::publish::{Checked, LinkProbe, PublishError, check};
use crate::render::{Rendered, Renderer};

/// Pages with a token that verifies answer; everything else is missing.
struct Pages;

#[async_trait]
impl LinkProbe for Pages {
    async fn resolve(&self, path: &str) -> Result<(), String> {
        let token = ["/u/", "/p/", "/l/"].iter().find_map(|page| path.strip_prefix(page)).ok_or("404")?;
        links().ring.read_url(token).map(drop).map_err(|error| error.to_string())
    }
}

async fn checked(campaign: &Campaign) -> Result<Checked, PublishError> {
    check(campaign, &[person()], &links(), &[], &Pages).await
}

async fn findings(content: &str) -> Vec<String> {
    match checked(&campaign(content)).await {
        Ok(_) => Vec::new(),
        Err(error) => {
            error.findings.iter().map(|finding| format!("{}: {}", finding.part, finding.problem)).collect()
        }
    }
}

#[tokio::test]
async fn content_with_a_way_out_may_go() {
    for content in [
        "subject = 's'\nhtml = '<a href=\"{{ unsubscribe_url }}\">out</a>'",
        "subject = 's'\nhtml = \"<a class=x href='{{ preferences_url }}'>out</a>\"\ntext = 'see {{ preferences_url }}.'",
        "subject = 's'\ntext = 'out: <{{ one_click_url(level=\"channel\", confirmation=\"https://shop.example/bye\") }}>'",
    ] {
        assert_eq!(findings(content).await, [""; 0], "{content}");
    }
    let checked = checked(&campaign(
        "subject = 's'\ntext = '{{ one_click_url(confirmation=\"https://shop.example/bye\") }}'",
    ))
    .await;
    assert_eq!(checked.unwrap().confirmation["identity"], "https://shop.example/bye");
}

#[tokio::test]
async fn content_without_a_way_out_may_not() {
    for (content, part) in [
        ("subject = 's'\nhtml = '<p>hello</p>'", "html: there is no way out"),
        (
            "subject = 's'\nhtml = '<a href=\"{{ unsubscribe_url }}\">out</a>'\ntext = 'none'",
            "text: there is no way out",
        ),
        (
            "subject = 's'\nhtml = '<!-- <a href=\"{{ unsubscribe_url }}\">out</a> -->'\ntext = '{{ unsubscribe_url }}'",
            "html: a link of ours stands in a comment",
        ),
        (
            "subject = 's'\nhtml = '<img src=\"{{ unsubscribe_url }}\">'\ntext = '{{ unsubscribe_url }}'",
            "html: a link of ours stands in src of <img>",
        ),
        (
            "subject = 's'\nhtml = '<a href=\"{{ unsubscribe_url }}\"></a>'\ntext = '{{ unsubscribe_url }}'",
            "html: a link of ours stands in a link that readers can't see",
        ),
        ("subject = 's'\nhtml = '<a href=\"{{ unsubscribe_ulr }}\">out</a>'", "html: there is no way out"),
        (
            "subject = 's'\nhtml = '<a href=\"{{ unsubscribe_url }}x\">out</a>'",
            "html: the link /u/… doesn't work",
        ),
        (
            "subject = 's'\nhtml = '<a href=\"https://mail.shop.example/u/gone\">out</a>'",
            "html: the link /u/… doesn't work",
        ),
        // Somebody has a way out and somebody doesn't.
        (
            "subject = 's'\ntext = '{% if profile.first_name %}{{ unsubscribe_url }}{% endif %}'",
            "text: there is no way out",
        ),
        (
            "subject = 's'\ntext = '{{ unsubscribe_url }}'\n[content.fallback]\nsubject = 's'\ntext = 'none'",
            "fallback.text: there is no way out",
        ),
        ("subject = '{{ profile.first_name }}'\ntext = '{{ unsubscribe_url }}'", "subject: is empty"),
        ("subject = 's'\ntext = '{% if %}{{ unsubscribe_url }}'", "text: line 1"),
        ("subject = 's'\ntext = '{{ one_click_url(level=\"subscription\") }}'", "text: line 1"),
        (
            "subject = 's'\ntext = '{{ one_click_url(confirmation=\"http://x.example\") }}'",
            "content: one_click_url",
        ),
    ] {
        let findings = findings(content).await;
        assert!(findings.iter().any(|finding| finding.starts_with(part)), "{content}: {findings:?}");
    }
}

#[tokio::test]
async fn a_landing_page_is_published_and_no_way_out_by_itself() {
    let landing = Arc::new([("spring".to_owned(), LandingPageId(4))].into());
    let links = crate::Links { landing, ..links() };
    let found = async |content: &str| {
        let checked = check(&campaign(content), &[person()], &links, &[], &Pages).await;
        checked.err().map(|error| error.findings[0].problem.clone()).unwrap_or_default()
    };
    let good = "subject = 's'\ntext = '<{{ landing_page_url(page=\"spring\") }}> {{ unsubscribe_url }}'";
    assert_eq!(found(good).await, "");
    let mut page = Rendered::default();
    let renderer = Renderer::new(&campaign(good), links.clone()).unwrap();
    renderer.render(&Arc::new(person()), &mut page).unwrap();
    let url = page.text.split(['<', '>']).nth(1).unwrap();
    let token = url.strip_prefix("https://mail.shop.example/l/").unwrap();
    let token = links.ring.read_url(token).unwrap();
    assert_eq!((token.purpose, token.page(), token.address), (Purpose::Landing, Some(4), person().address()));
    assert_eq!(token.sent().run(), links.run, "an opt-out there is told from which run's message it came");
    for (text, problem) in [
        ("{{ landing_page_url(page=\"spring\") }}", "there is no way out"),
        (
            "{% if false %}{{ landing_page_url(page=\"autumn\") }}{% endif %}{{ unsubscribe_url }}",
            "`autumn` is published",
        ),
        ("{{ landing_page_url() }}{{ unsubscribe_url }}", "name the page"),
        ("{{ landing_page_url(page=profile.x) }}{{ unsubscribe_url }}", "plain texts"),
        ("{{ landing_page_url(page=\"spring\", level=\"any\") }}{{ unsubscribe_url }}", "the one argument"),
    ] {
        let found = found(&format!("subject = 's'\ntext = '{text}'")).await;
        assert!(found.contains(problem), "{text}: {found}");
    }
}

#[tokio::test]
async fn transactional_content_needs_no_way_out_but_no_broken_link_either() {
    let transactional = |content: &str| {
        campaign_with("name = 'r'\naudience = { all = true }", "category = 'transactional'", content, 25)
    };
    assert!(checked(&transactional("subject = 's'\nhtml = '<p>paid</p>'")).await.is_ok());
    let broken = "subject = 's'\nhtml = '<a href=\"https://mail.shop.example/nowhere\">x</a>'";
    assert!(checked(&transactional(broken)).await.is_err());
}

#[tokio::test]
async fn pages_must_be_secure_and_the_list_there() {
    let campaign = campaign("subject = 's'\ntext = '{{ unsubscribe_url }}'");
    let insecure = crate::Links { public_url: "http://mail.shop.example".into(), ..links() };
    let error = check(&campaign, &[], &insecure, &[], &Pages).await.unwrap_err();
    assert_eq!(error.findings[0].part, "configuration.public_url");
    let unbound = crate::Links { level: consent::Level::Subscription, ..links() };
    let error = check(&campaign, &[], &unbound, &[], &Pages).await.unwrap_err();
    assert!(error.findings.iter().any(|finding| finding.part == "configuration.level"), "{error}");
    let bound = crate::Links { list: Some(ListId(5)), ..unbound };
    check(&campaign, &[], &bound, &[], &Pages).await.unwrap();
}

#[tokio::test]
async fn missing_attributes_of_the_subject_are_a_warning() {
    let content =
        "subject = 's {{ profile.first_name }} {{ profile.shop.street }}'\ntext = '{{ unsubscribe_url }}'";
    let warnings = checked(&campaign(content)).await.unwrap().warnings;
    assert_eq!(warnings.iter().filter(|warning| warning.part == "subject").count(), 1);
    assert!(warnings[0].problem.contains("shop.street"));
}

#[tokio::test]
async fn marketing_without_a_signature_is_a_warning() {
    let content = "subject = 's'\ntext = '{{ unsubscribe_url }}'";
    let parts = async |configuration: &str| {
        let campaign = campaign_with("name = 'r'\naudience = { all = true }", configuration, content, 25);
        let warnings = checked(&campaign).await.unwrap().warnings;
        warnings.into_iter().map(|warning| warning.part).collect::<Vec<_>>()
    };
    assert_eq!(parts("category = 'marketing'").await, ["configuration.dkim"]);
    assert_eq!(parts("category = 'transactional'").await, [""; 0]);
    let signed = "category = 'marketing'\ndkim = { domain = 'shop.example', selector = 's', secret = 'k' }";
    assert_eq!(parts(signed).await, [""; 0]);
}

#[tokio::test]
async fn a_page_of_the_brands_own_is_a_way_out_where_it_is_secure_and_can_be_seen() {
    const PAGE: &str = "external_opt_out_url(page='https://shop.example/out?brand=x', level='identity')";
    let html = |body: &str| format!("subject = 's'\nhtml = \"\"\"{body}\"\"\"");
    let link = format!("<a href=\"{{{{ {PAGE} }}}}\">out</a>");
    for content in [html(&link), format!("subject = 's'\ntext = \"out: {{{{ {PAGE} }}}}.\"")] {
        let warnings = checked(&campaign(&content)).await.unwrap().warnings;
        let own = warnings.iter().filter(|warning| warning.problem.contains("a page of your own")).count();
        assert!(own > 0, "{content}: it relies on the page alone: {warnings:?}");
    }
    let both = html(&format!("{link} <a href='{{{{ preferences_url }}}}'>choices</a>"));
    let warnings = checked(&campaign(&both)).await.unwrap().warnings;
    assert!(!warnings.iter().any(|warning| warning.problem.contains("a page of your own")), "{warnings:?}");
    let insecure = link.replace("https://", "http://");
    for (content, problem) in [
        (html(&insecure), "content: external_opt_out_url: the page must begin with https://"),
        (html(&insecure), "html: line 1"),
        (html(&link.replace("https://", "//")), "content: external_opt_out_url: the page must begin"),
        (html(&link.replace("identity", "subscription")), "html: line 1"),
        (html(&format!("<!-- {link} -->")), "html: there is no way out"),
        (html(&link.replace(">out<", "><")), "html: there is no way out"),
        (html(&link.replace("<a href", "<img src")), "html: there is no way out"),
        (html(&link.replace(" }}", " }}x")), "html: there is no way out"),
        // Without the parameters nobody knows who it was.
        (html("<a href='https://shop.example/out?brand=x'>out</a>"), "html: there is no way out"),
        (
            html(&link.replace("'https://shop.example/out?brand=x'", "profile.page")),
            "content: external_opt_out_url",
        ),
        (
            html(&format!("{link}{{% if profile.first_name %}}{{% endif %}}")) + "\ntext = 'none'",
            "text: there is no way out",
        ),
    ] {
        let findings = findings(&content).await;
        assert!(findings.iter().any(|finding| finding.starts_with(problem)), "{content}: {findings:?}");
    }
}
