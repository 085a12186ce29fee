//! Which link a request is about, as its parameters say.

use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::http::StatusCode;
use intake::consents::{open, open_mail};
use intake::unsubscribe::{LinkError, Opened};

use super::AjoState;
use super::error::ApiError;

pub(super) type Parameters = Result<Query<Vec<(String, String)>>, QueryRejection>;

/// `params`, `pid` and `sig` of a link, or `emailParams` of a mail, not yet looked at.
#[derive(Default)]
pub(super) struct Link {
    params: Option<String>,
    pid: Option<String>,
    sig: Option<String>,
    mail: Option<String>,
}

impl Link {
    /// Reads the request's parameters. One that stands there twice is refused: nobody knows which counts.
    pub fn read(parameters: Parameters) -> Result<Self, ApiError> {
        let Query(parameters) = parameters.map_err(|error| ApiError::bad(error.body_text()))?;
        let mut link = Self::default();
        for (name, value) in parameters {
            let place = match name.as_str() {
                "params" => &mut link.params,
                "pid" => &mut link.pid,
                "sig" => &mut link.sig,
                "emailParams" => &mut link.mail,
                _ => continue,
            };
            if place.replace(value).is_some() {
                return Err(ApiError::bad(format!("{name} is there twice")));
            }
        }
        Ok(link)
    }

    /// Finds whom it is about; `signed`: a link needs its `sig`, too.
    pub async fn open(&self, state: &AjoState, signed: bool) -> Result<Opened, ApiError> {
        let there = |text: &Option<String>, name| {
            let text = text.clone().filter(|text| !text.is_empty());
            text.ok_or_else(|| ApiError::bad(format!("{name} is missing")))
        };
        if let Some(mail) = &self.mail {
            if self.params.is_some() || self.pid.is_some() {
                return Err(ApiError::bad("give either params and pid or emailParams"));
            }
            return Ok(open_mail(state.store(), state.workspace(), mail).await?);
        }
        let (params, pid) = (there(&self.params, "params")?, there(&self.pid, "pid")?);
        if signed && self.sig.is_none() {
            return Err(ApiError::new(StatusCode::UNAUTHORIZED, "sig is missing"));
        }
        Ok(open(state.store(), state.workspace(), &params, &pid, self.sig.as_deref()).await?)
    }
}

impl From<LinkError> for ApiError {
    fn from(error: LinkError) -> Self {
        match error {
            LinkError::Malformed => Self::bad("params or pid is cut off or mangled"),
            LinkError::Forged | LinkError::OtherPurpose => {
                Self::new(StatusCode::UNAUTHORIZED, "the signature isn't valid")
            }
            LinkError::Unknown => Self::missing("address here any more"),
            LinkError::Store(error) => error.into(),
        }
    }
}
