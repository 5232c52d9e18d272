//! The closed lists of the vocabulary: channels, reasons with a fixed set, stages of a
//! relationship.
//!
//! The number of a choice is stored and never changes its meaning; new choices get new numbers.

use crate::codec::{DecodeError, Decoder, Encoder, Stored};
use crate::{Field, FieldError, InvalidValue, Path};
use serde_json::Value;

macro_rules! choices {
    ($( $(#[doc = $doc:literal])* $name:ident { $( $variant:ident = $code:literal $text:literal $(: $meaning:literal)? ),+ $(,)? } )+) => {
        $(
            $(#[doc = $doc])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
            #[repr(u8)]
            pub enum $name {
                $( #[doc = concat!("`", $text, "`" $(, ": ", $meaning)?)] $variant = $code, )+
            }

            impl $name {
                /// All choices, in the order of their numbers.
                pub const ALL: &'static [Self] = &[$( Self::$variant, )+];

                /// The name in JSON.
                pub const fn as_str(self) -> &'static str {
                    match self { $( Self::$variant => $text, )+ }
                }
            }

            impl std::fmt::Display for $name {
                fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    out.pad(self.as_str())
                }
            }

            impl std::str::FromStr for $name {
                type Err = InvalidValue;

                fn from_str(text: &str) -> Result<Self, InvalidValue> {
                    Self::ALL.iter().copied().find(|choice| choice.as_str() == text).ok_or_else(|| {
                        let known: Vec<_> = Self::ALL.iter().map(|choice| choice.as_str()).collect();
                        InvalidValue::new(format!("one of {}", known.join(", ")), format!("{text:?}"))
                    })
                }
            }

            impl Stored for $name {
                fn store(&self, to: &mut Encoder) {
                    to.byte(*self as u8);
                }

                #[inline]
                fn restore(from: &mut Decoder<'_>) -> Result<Self, DecodeError> {
                    match from.byte()? {
                        $( $code => Ok(Self::$variant), )+
                        other => Err(DecodeError::impossible(format_args!("{} number {other}", stringify!($name)))),
                    }
                }
            }

            impl Field for $name {
                fn type_name() -> String {
                    let known: Vec<_> = Self::ALL.iter().map(|choice| choice.as_str()).collect();
                    format!("one of {}", known.join(", "))
                }

                fn to_json(&self) -> Option<Value> {
                    Some(Value::from(self.as_str()))
                }

                fn from_json(value: &Value, path: &Path<'_>) -> Result<Self, FieldError> {
                    value
                        .as_str()
                        .and_then(|text| text.parse().ok())
                        .ok_or_else(|| FieldError::new(path, Self::type_name(), value))
                }
            }

            impl serde::Serialize for $name {
                fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                    if to.is_human_readable() {
                        to.serialize_str(self.as_str())
                    } else {
                        to.serialize_u8(*self as u8)
                    }
                }
            }

            impl<'de> serde::Deserialize<'de> for $name {
                fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                    use serde::de::Error as _;
                    if from.is_human_readable() {
                        String::deserialize(from)?.parse().map_err(D::Error::custom)
                    } else {
                        let code = u8::deserialize(from)?;
                        Self::restore(&mut Decoder::new(&[code])).map_err(D::Error::custom)
                    }
                }
            }
        )+
    };
}

