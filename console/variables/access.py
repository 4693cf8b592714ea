"""Variables of who may look and act."""

from pydantic import Field, SecretStr, field_validator

from console.sign_in.model import Lists, read_list
from console.variables.base import Variables, no_problem

TOKEN_LENGTH = 16  # characters: in hex 64 bits of entropy, what NIST SP 800-63B asks for


class AccessVariables(Variables):
    """Variables of who may look and act."""

    second_approver: bool = Field(
        default=False,
        validation_alias="CONSOLE_SECOND_APPROVER",
        description="`on`: a switch to live needs a second operator's approval.",
    )
    operators: str = Field(
        default="",
        validation_alias="CONSOLE_OPERATORS",
        description="Who may act once signed in: e-mail addresses and `@domains`, between commas.",
    )
    viewers: str = Field(
        default="",
        validation_alias="CONSOLE_VIEWERS",
        description="Who may look once signed in, written the same way. Operators need not be "
        "named here.",
    )
    sign_in_hours: float = Field(
        default=12,
        gt=0,
        le=720,
        validation_alias="CONSOLE_SIGN_IN_HOURS",
        description="How many hours a sign-in lasts, at most 720.",
    )
    api_token: SecretStr | None = Field(
        default=None,
        validation_alias="CONSOLE_API_TOKEN",
        description=f"The bearer token of `/api` and of push checks, at least {TOKEN_LENGTH} "
        "characters.",
    )

    @field_validator("operators", "viewers")
    @classmethod
    def _allow_list(cls, value: str) -> str:
        return ",".join(read_list(value))

    @field_validator("api_token")
    @classmethod
    def _api_token(cls, value: SecretStr | None) -> SecretStr | None:
        short = value is not None and len(value.get_secret_value()) < TOKEN_LENGTH
        return no_problem(value, f"needs at least {TOKEN_LENGTH} characters" if short else "")

    @property
    def lists(self) -> Lists:
        """Who may look and who may act, once signed in."""
        return Lists(read_list(self.viewers), read_list(self.operators))
