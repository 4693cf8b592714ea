from console.month_end.view.page import month_end
from console.ui.guard import guard
from console.ui.page import open_page

visitor = guard()
month_end(open_page(visitor))
