"""What the groups of variables share."""

from typing import TypeVar

from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

Value = TypeVar("Value")


class Variables(BaseSettings):
    """Some of the variables. Each field is one, named by its alias.

    No message quotes a value of a secret or of a URL, which may carry a password.
    """

    model_config = SettingsConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what `load` hands over: it has merged the sources, Streamlit's secrets included."""
        return (init_settings,)


def no_problem(value: Value, problem: str) -> Value:
    """The value. Raises ValueError where there is a problem."""
    if problem:
        raise ValueError(problem)
    return value
