from console.health.view.overview import overview
from console.ui.guard import guard
from console.ui.page import open_page

visitor = guard()
overview(open_page(visitor))
