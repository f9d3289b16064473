"""What is written about a provider: read with the environment's secrets, or refused with what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from driftline.config.oidc import read_oidc
from driftline.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

SAID = "issuer: https://id.example\nclient: driftline\nsecret: ${OIDC_SECRET}\nroles: {ops: operator}\notherwise: viewer\n"


def test_a_provider_is_read(tmp_path: Path) -> None:
    """Its secret comes from the environment, and is not shown."""
    path = tmp_path / "oidc.yaml"
    path.write_text(SAID)
    found = read_oidc(path, {"OIDC_SECRET": "s3cret"})
    assert found.secret == "s3cret"
    assert "s3cret" not in repr(found)
    assert [found.role_of({"groups": groups}) for groups in (["ops"], ["others"], None)] == ["operator", "viewer", "viewer"]


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ("client: a\n", "issuer"),
        ("issuer: id.example\nclient: a\n", "issuer"),
        (SAID + "rolse: 1\n", "rolse"),
        ("issuer: https://a\nclient: a\nroles: {a: sender}\n", "roles.a"),
        ("[", "cannot be read"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, said: str, wrong: str) -> None:
    """Nobody signs in by a file that was misread."""
    path = tmp_path / "oidc.yaml"
    path.write_text(said)
    with pytest.raises(ConfigError, match=wrong):
        read_oidc(path, {})
    with pytest.raises(ConfigError, match="cannot be read"):
        read_oidc(tmp_path / "gone.yaml", {})
