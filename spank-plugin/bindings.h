#include <slurm/slurm.h>
#include <slurm/spank.h>

/* As an enumerator, since bindgen leaves out what newer headers define with a cast. */
enum { SLUICE_SHOW_JOB = SHOW_ALL | SHOW_DETAIL };
