//! What is to be done for a notice: who the address is, what it has said, and what is told it.

use consent::{Choice, ConsentChange, Field, ListId, Namespace, Origin, Sent, Source, Subject, Target};
use delivery::quotas::{Occasion, Wanted, withheld};
use delivery::single::{Letter, Single, To};
use delivery::{LinkFor, Links};
use store::{AddressOwner, Held, List, NewOptInRequest, Notice, NoticeKind, ProfileView, Spent, StoreError};

use super::{Matter, Notices, Saying, intent};
use crate::Service;

/// What is to be done for a notice.
pub(super) enum Errand {
    /// A message to send to somebody.
    Send(To, Letter),
    /// Nothing, or nothing more.
    Done,
    /// It makes no sense any more.
    Void,
}

/// What an address has said about a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// Nothing, nor about anything that would hold the list back.
    Silent,
    /// It gets the list.
    OnList,
    /// Something else.
    Spoken,
}

impl Notices {
    pub(super) async fn errand(&self, service: &Service, notice: &Notice) -> Result<Errand, StoreError> {
        match notice.kind {
            NoticeKind::Choices => self.choices(service, notice).await,
            NoticeKind::Confirm => self.confirm(service, notice).await,
        }
    }

    /// Counts what is about to be sent, or recorded; false if there was enough. Nobody is told: whoever typed the address
    /// has had their answer.
    async fn affords(
        &self,
        service: &Service,
        notice: &Notice,
        occasion: Occasion,
        known: bool,
    ) -> Result<bool, StoreError> {
        if !self.limits.reaches(&notice.address) {
            return Ok(false);
        }
        let asked_from = notice.asked.ip.as_deref().and_then(|ip| ip.parse().ok());
        let (quotas, shared) =
            self.limits.quotas(&Wanted { to: &notice.address, occasion, known, asked_from });
        let Service { store, workspace, .. } = service;
        let now = service.now();
        let spent = store.spend(*workspace, Some(notice.id), quotas, now).await?;
        let Spent::Over(place) = spent else { return Ok(true) };
        if place < shared {
            tracing::info!(kind = ?notice.kind, "an address had enough notices");
            return Ok(false);
        }
        let what = if *notice.address.namespace() == Namespace::Phone { "texts" } else { "mails" };
        store.spend(*workspace, None, vec![withheld(what)], now).await?;
        self.alarm(what, now);
        Ok(false)
    }

    /// Nothing goes to an address that isn't known: nobody could be told anything.
    async fn choices(&self, service: &Service, notice: &Notice) -> Result<Errand, StoreError> {
        let Some(owner) = service.owner(&notice.address).await? else { return Ok(Errand::Done) };
        if !self.affords(service, notice, Occasion::Choices, true).await? {
            return Ok(Errand::Void);
        }
        let to = To::Known(owner.profile, owner.address);
        let url = |sender: &Single| preferences(service, sender, notice, &owner, None);
        self.letter(service, notice, (Saying::Choices, to), "", url).await
    }

    async fn confirm(&self, service: &Service, notice: &Notice) -> Result<Errand, StoreError> {
        let Some(list) = open_list(service, notice.list).await? else { return Ok(Errand::Void) };
        let owner = service.owner(&notice.address).await?;
        let standing = match &owner {
            Some(owner) => standing_of(service, owner, list.id).await?,
            None => Standing::Silent,
        };
        let occasion = match standing {
            Standing::OnList => Occasion::Known,
            Standing::Silent | Standing::Spoken => Occasion::Confirm(Some(list.id)),
        };
        if !self.affords(service, notice, occasion, owner.is_some()).await? {
            return Ok(Errand::Void);
        }
        let title = list.title(&notice.language).to_owned();
        match (standing, owner) {
            (Standing::OnList, Some(owner)) => {
                let url = |sender: &Single| preferences(service, sender, notice, &owner, Some(list.id));
                let to = To::Known(owner.profile, owner.address);
                self.letter(service, notice, (Saying::Known, to), &title, url).await
            }
            (Standing::Silent, _) if !list.details.double_opt_in => join(service, notice, list.id).await,
            _ => self.request(service, notice, &list, &title).await,
        }
    }

