//! Greeting, EHLO, STARTTLS and AUTH.

use std::io::Write;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls_pki_types::PrivateKeyDer;

use super::*;

const TLS_HELLO: &str = "250-relay.example\r\n250-PIPELINING\r\n250 STARTTLS\r\n";
const AUTH_HELLO: &str = "250-relay.example\r\n250-PIPELINING\r\n250 AUTH LOGIN PLAIN CRAM-MD5\r\n";
const LOGIN_HELLO: &str = "250-relay.example\r\n250 AUTH LOGIN\r\n";

/// A certificate for 127.0.0.1 that signs itself, and a file with it.
fn certificate() -> (Arc<ServerConfig>, tempfile::NamedTempFile) {
    let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let der = made.cert.der().clone();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![der.clone()], key)
        .unwrap();
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let base64 = data_encoding::BASE64.encode(&der);
    write!(file, "-----BEGIN CERTIFICATE-----\n{base64}\n-----END CERTIFICATE-----\n").unwrap();
    (Arc::new(config), file)
}

async fn open(
    steps: Vec<Vec<Step>>,
    change: impl FnOnce(&mut TransportConfig),
) -> Result<(), TransportError> {
    let server = Server::start(vec![steps.concat()]).await;
    let mut config = config(&server);
    change(&mut config);
    let transport = SmtpTransport::new(config).unwrap();
    let result = transport.session().await.map(drop);
    drop(transport);
    server.finish().await;
    result
}

fn hello() -> Step {
    Step::Expect("EHLO client.example\r\n")
}

fn starttls() -> Vec<Step> {
    [greet(TLS_HELLO), vec![Step::Expect("STARTTLS\r\n"), Step::Send("220 go\r\n")]].concat()
}

#[tokio::test]
async fn greeting_and_hello_can_be_refused() {
    let refused = |stage| move |error: &TransportError| matches!(error, TransportError::Refused { stage: s, .. } if *s == stage);
    let busy = open(vec![vec![Step::Send("421 4.3.2 busy\r\n")]], |_| {}).await.unwrap_err();
    assert!(refused("greeting")(&busy), "{busy:?}");
    let no = vec![Step::Send("220 hi\r\n"), hello(), Step::Send("550 no\r\n")];
    assert!(refused("ehlo")(&open(vec![no], |_| {}).await.unwrap_err()));
    let closed = vec![Step::Send("220 hi\r\n"), hello()];
    assert_eq!(open(vec![closed], |_| {}).await, Err(TransportError::Closed));
    let nonsense = vec![Step::Send("HTTP/1.1 400 Bad Request\r\n"), Step::Hold];
    assert_eq!(open(vec![nonsense], |_| {}).await, Err(TransportError::Protocol("not a reply code")));
    let endless = vec![
        Step::Send("220 hi\r\n"),
        hello(),
        Step::Send(Box::leak("250-x\r\n".repeat(300).into_boxed_str())),
        Step::Hold,
    ];
    assert_eq!(open(vec![endless], |_| {}).await, Err(TransportError::Protocol("too many reply lines")));
}

#[tokio::test]
async fn falls_back_to_helo() {
    let old = vec![
        Step::Send("220 hi\r\n"),
        hello(),
        Step::Send("502 what\r\n"),
        Step::Expect("HELO client.example\r\n"),
        Step::Send("250 hi\r\n"),
        Step::Hold,
    ];
    assert_eq!(open(vec![old], |_| {}).await, Ok(()));
}

#[tokio::test]
async fn names_itself_by_address_without_a_name() {
    let steps = vec![
        Step::Send("220 hi\r\n"),
        Step::Expect("EHLO [127.0.0.1]\r\n"),
        Step::Send(PLAIN_HELLO),
        Step::Hold,
    ];
    assert_eq!(open(vec![steps], |config| config.hello_name = None).await, Ok(()));
}

#[tokio::test]
async fn starttls_protects_the_whole_session() {
    let (tls, ca) = certificate();
    let commands = "MAIL FROM:<s@b.example> SIZE=27\r\nRCPT TO:<r@b.example>\r\nDATA\r\n";
    let inside = vec![
        Step::Tls(tls),
        hello(),
        Step::Send(HELLO),
        Step::Expect(commands),
        Step::Send(OPENED),
        Step::Expect(WIRE),
        Step::Send("250 ok\r\n"),
        Step::Hold,
    ];
    let trust = |config: &mut TransportConfig| {
        config.tls = TlsMode::Required;
        config.ca_file = Some(ca.path().to_owned());
    };
    let outcome = outcome_with(vec![starttls(), inside], trust, &envelope(), MESSAGE).await;
    assert_eq!(code(&outcome).0, "accepted");
}

