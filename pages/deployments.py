from console.deployments.view.page import deployments
from console.ui.guard import guard
from console.ui.page import open_page

visitor = guard()
deployments(open_page(visitor))
