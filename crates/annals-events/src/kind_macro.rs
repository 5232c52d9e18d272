//! What one table of kinds becomes: payload types, their names and codes, dispatch and the
//! reference.

/// The type in which a payload lies in [`crate::Payload`]: one with many fields behind a pointer, so
/// that it does not make every event as large as itself.
macro_rules! held {
    ($payload:ident) => { $payload };
    ($payload:ident in $holder:ident) => { $holder<$payload> };
}

/// Receives the table of [`crate::kind_table`] and declares everything that follows from it.
macro_rules! define_kinds {
    ($(
        [$group:literal]
        $(
            $(#[doc = $doc:literal])*
            $code:literal $name:literal $version:literal $payload:ident $(in $holder:ident)? about $about:ident {
                $( $(#[doc = $field_doc:literal])* $field:ident : $type:ty $(, of $whose:literal)? ; )*
            } $(check $check:ident)? ;
        )*
    )*) => {
        $($( $crate::record! {
            $(#[doc = $doc])*
            $payload { $( $(#[doc = $field_doc])* $field : $type $(, of $whose)? ; )* }
            $(check $check)?
        } )*)*

        $($( impl $payload {
            /// The stable number of the kind.
            pub const CODE: u16 = $code;
        } )*)*

        /// What an event says, by its kind.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Payload {
            $($( #[doc = concat!("`", $name, "`")] $payload(held!($payload $(in $holder)?)), )*)*
            /// `x.<name>`: a service's own kind, opaque to the ledger.
            Custom(Custom),
        }

        $($( impl From<$payload> for Payload {
            fn from(payload: $payload) -> Self {
                Self::$payload(payload.into())
            }
        } )*)*

        /// The kinds of this table, in the order of their codes.
        pub fn kinds() -> Vec<KindSpec> {
            vec![$($( KindSpec {
                group: $group,
                code: $code,
                name: $name,
                version: $version,
                about: About::$about,
                doc: concat!($($doc),*).trim_ascii(),
                fields: $payload::fields(),
            }, )*)*]
        }

        impl Payload {
            /// The stable number of the kind.
            pub fn code(&self) -> u16 {
                match self {
                    $($( Self::$payload(_) => $code, )*)*
                    Self::Custom(_) => Custom::CODE,
                }
            }

            /// The kind's name, such as `complaint.received`.
            pub fn kind(&self) -> &str {
                match self {
                    $($( Self::$payload(_) => $name, )*)*
                    Self::Custom(custom) => custom.kind.as_str(),
                }
            }

            /// The version of the kind's schema.
            pub fn version(&self) -> u8 {
                match self {
                    $($( Self::$payload(_) => $version, )*)*
                    Self::Custom(_) => Custom::VERSION,
                }
            }

            /// What the kind is about.
            pub fn about(&self) -> About {
                match self {
                    $($( Self::$payload(_) => About::$about, )*)*
                    Self::Custom(_) => About::Either,
                }
            }

            pub(crate) fn store(&self, to: &mut Encoder) {
                match self {
                    $($( Self::$payload(payload) => payload.store(to), )*)*
                    Self::Custom(custom) => custom.store(to),
                }
            }

            pub(crate) fn restore(code: u16, version: u8, from: &mut Decoder<'_>) -> Result<Self, DecodeError> {
                match (code, version) {
                    $($( ($code, $version) => $payload::restore(from).map(Self::from), )*)*
                    (Custom::CODE, Custom::VERSION) => Custom::restore(from).map(Self::Custom),
                    _ => Err(DecodeErrorKind::UnknownKind { code, version }.into()),
                }
            }

            /// The payload as the `data` of the event's JSON.
            pub fn to_json(&self) -> Value {
                let data = match self {
                    $($( Self::$payload(payload) => payload.to_json(), )*)*
                    Self::Custom(custom) => custom.data.to_json(),
                };
                data.unwrap_or_default()
            }

            /// Reads the `data` of an event of this kind.
            ///
            /// # Errors
            /// When the kind is unknown or the data is not its.
            pub fn from_json(kind: &str, data: &Value, path: &Path<'_>) -> Result<Self, FieldError> {
                match kind {
                    $($( $name => $payload::from_json(data, path).map(Self::from), )*)*
                    _ => Custom::from_json(kind, data, path).map(Self::Custom),
                }
            }

            /// Applies the checks that span several fields of the payload.
            pub(crate) fn check(&self) -> Result<(), FieldError> {
                match self {
                    $($( Self::$payload(_payload) => { $( $check(_payload)?; )? Ok(()) } )*)*
                    Self::Custom(_) => Ok(()),
                }
            }

            /// Shows each personal field with its place below `data`.
            pub(crate) fn personal<'s>(&'s self, path: &Path<'_>, visit: &mut dyn FnMut(&Path<'_>, &'s Personal)) {
                match self {
                    $($( Self::$payload(payload) => payload.personal(path, visit), )*)*
                    Self::Custom(_) => {}
                }
            }

            pub(crate) fn personal_mut(&mut self, path: &Path<'_>, visit: &mut dyn FnMut(&Path<'_>, &mut Personal)) {
                match self {
                    $($( Self::$payload(payload) => payload.personal_mut(path, visit), )*)*
                    Self::Custom(_) => {}
                }
            }
        }
    };
}

pub(crate) use {define_kinds, held};
