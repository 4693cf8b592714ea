from console.cache.view.page import cache
from console.ui.guard import guard
from console.ui.page import open_page

visitor = guard()
cache(open_page(visitor))
