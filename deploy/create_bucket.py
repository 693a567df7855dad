"""Makes the bucket of SAM_S3_BUCKET where it is not there yet, once the store answers."""

from __future__ import annotations

import os
import sys
import time

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

PATIENCE_SECONDS = 60
PAUSE_SECONDS = 1
OURS_ALREADY = {"BucketAlreadyOwnedByYou", "BucketAlreadyExists"}


def main() -> None:
    bucket = os.environ["SAM_S3_BUCKET"]
    client = boto3.client(
        "s3",
        endpoint_url=os.environ.get("SAM_S3_ENDPOINT_URL") or None,
        region_name=os.environ.get("SAM_S3_REGION") or "us-east-1",
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            client.create_bucket(Bucket=bucket)
            return
        except ClientError as error:
            if error.response["Error"]["Code"] in OURS_ALREADY:
                return
            problem: Exception = error
        except BotoCoreError as error:  # not listening yet
            problem = error
        if time.monotonic() > deadline:
            sys.exit(f"No se pudo crear el bucket {bucket}: {problem}")
        time.sleep(PAUSE_SECONDS)


if __name__ == "__main__":
    main()
