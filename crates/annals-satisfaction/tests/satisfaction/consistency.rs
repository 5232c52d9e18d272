//! The same on every channel: prices, answers, and customers who ask again elsewhere.

use crate::ledger::{assert_close, at, code, population, population_under, state, time, view};
use annals_events::{
    Channel, ContactOccurred, Decimal, Direction, EnquiryAnswered, EnquiryReceived, Envelope,
    Event, Line, Money, Payload, PurchaseCompleted,
};
use annals_projection::Projection as _;
use annals_satisfaction::{Satisfaction, SatisfactionRules};
use serde_json::{Value, json};

const DAY: &str = "2026-03-31";

fn by(channel: Option<Channel>, day: &str, payload: impl Into<Payload>) -> Event {
    let event = at(time(&format!("{day}T02:00:00Z")), payload);
    let mut envelope: Envelope = event.envelope().clone();
    envelope.channel = channel;
    Event::new(envelope, event.payload().clone()).expect("an event")
}

/// A purchase of one product; the price is in cents.
pub(crate) fn purchase(product: &str, cents: Option<i64>, currency: &str) -> PurchaseCompleted {
    let line = Line {
        sku: code(product),
        category: None,
        quantity: Decimal::ONE,
        unit_price: cents.map(|cents| Decimal::from_millionths(cents * 10_000)),
        discount: None,
        unit_cost: None,
    };
    let total = Money::new(cents.unwrap_or(5_000), currency.parse().expect("a currency"));
    PurchaseCompleted { order: None, lines: vec![line], total, margin: None }
}

fn sold(channel: Channel, day: &str, product: &str, cents: Option<i64>, currency: &str) -> Event {
    by(Some(channel), day, purchase(product, cents, currency))
}

/// An inbound contact that says nothing but its reason.
pub(crate) fn contact(reason: &str) -> ContactOccurred {
    ContactOccurred {
        direction: Direction::In,
        reason: code(reason),
        duration: None,
        agent: None,
        queue: None,
        phase: None,
        outcome: None,
        summary: None,
        sentiment: None,
        first_contact_resolution: None,
    }
}

fn asks(channel: Channel, day: &str, reason: &str) -> Event {
    by(Some(channel), day, contact(reason))
}

fn enquiry(channel: Channel, day: &str, number: &str, topic: &str) -> Event {
    let (enquiry, topic) = (code(number), code(topic));
    by(Some(channel), day, EnquiryReceived { enquiry, topic, question: None, product: None })
}

fn answered(channel: Option<Channel>, day: &str, number: &str, answer: Option<&str>) -> Event {
    let (enquiry, answer) = (code(number), answer.map(code));
    by(channel, day, EnquiryAnswered { enquiry, answered: answer.is_some(), answer })
}

fn rules(from: &str, to: &str) -> SatisfactionRules {
    let text = Satisfaction::BUILT_IN_RULES;
    assert!(text.contains(from));
    Satisfaction::parse_rules(&text.replacen(from, to, 1)).expect("rules")
}

/// n, differing, `one_channel`
fn agreement(report: &Value) -> (u64, u64, u64) {
    let count = |key: &str| report[key].as_u64().expect("a count");
    (count("n"), count("differing"), count("one_channel"))
}

#[test]
fn prices_of_a_product_and_month_differ_where_mean_prices_of_channels_lie_too_far_apart() {
    use Channel::{Branch, Web};
    let states = vec![
        // Mean 9 by web against 10 at the branch: 10 % apart.
        state(vec![
            sold(Web, "2026-03-01", "book", Some(800), "EUR"),
            sold(Web, "2026-03-20", "book", Some(1_000), "EUR"),
            // Another month and another currency: nothing to compare with.
            sold(Web, "2026-02-20", "book", Some(100), "EUR"),
            sold(Web, "2026-03-20", "book", Some(100), "USD"),
            // 2 % apart is what the rules allow.
            sold(Web, "2026-03-20", "pen", Some(98), "EUR"),
            // Without a price.
            sold(Web, "2026-03-20", "cup", None, "EUR"),
        ]),
        state(vec![
            sold(Branch, "2026-03-02", "book", Some(1_000), "EUR"),
            sold(Branch, "2026-03-02", "pen", Some(100), "EUR"),
            sold(Branch, "2026-03-02", "cup", Some(700), "EUR"),
        ]),
    ];
    let shown = &population(states.clone(), DAY)["price_consistency"];
    assert_eq!(agreement(shown), (2, 1, 3));
    assert_close(&shown["rate"], 0.5);
    let listed = &shown["listed"];
    assert_eq!(listed.as_array().map(Vec::len), Some(1));
    let expected = json!({
        "product": "book", "month": "2026-03", "currency": "EUR", "spread": 0.1,
        "by_channel": {
            "web": {"n": 2, "mean": 9.0, "lowest": 8.0, "highest": 10.0},
            "branch": {"n": 1, "mean": 10.0, "lowest": 10.0, "highest": 10.0},
        },
    });
    assert_eq!(listed[0], expected);
    let under = |percent: &str| {
        let to = format!("price_spread_max_percent = {percent}");
        let rules = rules("price_spread_max_percent = 2", &to);
        agreement(&population_under(states.clone(), DAY, &rules)["price_consistency"])
    };
    assert_eq!(under("1.5"), (2, 2, 3));
    assert_eq!(under("10"), (2, 0, 3));
    // One customer paid by web only.
    assert_eq!(agreement(&view(&states[0], DAY)["price_consistency"]), (0, 0, 4));
}

