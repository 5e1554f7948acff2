/* A SPANK plugin that forks and executes in every hook. */
#include <slurm/spank.h>
#include <sys/wait.h>
#include <unistd.h>

SPANK_PLUGIN(forks, 1)

static int fork_and_execute(void) {
    pid_t pid = fork();
    if (pid == 0) {
        execl("/bin/true", "true", (char *)0);
        _exit(1);
    }
    waitpid(pid, 0, 0);
    return 0;
}

#define HOOK(name) int name(spank_t spank, int count, char **words) { return fork_and_execute(); }
HOOK(slurm_spank_init)
HOOK(slurm_spank_init_post_opt)
HOOK(slurm_spank_user_init)
HOOK(slurm_spank_task_init_privileged)
HOOK(slurm_spank_task_post_fork)
HOOK(slurm_spank_task_init)
HOOK(slurm_spank_task_exit)
HOOK(slurm_spank_job_prolog)
HOOK(slurm_spank_job_epilog)
HOOK(slurm_spank_exit)
