//! The macro behind every structure with fields: one declaration gives the Rust type, the stored
//! form (fields in the order written), the JSON form, the personal fields inside and the reference.

/// Declares a structure whose fields all implement [`crate::Field`].
///
/// `, of "…"` after a type says whose personal data a sealed field holds where that is not the
/// event's subject.
#[macro_export]
#[doc(hidden)]
macro_rules! record {
    ($(#[doc = $doc:literal])* $name:ident {
        $( $(#[doc = $field_doc:literal])* $field:ident : $type:ty $(, of $whose:literal)? ; )*
    } $(check $check:ident)?) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name {
            $( $(#[doc = $field_doc])* pub $field: $type, )*
        }

        impl $name {
            /// The fields in stored order, for the reference.
            pub fn fields() -> Vec<$crate::FieldSpec> {
                vec![$( $crate::FieldSpec::of::<$type>(
                    stringify!($field), concat!($($whose)?), concat!($($field_doc),*)
                ), )*]
            }
        }

        impl $crate::codec::Stored for $name {
            #[allow(unused_variables, reason = "a kind may have no fields")]
            fn store(&self, to: &mut $crate::codec::Encoder) {
                $( $crate::codec::Stored::store(&self.$field, to); )*
            }

            #[allow(unused_variables, reason = "a kind may have no fields")]
            #[inline]
            fn restore(from: &mut $crate::codec::Decoder<'_>) -> Result<Self, $crate::codec::DecodeError> {
                let value = Self { $( $field: $crate::codec::Stored::restore(from)?, )* };
                $( $check(&value).map_err($crate::codec::DecodeError::impossible)?; )?
                Ok(value)
            }
        }

        impl $crate::Field for $name {
            const LOCKED: bool = false $(|| <$type as $crate::Field>::LOCKED)*;

            fn type_name() -> String {
                stringify!($name).to_owned()
            }

            #[allow(unused_mut, reason = "a kind may have no fields")]
            fn to_json(&self) -> Option<serde_json::Value> {
                let mut object = serde_json::Map::new();
                $( if let Some(value) = $crate::Field::to_json(&self.$field) {
                    object.insert(stringify!($field).to_owned(), value);
                } )*
                Some(serde_json::Value::Object(object))
            }

            #[allow(unused_mut, reason = "a kind may have no fields")]
            fn from_json(value: &serde_json::Value, path: &$crate::Path<'_>) -> Result<Self, $crate::FieldError> {
                let mut fields = $crate::Fields::of(value, path, stringify!($name))?;
                let value = Self { $( $field: fields.take(stringify!($field), path)?, )* };
                fields.finish(path)?;
                $( $check(&value).map_err(|mut error| {
                    error.path = format!("{path}.{}", error.path);
                    error
                })?; )?
                Ok(value)
            }

            #[allow(unused_variables, reason = "a kind may have no fields")]
            fn personal<'s>(
                &'s self,
                path: &$crate::Path<'_>,
                visit: &mut dyn FnMut(&$crate::Path<'_>, &'s $crate::Personal),
            ) {
                $( $crate::Field::personal(&self.$field, &path.key(stringify!($field)), visit); )*
            }

            #[allow(unused_variables, reason = "a kind may have no fields")]
            fn personal_mut(
                &mut self,
                path: &$crate::Path<'_>,
                visit: &mut dyn FnMut(&$crate::Path<'_>, &mut $crate::Personal),
            ) {
                $( $crate::Field::personal_mut(&mut self.$field, &path.key(stringify!($field)), visit); )*
            }
        }
    };
}
