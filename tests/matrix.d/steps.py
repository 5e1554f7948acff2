"""Steps of a running job: those that it starts itself, where its entry lets it, and those that
others start in it.
"""

from cells import HOME, MARK, RUNS, SEALED, alice, box, cell, root, until

RAN = ["ran"]
NOT = ["did not run"]
# A sealed job's own words, which name the code, are not told outside.
TASK = "/bin/bash -c 'echo ran > mark.$SLURM_PROCID'"


def rows():
    """Name, what the job runs, how many tasks leave a mark, and whether sealed ones do."""
    yield from [
        ("srun", f"srun -N1 -n1 {TASK}", 1, RAN),
        ("srun -N1 -n2", f"srun -N1 -n2 {TASK}", 2, RAN),
        ("srun -N2 -n4", f"srun -N2 -n4 {TASK}", 4, RAN),
        ("srun --overlap, two at once", f"srun --overlap -N1 -n1 sleep 1 & srun --overlap -n4 {TASK}; wait",
         4, RAN),
        ("srun --multi-prog", "echo '* /usr/bin/touch mark.%t' > many; srun -n4 --multi-prog many", 4, RAN),
        ("srun --task-prolog", "srun -N1 -n1 --task-prolog=$PWD/program true", 1, RAN),
        ("srun --task-epilog", "srun -N1 -n1 --task-epilog=$PWD/program true", 1, NOT),
        # slurmd writes the copy on the node, where the job doesn't see it.
        ("srun --bcast", "srun -N1 -n1 --bcast=/tmp/matrix-copy-$SLURM_JOB_ID ./program", 1, NOT),
        ("srun --export=NONE", f"srun --export=NONE -N1 -n1 {TASK}", 1, NOT),
        ("srun with a private configuration",
         "grep -v PlugStack /etc/slurm/slurm.conf > c.conf; echo PlugStackConfig=/dev/null >> c.conf;"
         f" SLURM_CONF=$PWD/c.conf srun -N1 -n1 {TASK}", 1, NOT),
        ("sbatch", "sbatch --wait -o /dev/null ./program", 1, NOT),
    ]
    # Debian's Slurm 26.05 is built without PMIx.
    if " 26.05" not in root("sinfo --version"):
        yield "srun --mpi=pmix, two nodes", "srun --mpi=pmix -N2 -n4 /usr/lib/sluice/ranks", 4, RAN


def inside():
    """What a job starts itself, and that it can't where its entry doesn't let it."""
    def started(row, column, workflow, expected, command, tasks):
        run = box(
            "printf '#!/bin/sh\\ntouch %s/mark.${SLURM_PROCID:-0}\\n' $PWD > program; chmod 755 program\n"
            f"{command}\n[[ $(ls mark.* | wc -l) -eq {tasks} ]] && echo ran > mark\n", workflow)
        cell(f"{row}, in a job", column, expected,
             f"cd {run}; sbatch --wait -N2 --ntasks-per-node=2 -o o.%j job.sh")

    for row, command, tasks, sealed in rows():
        started(row, "outside", "stepping", RAN, command, tasks)
        started(row, "approved", "stepping", sealed, command, tasks)
    # Without a way to Slurm it would look for one for a minute.
    started("srun", "refused", "worst-case", NOT, f"timeout 10 srun -N1 -n1 {TASK}", 1)
    started("sbatch", "refused", "worst-case", NOT, "timeout 10 sbatch --wait -o /dev/null ./program", 1)


def beside(tool, workflow):
    """Something that alice does while a job of hers runs on both nodes; of tickets she may have one
    of her own making and that of the job before.
    """
    run = box("echo ran > mark; touch started; sleep 20\n", workflow)
    alice(f"cd {run}; sbatch --parsable -N2 -o o.%j job.sh > id", "main")
    job = (run / "id").read_text().strip()
    until(20, (SEALED / f"{job}.0/run/started").exists)
    ticket = root(f"cat /proc/$(cat /run/lab/n1.pid)/root/run/sluice/jobs/{job}.0/ticket")
    made_up = ticket[:-64] + 64 * "0"
    tool = tool.replace("FORGED", made_up).replace("OTHER", beside.last).replace("{}", job)
    result, beside.last = alice(tool, "main"), ticket
    root(f"scancel {job}")
    return result


beside.last = ""


def forged():
    """Steps of an allocation that claim the number of another kind, each with a task prolog of the
    user's; the approved script is there, and named.
    """
    for kind, number, expected in [
        ("batch", 0xFFFFFFFB, ["did not run, script-refused"]),
        ("interactive", 0xFFFFFFFA, ["did not run, step-refused"]),
        # slurmstepd itself runs nothing of the user's in it, and srun waits in vain.
        ("extern", 0xFFFFFFFC, ["did not run", "did not run, step-refused"]),
    ]:
        run = box()
        command = (f"LD_PRELOAD=/usr/lib/sluice/forged.so FORGED_STEP={number} timeout -s INT 10"
                   f" srun --task-prolog={HOME}/program $PWD/job.sh")
        cell(f"srun with the number of the {kind} step", "refused", expected,
             f"cd {run}; chmod 755 job.sh; salloc --quiet bash -c '{command}'")


def outside():
    """Steps into a running job that come from outside it."""
    step = f"srun --jobid={{}} --overlap -N1 -n1 -w n1 {HOME}/program"
    for row, workflow, code, command in [
        ("srun --jobid --overlap", "worst-case", "step-refused", step),
        ("srun --jobid --overlap, on the job's other node", "worst-case", "step-refused",
         step.replace("-w n1", "-w n2")),
        ("srun --jobid --overlap, where steps are allowed", "stepping", "ticket-missing", step),
        ("srun --jobid --overlap, made-up ticket", "stepping", "ticket-forged", f"SLUICE_TICKET=FORGED {step}"),
        ("srun --jobid --overlap, another job's ticket", "stepping", "ticket-foreign",
         f"SLUICE_TICKET=OTHER {step}"),
    ]:
        cell(f"{row}, from outside", "refused", [f"did not run, {code}"],
             lambda command=command, workflow=workflow: beside(command, workflow), ran=MARK.exists)
    forged()
    cell("sattach to a sealed job", "refused", NOT,
         lambda: beside("timeout 5 sattach {}.batch", "worst-case"), ran=MARK.exists)
