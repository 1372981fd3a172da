//! The table of all codes.

use crate::suggest::did_you_mean;

macro_rules! codes {
    ($($variant:ident = $code:literal, $title:literal;)*) => {
        /// A stable code of a diagnostic: its letter names the stage, its number never changes its meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $(#[doc = concat!("`", $code, "`: ", $title, ".")] $variant,)*
        }

        impl Code {
            /// Every code, in the order of the table.
            pub const ALL: &'static [Code] = &[$(Code::$variant,)*];

            /// The code as it is shown and searched for, for example `S002`.
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $code,)* }
            }

            /// What the code stands for, in one line.
            pub fn title(self) -> &'static str {
                match self { $(Code::$variant => $title,)* }
            }
        }
    };
}

// To add a code, add a line to the range of its stage, and a small bad input to that stage's negative tests.
// A number is never used again for another meaning.
codes! {
    // S: source
    NotReadable = "S001", "the file cannot be read";
    Syntax = "S002", "the text is not valid JSON or YAML";
    DuplicateKey = "S003", "a key stands twice in one object";
    LimitExceeded = "S004", "the text is larger, deeper or wider than the limits allow";
    Encoding = "S005", "the text is not UTF-8";
    Truncated = "S006", "the text ends too early";
    SeveralDocuments = "S007", "the file holds more than one YAML document";
    UnknownTag = "S008", "a YAML tag has no meaning here";
    KeyNotScalar = "S009", "a mapping or a list stands as a key";
    MergeNotMapping = "S010", "a merge key `<<` does not name a mapping";
    UnknownAlias = "S011", "a YAML alias names no finished anchor";
    EmptyDocument = "S012", "the text holds no value";
    SurrogateHalf = "S013", "a JSON string holds half of a surrogate pair";

    // O: overlay
    NotOverlay = "O001", "the file is not an overlay of a known version";
    BadAction = "O002", "an action of an overlay cannot be carried out";
    BadJsonPath = "O003", "a JSONPath cannot be followed";
    NoMatch = "O004", "an action of an overlay matches nothing";
    CopySource = "O005", "what an overlay copies is not one value";

    // N: normalise
    NotOpenApi = "N001", "the document is not an OpenAPI document";
    UnknownDialect = "N002", "the version of OpenAPI is not known";
    NoPaths = "N003", "the document has no paths";
    ExternalReference = "N004", "a reference leads to another file or a URL";
    UnresolvedReference = "N005", "a reference leads nowhere";
    ReferenceCycle = "N006", "references lead back to themselves";
    ExpansionLimit = "N007", "resolving references in place would grow the document beyond all measure";
    ReferenceSiblings = "N008", "keys beside `$ref`, which OpenAPI 3.0 ignores";
    WrongKind = "N009", "a value is of another kind than the place calls for";
    TextNotString = "N010", "a text is written as a number or boolean";
    TextReference = "N011", "a reference stands where a text is called for";
    MapReference = "N012", "a whole map is a reference";
    BadInfo = "N013", "`info` lacks a title or a version";
    DuplicateOperationId = "N014", "two operations have the same operationId";
    MissingResponses = "N015", "an operation has no responses";
    MissingDescription = "N016", "a response has no description";
    BadParameter = "N017", "a parameter lacks its name or place";
    OptionalPathParameter = "N018", "a path parameter is not marked as required";
    UndeclaredPathParameter = "N019", "a path template names a parameter that nothing declares";
    DuplicateParameter = "N020", "a parameter is declared twice";
    ParameterWithoutSchema = "N021", "a parameter or header has neither schema nor content";
    ReservedHeader = "N022", "a header parameter that OpenAPI tells readers to ignore";
    UnknownStyle = "N023", "a parameter style does not fit its place";
    BadStatus = "N024", "a response key is not a status code";
    BadPath = "N025", "a path does not start with a slash";
    BadSecurity = "N026", "a security scheme or requirement cannot be used";
    BadServer = "N027", "a server cannot be used as it stands";
    BooleanSchema = "N028", "a boolean stands as a schema, which OpenAPI 3.0 does not know";
    UnknownType = "N029", "the `type` of a schema is not known";
    TypeList = "N030", "several types in one schema, which OpenAPI 3.0 does not know";
    NullInEnum = "N031", "an enum holds null without allowing null";
    EnumValue = "N032", "an enum holds a value of another type";
    DefaultValue = "N033", "a default is of another type than its schema";
    FormatMismatch = "N034", "a format belongs to another type or is misspelt";
    BoundKind = "N035", "a bound of a schema is not written as the number or boolean that it has to be";
    NumberRange = "N036", "a number does not fit into 64 bits";
    MissingItems = "N037", "an array schema does not say what its items are";
    ItemsList = "N038", "a list of schemas as `items`, which OpenAPI 3.x does not know";
    RequiredShape = "N039", "`required` of a schema is not a list of names";
    BadComposition = "N040", "`allOf`, `oneOf` or `anyOf` is not a list of schemas";
    NestingLimit = "N041", "inline schemas are nested too deep";
    BadDiscriminator = "N042", "a discriminator lacks its property name";
    ForeignKeyword = "N043", "a schema keyword of another dialect";
    StrayPathParameter = "N044", "a path parameter that its path template does not name";
    BasePath = "N045", "a base path that the manifest's server has to hold";
    Unchecked = "N070", "a keyword restricts values in a way that is not checked";
    NullValue = "N080", "null stands where a list or an object is called for";

    // M: model
    TypeConflict = "M001", "`allOf` asks for two JSON types at once";
    MixedAlternatives = "M002", "alternatives of different JSON types stand beside properties";
    UnionByOrder = "M003", "nothing tells the alternatives of a union apart";
    EndlessType = "M004", "a type requires itself";
    UnknownFormat = "M060", "a format is not known";
    PatternUnread = "M061", "texts are not held against a pattern";

    // C: manifest
    ManifestVersion = "C001", "the version of the manifest format is not known";
    UnknownKey = "C002", "a key has no meaning in a manifest";
    MissingKey = "C003", "a key of the manifest is missing";
    ManifestType = "C004", "a value of the manifest is of another kind than its key calls for";
    UnknownValue = "C005", "a value is none of those that its key takes";
    ExactlyOne = "C006", "none or several of keys of which exactly one has to stand";
    ValueOutOfBounds = "C007", "a number is too small or too large, or a list is empty";
    BadName = "C008", "a name does not have the shape that its place calls for";
    UndeclaredVariable = "C009", "a text has a variable that `config` does not declare";
    UnusedConfig = "C010", "nothing uses a value of `config`";
    BadTemplate = "C011", "a text with variables cannot be read";
    BadServerUrl = "C012", "a server URL cannot be used";
    BadDuration = "C013", "a duration cannot be read";
    BadPathSyntax = "C014", "a path into a JSON value cannot be read";
    BadDocumentName = "C015", "`document` is not the name of a file beside the manifest";
    StandsTwice = "C016", "two entries are, or would become, the same";
    BadHeader = "C017", "a header cannot be sent";
    UnknownScheme = "C018", "an override names a paging scheme that is not there";
    IncompleteGroup = "C019", "a key needs another one beside it";
    CursorOrder = "C020", "a cursor's order and what takes it do not go together";
    TokenLife = "C100", "the part of a token's life after which it is renewed is none";
    SecretShown = "C101", "a secret is taken from a value that is not marked as one";
    SecretWritten = "C102", "a secret stands in the manifest";
    ClientProof = "C103", "the client of OAuth 2 does not fit how it proves who it is";
    BadTokenUrl = "C104", "a URL of the authorisation server cannot be used";
    BadHost = "C105", "a host cannot stand in a list of hosts that are allowed";
    BadLogin = "C106", "a login or logout request cannot be read";
    NothingToAuthorise = "C110", "operations are to be authorised, and the manifest has no credential";
    BadSignature = "C111", "a signature cannot be made or checked as the manifest says";
    BadChoice = "C112", "a choice among ways to authorise cannot be made";
    LimitKeys = "C120", "keys of a limit do not go together";
    UnknownConfigValue = "C121", "a limit names a value that `config` does not declare";
    BadStatusRange = "C122", "a status of the error map cannot be read";
    EmptyRule = "C123", "a rule of the error map tests nothing";
    PagingContradiction = "C130", "keys of a paging scheme do not go together";
    NotARefusal = "C131", "a status that is no refusal";
    SliceConflict = "C140", "keys of a stream's slices do not go together";
    UnknownParent = "C141", "a stream is read by the records of one that is not there";
    ParentCycle = "C142", "streams are read by one another's records";
    BadWindow = "C143", "a stream's windows of time cannot be made so";

    RecordFormat = "C150", "records cannot be read in such a format";
    JobStates = "C151", "a state of a job is named twice";
    DownloadOrigin = "C152", "an origin of downloads cannot be used";
    JobTimes = "C153", "a job's times do not go together";

    // D: drift
    DecisionShape = "D100", "an entry of `drift.yaml` cannot be read";
    UnknownChange = "D101", "an entry of `drift.yaml` has an id that no change has";
    DecisionExpired = "D102", "an accepted change has expired";
    DecisionIdle = "D103", "an accepted change is not there any more";
    DecisionTwice = "D104", "two entries of `drift.yaml` are about the same change";
    ObservedShape = "D105", "a report on drift of payloads cannot be read";
    ObservedForeign = "D106", "a report on drift of payloads is of another connector";
    ObservedStream = "D107", "a report on drift of payloads tells of a stream that the manifest does not have";
    PreviousMissing = "D110", "an old shape is to be kept that is not there";
    PreviousDiffers = "D111", "an old shape cannot be kept as it was";
    PreviousOver = "D112", "the time is over for which old shapes were to be kept";

    // L: lock file
    LockUnreadable = "L001", "the lock file cannot be read";
    LockName = "L002", "a name in the lock file is none that an item can have";

    // P: plan
    UnknownOperation = "P001", "no operation of the document is meant";
    OperationNotSelected = "P002", "an operation is used that the connector does not have";
    PathNotFound = "P003", "a path leads nowhere";
    PathKind = "P004", "a path leads to a value of another kind";
    RecordsNotArray = "P005", "a stream's records are no list";
    NullableKey = "P006", "a record's key may be null";
    OptionalKey = "P007", "a record's key may be missing";
    UnknownParameter = "P008", "an operation has no such parameter";
    NotAnObjectParameter = "P009", "a property of a parameter is named that it does not have";
    CursorFormat = "P010", "a cursor's format does not fit its field";
    ParameterNotFilled = "P011", "a stream leaves a required parameter or body without a value";
    ParameterValue = "P012", "a constant does not fit its parameter";
    UnusedScheme = "P013", "no operation takes a paging scheme";
    SchemeDoesNotFit = "P014", "an operation does not fit the paging scheme that it is given";
    StreamWithoutPaging = "P015", "a stream's operation has no paging";
    AuthDiffers = "P016", "the manifest authorises in another way than the document";
    PathUnknown = "P017", "a path leads where the document does not say what stands";
    PathInSomeVariants = "P018", "a path exists in some alternatives only";
    NoJsonResponse = "P019", "a stream's operation answers no JSON";
    ParameterTwice = "P020", "a parameter is filled twice";
    NoTokenUrl = "P100", "nothing says where an endpoint of the authorisation server is";
    TokenUrlDiffers = "P101", "the manifest names another endpoint of the authorisation server than the document";
    UnknownScope = "P102", "the document does not know a scope";
    FollowUpParameter = "P130", "later requests cannot do without a parameter, or cannot keep it";
    StreamBody = "P131", "a stream's body does not fit its operation";
    ServerNotAllowed = "P070", "the document sends operations to a server that the manifest does not allow";
    SecurityNotCovered = "P071", "operations ask for a credential that the manifest does not give";
    UnusedServer = "P072", "no operation goes to a server of the manifest";
    CostParameter = "P120", "a parameter that is to be a cost holds no number";
    CostNotCounted = "P121", "a limit names the cost of an operation that it does not count";
    CredentialNeverSent = "P110", "the manifest has a credential that no operation is sent with";
    NoBodyForKey = "P111", "a key is to be sent in the body of operations that have none with fields";
    NoSuchHeader = "P112", "a header is signed that no request has";
    ParentMayLack = "P140", "a parent may lack what its list is asked for by";
    ParentDoesNotFit = "P141", "a parent's field does not fit what takes it";
    IncludeShadows = "P142", "an included value has the name of a field of the record";
    WindowDoesNotFit = "P143", "a window's bounds do not fit their parameters or its field";

    FormatDiffers = "P150", "a stream's format is not what its operation answers";
    PollChanges = "P151", "a job's state is asked for with an operation that changes data";
    UnknownColumn = "P152", "a field is none of the declared columns";
    UnknownState = "P153", "a job cannot be in such a state";
    JobBody = "P154", "a job's body cannot be written";
    DriftWithoutShape = "P160", "a reaction to drift for which the document says too little";

    // L101 and on: lint
    UnpagedList = "L101", "a list comes in pages that the manifest does not follow";
    LimitUndeclared = "L102", "neither document nor manifest says what the API allows";
    KeyOfParent = "L103", "a key may be unique within its parent only";
    CursorAvailable = "L104", "a stream reads everything each time though it could read what is new";
    SecretInText = "L105", "a text looks like a credential";
    DeprecatedOperation = "L106", "a deprecated operation is used";
    PlainServer = "L107", "the document knows the API without TLS only";
    WaitSourceMissing = "L108", "a header that tells when a limit ends is not heeded";
    UnusedDeclaration = "L109", "a declaration of the manifest has no effect";

    // R: render and output
    Defect = "R001", "the generator has a defect";
    InTheWay = "R002", "a file that was not generated stands where one has to be written";
    EditedByHand = "R003", "a generated file that is no longer needed was edited by hand";
    NotWritable = "R004", "a file cannot be written";
    OutsideFolder = "R005", "a path leads out of its folder";

    // U: not implemented
    // U001 and U002 were dialects.
    Webhooks = "U003", "webhooks are not read yet";
    SchemaKeyword = "U004", "a schema keyword has no effect yet";
    // U005 were multipart bodies.
    NamelessRecursion = "U006", "a list or map that holds itself is not written as a type yet";
    // U020 were ways to join the items of a parameter.
    LongTuple = "U060", "a list with many items of types of their own is not written as a type yet";
    Method = "U021", "a method that is not sent yet";
    // U022 were parameters that are the whole query string.
    MixedResponses = "U040", "the answers of several statuses are of kinds that no type holds together";
    OtherBody = "U050", "a further body of another schema has no method";
    UntypedBody = "U051", "what a body of XML or CSV holds has no type in a method";
}

