/* Preloaded into srun inside an allocation: asks for the step number in FORGED_STEP, as a client of
 * somebody's own may. Slurm gives it out. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <slurm/slurm.h>

int slurm_job_step_create(void *request, void **response) {
    int (*next)(void *, void **) = dlsym(RTLD_NEXT, "slurm_job_step_create");
    uint32_t job = strtoul(getenv("SLURM_JOB_ID"), NULL, 0);
    /* The request's structure is not public, but that of the id in it is. */
    for (uint32_t *word = request; word < (uint32_t *)request + 128; word++) {
        slurm_step_id_t *id = (void *)word;
        if (id->job_id == job && id->step_het_comp == NO_VAL && id->step_id == NO_VAL) {
            id->step_id = strtoul(getenv("FORGED_STEP"), NULL, 0);
            fprintf(stderr, "asking for step %#x\n", id->step_id);
            break;
        }
    }
    return next(request, response);
}
