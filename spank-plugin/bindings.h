#include <slurm/slurm.h>
#include <slurm/spank.h>
