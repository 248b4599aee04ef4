"""
The program `ravi-server`: REST API, sign-in pages and, in time, SMTP and SMS.

Calls go down, events go up (see ARCHITECTURE.md): `command` and `app` build everything, `web` and `login`
face people, the nouns face agents, `http` and `db` know no noun.
"""
