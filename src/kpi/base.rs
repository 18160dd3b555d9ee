//! Base facts: the additive quantities of the KPI dictionary (sections 2 to 6), and where in time each may be booked.
//! Integers only, so that the order of adding never shows. It refuses to divide.

use super::attribution::Attribution;
use Attribution::*;

macro_rules! bases {
    ($($(#[$doc:meta])* $name:ident = $label:literal : $class:ident),+ $(,)?) => {
        /// One additive quantity. Times are integer milliseconds, money integer minor units, all else counts.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Base { $($(#[$doc])* $name),+ }

        impl Base {
            pub const ALL: &'static [Base] = &[$(Base::$name),+];

            /// As the dictionary writes it.
            pub fn label(self) -> &'static str {
                match self { $(Base::$name => $label),+ }
            }

            pub(super) fn class(self) -> Class {
                match self { $(Base::$name => Class::$class),+ }
            }
        }
    };
}

/// What kind of record a base is folded from; decides where it may be booked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Of an attempt, answered or not.
    Attempt,
    /// Of an attempt that was answered.
    Answer,
    /// Time with a call: of the attempt, or clipped at interval borders.
    Contact,
    /// Time of an agent or a campaign, clipped at interval borders.
    Time,
    /// A count with a timestamp of its own.
    Event,
    /// A promised callback, at its due time.
    Due,
    /// An order, at its own time or with its call.
    Order,
    /// The fate of an order, with the order.
    Fate,
    /// The same, also with the shipping.
    ShippedFate,
    /// The same, also with the lead.
    FinalFate,
    /// A lead: distinct in an interval, in its cohort, or as it stands.
    Lead,
    /// A lead as it stands.
    LeadNow,
    /// A lead in its cohort.
    LeadFate,
}

bases! {
    /// Dials: attempts whose INVITE left or may have left; cancelled and interrupted ones included.
    Dials = "D": Attempt,
    /// `D` without invalid numbers and own errors.
    Valid = "V": Attempt,
    Cancelled = "cancelled": Attempt,
    Failed = "failed": Attempt,
    Invalid = "invalid": Attempt,
    Busy = "busy": Attempt,
    NoAnswer = "no_answer": Attempt,
    Rejected = "rejected": Attempt,
    /// Rang, and how long is known.
    Rung = "rung": Attempt,
    RingTime = "ring": Attempt,
    /// Not answered after at least 15 s of ringing.
    NoAnswerRung15 = "no_answer_ring_ge_15s": Attempt,
    CallbackDials = "callbacks_dialled": Attempt,
    CallbackRpc = "callbacks_reaching_R": Attempt,

    Answered = "A": Answer,
    Machine = "M": Answer,
    Human = "H": Answer,
    Handled = "HD": Answer,
    /// Bridged after the legal threshold: in `HD` and in `AB`.
    HandledLate = "HD_late": Answer,
    /// A person, and nobody came.
    NoAgent = "NA": Answer,
    /// The person hung up before the threshold.
    CustomerEarly = "CE": Answer,
    /// `NA + HD_late`.
    Abandoned = "AB": Answer,
    /// `NA` without any message played.
    Silent = "NA_silent": Answer,
    /// Answer to bridge (or to the flow's first prompt), over `HD`.
    Waited = "wait": Answer,
    WaitedCount = "HD_waited": Answer,
    WrongParty = "wrong_party": Answer,
    Rpc = "R": Answer,
    Effective = "E": Answer,
    EffectiveByTime = "E_by_time": Answer,
    EffectiveByDisposition = "E_by_disp": Answer,
    Interested = "I": Answer,
    /// Contacts with at least one order: the numerator of `conv_*`.
    OrderContacts = "OC": Answer,
    HoldContacts = "contacts_with_hold": Answer,
    AgentHungUpFirst = "agent_bye_first": Answer,
    OptOutContacts = "optouts": Answer,
    /// The customer is gone and the agent has not closed: a part of talk.
    Dead = "dead": Answer,

    Talk = "talk": Contact,
    Hold = "hold": Contact,
    Wrap = "wrap": Contact,
    ManualDial = "manual_dial": Contact,
    Preview = "preview": Contact,

    Ready = "ready": Time,
    Reserved = "reserved": Time,
    Pause = "pause": Time,
    NoDevice = "no_device": Time,
    Login = "login": Time,
    /// The campaign was running.
    Active = "active": Time,

    PauseEntries = "pause_entries": Event,
    WrapExtensions = "wrap_extensions": Event,
    DncBlocked = "not_dialed{dnc}": Event,
    DncViolations = "dials_after_optout": Event,
    CallbacksScheduled = "callbacks_scheduled": Event,
    Offers = "offers": Event,
    OffersMissed = "offers_not_accepted": Event,

    CallbacksDue = "callbacks_due": Due,
    CallbacksKept = "callbacks_kept": Due,

    Orders = "O": Order,
    /// Without cancelled, rejected, refused and returned ones.
    OrdersNet = "O_net": Order,
    Revenue = "revenue": Order,
    RevenueNet = "revenue_net": Order,

    /// Verified, or rejected with its reason.
    OrdersProcessed = "processed": Fate,
    OrdersVerified = "verified": Fate,
    /// Cancelled before shipping.
    OrdersCancelled = "cancelled_before_shipping": Fate,
    OrdersShipped = "shipped": ShippedFate,
    OrdersDelivered = "delivered": FinalFate,
    OrdersReturned = "returned": FinalFate,
    OrdersRefused = "refused": ShippedFate,

    /// Distinct leads dialled.
    Leads = "L": Lead,
    LeadsRpc = "leads_R": Lead,
    LeadsLoaded = "L0": LeadNow,
    LeadsClosed = "leads_final": LeadNow,
    LeadsInterested = "leads_I": LeadFate,
    LeadsInterestedOrdered = "leads_I_with_order": LeadFate,
    LeadsOrdered = "leads_with_order": LeadFate,
    /// Right-party contacts of a cohort of leads.
    LeadRpcContacts = "R_of_leads": LeadFate,
}

