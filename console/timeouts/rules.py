"""All the rules in their order, and what each asks in a few words."""

from console.timeouts.lint import Rule
from console.timeouts.rules_limits import (
    t06_every_level_has_a_limit,
    t07_the_number_is_a_total,
    t08_connecting_takes_a_third_at_most,
    t09_health_checks_are_quick,
    t10_shutdown_ends_before_the_kill,
)
from console.timeouts.rules_nesting import (
    t01_item_outlasts_its_call,
    t02_run_fits_the_process,
    t03_server_outlasts_the_process,
    t04_platform_outlasts_the_server,
    t05_caller_waits_longest,
)
from console.timeouts.rules_shared import (
    t11_a_lock_outlives_its_holder,
    t12_an_item_stays_taken,
    t13_a_queue_waits_six_times,
    t14_the_server_keeps_connections_longest,
    t15_one_layer_retries,
)
from console.timeouts.rules_traffic import (
    t16_limits_fit_what_was_seen,
    t17_retry_after_has_a_cap,
    t18_the_own_limit_allows_the_concurrency,
    t19_instances_share_the_limiter,
    t20_units_are_what_the_names_say,
)

RULES: tuple[Rule, ...] = (
    t01_item_outlasts_its_call,
    t02_run_fits_the_process,
    t03_server_outlasts_the_process,
    t04_platform_outlasts_the_server,
    t05_caller_waits_longest,
    t06_every_level_has_a_limit,
    t07_the_number_is_a_total,
    t08_connecting_takes_a_third_at_most,
    t09_health_checks_are_quick,
    t10_shutdown_ends_before_the_kill,
    t11_a_lock_outlives_its_holder,
    t12_an_item_stays_taken,
    t13_a_queue_waits_six_times,
    t14_the_server_keeps_connections_longest,
    t15_one_layer_retries,
    t16_limits_fit_what_was_seen,
    t17_retry_after_has_a_cap,
    t18_the_own_limit_allows_the_concurrency,
    t19_instances_share_the_limiter,
    t20_units_are_what_the_names_say,
)