#[tokio::test]
async fn implicit_tls_has_no_plain_byte() {
    let (tls, ca) = certificate();
    let steps = vec![vec![Step::Tls(tls)], greet(HELLO), vec![Step::Hold]];
    let trust = |config: &mut TransportConfig| {
        config.tls = TlsMode::Implicit;
        config.ca_file = Some(ca.path().to_owned());
    };
    assert_eq!(open(steps, trust).await, Ok(()));
}

#[tokio::test]
async fn unknown_certificates_are_refused_unless_allowed() {
    let (tls, _) = certificate();
    let refused = open(vec![starttls(), vec![Step::TlsRefused(Arc::clone(&tls))]], |config| {
        config.tls = TlsMode::Required;
    });
    assert!(matches!(refused.await, Err(TransportError::Tls(_))));
    let taken =
        || vec![starttls(), vec![Step::Tls(Arc::clone(&tls)), hello(), Step::Send(HELLO), Step::Hold]];
    let any =
        |config: &mut TransportConfig| (config.tls, config.accept_invalid_certs) = (TlsMode::Required, true);
    assert_eq!(open(taken(), any).await, Ok(()));
    assert_eq!(open(taken(), |config| config.tls = TlsMode::Opportunistic).await, Ok(()));
    // With a password at stake, opportunistic verifies too.
    let secret = |config: &mut TransportConfig| {
        config.tls = TlsMode::Opportunistic;
        login(config);
    };
    let refused = open(vec![starttls(), vec![Step::TlsRefused(Arc::clone(&tls))]], secret).await;
    assert!(matches!(refused, Err(TransportError::Tls(_))), "{refused:?}");
}

#[tokio::test]
async fn unverified_certificates_are_for_loopback_only() {
    // 192.0.2.0/24 is for documentation: if this tried to connect, it would time out instead.
    let mut config = TransportConfig::new("192.0.2.1", 25, TlsMode::Required);
    config.accept_invalid_certs = true;
    let error = SmtpTransport::new(config).unwrap().session().await.unwrap_err();
    assert_eq!(error, TransportError::NotLoopback);
}

#[tokio::test]
async fn starttls_that_is_missing_or_refused() {
    let missing = || vec![greet(HELLO), vec![Step::Hold]];
    assert_eq!(open(missing(), |c| c.tls = TlsMode::Required).await, Err(TransportError::StartTlsMissing));
    assert_eq!(open(missing(), |c| c.tls = TlsMode::Opportunistic).await, Ok(()));
    let refused = || {
        vec![greet(TLS_HELLO), vec![Step::Expect("STARTTLS\r\n"), Step::Send("454 4.7.0 no\r\n"), Step::Hold]]
    };
    let error = open(refused(), |c| c.tls = TlsMode::Required).await.unwrap_err();
    assert!(matches!(error, TransportError::Refused { stage: "starttls", .. }), "{error:?}");
    assert_eq!(open(refused(), |c| c.tls = TlsMode::Opportunistic).await, Ok(()));
}

#[tokio::test]
async fn bytes_between_starttls_and_the_handshake_are_an_injection() {
    let steps = vec![Step::Expect("STARTTLS\r\n"), Step::Send("220 go\r\n250 relay.example\r\n"), Step::Hold];
    let result = open(vec![greet(TLS_HELLO), steps], |config| config.tls = TlsMode::Required).await;
    assert_eq!(result, Err(TransportError::StartTlsInjection));
}

fn login(config: &mut TransportConfig) {
    config.username = Some("user".to_owned());
    config.password = Some(Secret::new("pässword"));
}

fn insecure_login(config: &mut TransportConfig) {
    login(config);
    config.insecure_auth = true;
}

#[tokio::test]
async fn auth_plain_is_preferred() {
    let steps =
        vec![Step::Expect("AUTH PLAIN AHVzZXIAcMOkc3N3b3Jk\r\n"), Step::Send("235 2.7.0 in\r\n"), Step::Hold];
    assert_eq!(open(vec![greet(AUTH_HELLO), steps], insecure_login).await, Ok(()));
}

