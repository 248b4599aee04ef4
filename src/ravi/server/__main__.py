"""`python -m ravi.server` is `ravi-server`."""

from ravi.server.command import main

raise SystemExit(main())
