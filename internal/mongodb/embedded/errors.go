package embedded

import (
	"errors"
	"fmt"
)

// ErrInUse is what Open answers when another Open, in this process or another, holds the folder. Its message names
// the folder.
var ErrInUse = errors.New("the data folder is in use by another running copy of the program")

// ErrNoDatabase is what Open answers with Options.MustExist when the folder holds no database, or is not there. Its
// message names the folder.
var ErrNoDatabase = errors.New("there is no database in this folder")

// ErrDamaged is what Open and Check answer when the folder holds bytes that were not written so. The message says
// which file or document; the way back is the last backup.
var ErrDamaged = errors.New("the data folder is damaged")

// ErrClosed is what Backup, Check and Sweep answer after Close.
var ErrClosed = errors.New("the embedded database is closed")

// The error codes of MongoDB that commands answer.
const (
	codeInternal             = 1
	codeBadValue             = 2
	codeFailedToParse        = 9
	codeUnauthorized         = 13
	codeTypeMismatch         = 14
	codeOverflow             = 15
	codeProtocolError        = 17
	codeInvalidBSON          = 22
	codeNamespaceNotFound    = 26
	codeIndexNotFound        = 27
	codePathNotViable        = 28
	codeConflictingUpdate    = 40
	codeCursorNotFound       = 43
	codeNamespaceExists      = 48
	codeMaxTimeExpired       = 50
	codeDollarField          = 52
	codeInvalidID            = 53
	codeNotSingleValue       = 54
	codeEmptyFieldName       = 56
	codeImmutableField       = 66
	codeCannotCreateIndex    = 67
	codeInvalidOptions       = 72
	codeInvalidNamespace     = 73
	codeIndexOptionsConflict = 85
	codeIndexKeysConflict    = 86
	codeParallelArrays       = 171
	codeNotImplemented       = 238
	codeScanRefused          = 291
	codeMemoryExceeded       = 292
	codeTooLarge             = 10334
	codeDuplicateKey         = 11000
	codeDistinctTooLarge     = 17217
	codeExclusionInInclusion = 31254
	codeInclusionInExclusion = 31253
	codePathCollision        = 31249
	codeDuplicateField       = 40413
	codeMissingField         = 40414
)

// codeName gives the name that MongoDB has for a code.
func codeName(code int32) string {
	switch code {
	case codeInternal:
		return "InternalError"
	case codeBadValue:
		return "BadValue"
	case codeFailedToParse:
		return "FailedToParse"
	case codeUnauthorized:
		return "Unauthorized"
	case codeTypeMismatch:
		return "TypeMismatch"
	case codeOverflow:
		return "Overflow"
	case codeProtocolError:
		return "ProtocolError"
	case codeInvalidBSON:
		return "InvalidBSON"
	case codeNamespaceNotFound:
		return "NamespaceNotFound"
	case codeIndexNotFound:
		return "IndexNotFound"
	case codePathNotViable:
		return "PathNotViable"
	case codeConflictingUpdate:
		return "ConflictingUpdateOperators"
	case codeCursorNotFound:
		return "CursorNotFound"
	case codeNamespaceExists:
		return "NamespaceExists"
	case codeMaxTimeExpired:
		return "MaxTimeMSExpired"
	case codeDollarField:
		return "DollarPrefixedFieldName"
	case codeInvalidID:
		return "InvalidIdField"
	case codeNotSingleValue:
		return "NotSingleValueField"
	case codeEmptyFieldName:
		return "EmptyFieldName"
	case codeImmutableField:
		return "ImmutableField"
	case codeCannotCreateIndex:
		return "CannotCreateIndex"
	case codeInvalidOptions:
		return "InvalidOptions"
	case codeInvalidNamespace:
		return "InvalidNamespace"
	case codeIndexOptionsConflict:
		return "IndexOptionsConflict"
	case codeIndexKeysConflict:
		return "IndexKeySpecsConflict"
	case codeParallelArrays:
		return "CannotIndexParallelArrays"
	case codeNotImplemented:
		return "NotImplemented"
	case codeScanRefused:
		return "NoQueryExecutionPlans"
	case codeMemoryExceeded:
		return "QueryExceededMemoryLimitNoDiskUseAllowed"
	case codeTooLarge:
		return "BSONObjectTooLarge"
	case codeDuplicateKey:
		return "DuplicateKey"
	}
	return fmt.Sprintf("Location%d", code)
}

// commandError is a failure that a command, or one statement of a write command, answers to the driver.
type commandError struct {
	code    int32
	message string
	// pattern and key are the documents keyPattern and keyValue of a duplicate key.
	pattern, key []byte
}

func (e *commandError) Error() string { return e.message }

func fail(code int32, format string, args ...any) error {
	return &commandError{code: code, message: fmt.Sprintf(format, args...)}
}

// notImplemented refuses something that MongoDB may know and this database does not.
func notImplemented(what string, args ...any) error {
	return fail(codeNotImplemented, "%s is not supported by the embedded database", fmt.Sprintf(what, args...))
}

// asCommandError gives every failure a code; what has none is an internal error.
func asCommandError(err error) *commandError {
	if ce, ok := errors.AsType[*commandError](err); ok {
		return ce
	}
	if errors.Is(err, errWire) {
		return &commandError{code: codeProtocolError, message: err.Error()}
	}
	return &commandError{code: codeInternal, message: err.Error()}
}
