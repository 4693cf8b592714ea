"""What the collector read of deployments, for this page and for those that tell of them."""

from console.deployments.history import Snapshot
from console.deployments.load import load
from console.ui.page import Page
from console.ui.reading import Fetched, fetch


def fetched(page: Page) -> Fetched[Snapshot | None]:
    """The last snapshot; its value is None before the first."""
    store, name = page.runtime.store, page.service.name
    return fetch(page.runtime, ("deployments", name), lambda: load(store, name))
