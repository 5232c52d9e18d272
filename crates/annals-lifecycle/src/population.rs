//! What is shown of all customers together: whole-number counts, one pass over the states.
//!
//! Customers are counted in parts, one part a thread, and the parts' counts added in the order of
//! the parts. Counts are whole numbers, and every ratio is taken of the sums: so the figures are
//! the same, byte for byte, however the customers are parted. Where groups are asked for too, the
//! counts of all are those of the groups added up.

use crate::action_effect::{ActionRow, ActionTally};
use crate::alert::Watch;
use crate::alert_counts::{AlertCounts, AlertRow};
use crate::churn_reason::{ChurnTally, ParetoRow};
use crate::in_order::InOrder;
use crate::lapse::{LapseTally, WinBackOffers, WinBackRow};
use crate::markov::{MarkovView, STATES, markov_value, probabilities};
use crate::months::{ActivityRow, CohortRow, Months};
use crate::oddity::Oddity;
use crate::path::Path;
use crate::rules::LifecycleRules;
use crate::stage_tally::{BackSteps, DwellRow, StageTally};
use crate::standing::Standing;
use crate::state::LifecycleState;
use crate::survival::{SurvivalRow, SurvivalTally};
use annals_events::{Date, Month, PartyId};
use annals_projection::in_parallel;
use serde::Serialize;
use std::collections::BTreeSet;

/// All customers' lifecycles as of a day.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LifecyclePopulation {
    /// Customers with an event up to the as-of day.
    pub customers: u64,
    /// Those of them who bought.
    pub customers_with_occasions: u64,
    /// Every month from the first occasion of anybody to the as-of month.
    pub activity: Vec<ActivityRow>,
    /// From -> to -> how often, over neighbouring customer-months from each customer's first
    /// occasion to the as-of month. `N` new, `A` returning, `R` resurrecting, `D` no occasion.
    pub transitions: InOrder<InOrder<u64>>,
    /// The same as shares, and the value of customers that follows.
    pub markov: MarkovView,
    /// Every month in which somebody first bought.
    pub cohorts: Vec<CohortRow>,
    /// Scheme -> stage -> customers in it on the as-of day.
    pub stages: InOrder<InOrder<u64>>,
    /// Scheme -> from -> to -> how often a customer went from the one to the other; only what
    /// happened at least once.
    pub stage_transitions: InOrder<InOrder<InOrder<u64>>>,
    /// Scheme -> stage -> how long customers stay.
    pub stage_dwell: InOrder<InOrder<DwellRow>>,
    /// Scheme -> steps against the order of a life.
    pub stage_back_steps: InOrder<BackSteps>,
    /// Scheme -> stage -> what is done with customers in it; only where the ruleset says so.
    pub stage_levers: InOrder<InOrder<String>>,
    /// Time from the first purchase to the second; on the same day it is zero.
    pub survival: Vec<SurvivalRow>,
    /// Time from the first purchase occasion to the second: days with several purchases are one.
    pub survival_occasion: Vec<SurvivalRow>,
    /// Time from the first purchase or subscription to being declared lost, or closed.
    pub survival_churn: Vec<SurvivalRow>,
    /// Lapses and returns, by the ruleset's thresholds.
    pub win_back: Vec<WinBackRow>,
    /// Win-back offers and their answers.
    pub win_back_offers: WinBackOffers,
    /// Why customers left, the most frequent reason first.
    pub churn_reasons: Vec<ParetoRow>,
    /// Where they went, as far as it is known.
    pub churn_destinations: Vec<ParetoRow>,
    /// Actions to keep customers, and what came of them.
    pub retention_actions: Vec<ActionRow>,
    /// How many customers each rule warns of.
    pub alerts: Vec<AlertRow>,
    /// What does not fit in the records -> how many customers.
    pub oddities: InOrder<u64>,
    /// Key -> why it is empty; only where it is.
    pub why: InOrder<&'static str>,
}

