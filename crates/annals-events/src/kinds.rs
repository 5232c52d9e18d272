//! The table of kinds: the one place where an event's fields are declared.
//!
//! From it follow the payload types, their stored and JSON forms, dispatch by kind, the reference
//! `docs/events.md` and, in annals-testkit, the strategies that make random events. The numbers are
//! stable: a kind's fields never change, a changed kind is a new version with a decoder of its own.
//! Where the vocabulary left a choice open it is decided here:
//!
//! - staff (agents, handlers, approvers, owners) are clear pseudonyms, so that work can be counted
//!   per person without naming anybody; what people said or wrote is sealed;
//! - ids that other events point at (complaint, care, promise, order, subscription) are the
//!   organisation's own codes, so that events from several systems meet without knowing each
//!   other's event ids;
//! - a purchase names its order and lines only where the source has them: till and web logs often
//!   have neither;
//! - `compensation` and `refund` are always given in money where money moves, so that remedies can
//!   be summed;
//! - identity links, corrections and retractions lie in the stream of the party they concern.

use crate::codec::{DecodeError, DecodeErrorKind, Decoder, Encoder, Stored};
use crate::kind_macro::{define_kinds, held};
use crate::parts::{Answer, Line};
#[allow(clippy::wildcard_imports, reason = "the table names most of the vocabulary")]
use crate::*;
use serde_json::Value;

