"""Asks this container's server once: `python3 healthcheck.py PORT PATH`; exits 1 unless it answers 200."""

import http.client
import sys


def main() -> int:
    """0 where the server answers 200, else 1 with the reason on stderr."""
    port, path = int(sys.argv[1]), sys.argv[2]
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=4)
    try:
        connection.request("GET", path, headers={"Host": "localhost"})
        status = connection.getresponse().status
    except OSError as error:
        print(f"http://127.0.0.1:{port}{path}: {error}", file=sys.stderr)
        return 1
    finally:
        connection.close()
    print(f"http://127.0.0.1:{port}{path}: {status}", file=sys.stderr)
    return 0 if status == 200 else 1


if __name__ == "__main__":
    sys.exit(main())
