"""Makes a folder, a link, a named pipe; renames and removes."""

import os


def attack(marker, folder, python_path):
    ways = (
        lambda: os.mkdir(folder + "/made"),
        lambda: os.symlink(marker, folder + "/link"),
        lambda: os.link(marker, folder + "/hard"),
        lambda: os.mkfifo(folder + "/pipe"),
        lambda: os.rename(folder + "/made", folder + "/moved"),
        lambda: os.truncate(folder + "/link", 0),
        lambda: os.chmod(folder, 0o700),
        lambda: os.utime(folder),
    )
    done = []
    for way in ways:
        try:
            done.append(way())
        except OSError:
            continue
    if not done:
        raise PermissionError("nothing can be changed")
    return done