/// Calls a macro with the whole table, for what else should follow from it.
#[macro_export]
macro_rules! kind_table {
    ($callback:ident) => {
        $callback! {

        ["Party, identity, profile"]
        /// A party became known.
        101 "party.registered" 1 PartyRegistered about Party {
            /// What sort of party it is
            party_type: PartyType;
            /// The roles it plays
            roles: Vec<PartyRole>;
            /// How it was won
            acquired_via: Option<AcquiredVia>;
        };
        /// A party was given a class of some scheme (industry, size, value ...): schemes are data.
        102 "party.classified" 1 PartyClassified about Party {
            /// The scheme, such as `segment` or `gb_t_4754`
            scheme: Code;
            /// The scheme's version
            scheme_version: VersionNumber;
            /// The class
            code: Code;
            /// Events it rests on
            basis: Vec<EventId>;
            /// Last day it holds
            until: Option<Date>;
        };
        /// A party stands in a relation to another.
        103 "party.related" 1 PartyRelated about Party {
            /// The other party
            to: PartyId;
            /// What the other is to the subject
            relation: Relation;
        };
        /// A relation ended.
        104 "party.unrelated" 1 PartyUnrelated about Party {
            /// The other party
            to: PartyId;
            /// What the other was to the subject
            relation: Relation;
        };
        /// An identifier of the party: it can be found by it, through a keyed hash.
        105 "identity.declared" 1 IdentityDeclared about Party {
            /// What sort of identifier
            id_type: IdType;
            /// The identifier
            value: Personal;
            /// How well it was checked
            assurance: Assurance;
        };
        /// Two party ids are the same customer.
        106 "identity.linked" 1 IdentityLinked about Party {
            /// The other party id
            other: PartyId;
            /// The rule that matched them
            rule: Code;
            /// The rule's version
            rule_version: VersionNumber;
            /// How sure the match is
            score: Option<Share>;
            /// Events it rests on
            evidence: Vec<EventId>;
        };
        /// A link was wrong: the parties are parted as if they had never been linked.
        107 "identity.unlinked" 1 IdentityUnlinked about Party {
            /// The link taken back
            link: EventId;
            /// Why
            reason: Code;
        };
        /// An attribute of the party has a value, from the time it occurred.
        108 "profile.attribute_asserted" 1 ProfileAttributeAsserted about Party {
            /// The attribute, such as `birth_date` or `favourite_branch`
            attribute: Code;
            /// The value
            value: Personal;
            /// The value's unit
            unit: Option<Code>;
            /// How it became known
            method: AttributeMethod;
        };
        /// An attribute has no value any more.
        109 "profile.attribute_retired" 1 ProfileAttributeRetired about Party {
            /// The attribute
            attribute: Code;
            /// Why
            reason: Option<Code>;
        };

        ["Contact and touchpoints"]
        /// Somebody spoke or wrote to somebody.
        201 "contact.occurred" 1 ContactOccurred about Party {
            /// Who began
            direction: Direction;
            /// What it was about
            reason: Code;
            /// How long it took
            duration: Option<Seconds>;
            /// Who dealt with it, by pseudonym
            agent: Option<Code>;
            /// The queue it waited in
            queue: Option<Code>;
            /// Where in the purchase it lies
            phase: Option<Phase>;
            /// How it ended
            outcome: Option<Code>;
            /// What was said
            summary: Option<Personal>;
            /// How the customer felt
            sentiment: Option<Valence>;
            /// Whether nothing had to be taken up again
            first_contact_resolution: Option<bool>;
        };
        /// The customer met the organisation at a touchpoint; the envelope names which.
        202 "touchpoint.experienced" 1 TouchpointExperienced about Party {
            /// The step of the journey
            step: Code;
            /// Whether much depends on it
            moment_of_truth: bool;
            /// What was expected
            expected: Option<Scale>;
            /// What was perceived
            perceived: Option<Scale>;
            /// How it felt
            valence: Valence;
            /// Senses it spoke to
            senses: Vec<Sense>;
            /// The emotion, by a scheme of the organisation's own
            emotion: Option<Code>;
            /// What stood in the way
            obstacle: Option<Code>;
            /// How long it took
            dwell: Option<Seconds>;
            /// The episode (visit, order, stay) it belongs to; without one, all of a day are one
            episode: Option<Code>;
        };
        /// A question was asked.
        203 "enquiry.received" 1 EnquiryReceived about Party {
            /// Number of the enquiry
            enquiry: Code;
            /// What it is about
            topic: Code;
            /// The question
            question: Option<Personal>;
            /// The product it is about
            product: Option<Code>;
        };
        /// A question was dealt with.
        204 "enquiry.answered" 1 EnquiryAnswered about Party {
            /// Number of the enquiry
            enquiry: Code;
            /// Whether there was an answer
            answered: bool;
            /// The answer given, by its number in the knowledge base
            answer: Option<Code>;
        };
        /// The customer said what is good, bad or could be better.
        205 "feedback.received" 1 FeedbackReceived about Party {
            /// What sort of feedback
            feedback_type: FeedbackType;
            /// The product it is about
            product: Option<Code>;
            /// What was said
            text: Option<Personal>;
            /// Whether it was asked for
            solicited: bool;
        };
        /// A review was published.
        206 "review.posted" 1 ReviewPosted about Party {
            /// The product or order reviewed
            product: Code;
            /// The rating
            scale: Scale;
            /// What was written
            text: Option<Personal>;
            /// Whether others can read it
            public: bool;
            /// Where
            platform: Option<Code>;
        };
        /// The customer spoke to others about the organisation.
        207 "word_of_mouth.observed" 1 WordOfMouthObserved about Party {
            /// For or against
            polarity: Polarity;
            /// Where: forum, family, press
            medium: Code;
            /// How many heard it
            reach_people: Option<Count>;
        };
        /// How much weight a party's word has with others.
        208 "network.measured" 1 NetworkMeasured about Party {
            /// The share of those reached who act on it
            influence: Share;
            /// How many are reached
            reach_people: Count;
            /// How it was measured
            method: Code;
        };
        /// The customer recommended the organisation to somebody.
        209 "referral.made" 1 ReferralMade about Party {
            /// Number of the referral
            referral: Code;
            /// The party id of the person referred, where there is one
            referred: Option<PartyId>;
            /// How to reach the person referred
            contact: Option<Personal>, of "the person referred: give {\"text\", \"of\"}";
            /// The offer that went with it
            offer: Option<Code>;
        };
        /// A referral became a purchase.
        210 "referral.converted" 1 ReferralConverted about Party {
            /// Number of the referral
            referral: Code;
            /// The party that bought
            referred: PartyId;
            /// The order
            order: Option<Code>;
        };
        /// The customer spoke of a competitor.
        211 "competitor.mentioned" 1 CompetitorMentioned about Party {
            /// The competitor
            competitor: Code;
            /// How the customer stands to it
            stance: CompetitorStance;
            /// What the comparison is about
            aspect: Option<CompetitorAspect>;
        };
        /// How the customer took a changed price.
        212 "price.response_observed" 1 PriceResponseObserved about Party {
            /// Product
            sku: Code;
            /// The price before
            price_old: Money;
            /// The price after
            price_new: Money;
            /// What the customer did
            response: PriceResponse;
            /// Quantity bought in the period before
            quantity_before: Option<Decimal>;
            /// Quantity bought in the period after
            quantity_after: Option<Decimal>;
        } check prices_share_a_currency;
        /// How long the customer took to choose.
        213 "selection.timed" 1 SelectionTimed about Party {
            /// The order or session
            session: Code;
            /// From the first look to the choice
            duration: Seconds;
        };
        /// The customer met a defect.
        214 "defect.tolerated" 1 DefectTolerated about Party {
            /// Product
            product: Code;
            /// The defect
            defect: Code;
            /// Whether the customer complained
            complained: bool;
            /// A purchase made after it all the same
            repurchase: Option<EventId>;
        };

        ["Commerce"]
        /// An offer was made to the customer.
        301 "offer.made" 1 OfferMade about Party {
            /// Number of the offer
            offer: Code;
            /// What sort
            offer_type: OfferType;
            /// Products offered
            skus: Vec<Code>;
            /// What it is worth
            value: Option<Money>;
            /// Last day it stands
            until: Option<Date>;
        };
        /// The customer answered an offer.
        302 "offer.responded" 1 OfferResponded about Party {
            /// Number of the offer
            offer: Code;
            /// The answer
            response: OfferResponse;
        };
        /// The customer bought. One event per order; all orders of a day are one purchase occasion.
        303 "purchase.completed" 1 PurchaseCompleted about Party {
            /// Number of the order
            order: Option<Code>;
            /// What was bought
            lines: Vec<Line>;
            /// What was paid, 0 or more; what goes back is a refund
            total: Money;
            /// What the organisation earned on it
            margin: Option<Money>;
        } check purchase_adds_up;
        /// The customer wants to send something back.
        304 "return.requested" 1 ReturnRequested about Party {
            /// Number of the order
            order: Option<Code>;
            /// What
            lines: Vec<Line>;
            /// Why
            reason: Code;
        };
        /// Goods came back.
        305 "return.received" 1 ReturnReceived about Party {
            /// Number of the order
            order: Option<Code>;
            /// What
            lines: Vec<Line>;
            /// Why
            reason: Code;
        };
        /// Money went back to the customer.
        306 "refund.issued" 1 RefundIssued about Party {
            /// Number of the order
            order: Option<Code>;
            /// How much, 0 or more
            amount: Money;
            /// Why
            reason: Option<Code>;
        } check refund_is_not_negative;
        /// An invoice was paid.
        307 "payment.received" 1 PaymentReceived about Party {
            /// Number of the invoice
            invoice: Code;
            /// How much
            amount: Money;
            /// How
            method: Option<Code>;
            /// When it was due
            due: Option<Date>;
            /// How late; negative where early
            late_by: Option<Days>;
        };
        /// A payment did not go through.
        308 "payment.failed" 1 PaymentFailed about Party {
            /// Number of the invoice
            invoice: Code;
            /// How much
            amount: Money;
            /// Why
            reason: Option<Code>;
        };
        /// An invoice was not paid in time.
        309 "payment.overdue" 1 PaymentOverdue about Party {
            /// Number of the invoice
            invoice: Code;
            /// How much
            amount: Money;
            /// When it was due
            due: Date;
        };
        /// A payment was taken back.
        310 "payment.reversed" 1 PaymentReversed about Party {
            /// Number of the invoice
            invoice: Code;
            /// How much
            amount: Money;
            /// Why
            reason: Option<Code>;
        };
        /// A delivery was promised.
        311 "delivery.promised" 1 DeliveryPromised about Party {
            /// Number of the order
            order: Code;
            /// The day promised
            due: Date;
        };
        /// Goods left.
        312 "delivery.shipped" 1 DeliveryShipped about Party {
            /// Number of the order
            order: Code;
        };
        /// Goods arrived.
        313 "delivery.completed" 1 DeliveryCompleted about Party {
            /// Number of the order
            order: Code;
            /// Whether everything arrived
            complete: bool;
            /// How late; negative where early
            late_by: Option<Days>;
        };
        /// Goods did not arrive.
        314 "delivery.failed" 1 DeliveryFailed about Party {
            /// Number of the order
            order: Code;
            /// Why
            reason: Option<Code>;
        };
        /// What arrived is not what was described.
        315 "delivery.mismatch_reported" 1 DeliveryMismatchReported about Party {
            /// Number of the order
            order: Code;
            /// Product
            sku: Code;
            /// What the customer says arrived
            received: Option<Personal>;
        };
        /// The customer cost the organisation money.
        316 "cost.recorded" 1 CostRecorded about Party {
            /// What for
            cost_type: CostType;
            /// How much
            amount: Money;
            /// The allocation it comes from
            allocation: Option<Code>;
        };
        /// What one unit of a currency is worth in another.
        317 "fx.rate_recorded" 1 FxRateRecorded about Ledger {
            /// The currency priced
            from: Currency;
            /// The currency of the price
            to: Currency;
            /// Price of one unit of from in to
            rate: Decimal;
            /// The day it holds from
            valid_from: Date;
        } check rate_is_positive;

        ["Subscription, use, after-sales"]
        /// A subscription began.
        401 "subscription.started" 1 SubscriptionStarted about Party {
            /// Number of the subscription
            subscription: Code;
            /// The plan
            plan: Code;
            /// Price per period
            price: Money;
            /// The period the price is for
            period: Period;
            /// Periods agreed on
            term_periods: Option<Count>;
        };
        /// A subscription was renewed.
        402 "subscription.renewed" 1 SubscriptionRenewed about Party {
            /// Number of the subscription
            subscription: Code;
            /// Periods agreed on
            term_periods: Option<Count>;
        };
        /// A subscription has another plan or price.
        403 "subscription.changed" 1 SubscriptionChanged about Party {
            /// Number of the subscription
            subscription: Code;
            /// The plan from now on
            plan: Code;
            /// Price per period from now on
            price: Money;
            /// The period the price is for
            period: Period;
        };
        /// A subscription rests.
        404 "subscription.paused" 1 SubscriptionPaused about Party {
            /// Number of the subscription
            subscription: Code;
            /// Why
            reason: Option<Code>;
        };
        /// A resting subscription goes on.
        405 "subscription.resumed" 1 SubscriptionResumed about Party {
            /// Number of the subscription
            subscription: Code;
        };
        /// The customer asked to end a subscription.
        406 "subscription.cancel_requested" 1 SubscriptionCancelRequested about Party {
            /// Number of the subscription
            subscription: Code;
            /// Why
            reason: Option<Code>;
        };
        /// A subscription was ended before its term.
        407 "subscription.cancelled" 1 SubscriptionCancelled about Party {
            /// Number of the subscription
            subscription: Code;
            /// Why
            reason: Option<Code>;
        };
        /// A subscription came to the end of its term.
        408 "subscription.expired" 1 SubscriptionExpired about Party {
            /// Number of the subscription
            subscription: Code;
        };
        /// The customer registered a product.
        409 "product.registered" 1 ProductRegistered about Party {
            /// Product
            product: Code;
            /// Serial number
            serial: Option<Personal>;
        };
        /// The customer used a product.
        410 "product.used" 1 ProductUsed about Party {
            /// Product
            product: Code;
            /// What was counted, such as sessions or km
            metric: Code;
            /// How much
            quantity: Decimal;
        };
        /// A product does not work.
        411 "product.fault_reported" 1 ProductFaultReported about Party {
            /// Product
            product: Code;
            /// The fault
            fault: Code;
            /// How bad
            severity: Grade;
        };
        /// A repair began.
        412 "repair.opened" 1 RepairOpened about Party {
            /// Number of the repair
            repair: Code;
            /// Product
            product: Code;
            /// Whether it is under warranty
            under_warranty: bool;
        };
        /// A repair ended.
        413 "repair.completed" 1 RepairCompleted about Party {
            /// Number of the repair
            repair: Code;
            /// How it ended
            result: RepairResult;
            /// Parts used
            parts: Vec<Code>;
            /// What it cost the organisation
            cost: Option<Money>;
            /// How long the customer was without the product
            downtime: Option<Seconds>;
        };

        ["Care and promises"]
        /// A care action is due. A plan: its due date is payload, not its time.
        501 "care.planned" 1 CarePlanned about Party {
            /// Number of the care action
            care: Code;
            /// Which area of care
            area: CareArea;
            /// Where in the purchase
            phase: Phase;
            /// The event that called for it
            trigger: Option<EventId>;
            /// The day it is due
            due: Date;
            /// Who is to do it, by pseudonym
            owner: Option<Code>;
        };
        /// A care action was done.
        502 "care.performed" 1 CarePerformed about Party {
            /// Number of the care action
            care: Code;
            /// Which area of care
            area: CareArea;
            /// Where in the purchase
            phase: Phase;
            /// How it went
            outcome: Option<Code>;
        };
        /// A care action was not done.
        503 "care.missed" 1 CareMissed about Party {
            /// Number of the care action
            care: Code;
            /// Why
            reason: Code;
        };
        /// The customer answered a care action.
        504 "care.responded" 1 CareResponded about Party {
            /// Number of the care action
            care: Code;
            /// The answer
            response: Code;
            /// How it felt
            valence: Option<Valence>;
        };
        /// The organisation gave its word.
        505 "promise.made" 1 PromiseMade about Party {
            /// Number of the promise
            promise: Code;
            /// What was promised
            what: Code;
            /// By which day
            due: Option<Date>;
        };
        /// The word was kept.
        506 "promise.kept" 1 PromiseKept about Party {
            /// Number of the promise
            promise: Code;
        };
        /// The word was broken.
        507 "promise.broken" 1 PromiseBroken about Party {
            /// Number of the promise
            promise: Code;
            /// Why
            reason: Option<Code>;
        };

        ["Complaints (ISO 10002)"]
        /// A complaint came in: the clock starts.
        601 "complaint.received" 1 ComplaintReceived in Box about Party {
            /// Number of the complaint
            complaint: Code;
            /// What it is about
            category: Code;
            /// Product
            product: Option<Code>;
            /// What the complainant says
            description: Option<Personal>;
            /// The party it is lodged for, where that is not the complainant
            on_behalf_of: Option<PartyId>;
            /// The remedy asked for
            remedy_sought: Option<Code>;
            /// The remedy asked for, in the complainant's words
            remedy_words: Option<Personal>;
            /// The money asked for
            amount_claimed: Option<Money>;
            /// Where it is heard
            jurisdiction: Option<Code>;
            /// The ruleset of its deadlines
            ruleset: Option<Code>;
            /// The ruleset's version
            ruleset_version: Option<VersionNumber>;
        };
        /// The complainant was told that the complaint arrived.
        602 "complaint.acknowledged" 1 ComplaintAcknowledged about Party {
            /// Number of the complaint
            complaint: Code;
            /// How
            method: Option<Channel>;
            /// Whether a machine did it
            automated: bool;
        };
        /// The complaint was weighed.
        603 "complaint.assessed" 1 ComplaintAssessed about Party {
            /// Number of the complaint
            complaint: Code;
            /// How bad
            severity: Grade;
            /// How complex
            complexity: Option<Grade>;
            /// How far it reaches
            impact: Option<Grade>;
            /// Whether anybody's safety is concerned
            safety: bool;
            /// How urgent
            urgency: Option<Urgency>;
            /// Whether it is one that must be heard
            admissible: bool;
            /// Why, where it is not
            reason: Option<Code>;
        };
        /// Somebody was given the complaint.
        604 "complaint.assigned" 1 ComplaintAssigned about Party {
            /// Number of the complaint
            complaint: Code;
            /// Who, by pseudonym
            handler: Code;
            /// Unit
            unit: Option<Code>;
            /// Whether it was checked that the handler has no interest in it
            conflict_of_interest_checked: bool;
        };
        /// Somebody else was given the complaint.
        605 "complaint.transferred" 1 ComplaintTransferred about Party {
            /// Number of the complaint
            complaint: Code;
            /// Who, by pseudonym
            handler: Code;
            /// Unit
            unit: Option<Code>;
            /// Whether it was checked that the handler has no interest in it
            conflict_of_interest_checked: bool;
        };
        /// The complainant was told how it stands.
        606 "complaint.progress_notified" 1 ComplaintProgressNotified about Party {
            /// Number of the complaint
            complaint: Code;
            /// How
            method: Option<Channel>;
            /// What was said
            text: Option<Personal>;
        };
        /// Something has to be known first.
        607 "complaint.info_requested" 1 ComplaintInfoRequested about Party {
            /// Number of the complaint
            complaint: Code;
            /// From whom
            from: InformationSource;
            /// Whether the clock stands still until the answer
            stops_clock: bool;
        };
        /// The answer came.
        608 "complaint.info_received" 1 ComplaintInfoReceived about Party {
            /// Number of the complaint
            complaint: Code;
            /// From whom
            from: InformationSource;
        };
        /// The deadline was moved.
        609 "complaint.deadline_extended" 1 ComplaintDeadlineExtended about Party {
            /// Number of the complaint
            complaint: Code;
            /// The new deadline
            due: Date;
            /// Why
            reason: Code;
            /// Who approved it, by pseudonym
            approver: Option<Code>;
            /// Whether the complainant was told
            notified: bool;
        };
        /// The complaint went up a level.
        610 "complaint.escalated" 1 ComplaintEscalated about Party {
            /// Number of the complaint
            complaint: Code;
            /// The level it is at now
            level: Count;
            /// To whom, by pseudonym or unit
            to: Option<Code>;
            /// Why
            reason: Option<Code>;
        };
        /// What was behind it was found out.
        611 "complaint.investigated" 1 ComplaintInvestigated about Party {
            /// Number of the complaint
            complaint: Code;
            /// What was found
            findings: Option<Personal>;
            /// The cause
            root_cause: Option<Code>;
        };
        /// A decision and a remedy were offered.
        612 "complaint.response_offered" 1 ComplaintResponseOffered about Party {
            /// Number of the complaint
            complaint: Code;
            /// The decision
            decision: Decision;
            /// The remedy
            remedy: Option<Code>;
            /// Money offered
            offer: Option<Money>;
        };
        /// The complainant was told the decision.
        613 "complaint.decision_communicated" 1 ComplaintDecisionCommunicated about Party {
            /// Number of the complaint
            complaint: Code;
            /// How
            method: Option<Channel>;
            /// Whether the ways outside were named
            external_recourse_told: bool;
            /// In which language
            language: Option<Code>;
        };
        /// The complainant accepted.
        614 "complaint.remedy_accepted" 1 ComplaintRemedyAccepted about Party {
            /// Number of the complaint
            complaint: Code;
            /// What the complainant said
            text: Option<Personal>;
        };
        /// The complainant did not accept.
        615 "complaint.remedy_rejected" 1 ComplaintRemedyRejected about Party {
            /// Number of the complaint
            complaint: Code;
            /// What the complainant said
            text: Option<Personal>;
        };
        /// The complaint was closed.
        616 "complaint.closed" 1 ComplaintClosed about Party {
            /// Number of the complaint
            complaint: Code;
            /// How it was closed
            closure: Code;
            /// Whether the complainant is satisfied
            satisfied: YesNoUnknown;
            /// The earlier complaint it repeats
            recurrence_of: Option<Code>;
        };
        /// The complainant took it back.
        617 "complaint.withdrawn" 1 ComplaintWithdrawn about Party {
            /// Number of the complaint
            complaint: Code;
            /// Why
            reason: Option<Code>;
        };
        /// A closed complaint was taken up again.
        618 "complaint.reopened" 1 ComplaintReopened about Party {
            /// Number of the complaint
            complaint: Code;
            /// Why
            reason: Code;
        };
        /// The dispute went to a body outside.
        619 "complaint.referred_external" 1 ComplaintReferredExternal about Party {
            /// Number of the complaint
            complaint: Code;
            /// Which body
            body: ExternalBody;
            /// The body's own number of the case
            reference: Option<Personal>;
        };
        /// A body outside decided.
        620 "complaint.external_decision" 1 ComplaintExternalDecision about Party {
            /// Number of the complaint
            complaint: Code;
            /// Which body
            body: ExternalBody;
            /// What it decided
            decision: Decision;
            /// Whether it binds
            binding: bool;
        };
        /// Something to make it good was granted.
        621 "compensation.granted" 1 CompensationGranted about Party {
            /// Number of the complaint
            complaint: Option<Code>;
            /// What sort
            compensation_type: CompensationType;
            /// What it is worth
            amount: Option<Money>;
        };
        /// What was granted was paid or given.
        622 "compensation.paid" 1 CompensationPaid about Party {
            /// Number of the complaint
            complaint: Option<Code>;
            /// What sort
            compensation_type: CompensationType;
            /// What it is worth
            amount: Option<Money>;
        };

        ["Satisfaction, loyalty, lifecycle"]
        /// A survey went out.
        701 "survey.sent" 1 SurveySent about Party {
            /// Number of this survey
            survey: Code;
            /// The instrument, such as nps, csat, ces or acsi
            instrument: Code;
            /// The instrument's version
            instrument_version: VersionNumber;
            /// The event that called for it
            trigger: Option<EventId>;
        };
        /// A survey came back.
        702 "survey.answered" 1 SurveyAnswered about Party {
            /// Number of this survey
            survey: Option<Code>;
            /// The instrument, such as nps, csat, ces or acsi
            instrument: Code;
            /// The instrument's version
            instrument_version: VersionNumber;
            /// The answers
            answers: Vec<Answer>;
            /// How long answering took
            response_time: Option<Seconds>;
        } check survey_has_answers;
        /// A survey was not answered in time.
        703 "survey.expired" 1 SurveyExpired about Party {
            /// Number of this survey
            survey: Code;
        };
        /// The pair of Kano questions on one feature was answered.
        704 "kano.pair_answered" 1 KanoPairAnswered about Party {
            /// The feature
            feature: Code;
            /// How it would be if the product had it
            functional: KanoAnswer;
            /// How it would be if it had not
            dysfunctional: KanoAnswer;
        };
        /// The customer said what is expected.
        705 "expectation.stated" 1 ExpectationStated about Party {
            /// The aspect
            aspect: Code;
            /// How much is expected
            scale: Scale;
        };
        /// The relationship is closer or looser now; only a named actor asserts this.
        706 "relationship.level_changed" 1 RelationshipLevelChanged about Party {
            /// From
            from: RelationshipLevel;
            /// To
            to: RelationshipLevel;
            /// Events it rests on
            evidence: Vec<EventId>;
            /// The agreement behind it
            agreement: Option<Code>;
        };
        /// Somebody says which stage the customer is at, whatever the rules say.
        707 "lifecycle.stage_asserted" 1 LifecycleStageAsserted about Party {
            /// The scheme
            scheme: Code;
            /// The scheme's version
            scheme_version: VersionNumber;
            /// The stage
            stage: Code;
            /// Why
            reason: Code;
        };
        /// A rule gave warning.
        708 "alert.raised" 1 AlertRaised about Party {
            /// Number of the alert
            alert: Code;
            /// The rule
            rule: Code;
            /// The rule's version
            rule_version: VersionNumber;
            /// How loud
            level: AlertLevel;
            /// Events it rests on
            evidence: Vec<EventId>;
        };
        /// Somebody saw the warning.
        709 "alert.acknowledged" 1 AlertAcknowledged about Party {
            /// Number of the alert
            alert: Code;
        };
        /// The warning was dealt with.
        710 "alert.closed" 1 AlertClosed about Party {
            /// Number of the alert
            alert: Code;
            /// What was done
            action: Option<EventId>;
        };
        /// Something was done to keep the customer.
        711 "retention.action_taken" 1 RetentionActionTaken about Party {
            /// What
            action: Code;
            /// The offer that went with it
            offer: Option<Code>;
            /// What it cost
            cost: Option<Money>;
        };
        /// Something was offered to a customer who had gone.
        712 "win_back.offered" 1 WinBackOffered about Party {
            /// Number of the offer
            offer: Code;
            /// What it cost
            cost: Option<Money>;
        };
        /// The customer who had gone accepted.
        713 "win_back.accepted" 1 WinBackAccepted about Party {
            /// Number of the offer
            offer: Code;
        };
        /// The customer who had gone declined.
        714 "win_back.declined" 1 WinBackDeclined about Party {
            /// Number of the offer
            offer: Code;
            /// Why
            reason: Option<Code>;
        };
        /// The customer is declared lost: a declaration, not a probability.
        715 "churn.declared" 1 ChurnDeclared about Party {
            /// Why
            reason: Code;
            /// The competitor the customer went to
            destination: Option<Code>;
            /// Whether the customer chose to go
            voluntary: bool;
        };
        /// The relationship ended and everything is settled.
        716 "relationship.closed" 1 RelationshipClosed about Party {
            /// Why
            reason: Code;
        };
        /// An ended relationship goes on.
        717 "relationship.reactivated" 1 RelationshipReactivated about Party {
            /// Why
            reason: Option<Code>;
        };

        ["Governance and integrity"]
        /// The party agreed to a use of its data.
        901 "consent.given" 1 ConsentGiven about Party {
            /// What for
            purpose: Purpose;
            /// How far it goes
            scope: Option<Code>;
            /// The notice shown
            notice: Code;
            /// The notice's version
            notice_version: VersionNumber;
            /// How it was given
            method: Option<Code>;
            /// Whether sensitive data is included
            sensitive: bool;
        };
        /// The party took consent back.
        902 "consent.withdrawn" 1 ConsentWithdrawn about Party {
            /// What for
            purpose: Purpose;
        };
        /// Consent ran out.
        903 "consent.expired" 1 ConsentExpired about Party {
            /// What for
            purpose: Purpose;
        };
        /// The party's key was destroyed: its personal fields cannot be read any more, every proof
        /// holds.
        904 "erasure.executed" 1 ErasureExecuted about Party {
            /// Why it had to be done, such as gdpr-17 or pipl-47
            legal_basis: Code;
            /// How many sealed fields it concerns
            fields: Count;
        };
        /// A field of an earlier event was wrong.
        905 "correction.recorded" 1 CorrectionRecorded about Party {
            /// The event corrected
            target: EventId;
            /// The field, such as `data.total.amount` or `occurred_at`
            field: Code;
            /// The right value of a clear field
            value: Option<JsonText>;
            /// The right value of a personal field
            personal_value: Option<Personal>;
            /// Why
            reason: Code;
        } check correction_gives_one_value;
        /// An earlier event is taken back; it stays in the log.
        906 "retraction.recorded" 1 RetractionRecorded about Party {
            /// The event taken back
            target: EventId;
            /// Why
            reason: RetractionReason;
        };
        /// A ruleset holds from now on: every number shown cites one.
        907 "ruleset.registered" 1 RulesetRegistered about Ledger {
            /// Its name, such as lifecycle
            name: Code;
            /// Its version
            version: VersionNumber;
            /// SHA-256 of its text
            hash: ContentHash;
            /// Its text, TOML
            text: ClearText;
        } check ruleset_hash_matches;
        /// A model was fitted: its numbers can be had again.
        908 "model.fitted" 1 ModelFitted about Ledger {
            /// Its name, such as `bg_nbd`
            model: Code;
            /// Its version
            version: VersionNumber;
            /// Day of the last data it saw
            as_of: Date;
            /// SHA-256 of the data it saw
            data_digest: ContentHash;
            /// Parameters, log-likelihood and what else belongs to it
            parameters: JsonText;
        };
        /// A file was imported to its end.
        909 "import.recorded" 1 ImportRecorded about Ledger {
            /// SHA-256 of the file
            digest: ContentHash;
            /// SHA-256 of the mapping, where one was used
            mapping: Option<ContentHash>;
            /// The file's name
            name: Code;
            /// Rows read
            rows: Count;
            /// Events made from them
            events: Count;
            /// Rows refused
            rejected: Count;
        };

            }
    };
}