impl Base {
    pub const COUNT: usize = Base::ALL.len();

    /// Milliseconds?
    pub fn is_time(self) -> bool {
        use Base::*;
        matches!(
            self,
            RingTime | Waited | Dead | Talk | Hold | Wrap | ManualDial | Preview | Ready | Reserved | Pause | NoDevice
        ) || matches!(self, Login | Active)
    }

    /// May this base be booked so? Anything else would leave it out silently.
    pub fn supports(self, attribution: Attribution) -> bool {
        match self.class() {
            Class::Attempt => matches!(attribution, Start | Close),
            Class::Answer => matches!(attribution, Start | Close | Answer),
            Class::Contact => matches!(attribution, Start | Close | Answer | Split),
            Class::Time => matches!(attribution, Split),
            Class::Event => matches!(attribution, Event),
            Class::Due => matches!(attribution, Due),
            Class::Order => matches!(attribution, Event | OrderCohort | Start | Close | Answer),
            Class::Fate => matches!(attribution, OrderCohort),
            Class::ShippedFate => matches!(attribution, OrderCohort | ShipCohort),
            Class::FinalFate => matches!(attribution, OrderCohort | ShipCohort | LeadCohort),
            Class::Lead => matches!(attribution, Start | LeadCohort | Snap),
            Class::LeadNow => matches!(attribution, Snap),
            Class::LeadFate => matches!(attribution, LeadCohort),
        }
    }
}

/// A sum of every base.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sums([i64; Base::COUNT]);

impl Default for Sums {
    fn default() -> Sums {
        Sums([0; Base::COUNT])
    }
}

impl Sums {
    pub fn get(&self, base: Base) -> i64 {
        self.0[base as usize]
    }
    pub fn add(&mut self, base: Base, amount: i64) {
        self.0[base as usize] += amount;
    }
    pub fn count(&mut self, base: Base, yes: bool) {
        self.0[base as usize] += i64::from(yes);
    }
    pub fn merge(&mut self, other: &Sums) {
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            *mine += theirs;
        }
    }
}
