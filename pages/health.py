from console.health.view.checks import health
from console.ui.guard import guard
from console.ui.page import open_page

visitor = guard()
health(open_page(visitor))