#[tokio::test]
async fn auth_login_where_plain_is_missing() {
    let steps = vec![
        Step::Expect("AUTH LOGIN\r\n"),
        Step::Send("334 VXNlcm5hbWU6\r\n"),
        Step::Expect("dXNlcg==\r\n"),
        Step::Send("334 UGFzc3dvcmQ6\r\n"),
        Step::Expect("cMOkc3N3b3Jk\r\n"),
        Step::Send("235 in\r\n"),
        Step::Hold,
    ];
    assert_eq!(open(vec![greet(LOGIN_HELLO), steps], insecure_login).await, Ok(()));
}

#[tokio::test]
async fn auth_that_fails() {
    let wrong =
        vec![Step::Expect("AUTH PLAIN AHVzZXIAcMOkc3N3b3Jk\r\n"), Step::Send("535 5.7.8 no\r\n"), Step::Hold];
    let error = open(vec![greet(AUTH_HELLO), wrong], insecure_login).await.unwrap_err();
    assert_eq!(error.to_string(), "refused at auth: 535 5.7.8");
    let early = vec![Step::Expect("AUTH LOGIN\r\n"), Step::Send("235 in already\r\n"), Step::Hold];
    assert!(open(vec![greet(LOGIN_HELLO), early], insecure_login).await.is_err());
    assert_eq!(
        open(vec![greet(HELLO), vec![Step::Hold]], insecure_login).await,
        Err(TransportError::AuthMissing)
    );
}

#[tokio::test]
async fn passwords_do_not_go_over_plain_connections() {
    let result = open(vec![greet(AUTH_HELLO), vec![Step::Hold]], login).await;
    assert_eq!(result, Err(TransportError::AuthUnprotected));
}

#[tokio::test]
async fn causes_are_told_with_what_to_do() {
    use crate::tls::TlsProblem;
    let told = |error: &TransportError, cause: &str, hint: &str| {
        let (says, helps) = (error.to_string(), error.hint().unwrap_or_default());
        assert!(says.contains(cause) && helps.contains(hint), "{says} / {helps}");
    };
    // TLS against plain text, and the other way round.
    let plain =
        open(vec![vec![Step::Send("220 hi\r\n"), Step::Hold]], |config| config.tls = TlsMode::Implicit).await;
    let plain = plain.unwrap_err();
    assert_eq!(plain, TransportError::Tls(TlsProblem::NotTls));
    told(&plain, "does not speak tls", "tls = \"required\"");
    let (tls, _) = certificate();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let serving = tokio::spawn(async move {
        let acceptor = tokio_rustls::TlsAcceptor::from(tls);
        let mut open = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            open.push(tokio::spawn(async move { acceptor.accept(stream).await.map(std::mem::forget) }));
        }
    });
    let mut config = TransportConfig::new("127.0.0.1", port, TlsMode::None);
    config.timeouts.greeting = std::time::Duration::from_millis(300);
    let expected = SmtpTransport::new(config).unwrap().session().await.unwrap_err();
    serving.abort();
    assert_eq!(expected, TransportError::TlsExpected);
    told(&expected, "from the first byte", "tls = \"implicit\"");
    // Nobody there, under no name.
    let closed = TransportConfig::new("127.0.0.1", 9, TlsMode::None);
    told(&SmtpTransport::new(closed).unwrap().session().await.unwrap_err(), "127.0.0.1:9", "nothing listens");
    let unknown = TransportConfig::new("nowhere.invalid", 25, TlsMode::None);
    told(
        &SmtpTransport::new(unknown).unwrap().session().await.unwrap_err(),
        "nowhere.invalid",
        "transport.host",
    );
    // Credentials: the name of the variable, and never the password.
    let refused = open(
        vec![
            greet(AUTH_HELLO),
            vec![Step::Expect("AUTH PLAIN AHVzZXIAaHVudGVyMg==\r\n"), Step::Send("535 5.7.8 no\r\n")],
        ],
        |config| {
            (config.username, config.insecure_auth) = (Some("user".to_owned()), true);
            config.password = Some(Secret::new("hunter2"));
        },
    );
    let refused = refused.await.unwrap_err();
    told(&refused, "535 5.7.8", "check username");
    assert!(!format!("{refused} {refused:?}").contains("hunter2"));
    told(&TransportError::PasswordVariable("SMTP_PASSWORD".to_owned()), "SMTP_PASSWORD", "set SMTP_PASSWORD");
}
