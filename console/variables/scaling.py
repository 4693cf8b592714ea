"""Variables of how many instances there should be."""

from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from console.instances.scaling.price import parse_price
from console.variables.base import Variables, no_problem


class ScalingVariables(Variables):
    """Variables of how many instances there should be."""

    sample_instances: int = Field(
        default=2,
        ge=1,
        le=8,
        validation_alias="CONSOLE_SAMPLE_INSTANCES",
        description="How many instances of the sample service are started, 1 to 8.",
    )
    scaling: Literal["recommend", "schedule"] = Field(
        default="recommend",
        validation_alias="CONSOLE_SCALING",
        description="`recommend` only says how many instances should run; `schedule` also applies "
        "it, every 30 s (300 s where the store bills commands), where the console can scale the "
        "service.",
    )
    instances_min: int = Field(
        default=1,
        ge=0,
        le=1000,
        validation_alias="CONSOLE_INSTANCES_MIN",
        description="The fewest instances that are recommended.",
    )
    instances_max: int = Field(
        default=8,
        ge=1,
        le=1000,
        validation_alias="CONSOLE_INSTANCES_MAX",
        description="The most instances that are recommended.",
    )
    instance_concurrency: int = Field(
        default=1,
        ge=1,
        le=1000,
        validation_alias="CONSOLE_INSTANCE_CONCURRENCY",
        description="How many items (or requests, of a service without items) one instance works "
        "on at once.",
    )
    instance_target: float = Field(
        default=0.7,
        ge=0.1,
        le=1,
        validation_alias="CONSOLE_INSTANCE_TARGET",
        description="The share of the time that an instance should be busy; 0.6 to 0.8 leaves "
        "room for peaks.",
    )
    instance_price: str = Field(
        default="",
        validation_alias="CONSOLE_INSTANCE_PRICE",
        description="What one instance costs an hour, such as `0.05 EUR`: the Instances page then "
        "shows what a plan costs.",
    )

    @field_validator("instance_price")
    @classmethod
    def _instance_price(cls, value: str) -> str:
        parse_price(value)
        return value.strip()

    @field_validator("instances_max")
    @classmethod
    def _instances_max(cls, value: int, info: ValidationInfo) -> int:
        below = value < info.data.get("instances_min", 0)
        return no_problem(value, "must not be below CONSOLE_INSTANCES_MIN" if below else "")