    /// Double opt-in. Nothing of whoever has the address changes before it is confirmed.
    async fn request(
        &self,
        service: &Service,
        notice: &Notice,
        list: &List,
        title: &str,
    ) -> Result<Errand, StoreError> {
        let request = NewOptInRequest {
            address: notice.address.clone(),
            list: list.id,
            requested_at: notice.at,
            expires_at: notice.at.plus(self.confirm_within),
            asked: notice.asked.clone(),
        };
        let request = service.store.request_opt_in(service.workspace, request).await?;
        let saying = Saying::Confirm(self.confirm_within.as_secs() / 3600);
        let to = To::Typed(notice.address.clone(), request.key);
        let url = |sender: &Single| sender.links().confirmation(&request, 0).ok();
        self.letter(service, notice, (saying, to), title, url).await
    }

    async fn letter(
        &self,
        service: &Service,
        notice: &Notice,
        (saying, to): (Saying, To),
        list: &str,
        url: impl FnOnce(&Single) -> Option<String>,
    ) -> Result<Errand, StoreError> {
        let brand = service.store.settings(service.workspace).await?.brand;
        let Some(sender) = self.sender(notice) else { return Ok(Errand::Void) };
        let Some(url) = url(&*sender.lock().await) else { return Ok(Errand::Void) };
        let matter = Matter { saying, language: &notice.language, brand: brand.as_deref(), list, url: &url };
        let letter = if *notice.address.namespace() == Namespace::Email {
            let mail = self.words.mail(&matter);
            mail.map(|mail| Letter { subject: mail.subject, text: mail.text, html: Some(mail.html) })
        } else {
            self.words.text(&matter).map(|text| Letter { text, ..Letter::default() })
        };
        Ok(letter.map_or(Errand::Void, |letter| Errand::Send(to, letter)))
    }
}

/// The list, if it can be joined now.
async fn open_list(service: &Service, list: Option<ListId>) -> Result<Option<List>, StoreError> {
    let Some(list) = list else { return Ok(None) };
    let list = service.store.list_by_id(service.workspace, list).await?;
    let now = service.now();
    Ok(list.filter(|list| list.state(now) == consent::decide::ListState::Live))
}

/// Single opt-in. Of the moment at which it was asked for, so that whatever the person has said since stands.
async fn join(service: &Service, notice: &Notice, list: ListId) -> Result<Errand, StoreError> {
    let change = ConsentChange {
        subject: Subject::Named(notice.address.clone(), Origin::Stranger),
        sets: std::iter::once((Target::List(list), Choice::Yes)).collect(),
        occurred_at: Some(notice.at),
        received_at: notice.at,
        source: Source::FORM,
        run: None,
        evidence: notice.asked.clone(),
    };
    service.store.record(service.workspace, vec![change]).await?;
    Ok(Errand::Done)
}

async fn standing_of(service: &Service, owner: &AddressOwner, list: ListId) -> Result<Standing, StoreError> {
    let profile = service.store.profile(service.workspace, owner.profile).await?;
    Ok(profile.map_or(Standing::Spoken, |profile| standing(&profile, owner, list)))
}

fn standing(profile: &ProfileView, owner: &AddressOwner, list: ListId) -> Standing {
    let says = |held: Option<&Held>| held.map_or(Choice::Unset, |held| held.choice);
    let on_list = profile.subscriptions.iter().find(|(id, ..)| *id == list).map(|(.., held)| held);
    let channel = owner.namespace.main_channel();
    let twin = (owner.namespace == Namespace::Email).then_some(Field::CommercialEmail);
    let fields = [Some(Field::Any), channel.map(consent::Channel::field), twin];
    let address = profile.addresses.iter().find(|view| view.id == owner.address);
    let said: Vec<Choice> = fields
        .into_iter()
        .flatten()
        .flat_map(|field| [profile.values.get(&field), address.and_then(|view| view.values.get(&field))])
        .map(says)
        .collect();
    let silent = |choice: Choice| matches!(choice, Choice::Unset | Choice::Unknown);
    let list = says(on_list);
    if list.is_yes() && !said.iter().any(|choice| choice.is_no()) {
        Standing::OnList
    } else if silent(list) && said.into_iter().all(silent) {
        Standing::Silent
    } else {
        Standing::Spoken
    }
}

/// The link to the page of choices.
fn preferences(
    service: &Service,
    sender: &Single,
    notice: &Notice,
    owner: &AddressOwner,
    list: Option<ListId>,
) -> Option<String> {
    let links = Links { list, ..sender.links() };
    let sent = Sent::Message(intent(notice).send(service.workspace));
    links.preferences(LinkFor { address: owner.address, epoch: owner.epoch, sent }).ok()
}
