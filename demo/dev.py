"""A server that stays up, with an owner who is signed in: `make dev`. State is kept in `.dev/`."""

import sys
from pathlib import Path

from stage import BIN, OWNER, Failed, Stage

ROOT = Path(__file__).resolve().parent.parent / ".dev"
ADDRESS = "127.0.0.1:8787"


def main() -> int:
    stage = Stage(ROOT)
    try:
        url = stage.start_server(ADDRESS)
        code = stage.add_owner()
        stage.sign_in(code)
        web_code = stage.add_owner()
    except Failed as failure:
        print(failure, file=sys.stderr)
        stage.stop_server()
        return 1
    print(
        f"""
Ravi answers at {url}; its state is in {ROOT} (remove it to start afresh).

In another shell:

   export PATH={BIN}:$PATH HOME={stage.home}
   ravi identity create --name my-agent
   ravi identity use my-agent
   ravi get email

In a browser: {url}/ as {OWNER}, with the one-time code {web_code}
Log: {stage.log}    Stop: Ctrl-C""",
        flush=True,
    )
    try:
        return stage.wait_for_server()
    except KeyboardInterrupt:
        stage.stop_server()
        return 0


if __name__ == "__main__":
    sys.exit(main())
