"""What an operator writes about signing in by OpenID Connect: the provider, and which of its people may do what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import yaml
from pydantic import BaseModel, Field, ValidationError

from driftline.config.environment import resolve
from driftline.config.forms import STRICT
from driftline.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

RoleName = Literal["viewer", "operator", "admin"]
RANKS: tuple[RoleName, ...] = ("viewer", "operator", "admin")


class Oidc(BaseModel):
    """A provider of OpenID Connect.

    Attributes:
        issuer: its address, below which `.well-known/openid-configuration` lies.
        client: what this service is called there.
        secret: of the client; empty for a public one, whose codes PKCE alone protects.
        scopes: what is asked for.
        claim: the claim that says who somebody is here: a text or a list of texts.
        roles: the role that each of its values gives; of several the one that may do most.
        otherwise: the role of everybody else whom the provider knows; nobody else may sign in without it.
    """

    model_config = STRICT
    issuer: str = Field(pattern=r"^https?://")
    client: str = Field(min_length=1)
    secret: str = Field("", repr=False)
    scopes: str = "openid profile email"
    claim: str = "groups"
    roles: dict[str, RoleName] = Field(default_factory=dict)
    otherwise: RoleName | None = None

    def role_of(self, claims: Mapping[str, object]) -> RoleName | None:
        """The role of somebody by what the provider says of them; None where they may not sign in.

        >>> said = Oidc(issuer="https://id.example", client="d", roles={"ops": "operator", "boss": "admin"})
        >>> said.role_of({"groups": ["ops", "boss"]}), said.role_of({"groups": "ops"}), said.role_of({})
        ('admin', 'operator', None)
        """
        value = claims.get(self.claim)
        values = value if isinstance(value, list) else [value]
        given = [self.roles[one] for one in values if isinstance(one, str) and one in self.roles]
        return max(given, key=RANKS.index, default=self.otherwise)


def read_oidc(path: Path, environ: Mapping[str, str]) -> Oidc:
    """Read a file about a provider; `${NAME}` in it is the environment's.

    Raises:
        ConfigError: it cannot be read, or something in it is wrong.
    """
    try:
        said = yaml.safe_load(path.read_text(encoding="utf-8"))
        found = {key: resolve(value, environ) if isinstance(value, str) else value for key, value in dict(said or {}).items()}
        return Oidc.model_validate(found)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise ConfigError(f"{str(path)!r} does not describe a provider: {wrong}", hint="write issuer, client and roles") from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError, TypeError, ValueError) as error:
        raise ConfigError(f"{str(path)!r} cannot be read: {error}", hint="write issuer, client and roles, as YAML") from error
