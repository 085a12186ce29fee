//! Sends what people asked for by typing an address on a page: the link to their choices, or the one that confirms an
//! opt-in.
//!
//! Here, not when the page is posted, is looked whether the address is known and what it has said: whoever typed it can't
//! tell by the answer, nor by how long that takes.

use std::sync::Arc;
use std::time::Duration;

use consent::{
    Choice, Clock, ConsentChange, Field, ListId, Namespace, Origin, SendOrigin, Sent, Source, Subject,
    Target, Timestamp,
};
use delivery::quotas::{Occasion, StrangerLimits, Wanted, withheld};
use delivery::single::{Fate, Intent, Letter, Single, To};
use delivery::{LinkFor, Links};
use store::{
    AddressOwner, Held, List, NewOptInRequest, Notice, NoticeKind, NoticeOutcome, ProfileView, Spent, Store,
    StoreError,
};
use tokio::sync::watch;
use web::notice::{Matter, NoticeWriter, Saying};

use crate::context::WORKSPACE;

/// How often notices are looked for.
const EVERY: Duration = Duration::from_millis(500);
/// Notices taken at once: few, so that a slow relay doesn't keep them for longer than the store waits.
const BATCH: usize = 8;
/// How long one waits that can't be sent now: as long as it has waited already, within these bounds.
const PAUSE_MIN: Duration = Duration::from_secs(15);
const PAUSE_MAX: Duration = Duration::from_hours(1);

/// The sender of notices.
pub struct Notices {
    store: Store,
    clock: Arc<dyn Clock>,
    email: Option<Single>,
    texts: Option<Single>,
    confirm_within: Duration,
    limits: StrangerLimits,
    alarm: Alarm,
    writer: NoticeWriter,
}

/// Tells the operator's log that a budget is used up: once an hour, since whoever uses it up can do so all day.
#[derive(Default)]
struct Alarm {
    told_at: Option<Timestamp>,
    since: u64,
}

impl Alarm {
    const EVERY: Duration = Duration::from_hours(1);

    fn withheld(&mut self, what: &str, now: Timestamp) {
        self.since += 1;
        if self.told_at.is_some_and(|told| told <= now && now < told.plus(Self::EVERY)) {
            return;
        }
        tracing::warn!(
            what,
            withheld = self.since,
            "the pages are asked for more than they may send: `consentry doctor` tells how much, docs/subscribe.md how to raise it"
        );
        (self.told_at, self.since) = (Some(now), 0);
    }
}

/// What is to be done for a notice.
enum Errand {
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
    /// With what sends to email addresses and to phone numbers.
    pub fn new(
        store: Store,
        clock: Arc<dyn Clock>,
        email: Option<Single>,
        texts: Option<Single>,
        confirm_within: Duration,
        limits: StrangerLimits,
    ) -> Self {
        let (alarm, writer) = (Alarm::default(), NoticeWriter::new());
        Self { store, clock, email, texts, confirm_within, limits, alarm, writer }
    }

