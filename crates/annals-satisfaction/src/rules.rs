//! The rules views are read under: which survey items feed which measure, thresholds, and how few
//! answers are too few.
//!
//! Read from TOML. Unknown keys are refused, and so are values that cannot work together, each with
//! its line and column.

use crate::calendar::{Calendar, WrittenCalendar};
use crate::consistency_rules::{ConsistencyRules, WrittenConsistency};
use crate::contact_rules::{ContactRules, ServiceForm, WrittenContact, WrittenForm};
use crate::deadline_rules::{DeadlineRules, WrittenDeadline};
use crate::instrument_rules::{
    AcsiRules, EcsiRules, InstrumentRules, WrittenAcsi, WrittenEcsi, WrittenInstrument,
};
use crate::loyalty_rules::{
    KanoRules, QualityRules, ServqualRules, TrapRules, WrittenComplaintEffect, WrittenJourney,
    WrittenKano, WrittenLater, WrittenQuality, WrittenServqual, WrittenTrap,
};
use annals_events::{Channel, Code, Decision};
use annals_projection::RulesetError;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use toml::Spanned;

/// The window of a ruleset that does not name one.
const COMPLAINT_WINDOW_DAYS: i32 = 180;

/// All rules of the projection.
#[derive(Clone, Debug, PartialEq)]
pub struct SatisfactionRules {
    /// The version the text states.
    pub version: u32,
    /// How many answers a measure needs.
    pub sample: SampleRules,
    /// Net Promoter Score.
    pub nps: NpsRules,
    /// Customer satisfaction.
    pub csat: CsatRules,
    /// Customer Effort Score.
    pub ces: CesRules,
    /// The decisions on complaints that count as upheld.
    pub upheld: BTreeSet<Decision>,
    /// Survey instruments.
    pub instruments: Vec<InstrumentRules>,
    /// The index of a few items.
    pub acsi: Option<AcsiRules>,
    /// The path model.
    pub ecsi: Option<EcsiRules>,
    /// How Kano pairs are read.
    pub kano: KanoRules,
    /// Where a satisfaction trap is looked for, in this order.
    pub trap: Vec<TrapRules>,
    /// SERVQUAL.
    pub servqual: Option<ServqualRules>,
    /// Which aspects are technical and which functional.
    pub quality: QualityRules,
    /// How many days from a complaint an answer on satisfaction counts.
    pub complaint_window_days: i32,
    /// Windows for what comes after an answer on satisfaction, in days.
    pub later_windows_days: Vec<i32>,
    /// Steps at which a journey is complete.
    pub journey_ends: BTreeSet<Code>,
    /// Which days are worked.
    pub calendar: Calendar,
    /// When complaints must be decided.
    pub deadlines: Vec<DeadlineRules>,
    /// When a contact was served well.
    pub contact: Option<ContactRules>,
    /// Which form of service a channel is.
    pub forms: BTreeMap<Channel, ServiceForm>,
    /// When channels do not say the same.
    pub consistency: Option<ConsistencyRules>,
}

/// How many answers a measure needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SampleRules {
    /// With fewer answers the measure is withheld; at least 1.
    pub n_min: u32,
    /// With fewer answers the measure is marked.
    pub n_small: u32,
}

impl SampleRules {
    /// Why a measure over so many answers is withheld; `None` where it is given.
    pub(crate) fn withheld(self, n: u64, question: &Question) -> Option<String> {
        let Question { min, max, .. } = question;
        let items: Vec<_> = question.items.iter().map(Code::as_str).collect();
        self.too_few(n, &format!("{} on {min} to {max}", items.join(" or ")))
    }

    /// Why a measure over so many of something is withheld; `None` where it is given.
    pub(crate) fn too_few(self, n: u64, what: &str) -> Option<String> {
        let n_min = self.n_min;
        (n < u64::from(n_min))
            .then(|| format!("n = {n} for {what}: at least {n_min} answers are needed"))
    }

    /// Whether so many answers are few.
    pub(crate) fn is_small(self, n: u64) -> bool {
        n < u64::from(self.n_small)
    }
}

/// The survey items that ask one question, and the scale they must be answered on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The items; at least one.
    pub items: Vec<Code>,
    /// The scale's low end.
    pub min: i16,
    /// The scale's high end.
    pub max: i16,
}

impl Question {
    /// Whether an item asks it. Items are told apart without regard to ASCII case.
    pub(crate) fn asks(&self, item: &Code) -> bool {
        self.items.iter().any(|asked| asked.as_str().eq_ignore_ascii_case(item.as_str()))
    }
}

/// Thresholds of the Net Promoter Score.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NpsRules {
    /// What is asked.
    pub question: Question,
    /// The lowest answer of a promoter.
    pub promoter_min: i16,
    /// The highest answer of a detractor.
    pub detractor_max: i16,
}

