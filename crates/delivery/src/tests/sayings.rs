//! The publish check of what links say, and of mail as other tools make it.

use async_trait::async_trait;
use consent::{Level, ListId};

use super::{campaign, campaign_with, links, person};
use crate::publish::{Checked, LinkProbe, ListNames, PublishError, check};

struct Open;

#[async_trait]
impl LinkProbe for Open {
    async fn resolve(&self, _: &str) -> Result<(), String> {
        Ok(())
    }
}

/// Bound to the list 5, beside another one.
async fn bound(content: &str) -> Result<Checked, PublishError> {
    let names = |id, names: &[&str]| ListNames {
        id: ListId(id),
        names: names.iter().map(|name| (*name).to_owned()).collect(),
    };
    let lists = [names(5, &["brew-letter", "Brew Letter"]), names(6, &["roast-club", "The Roast Club"])];
    let links = crate::Links { list: Some(ListId(5)), level: Level::Subscription, ..links() };
    check(&campaign(content), &[person()], &links, &lists, &Open).await
}

async fn problems(content: &str) -> Vec<String> {
    let error = bound(content).await.err();
    error.map_or_else(Vec::new, |error| {
        error.findings.iter().map(|one| format!("{}: {}", one.part, one.problem)).collect()
    })
}

fn html(body: &str) -> String {
    format!("subject = 's'\nhtml = '''{body}'''\ntext = '{{{{ preferences_url }}}}'")
}

fn link(call: &str, text: &str) -> String {
    html(&format!("<p>Hello all. <a href=\"{{{{ {call} }}}}\">{text}</a> · Every day.</p>"))
}

#[tokio::test]
async fn a_link_says_no_more_than_it_does() {
    let one = |level: &str| format!("one_click_url(level=\"{level}\")");
    for (call, text) in [
        ("unsubscribe_url".to_owned(), "Unsubscribe from all our email"),
        ("unsubscribe_url".to_owned(), "<b>Alle</b> E-Mails abbestellen"),
        ("unsubscribe_url".to_owned(), "<img src=x alt=\"Se désabonner de tous nos e-mails\">"),
        (one("identity"), "Darse de baja de todos los correos"),
        (one("channel"), "Disiscriviti da tutto"),
        (one("channel"), "Stop all marketing"),
        (one("subscription"), "Stop all email to this address"),
        (
            "external_opt_out_url(page=\"https://a.example\", level=\"identity\")".to_owned(),
            "Stop every newsletter",
        ),
        ("unsubscribe_url".to_owned(), "Leave the Roast Club"),
    ] {
        let found = problems(&link(&call, text)).await;
        assert!(found.len() == 1 && found[0].starts_with("html: \""), "{call} {text}: {found:?}");
    }
    for (call, text) in [
        (one("channel"), "Unsubscribe from all our email"),
        (one("any"), "Stop everything"),
        (one("identity"), "Stop all email to this address"),
        (one("subscription"), "Stop all Brew Letter mail"),
        ("unsubscribe_url".to_owned(), "Leave the Brew Letter"),
        ("unsubscribe_url".to_owned(), "Unsubscribe"),
        ("preferences_url".to_owned(), "All your choices"),
    ] {
        assert_eq!(problems(&link(&call, text)).await, [""; 0], "{call} {text}");
    }
    let shop = html(
        "<a href=https://shop.example>All about coffee</a> <a href=\"{{ unsubscribe_url }}\">Unsubscribe</a>",
    );
    assert_eq!(problems(&shop).await, [""; 0]);
}

#[tokio::test]
async fn what_is_read_out_and_what_stands_around_counts_too() {
    for body in [
        "<a href=\"{{ unsubscribe_url }}\" aria-label=\"Unsubscribe from all email\">Unsubscribe</a>",
        "<a href=\"{{ unsubscribe_url }}\" title=\"Stop everything\">Unsubscribe</a>",
        "<p>Hello. To stop all our email, click <a href=\"{{ unsubscribe_url }}\">here</a>.</p>",
        "<p>Hello. Click <a href=\"{{ unsubscribe_url }}\">here</a> to stop all our email.</p>",
    ] {
        assert_eq!(problems(&html(body)).await.len(), 1, "{body}");
    }
    let two = "<p>All our offers. <a href=\"{{ unsubscribe_url }}\">Click here</a> to leave, or stop all our email: \
        <a href=\"{{ one_click_url(level=\"channel\") }}\">click here</a></p>";
    // The first one's sentence goes on to the second link: that is the wider reading, and counts.
    assert_eq!(problems(&html(two)).await.len(), 1);
    let text = |says: &str| format!("subject = 's'\ntext = '''{says}'''");
    assert_eq!(problems(&text("Hi all.\nStop all our email: {{ unsubscribe_url }}")).await.len(), 1);
    assert_eq!(
        problems(&text(
            "All our news\n\nLeave: {{ unsubscribe_url }}\nAll mail: {{ one_click_url(level=\"channel\") }}"
        ))
        .await,
        [""; 0]
    );
}

