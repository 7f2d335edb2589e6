"""What skills cost: tokens beside the schemas of real MCP servers, and time for 5,000 of them.

``python bench/skills_cost.py [--tokens | --time] [--without-peers]``. Exit code 1 where any mix of servers costs more
as skills than the schemas of the same servers would.

Rule 1: tokens are counted by o200k_base, whose name is printed; the tokenizers of other models count otherwise.
Rule 2: time is CPU time, user and system, of this process (inside) or of a whole process with its children; what is
        compared takes turns in the same run.
"""

import argparse
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
# The repository's packages, those of its tests among them, must be found before what lies beside this file.
sys.path[:] = [str(HERE.parent), *(place for place in sys.path if Path(place or ".").resolve() != HERE), str(HERE)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokens", action="store_true", help="the tables about tokens alone")
    parser.add_argument("--time", action="store_true", help="the tables about time alone")
    parser.add_argument("--without-peers", action="store_true", help="ours alone: nothing is installed")
    parser.add_argument(
        "--peers", type=Path, default=HERE.parent / ".venv-peers-skills", help="where peers are installed"
    )
    parser.add_argument("--skills", type=int, default=5000, help="how many (default 5,000)")
    args = parser.parse_args()
    fine = True
    if not args.time:
        from skills_servers import in_missions, servers
        from skills_tokens import print_tokens

        with tempfile.TemporaryDirectory(prefix="onecontext-servers-") as folder:
            found = servers(Path(folder))
            fine = print_tokens(found, in_missions(Path(folder), found))
    if not args.tokens:
        from skills_speed import print_times

        print_times(args.skills, None if args.without_peers else args.peers)
    if not fine:
        sys.exit("a mix of servers costs more as skills than its schemas would")


if __name__ == "__main__":
    main()
