from console.controls.view.page import controls
from console.ui.guard import guard
from console.ui.page import open_page

visitor = guard()
controls(open_page(visitor))
