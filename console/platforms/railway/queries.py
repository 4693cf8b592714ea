"""What Railway is asked: GraphQL documents, each valid by Railway's own schema."""

PAGE = 100  # items asked for at once
BATCH = 10  # deployments whose steps are asked for in one request

DEPLOYMENTS = """
query Deployments(
  $input: DeploymentListInput!, $first: Int!, $after: String,
  $service: String!, $environment: String!, $begin: Boolean!
) {
  deployments(input: $input, first: $first, after: $after) {
    edges { node { id status createdAt statusUpdatedAt meta creator { name } } }
    pageInfo { hasNextPage endCursor }
  }
  serviceInstance(serviceId: $service, environmentId: $environment) @include(if: $begin) {
    ...Instances
  }
}
fragment Instances on ServiceInstance {
  numReplicas
  activeDeployments { id instances { id status } }
}
""".strip()

INSTANCES = """
query Instances($service: String!, $environment: String!) {
  serviceInstance(serviceId: $service, environmentId: $environment) {
    numReplicas
    activeDeployments { id instances { id status } }
  }
}
""".strip()

_STEPS = """
fragment Steps on QueryDeploymentEventsConnection {
  edges { node { id step createdAt completedAt payload {
    attempt maxAttempts durationMs detail error reason skipped
  } } }
  pageInfo { hasNextPage endCursor }
}
""".strip()

VARIABLES = """
query Variables($project: String!, $environment: String!, $service: String!) {
  variables(
    projectId: $project, environmentId: $environment, serviceId: $service, unrendered: true
  )
}
""".strip()

BUILD_LOG = """
query BuildLog($id: String!, $limit: Int!) {
  buildLogs(deploymentId: $id, limit: $limit) { timestamp message severity }
}
""".strip()

DEPLOY_LOG = """
query DeployLog($id: String!, $limit: Int!) {
  deploymentLogs(deploymentId: $id, limit: $limit) { timestamp message severity }
}
""".strip()

LINES = """
query Lines(
  $environment: String!, $filter: String!, $until: String!, $since: String!, $limit: Int!
) {
  environmentLogs(
    environmentId: $environment, filter: $filter,
    anchorDate: $until, beforeDate: $since, beforeLimit: $limit
  ) {
    timestamp message severity
    attributes { key value }
    tags { serviceId deploymentInstanceId }
  }
}
""".strip()

TIMES = """
query ResponseTimes(
  $service: String!, $environment: String!, $since: DateTime!, $until: DateTime!, $step: Int!
) {
  httpDurationMetrics(
    serviceId: $service, environmentId: $environment,
    startDate: $since, endDate: $until, stepSeconds: $step
  ) { samples { ts p50 p90 p95 p99 } }
}
""".strip()

CAN_ROLL_BACK = """
query CanRollBack($id: String!) { deployment(id: $id) { id status canRollback } }
""".strip()

SCALE = """
mutation Scale($service: String!, $environment: String!, $instances: Int!) {
  serviceInstanceUpdate(
    serviceId: $service, environmentId: $environment, input: {numReplicas: $instances}
  )
}
""".strip()

# The documentation selects fields of this; by the schema it is a Boolean, which has none.
ROLLBACK = """
mutation Rollback($id: String!) { deploymentRollback(id: $id) }
""".strip()

REDEPLOY = """
mutation Redeploy($service: String!, $environment: String!) {
  serviceInstanceDeployV2(serviceId: $service, environmentId: $environment)
}
""".strip()

SET_VARIABLE = """
mutation SetVariable($input: VariableUpsertInput!) { variableUpsert(input: $input) }
""".strip()


def steps(count: int) -> str:
    """The steps of `count` deployments in one request: `$id0` gives `e0`, and so on."""
    variables = ", ".join(f"$id{place}: String!" for place in range(count))
    asked = "\n".join(
        f"  e{place}: deploymentEvents(id: $id{place}, first: {PAGE}) {{ ...Steps }}"
        for place in range(count)
    )
    return f"query Steps({variables}) {{\n{asked}\n}}\n{_STEPS}"


MORE_STEPS = (
    "query MoreSteps($id: String!, $after: String!) {\n"
    f"  deploymentEvents(id: $id, first: {PAGE}, after: $after) {{ ...Steps }}\n"
    f"}}\n{_STEPS}"
)
