"""The signing key of this house: made at first use, kept with mode 0600, never sent anywhere. Signs nothing itself.

A throw-away root signs the one certificate and is then lost, so that no other certificate can ever join the chain; the
C2PA specification (2.2, "X.509 Certificates") refuses self-signed ones and asks for the e-mail protection purpose.
The certificate names the program and no person.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from runtime.errors import StorageError, storage_errors
from runtime.paths import Paths, ensure

KEY, CHAIN, ROOT = "key.pem", "chain.pem", "root.pem"
YEARS = 20


@dataclass(frozen=True)
class SigningKey:
    """PEM texts: the private key (ECDSA on P-256), its certificate followed by the root's, and the root alone."""

    key: bytes
    chain: bytes
    root: bytes


def signing_folder(paths: Paths) -> Path:
    """Where the key lies; it may not be there yet."""
    return paths.data / "signing"


def known_root(paths: Paths) -> bytes | None:
    """The root of this house's signatures; None where nothing was signed yet."""
    try:
        return (signing_folder(paths) / ROOT).read_bytes()
    except OSError:
        return None


def signing_key(paths: Paths, now: datetime | None = None) -> SigningKey:
    """The key of this house, made now where there is none. `now` starts the certificate's validity.

    Raises `StorageError` for a disk that refuses, or for a key that is damaged.
    """
    folder = signing_folder(paths)
    if not folder.is_dir():
        _make(folder, now or datetime.now(UTC))
    try:
        with storage_errors(folder):
            return SigningKey(*((folder / name).read_bytes() for name in (KEY, CHAIN, ROOT)))
    except FileNotFoundError as problem:
        raise StorageError(
            f"The signing key is incomplete: {problem.filename} is missing.",
            remedy=f"Move {folder} aside; a new key is made at the next picture.",
        ) from problem


def _make(folder: Path, now: datetime) -> None:
    """Write key and certificates into a folder beside, which then takes its place; who comes second loses nothing."""
    made = _generate(now)
    ensure(folder.parent)
    with storage_errors(folder.parent):
        beside = Path(tempfile.mkdtemp(prefix=".signing-", dir=folder.parent))  # mode 0700
        try:
            for name, content in ((KEY, made.key), (CHAIN, made.chain), (ROOT, made.root)):
                handle = os.open(beside / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(handle, "wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
            with suppress(OSError):  # another process was first: its key is used
                beside.rename(folder)
        finally:
            shutil.rmtree(beside, ignore_errors=True)


def _generate(now: datetime) -> SigningKey:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    def name(common: str) -> x509.Name:
        parts = ((NameOID.ORGANIZATION_NAME, "Hausgeist"), (NameOID.COMMON_NAME, common))
        return x509.Name([x509.NameAttribute(kind, text) for kind, text in parts])

    def usage(*, signs: bool) -> x509.KeyUsage:
        return x509.KeyUsage(signs, False, False, False, False, not signs, not signs, False, False)

    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root_name = name("Hausgeist root of one house")

    def certificate(subject: x509.Name, public: ec.EllipticCurvePublicKey, *, leaf: bool) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(root_name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=365 * YEARS))
            .add_extension(x509.BasicConstraints(not leaf, None if leaf else 0), critical=True)
            .add_extension(usage(signs=leaf), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        )

    purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key())
    root = certificate(root_name, root_key.public_key(), leaf=False).sign(root_key, hashes.SHA256())
    leaf = (
        certificate(name("Hausgeist in this house"), key.public_key(), leaf=True)
        .add_extension(purpose, critical=False)
        .add_extension(issuer, critical=False)
        .sign(root_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    root_pem = root.public_bytes(pem)
    return SigningKey(secret, leaf.public_bytes(pem) + root_pem, root_pem)
