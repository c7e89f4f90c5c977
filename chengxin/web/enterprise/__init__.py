"""The enterprise's own pages: home, the archive page by page, receipts, messages, services."""
