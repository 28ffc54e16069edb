"""What the errors of a Neo4j server and of its driver mean to who reads them, and what helps."""

from __future__ import annotations

import re

from graph.errors import StoreError, StoreOutdated, StoreUnavailable


class ReadOnly(StoreError):
    """The database takes no writing, from nobody."""


class Entangled(StoreUnavailable):
    """The server ended this of two transactions that waited for one another."""


class NameTaken(StoreError):
    """An index bears a name that one of ours is to bear."""


class Forbidden(StoreError):
    """A constraint, or the making of one, says no."""


# What who makes the schema meets where somebody else makes it, too.
DISTURBED = (Entangled, NameTaken, Forbidden)


def meant(seen: str, url: str, database: str, seconds: str) -> StoreError | None:
    """The error that a server's code, or the name of a driver's exception, stands for; None where unknown."""
    for pattern, kind, message, remedy in _MEANINGS:
        if re.search(pattern, seen):
            said = message.format(url=url, database=database, seconds=seconds)
            return kind(said, remedy=remedy)
    return None


_START = "start it (make neo4j-up), or correct KNOCKON_STORE; what was acknowledged is kept"
# What a server's code, or a driver's exception, means: pattern, error, message, remedy.
_MEANINGS: tuple[tuple[str, type[StoreError], str, str], ...] = (
    (
        r"SSLCertVerificationError",
        StoreError,
        "{url}: the server's certificate is not to be trusted, or was made for another host",
        "name the file of its authority by KNOCKON_STORE_CA, and the host as the certificate does",
    ),
    (
        r"SSL\w*Error",
        StoreError,
        "{url}: the server does not speak TLS there",
        "write the address without +s and KNOCKON_STORE_CA, or switch TLS on in the server "
        "(server.bolt.tls_level)",
    ),
    (
        r"HandshakeClosed",
        StoreUnavailable,
        "{url}: the server closed the connection before a word was said",
        "where it wants TLS, write bolt+s:// or neo4j+s://; where it is just starting, try again in a while",
    ),
    (
        r"UnsupportedServerProduct",
        StoreOutdated,
        "{url}: what answers there is no Neo4j, or one that is too old or too new",
        "correct KNOCKON_STORE, or use Neo4j 5.26",
    ),
    (
        r"Security\.CredentialsExpired",
        StoreError,
        "{url}: the server wants a new password for this user",
        "change it there (ALTER CURRENT USER SET PASSWORD), and set KNOCKON_STORE_PASSWORD",
    ),
    (
        r"Security\.AuthenticationRateLimit",
        StoreUnavailable,
        "{url}: the server was given a wrong password too often",
        "correct KNOCKON_STORE_PASSWORD wherever it is used, and wait a while",
    ),
    (
        r"Security\.(Unauthorized|TokenExpired)|AuthError",
        StoreError,
        "{url}: the server does not know this user and password",
        "set KNOCKON_STORE_USER and KNOCKON_STORE_PASSWORD",
    ),
    (
        r"Security\.Forbidden|Security\.",
        StoreError,
        "{url}: this user may not do that in {database}",
        "use a user that may read and write, and make indexes",
    ),
    (
        r"Database\.DatabaseNotFound",
        StoreError,
        "{url}: there is no database {database}",
        "correct KNOCKON_STORE_DATABASE, or make the database",
    ),
    (
        r"DatabaseUnavailable|Database\.",
        StoreUnavailable,
        "{url}: {database} is not available now",
        "look at the server's log, and start the database again",
    ),
    (
        r"ReadOnly|WriteOnReadOnlyAccess|Statement\.AccessMode",
        ReadOnly,
        "{url}: {database} is read-only",
        "open it for writing (server.databases.read_only), or load into another store",
    ),
    (
        r"TransactionTimedOut|LockClientStopped|Transaction\.Terminated|LockAcquisitionTimeout",
        StoreUnavailable,
        "{url}: the server took longer than {seconds} s, or somebody else was writing so long",
        "wait until the other load has ended, or give more time by KNOCKON_STORE_TIMEOUT; then run it again",
    ),
    (
        r"DeadlockDetected",
        Entangled,
        "{url}: somebody else changed the same things at the same time",
        "run the same again: nothing is doubled",
    ),
    (
        r"MemoryPoolOutOfMemory|OutOfMemory|OutOfMemoryError|StackOverFlow",
        StoreUnavailable,
        "{url}: the server has not enough memory for this",
        "give it more (server.memory.heap.max_size, dbms.memory.transaction.total.max), or load in smaller "
        "files and without --strict",
    ),
    (
        r"Schema\.IndexWithNameAlreadyExists",
        NameTaken,
        "{url}: an index of somebody else's graph in {database} bears a name that is knockon's",
        "drop it (SHOW INDEXES YIELD name WHERE name STARTS WITH 'knockon_'), or use a database of its own "
        "(KNOCKON_STORE_DATABASE)",
    ),
    (
        r"IndexIsMoving",
        StoreUnavailable,
        "{url}: the indexes in {database} are being made, or dropped, just now",
        "wait a moment, and run the same again: nothing is doubled",
    ),
    (
        r"ConstraintValidationFailed|ConstraintViolation|Schema\.",
        Forbidden,
        "{url}: a constraint of somebody else's graph in {database} forbids it",
        "use a database of its own (KNOCKON_STORE_DATABASE), or drop the constraint",
    ),
    (
        r"TransactionStartFailed",
        StoreUnavailable,
        "{url}: {database} has stopped after an error",
        "look at the server's log, whether its disk is full, and start the server again: whole batches are "
        "kept",
    ),
    (
        r"General\.(DiskFull|StorageDamage)|TransactionLogError|TransactionCommitFailed|DatabaseError\.Transaction",
        StoreUnavailable,
        "{url}: the server could not write to its disk",
        "free some space there, start the server again, and run the same again: whole batches are kept",
    ),
    (
        r"ServiceUnavailable|SessionExpired|IncompleteCommit|AcquisitionTimeout",
        StoreUnavailable,
        "{url}: the server does not answer",
        _START,
    ),
    (
        r"CertificateConfigurationError",
        StoreError,
        "{url}: the certificates cannot be used",
        "correct KNOCKON_STORE_CA",
    ),
    (
        r"TransientError",
        StoreUnavailable,
        "{url}: the server is busy",
        "run the same again: nothing is doubled",
    ),
)
