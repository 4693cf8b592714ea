from console.checklist.view.page import checklist
from console.ui.guard import guard
from console.ui.page import open_page

visitor = guard()
checklist(open_page(visitor))
