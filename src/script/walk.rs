//! A dry walk: every choice, key and objection of a flow is tried, breadth first and bounded, and nobody is called.
//! It refuses to follow the same choice at the same place more than a few times: a flow with state may hide more.

use super::coverage::Coverage;
use super::host::{FlowId, Host};
use super::request::*;
use std::collections::{BTreeMap, VecDeque};

/// What a walk met that an author should know.
#[derive(Debug, Clone, PartialEq)]
pub struct Met {
    pub at: String,
    /// The answers that led there: `opener=yes, offer=objection:price`.
    pub path: String,
    pub kind: MetKind,
}

#[derive(Debug, Clone, PartialEq)]
pub enum MetKind {
    /// The flow failed with this message. `gone`: only after the customer had hung up.
    Failed { message: String, gone: bool },
    /// It came to its end without `finish`.
    NoFinish { gone: bool },
    /// It asks for ever, whatever this customer does.
    Endless {
        /// The sentence about this customer, of the catalogue of reasons.
        customer: &'static str,
    },
    /// A sound that is asked for: to be compared with the folder.
    Plays(Prompt),
    /// A step where no agent sees it.
    Shows(String),
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Walk {
    pub coverage: Coverage,
    pub met: Vec<Met>,
    /// The bounds cut the walk short: not all was seen.
    pub cut: bool,
}

const DEPTH_MAX: usize = 60;
const PATHS_MAX: usize = 4_000;
const RESUMES_MAX: usize = 40_000;
/// How often one answer at one place is followed.
const VISITS_MAX: u32 = 3;
/// After so many requests a customer who always does the same should have been let go.
const PATIENCE: usize = 300;

/// Walks through the flow of `host` with a call like `info`.
pub fn walk(host: &mut Host, info: &CallInfo) -> Walk {
    let mut walker = Walker { host, info, walk: Walk::default(), visits: BTreeMap::new(), resumes: 0 };
    for name in walker.host.objections().to_vec() {
        walker.walk.coverage.objections.entry(name).or_default();
    }
    let mut frontier = VecDeque::from([Vec::new()]);
    let mut paths = 0;
    while let Some(path) = frontier.pop_front() {
        paths += 1;
        if paths > PATHS_MAX || walker.resumes > RESUMES_MAX {
            walker.walk.cut = true;
            break;
        }
        walker.follow(&path, &mut frontier);
    }
    walker.stubborn("script.endless_always_hangs_up", |_| Answer::Nothing("hangup".to_owned()));
    walker.stubborn("script.endless_never_presses", |ask| default_answer(ask, false));
    walker.stubborn("script.endless_always_last", |ask| default_answer(ask, true));
    walker.walk
}

struct Walker<'a> {
    host: &'a mut Host,
    info: &'a CallInfo,
    walk: Walk,
    visits: BTreeMap<(String, String), u32>,
    resumes: usize,
}

impl Walker<'_> {
    /// Replays a path and puts what can follow into the frontier.
    fn follow(&mut self, path: &[Answer], frontier: &mut VecDeque<Vec<Answer>>) {
        let flow = self.host.start(self.info.clone());
        let mut told: Vec<String> = Vec::new();
        let mut turn = self.host.resume(flow, Answer::Begin);
        self.resumes += 1 + path.len();
        for (i, answer) in path.iter().enumerate() {
            let Turn::Asks(ask) = &turn else { return };
            told.push(tell(ask, answer));
            if i + 1 == path.len() {
                self.walk.coverage.saw_answer(ask, answer);
            }
            turn = self.host.resume(flow, answer.clone());
        }
        self.walk.coverage.saw_turn(&turn);
        self.note(&turn, flow, &told, path);
        if let Turn::Asks(ask) = &turn {
            if path.len() >= DEPTH_MAX {
                self.walk.cut = true;
            } else {
                self.branch(ask, flow, path, frontier);
            }
        }
        self.host.drop_flow(flow);
    }

    fn branch(&mut self, ask: &Ask, flow: FlowId, path: &[Answer], frontier: &mut VecDeque<Vec<Answer>>) {
        let place = self.host.place(flow).unwrap_or("").to_owned();
        for answer in answers(ask) {
            let visits = self.visits.entry((place.clone(), tell(ask, &answer))).or_default();
            *visits += 1;
            if *visits <= VISITS_MAX {
                let mut longer = path.to_vec();
                longer.push(answer);
                frontier.push_back(longer);
            }
        }
    }

    fn note(&mut self, turn: &Turn, flow: FlowId, told: &[String], path: &[Answer]) {
        let gone = path.iter().any(|a| matches!(a, Answer::Nothing(why) if why == "hangup"));
        let place = self.host.place(flow).unwrap_or("flow.lua:1").to_owned();
        let (at, kind) = match turn {
            Turn::Failed(error) if error.message.contains("without finish(outcome)") => {
                (error.at.clone(), MetKind::NoFinish { gone })
            }
            Turn::Failed(error) => (error.at.clone(), MetKind::Failed { message: error.message.clone(), gone }),
            Turn::Asks(Ask::Say { prompt } | Ask::Gather { prompt: Some(prompt), .. }) => {
                (place, MetKind::Plays(prompt.clone()))
            }
            Turn::Asks(Ask::Step(step)) => (place, MetKind::Shows(step.name.clone())),
            Turn::Asks(
                Ask::Gather { prompt: None, .. }
                | Ask::Wait { .. }
                | Ask::Order { .. }
                | Ask::OptOut
                | Ask::Callback { .. }
                | Ask::Fill { .. },
            )
            | Turn::Finished(_) => return,
        };
        self.keep(Met { at, path: told.join(", "), kind });
    }

    /// Keeps the shortest way to each finding: the walk goes breadth first.
    fn keep(&mut self, met: Met) {
        if !self.walk.met.iter().any(|m| m.at == met.at && m.kind == met.kind) {
            self.walk.met.push(met);
        }
    }

    /// A customer who always does the same.
    fn stubborn(&mut self, customer: &'static str, answer: impl Fn(&Ask) -> Answer) {
        let flow = self.host.start(self.info.clone());
        let mut turn = self.host.resume(flow, Answer::Begin);
        for _ in 0..PATIENCE {
            let Turn::Asks(ask) = &turn else { return };
            turn = self.host.resume(flow, answer(ask));
        }
        if matches!(turn, Turn::Asks(_)) {
            let at = self.host.place(flow).unwrap_or("flow.lua:1").to_owned();
            self.keep(Met { at, path: String::new(), kind: MetKind::Endless { customer } });
        }
        self.host.drop_flow(flow);
    }
}

