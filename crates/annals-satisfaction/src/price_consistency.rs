//! Whether a product has the same price on every channel.
//!
//! Compared are the mean unit prices before discount of one product in one currency in one calendar
//! month, channel by channel. Their spread is (highest - lowest) / highest, so that it is defined
//! where something is given away on one channel. Prices of a month are compared as a month: a price
//! that rose on all channels on the 15th makes those differ that sold more of it before.
//!
//! Deliberately absent: quantities and discounts. Both are agreed with a customer; the price of one
//! is what a channel tells everybody.

use crate::agreement::{Agreement, LISTED_MAX};
use crate::ratio::float;
use crate::rules::SatisfactionRules;
use crate::state::SatisfactionState;
use annals_events::{Channel, Code, Currency, Decimal, Month};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};

/// 1.00 and 0.98 are two percent apart in decimals, and a little more in binary.
const ROUNDING: f64 = 1e-9;

/// Prices of products over channels.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PriceConsistency {
    /// n: products of a month and currency with a price on two channels or more.
    #[serde(flatten)]
    pub agreement: Agreement,
    /// Those whose prices differ, the widest apart first, 20 at most.
    pub listed: Vec<PriceDifference>,
}

/// A product whose channels ask different prices.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PriceDifference {
    /// The product.
    pub product: Code,
    /// The calendar month.
    pub month: String,
    /// The currency of the prices.
    pub currency: Currency,
    /// (highest mean - lowest mean) / highest mean, 0 to 1.
    pub spread: f64,
    /// The prices of each channel.
    pub by_channel: BTreeMap<Channel, ChannelPrice>,
}

/// The prices of one channel.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ChannelPrice {
    /// Lines of purchases with a price.
    pub n: u64,
    /// The mean price of one.
    pub mean: f64,
    /// The lowest.
    pub lowest: f64,
    /// The highest.
    pub highest: f64,
}

#[derive(Clone, Copy)]
struct Tally {
    n: u64,
    millionths: i128,
    lowest: Decimal,
    highest: Decimal,
}

impl Tally {
    fn of(price: Decimal) -> Self {
        let millionths = price.millionths().into();
        Self { n: 1, millionths, lowest: price, highest: price }
    }

    fn add(&mut self, other: Self) {
        self.n += other.n;
        self.millionths += other.millionths;
        self.lowest = self.lowest.min(other.lowest);
        self.highest = self.highest.max(other.highest);
    }

    fn price(&self) -> ChannelPrice {
        ChannelPrice {
            n: self.n,
            mean: float(self.millionths) / float(self.n.into()) / 1e6,
            lowest: self.lowest.to_f64(),
            highest: self.highest.to_f64(),
        }
    }
}

type Place = (Code, Month, Currency);

/// Prices by product, month, currency and channel. Products get numbers, so that a line costs one
/// look at a name and one at a few small numbers; they are put in order once.
#[derive(Default)]
pub(crate) struct PriceSums {
    products: HashMap<Code, u32>,
    by_place: HashMap<(u32, Month, Currency, Channel), Tally>,
}

impl PriceSums {
    /// Adds what a customer paid.
    pub(crate) fn add(&mut self, state: &SatisfactionState) {
        for stated in &state.prices {
            let product = self.number(state.codes.code(stated.product));
            let place = (product, stated.on.month(), stated.currency, stated.channel);
            let tally = Tally::of(stated.price);
            self.by_place.entry(place).and_modify(|known| known.add(tally)).or_insert(tally);
        }
    }

    fn number(&mut self, product: &Code) -> u32 {
        self.products.get(product).copied().unwrap_or_else(|| {
            let next = u32::try_from(self.products.len()).expect("fewer than 2^32 products");
            self.products.insert(product.clone(), next);
            next
        })
    }

    /// The prices of each product, month and currency by channel, in the order of these.
    fn ordered(self) -> BTreeMap<Place, BTreeMap<Channel, Tally>> {
        let names: BTreeMap<u32, Code> =
            self.products.into_iter().map(|(name, it)| (it, name)).collect();
        let mut ordered = BTreeMap::<_, BTreeMap<_, _>>::new();
        for ((product, month, currency, channel), tally) in self.by_place {
            let name = names.get(&product).expect("every number was given to a product");
            let place = (name.clone(), month, currency);
            ordered.entry(place).or_default().insert(channel, tally);
        }
        ordered
    }
}

impl PriceConsistency {
    pub(crate) fn of(sums: PriceSums, rules: &SatisfactionRules) -> Self {
        let Some(rules) = rules.consistency else {
            let why = "the ruleset has no section [consistency]";
            return Self { agreement: Agreement::of(0, 0, 0, why), listed: Vec::new() };
        };
        let (mut n, mut one_channel, mut differing) = (0, 0, Vec::new());
        for (place, channels) in sums.ordered() {
            if channels.len() < 2 {
                one_channel += 1;
                continue;
            }
            n += 1;
            let spread = spread(&channels);
            if spread - rules.price_spread_max > ROUNDING {
                differing.push((spread, place, channels));
            }
        }
        // Of equal ones the order of product, month and currency stays.
        differing.sort_by(|(one, ..), (other, ..)| other.total_cmp(one));
        let why = "no product was sold at a stated unit price over two channels in one month";
        Self {
            agreement: Agreement::of(n, differing.len() as u64, one_channel, why),
            listed: differing.into_iter().take(LISTED_MAX).map(difference).collect(),
        }
    }
}

/// How far the channels' mean prices lie apart, as a share of the highest.
fn spread(channels: &BTreeMap<Channel, Tally>) -> f64 {
    let means = || channels.values().map(|tally| tally.price().mean);
    let (lowest, highest) = (means().fold(f64::MAX, f64::min), means().fold(0.0, f64::max));
    if highest > 0.0 { (highest - lowest) / highest } else { 0.0 }
}

fn difference(
    (spread, (product, month, currency), channels): (f64, Place, BTreeMap<Channel, Tally>),
) -> PriceDifference {
    PriceDifference {
        product,
        month: month.to_string(),
        currency,
        spread,
        by_channel: channels.iter().map(|(channel, tally)| (*channel, tally.price())).collect(),
    }
}