#[test]
fn what_is_free_on_all_channels_costs_the_same() {
    let free = |channel| sold(channel, "2026-03-01", "map", Some(0), "EUR");
    let shown = &view(&state(vec![free(Channel::Web), free(Channel::Branch)]), DAY);
    assert_eq!(agreement(&shown["price_consistency"]), (1, 0, 0));
}

#[test]
fn channels_that_have_no_most_frequent_answer_in_common_answer_differently() {
    use Channel::{Chat, Email, Phone};
    let mut events = Vec::new();
    let mut ask = |topic: &str, day: &str, channel, answers: &[&str]| {
        for answer in answers {
            let number = format!("q-{}", events.len());
            events.push(enquiry(channel, day, &number, topic));
            // The answer names no channel: it is that of the question.
            events.push(answered(None, day, &number, Some(answer)));
        }
    };
    // Most on both channels say a, though one agent once said b.
    ask("returns", "2026-03-01", Phone, &["a", "a", "b"]);
    ask("returns", "2026-03-01", Chat, &["a"]);
    // The telephone is torn between a and b, the chat says b: they agree.
    ask("parking", "2026-03-01", Phone, &["a", "b"]);
    ask("parking", "2026-03-01", Chat, &["b"]);
    // The chat says what the telephone said once: not the same.
    ask("refund", "2026-03-01", Phone, &["a", "a", "b"]);
    ask("refund", "2026-03-01", Chat, &["b"]);
    // A third channel says otherwise than both.
    ask("tariff", "2026-03-01", Phone, &["a", "a"]);
    ask("tariff", "2026-03-01", Chat, &["a"]);
    ask("tariff", "2026-03-01", Email, &["c"]);
    // What was true in another month is no conflict.
    ask("tariff", "2026-02-01", Phone, &["old"]);
    // Answered in words, and an answer to nothing known: left out.
    events.push(enquiry(Phone, "2026-03-02", "words", "returns"));
    events.push(answered(None, "2026-03-02", "words", None));
    events.push(answered(Some(Chat), "2026-03-02", "unknown", Some("z")));
    let shown = &population(vec![state(events)], DAY)["answer_consistency"];
    assert_eq!(agreement(shown), (4, 2, 1));
    let expected = json!([
        {
            "topic": "refund", "product": null, "month": "2026-03",
            "by_channel": {"phone": {"a": 2, "b": 1}, "chat": {"b": 1}},
        },
        {
            "topic": "tariff", "product": null, "month": "2026-03",
            "by_channel": {"phone": {"a": 2}, "chat": {"a": 1}, "email": {"c": 1}},
        },
    ]);
    assert_eq!(shown["listed"], expected);
}

#[test]
fn the_channel_of_an_answer_is_its_own_before_that_of_the_question() {
    let events = vec![
        enquiry(Channel::Web, "2026-03-01", "1", "returns"),
        answered(Some(Channel::Phone), "2026-03-02", "1", Some("a")),
        enquiry(Channel::Web, "2026-03-03", "2", "returns"),
        answered(None, "2026-03-03", "2", Some("b")),
    ];
    let shown = &view(&state(events), DAY)["answer_consistency"];
    assert_eq!(agreement(shown), (1, 1, 0));
}

