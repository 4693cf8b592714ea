"""A console of its own process that dies where it is told to."""

import json
import os
import signal
import sys
import time

from console.access import Role, Visitor
from console.config import Config, Settings
from console.controls import running as running_module
from console.controls.desk import Desk
from console.controls.model import Mode
from console.controls.rules import Wish
from console.controls.running import Running
from console.health.check import Check, Service
from console.store.journal import Journal

ANN = Visitor("ann", Role.OPERATOR, "")


def die(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main(where: str, told: dict[str, str]) -> None:
    check = Check(name="cache", type="redis", url_env="REDIS_URL")
    service = Service.model_validate(
        {"name": told["service"], "url": told["url"], "checks": (check,), "run_token_env": "TOKEN"}
    )
    secrets = {"REDIS_URL": told["redis"], "TOKEN": told["token"]}
    desk = Desk(Config(Settings(), (service,), secrets=secrets).with_store(told["store"]))
    if where == "after the change":
        Journal.end = die  # the switch is made, and the log does not know yet
        desk.switch(ANN, service, Wish(Mode.DRY_RUN, desk.snapshot(service).epoch))
    running_module.RUN_SECONDS = float(told["seconds"])
    Running(desk._config, desk).run(
        ANN, service, told["item"], dry=False, key=told["key"], sure=True
    )
    time.sleep(60)  # until it is killed from outside


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
