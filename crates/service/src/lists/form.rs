//! What a form on the brand's own site needs, by which people join a list.

use store::{List, StoreError};

use crate::{Actor, Fault, Kind, Problem, Service};

/// Which list.
#[derive(Clone, Debug)]
pub struct In {
    /// Its name.
    pub name: String,
}

/// What the form is made of; the pages, whose texts stand in it, make it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Out {
    /// The list.
    pub list: List,
    /// The brand's name.
    pub brand: Option<String>,
    /// Where the form is sent.
    pub public_url: String,
}

/// Why there is no form.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such list.
    #[error("the list `{0}` doesn't exist")]
    NoList(String),
    /// Nobody could join by it.
    #[error("the list `{0}` is private: its form answers nobody")]
    Private(String),
    /// Nobody has said where the pages are.
    #[error("nobody says where the pages are reached")]
    NoPublicUrl,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Fault for Error {
    fn problem(&self) -> Problem {
        match self {
            Self::NoList(_) => Problem::not_found("list-not-found", "/name"),
            Self::Private(_) => Problem { kind: Kind::Conflict, ..Problem::invalid("list-private", "/name") },
            Self::NoPublicUrl => Problem::new(Kind::Conflict, "public-url-unset"),
            Self::Store(error) => error.problem(),
        }
    }
}

/// What a form for a list is made of.
pub async fn form(service: &Service, _actor: &Actor, In { name }: In) -> Result<Out, Error> {
    let list = service.store.list_by_name(service.workspace, &name).await?;
    let list = list.ok_or_else(|| Error::NoList(name.clone()))?;
    if !list.details.public {
        return Err(Error::Private(name));
    }
    let settings = service.store.settings(service.workspace).await?;
    let public_url = settings.public_url.ok_or(Error::NoPublicUrl)?;
    Ok(Out { list, brand: settings.brand, public_url })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lists::{Details, create, update};
    use crate::testing::World;

    #[tokio::test]
    async fn a_form_is_for_a_public_list_whose_pages_are_reached() {
        let World { service, actor, dir: _dir } = World::new();
        let asked = In { name: "news".to_owned() };
        assert!(matches!(form(&service, &actor, asked.clone()).await, Err(Error::NoList(_))));
        let details = Details::default();
        let new = create::In { name: "news".to_owned(), start: None, end: None, details };
        create::create(&service, &actor, new).await.unwrap();
        assert!(matches!(form(&service, &actor, asked.clone()).await, Err(Error::Private(_))));
        let details = Details { public: Some(true), ..Details::default() };
        let (name, if_version) = ("news".to_owned(), None);
        let public = update::In { name, start: None, end: None, details, if_version };
        update::update(&service, &actor, public).await.unwrap();
        assert!(matches!(form(&service, &actor, asked.clone()).await, Err(Error::NoPublicUrl)));
        let url = "https://mail.example.com";
        let change =
            Box::new(move |settings: &mut store::Settings| settings.public_url = Some(url.to_owned()));
        service.store.update_settings(service.workspace, change).await.unwrap();
        assert_eq!(form(&service, &actor, asked).await.unwrap().public_url, url);
    }
}