/// n, elsewhere, `same_channel`, `too_recent`
fn again(report: &Value) -> (u64, u64, u64, u64) {
    let count = |key: &str| report[key].as_u64().expect("a count");
    (count("n"), count("elsewhere"), count("same_channel"), count("too_recent"))
}

#[test]
fn who_asks_on_the_same_subject_by_another_channel_within_the_days_asked_again_elsewhere() {
    use Channel::{Branch, Phone, Web};
    let events = vec![
        // Elsewhere on the seventh day; an enquiry and a contact of one subject meet.
        asks(Web, "2026-03-01", "bill"),
        enquiry(Phone, "2026-03-08", "1", "bill"),
        // The eighth day after is too late, and so nothing follows.
        asks(Web, "2026-03-16", "bill"),
        // Twice a day by one channel is one question; the next day by the same channel.
        asks(Phone, "2026-03-20", "login"),
        enquiry(Phone, "2026-03-20", "2", "login"),
        asks(Phone, "2026-03-21", "login"),
        // The organisation called, nobody said by what, another subject: none asks again.
        by(
            Some(Branch),
            "2026-03-22",
            ContactOccurred { direction: Direction::Out, ..contact("login") },
        ),
        by(None, "2026-03-22", contact("login")),
        asks(Branch, "2026-03-22", "other"),
        // Seven days have passed with the day asked about; after the next they have not.
        asks(Branch, "2026-03-24", "new"),
        asks(Web, "2026-03-25", "bill"),
    ];
    let state = state(events);
    let shown = &view(&state, DAY)["asked_again"];
    assert_eq!(again(shown), (7, 1, 1, 1));
    assert_close(&shown["rate"], 1.0 / 7.0);
    assert_eq!(again(&shown["by_channel"]["web"]), (2, 1, 0, 1));
    assert_eq!(again(&shown["by_channel"]["phone"]), (3, 0, 1, 0));
    // Under eight days the telephone is followed by the web.
    let rules = rules("asked_again_days = 7", "asked_again_days = 8");
    let longer = &population_under(vec![state], DAY, &rules)["asked_again"];
    assert_eq!(again(longer), (6, 2, 1, 2));
}

#[test]
fn another_customer_who_asks_the_same_is_not_asked_again() {
    let one = state(vec![asks(Channel::Web, "2026-03-01", "bill")]);
    let other = state(vec![asks(Channel::Phone, "2026-03-02", "bill")]);
    assert_eq!(again(&population(vec![one, other], DAY)["asked_again"]), (2, 0, 0, 0));
}

#[test]
fn of_two_questions_of_one_day_only_the_first_was_asked_again() {
    let events =
        vec![asks(Channel::Web, "2026-03-01", "bill"), asks(Channel::Phone, "2026-03-01", "bill")];
    assert_eq!(again(&view(&state(events), DAY)["asked_again"]), (2, 1, 0, 0));
}

#[test]
fn without_its_section_an_older_ruleset_says_so_and_compares_nothing() {
    let text = Satisfaction::BUILT_IN_RULES;
    let older = text.split("[consistency]").next().expect("what comes before it");
    let rules = Satisfaction::parse_rules(older).expect("rules");
    let state = state(vec![
        sold(Channel::Web, "2026-03-01", "book", Some(100), "EUR"),
        sold(Channel::Branch, "2026-03-01", "book", Some(200), "EUR"),
        asks(Channel::Web, "2026-03-01", "bill"),
    ]);
    let shown = population_under(vec![state], DAY, &rules);
    for measure in ["price_consistency", "asked_again"] {
        assert_eq!(shown[measure]["rate"], Value::Null);
        let why = shown[measure]["why"].as_str().unwrap_or_default();
        assert!(why.contains("[consistency]"), "{why}");
    }
}

#[test]
fn a_spread_or_a_window_that_cannot_be_is_refused_with_its_line() {
    let text = Satisfaction::BUILT_IN_RULES;
    for (from, to) in [
        ("price_spread_max_percent = 2", "price_spread_max_percent = 100"),
        ("price_spread_max_percent = 2", "price_spread_max_percent = -0.5"),
        ("price_spread_max_percent = 2", "price_spread_max_percent = nan"),
        ("asked_again_days = 7", "asked_again_days = 0"),
    ] {
        let line = 1 + text.lines().position(|line| line == from).expect("a line of the rules");
        let error = Satisfaction::parse_rules(&text.replacen(from, to, 1)).expect_err("refused");
        assert!(error.to_string().contains(&format!("line {line}")), "{error}");
    }
}
