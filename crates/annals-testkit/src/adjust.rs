//! What makes a payload of random fields one that can be true: one adjuster for every `check` of
//! the table of kinds, under the check's own name.

use annals_events::{
    Answer, ContentHash, CorrectionRecorded, Currency, Decimal, FxRateRecorded, JsonText, Line,
    Money, Personal, PriceResponseObserved, PurchaseCompleted, RefundIssued, RulesetRegistered,
    SurveyAnswered,
};

fn not_negative(money: Money, currency: Currency) -> Money {
    Money::new(money.minor_units().saturating_abs(), currency)
}

fn decimal_not_negative(decimal: Decimal) -> Decimal {
    Decimal::from_millionths(decimal.millionths().saturating_abs())
}

pub(crate) fn prices_share_a_currency(mut seen: PriceResponseObserved) -> PriceResponseObserved {
    let currency = seen.price_old.currency();
    seen.price_old = not_negative(seen.price_old, currency);
    seen.price_new = not_negative(seen.price_new, currency);
    seen
}

pub(crate) fn purchase_adds_up(mut purchase: PurchaseCompleted) -> PurchaseCompleted {
    let currency = purchase.total.currency();
    purchase.total = not_negative(purchase.total, currency);
    purchase.margin = purchase.margin.map(|margin| Money::new(margin.minor_units(), currency));
    for line in &mut purchase.lines {
        line.discount = line.discount.map(|money| Money::new(money.minor_units(), currency));
    }
    purchase
}

pub(crate) fn refund_is_not_negative(mut refund: RefundIssued) -> RefundIssued {
    refund.amount = not_negative(refund.amount, refund.amount.currency());
    refund
}

pub(crate) fn rate_is_positive(mut rate: FxRateRecorded) -> FxRateRecorded {
    rate.rate = decimal_not_negative(rate.rate).max(Decimal::from_millionths(1));
    if rate.from == rate.to {
        let another = Currency::all().find(|currency| *currency != rate.from);
        rate.to = another.expect("there is more than one currency");
    }
    rate
}

pub(crate) fn survey_has_answers(mut survey: SurveyAnswered) -> SurveyAnswered {
    if survey.answers.is_empty() {
        survey.answers.push(answer_says_something(Answer {
            item: survey.instrument.clone(),
            scale: None,
            choice: None,
            aspect: None,
            level: None,
            text: None,
        }));
    }
    survey
}

pub(crate) fn correction_gives_one_value(mut correction: CorrectionRecorded) -> CorrectionRecorded {
    if correction.value.is_some() {
        correction.personal_value = None;
    } else if correction.personal_value.is_none() {
        correction.value = Some(JsonText::new("1").expect("a number is JSON"));
    }
    correction
}

pub(crate) fn ruleset_hash_matches(mut ruleset: RulesetRegistered) -> RulesetRegistered {
    ruleset.hash = ContentHash::of(ruleset.text.as_str().as_bytes());
    ruleset
}

pub(crate) fn line_counts(mut line: Line) -> Line {
    line.quantity = decimal_not_negative(line.quantity);
    line.unit_price = line.unit_price.map(decimal_not_negative);
    line.unit_cost = line.unit_cost.map(decimal_not_negative);
    line
}

pub(crate) fn answer_says_something(mut answer: Answer) -> Answer {
    if answer.scale.is_none() && answer.choice.is_none() && answer.text.is_none() {
        answer.text = Some(Personal::new("").expect("the empty text is a text"));
    }
    answer
}
