"""The system's keyring, where there is one: the Secret Service of a desktop, KWallet, and what else `keyring` knows.

Owns no secrets and no files. A machine without a desktop has no keyring; then callers keep a file of mode 0600, which
protects as well against other users of the machine, and less against a thief of the disk.
"""

from __future__ import annotations

from typing import Literal, Protocol

from runtime.errors import SettingsError, StorageError

SERVICE = "hausgeist"
Wish = Literal["auto", "always", "never"]


class Keychain(Protocol):
    """What keeps secrets by name. Every method raises `StorageError` where the keyring is locked or gone."""

    def get(self, name: str) -> str | None:
        """The secret, or None."""

    def put(self, name: str, secret: str) -> None:
        """Keep a secret."""

    def drop(self, name: str) -> None:
        """Forget a secret; no error where there is none."""


class SystemKeychain:
    """The keyring that the package `keyring` chose (setting `PYTHON_KEYRING_BACKEND` chooses another)."""

    def get(self, name: str) -> str | None:
        """See `Keychain`."""
        import keyring

        try:
            return keyring.get_password(SERVICE, name)
        except Exception as problem:  # backends raise errors of their own libraries
            raise _closed(problem) from problem

    def put(self, name: str, secret: str) -> None:
        """See `Keychain`."""
        import keyring

        try:
            keyring.set_password(SERVICE, name, secret)
        except Exception as problem:
            raise _closed(problem) from problem

    def drop(self, name: str) -> None:
        """See `Keychain`."""
        import keyring
        from keyring.errors import PasswordDeleteError

        try:
            keyring.delete_password(SERVICE, name)
        except PasswordDeleteError:
            return
        except Exception as problem:
            raise _closed(problem) from problem


def open_keychain(wish: Wish) -> SystemKeychain | None:
    """The keyring to keep new secrets in; None: a file. Raises `SettingsError` where one must be there and is not."""
    if wish == "never":
        return None
    if _usable():
        return SystemKeychain()
    if wish == "auto":
        return None
    remedy = "Install one (pip install 'hausgeist[keyring]', and a desktop's keyring), or set privacy.keyring=auto."
    raise SettingsError("There is no system keyring here (privacy.keyring=always).", remedy=remedy)


def _usable() -> bool:
    """Whether a real backend is there: the package's own stand-ins have no priority of 1 or more."""
    try:
        import keyring

        return float(keyring.get_keyring().priority) >= 1
    except Exception:
        return False


def _closed(problem: Exception) -> StorageError:
    kind = type(problem).__name__  # its text may hold the secret's name, and is of no use to people
    remedy = "Unlock it, or keep secrets in a file: privacy.keyring=never, then `hausgeist privacy protect`."
    return StorageError(f"The system keyring cannot be used ({kind}).", remedy=remedy)
