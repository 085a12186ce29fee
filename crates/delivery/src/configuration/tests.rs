use wire::secret::{SecretPlace, Secrets};

use super::*;
use crate::error::DeliveryError;

const BASE: &str = "name = 'news'\nchannel = 'email'\ncategory = 'marketing'\nfrom = 'Shop <news@shop.example>'\n\
                    public_url = 'https://mail.shop.example/'\ntransport = { host = '127.0.0.1' }\n";

fn load(text: &str) -> Result<ChannelConfiguration, InputError> {
    ChannelConfiguration::from_document(&crate::tests::document(text))
}

#[test]
fn reads_with_defaults_and_survives_the_store() {
    let read =
        load(&format!("{BASE}dkim = {{ domain = 'shop.example', selector = 's', secret = 'k' }}")).unwrap();
    assert_eq!(read.level, Level::Channel);
    let email = |read: &ChannelConfiguration| match &read.medium {
        Medium::Email(email) => email.clone(),
        Medium::Sms(_) => panic!("it is email's"),
    };
    assert_eq!(email(&read).bounce_domain, "shop.example");
    assert_eq!(read.public_url.as_deref(), Some("https://mail.shop.example"));
    let again = ChannelConfiguration::from_json(&read.to_json()).unwrap();
    assert_eq!(again.retry, read.retry);
    let (again, read) = (email(&again), email(&read));
    assert_eq!((again.dkim, again.transport), (read.dkim, read.transport));
}

#[test]
fn a_wrong_value_is_named_with_its_key() {
    for (line, key) in [
        ("level = 'any'", "level"),
        ("list_unsubscribe = { mailto_domain = 'u.example' }", "list_unsubscribe.mailto_domain"),
        ("list_unsubscribe = { mailto = true, mailto_domain = 'a b' }", "list_unsubscribe.mailto_domain"),
        ("list_unsubscribe = { external = { } }", "list_unsubscribe.external"),
        (
            "list_unsubscribe = { url = true, external = { url = 'https://a.example' } }",
            "list_unsubscribe.url",
        ),
        (
            "list_unsubscribe = { mailto = false, external = { url = 'https://a.example' } }",
            "list_unsubscribe.mailto",
        ),
        (
            "list_unsubscribe = { mailto_domain = 'a.example', external = { mailto = 'out@a.example' } }",
            "list_unsubscribe.mailto_domain",
        ),
        ("list_unsubscribe = { external = { url = 'http://a.example' } }", "list_unsubscribe.external.url"),
        (
            "list_unsubscribe = { external = { url = 'https://a.example/?pid=1' } }",
            "list_unsubscribe.external.url",
        ),
        (
            "list_unsubscribe = { external = { mailto = 'a?b@c.example' } }",
            "list_unsubscribe.external.mailto",
        ),
        ("feedback_id = 'x'", "feedback_id"),
        ("retry = { delays = [] }", "retry.delays"),
        ("retry = { period = '5h' }", "retry.period"),
        ("retry = { period = '85h' }", "retry.period"),
        ("send_after_complaint = true", "send_after_complaint"),
        ("reply_to = 'nobody'", "reply_to"),
        ("bounce_domain = 'a b'", "bounce_domain"),
    ] {
        assert_eq!(load(&format!("{BASE}{line}")).unwrap_err().key(), key, "{line}");
    }
    let error = load(&format!("{BASE}retry = {{ delays = ['soon'] }}")).unwrap_err();
    assert_eq!(error.pointer, "/retry/delays");
}

#[test]
fn a_password_in_the_file_is_refused_and_not_repeated() {
    let text = BASE.replace("host = '127.0.0.1'", "host = '127.0.0.1', password = 'hunter2'");
    let error = load(&text).unwrap_err();
    assert_eq!(error.pointer, "/transport/password");
    assert!(!error.to_string().contains("hunter2"));
}

