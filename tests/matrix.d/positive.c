/* A SPANK plugin as many sites have one: its task hooks "fail" with a positive number. */
#include <slurm/spank.h>

SPANK_PLUGIN(positive, 1);

int slurm_spank_task_init_privileged(spank_t spank, int count, char **words) { return 1; }
int slurm_spank_task_init(spank_t spank, int count, char **words) { return 1; }
