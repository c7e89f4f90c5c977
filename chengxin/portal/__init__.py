"""Portal: what the platform itself tells and offers: notices, policies, news, downloads, help, and free services.

A page of content is a row of versions that are only added to; the public sees the one version that a second person
has published, as HTML that was cleaned when it was saved. A service product is free, belongs to one of four groups,
and is claimed once by an enterprise; its stock is never given out twice.

Source: document 000 §1; requirements PUB-08, SVC-01 to SVC-04; decision D-55.
"""
