"""What an installation keeps to itself is for its owner only, and is made once."""

import os

from personalization.embedded import private


def mode(path) -> int:
    return path.stat().st_mode & 0o777


def test_a_secret_is_kept_and_is_its_owners_alone(tmp_path):
    secret = private.secret_in(tmp_path / "var", "password")

    assert len(secret) >= 32
    assert private.secret_in(tmp_path / "var", "password") == secret
    assert mode(tmp_path / "var" / "password") == 0o600


def test_secrets_of_two_folders_differ(tmp_path):
    assert private.secret_in(tmp_path / "one", "key") != private.secret_in(tmp_path / "other", "key")


def test_a_secret_that_another_process_made_first_is_taken_over(tmp_path, monkeypatch):
    """Between our look and our writing the other one writes its own."""
    link = os.link

    def late(source, target):
        target.write_text("theirs")
        link(source, target)

    monkeypatch.setattr(os, "link", late)

    assert private.secret_in(tmp_path, "key") == "theirs"
    assert [file.name for file in tmp_path.iterdir()] == ["key"]


def test_a_folder_that_an_older_version_left_open_is_closed(tmp_path):
    """Security finding B7."""
    (tmp_path / "snapshots").mkdir(mode=0o755)
    tmp_path.chmod(0o755)

    private.close(tmp_path)

    assert (mode(tmp_path), mode(tmp_path / "snapshots")) == (0o700, 0o700)
