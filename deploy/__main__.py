"""`python -m deploy COMMAND`."""

from deploy.cli import main

raise SystemExit(main())
