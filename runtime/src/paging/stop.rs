use serde::Serialize;

/// Why a walk over pages ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum StopReason {
    /// The operation has no pages.
    Unpaged,
    /// No token, URL or link leads on: there is nothing where it would stand.
    NoNext,
    /// The token or URL of the next page is null.
    NullToken,
    /// The token or URL of the next page is an empty text.
    EmptyToken,
    /// The token or URL of the next page is a text that stands for none, `null` unless the manifest lists others.
    EndToken,
    /// The token of the next page is that of this one, which is how the manifest says that the server writes the end.
    SameToken,
    /// The page says that there is no more.
    MoreIsFalse,
    /// The page says that it is the end.
    DoneIsTrue,
    /// As many records came as there are in all.
    TotalReached,
    /// The total was reached, and a page after it held only records that came before. That page is not handed out.
    NothingNew,
    /// As many pages came as there are in all.
    LastPage,
    /// A page without records.
    EmptyPage,
    /// A page with fewer records than were asked for, which the manifest takes for the last.
    ShortPage,
    /// The page tells a count below what a full page has.
    CountBelow,
    /// The server answered 404 for the page after the last.
    PastTheEnd,
    /// The manifest's error map takes the answer for nothing.
    Ignored,
}

impl std::fmt::Display for StopReason {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Unpaged => "the operation has one page",
            Self::NoNext => "no next page is named",
            Self::NullToken => "the next page is null",
            Self::EmptyToken => "the next page is an empty text",
            Self::EndToken => "the next page is a text that stands for none",
            Self::SameToken => "the next page is the same page",
            Self::MoreIsFalse => "the page says that there is no more",
            Self::DoneIsTrue => "the page says that it is the end",
            Self::TotalReached => "the total was reached",
            Self::NothingNew => "the total was reached and nothing new came after it",
            Self::LastPage => "the last page was reached",
            Self::EmptyPage => "an empty page",
            Self::ShortPage => "a page with fewer records than were asked for",
            Self::CountBelow => "the page counts fewer records than a full one has",
            Self::PastTheEnd => "404 after the last page",
            Self::Ignored => "an answer that the error map ignores",
        })
    }
}
