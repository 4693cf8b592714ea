from console.logs.view.page import logs
from console.ui.guard import guard
from console.ui.page import open_page

visitor = guard()
logs(open_page(visitor))