kind_table!(define_kinds);

fn same_currency(name: &str, money: Money, as_: Money) -> Result<(), FieldError> {
    if money.currency() == as_.currency() {
        Ok(())
    } else {
        Err(FieldError::rule(
            name,
            format!("{}, the currency of the whole", as_.currency()),
            money.currency(),
        ))
    }
}

fn not_negative(name: &str, money: Money, advice: &str) -> Result<(), FieldError> {
    if money.minor_units() < 0 {
        Err(FieldError::rule(name, format!("0 or more; {advice}"), money))
    } else {
        Ok(())
    }
}

fn prices_share_a_currency(seen: &PriceResponseObserved) -> Result<(), FieldError> {
    same_currency("price_new", seen.price_new, seen.price_old)?;
    not_negative("price_old", seen.price_old, "a price is what the customer pays")?;
    not_negative("price_new", seen.price_new, "a price is what the customer pays")
}

fn purchase_adds_up(purchase: &PurchaseCompleted) -> Result<(), FieldError> {
    not_negative("total", purchase.total, "record what goes back as refund.issued")?;
    if let Some(margin) = purchase.margin {
        same_currency("margin", margin, purchase.total)?;
    }
    for (index, line) in purchase.lines.iter().enumerate() {
        if let Some(discount) = line.discount {
            same_currency(&format!("lines[{index}].discount"), discount, purchase.total)?;
        }
    }
    Ok(())
}

