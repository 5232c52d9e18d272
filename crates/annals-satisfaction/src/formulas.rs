//! How each measure of a customer's view is computed, for `annals explain`.
//!
//! Places in braces stand for the values of the view. What is listed by code or number (features,
//! touchpoints, steps, cases) has its formula in words, because its places differ from customer to
//! customer.

use annals_projection::Formula;

const WILSON: &str = "Wilson, JASA 22, 1927";
const SHARE: &str = "a share of events counted; its interval: Wilson, JASA 22, 1927";
const ISO_10002: &str = "ISO 10002:2018, stages of a complaint";
const ISO_10004: &str = "ISO 10004:2018, indirect indicators";
const KANO: &str = "Kano et al., Hinshitsu 14(2), 1984; Berger et al., Center for Quality of \
                    Management Journal 2(4), 1993";
const PEAK_END: &str =
    "Kahneman, Fredrickson, Schreiber & Redelmeier, Psychological Science 4, 1993";
const SERVQUAL: &str = "Parasuraman, Zeithaml & Berry, Journal of Retailing 64, 1988";
const OWN: &str = "a definition of this ledger: docs/projections/satisfaction.md";
const COUNT: &str = "a count of events";

/// One formula for every measure, in the order of the view.
pub(crate) const FORMULAS: &[Formula] = &[
    Formula {
        measure: "nps.score",
        formula: "100 x ({nps.promoters} promoters - {nps.detractors} detractors) / {nps.n} \
                  answers = {nps.score}",
        source: "Reichheld, Harvard Business Review, December 2003",
        rules: &[
            "answers.n_min",
            "nps.items",
            "nps.min",
            "nps.max",
            "nps.promoter_min",
            "nps.detractor_max",
        ],
    },
    Formula {
        measure: "nps.interval_95",
        formula: "100 x (p - d +- 1.959964 x sqrt((p + d - (p - d)^2) / {nps.n})), p = \
                  {nps.promoters} / {nps.n}, d = {nps.detractors} / {nps.n}, within -100 to 100 = \
                  {nps.interval_95}",
        source: "the variance of answers worth 1, 0 or -1",
        rules: &["answers.n_min", "answers.n_small"],
    },
    Formula {
        measure: "csat.share",
        formula: "answers at or above the satisfied minimum / {csat.n} answers, counted by value \
                  {csat.counts} = {csat.share}",
        source: "top-2-box share of five",
        rules: &["answers.n_min", "csat.items", "csat.min", "csat.max", "csat.satisfied_min"],
    },
    Formula {
        measure: "csat.wilson_95",
        formula: "Wilson's interval of {csat.share} over {csat.n} answers = {csat.wilson_95}",
        source: WILSON,
        rules: &["answers.n_small"],
    },
    Formula {
        measure: "csat.mean",
        formula: "sum of value x count over {csat.counts} / {csat.n} = {csat.mean}",
        source: "arithmetic mean",
        rules: &["csat.items", "csat.min", "csat.max"],
    },
    Formula {
        measure: "ces.mean",
        formula: "sum of value x count over {ces.counts} / {ces.n} = {ces.mean}",
        source: "Dixon, Toman & DeLisi, The Effortless Experience, 2013 (CES 2.0)",
        rules: &["answers.n_min", "ces.items", "ces.min", "ces.max"],
    },
    Formula {
        measure: "ces.share_5_7",
        formula: "answers at or above the easy minimum / {ces.n} = {ces.share_5_7}",
        source: "Dixon, Toman & DeLisi, The Effortless Experience, 2013 (CES 2.0)",
        rules: &["answers.n_min", "ces.easy_min"],
    },
    Formula {
        measure: "complaints.open",
        formula: "{complaints.received} received - {complaints.closed} closed and not reopened - \
                  {complaints.withdrawn} withdrawn and not reopened = {complaints.open}",
        source: ISO_10002,
        rules: &[],
    },
    Formula {
        measure: "complaints.resolved",
        formula: "cases closed or accepted, and neither taken back = {complaints.resolved} of \
                  {complaints.received}",
        source: ISO_10002,
        rules: &[],
    },
    Formula {
        measure: "complaints.upheld.rate",
        formula: "cases whose latest decision counts as upheld / {complaints.upheld.n} decided \
                  cases, by decision {complaints.upheld.counts} = {complaints.upheld.rate}",
        source: ISO_10002,
        rules: &["complaints.upheld"],
    },
    Formula {
        measure: "complaints.days_to_acknowledge",
        formula: "median of (first acknowledgement - receipt) over \
                  {complaints.days_to_acknowledge.n} cases = \
                  {complaints.days_to_acknowledge.median_days} days of 86400 s",
        source: "Hyndman & Fan, The American Statistician 50, 1996, definition 7",
        rules: &[],
    },
    Formula {
        measure: "complaints.days_to_decide",
        formula: "median of (first decision offered or told - receipt) over \
                  {complaints.days_to_decide.n} cases = {complaints.days_to_decide.median_days} \
                  days of 86400 s",
        source: "Hyndman & Fan, The American Statistician 50, 1996, definition 7",
        rules: &[],
    },
    Formula {
        measure: "complaints.days_to_close",
        formula: "median of (closing that holds now - receipt) over {complaints.days_to_close.n} \
                  cases = {complaints.days_to_close.median_days} days of 86400 s",
        source: "Hyndman & Fan, The American Statistician 50, 1996, definition 7",
        rules: &[],
    },
    Formula {
        measure: "complaints.deadlines.rate",
        formula: "{complaints.deadlines.in_time} decided by the day they were due / \
                  ({complaints.deadlines.in_time} + {complaints.deadlines.late} decided later + \
                  {complaints.deadlines.overdue} undecided and overdue) = \
                  {complaints.deadlines.rate}; due = day of the receipt + the days of the \
                  deadline, working days by the calendar",
        source: OWN,
        rules: &["deadline.*", "calendar.weekend", "calendar.holidays", "calendar.make_up_days"],
    },
    Formula {
        measure: "complaints.remedies",
        formula: "{complaints.remedies.granted.n} granted, {complaints.remedies.paid.n} paid; \
                  sums per currency, never added to each other",
        source: "sums of amounts",
        rules: &[],
    },
    Formula {
        measure: "complaints.cases",
        formula: "each case with its steps; days = step - receipt",
        source: ISO_10002,
        rules: &[],
    },
    Formula {
        measure: "peak_end.mean",
        formula: "mean over {peak_end.n} episodes of (strongest valence + last valence) / 2 = \
                  {peak_end.mean}",
        source: PEAK_END,
        rules: &[],
    },
    Formula {
        measure: "peak_end.last",
        formula: "(strongest valence {peak_end.last.peak} + last valence {peak_end.last.end}) / 2 \
                  = {peak_end.last.peak_end}, of {peak_end.last.n} moments",
        source: PEAK_END,
        rules: &[],
    },
    Formula {
        measure: "acsi.score",
        formula: "100 x (sum of weight x mean - low end) / (high end - low end), weights \
                  {acsi.weights} (together 1), means {acsi.means} over {acsi.n} complete answer \
                  sets = {acsi.score}",
        source: "Fornell, Johnson, Anderson, Cha & Bryant, Journal of Marketing 60, 1996",
        rules: &["answers.n_min", "acsi.instrument", "acsi.weights", "instrument.acsi"],
    },
    Formula {
        measure: "kano",
        formula: "per feature, from the counts of categories: better = (A + O) / (A + O + M + I), \
                  worse = -(O + M) / (A + O + M + I), category = the most frequent, ties M > O > A \
                  > I > R > Q",
        source: KANO,
        rules: &["kano.table", "kano.instrument", "instrument.kano"],
    },
    Formula {
        measure: "levels",
        formula: "mean of 100 x (value - low end) / (high end - low end): product \
                  {levels.product.score} over {levels.product.n}, service {levels.service.score} \
                  over {levels.service.n}, social {levels.social.score} over {levels.social.n} \
                  answers",
        source: "answers by level, brought to 0 to 100",
        rules: &["answers.n_min"],
    },
    Formula {
        measure: "aspects",
        formula: "per aspect: score = mean of 100 x (value - low end) / (high end - low end); gap \
                  = mean of (answer - latest expectation stated before it on the same scale)",
        source: OWN,
        rules: &["answers.n_min"],
    },
    Formula {
        measure: "qualities",
        formula: "mean of 100 x (value - low end) / (high end - low end): technical \
                  {qualities.technical.score} over {qualities.technical.n}, functional \
                  {qualities.functional.score} over {qualities.functional.n} answers",
        source: "Gronroos, European Journal of Marketing 18(4), 1984",
        rules: &["answers.n_min", "quality.technical", "quality.functional"],
    },
    Formula {
        measure: "servqual.gap",
        formula: "mean over dimensions of (mean perception - mean expectation), {servqual.n} \
                  complete answer sets = {servqual.gap}",
        source: SERVQUAL,
        rules: &["answers.n_min", "servqual.instrument", "servqual.dimension"],
    },
    Formula {
        measure: "servqual.dimensions",
        formula: "per dimension: gap = mean of its perceived items - mean of its expected items",
        source: SERVQUAL,
        rules: &["servqual.dimension", "instrument.servqual"],
    },
    Formula {
        measure: "touchpoints",
        formula: "per touchpoint: mean valence of its moments, of its moments of truth, and mean \
                  of (perceived - expected) on the same scale",
        source: OWN,
        rules: &["answers.n_min"],
    },
    Formula {
        measure: "contacts.service_level.rate",
        formula: "{contacts.service_level.met} inbound contacts neither lost nor too long / \
                  {contacts.service_level.n} lost or with a duration = \
                  {contacts.service_level.rate}",
        source: OWN,
        rules: &["contact.lost", "contact.duration_max_seconds"],
    },
    Formula {
        measure: "contacts.first_contact_resolution.rate",
        formula: "{contacts.first_contact_resolution.met} with nothing to be taken up again / \
                  {contacts.first_contact_resolution.n} that say so = \
                  {contacts.first_contact_resolution.rate}",
        source: SHARE,
        rules: &[],
    },
    Formula {
        measure: "contacts.by_form",
        formula: "per form of service: the contacts of its channels, counted as above; per \
                  channel and queue likewise",
        source: COUNT,
        rules: &["form.physical", "form.virtual", "form.personal"],
    },
    Formula {
        measure: "price_consistency.rate",
        formula: "{price_consistency.differing} whose mean unit prices lie more than the tolerance \
                  apart, (highest - lowest) / highest, / {price_consistency.n} products of a \
                  month and currency with a price on two channels or more = \
                  {price_consistency.rate}",
        source: OWN,
        rules: &["consistency.price_spread_max_percent"],
    },
    Formula {
        measure: "answer_consistency.rate",
        formula: "{answer_consistency.differing} of which two channels have no most frequent \
                  answer in common / {answer_consistency.n} topics of a product and month \
                  answered on two channels or more = {answer_consistency.rate}",
        source: OWN,
        rules: &[],
    },
    Formula {
        measure: "asked_again.rate",
        formula: "{asked_again.elsewhere} asked again on another channel within the days / \
                  {asked_again.n} questions whose days have passed = {asked_again.rate}",
        source: OWN,
        rules: &["consistency.asked_again_days"],
    },
    Formula {
        measure: "journey",
        formula: "{journey.episodes} episodes; per step: drop_off = episodes that end there / \
                  episodes that reach it; dwell = median and 90th percentile of the stay",
        source: OWN,
        rules: &["journey.ends"],
    },
    Formula {
        measure: "care",
        formula: "per area and phase: done_rate = planned actions due and done / planned actions \
                  due; overdue = due before the day asked about, neither done nor missed",
        source: COUNT,
        rules: &["answers.n_min"],
    },
    Formula {
        measure: "promises.kept_rate",
        formula: "{promises.kept} kept / ({promises.kept} kept + {promises.broken} broken) = \
                  {promises.kept_rate}",
        source: SHARE,
        rules: &[],
    },
    Formula {
        measure: "promises.open",
        formula: "{promises.made} made - {promises.kept} kept - {promises.broken} broken = \
                  {promises.open}, of which {promises.overdue} are overdue",
        source: COUNT,
        rules: &[],
    },
    Formula {
        measure: "indirect.complaints",
        formula: "100 x {indirect.complaints.n} received / {indirect.purchase_occasions} purchase \
                  occasions = {indirect.complaints.per_100_purchases}",
        source: ISO_10004,
        rules: &[],
    },
    Formula {
        measure: "indirect.signals",
        formula: "per kind of signal: 100 x events / {indirect.purchase_occasions} purchase \
                  occasions",
        source: ISO_10004,
        rules: &[],
    },
    Formula {
        measure: "complaint_effect.change",
        formula: "mean of (first answer after the end - last answer before the receipt) over \
                  {complaint_effect.change.n} cases = {complaint_effect.change.mean}",
        source: OWN,
        rules: &["complaint_effect.window_days", "csat.items", "csat.min", "csat.max"],
    },
    Formula {
        measure: "complaint_effect.recovery_rate",
        formula: "{complaint_effect.recovered} resolved and satisfied / {complaint_effect.cases} \
                  received = {complaint_effect.recovery_rate}",
        source: SHARE,
        rules: &["csat.satisfied_min"],
    },
    Formula {
        measure: "response",
        formula: "per instrument: surveys sent that were answered / surveys sent",
        source: SHARE,
        rules: &[],
    },
    Formula {
        measure: "instruments",
        formula: "per instrument: surveys that came back, those with every item answered on its \
                  scale, answers off the scale, items missing",
        source: COUNT,
        rules: &[
            "instrument.nps",
            "instrument.csat",
            "instrument.ces",
            "instrument.acsi",
            "instrument.ecsi",
            "instrument.servqual",
            "instrument.kano",
        ],
    },
];