    /// Works until `stop` turns true.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            match self.round().await {
                Ok(BATCH..) => continue,
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "notices can't be read"),
            }
            let _ = tokio::time::timeout(EVERY, stop.wait_for(|stop| *stop)).await;
        }
    }

    /// Sends what waits; how many were taken.
    async fn round(&mut self) -> Result<usize, StoreError> {
        let notices = self.store.take_notices(WORKSPACE, self.clock.now(), BATCH).await?;
        for notice in &notices {
            let outcome = self.send(notice).await.unwrap_or_else(|error| {
                tracing::warn!(kind = ?notice.kind, %error, "a notice can't be made");
                self.later(notice, None)
            });
            self.store.notice_done(WORKSPACE, notice.id, outcome).await?;
        }
        Ok(notices.len())
    }

    fn later(&self, notice: &Notice, after: Option<Duration>) -> NoticeOutcome {
        let now = self.clock.now();
        let pause = now.since(notice.at).max(after.unwrap_or_default()).clamp(PAUSE_MIN, PAUSE_MAX);
        NoticeOutcome::Later(now.plus(pause))
    }

    async fn send(&mut self, notice: &Notice) -> Result<NoticeOutcome, StoreError> {
        let errand = match notice.kind {
            NoticeKind::Choices => self.choices(notice).await?,
            NoticeKind::Confirm => self.confirm(notice).await?,
        };
        let (to, letter) = match errand {
            Errand::Send(to, letter) => (to, letter),
            Errand::Done => return Ok(NoticeOutcome::Sent),
            Errand::Void => return Ok(NoticeOutcome::Failed),
        };
        let Some(sender) = self.sender(notice) else { return Ok(NoticeOutcome::Failed) };
        Ok(match sender.send(&intent(notice), &to, &letter).await? {
            // Nobody knows whether it has arrived: whoever misses it asks once more.
            Fate::Sent | Fate::InDoubt => NoticeOutcome::Sent,
            Fate::Excluded(reason) => {
                tracing::info!(kind = ?notice.kind, reason = reason.in_words(), "a notice is held back");
                NoticeOutcome::Failed
            }
            Fate::Refused => NoticeOutcome::Failed,
            Fate::Later { after, why, .. } => {
                tracing::warn!(kind = ?notice.kind, why, "a notice has to wait");
                self.later(notice, after)
            }
        })
    }

    fn sender(&mut self, notice: &Notice) -> Option<&mut Single> {
        match notice.address.namespace() {
            Namespace::Email => self.email.as_mut(),
            Namespace::Phone => self.texts.as_mut(),
            Namespace::Push | Namespace::Custom(_) => None,
        }
    }

    /// Counts what is about to be sent, or recorded; false if there was enough. Nobody is told: whoever typed the address
    /// has had their answer.
    async fn affords(
        &mut self,
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
        let now = self.clock.now();
        let spent = self.store.spend(WORKSPACE, Some(notice.id), quotas, now).await?;
        let Spent::Over(place) = spent else { return Ok(true) };
        if place < shared {
            tracing::info!(kind = ?notice.kind, "an address had enough notices");
            return Ok(false);
        }
        let what = if *notice.address.namespace() == Namespace::Phone { "texts" } else { "mails" };
        self.store.spend(WORKSPACE, None, vec![withheld(what)], now).await?;
        self.alarm.withheld(what, now);
        Ok(false)
    }

    async fn owner(&self, notice: &Notice) -> Result<Option<AddressOwner>, StoreError> {
        Ok(self.store.resolve(WORKSPACE, vec![notice.address.clone()]).await?.pop().flatten())
    }

    /// Nothing goes to an address that isn't known: nobody could be told anything.
    async fn choices(&mut self, notice: &Notice) -> Result<Errand, StoreError> {
        let Some(owner) = self.owner(notice).await? else { return Ok(Errand::Done) };
        if !self.affords(notice, Occasion::Choices, true).await? {
            return Ok(Errand::Void);
        }
        let to = To::Known(owner.profile, owner.address);
        self.letter(notice, Saying::Choices, to, "", |sender| preferences(sender, notice, &owner, None)).await
    }

    async fn confirm(&mut self, notice: &Notice) -> Result<Errand, StoreError> {
        let Some(list) = self.open_list(notice.list).await? else { return Ok(Errand::Void) };
        let owner = self.owner(notice).await?;
        let standing = match &owner {
            Some(owner) => self.standing(owner, list.id).await?,
            None => Standing::Silent,
        };
        let occasion = match standing {
            Standing::OnList => Occasion::Known,
            Standing::Silent | Standing::Spoken => Occasion::Confirm(Some(list.id)),
        };
        if !self.affords(notice, occasion, owner.is_some()).await? {
            return Ok(Errand::Void);
        }
        let title = list.title(&notice.language).to_owned();
        match (standing, owner) {
            (Standing::OnList, Some(owner)) => {
                let url = |sender: &Single| preferences(sender, notice, &owner, Some(list.id));
                let to = To::Known(owner.profile, owner.address);
                self.letter(notice, Saying::Known, to, &title, url).await
            }
            (Standing::Silent, _) if !list.details.double_opt_in => self.join(notice, list.id).await,
            _ => self.request(notice, &list, &title).await,
        }
    }

    /// The list, if it can be joined now.
    async fn open_list(&self, list: Option<ListId>) -> Result<Option<List>, StoreError> {
        let Some(list) = list else { return Ok(None) };
        let list = self.store.list_by_id(WORKSPACE, list).await?;
        let now = self.clock.now();
        Ok(list.filter(|list| list.state(now) == consent::decide::ListState::Live))
    }

    async fn standing(&self, owner: &AddressOwner, list: ListId) -> Result<Standing, StoreError> {
        let Some(profile) = self.store.profile(WORKSPACE, owner.profile).await? else {
            return Ok(Standing::Spoken);
        };
        Ok(standing(&profile, owner, list))
    }

    /// Single opt-in. Of the moment at which it was asked for, so that whatever the person has said since stands.
    async fn join(&self, notice: &Notice, list: ListId) -> Result<Errand, StoreError> {
        let change = ConsentChange {
            subject: Subject::Named(notice.address.clone(), Origin::Stranger),
            sets: std::iter::once((Target::List(list), Choice::Yes)).collect(),
            occurred_at: Some(notice.at),
            received_at: notice.at,
            source: Source::FORM,
            run: None,
            evidence: notice.asked.clone(),
        };
        self.store.record(WORKSPACE, vec![change]).await?;
        Ok(Errand::Done)
    }

    /// Double opt-in. Nothing of whoever has the address changes before it is confirmed.
    async fn request(&mut self, notice: &Notice, list: &List, title: &str) -> Result<Errand, StoreError> {
        let request = NewOptInRequest {
            address: notice.address.clone(),
            list: list.id,
            requested_at: notice.at,
            expires_at: notice.at.plus(self.confirm_within),
            asked: notice.asked.clone(),
        };
        let request = self.store.request_opt_in(WORKSPACE, request).await?;
        let saying = Saying::Confirm(self.confirm_within.as_secs() / 3600);
        let to = To::Typed(notice.address.clone(), request.key);
        self.letter(notice, saying, to, title, |sender| sender.links().confirmation(&request, 0).ok()).await
    }

    async fn letter(
        &mut self,
        notice: &Notice,
        saying: Saying,
        to: To,
        list: &str,
        url: impl FnOnce(&Single) -> Option<String>,
    ) -> Result<Errand, StoreError> {
        let brand = self.store.settings(WORKSPACE).await?.brand;
        let Some(url) = self.sender(notice).and_then(|sender| url(sender)) else { return Ok(Errand::Void) };
        let matter = Matter { saying, language: &notice.language, brand: brand.as_deref(), list, url: &url };
        let letter = if *notice.address.namespace() == Namespace::Email {
            let mail = self.writer.mail(&matter);
            mail.map(|mail| Letter { subject: mail.subject, text: mail.text, html: Some(mail.html) })
        } else {
            self.writer.text(&matter).map(|text| Letter { text, ..Letter::default() })
        };
        Ok(letter.map_or(Errand::Void, |letter| Errand::Send(to, letter)))
    }
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

/// What a notice is sent for.
fn intent(notice: &Notice) -> Intent {
    Intent { origin: SendOrigin::Notice, key: notice.id.intent(notice.at) }
}

/// The link to the page of choices.
fn preferences(
    sender: &Single,
    notice: &Notice,
    owner: &AddressOwner,
    list: Option<ListId>,
) -> Option<String> {
    let links = Links { list, ..sender.links() };
    let sent = Sent::Message(intent(notice).send(WORKSPACE));
    links.preferences(LinkFor { address: owner.address, epoch: owner.epoch, sent }).ok()
}