/// The threshold of customer satisfaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsatRules {
    /// What is asked.
    pub question: Question,
    /// The lowest answer of a satisfied customer.
    pub satisfied_min: i16,
}

/// The threshold of the Customer Effort Score.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CesRules {
    /// What is asked.
    pub question: Question,
    /// The lowest answer that found it easy.
    pub easy_min: i16,
}

/// The text's tables as they are written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: Spanned<String>,
    version: Spanned<u32>,
    answers: WrittenAnswers,
    nps: WrittenNps,
    csat: WrittenCsat,
    ces: WrittenCes,
    complaints: WrittenComplaints,
    #[serde(default)]
    instrument: Vec<WrittenInstrument>,
    acsi: Option<WrittenAcsi>,
    ecsi: Option<WrittenEcsi>,
    kano: Option<WrittenKano>,
    #[serde(default)]
    trap: Vec<WrittenTrap>,
    servqual: Option<WrittenServqual>,
    quality: Option<WrittenQuality>,
    complaint_effect: Option<WrittenComplaintEffect>,
    later: Option<WrittenLater>,
    journey: Option<WrittenJourney>,
    calendar: Option<WrittenCalendar>,
    #[serde(default)]
    deadline: Vec<WrittenDeadline>,
    contact: Option<WrittenContact>,
    form: Option<WrittenForm>,
    consistency: Option<WrittenConsistency>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenAnswers {
    n_min: Spanned<u32>,
    n_small: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenNps {
    items: Spanned<Vec<Spanned<String>>>,
    min: i16,
    max: Spanned<i16>,
    promoter_min: Spanned<i16>,
    detractor_max: Spanned<i16>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenCsat {
    items: Spanned<Vec<Spanned<String>>>,
    min: i16,
    max: Spanned<i16>,
    satisfied_min: Spanned<i16>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenCes {
    items: Spanned<Vec<Spanned<String>>>,
    min: i16,
    max: Spanned<i16>,
    easy_min: Spanned<i16>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenComplaints {
    upheld: Vec<Spanned<String>>,
}

/// Checks what was written, knowing the text to point into.
pub(crate) struct Checker<'t> {
    text: &'t str,
    /// Items met so far: an item feeds one measure, once.
    items: BTreeSet<Code>,
}

impl Checker<'_> {
    pub(crate) fn refuse<T, R>(
        &self,
        at: &Spanned<T>,
        what: impl Into<String>,
    ) -> Result<R, RulesetError> {
        Err(RulesetError::at(self.text, at.span().start, what))
    }

    /// The high end of a scale, which its low end must lie below.
    pub(crate) fn scale(&self, min: i16, max: &Spanned<i16>) -> Result<i16, RulesetError> {
        // The bounds of annals_events::Scale: beyond them no answer can be given.
        let highest = *max.get_ref();
        if min < -1000 || highest > 1000 || min >= highest {
            let what = format!(
                "expected min below max, both within -1000 to 1000, got {min} to {highest}"
            );
            return self.refuse(max, what);
        }
        Ok(highest)
    }

    fn question(
        &mut self,
        items: &Spanned<Vec<Spanned<String>>>,
        min: i16,
        max: &Spanned<i16>,
    ) -> Result<Question, RulesetError> {
        let highest = self.scale(min, max)?;
        if items.get_ref().is_empty() {
            return self.refuse(items, "expected at least one survey item, got none");
        }
        let mut codes = Vec::new();
        for item in items.get_ref() {
            let code = match Code::new(item.get_ref()) {
                Ok(code) => code,
                Err(error) => return self.refuse(item, error.to_string()),
            };
            if !self.items.insert(code.clone()) {
                let what = format!(
                    "item {code} is named twice: an item feeds one measure, so name it once"
                );
                return self.refuse(item, what);
            }
            codes.push(code);
        }
        Ok(Question { items: codes, min, max: highest })
    }

    /// A threshold, which must lie on its question's scale.
    fn threshold(
        &self,
        name: &str,
        threshold: &Spanned<i16>,
        question: &Question,
    ) -> Result<i16, RulesetError> {
        let (value, Question { min, max, .. }) = (*threshold.get_ref(), question);
        if (*min..=*max).contains(&value) {
            return Ok(value);
        }
        self.refuse(threshold, format!("expected {name} within {min} to {max}, got {value}"))
    }

    fn nps(&mut self, nps: &WrittenNps) -> Result<NpsRules, RulesetError> {
        let question = self.question(&nps.items, nps.min, &nps.max)?;
        let promoter_min = self.threshold("promoter_min", &nps.promoter_min, &question)?;
        let detractor_max = self.threshold("detractor_max", &nps.detractor_max, &question)?;
        if detractor_max >= promoter_min {
            let what = format!(
                "expected detractor_max below promoter_min ({promoter_min}), got {detractor_max}"
            );
            return self.refuse(&nps.detractor_max, what);
        }
        Ok(NpsRules { question, promoter_min, detractor_max })
    }

    fn csat(&mut self, csat: &WrittenCsat) -> Result<CsatRules, RulesetError> {
        let question = self.question(&csat.items, csat.min, &csat.max)?;
        let satisfied_min = self.threshold("satisfied_min", &csat.satisfied_min, &question)?;
        Ok(CsatRules { question, satisfied_min })
    }

    fn ces(&mut self, ces: &WrittenCes) -> Result<CesRules, RulesetError> {
        let question = self.question(&ces.items, ces.min, &ces.max)?;
        let easy_min = self.threshold("easy_min", &ces.easy_min, &question)?;
        Ok(CesRules { question, easy_min })
    }

    fn decisions(&self, names: &[Spanned<String>]) -> Result<BTreeSet<Decision>, RulesetError> {
        let mut decisions = BTreeSet::new();
        for name in names {
            match name.get_ref().parse() {
                Ok(decision) => decisions.insert(decision),
                Err(error) => return self.refuse(name, format!("{error}")),
            };
        }
        Ok(decisions)
    }
}

impl SatisfactionRules {
    /// Reads the rules.
    ///
    /// # Errors
    /// With line, column and reason, when the text is not TOML, has keys that are unknown or
    /// missing, or values that cannot be.
    pub(crate) fn parse(text: &str, name: &str) -> Result<Self, RulesetError> {
        let written: Written = toml::from_str(text).map_err(|error| match error.span() {
            Some(span) => RulesetError::at(text, span.start, error.message()),
            None => RulesetError::whole(error.message()),
        })?;
        let mut checker = Checker { text, items: BTreeSet::new() };
        if written.name.get_ref() != name {
            let what = format!("expected name {name:?}, got {:?}", written.name.get_ref());
            return checker.refuse(&written.name, what);
        }
        if *written.version.get_ref() == 0 {
            return checker.refuse(&written.version, "expected a version from 1, got 0");
        }
        let n_min = *written.answers.n_min.get_ref();
        if n_min == 0 {
            let what = "expected n_min of at least 1, got 0: nothing can be said without answers";
            return checker.refuse(&written.answers.n_min, what);
        }
        let instruments = checker.instruments(&written.instrument)?;
        let ecsi =
            written.ecsi.as_ref().map(|ecsi| checker.ecsi(ecsi, &instruments)).transpose()?;
        let acsi = written.acsi.as_ref();
        let acsi = acsi.map(|acsi| checker.acsi(acsi, &instruments, ecsi.as_ref())).transpose()?;
        Ok(Self {
            version: written.version.into_inner(),
            sample: SampleRules { n_min, n_small: written.answers.n_small },
            nps: checker.nps(&written.nps)?,
            csat: checker.csat(&written.csat)?,
            ces: checker.ces(&written.ces)?,
            upheld: checker.decisions(&written.complaints.upheld)?,
            acsi,
            ecsi,
            kano: checker.kano(written.kano.as_ref(), &instruments)?,
            servqual: written
                .servqual
                .as_ref()
                .map(|servqual| checker.servqual(servqual, &instruments))
                .transpose()?,
            quality: written
                .quality
                .as_ref()
                .map(|quality| checker.quality(quality))
                .transpose()?
                .unwrap_or_default(),
            complaint_window_days: match &written.complaint_effect {
                Some(effect) => checker.days(&effect.window_days)?,
                None => COMPLAINT_WINDOW_DAYS,
            },
            later_windows_days: match &written.later {
                Some(later) => later
                    .windows_days
                    .iter()
                    .map(|days| checker.days(days))
                    .collect::<Result<_, _>>()?,
                None => Vec::new(),
            },
            journey_ends: match &written.journey {
                Some(journey) => checker.codes(&journey.ends)?,
                None => BTreeSet::new(),
            },
            trap: written.trap.iter().map(|trap| checker.trap(trap)).collect::<Result<_, _>>()?,
            calendar: match &written.calendar {
                Some(calendar) => checker.calendar(calendar)?,
                None => Calendar::default(),
            },
            deadlines: checker.deadlines(&written.deadline, written.calendar.is_some())?,
            contact: written
                .contact
                .as_ref()
                .map(|contact| checker.contact(contact))
                .transpose()?,
            forms: match &written.form {
                Some(form) => checker.forms(form)?,
                None => BTreeMap::new(),
            },
            consistency: written
                .consistency
                .as_ref()
                .map(|consistency| checker.consistency(consistency))
                .transpose()?,
            instruments,
        })
    }
}
