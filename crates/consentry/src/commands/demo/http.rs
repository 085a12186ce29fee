//! A client as plain as a mailbox provider's: one request, one connection, no cookies, no redirects followed.

use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use axum::body::Body;
use axum::http::{Request, Uri};
use http_body_util::{BodyExt, Limited};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

const TIME_MAX: Duration = Duration::from_secs(10);
const BODY_LENGTH_MAX: usize = 1024 * 1024;
/// What the button on our page posts.
const BUTTON: &str = "via=page&action=unsubscribe";

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: String,
}

/// Asks a server on this machine.
pub async fn ask(method: &str, url: &str, form: Option<&str>) -> Result<Answer> {
    tokio::time::timeout(TIME_MAX, exchange(method, url, form)).await.context("no answer within 10 s")?
}

async fn exchange(method: &str, url: &str, form: Option<&str>) -> Result<Answer> {
    let uri: Uri = url.parse().context("not a URL")?;
    let Some(authority) = uri.authority() else { bail!("no host in the URL") };
    let stream = TcpStream::connect(authority.as_str()).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let driver = tokio::spawn(connection);
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let mut request = Request::builder().method(method).uri(path).header("host", authority.as_str());
    if form.is_some() {
        request = request.header("content-type", "application/x-www-form-urlencoded");
    }
    let request = request.body(Body::from(form.unwrap_or_default().to_owned()))?;
    let answer = sender.send_request(request).await?;
    let (parts, body) = answer.into_parts();
    let body =
        Limited::new(body, BODY_LENGTH_MAX).collect().await.map_err(|error| anyhow::anyhow!("{error}"))?;
    driver.abort();
    let body = String::from_utf8_lossy(&body.to_bytes()).into_owned();
    Ok(Answer { status: parts.status.as_u16(), body })
}

/// Opens a link as a person does, and presses the button.
pub async fn press(url: &str) -> Result<Answer> {
    let page = ask("GET", url, None).await?;
    ensure!(page.status == 200 && page.body.contains("<button"), "the link opens no page with a button");
    let done = ask("POST", url, Some(BUTTON)).await?;
    ensure!(done.status == 200, "the button was answered with {}", done.status);
    Ok(done)
}

/// The token that the page's undo form posts to.
pub fn undo_token(page: &str) -> Option<&str> {
    let form = page.split("<form").find(|form| form.contains("value=\"undo\""))?;
    let action = form.split("action=\"").nth(1)?.split('"').next()?;
    // Templates write `/` as a character reference.
    action.rsplit(['/', ';']).next()
}