#[test]
fn a_document_names_secrets_and_says_not_where_they_are() {
    let key = "domain = 'shop.example', selector = 's'";
    let relay =
        |more: &str| BASE.replace("host = '127.0.0.1'", &format!("host = 'h', username = 'u', {more}"));
    for (text, pointer) in [
        (format!("{BASE}dkim = {{ {key}, key_file = 'k.pem' }}"), "/dkim/key_file"),
        (
            format!("{BASE}dkim = [{{ {key}, secret = 'k' }}, {{ {key}, key_file = 'k' }}]"),
            "/dkim/1/key_file",
        ),
        (format!("{BASE}dkim = {{ {key} }}"), "/dkim/secret"),
        (format!("{BASE}dkim = {{ {key}, secret = '-----BEGIN PRIVATE KEY-----' }}"), "/dkim/secret"),
        (relay("password_file = 'p'"), "/transport/password_file"),
        (relay("password_env = 'HOME'"), "/transport/password_env"),
        (relay("ca_file = 'p'"), "/transport/ca_file"),
        (relay("secret = 'not a name'"), "/transport/secret"),
        (relay("secret = 'a', password_env = 'B'"), "/transport/password_env"),
    ] {
        let error = load(&text).unwrap_err();
        assert_eq!(error.pointer, pointer, "{text}: {error}");
        assert!(error.remedy.is_some(), "{error}");
    }
    load(&relay("secret = 'smtp-password', ca = 'relay.ca'")).unwrap();
    let texts = "name = 't'\nchannel = 'sms'\ncategory = 'marketing'\nfrom = '+15005550006'\n\
                 transport = { provider = 'infobip', url = 'https://x.api.infobip.com', secret_env = 'HOME' }\n";
    assert_eq!(load(texts).unwrap_err().pointer, "/transport/secret_env");
    load(&texts.replace("secret_env = 'HOME'", "secret = 'sms'")).unwrap();
}

struct Known;

impl Secrets for Known {
    fn place(&self, name: &str) -> Option<SecretPlace> {
        match name {
            "file" => Some(SecretPlace::File("/k.pem".into())),
            "variable" => Some(SecretPlace::Env("K".to_owned())),
            _ => None,
        }
    }
}

#[test]
fn secrets_are_looked_up_where_it_is_used() {
    let with = |dkim: &str, relay: &str| {
        let text =
            BASE.replace("host = '127.0.0.1'", &format!("host = 'h', username = 'u', secret = '{relay}'"));
        let key = format!("dkim = {{ domain = 'shop.example', selector = 's', secret = '{dkim}' }}");
        let mut read = load(&format!("{text}{key}")).unwrap();
        let before = read.to_json();
        let unlocked = read.unlock(&Known).map(|()| match &read.medium {
            Medium::Email(email) => email.clone(),
            Medium::Sms(_) => panic!("it is email's"),
        });
        assert_eq!(read.to_json(), before, "what is stored says nothing of where they are");
        unlocked
    };
    let email = with("file", "variable").unwrap();
    assert_eq!(email.dkim[0].key_file.as_deref(), Some(std::path::Path::new("/k.pem")));
    assert_eq!(email.transport.password_env.as_deref(), Some("K"));
    assert_eq!(with("variable", "file").unwrap().dkim[0].key_env.as_deref(), Some("K"));
    for (dkim, relay) in [("gone", "file"), ("file", "gone")] {
        assert!(matches!(with(dkim, relay), Err(DeliveryError::NoSecret(name)) if name == "gone"));
    }
    assert_eq!(crate::secret_variable("smtp-password"), "CONSENTRY_SECRET_SMTP_PASSWORD");
}

#[test]
fn attempts_end_with_the_period() {
    let hours = |hours: u64| Duration::from_secs(hours * 3600);
    let retry = Retry { delays: vec![hours(1), hours(2)], period: hours(6) };
    let delays: Vec<_> = (1..=4).map(|n| retry.delay_after(n).map(|delay| delay.as_secs() / 3600)).collect();
    // At 0, 1, 3 and 5 hours; the next one would be at 7.
    assert_eq!(delays, [Some(1), Some(2), Some(2), None]);
    let short = Retry { delays: vec![Duration::from_secs(1)], period: PERIOD_MAX };
    assert_eq!(short.delay_after(84 * 3600), Some(Duration::from_secs(1)));
    assert_eq!(short.delay_after(84 * 3600 + 1), None);
    assert_eq!(Retry::default().delay_after(u32::MAX), None);
}
