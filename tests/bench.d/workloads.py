"""In a job, from its run directory: does what it is told, a workload a turn. A file go-N names the
workload and the processor that it gets, done-N then has the wall and CPU seconds that it took."""

import itertools
import json
import multiprocessing
import os
import resource
import subprocess
import time
from pathlib import Path

SOURCES = "/usr/share/sluice-lab/data"
# As the demo's workflow has it, but for the index.
PIPELINE = """
set -eo pipefail
bwa mem -v 1 -t 2 data/reference.fa data/patient_{1,2}.fastq.gz 2>/dev/null | samtools sort -o aligned.bam -
samtools index aligned.bam
bcftools mpileup -f data/reference.fa aligned.bam 2>/dev/null | bcftools call -mv --ploidy 2 -o calls.vcf
"""


def shell(command):
    """Commands that have to succeed."""
    subprocess.run(["bash", "-ec", command], check=True, stdout=subprocess.DEVNULL)


def prepare():
    """What is not counted. The data is copied since it is not where it was once a mode changes."""
    shell(f"""
cp -r /data/cohort data && chmod -R u+w data
for reads in data/patient_{{1,2}}.fastq.gz; do
    zcat $reads | awk 'NR <= 4000' | gzip > some && mv some $reads
done
samtools faidx data/reference.fa && bwa index data/reference.fa 2>/dev/null
gcc -O2 -fopenmp -o threads {SOURCES}/threads.c
mpicc.mpich -O2 -o ranks {SOURCES}/ranks.c""")


def square(number):
    """Some work for one call of a pool."""
    return sum(i * i for i in range(number % 1000))


def pool():
    """Python's multiprocessing: processes, pipes, semaphores."""
    with multiprocessing.Pool(2) as workers:
        workers.map(square, range(8_000), chunksize=50)


def small_files():
    """Little but what the layers look at: opening, making, renaming."""
    for number in range(5_000):
        name = f"f{number % 50}"
        with open(name, "w", encoding="ascii") as file:
            file.write("x" * 1000)
        with open(name, encoding="ascii") as file:
            file.read()
        os.rename(name, "g")


WORKLOADS = {
    "pipeline": lambda: shell(PIPELINE),
    "multiprocessing": pool,
    "processes": lambda: shell("for ((n = 0; n < 250; n++)); do /bin/true; done"),
    "mpi": lambda: shell("mpiexec.mpich -launcher fork -rmk user -n 2 ./ranks 10"),
    "openmp": lambda: shell("./threads 600"),
    "sparse": lambda: shell("truncate -s 512M sparse; cat sparse | wc -c"),
    "files": small_files,
}


def cpu():
    """CPU seconds of this process and of those that have ended."""
    both = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in both)


def main():
    prepare()
    Path("ready").touch()
    for number in itertools.count():
        go = Path(f"go-{number}")
        while not go.exists():
            time.sleep(0.01)
        name, *processor = go.read_text(encoding="ascii").split()
        if name == "end":
            return
        os.sched_setaffinity(0, map(int, processor))
        wall, before = time.perf_counter(), cpu()
        WORKLOADS[name]()
        took = {"wall": time.perf_counter() - wall, "cpu": cpu() - before}
        Path("partial").write_text(json.dumps({"workload": name} | took), encoding="ascii")
        os.rename("partial", f"done-{number}")


if __name__ == "__main__":
    main()
