use super::*;

const BASE: &str = "name = 'news'\nchannel = 'email'\ncategory = 'marketing'\nfrom = 'Shop <news@shop.example>'\n\
                    public_url = 'https://mail.shop.example/'\ntransport = { host = '127.0.0.1' }\n";

fn load(text: &str) -> Result<ChannelConfiguration, InputError> {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("c.toml");
    std::fs::write(&file, text).unwrap();
    ChannelConfiguration::load(&file)
}

#[test]
fn reads_with_defaults_and_survives_the_store() {
    let read =
        load(&format!("{BASE}dkim = {{ domain = 'shop.example', selector = 's', key_file = 'k.pem' }}"))
            .unwrap();
    assert_eq!(read.level, Level::Channel);
    let email = |read: &ChannelConfiguration| match &read.medium {
        Medium::Email(email) => email.clone(),
        Medium::Sms(_) => panic!("it is email's"),
    };
    assert_eq!(email(&read).bounce_domain, "shop.example");
    assert_eq!(read.public_url.as_deref(), Some("https://mail.shop.example"));
    assert!(email(&read).dkim[0].key_file.is_absolute());
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
        assert_eq!(load(&format!("{BASE}{line}")).unwrap_err().key, key, "{line}");
    }
    let error = load(&format!("{BASE}retry = {{ delays = ['soon'] }}")).unwrap_err();
    assert_eq!(error.line, Some(7));
}

#[test]
fn a_password_in_the_file_is_refused_and_not_repeated() {
    let text = BASE.replace("host = '127.0.0.1'", "host = '127.0.0.1', password = 'hunter2'");
    let error = load(&text).unwrap_err();
    assert_eq!(error.line, Some(6));
    assert!(!error.to_string().contains("hunter2"));
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

#[test]
fn times_are_read_as_people_write_them() {
    let seconds = |text: &str| duration(text).map(|time| time.as_secs());
    for (text, expected) in [
        ("30s", 30),
        ("10m", 600),
        ("1h", 3_600),
        ("2d", 172_800),
        ("90 seconds", 90),
        ("1h 30m", 5_400),
        ("1 hour, 30 minutes", 5_400),
        ("1w", 604_800),
        (" 5m ", 300),
        ("PT2H", 7_200),
    ] {
        assert_eq!(seconds(text), Some(expected), "{text}");
    }
    let long = format!("{}s", "9".repeat(5_000));
    for text in
        ["", "5", "soon", "0s", "0d", "-5m", "5m ago", "1ms", "999ms", "1 month", "1y", "5\0m", "m", &long]
    {
        assert_eq!(seconds(text), None, "{text}");
    }
}
