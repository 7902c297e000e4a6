"""Every error this product raises on purpose; entrypoints map them to exit codes and HTTP statuses."""


class ArxivClassifierError(Exception):
    """Base of all errors whose message is written for the person who made the mistake."""


class InvalidInputError(ArxivClassifierError):
    """Input that no classifier can read: blank, too long, malformed, or outside the taxonomy."""


class InvalidFieldError(InvalidInputError):
    """A field of an input that cannot be read: `field` is its name, `message` says what is wrong and what to send.

    `setting` is the one that changes the limit which the field exceeds; only the operator of a server can set it.
    """

    def __init__(self, field: str, message: str, setting: str = "") -> None:
        super().__init__(field, message, setting)
        self.field, self.message, self.setting = field, message, setting

    def __str__(self) -> str:
        return f"{self.message} The setting {self.setting} changes the limit." if self.setting else self.message


class ConfigurationError(ArxivClassifierError):
    """A setting that names something unknown, or that needs an extra which is not installed."""


class MissingPackageError(ConfigurationError):
    """Packages that are not installed and come with an extra; entrypoints add the command that installs it."""

    def __init__(self, reason: str, *, extra: str) -> None:
        super().__init__(f"{reason} It comes with the extra {extra}.")
        self.reason = reason
        self.extra = extra


class ModelNotFoundError(ArxivClassifierError):
    """No model bundle where one was asked for."""


class IncompatibleModelError(ArxivClassifierError):
    """A bundle that this program cannot serve: newer format, other kind, other taxonomy."""


class CorruptModelError(ArxivClassifierError):
    """A bundle whose files are missing, truncated or altered."""


class DatasetUnavailableError(ArxivClassifierError):
    """A data source that cannot be reached or opened."""


class SweepStorageError(ArxivClassifierError):
    """What a sweep remembers its trials with, or keeps their models in, cannot be reached, read or written."""


class RegistryUnavailableError(ArxivClassifierError):
    """A model registry that cannot be reached."""


class StorageUnavailableError(ArxivClassifierError):
    """A database or log that cannot be reached, read or written."""


class ExpiredTokenError(DatasetUnavailableError):
    """A source of records no longer knows the token that asks for the next page."""
