//! A story is a list of facts with times, told in the order they happened.
#![allow(dead_code, reason = "each test binary tells its own part")]

use outpace::facts::*;
use outpace::words::*;

pub const CAMPAIGN: CampaignId = CampaignId(1);

/// Facts of one node. Times are milliseconds of wall time; moments run beside them from the story's start.
pub struct Story {
    pub facts: Vec<Envelope>,
    start: i64,
    next_seq: u64,
}

/// How a told call goes. Seconds are counted from the dial.
#[derive(Clone)]
pub struct Told {
    pub campaign: CampaignId,
    pub lead: u64,
    pub ring: Option<i64>,
    pub answer: Option<i64>,
    pub verdict: Option<Verdict>,
    /// Agent, second of the bridge, within the threshold.
    pub bridge: Option<(AgentId, i64, bool)>,
    pub abandon: Option<Abandon>,
    pub end: Option<(i64, Cause, Side)>,
    pub talk_seconds: u32,
    pub outcome: Option<Outcome>,
}

#[derive(Clone, Copy)]
pub struct Outcome {
    pub right_party: bool,
    pub effective: bool,
    pub interested: bool,
}

impl Told {
    pub fn to(lead: u64) -> Told {
        Told {
            campaign: CAMPAIGN,
            lead,
            ring: None,
            answer: None,
            verdict: None,
            bridge: None,
            abandon: None,
            end: None,
            talk_seconds: 0,
            outcome: None,
        }
    }
}

pub fn ms(rfc3339: &str) -> i64 {
    Wall::parse_rfc3339(rfc3339).unwrap_or_else(|| panic!("{rfc3339} is no RFC 3339 time")).millis()
}

impl Story {
    pub fn from(start: &str) -> Story {
        Story { facts: Vec::new(), start: ms(start), next_seq: 1 }
    }

    pub fn tell(&mut self, at: i64, fact: Fact) {
        let moment = Moment::from_millis(at - self.start);
        self.facts.push(Envelope {
            centre: CentreId(1),
            node: 1,
            seq: self.next_seq,
            moment,
            wall: Wall::from_millis(at),
            version: VERSION,
            fact,
        });
        self.next_seq += 1;
    }

    pub fn configured(&mut self, at: i64, campaign: CampaignId, change: impl FnOnce(&mut CampaignConfigured)) {
        let mut config = CampaignConfigured {
            campaign,
            name: "telesales".into(),
            version: "0123456789abcdef".into(),
            seller: SellerId(1),
            client: ClientId(1),
            zone: "UTC".into(),
            mode: "predictive".into(),
            currency: Some("USD".into()),
            abandon_profile: "cn_default".into(),
            abandon_threshold_ms: 2_000,
            abandon_cap: 0.03,
            amd_false_positive_rate: 0.0,
            target_utilization: 0.85,
            handled_by: "agent".into(),
            test: false,
            amd: true,
        };
        change(&mut config);
        self.tell(at, Fact::CampaignConfigured(Box::new(config)));
    }

    pub fn call(&mut self, call: CallId, at: i64, told: &Told) {
        let second = |s: i64| at + s * 1000;
        self.tell(
            at,
            Fact::CallPlaced {
                call,
                campaign: told.campaign,
                lead: LeadId(told.lead),
                attempt: 1,
                number_hash: format!("{:016x}", told.lead),
                zone: "UTC".into(),
                rules: vec![],
                pack: "us@2026-11".into(),
            },
        );
        let (leg, trunk) = (LegId(call.0), TrunkId(1));
        let (sip_call_id, caller_id) = (format!("{call}@outpace"), "+12025550100".to_owned());
        self.tell(at, Fact::InviteSent { call, leg, trunk, sip_call_id, caller_id });
        if let Some(ring) = told.ring {
            self.tell(second(ring), Fact::CallRinging { call, early_media: false });
        }
        if let Some(answer) = told.answer {
            self.tell(second(answer), Fact::CallAnswered { call });
        }
        if let (Some(answer), Some(verdict)) = (told.answer, told.verdict) {
            let why = "cadence".into();
            self.tell(second(answer), Fact::CallClassified { call, verdict, why, analysed_ms: 900 });
        }
        let waited_ms = |at: i64| (at - told.answer.unwrap_or(at)) as u32 * 1000;
        if let Some((agent, at, within)) = told.bridge {
            self.tell(second(at), Fact::AgentReserved { call, agent });
            self.tell(second(at), Fact::CallBridged { call, agent, waited_ms: waited_ms(at), within });
        }
        if let Some(abandon) = told.abandon {
            let at = told.answer.unwrap_or(0) + 2;
            let pack = "us@2026-11".into();
            self.tell(second(at), Fact::CallAbandoned { call, abandon, waited_ms: 2_000, pack });
        }
        if let Some((at, cause, by)) = &told.end {
            let (cause, by, talk_ms) = (cause.clone(), *by, told.talk_seconds * 1000);
            self.tell(second(*at), Fact::CallEnded { call, cause, sip: None, q850: None, by, talk_ms });
            if let Some(outcome) = told.outcome {
                self.outcome(second(*at), call, outcome, false);
            }
        }
    }

    pub fn outcome(&mut self, at: i64, call: CallId, outcome: Outcome, amended: bool) {
        let Outcome { right_party, effective, interested } = outcome;
        let (agent, outcome) = (None, "told".to_owned());
        self.tell(at, Fact::OutcomeSet { call, agent, outcome, right_party, effective, interested, amended });
    }

