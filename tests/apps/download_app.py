"""A file to download, which other runs of pages would clear away before a browser fetches it."""

from concurrent.futures import ThreadPoolExecutor

import streamlit as st
from streamlit import runtime

from console.ui.download import download

RUNS = 3  # of any page of any visitor

download("Figures", lambda: "a,b\n", "a.csv", "text/csv", key="a", icon=":material/download:")
files = runtime.get_instance().media_file_mgr
asked = next(iter(files._deferred_callables))
with ThreadPoolExecutor(1) as server:
    url = server.submit(files.execute_deferred, asked).result()
for _ in range(RUNS):
    files.remove_orphaned_files()
number = url.rpartition("/")[2].partition(".")[0]
st.text(f"there={number in files._file_metadata}")
