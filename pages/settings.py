from console.settings.view.page import settings
from console.ui.guard import guard
from console.ui.page import open_page

visitor = guard()
settings(open_page(visitor))
