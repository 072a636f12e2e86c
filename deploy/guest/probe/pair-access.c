// Accesses an address with no memory behind it by instructions that load and store a pair of registers. The hardware tells a
// hypervisor too little about those to have them emulated, so the guest must get a fault of its own.
// Prints the signal of each access, 0 for none; aarch64.
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>

static sigjmp_buf before;

static void on_signal(int number) { siglongjmp(before, number); }

int main(void) {
  signal(SIGBUS, on_signal);
  signal(SIGSEGV, on_signal);
  int memory = open("/dev/mem", O_RDWR | O_SYNC);
  void *nothing = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0x20000000);
  if (memory < 0 || nothing == MAP_FAILED) {
    perror("/dev/mem");
    return 1;
  }
  int number = sigsetjmp(before, 1);
  if (number == 0) {
    unsigned long first, second;
    asm volatile("ldp %0, %1, [%2]" : "=r"(first), "=r"(second) : "r"(nothing) : "memory");
  }
  printf("load %d\n", number);
  number = sigsetjmp(before, 1);
  if (number == 0) asm volatile("stp xzr, xzr, [%0]" : : "r"(nothing) : "memory");
  printf("store %d\n", number);
  return 0;
}
