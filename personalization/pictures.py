"""Where do the files of pictures lie? What `SEGUE_PICTURES` says, as a storage of Django's."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.core.exceptions import ImproperlyConfigured


def store_at(place: str, folder: Path) -> dict[str, Any]:
    """An entry of STORAGES: `folder` where nothing is said, another folder, or s3://bucket/prefix. What may write to a
    bucket stands where boto3 looks for it (AWS_ACCESS_KEY_ID, a role of the machine). Needs django-storages[s3]."""
    if not place.startswith("s3://"):
        if "://" in place:
            raise ImproperlyConfigured("SEGUE_PICTURES must be a folder, or begin with s3://")
        return {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": place or folder, "base_url": "/pictures/"},
        }
    parts = urlsplit(place)
    asked = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    if unknown := asked.keys() - {"endpoint", "region"}:
        raise ImproperlyConfigured(f"SEGUE_PICTURES may say endpoint and region, not {', '.join(sorted(unknown))}")
    options = {
        "bucket_name": parts.netloc,
        "location": parts.path.strip("/"),
        "endpoint_url": asked.get("endpoint"),
        "region_name": asked.get("region"),
        "default_acl": None,
        "file_overwrite": True,
    }
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}
