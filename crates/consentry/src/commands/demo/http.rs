//! A client as plain as a mailbox provider's: one request, one connection, no cookies, no redirects followed.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use delivery::selftest::Form;
use wire::http::{Method, Url, Visit, Visitor};
use wire::tls::public_roots;

const TIME_MAX: Duration = Duration::from_secs(10);
const FORM: &str = "application/x-www-form-urlencoded";
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
    let url: Url = url.parse().context("not a URL")?;
    let body = form.map(|form| (FORM, form.as_bytes()));
    let visit = Visit { method: method.parse::<Method>()?, url: &url, agent: "consentry demo", body };
    let visitor = Visitor::new(public_roots())?;
    let answer =
        tokio::time::timeout(TIME_MAX, visitor.visit(&visit)).await.context("no answer within 10 s")??;
    Ok(Answer { status: answer.status.as_u16(), body: answer.text() })
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
pub fn undo_token(page: &str) -> Option<String> {
    let form = Form::all(page).into_iter().find(|form| form.has_button("undo"))?;
    form.action.rsplit('/').next().filter(|token| !token.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_undo_form_is_found_however_it_is_written() {
        let other = "<form method=post action=/u/OTHER><button name=action value=save>Save</button></form>";
        for form in [
            "<form method=\"post\" action=\"/u/TOKEN\"><button name=\"action\" value=\"undo\">Undo</button></form>",
            "<FORM action='&#x2f;u&#x2f;TOKEN' METHOD=POST><BUTTON value=undo name=action>Undo</BUTTON></FORM>",
            "<form\nclass=a\naction = /mail/u/TOKEN ><input type=submit name=action value=undo></form>",
        ] {
            assert_eq!(undo_token(&format!("{other}{form}")).as_deref(), Some("TOKEN"), "{form}");
        }
        for page in [other, "", "<!-- <form action=/u/T><button value=undo> -->", "<p value=\"undo\">"] {
            assert_eq!(undo_token(page), None, "{page}");
        }
    }
}
