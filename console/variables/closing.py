"""Variables of how closings are held."""

from pydantic import Field, field_validator

from console.month_end.business_days import Shift
from console.month_end.freeze import read_planned
from console.month_end.rules import (
    MONTH_END,
    Rules,
    read_country,
    read_days,
    read_due,
    read_free,
    read_moved,
    read_pair,
)
from console.variables.base import Variables


class ClosingVariables(Variables):
    """Variables of how closings are held."""

    closing_second_approver: bool = Field(
        default=False,
        validation_alias="CONSOLE_CLOSING_SECOND_APPROVER",
        description="`on`: the same, but only inside the window of a closing.",
    )
    closing_days: str = Field(
        default=MONTH_END,
        validation_alias="CONSOLE_CLOSING_DAYS",
        description="When books are closed: `month-end` and days of the month, such as "
        "`month-end,20`.",
    )
    closing_due: str = Field(
        default="18:00",
        validation_alias="CONSOLE_CLOSING_DUE",
        description="When a closing is due on its day, in `CONSOLE_TIMEZONE`; `+2 12:00` is two "
        "business days later.",
    )
    closing_country: str = Field(
        default="",
        validation_alias="CONSOLE_CLOSING_COUNTRY",
        description="Whose holidays are free: `JP`, or a part of a country as `DE-BY`.",
    )
    closing_bank_holidays: bool = Field(
        default=True,
        validation_alias="CONSOLE_CLOSING_BANK_HOLIDAYS",
        description="`off`: work goes on on days on which only banks are shut.",
    )
    closing_free_days: str = Field(
        default="",
        validation_alias="CONSOLE_CLOSING_FREE_DAYS",
        description="The company's own free days: `12-29,12-30` every year, `2026-12-28` once.",
    )
    closing_shift: Shift = Field(
        default=Shift.PREVIOUS,
        validation_alias="CONSOLE_CLOSING_SHIFT",
        description="Where a closing goes that falls on a free day: `previous` or `next` business "
        "day, or `none`.",
    )
    closing_window: str = Field(
        default="5,5",
        validation_alias="CONSOLE_CLOSING_WINDOW",
        description="Business days before and after a closing that belong to its window.",
    )
    closing_freeze: str = Field(
        default="2,1",
        validation_alias="CONSOLE_CLOSING_FREEZE",
        description="Business days before and after a closing on which nothing is deployed.",
    )
    closing_items: int | None = Field(
        default=None,
        ge=1,
        le=100_000_000,
        validation_alias="CONSOLE_CLOSING_ITEMS",
        description="How many items one closing has, where you know it. Without it the console "
        "goes by past closings.",
    )

    closing_moved: str = Field(
        default="",
        validation_alias="CONSOLE_CLOSING_MOVED",
        description="Closings that are held on another day than by the rule: "
        "`2026-11-30 to 2026-12-02`, with commas between.",
    )
    closing_planned: str = Field(
        default="",
        validation_alias="CONSOLE_CLOSING_PLANNED",
        description="Deployments that are planned, so that Month-end warns of one in the freeze: "
        "`2026-11-27 10:00 Invoice layout; 2026-12-03 Payroll`.",
    )

    @field_validator("closing_moved")
    @classmethod
    def _closing_moved(cls, value: str) -> str:
        read_moved(value)
        return value

    @field_validator("closing_planned")
    @classmethod
    def _closing_planned(cls, value: str) -> str:
        read_planned(value)
        return value

    @field_validator("closing_days")
    @classmethod
    def _closing_days(cls, value: str) -> str:
        read_days(value)
        return value

    @field_validator("closing_due")
    @classmethod
    def _closing_due(cls, value: str) -> str:
        read_due(value)
        return value

    @field_validator("closing_country")
    @classmethod
    def _closing_country(cls, value: str) -> str:
        read_country(value)
        return value

    @field_validator("closing_free_days")
    @classmethod
    def _closing_free_days(cls, value: str) -> str:
        read_free(value)
        return value

    @field_validator("closing_window", "closing_freeze")
    @classmethod
    def _closing_pair(cls, value: str) -> str:
        read_pair(value)
        return value

    @property
    def closing(self) -> Rules:
        """How closings are held."""
        country, part = read_country(self.closing_country)
        yearly, single = read_free(self.closing_free_days)
        deadline_day, deadline = read_due(self.closing_due)
        before, after = read_pair(self.closing_window)
        freeze_before, freeze_after = read_pair(self.closing_freeze)
        return Rules(
            country, deadline, self.closing_shift, yearly, read_days(self.closing_days), part,
            self.closing_bank_holidays, single, deadline_day, before, after, freeze_before,
            freeze_after, self.closing_items, read_planned(self.closing_planned),
            read_moved(self.closing_moved),
        )  # fmt: skip
