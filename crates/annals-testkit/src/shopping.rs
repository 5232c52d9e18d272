//! Orders and what follows from them: delivery, returns, reviews, referrals, and the slips of book-
//! keeping that are corrected or taken back later.

use crate::care_work::{care, contact, survey, touchpoints};
use crate::complaint_case::complain;
use crate::story::{Moment, Story, code};
use annals_events::{
    Channel, Code, CompetitorMentioned, CompetitorStance, CorrectionRecorded, Days, Decimal,
    DeliveryCompleted, DeliveryPromised, EventId, JsonText, Line, Money, OfferMade, OfferResponded,
    OfferResponse, OfferType, PartyId, Polarity, PurchaseCompleted, ReferralConverted,
    ReferralMade, RefundIssued, RetractionReason, RetractionRecorded, ReturnReceived, ReviewPosted,
    Scale, WordOfMouthObserved,
};

/// Product, category, price and cost in minor units.
const CATALOGUE: &[(&str, &str, i64, i64)] = &[
    ("disc-classic", "music", 1499, 900),
    ("disc-new", "music", 1799, 1150),
    ("disc-box", "music", 4999, 3100),
    ("book-paper", "books", 1290, 800),
    ("book-bound", "books", 2490, 1500),
    ("calendar", "paper", 1590, 700),
    ("notebook", "paper", 690, 260),
    ("lamp", "home", 3990, 2300),
    ("headphones", "devices", 7990, 5200),
    ("player", "devices", 12_900, 9_100),
];

/// An order with all that follows; `by` is how much a customer of this sort buys, 1 to 5.
pub(crate) fn order(story: &mut Story<'_>, at: Moment, by: i64, friend: &PartyId) {
    let web = story.dice.happens(650);
    let channel = Some(if web { Channel::Web } else { Channel::Branch });
    let number = story.number("ORD");
    let purchase = basket(story, &number, by);
    let total = purchase.total;
    if story.dice.happens(120) {
        touchpoints(story, at, &number);
    }
    let late = if story.dice.happens(15) { story.dice.between(1, 20) } else { 0 };
    let id = story.tell_late(at, late, channel, purchase.clone());
    if late == 0 {
        slip(story, at, id, channel, &purchase);
    }
    if web {
        deliver(story, at, &number);
    }
    if story.dice.happens(45) {
        give_back(story, at, &purchase);
    }
    let unhappy = if story.mood < 45 { 3 } else { 1 };
    if story.dice.happens(18 * unhappy) {
        let at = story.later(at, 3, 12);
        complain(story, at);
    }
    if story.dice.happens(160) {
        let at = story.later(at, 0, 9);
        contact(story, at);
    }
    if story.dice.happens(80) {
        let at = story.later(at, 1, 1);
        care(story, at);
    }
    if story.dice.happens(140) {
        let at = story.later(at, 2, 4);
        survey(story, at);
    }
    if story.dice.happens(70) {
        offer(story, at, total);
    }
    if story.dice.happens(60) {
        speak(story, at, &purchase, friend);
    }
}

fn basket(story: &mut Story<'_>, order: &Code, by: i64) -> PurchaseCompleted {
    let count = 1 + story.dice.between(0, by) / 2;
    let (mut total, mut cost, mut lines) = (0, 0, Vec::new());
    for _ in 0..count {
        let (sku, category, price, unit_cost) = story.dice.one_of(CATALOGUE);
        let quantity = story.dice.one_of(&[1, 1, 1, 1, 2, 3]);
        total += price * quantity;
        cost += unit_cost * quantity;
        lines.push(Line {
            sku: code(sku),
            category: Some(code(category)),
            quantity: Decimal::from_millionths(quantity * 1_000_000),
            unit_price: Some(Decimal::from_millionths(price * 10_000)),
            discount: None,
            unit_cost: Some(Decimal::from_millionths(unit_cost * 10_000)),
        });
    }
    PurchaseCompleted {
        order: Some(order.clone()),
        lines,
        total: story.money(total),
        margin: Some(story.money(total - cost)),
    }
}

/// A few orders are recorded twice or with a wrong total, which is put right within days.
fn slip(
    story: &mut Story<'_>,
    at: Moment,
    id: EventId,
    channel: Option<Channel>,
    purchase: &PurchaseCompleted,
) {
    if story.dice.happens(4) {
        let at = story.later(at, 0, 0);
        let twice = story.tell(at, channel, purchase.clone());
        let reason = RetractionReason::Duplicate;
        let noticed = story.later(at, 2, 2);
        story.tell(noticed, None, RetractionRecorded { target: twice, reason });
    }
    if story.dice.happens(4) {
        let reduced = Money::new(purchase.total.minor_units() * 9 / 10, purchase.total.currency());
        let value = JsonText::new(&format!("\"{}\"", reduced.amount()));
        let corrected = CorrectionRecorded {
            target: id,
            field: code("data.total.amount"),
            value: value.ok(),
            personal_value: None,
            reason: code("discount_forgotten"),
        };
        let at = story.later(at, 3, 3);
        story.tell(at, None, corrected);
    }
}

