/* A program of an MPI kind: each rank gives a number to all others by PMIx, collects theirs, and
 * leaves a mark if they are right. */
#include <pmix.h>
#include <stdio.h>

static int number_of(const pmix_proc_t *proc, const char *key) {
    pmix_value_t *value = NULL;
    if (PMIx_Get(proc, key, NULL, 0, &value) != PMIX_SUCCESS)
        return -1;
    return value->data.uint32;
}

int main(void) {
    pmix_proc_t me, other;
    int error = PMIx_Init(&me, NULL, 0);
    if (error != PMIX_SUCCESS)
        return fprintf(stderr, "PMIx_Init: %s\n", PMIx_Error_string(error)), 1;

    pmix_value_t mine = {.type = PMIX_UINT32, .data.uint32 = 1000 + me.rank};
    pmix_info_t collect;
    bool yes = true;
    PMIX_INFO_LOAD(&collect, PMIX_COLLECT_DATA, &yes, PMIX_BOOL);
    if (PMIx_Put(PMIX_GLOBAL, "number", &mine) != PMIX_SUCCESS || PMIx_Commit() != PMIX_SUCCESS ||
        PMIx_Fence(NULL, 0, &collect, 1) != PMIX_SUCCESS)
        return fputs("no exchange\n", stderr), 1;

    PMIX_PROC_LOAD(&other, me.nspace, PMIX_RANK_WILDCARD);
    int size = number_of(&other, PMIX_JOB_SIZE);
    for (other.rank = 0; (int)other.rank < size; other.rank++)
        if (number_of(&other, "number") != 1000 + (int)other.rank)
            return fprintf(stderr, "rank %u: not what it gave\n", other.rank), 1;
    PMIx_Finalize(NULL, 0);

    char name[32];
    snprintf(name, sizeof name, "mark.%u", me.rank);
    FILE *mark = fopen(name, "w");
    return size < 2 || mark == NULL || fclose(mark) != 0;
}
