/* Two ranks, N times (1): a message through shared memory, and one read straight out of the other's
   memory. */
#define _GNU_SOURCE
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>
enum { SIZE = 8 << 20 };
int main(int argc, char **argv) {
    int rank;
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    char *buffer = malloc(SIZE), *copy = malloc(SIZE);
    memset(buffer, rank ? 0 : 'x', SIZE);
    struct { long pid; void *at; } mine = {getpid(), buffer}, all[2];
    MPI_Allgather(&mine, sizeof mine, MPI_BYTE, all, sizeof mine, MPI_BYTE, MPI_COMM_WORLD);
    int good = 1, every;
    for (int rounds = argc > 1 ? atoi(argv[1]) : 1; rounds > 0; rounds--) {
        if (rank == 0) MPI_Send(buffer, SIZE, MPI_CHAR, 1, 0, MPI_COMM_WORLD);
        if (rank == 1) MPI_Recv(buffer, SIZE, MPI_CHAR, 0, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
        MPI_Barrier(MPI_COMM_WORLD);
        struct iovec here = {copy, SIZE}, there = {all[!rank].at, SIZE};
        long got = process_vm_readv(all[!rank].pid, &here, 1, &there, 1, 0);
        good &= got == SIZE && copy[SIZE - 1] == 'x' && buffer[SIZE - 1] == 'x';
        MPI_Barrier(MPI_COMM_WORLD);
    }
    MPI_Allreduce(&good, &every, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD);
    if (rank == 0) printf("ranks exchanged %d\n", every);
    MPI_Finalize();
    return !every;
}
