"""Certificates for a test's own server, made by openssl: an authority, and what it signed."""

import subprocess
from pathlib import Path


def _openssl(folder: Path, *words: str) -> None:
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)


def make_authority(folder: Path, name: str) -> Path:
    """An authority of its own: the file of its certificate, NAME.pem."""
    subject = ["-subj", f"/CN={name}", "-days", "30", "-nodes", "-newkey", "rsa:2048"]
    _openssl(folder, "req", "-x509", *subject, "-keyout", f"{name}.key", "-out", f"{name}.pem")
    return folder / f"{name}.pem"


def sign(folder: Path, authority: str, hosts: str) -> None:
    """private.key and public.crt of a server, for hosts such as DNS:localhost,IP:127.0.0.1."""
    made = ["-subj", "/CN=knockon test", "-nodes", "-newkey", "rsa:2048", "-keyout", "private.key"]
    _openssl(folder, "req", *made, "-out", "server.csr")
    (folder / "san.cnf").write_text(f"subjectAltName={hosts}\n")
    by = ["-CA", f"{authority}.pem", "-CAkey", f"{authority}.key", "-CAcreateserial", "-days", "30"]
    _openssl(folder, "x509", "-req", "-in", "server.csr", *by, "-extfile", "san.cnf", "-out", "public.crt")
