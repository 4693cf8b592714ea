"""A plan of minimum instances in the words of four platforms. Pure text; nothing is sent.

Names of services come from outside: only letters, digits, `-`, `_`, `.` and `/` pass.
"""

import json
import re
from collections.abc import Sequence
from datetime import tzinfo

from console.month_end.plan import Period, local
from console.month_end.workload import Platform

_SAFE = re.compile(r"[^A-Za-z0-9._/-]")
HPA_STABILISATION = 300  # seconds before Kubernetes scales down; its own default
CPU_TARGET = 60  # percent; the default target of Cloud Run


def keda(periods: Sequence[Period], name: str, platform: Platform, zone: tzinfo) -> str:
    """A KEDA ScaledObject: a cron trigger for each period above the minimum is a floor, since the
    greatest of all triggers counts. Cron knows no year, so the plan is for these days only."""
    name, title = safe(name), zone_title(zone)
    lines = [
        _head(periods, zone),
        "apiVersion: keda.sh/v1alpha1",
        "kind: ScaledObject",
        "metadata:",
        f"  name: {name}-month-end",
        "spec:",
        "  scaleTargetRef:",
        f"    name: {name}",
        f"  minReplicaCount: {platform.least}",
        f"  maxReplicaCount: {platform.most}",
        "  triggers:",
        "    - type: cpu",
        "      metricType: Utilization",
        "      metadata:",
        f'        value: "{CPU_TARGET}"',
    ]
    for one in _raised(periods, platform):
        lines += [
            "    - type: cron",
            "      metadata:",
            f"        timezone: {title}",
            f'        start: "{_cron(one.start, zone)}"',
            f'        end: "{_cron(one.end, zone)}"',
            f'        desiredReplicas: "{one.instances}"',
        ]
    return "\n".join(lines) + "\n"


def cloud_run(periods: Sequence[Period], name: str, platform: Platform, zone: tzinfo) -> str:
    """A shell script with one Cloud Scheduler job for each change of `minInstanceCount`."""
    name, title = safe(name), zone_title(zone)
    service = f"projects/$PROJECT/locations/$REGION/services/{name}"
    lines = [
        "#!/bin/sh",
        _head(periods, zone),
        "# PROJECT, REGION and ACCOUNT (a service account that may update it) must be set.",
        "set -eu",
    ]
    for one in periods:
        body = json.dumps({"scaling": {"minInstanceCount": one.instances}})
        address = f"https://run.googleapis.com/v2/{service}?updateMask=scaling.minInstanceCount"
        job = f"{name.replace('/', '-')}-min-{local(one.start, zone):%m%d-%H%M}"
        lines += [
            f"# {local(one.start, zone):%Y-%m-%d %H:%M}: at least {one.instances}",
            f'gcloud scheduler jobs create http {job} --location="$REGION" \\',
            f'  --schedule="{_cron(one.start, zone)}" --time-zone="{title}" \\',
            f'  --uri="{address}" \\',
            "  --http-method=PATCH --headers=Content-Type=application/json \\",
            f"  --message-body='{body}' --oauth-service-account-email=\"$ACCOUNT\"",
        ]
    lines.append(f"# afterwards: at least {platform.least}; delete the jobs, cron knows no year")
    return "\n".join(lines) + "\n"


def render(periods: Sequence[Period], platform: Platform, zone: tzinfo) -> str:
    """Bodies of `PUT /v1/services/{serviceId}/autoscaling` of Render's API, one for each period."""
    rows = [
        {
            "from": local(one.start, zone).isoformat(),
            "to": local(one.end, zone).isoformat(),
            "body": {
                "enabled": True,
                "min": max(1, one.instances),  # Render's range begins at one
                "max": max(1, platform.most),
                "criteria": {
                    "cpu": {"enabled": True, "percentage": CPU_TARGET},
                    "memory": {"enabled": False, "percentage": CPU_TARGET},
                },
            },
        }
        for one in periods
    ]
    return json.dumps(rows, indent=2) + "\n"


def kubernetes(instances: int, name: str, platform: Platform) -> str:
    """A HorizontalPodAutoscaler for one period: it knows no schedule, so it is applied by hand or
    by a job when the period begins. `minReplicas` is at least one there."""
    name = safe(name)
    return f"""apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {name}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {name}
  minReplicas: {max(1, instances)}
  maxReplicas: {max(1, platform.most)}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target:
          type: Utilization
          averageUtilization: {CPU_TARGET}
  behavior:
    scaleUp:
      policies:
        - type: Pods
          value: {platform.step_up}
          periodSeconds: 60
    scaleDown:
      stabilizationWindowSeconds: {HPA_STABILISATION}
      policies:
        - type: Pods
          value: {platform.step_down}
          periodSeconds: 60
"""


def safe(name: str) -> str:
    """A name that is a word in every format, also where it came from outside."""
    return _SAFE.sub("-", name).strip("-./") or "service"


def zone_title(zone: tzinfo) -> str:
    """The name of the zone that schedulers know; UTC where it has none."""
    return str(getattr(zone, "key", "UTC"))


def _raised(periods: Sequence[Period], platform: Platform) -> list[Period]:
    return [one for one in periods if one.instances > platform.least]


def _cron(moment: float, zone: tzinfo) -> str:
    then = local(moment, zone)
    return f"{then.minute} {then.hour} {then.day} {then.month} *"


def _head(periods: Sequence[Period], zone: tzinfo) -> str:
    if not periods:
        return "# no plan: nothing is known of demand"
    first, last = local(periods[0].start, zone), local(periods[-1].end, zone)
    return (
        f"# minimum instances by the calendar, {first:%Y-%m-%d} to {last:%Y-%m-%d %H:%M}\n"
        "# take it away or replace it by then: cron knows no year"
    )
