//! Recording a yes that reached the brand some other way.

use consent::{Choice, Evidence, Source};

pub use super::said::{Asked, Error, Said as Out};
use crate::{Actor, Service};

/// The opt-in.
#[derive(Clone, Debug)]
pub struct In {
    /// Whose, and how far it reaches.
    pub asked: Asked,
    /// Through which door it came.
    pub source: Source,
    /// What proves it: where, when and in which words the person agreed.
    pub proof: String,
}

/// Records a yes. It reaches as far as it says and no further: whoever has opted out of more, or of this address, stays so.
pub async fn opt_in(service: &Service, actor: &Actor, asked: In) -> Result<Out, Error> {
    let In { asked, source, proof } = asked;
    if proof.trim().is_empty() {
        return Err(Error::NoProof);
    }
    let evidence = Evidence { raw: Some(proof), actor: Some(actor.note()), ..Evidence::default() };
    super::said::record(service, asked, Choice::Yes, source, evidence).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consents::opt_out;
    use crate::testing::World;
    use crate::{Fault as _, Problem};
    use consent::Level;

    #[tokio::test]
    async fn a_yes_wants_proof_and_reaches_no_further_than_it_says() {
        let World { service, actor, dir: _dir } = World::new();
        let mut all = opt_out::In::of("ann@example.com");
        all.asked.level = Level::Any;
        opt_out::opt_out(&service, &actor, all.clone()).await.unwrap();
        let asked = |proof: &str| In {
            asked: Asked { level: Level::Channel, ..all.asked.clone() },
            source: Source::OPERATOR,
            proof: proof.to_owned(),
        };
        let refused = opt_in(&service, &actor, asked(" ")).await.unwrap_err();
        assert_eq!(refused.problem(), Problem::invalid("proof-missing", "/proof"));
        let out = opt_in(&service, &actor, asked("card of 3 May, signed")).await.unwrap();
        assert_eq!((out.changed[0].field.as_str(), out.changed[0].new), ("email", "y"));
        let profile = service.store.profile(service.workspace, out.profile).await.unwrap().unwrap();
        assert!(profile.word.get(consent::Field::Any).is_no(), "the wider no stands");
    }
}
