//! The facts that a decision about one person stands on. They are read by the gate that every send passes: what is answered
//! here is what a send would do.

use std::sync::Arc;

use consent::decide::Reach;
use consent::{
    Address, AddressError, AddressId, Category, Channel, ConsentWord, Decision, ListId, Message, ProfileId,
    Recipient, Rules, RunId, Trace, explain,
};
use delivery::gate::Gate;
use store::{Reading, StoreError, UnknownRecipients};

use crate::Service;

/// What would be sent.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    /// The channel.
    pub channel: Channel,
    /// Marketing or transactional.
    pub category: Category,
    /// The list that it is bound to.
    pub list: Option<ListId>,
    /// The run that asks: what it has claimed itself holds nobody back.
    pub run: Option<RunId>,
    /// The sender, for recipients who blocked it.
    pub sender: Option<String>,
    /// Whether it goes to people who reported one as spam.
    pub after_complaint: bool,
}

impl Question {
    fn gate(&self, service: &Service) -> Gate {
        Gate {
            store: service.store.clone(),
            workspace: service.workspace,
            clock: Arc::clone(&service.clock),
            channel: self.channel,
            category: self.category,
            list: self.list,
            run: self.run,
            audience: None,
            sender: self.sender.clone(),
            after_complaint: self.after_complaint,
        }
    }

    /// Decides about somebody, at one of their addresses or at the one that messages go to; `None` if there is nobody.
    pub async fn about(
        &self,
        service: &Service,
        profile: ProfileId,
        address: Option<AddressId>,
    ) -> Result<Option<(Decision, Trace)>, StoreError> {
        self.gate(service).explain(profile, address).await
    }

    /// Decides about an address that nobody has: suppression and allow lists count for it, too.
    pub async fn about_stranger(
        &self,
        service: &Service,
        address: Address,
    ) -> Result<(Decision, Trace), StoreError> {
        let (message, rules) = self.rules(service).await?;
        let mut strangers = self.strangers(service, vec![address]).await?;
        let recipient = strangers.pop().unwrap_or(Recipient::UNKNOWN);
        Ok(explain(&recipient, &message, &rules))
    }

    /// What decisions read of addresses that nobody has, at most [`store::READ_MAX`], in order.
    pub async fn strangers(
        &self,
        service: &Service,
        addresses: Vec<Address>,
    ) -> Result<Vec<Recipient>, StoreError> {
        let (store, workspace) = (&service.store, service.workspace);
        let mut strangers = store.read_strangers(workspace, addresses, service.now()).await?;
        if store.settings(workspace).await?.unknown_recipients == UnknownRecipients::No {
            for stranger in &mut strangers {
                stranger.profile = stranger.profile.with_flags(ConsentWord::NO_DEFAULT);
            }
        }
        Ok(strangers)
    }

    /// What decisions read of people, at most [`store::READ_MAX`], in order: at these addresses, or at those that messages
    /// go to. With the message and the rules.
    pub async fn people(
        &self,
        service: &Service,
        profiles: Vec<ProfileId>,
        addresses: Option<Vec<AddressId>>,
    ) -> Result<(Vec<Reading>, Message, Rules), StoreError> {
        self.gate(service).read(profiles, addresses, false).await
    }

    /// Decides about a text that is no address.
    pub async fn about_nothing(
        &self,
        service: &Service,
        error: AddressError,
    ) -> Result<(Decision, Trace), StoreError> {
        let (message, rules) = self.rules(service).await?;
        let reach = if error == AddressError::Empty { Reach::Missing } else { Reach::Malformed };
        Ok(explain(&Recipient { reach, ..Recipient::UNKNOWN }, &message, &rules))
    }

    async fn rules(&self, service: &Service) -> Result<(Message, Rules), StoreError> {
        let (_, message, rules) = self.gate(service).read(Vec::new(), None, false).await?;
        Ok((message, rules))
    }
}
