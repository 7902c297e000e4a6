"""The errors that this product raises on purpose. Entrypoints map them to exit codes and HTTP statuses."""


class ArxivClassifierError(Exception):
    """The base of all errors whose message is written for the user."""


class InvalidInputError(ArxivClassifierError):
    """Input that no classifier can read: blank, too long, malformed, or outside the taxonomy."""


class InvalidFieldError(InvalidInputError):
    """An input field that cannot be read.

    `field` is the field's name. `message` says what is wrong and what to send. `setting` names the setting that raises
    the exceeded limit, which only a server's operator can change.
    """

    def __init__(self, field: str, message: str, setting: str = "") -> None:
        super().__init__(field, message, setting)
        self.field, self.message, self.setting = field, message, setting

    def __str__(self) -> str:
        return f"{self.message} The setting {self.setting} changes the limit." if self.setting else self.message


class ConfigurationError(ArxivClassifierError):
    """A setting that has a bad value or needs an extra that is not installed."""


class MissingPackageError(ConfigurationError):
    """A package that is not installed and comes with an extra. Entrypoints add the command that installs it."""

    def __init__(self, reason: str, *, extra: str) -> None:
        super().__init__(f"{reason} It comes with the extra {extra}.")
        self.reason = reason
        self.extra = extra


class ModelNotFoundError(ArxivClassifierError):
    """A reference to a model bundle that does not exist."""


class IncompatibleModelError(ArxivClassifierError):
    """A bundle that this program cannot serve: newer format, other kind, other taxonomy."""


class CorruptModelError(ArxivClassifierError):
    """A bundle whose files are missing, truncated or altered."""


class DatasetUnavailableError(ArxivClassifierError):
    """A data source that cannot be reached or opened."""


class SweepStorageError(ArxivClassifierError):
    """A sweep's trial storage or model folder that cannot be reached, read or written."""


class RegistryUnavailableError(ArxivClassifierError):
    """A model registry that cannot be reached."""


class StorageUnavailableError(ArxivClassifierError):
    """A database or log that cannot be reached, read or written."""


class ExpiredTokenError(DatasetUnavailableError):
    """A page token that its source of records no longer accepts."""
