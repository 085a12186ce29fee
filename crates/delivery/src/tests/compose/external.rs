//! What the brand's own List-Unsubscribe and pages get to see.

use consent::{Level, Purpose};

use super::*;

const HEAD: &str = "name = 'spring'\naudience = { all = true }";
const URL: &str = "https://shop.example/unsubscribe?brand=x";

fn campaign_of(external: &str, level: &str, content: &str) -> Campaign {
    let configuration = format!(
        "category = 'marketing'\nlevel = '{level}'\nlist_unsubscribe = {{ external = {{ {external} }} }}"
    );
    campaign_with(HEAD, &configuration, content, 25)
}

/// The value of List-Unsubscribe, unfolded, and the whole message.
fn header(campaign: &Campaign, signer: Signer) -> (String, String) {
    let (_, message) = compose(campaign, signer, &person());
    let unfolded = message.replace("\r\n ", " ").replace("\r\n\t", " ");
    let value = unfolded.lines().find_map(|line| line.strip_prefix("List-Unsubscribe: "));
    (value.unwrap_or_default().to_owned(), message)
}

/// `params`, `pid` and `sig` of a URL.
fn parameters(url: &str) -> [String; 3] {
    let value = |name: &str| {
        let pairs = url.split_once('?').unwrap().1.split('&');
        let values = pairs.filter_map(|pair| pair.split_once('=')).filter(|(known, _)| *known == name);
        values.map(|(_, value)| value.to_owned()).collect::<Vec<_>>().concat()
    };
    ["params", "pid", "sig"].map(value)
}

const PLAIN: &str = "subject = 'a'\ntext = '{{ unsubscribe_url }}'";

#[test]
fn the_header_holds_the_brands_own_ways_out_alone() {
    let campaign = campaign_of(&format!("url = '{URL}', mailto = 'out@shop.example'"), "identity", PLAIN);
    let (value, message) = header(&campaign, unsigned());
    let (mail, url) = value.split_once(", ").unwrap();
    let url = url.strip_prefix('<').unwrap().strip_suffix('>').unwrap();
    assert!(url.starts_with(&format!("{URL}&params=")), "{url}");
    let ring = &links().ring;
    let [params, pid, sig] = parameters(url);
    let token = ring.read_external(&params, &pid, Some(&sig)).unwrap();
    assert_eq!((token.purpose, token.address), (Purpose::ExternalHeader, person().address()));
    assert_eq!(token.level, links().level, "the configuration's");
    let mail = mail.strip_prefix("<mailto:out@shop.example?subject=").unwrap().strip_suffix('>').unwrap();
    assert_eq!(ring.read_mail(mail).unwrap(), token);
    // RFC 8058: a link that takes a POST needs the other field; and one link is all.
    assert_eq!(message.matches("\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n").count(), 1);
    assert_eq!(value.matches("https://").count(), 1);
    let (head, _) = message.split_once("\r\n\r\n").unwrap();
    let list_fields = head.split("\r\nList-Unsubscribe").nth(1).unwrap();
    assert!(!list_fields.contains("ann") && !list_fields.contains("c-1"), "{list_fields}");
    assert!(message.lines().all(|line| line.len() <= 998));
}

#[test]
fn without_a_link_there_is_no_one_click() {
    let (value, message) = header(&campaign_of("mailto = 'out@shop.example'", "channel", PLAIN), unsigned());
    assert!(value.starts_with("<mailto:out@shop.example?subject=v1.") && !value.contains("https"), "{value}");
    assert!(!message.contains("List-Unsubscribe-Post"));
    let (value, message) = header(&campaign_of(&format!("url = '{URL}'"), "channel", PLAIN), unsigned());
    assert!(!value.contains("mailto") && message.contains("List-Unsubscribe-Post"), "{value}");
}

#[test]
fn the_longest_link_fits_into_a_line() {
    let url = format!("https://shop.example/{}", "x".repeat(700 - 21));
    let (value, message) = header(&campaign_of(&format!("url = '{url}'"), "channel", PLAIN), unsigned());
    assert!(value.starts_with(&format!("<{url}?params=")));
    let longest = message.split("\r\n").map(str::len).max().unwrap();
    assert!(longest <= 998, "{longest}");
}

#[tokio::test]
async fn the_signature_covers_both_fields() {
    let campaign = campaign_of(&format!("url = '{URL}'"), "channel", PLAIN);
    let (_, message) = header(&campaign, signer(&["ed25519.pem"]).unwrap());
    assert!(verify(&message).await.iter().all(|(_, pass)| *pass));
    for (from, to) in [("List-Unsubscribe=One-Click", "List-Unsubscribe=None"), ("&pid=A", "&pid=B")] {
        let forged = message.replacen(from, to, 1);
        assert_ne!(forged, message);
        assert!(verify(&forged).await.iter().all(|(_, pass)| !pass), "{from}");
    }
}

#[test]
fn a_page_gets_its_parameters_in_both_parts() {
    let content = "subject = 'a'\nhtml = '<a href=\"{{ external_opt_out_url(page=\"https://shop.example/out?brand=x\", level=\"any\") }}\">out</a>'";
    let campaign = campaign_with(HEAD, "category = 'marketing'", content, 25);
    let (_, message) = compose(&campaign, unsigned(), &person());
    let parsed = mail_parser::MessageParser::default().parse(message.as_bytes()).unwrap();
    let (html, text) = (parsed.body_html(0).unwrap(), parsed.body_text(0).unwrap());
    let href = html.split('"').nth(1).unwrap();
    assert!(href.contains("brand=x&amp;params="), "{href}");
    let url = href.replace("&amp;", "&");
    assert!(text.contains(&url), "{url}: {text}");
    let [params, pid, sig] = parameters(&url);
    let token = links().ring.read_external(&params, &pid, Some(&sig)).unwrap();
    assert_eq!((token.purpose, token.level), (Purpose::ExternalPage, Level::Any));
    assert_eq!((token.address, token.sent()), (person().address(), consent::Sent::Run(consent::RunId(3))));
}