/// Every answer worth trying.
fn answers(ask: &Ask) -> Vec<Answer> {
    let nothing = |why: &str| Answer::Nothing(why.to_owned());
    match ask {
        Ask::Step(step) => {
            let choices = step.choices.iter().map(|c| Answer::Choice { id: c.id.clone(), fields: sample(step) });
            let objections = step
                .objections
                .iter()
                .map(|o| Answer::Choice { id: format!("objection:{}", o.id), fields: Values::new() });
            choices.chain(objections).chain([nothing("hangup")]).collect()
        }
        Ask::Say { .. } => vec![Answer::Said, nothing("hangup")],
        Ask::Gather { digits_max, .. } => {
            let digits = if *digits_max == 1 {
                ('0'..='9').map(String::from).collect()
            } else {
                vec!["123456789012345678901234567890ab"[..usize::from(*digits_max).min(30)].to_owned(), "0".to_owned()]
            };
            digits.into_iter().map(Answer::Digits).chain([nothing("timeout"), nothing("hangup")]).collect()
        }
        Ask::Order { .. } => vec![Answer::Order("dry".to_owned()), nothing("refused")],
        Ask::Wait { .. } | Ask::OptOut | Ask::Callback { .. } | Ask::Fill { .. } => vec![Answer::Said],
    }
}

/// A form as an agent would fill it in.
fn sample(step: &Step) -> Values {
    let value = |field: &Field| match field.kind {
        FieldKind::Text => "text".to_owned(),
        FieldKind::Number => "1".to_owned(),
        FieldKind::Date => "2030-01-02".to_owned(),
        FieldKind::Select => field.options.first().map_or(String::new(), |o| o.id.clone()),
    };
    step.fields.iter().filter(|f| f.required).map(|f| (f.name.clone(), value(f))).collect()
}

fn default_answer(ask: &Ask, last: bool) -> Answer {
    match ask {
        Ask::Step(step) => {
            let choice = if last { step.choices.last() } else { step.choices.first() };
            let id = choice.map_or(String::new(), |c| c.id.clone());
            Answer::Choice { id, fields: sample(step) }
        }
        Ask::Gather { .. } => Answer::Nothing("timeout".to_owned()),
        Ask::Order { .. } => Answer::Order("dry".to_owned()),
        Ask::Say { .. } | Ask::Wait { .. } | Ask::OptOut | Ask::Callback { .. } | Ask::Fill { .. } => Answer::Said,
    }
}

/// `opener=yes`, `say welcome=said`, `keys=1`.
fn tell(ask: &Ask, answer: &Answer) -> String {
    let what = match ask {
        Ask::Step(step) => step.name.clone(),
        Ask::Say { prompt } => format!("say {}", prompt.name),
        Ask::Gather { .. } => "keys".to_owned(),
        Ask::Wait { .. } => "wait".to_owned(),
        Ask::Order { .. } => "order".to_owned(),
        Ask::OptOut => "opt_out".to_owned(),
        Ask::Callback { .. } => "callback".to_owned(),
        Ask::Fill { .. } => "fill".to_owned(),
    };
    let how = match answer {
        Answer::Begin | Answer::Said => "done",
        Answer::Choice { id, .. } | Answer::Digits(id) | Answer::Order(id) | Answer::Nothing(id) => id,
    };
    format!("{what}={how}")
}
