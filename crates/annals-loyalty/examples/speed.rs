//! Measures what costs time: the fits and forecasts on simulated customers, and FP-growth.
//!
//! `cargo run --release -p annals-loyalty --example speed -- 23570` prints one line per step. The
//! customers are drawn from the published BG/NBD and Gamma-Gamma models of the CDNOW sample, the
//! same for ever: what a fit finds should be near what they were drawn from.

#![allow(clippy::print_stdout, clippy::cast_precision_loss, clippy::cast_possible_truncation)]
#![allow(clippy::cast_sign_loss, reason = "a drawing of numbers, not a formula of the product")]

use annals_events::{
    Code, Date, Envelope, Event, EventId, Line, Money, OccurredAt, PartyId, Position,
    PurchaseCompleted, RecordedEvent, StreamVersion, Zone,
};
use annals_loyalty::{
    AssociationLimits, Horizon, Loyalty, LoyaltyModels, LoyaltyState, RepeatHistory, RepeatValue,
    association, calibration, fit_bg_nbd, fit_gamma_gamma, fit_pareto_nbd, purchase_forecasts,
};
use annals_projection::{AsOf, Projection as _, Rates, ViewContext, fold};
use std::time::Instant;

/// A small generator of its own (splitmix64): nothing here needs more.
struct Dice(u64);

impl Dice {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (((mixed ^ (mixed >> 31)) >> 11) as f64 + 0.5) / 9_007_199_254_740_992.0
    }

    fn normal(&mut self) -> f64 {
        (-2.0 * self.uniform().ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// Marsaglia & Tsang, ACM TOMS 26, 2000.
    fn gamma(&mut self, shape: f64, rate: f64) -> f64 {
        if shape < 1.0 {
            return self.gamma(shape + 1.0, rate) * self.uniform().powf(shape.recip());
        }
        let d = shape - 1.0 / 3.0;
        loop {
            let x = self.normal();
            let v = (1.0 + x / (9.0 * d).sqrt()).powi(3);
            if v > 0.0 && self.uniform().ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                return d * v / rate;
            }
        }
    }

    fn beta(&mut self, a: f64, b: f64) -> f64 {
        let (one, other) = (self.gamma(a, 1.0), self.gamma(b, 1.0));
        one / (one + other)
    }

    /// Days of purchase since the first, and what each brought.
    fn customer(&mut self, observed_days: u32) -> (Vec<u32>, f64) {
        let (rate, leaves) = (self.gamma(0.243, 4.414), self.beta(0.793, 2.426));
        let (mut days, mut week) = (vec![0], 0.0);
        loop {
            week -= self.uniform().ln() / rate;
            if week * 7.0 >= f64::from(observed_days) {
                break;
            }
            days.push((week * 7.0) as u32 + 1);
            if self.uniform() < leaves {
                break;
            }
        }
        days.dedup();
        let scale = self.gamma(3.74, 15.44);
        let repeats = (days.len() - 1).max(1) as f64;
        let value = self.gamma(6.25 * repeats, scale * repeats);
        (days, value)
    }
}

fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = work();
    println!("{:>9.3} s  {what}", start.elapsed().as_secs_f64());
    result
}

fn main() {
    let customers: u32 = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(23_570);
    let mut dice = Dice(7);
    let mut histories = Vec::new();
    let mut values = Vec::new();
    let mut states: Vec<(PartyId, LoyaltyState)> = Vec::new();
    let (zone, first) = (Zone::utc(), "2020-01-01".parse::<Date>().expect("a day"));
    let usd = "USD".parse().expect("a currency");
    let loyalty = Loyalty::new(zone.clone());
    for number in 0..customers {
        let observed_days = 190 + (dice.uniform() * 84.0) as u32;
        let (days, mean_value) = dice.customer(observed_days);
        let repeats = days.len() as u32 - 1;
        let last_repeat_days = days.last().copied().unwrap_or_default();
        histories.push(RepeatHistory { repeats, last_repeat_days, observed_days });
        values.push(RepeatValue { repeats, mean_value });
        let id = PartyId::new(&format!("c{number:08}")).expect("an id");
        let event = |day: &u32| {
            let day = first.plus_days(274 - observed_days.cast_signed() + day.cast_signed());
            event(&id, zone.start_of_day(day), Money::new((mean_value * 100.0) as i64, usd), &[])
        };
        let events: Vec<_> = days.iter().map(event).collect();
        states.push((id, fold(&loyalty, &events)));
    }
    println!("{customers} customers");
    println!("{:?}", timed("BG/NBD", || fit_bg_nbd(&histories)));
    println!("{:?}", timed("Gamma-Gamma", || fit_gamma_gamma(&values)));
    println!("{:?}", timed("Pareto/NBD", || fit_pareto_nbd(&histories)));
    let (rules, rates) = (
        Loyalty::parse_rules(Loyalty::BUILT_IN_RULES).expect("the built-in rules"),
        Rates::default(),
    );
    let end = first.plus_days(274);
    let context = ViewContext::new(AsOf::date(end, &zone), &zone, &rules, &rates);
    let calibration =
        timed("calibration from states", || calibration(&Vec::from_iter(&states), end, &context));
    println!("{}", timed("digest", || calibration.data_digest()));
    let models = timed("all three models", || LoyaltyModels::fit(&calibration));
    timed("forecast of every customer", || {
        purchase_forecasts(&calibration, &models, Horizon::default())
    });
    timed("population figures", || loyalty.population(&Vec::from_iter(&states), &context));
    let baskets = baskets(&loyalty, &mut dice);
    let limits = AssociationLimits {
        min_support: "0.005".parse().expect("a share"),
        min_confidence: "0.2".parse().expect("a share"),
        max_consequent: None,
    };
    let found = timed("association rules of 10,000 baskets", || {
        association(&Vec::from_iter(&baskets), limits)
    });
    let found = found.expect("few itemsets");
    println!("{} itemsets, {} rules", found.itemsets, found.rules.len());
}

/// 10,000 baskets of 1 to 20 of 300 products, some far more popular than others.
fn baskets(loyalty: &Loyalty, dice: &mut Dice) -> Vec<(PartyId, LoyaltyState)> {
    let (day, usd) = (Zone::utc().start_of_day("2026-01-01".parse().expect("a day")), "USD");
    let total = Money::new(100, usd.parse().expect("a currency"));
    let basket = |number: u32| {
        let id = PartyId::new(&format!("b{number}")).expect("an id");
        let products: Vec<u32> = (0..=(dice.uniform() * 20.0) as u32)
            .map(|_| (dice.uniform() * dice.uniform() * 300.0) as u32)
            .collect();
        let state = fold(loyalty, [&event(&id, day, total, &products)]);
        (id, state)
    };
    (0..10_000).map(basket).collect()
}

fn event(
    id: &PartyId,
    at: annals_events::Instant,
    total: Money,
    products: &[u32],
) -> RecordedEvent {
    let line = |product: &u32| Line {
        sku: Code::new(&format!("p{product}")).expect("a code"),
        category: None,
        quantity: "1".parse().expect("a quantity"),
        unit_price: None,
        discount: None,
        unit_cost: None,
    };
    let lines = products.iter().map(line).collect();
    let order = PurchaseCompleted { order: None, lines, total, margin: None };
    let id =
        Envelope::new(EventId::from_foreign("speed", id.as_str()), id.clone(), OccurredAt::utc(at));
    RecordedEvent {
        position: Position::new(0),
        stream_version: StreamVersion::new(1),
        recorded_at: at,
        event: Event::new(id, order).expect("an event that can be true"),
    }
}
