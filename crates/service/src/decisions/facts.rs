//! The facts that a decision about one person stands on. They are read by the gate that every send passes: what is answered
//! here is what a send would do.

use std::sync::Arc;

use consent::decide::Reach;
use consent::{
    Address, AddressError, AddressId, Category, Channel, Decision, ListId, Message, ProfileId, Recipient,
    Rules, RunId, Trace, explain,
};
use delivery::gate::Gate;
use store::StoreError;

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
        let now = service.now();
        let strangers = service.store.read_strangers(service.workspace, vec![address], now).await?;
        let recipient = strangers.into_iter().next().unwrap_or(Recipient::UNKNOWN);
        Ok(explain(&recipient, &message, &rules))
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
