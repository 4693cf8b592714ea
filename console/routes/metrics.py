"""GET /metrics: what the store knows, for Prometheus, as OpenMetrics or in its older text format.

The metrics are those of the watched services and of the collector; Streamlit has its own at
/_stcore/metrics. A number that is not known has no sample: nothing is reported as 0 for want of
something better, and `console_check_up` is absent while a check stands `unknown`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from prometheus_client import CollectorRegistry
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    Metric,
    StateSetMetricFamily,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from starlette.responses import Response

from console.health.summary import Presented, Standing
from console.health.verdict import Summary
from console.routes.endpoint import Call
from console.routes.problem import answer as respond
from console.store.model import CollectorBeat

_UP = {Standing.PASS: 1.0, Standing.WARN: 1.0, Standing.FAIL: 0.0}  # the others count as neither


def answer(call: Call) -> Response:
    """Every metric, in the format that the caller prefers."""
    summaries = [call.summary(service) for service in call.runtime.config.services]
    registry = CollectorRegistry(auto_describe=False)
    registry.register(StoreCollector(summaries, call.runtime.store.collector(), call.now))
    encode, content_type = choose_encoder(call.request.headers.get("accept", ""))
    return respond(encode(registry), media_type=content_type)


@dataclass(eq=False)  # a registry keeps collectors by identity
class StoreCollector(Collector):
    """Turns one reading of the store into metrics."""

    summaries: Sequence[Summary]
    beat: CollectorBeat | None
    now: float

    def collect(self) -> Iterator[Metric]:
        """All metrics; times are Unix seconds, durations seconds."""
        yield self._services()
        yield from self._checks()
        yield from self._collector()

    def _services(self) -> Metric:
        family = StateSetMetricFamily(
            "console_service_status", "How a service stands.", labels=["service"]
        )
        for summary in self.summaries:
            family.add_metric([summary.service.name], _states(summary.verdict.standing))
        return family

    def _checks(self) -> Iterator[Metric]:
        status = StateSetMetricFamily(
            "console_check_status", "How a check stands.", labels=["service", "check"]
        )
        gauges = {
            name: GaugeMetricFamily(f"console_check_{name}", text, labels=["service", "check"])
            for name, text in _CHECK_GAUGES.items()
        }
        for summary in self.summaries:
            for shown in summary.checks:
                labels = [summary.service.name, shown.check.name]
                status.add_metric(labels, _states(shown.standing))
                for name, value in _numbers(shown).items():
                    if value is not None:
                        gauges[name].add_metric(labels, value)
        yield status
        yield from gauges.values()

    def _collector(self) -> Iterator[Metric]:
        beat = self.beat
        if beat is None:
            return
        yield GaugeMetricFamily(
            "console_collector_heartbeat_age_seconds",
            "Time since the collector's last heartbeat.",
            max(0.0, self.now - beat.at),
        )
        yield GaugeMetricFamily(
            "console_collector_start_time_seconds", "When the collector started.", beat.started_at
        )
        yield GaugeMetricFamily(
            "console_collector_flush_interval_seconds",
            "Time between two writes of the collector.",
            beat.flush_interval,
        )
        yield GaugeMetricFamily(
            "console_collector_spool_bytes", "Results that wait on disk.", beat.spool_bytes
        )
        yield CounterMetricFamily(
            "console_collector_dropped_results",
            "Results that were lost since the collector started.",
            beat.dropped,
            created=beat.started_at,
        )
        yield GaugeMetricFamily(
            "console_collector_probe_lag_p99_seconds",
            "How late probes start, 99th percentile.",
            beat.lag_p99_ms / 1000,
        )


_CHECK_GAUGES = {
    "up": "1 while a check passes or warns, 0 while it fails, absent otherwise.",
    "incident_open": "Whether an incident of the check is open.",
    "last_duration_seconds": "Duration of the last probe.",
    "last_result_timestamp_seconds": "When the last probe started.",
    "certificate_expiry_timestamp_seconds": "When the certificate that was seen last expires.",
}


def _numbers(shown: Presented) -> dict[str, float | None]:
    state = shown.state
    return {
        "up": _UP.get(shown.standing),
        "incident_open": float(state.incident is not None),
        "last_duration_seconds": state.last.duration if state.last else None,
        "last_result_timestamp_seconds": shown.heard_at,
        "certificate_expiry_timestamp_seconds": state.certificate_expires_at,
    }


def _states(standing: Standing) -> dict[str, bool]:
    return {one.value: one is standing for one in Standing}