choices! {
    /// How precisely a time is known. Coarser times name the start of their period.
    Precision { Second = 1 "second", Minute = 2 "minute", Day = 3 "day", Month = 4 "month" }

    /// The way on which a fact came about.
    Channel {
        Phone = 1 "phone", FaceToFace = 2 "face_to_face", Letter = 3 "letter", Fax = 4 "fax", Email = 5 "email",
        Sms = 6 "sms", Web = 7 "web", App = 8 "app", Messaging = 9 "messaging", Social = 10 "social",
        Club = 11 "club", SelfServiceTerminal = 12 "self_service_terminal", Branch = 13 "branch",
        Exhibition = 14 "exhibition", Partner = 15 "partner", Ivr = 16 "ivr", Chat = 17 "chat",
        Video = 18 "video", Iot = 19 "iot"
    }

    /// What sort of actor did something.
    ActorType { Customer = 1 "customer", Employee = 2 "employee", System = 3 "system", Partner = 4 "partner", Regulator = 5 "regulator" }

    /// What personal data is processed for.
    Purpose {
        Contract = 1 "contract", Service = 2 "service", Complaint = 3 "complaint", Marketing = 4 "marketing",
        Research = 5 "research", Security = 6 "security", Law = 7 "law"
    }

    /// Why processing is lawful (GDPR article 6, PIPL article 13).
    LawfulBasis {
        Consent = 1 "consent", Contract = 2 "contract", LegalObligation = 3 "legal_obligation",
        VitalInterests = 4 "vital_interests", PublicTask = 5 "public_task", LegitimateInterests = 6 "legitimate_interests"
    }

    /// What sort of party somebody is.
    PartyType { Person = 1 "person", Organisation = 2 "organisation", Household = 3 "household", PublicBody = 4 "public_body" }

    /// A role a party plays towards the organisation.
    PartyRole {
        Prospect = 1 "prospect", Customer = 2 "customer", FormerCustomer = 3 "former_customer", Reseller = 4 "reseller",
        Distributor = 5 "distributor", Supplier = 6 "supplier", Partner = 7 "partner", Competitor = 8 "competitor",
        Agency = 9 "agency", Exhibitor = 10 "exhibitor", Visitor = 11 "visitor", Media = 12 "media",
        Employee = 13 "employee", Branch = 14 "branch"
    }

    /// How a party was won.
    AcquiredVia {
        B2bSite = 1 "b2b_site", CustomsData = 2 "customs_data", BuyingLead = 3 "buying_lead", Directory = 4 "directory",
        Search = 5 "search", YellowPages = 6 "yellow_pages", Advert = 7 "advert", Exhibition = 8 "exhibition",
        Inbound = 9 "inbound", Referral = 10 "referral", Organic = 11 "organic"
    }

    /// How two parties are related.
    Relation {
        Spouse = 1 "spouse", Child = 2 "child", Parent = 3 "parent", Cohabits = 4 "cohabits", Employs = 5 "employs",
        KeyContact = 6 "key_contact", Buyer = 7 "buyer", Owner = 8 "owner", Member = 9 "member",
        AccountManager = 10 "account_manager", BranchOf = 11 "branch_of", Shareholder = 12 "shareholder", JvWith = 13 "jv_with"
    }

    /// What sort of identifier an alias is.
    IdType {
        Phone = 1 "phone", Email = 2 "email", MemberNo = 3 "member_no", NationalId = 4 "national_id", Uscc = 5 "uscc",
        Device = 6 "device", Cookie = 7 "cookie", Openid = 8 "openid", AccountNo = 9 "account_no", Plate = 10 "plate"
    }

    /// How well an identifier was checked.
    Assurance { Self_ = 1 "self", Verified = 2 "verified", Documented = 3 "documented" }

    /// How an attribute became known.
    AttributeMethod { Stated = 1 "stated", Observed = 2 "observed", Purchased = 3 "purchased", Inferred = 4 "inferred" }

    /// Who began a contact.
    Direction { In = 1 "in", Out = 2 "out" }

    /// Where in the purchase a moment lies.
    Phase { Pre = 1 "pre", During = 2 "during", Post = 3 "post" }

    /// The senses a touchpoint speaks to.
    Sense { Sight = 1 "sight", Hearing = 2 "hearing", Smell = 3 "smell", Taste = 4 "taste", Touch = 5 "touch" }

    /// What sort of feedback was given.
    FeedbackType {
        Compliment = 1 "compliment", Suggestion = 2 "suggestion",
        DissatisfactionUnlodged = 3 "dissatisfaction_unlodged": "said, but not lodged as a complaint",
        ImprovementIdea = 4 "improvement_idea"
    }

    /// Whether something speaks for, against or neither.
    Polarity { Positive = 1 "positive", Neutral = 2 "neutral", Negative = 3 "negative" }

    /// How a customer stands to a competitor.
    CompetitorStance { Considering = 1 "considering", Uses = 2 "uses", Prefers = 3 "prefers", Rejects = 4 "rejects", Compares = 5 "compares" }

    /// What a comparison is about.
    CompetitorAspect { Price = 1 "price", Quality = 2 "quality", Service = 3 "service", Delivery = 4 "delivery", Brand = 5 "brand" }

    /// How a customer took a new price.
    PriceResponse { Bought = 1 "bought", Delayed = 2 "delayed", Haggled = 3 "haggled", Switched = 4 "switched", NoChange = 5 "no_change" }

    /// What sort of offer was made.
    OfferType {
        CrossSell = 1 "cross_sell", UpSell = 2 "up_sell", Renewal = 3 "renewal", WinBack = 4 "win_back",
        Discount = 5 "discount", Gift = 6 "gift", Upgrade = 7 "upgrade", Goodwill = 8 "goodwill"
    }

    /// The answer to an offer.
    OfferResponse { Accepted = 1 "accepted", Declined = 2 "declined", Ignored = 3 "ignored" }

    /// What a cost was for.
    CostType { Acquisition = 1 "acquisition", Service = 2 "service", Retention = 3 "retention", Marketing = 4 "marketing", Care = 5 "care", Remedy = 6 "remedy" }

    /// How a repair ended.
    RepairResult { Repaired = 1 "repaired", Replaced = 2 "replaced", NotRepairable = 3 "not_repairable", NoFaultFound = 4 "no_fault_found" }

    /// The four areas of customer care.
    CareArea { CustomerService = 1 "customer_service", ProductQuality = 2 "product_quality", ServiceQuality = 3 "service_quality", AfterSales = 4 "after_sales" }

    /// How urgent a complaint is.
    Urgency { Low = 1 "low", Normal = 2 "normal", High = 3 "high", Immediate = 4 "immediate" }

    /// Who was asked for information.
    InformationSource { Complainant = 1 "complainant", ThirdParty = 2 "third_party" }

    /// What was decided on a complaint.
    Decision { Upheld = 1 "upheld", PartlyUpheld = 2 "partly_upheld", Rejected = 3 "rejected", SettledWithoutAdmission = 4 "settled_without_admission" }

    /// What made a complaint good.
    CompensationType {
        Refund = 1 "refund", Cash = 2 "cash", Credit = 3 "credit", Gift = 4 "gift", Repair = 5 "repair",
        Replacement = 6 "replacement", Apology = 7 "apology", Service = 8 "service"
    }

    /// An answer that may be unknown.
    YesNoUnknown { Yes = 1 "yes", No = 2 "no", Unknown = 3 "unknown" }

    /// Bodies outside the organisation that hear disputes.
    ExternalBody {
        Hotline12315 = 1 "12315": "the consumer hotline of the Chinese market regulator",
        Nfra = 2 "nfra": "the Chinese financial regulator", Ombudsman = 3 "ombudsman", Arbitration = 4 "arbitration",
        Court = 5 "court", Miit = 6 "miit": "the Chinese ministry for industry and information technology"
    }

    /// An answer to half a Kano pair.
    KanoAnswer { Like = 1 "L": "I like it", MustBe = 2 "M": "it must be so", Neutral = 3 "N", LiveWith = 4 "W": "I can live with it", Dislike = 5 "D" }

    /// How close a relationship is.
    RelationshipLevel {
        None = 1 "none", Transactional = 2 "transactional", PreferredSupplier = 3 "preferred_supplier",
        Partner = 4 "partner", StrategicAlliance = 5 "strategic_alliance"
    }

    /// How loud an alert is.
    AlertLevel { Notice = 1 "notice", Warning = 2 "warning", Critical = 3 "critical" }

    /// Why an event is taken back.
    RetractionReason { Duplicate = 1 "duplicate", WrongSubject = 2 "wrong_subject", NeverHappened = 3 "never_happened", Test = 4 "test" }

    /// The three levels of satisfaction: with the product, with the service, with what it does for
    /// society.
    Level { Product = 1 "product", Service = 2 "service", Social = 3 "social" }

    /// The period a price or a rate is for.
    Period { Day = 1 "day", Week = 2 "week", Month = 3 "month", Quarter = 4 "quarter", Year = 5 "year" }
}