/// A part of the customers, with their ids, which do not count here.
type Part<'s> = &'s [&'s (PartyId, LifecycleState)];

impl LifecyclePopulation {
    /// The figures of all customers as of a day, counted in so many parts at once.
    pub(crate) fn new(
        customers: Part<'_>,
        rules: &LifecycleRules,
        today: Date,
        parts: usize,
    ) -> Self {
        Self::with_groups(&[customers], rules, today, parts).0
    }

    /// The figures of all customers, and of each of the groups they are in.
    pub(crate) fn with_groups(
        groups: &[Part<'_>],
        rules: &LifecycleRules,
        today: Date,
        threads: usize,
    ) -> (Self, Vec<Self>) {
        let customers: usize = groups.iter().map(|group| group.len()).sum();
        let size = customers.div_ceil(threads.max(1)).max(1);
        let parts = groups.iter().enumerate();
        let parts: Vec<(usize, Part<'_>)> = parts
            .flat_map(|(group, customers)| customers.chunks(size).map(move |part| (group, part)))
            .collect();
        let spans = in_parallel(parts.clone(), threads, |(_, part)| Span::new(part, today));
        let span = spans.into_iter().fold(Span::default(), Span::and);
        let none = || Tally::new(rules, &span, today);
        let tallies = in_parallel(parts, threads, |(group, part)| {
            let mut tally = none();
            tally.add_all(part);
            (group, tally)
        });
        let mut by_group: Vec<_> = groups.iter().map(|_| none()).collect();
        for (group, tally) in &tallies {
            if let Some(sum) = by_group.get_mut(*group) {
                sum.merge(tally);
            }
        }
        let mut all = none();
        for tally in &by_group {
            all.merge(tally);
        }
        (all.finish(), by_group.iter().map(Tally::finish).collect())
    }
}

/// What must be known of all customers before any is counted.
#[derive(Default)]
struct Span {
    /// The first month in which anybody bought.
    first: Option<Month>,
    /// The months in which anybody had an action.
    action_months: BTreeSet<Month>,
}

impl Span {
    fn new(part: Part<'_>, today: Date) -> Self {
        let states = || part.iter().map(|(_, state)| state);
        let first = states().filter_map(|state| state.occasions.until(today).first()).min();
        let dealings = states().filter_map(|state| state.dealings.as_ref());
        let actions = dealings.flat_map(|dealings| &dealings.actions);
        let action_months = actions.filter(|action| action.day <= today);
        Self {
            first: first.map(|day| day.month()),
            action_months: action_months.map(|action| action.day.month()).collect(),
        }
    }

    fn and(mut self, other: Self) -> Self {
        self.first = self.first.into_iter().chain(other.first).min();
        self.action_months.extend(other.action_months);
        self
    }
}

/// The counts of some customers.
struct Tally<'r> {
    rules: &'r LifecycleRules,
    today: Date,
    customers: u64,
    months: Months,
    stages: Vec<StageTally<'r>>,
    survival: SurvivalTally,
    lapses: LapseTally,
    churn: ChurnTally,
    actions: Option<ActionTally<'r>>,
    alerts: AlertCounts<'r>,
    oddities: [u64; Oddity::ALL.len()],
}

impl<'r> Tally<'r> {
    fn new(rules: &'r LifecycleRules, span: &'r Span, today: Date) -> Self {
        let effect = rules.action_effect.as_ref();
        Self {
            rules,
            today,
            customers: 0,
            months: Months::new(span.first, today.month()),
            stages: rules.schemes.iter().map(StageTally::new).collect(),
            survival: SurvivalTally::default(),
            lapses: LapseTally::new(&rules.lapse_days),
            churn: ChurnTally::default(),
            actions: effect.map(|effect| ActionTally::new(effect, &span.action_months, today)),
            alerts: AlertCounts::new(&rules.alerts),
            oddities: [0; Oddity::ALL.len()],
        }
    }

    fn add_all(&mut self, part: Part<'_>) {
        let mut path = Path::default();
        let today = self.today;
        let known = part.iter().map(|(_, state)| state);
        for state in known.filter(|state| state.first_event.is_some_and(|day| day <= today)) {
            self.customers += 1;
            self.months.add(state.occasions.until(self.today));
            for tally in &mut self.stages {
                path.follow(state, &tally.route, self.today);
                tally.add(&path);
            }
            self.survival.add(state, self.today);
            self.lapses.add(state, self.today);
            self.churn.add(state, self.today);
            if let Some(actions) = &mut self.actions {
                actions.add(state);
            }
            self.add_alerts(state);
            for (count, oddity) in self.oddities.iter_mut().zip(Oddity::ALL) {
                *count += u64::from(oddity.is_in(state, self.today));
            }
        }
    }

    fn add_alerts(&mut self, state: &LifecycleState) {
        if self.rules.alerts.is_empty() {
            return;
        }
        let standing = Standing::on(state, self.today);
        self.alerts.add(&Watch { state, standing: &standing, today: self.today, p_alive: None });
    }

    fn merge(&mut self, other: &Self) {
        self.customers += other.customers;
        self.months.merge(&other.months);
        for (mine, theirs) in self.stages.iter_mut().zip(&other.stages) {
            mine.merge(theirs);
        }
        self.survival.merge(&other.survival);
        self.lapses.merge(&other.lapses);
        self.churn.merge(&other.churn);
        if let (Some(mine), Some(theirs)) = (&mut self.actions, &other.actions) {
            mine.merge(theirs);
        }
        self.alerts.merge(&other.alerts);
        for (mine, theirs) in self.oddities.iter_mut().zip(&other.oddities) {
            *mine += theirs;
        }
    }

    fn finish(&self) -> LifecyclePopulation {
        let schemes = || self.stages.iter();
        LifecyclePopulation {
            customers: self.customers,
            customers_with_occasions: self.months.customers(),
            activity: self.months.activity(),
            transitions: self.months.transitions(),
            markov: self.markov(),
            cohorts: self.months.cohorts(),
            stages: schemes().map(|tally| (tally.id(), tally.stages())).collect(),
            stage_transitions: schemes().map(|tally| (tally.id(), tally.transitions())).collect(),
            stage_dwell: schemes().map(|tally| (tally.id(), tally.dwell())).collect(),
            stage_back_steps: schemes().map(|tally| (tally.id(), tally.back_steps())).collect(),
            stage_levers: schemes().map(|tally| (tally.id(), tally.levers())).collect(),
            survival: self.survival.second_purchase.kaplan_meier(),
            survival_occasion: self.survival.second_occasion.kaplan_meier(),
            survival_churn: self.survival.churn.kaplan_meier(),
            win_back: self.lapses.rows(),
            win_back_offers: self.lapses.offers(),
            churn_reasons: self.churn.reasons(),
            churn_destinations: self.churn.destinations(),
            retention_actions: self.actions.iter().flat_map(ActionTally::rows).collect(),
            alerts: self.alerts.rows(),
            oddities: self.oddities(),
            why: self.why(),
        }
    }

    fn oddities(&self) -> InOrder<u64> {
        let counts = Oddity::ALL.iter().zip(self.oddities);
        counts
            .filter(|(_, count)| *count > 0)
            .map(|(oddity, count)| (oddity.name().to_owned(), count))
            .collect()
    }

    fn markov(&self) -> MarkovView {
        let probabilities = probabilities(&self.months.markov);
        let rules = self.rules.markov.as_ref();
        let rate = rules.map(|rules| rules.discount_rate_monthly.to_f64());
        let reward = rules.and_then(|rules| rules.reward);
        let reward = reward.map(|reward| reward.map(annals_events::Decimal::to_f64));
        let values = match (rate, &reward) {
            (Some(rate), Some(reward)) => markov_value(&probabilities, rate, reward),
            _ => [None; STATES.len()],
        };
        let why = match (rate, &reward) {
            (None, _) => Some("the ruleset has no [markov] with a discount rate"),
            (_, None) => Some("the ruleset gives no [markov.reward], and days know no money"),
            _ if values.contains(&None) => {
                Some("months in some states were followed by no other month yet")
            }
            _ => None,
        };
        let names = || STATES.iter().map(ToString::to_string);
        let row = |row: &Option<[f64; 4]>| -> InOrder<Option<f64>> {
            let shares = row.map_or([None; 4], |row| row.map(Some));
            names().zip(shares).collect()
        };
        MarkovView {
            probabilities: names().zip(probabilities.iter().map(row)).collect(),
            discount_rate_monthly: rate,
            reward: reward.map(|reward| names().zip(reward).collect()),
            currency: rules.and_then(|rules| rules.currency).map(|currency| currency.to_string()),
            clv: names().zip(values).collect(),
            why,
        }
    }

    /// Why what is empty is empty.
    fn why(&self) -> InOrder<&'static str> {
        let nobody = (self.months.customers() == 0).then_some("nobody has bought yet");
        let curve = |durations: &crate::survival::Durations, what| {
            let is_flat = durations.kaplan_meier().is_empty();
            if durations.count() == 0 {
                Some("nobody has begun yet")
            } else {
                is_flat.then_some(what)
            }
        };
        let survival = &self.survival;
        let no_rules = |is_missing: bool, what| is_missing.then_some(what);
        let all = [
            ("activity", nobody),
            ("cohorts", nobody),
            ("survival", curve(&survival.second_purchase, "nobody has bought a second time yet")),
            (
                "survival_occasion",
                curve(&survival.second_occasion, "nobody has bought on a second day yet"),
            ),
            (
                "survival_churn",
                curve(&survival.churn, "nobody who began was declared lost, or closed, since"),
            ),
            (
                "win_back",
                no_rules(self.rules.lapse_days.is_empty(), "the ruleset has no [lapse] thresholds"),
            ),
            (
                "retention_actions",
                match &self.actions {
                    None => Some("the ruleset has no [action_effect]"),
                    Some(actions) if actions.rows().is_empty() => Some("no action was taken yet"),
                    Some(_) => None,
                },
            ),
            ("alerts", no_rules(self.rules.alerts.is_empty(), "the ruleset has no [[alert]]")),
            (
                "churn_reasons",
                no_rules(self.churn.reasons().is_empty(), "nobody was declared lost yet"),
            ),
        ];
        let named = all.into_iter().filter_map(|(key, why)| Some((key.to_owned(), why?)));
        named.collect()
    }
}
