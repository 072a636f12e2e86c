namespace MicroVm.Vmm.Jail.Filters;

/// <summary>
/// The system calls that filters name, by their names in the kernel's headers. Each architecture has its own number for one, and where it
/// lacks one the number of what its C library calls instead.
/// </summary>
internal enum SystemCall
{
    Read,
    Write,
    Close,
    Fstat,
    Lseek,
    Mmap,
    Mprotect,
    Munmap,
    Brk,
    RtSigaction,
    RtSigprocmask,
    RtSigreturn,
    Ioctl,
    Pread64,
    Readv,
    Writev,
    SchedYield,
    Mremap,
    Madvise,
    Nanosleep,
    Getpid,
    Socket,
    Connect,
    Sendto,
    Recvfrom,
    Sendmsg,
    Shutdown,
    Clone,
    Exit,
    Fdatasync,

    /// <summary>unlink; on aarch64 unlinkat, which its C library makes of it.</summary>
    Unlink,

    Sysinfo,
    RtSigtimedwait,
    Sigaltstack,
    Prctl,
    Gettid,
    Futex,
    SchedGetaffinity,
    RestartSyscall,
    ClockGettime,
    ClockNanosleep,
    ExitGroup,

    /// <summary>epoll_wait; on aarch64 epoll_pwait, which its C library makes of it.</summary>
    EpollWait,

    EpollCtl,
    Tgkill,
    Openat,
    Newfstatat,
    SetRobustList,
    TimerfdCreate,
    TimerfdSettime,
    Accept4,
    Eventfd2,
    Preadv,
    Pwritev,
    Prlimit64,
    Seccomp,
    Getrandom,
    Membarrier,
    Rseq,
    IoUringEnter,
    Clone3,
}
