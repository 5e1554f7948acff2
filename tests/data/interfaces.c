/* Preloaded into MPI programs: what asks the kernel for its interfaces through a UDP socket, which a
   job with a way to Slurm can't have, asks through a TCP socket. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/socket.h>

int socket(int family, int type, int protocol) {
    int (*next)(int, int, int) = dlsym(RTLD_NEXT, "socket");
    if (family == AF_INET && type == SOCK_DGRAM && protocol == 0)
        type = SOCK_STREAM;
    return next(family, type, protocol);
}