    pub fn order(&mut self, at: i64, order: OrderId, call: CallId, lead: u64, total: Money) {
        let (campaign, lead) = (CAMPAIGN, LeadId(lead));
        let lines = vec![OrderLine { sku: "tea".into(), quantity: 1, price: total.clone() }];
        self.tell(at, Fact::OrderTaken { order, call, campaign, lead, agent: None, lines, total });
    }

    pub fn advance(&mut self, at: i64, order: OrderId, state: OrderState) {
        self.tell(at, Fact::OrderAdvanced { order, state, by: "client".into() });
    }

    pub fn login(&mut self, at: i64, agent: AgentId, session: SessionId) {
        self.tell(at, Fact::AgentLoggedIn { agent, session, campaigns: vec![CAMPAIGN] });
    }

    pub fn state(&mut self, at: i64, agent: AgentId, session: SessionId, state: AgentState, call: Option<CallId>) {
        let campaign = call.map(|_| CAMPAIGN);
        self.tell(at, Fact::AgentStateChanged { agent, session, state, reason: None, call, campaign });
    }

    pub fn pause(&mut self, at: i64, agent: AgentId, session: SessionId, reason: &str) {
        let (state, reason) = (AgentState::Pause, Some(reason.to_owned()));
        self.tell(at, Fact::AgentStateChanged { agent, session, state, reason, call: None, campaign: None });
    }

    pub fn logout(&mut self, at: i64, agent: AgentId, session: SessionId) {
        let effective = Moment::from_millis(at - self.start);
        self.tell(at, Fact::AgentLoggedOut { agent, session, effective, reason: "shift_end".into() });
    }
}

/// Section 9 of the dictionary: 8 hours of one agent with 60 contacts.
pub fn agent_day(agent: AgentId) -> Story {
    let start = ms("2026-11-02T08:00:00Z");
    let session = SessionId(1);
    let mut story = Story::from("2026-11-02T08:00:00Z");
    story.configured(start, CAMPAIGN, |_| {});
    story.login(start, agent, session);
    let mut at = start;
    for n in 0..60 {
        let call = CallId(1_000 + n);
        let told = Told {
            ring: Some(-5),
            answer: Some(4),
            bridge: Some((agent, 5, true)),
            end: Some((255, Cause::Handled, Side::Customer)),
            talk_seconds: 250,
            ..Told::to(n)
        };
        story.state(at, agent, session, AgentState::Ready, None);
        at += 120_000;
        story.state(at, agent, session, AgentState::Reserved, Some(call));
        story.call(call, at, &told);
        at += 5_000;
        story.state(at, agent, session, AgentState::Talk, Some(call));
        story.state(at + 240_000, agent, session, AgentState::Hold, Some(call));
        at += 250_000;
        story.state(at, agent, session, AgentState::Wrap, Some(call));
        at += 60_000;
    }
    story.pause(at, agent, session, "break");
    at += 900_000;
    story.pause(at, agent, session, "training");
    at += 1_800_000;
    story.logout(at, agent, session);
    story
}

/// Section 9 of the dictionary: 1,000 dials of one campaign. `profile` and `f` as configured.
pub fn campaign_day(profile: &str, f: f64) -> Story {
    let start = ms("2026-11-02T08:00:00Z");
    let agent = AgentId(1);
    let mut story = Story::from("2026-11-02T08:00:00Z");
    story.configured(start, CAMPAIGN, |config| {
        config.abandon_profile = profile.to_owned();
        config.amd_false_positive_rate = f;
    });
    for n in 0..1_000_u64 {
        let at = start + 60_000 + n as i64 * 1_000;
        story.call(CallId(n), at, &campaign_call(n, agent));
        let ended = at + 120_000;
        // The first 27 handled calls order.
        if (700 + 60..700 + 60 + 27).contains(&n) {
            let rank = n - 760;
            let order = OrderId(n);
            story.order(ended, order, CallId(n), n, Money::new(5_000, "USD"));
            if rank < 22 {
                story.advance(ended + 3_600_000, order, OrderState::Shipped);
            }
            if rank < 19 {
                story.advance(ended + 7_200_000, order, OrderState::Delivered);
            }
        }
    }
    story
}

/// 120 invalid, 60 busy, 520 no answer, 60 machines, 234 handled, 6 abandoned.
fn campaign_call(n: u64, agent: AgentId) -> Told {
    let refused = |cause: Cause| Told { end: Some((1, cause, Side::Network)), ..Told::to(n) };
    let answered = |verdict: Verdict| Told { ring: Some(2), answer: Some(10), verdict: Some(verdict), ..Told::to(n) };
    match n {
        0..120 => refused(Cause::Invalid(InvalidKind::Vacant)),
        120..180 => refused(Cause::Busy),
        180..700 => Told { ring: Some(2), end: Some((25, Cause::NoAnswer, Side::Us)), ..Told::to(n) },
        700..760 => Told {
            end: Some((15, Cause::Machine(MachineKind::Voicemail), Side::Us)),
            ..answered(Verdict::Machine(MachineKind::Voicemail))
        },
        760..994 => {
            let rank = n - 760;
            Told {
                bridge: Some((agent, 11, true)),
                end: Some((100, Cause::Handled, Side::Customer)),
                talk_seconds: if rank < 150 { 89 } else { 10 },
                outcome: Some(Outcome { right_party: rank < 180, effective: rank < 150, interested: rank < 60 }),
                ..answered(Verdict::Human)
            }
        }
        _rest => Told {
            abandon: Some(Abandon::NoAgent),
            end: Some((14, Cause::AbandonedNoAgent, Side::Us)),
            ..answered(Verdict::Human)
        },
    }
}
