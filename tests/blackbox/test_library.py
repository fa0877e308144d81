"""libwenzheng as a user's program has it: a C program that links the shared library and nothing else of ours."""

import subprocess

from house import binary
from test_stock_workers import Programs


def tour(house):
    programs = Programs(house)  # writes the key files
    program = binary().replace("wenzhengd", "library-tour")
    keys = [str(house.path(f"clients/{name}.key_secret")) for name in ("web", "edu-a", "desk")]
    process = subprocess.Popen(
        [program, house.endpoints["portal"], house.endpoints["worker"], str(house.path("server.key")), *keys],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    programs.running.append(process)
    return programs, process


def test_a_program_of_a_user_goes_the_whole_way(new_house):
    house = new_house(lease="20", heartbeat="1").start()
    programs, process = tour(house)
    house.world.until(lambda: process.poll() is not None, 60, "the end of the tour")
    said = process.stdout.read().decode()
    programs.close()
    assert (process.returncode, said) == (0, "the tour is over\n")
    assert house.operator().workers() == [], "BYE was heard"
