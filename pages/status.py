from console.health.view.status import status
from console.ui.guard import guard
from console.ui.page import open_page

visitor = guard()
status(open_page(visitor))
