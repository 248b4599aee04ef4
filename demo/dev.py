"""A server that stays up, with an owner who is signed in: `make dev`. State is kept in `.dev/`."""

import argparse
import signal
import sys
from pathlib import Path

from stage import BIN, OWNER, Failed, Stage

STATE = Path(__file__).resolve().parent.parent / ".dev"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--http", default="127.0.0.1:8787", metavar="HOST:PORT", help="where to listen")
    parser.add_argument("--smtp", default="127.0.0.1:2525", metavar="HOST:PORT", help="where to take in mail")
    parser.add_argument("--state", default=STATE, type=Path, metavar="DIR", help="where everything is kept")
    wishes = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a supervisor's way to say Ctrl-C
    stage = Stage(wishes.state.resolve())
    try:
        url = stage.start_server(wishes.http, wishes.smtp)
        code = stage.add_owner()
        stage.sign_in(code)
        web_code = stage.add_owner()
    except Failed as failure:
        print(failure, file=sys.stderr)
        stage.stop_server()
        return 1
    print(
        f"""
Ravi answers at {url}; its state is in {wishes.state} (remove it to start afresh).

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
