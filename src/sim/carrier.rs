//! Simulated trunks: what a carrier answers to an INVITE, and how many calls it holds. It refuses to be more lenient
//! than the real thing: over its channels it says 503, whoever is to blame.

use super::people::{Fate, Kind};
use super::plan::Outage;
use super::rng::{Purpose, Stream, chance, stream, unit};
use super::scenario::TrunkShape;
use crate::engine::TrunkRecord;
use crate::words::{Moment, TrunkId};
use std::time::Duration;

#[derive(Debug)]
pub struct Trunk {
    pub record: TrunkRecord,
    shape: TrunkShape,
    /// What goes wrong, and until when.
    outage: Option<(Outage, Moment)>,
    pub in_use: u32,
    rng: Stream,
}

/// What the carrier sends back, in order, each so long after the INVITE.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    Ringing(Duration),
    EarlyMedia(Duration),
    /// Special information tones are heard.
    Sit(Duration),
    Answer(Duration),
    Refuse {
        after: Duration,
        code: u16,
        q850: Option<u8>,
        retry_after: Option<u32>,
        local: bool,
    },
}

/// RFC 3261, timer B: 64 times T1.
const TIMER_B: Duration = Duration::from_secs(32);

impl Trunk {
    pub fn new(id: TrunkId, shape: &TrunkShape, seed: u64) -> Trunk {
        let record = TrunkRecord {
            id,
            name: shape.name.clone(),
            channels: shape.channels,
            calls_per_second: shape.calls_per_second,
        };
        Trunk { record, shape: shape.clone(), outage: None, in_use: 0, rng: stream(seed, Purpose::Trunk, id.0, 0) }
    }

    pub fn fail(&mut self, how: Outage, until: Moment) {
        self.outage = Some((how, until));
    }

    fn failing(&self, now: Moment) -> Option<Outage> {
        self.outage.filter(|(_, until)| now < *until).map(|(how, _)| how)
    }

    /// Does a CANCEL meet a 200 on the wire?
    pub fn cancel_crosses(&mut self) -> bool {
        chance(&mut self.rng, self.shape.cancel_crosses)
    }

    /// `people_ring_max`: the network's own patience with an unanswered call.
    pub fn invited(&mut self, now: Moment, fate: &Fate, people_ring_max: Duration) -> Vec<Reply> {
        // Drawn always, so that an outage leaves the stream in step.
        let post_dial = self.shape.post_dial_seconds.draw(&mut self.rng);
        let refused = chance(&mut self.rng, self.shape.refuses);
        let moment_later = Duration::from_secs_f64(0.2 + 0.6 * unit(&mut self.rng));
        let refuse = |after, code, q850, retry_after| Reply::Refuse { after, code, q850, retry_after, local: false };
        let nothing = Reply::Refuse { after: TIMER_B, code: 408, q850: None, retry_after: None, local: true };
        match self.failing(now) {
            Some(Outage::Refuse) => return vec![refuse(moment_later, 503, Some(38), Some(10))],
            Some(Outage::Silent | Outage::Down) => return vec![nothing],
            None => {}
        }
        if self.in_use > self.shape.channels {
            return vec![refuse(moment_later, 503, Some(34), None)];
        }
        if refused {
            return vec![refuse(moment_later, self.shape.refusal_code, None, None)];
        }
        match fate.kind {
            Kind::Human | Kind::Machine | Kind::Fax => {
                let (ring, answer) = (Reply::Ringing(post_dial), Reply::Answer(post_dial + fate.ring));
                if fate.ring < people_ring_max { vec![ring, answer] } else { unanswered(post_dial, people_ring_max) }
            }
            Kind::NoAnswer => unanswered(post_dial, people_ring_max),
            Kind::Busy => vec![refuse(post_dial, 486, Some(17), None)],
            Kind::Rejected => vec![Reply::Ringing(post_dial), refuse(post_dial + fate.ring / 2, 603, Some(21), None)],
            Kind::Invalid(code, q850) => vec![refuse(post_dial, code, Some(q850), None)],
            Kind::Sit => {
                let (early, tones) = (Reply::EarlyMedia(post_dial), Reply::Sit(post_dial + Duration::from_millis(900)));
                vec![early, tones, refuse(post_dial + Duration::from_secs(6), 404, Some(1), None)]
            }
            Kind::Fail => vec![refuse(moment_later, 500, Some(41), None)],
            Kind::Congestion => vec![refuse(moment_later, 503, Some(34), None)],
            Kind::Silent => vec![nothing],
        }
    }
}

fn unanswered(post_dial: Duration, ring_max: Duration) -> Vec<Reply> {
    let over =
        Reply::Refuse { after: post_dial + ring_max, code: 480, q850: Some(19), retry_after: None, local: false };
    vec![Reply::Ringing(post_dial), over]
}

#[cfg(test)]
mod tests {
    use super::super::people;
    use super::super::scenario::{FromHour, Mix, Population};
    use super::*;

    const RING_MAX: Duration = Duration::from_secs(60);

    fn trunk() -> Trunk {
        Trunk::new(TrunkId(1), &TrunkShape { channels: 2, ..TrunkShape::default() }, 1)
    }

    fn fate(mix: Mix) -> Fate {
        let people =
            Population { hours: vec![FromHour { from: 0, mix }], invalid: 0.0, fax: 0.0, ..Population::default() };
        people::fate(&people, 1, 1, 1, 10)
    }

    #[test]
    fn a_person_rings_then_answers() {
        let replies = trunk().invited(Moment(0), &fate(Mix { human: 1.0, ..Mix::NOBODY }), RING_MAX);
        assert!(matches!(replies[..], [Reply::Ringing(ring), Reply::Answer(answer)] if answer > ring));
    }

    #[test]
    fn an_outage_ends_by_itself() {
        let mut trunk = trunk();
        let fate = fate(Mix { human: 1.0, ..Mix::NOBODY });
        trunk.fail(Outage::Refuse, Moment::from_millis(1000));
        let first = trunk.invited(Moment(0), &fate, RING_MAX);
        assert!(matches!(first[..], [Reply::Refuse { code: 503, retry_after: Some(10), .. }]));
        assert_eq!(trunk.invited(Moment::from_millis(1000), &fate, RING_MAX).len(), 2);
    }

    #[test]
    fn over_its_channels_it_refuses() {
        let mut trunk = trunk();
        trunk.in_use = 3;
        let replies = trunk.invited(Moment(0), &fate(Mix { human: 1.0, ..Mix::NOBODY }), RING_MAX);
        assert!(matches!(replies[..], [Reply::Refuse { code: 503, q850: Some(34), .. }]));
    }
}
