"""A TLS server whose every answer breaks in the middle of its body: the rest of it is not what TLS had agreed on."""

from __future__ import annotations

import datetime
import ipaddress
import os
import socket
import ssl
import threading
from contextlib import closing, suppress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

ANSWER = b'HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\nETag: "x"\r\n\r\n' + b"x" * 1000
# A record that says that it is application data, and whose seal is broken.
SPOILT = b"\x17\x03\x03\x00\x20" + b"?" * 32


class BrokenTLS:
    """`certificate` is what a client has to trust; connections are served one after the other."""

    def __init__(self, folder: Path) -> None:
        self.certificate = folder / "certificate.pem"
        self.certificate.write_bytes(_certificate())
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(self.certificate)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, name="broken-tls", daemon=True)
        self.answers = 0

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self._listener.getsockname()[1]}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)  # wakes accept
        self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            below = socket.socket(fileno=os.dup(connection.fileno()))
            with closing(below), suppress(OSError), self._context.wrap_socket(connection, server_side=True) as secured:
                self._answer(secured, below)

    def _answer(self, secured: ssl.SSLSocket, below: socket.socket) -> None:
        request = b""
        while b"\r\n\r\n" not in request:
            request += secured.recv(4096)
        secured.sendall(ANSWER)
        below.sendall(SPOILT)
        self.answers += 1


def _certificate() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "s3")])
    now, day = datetime.datetime.now(datetime.UTC), datetime.timedelta(days=1)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - day, now + day)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return secret + made.public_bytes(pem)