#[tokio::test]
async fn two_texts_on_one_link_are_a_warning_that_names_both() {
    let warned = async |body: &str| {
        let warnings = bound(&html(body)).await.unwrap().warnings;
        warnings.into_iter().map(|one| one.problem).find(|problem| problem.contains("one and the same link"))
    };
    let found = warned(
        "<a href=\"{{ unsubscribe_url }}\">Leave it</a> <a href=\"{{ unsubscribe_url }}\">Unsubscribe</a>",
    )
    .await;
    assert!(found.unwrap().starts_with("\"Leave it\" and \"Unsubscribe\" are"));
    let same = "<a href=\"{{ unsubscribe_url }}\">Unsubscribe</a> <a href=\"{{ unsubscribe_url }}\"> unsubscribe! </a>";
    assert_eq!(warned(same).await, None);
}

#[tokio::test]
async fn a_text_message_says_no_more_of_a_reply() {
    let checked = async |text: &str| {
        let file = format!(
            "name = 't'\naudience = {{ all = true }}\n[configuration]\nname = 's'\nchannel = 'sms'\ncategory = 'marketing'\n\
             from = '+15005550006'\ntransport = {{ provider = 'twilio', account = 'AC1', secret = 'x' }}\n\
             [content]\ntext = '''{text}'''"
        );
        let campaign = crate::tests::read(&file);
        let person = crate::Person { to: "+15005550100".into(), phone: true, ..person() };
        let links = crate::Links { short: true, ..links() };
        let result = check(&campaign, &[person], &links, &[], &Open).await;
        result.err().map(|error| error.findings[0].problem.clone()).unwrap_or_default()
    };
    assert_eq!(checked("Sale! Reply STOP to end all messages").await, "");
    assert!(checked("Sale! Reply STOP to end all texts and emails").await.contains("more than a reply does"));
    assert!(
        checked("Sale! Reply STOP, or stop everything: {{ unsubscribe_url }}").await.contains("says more")
    );
}

#[tokio::test]
async fn mail_of_other_tools_may_go() {
    for mail in [
        include_str!("mail/mjml.html"),
        include_str!("mail/foundation.html"),
        include_str!("mail/bulletproof.html"),
        include_str!("mail/mailchimp.html"),
    ] {
        let content = format!("subject = 's'\nhtml = '''{mail}'''");
        let campaign =
            campaign_with("name = 'm'\naudience = { all = true }", "category = 'marketing'", &content, 25);
        let checked = check(&campaign, &[person()], &links(), &[], &Open).await;
        assert!(checked.is_ok(), "{checked:?}");
    }
}

#[tokio::test]
async fn a_way_out_must_be_seen_everywhere() {
    let phone = "<style>@media (max-width:480px){.footer{display:none}}</style><p class=footer><a href=\"{{ unsubscribe_url }}\">Unsubscribe</a></p>";
    let found = problems(&html(phone)).await;
    assert!(found.len() == 1 && found[0].contains("no way out on a phone"), "{found:?}");
    for hidden in [
        "<!--[if mso]><a href=\"{{ unsubscribe_url }}\">Unsubscribe</a><![endif]-->",
        "<style>.x{font-size:0}</style><a class=x href=\"{{ unsubscribe_url }}\">Unsubscribe</a>",
        // A way out is seen, and another link stands where nobody sees it.
        "<!-- <a href=\"{{ one_click_url(level=\"any\") }}\">Unsubscribe</a> --><a href=\"{{ unsubscribe_url }}\">Unsubscribe</a>",
    ] {
        assert!(!problems(&html(hidden)).await.is_empty(), "{hidden}");
    }
}
