/* Each rank sends the name of its node to the first one. */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
    int rank, size;
    char node[64], other[64];
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    snprintf(node, sizeof node, "%s", getenv("SLURMD_NODENAME"));
    if (rank != 0)
        MPI_Send(node, sizeof node, MPI_CHAR, 0, 0, MPI_COMM_WORLD);
    for (int from = 1; rank == 0 && from < size; from++) {
        MPI_Recv(other, sizeof other, MPI_CHAR, from, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
        printf("%s heard rank %d of %d on %s\n", node, from, size, other);
    }
    MPI_Finalize();
    return size < 2;
}
