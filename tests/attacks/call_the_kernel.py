"""Calls what Python does not offer: io_uring, keyrings, bpf, perf, namespaces, mounts, x32."""

import ctypes
import errno

# x86_64's numbers; every argument is 0, which the kernel refuses for its own reasons, or harmless.
CALLS = {
    "io_uring_setup": 425, "userfaultfd": 323, "perf_event_open": 298, "keyctl": 250, "bpf": 321,
    "add_key": 248, "process_vm_readv": 310, "unshare": 272, "setns": 308, "mount": 165,
    "socketpair": 53, "msgget": 68, "shmget": 29, "semget": 64, "inotify_init1": 294,
    "eventfd2": 290, "pipe2": 293, "timerfd_create": 283, "epoll_create1": 291, "pidfd_open": 434,
    "openat2": 437, "mknod": 133, "landlock_create_ruleset": 444, "kcmp": 312, "quotactl": 179,
    "personality": 135, "splice": 275, "io_setup": 206, "sendto": 44, "fanotify_init": 300,
    "name_to_handle_at": 303, "x32 getpid": 0x40000027,
}  # fmt: skip


def attack(marker, folder, python_path):
    libc = ctypes.CDLL(None, use_errno=True)
    reached = []
    for name, number in CALLS.items():
        ctypes.set_errno(0)
        result = libc.syscall(ctypes.c_long(number), None, None, None, None, None, None)
        if result >= 0 or ctypes.get_errno() != errno.EPERM:
            reached.append(name)
    if not reached:
        raise PermissionError("the kernel answers none of them")
    return reached
