/* N sums (1) of a million numbers, each by four threads. */
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
int main(int argc, char **argv) {
    long sum = 0;
    for (int rounds = argc > 1 ? atoi(argv[1]) : 1; rounds > 0; rounds--) {
        sum = 0;
#pragma omp parallel for num_threads(4) reduction(+ : sum)
        for (long i = 0; i < 1000000; i++) sum += i;
    }
    printf("threads sum %ld\n", sum);
}