/// A text that is no code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct UnknownCode {
    near: Option<Code>,
}

impl std::fmt::Display for UnknownCode {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.near {
            Some(near) => {
                write!(formatter, "no finding has that code; did you mean {near} ({})?", near.title())
            }
            None => formatter
                .write_str("no finding has that code; a code is a letter and three digits, such as N033"),
        }
    }
}

impl std::str::FromStr for Code {
    type Err = UnknownCode;

    fn from_str(text: &str) -> Result<Self, UnknownCode> {
        let named =
            |name: &str| Self::ALL.iter().copied().find(|code| code.as_str().eq_ignore_ascii_case(name));
        let near = || did_you_mean(text, Self::ALL.iter().map(|code| code.as_str())).and_then(named);
        named(text).ok_or_else(|| UnknownCode { near: near() })
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::Code;

    #[test]
    fn codes_are_unique_and_well_formed() {
        let mut seen = std::collections::HashSet::new();
        for code in Code::ALL {
            let text = code.as_str();
            assert!(seen.insert(text), "{text} stands twice");
            let (stage, number) = text.split_at(1);
            assert!("SONMCDLPRU".contains(stage), "{text} belongs to no stage");
            assert!(
                number.len() == 3 && number.parse::<u16>().is_ok(),
                "{text} is not a letter and three digits"
            );
            assert!(!code.title().is_empty(), "{text} has no title");
        }
    }

    #[test]
    fn a_code_is_found_by_its_text() {
        for code in Code::ALL {
            assert_eq!(code.as_str().parse(), Ok(*code));
            assert_eq!(code.as_str().to_lowercase().parse(), Ok(*code));
        }
        for (text, expected) in [
            (
                "N933",
                "no finding has that code; did you mean N033 (a default is of another type than its schema)?",
            ),
            ("everything", "no finding has that code; a code is a letter and three digits, such as N033"),
            ("", "no finding has that code; a code is a letter and three digits, such as N033"),
        ] {
            let error = text.parse::<Code>().map_err(|error| error.to_string());
            assert_eq!(error, Err(expected.to_owned()), "{text}");
        }
    }
}