fn deliver(story: &mut Story<'_>, at: Moment, order: &Code) {
    let due = story.later(at, 3, 3);
    let promised = story.later(at, 0, 0);
    story.tell(promised, None, DeliveryPromised { order: order.clone(), due: due.day() });
    let late = story.dice.one_of(&[-1, -1, 0, 0, 0, 0, 0, 1, 2, 5]);
    if late > 1 {
        story.mood -= 12;
    }
    let arrived = story.later(at, 3 + late, 3 + late);
    let (complete, late_by) = (story.dice.happens(970), Days::new(late).ok());
    story.tell(arrived, None, DeliveryCompleted { order: order.clone(), complete, late_by });
}

fn give_back(story: &mut Story<'_>, at: Moment, purchase: &PurchaseCompleted) {
    let (order, total) = (purchase.order.clone(), purchase.total);
    let reason = code(story.dice.one_of(&["does_not_please", "defect", "wrong_item"]));
    let at = story.later(at, 5, 14);
    let received = ReturnReceived {
        order: order.clone(),
        lines: purchase.lines.clone(),
        reason: reason.clone(),
    };
    story.tell(at, Some(Channel::Letter), received);
    let at = story.later(at, 2, 2);
    story.tell(at, None, RefundIssued { order, amount: total, reason: Some(reason) });
}

fn offer(story: &mut Story<'_>, at: Moment, total: Money) {
    let number = story.number("OFF");
    let at = story.later(at, 10, 10);
    let offer_type =
        story.dice.one_of(&[OfferType::CrossSell, OfferType::UpSell, OfferType::Discount]);
    let made = OfferMade {
        offer: number.clone(),
        offer_type,
        skus: vec![code(story.dice.one_of(CATALOGUE).0)],
        value: Some(Money::new(total.minor_units() / 10, total.currency())),
        until: Some(at.day().plus_days(14)),
    };
    story.tell(at, Some(Channel::Email), made);
    let response = story.dice.one_of(&[
        OfferResponse::Accepted,
        OfferResponse::Declined,
        OfferResponse::Ignored,
        OfferResponse::Ignored,
    ]);
    let at = story.later(at, 1, 13);
    story.tell(at, Some(Channel::Web), OfferResponded { offer: number, response });
}

/// The customer speaks of the organisation: a review, a word to others, a recommendation.
fn speak(story: &mut Story<'_>, at: Moment, purchase: &PurchaseCompleted, friend: &PartyId) {
    let at = story.later(at, 3, 20);
    let content = story.mood >= 60;
    match story.dice.between(0, 3) {
        0 => {
            let stars = if content { story.dice.between(4, 5) } else { story.dice.between(1, 3) };
            let scale = i16::try_from(stars).ok().and_then(|stars| Scale::new(1, 5, stars).ok());
            let product = purchase.lines.first().map(|line| line.sku.clone());
            if let (Some(scale), Some(product)) = (scale, product) {
                let platform = Some(code("own-shop"));
                let posted = ReviewPosted { product, scale, text: None, public: true, platform };
                story.tell(at, Some(Channel::Web), posted);
            }
        }
        1 => {
            let polarity = if content { Polarity::Positive } else { Polarity::Negative };
            let medium = code(story.dice.one_of(&["forum", "family", "colleagues"]));
            story.tell(
                at,
                Some(Channel::Social),
                WordOfMouthObserved { polarity, medium, reach_people: None },
            );
        }
        2 if content => {
            let referral = story.number("REF");
            let made = ReferralMade {
                referral: referral.clone(),
                referred: None,
                contact: None,
                offer: None,
            };
            story.tell(at, None, made);
            if friend != story.party() && story.dice.happens(450) {
                let at = story.later(at, 5, 40);
                let converted =
                    ReferralConverted { referral, referred: friend.clone(), order: None };
                story.tell(at, None, converted);
            }
        }
        _ => {
            let stance = story.dice.one_of(if content {
                &[CompetitorStance::Compares, CompetitorStance::Rejects]
            } else {
                &[CompetitorStance::Considering, CompetitorStance::Prefers]
            });
            let competitor = code(story.dice.one_of(&["rival-north", "rival-online"]));
            let mentioned = CompetitorMentioned { competitor, stance, aspect: None };
            story.tell(at, Some(Channel::Phone), mentioned);
        }
    }
}