fn refund_is_not_negative(refund: &RefundIssued) -> Result<(), FieldError> {
    not_negative("amount", refund.amount, "a refund is what the customer gets back")
}

fn rate_is_positive(rate: &FxRateRecorded) -> Result<(), FieldError> {
    if rate.rate <= Decimal::ZERO {
        return Err(FieldError::rule("rate", "more than 0", rate.rate));
    }
    if rate.from == rate.to {
        return Err(FieldError::rule("to", "another currency than from", rate.to));
    }
    Ok(())
}

fn survey_has_answers(survey: &SurveyAnswered) -> Result<(), FieldError> {
    if survey.answers.is_empty() {
        return Err(FieldError::rule("answers", "at least one answer", "none"));
    }
    Ok(())
}

fn correction_gives_one_value(correction: &CorrectionRecorded) -> Result<(), FieldError> {
    if correction.value.is_some() == correction.personal_value.is_some() {
        return Err(FieldError::rule("value", "either value or personal_value", "both or neither"));
    }
    Ok(())
}

fn ruleset_hash_matches(ruleset: &RulesetRegistered) -> Result<(), FieldError> {
    let actual = ContentHash::of(ruleset.text.as_str().as_bytes());
    if actual == ruleset.hash {
        Ok(())
    } else {
        Err(FieldError::rule("hash", format!("{actual}, the SHA-256 of the text"), ruleset.hash))
    }
}
