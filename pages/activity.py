from console.activity.view.page import activity
from console.ui.guard import guard
from console.ui.page import open_page

visitor = guard()
activity(open_page(visitor))
