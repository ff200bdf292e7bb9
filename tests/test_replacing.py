"""A file that is replaced: by all of the new bytes or by none, and through nothing that lies beside it."""

import pytest

from hitcast.replacing import replacing


def test_a_file_is_replaced_by_all_or_by_nothing(tmp_path):
    target = tmp_path / "file"
    target.write_bytes(b"old")
    with pytest.raises(ValueError), replacing(target) as stream:
        stream.write(b"half")
        raise ValueError
    assert target.read_bytes() == b"old"
    with replacing(target) as stream:
        stream.write(b"new")
    assert target.read_bytes() == b"new" and [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_secret_is_written_through_nothing_that_was_left_beside_it(tmp_path):
    target, elsewhere = tmp_path / "login.json", tmp_path / "elsewhere"
    target.with_name(".login.json.tmp").symlink_to(elsewhere)
    with replacing(target, mode=0o600) as stream:
        stream.write(b"{}")
    assert target.stat().st_mode & 0o777 == 0o600 and not target.is_symlink() and not elsewhere.exists()
