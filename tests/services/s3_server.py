"""A private S3 (moto's server, in a process of its own) on a free loopback port."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from tests.services.children import accepts_connections, free_port, start, stop, wait_until_ready
from tests.services.scratch import Scratch

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

REGION = "us-east-1"
ACCESS_KEY = "testing"
SECRET_KEY = "testing"


class S3Server:
    """One S3-compatible server. It takes any key, expired and altered links: those need a real S3."""

    def __init__(self) -> None:
        self.port = free_port()
        self._scratch = Scratch("s3")
        self.folder = self._scratch.path
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Run it, empty; does nothing when it runs."""
        if self.running:
            return
        log = self.folder / "s3.log"
        self._process = start([sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)], log=log)
        wait_until_ready(self._process, name="moto", log=log, ready=lambda: accepts_connections(self.port))

    def stop(self) -> None:
        if self._process is not None:
            stop(self._process)
            self._process = None

    def destroy(self) -> None:
        """Stop it and remove all it wrote."""
        self.stop()
        self._scratch.remove()

    def client(self) -> S3Client:
        """A client of this server, with SigV4."""
        return boto3.client(
            "s3",
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
            config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
        )

    def create_bucket(self, name: str) -> str:
        """Make a bucket and return its name."""
        self.client().create_bucket(Bucket=name)
        return name
