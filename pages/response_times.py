from console.response_times.view.page import response_times
from console.ui.guard import guard
from console.ui.page import open_page

visitor = guard()
response_times(open_page(visitor))
