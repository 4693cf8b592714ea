"""Requests over plain HTTP to servers of this machine.

Without a client, httpx reads the system's certificates for each request: 20 ms of computing, which
a test that waits for an answer would repeat all the time. A client of a test's own is given
`verify=False` for the same reason.
"""

from functools import partial

import httpx

get = partial(httpx.get, verify=False)
post = partial(httpx.post, verify=False)
request = partial(httpx.request, verify=False)
