"""A page that shows the section Time-outs alone."""

import time

import streamlit as st

from console.timeouts.view import show
from console.ui.guard import guard
from console.ui.page import open_page

visitor = guard()
page = open_page(visitor)
st.title("Time-outs")
show(page.service, page.runtime, time.time())
