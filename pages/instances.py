from console.instances.view.page import instances
from console.ui.guard import guard
from console.ui.page import open_page

visitor = guard()
instances(open_page(visitor))
