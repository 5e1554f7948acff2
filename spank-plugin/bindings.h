#include <slurm/slurm.h>
#include <slurm/spank.h>

/* As an enumerator, since bindgen leaves out what newer headers define with a cast. Local: a node's
   jobs are its own cluster's, and Slurm need not ask first whether it is in a federation. */
enum { SLUICE_SHOW_JOB = SHOW_ALL | SHOW_DETAIL | SHOW_LOCAL };
