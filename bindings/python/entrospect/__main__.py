import sys

from entrospect.cli import main

sys.exit(main())
