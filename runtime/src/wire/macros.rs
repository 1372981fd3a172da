//! What every generated type of a kind does in the same way, so that a generated crate says it in one line.

/// `Default`, `Debug`, `Serialize` and `Deserialize` of a generated struct.
#[doc(hidden)]
#[macro_export]
macro_rules! object {
    ($($name:ty),* $(,)?) => {$(
        impl ::core::default::Default for $name {
            fn default() -> Self {
                $crate::wire::Blank::blank()
            }
        }
        impl ::core::fmt::Debug for $name {
            fn fmt(&self, formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                $crate::wire::debug_object(self, formatter)
            }
        }
        impl $crate::serde::Serialize for $name {
            fn serialize<S: $crate::serde::Serializer>(&self, serializer: S) -> ::core::result::Result<S::Ok, S::Error> {
                $crate::wire::write_object(self, serializer)
            }
        }
        impl<'de> $crate::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::serde::Deserializer<'de>>(deserializer: D) -> ::core::result::Result<Self, D::Error> {
                $crate::wire::read_object(deserializer)
            }
        }
    )*};
}

/// `Blank`, `Debug`, `Display`, `From<&str>`, `Serialize` and `Deserialize` of a generated enum.
#[doc(hidden)]
#[macro_export]
macro_rules! enumeration {
    ($($name:ty),* $(,)?) => {$(
        impl $crate::wire::Blank for $name {
            fn blank() -> Self {
                $crate::wire::Enumeration::initial()
            }
        }
        impl ::core::fmt::Debug for $name {
            fn fmt(&self, formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::fmt::Debug::fmt($crate::wire::Enumeration::as_str(self), formatter)
            }
        }
        impl ::core::fmt::Display for $name {
            fn fmt(&self, formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                formatter.write_str($crate::wire::Enumeration::as_str(self))
            }
        }
        impl ::core::convert::From<&str> for $name {
            fn from(text: &str) -> Self {
                $crate::wire::Enumeration::from_text(text)
            }
        }
        impl $crate::serde::Serialize for $name {
            fn serialize<S: $crate::serde::Serializer>(&self, serializer: S) -> ::core::result::Result<S::Ok, S::Error> {
                serializer.serialize_str($crate::wire::Enumeration::as_str(self))
            }
        }
        impl<'de> $crate::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::serde::Deserializer<'de>>(deserializer: D) -> ::core::result::Result<Self, D::Error> {
                $crate::wire::read_enum(deserializer)
            }
        }
    )*};
}

/// `Blank`, `Debug` and `Deserialize` of a generated union.
#[doc(hidden)]
#[macro_export]
macro_rules! union {
    ($($name:ty),* $(,)?) => {$(
        impl $crate::wire::Blank for $name {
            fn blank() -> Self {
                $crate::wire::Union::unknown($crate::Value::Null)
            }
        }
        impl ::core::fmt::Debug for $name {
            fn fmt(&self, formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                $crate::wire::debug_union(self, formatter)
            }
        }
        impl $crate::serde::Serialize for $name {
            fn serialize<S: $crate::serde::Serializer>(&self, serializer: S) -> ::core::result::Result<S::Ok, S::Error> {
                $crate::wire::Union::write(self, serializer)
            }
        }
        impl<'de> $crate::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::serde::Deserializer<'de>>(deserializer: D) -> ::core::result::Result<Self, D::Error> {
                $crate::wire::read_union(deserializer)
            }
        }
    )*};
}
