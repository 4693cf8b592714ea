from console.alerts.view.page import alerts
from console.ui.guard import guard
from console.ui.page import open_page

visitor = guard()
alerts(open_page(visitor))
