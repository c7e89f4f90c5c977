"""What stands between the socket and the pages: request id, access log, security headers, limits of size, health.

Plain WSGI, so that the fast path before Django has the same headers and the same log as the rest (D-53, D-57).
"""
