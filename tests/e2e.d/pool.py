"""A sum by pools of processes, with a queue, a lock and shared memory; and whose Python this is."""

import multiprocessing as mp
import sys
from multiprocessing import shared_memory


def square(x):
    return x * x


if __name__ == "__main__":
    for method in ("fork", "spawn", "forkserver"):
        with mp.get_context(method).Pool(4) as pool:
            total = sum(pool.map(square, range(1000)))
    queue, lock, memory = mp.Queue(), mp.Lock(), shared_memory.SharedMemory(create=True, size=1 << 20)
    with lock:
        queue.put(total)
    print(f"sum {queue.get()}, prefix {sys.prefix.rsplit('/')[-1]}")
    memory.unlink()
