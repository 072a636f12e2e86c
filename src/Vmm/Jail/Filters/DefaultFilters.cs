using MicroVm.Vmm.Interop.Kvm;
using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Jail.Filters;

/// <summary>
/// The built-in allow-lists for a VMM whose guest runs: what the devices and the API do, what the run loop does, and what the .NET runtime
/// and the C library do underneath, on either architecture. How they were found is in docs/seccomp.md.
/// </summary>
internal static class DefaultFilters
{
    /// <summary>More than either program has.</summary>
    internal const int Space = 256;

    private const uint ProtectionExecute = 4;
    private const uint OpenForWriting = 3;
    private const uint UnixFamily = 1;
    private const uint SetName = 15;
    private const uint SetNoNewPrivileges = 38;

    /// <summary>For every thread. The calls of vCPUs are in it as well, because theirs is a further filter behind this one.</summary>
    internal static ReadOnlySpan<SockFilter> WriteProcess(Span<SockFilter> space, FilterTarget target)
    {
        FilterBuilder filter = new(space, target);
        filter.AllowWhenArgumentIs(
            SystemCall.Ioctl, 1, [KvmIoctl.Run, .. target.KvmRequests, KvmIoctl.SetSignalMask, TunIoctl.SetOffload]);
        AllowMemory(ref filter);
        filter.AllowWhenArgumentIs(SystemCall.Socket, 0, UnixFamily);
        filter.AllowWhenArgumentIs(SystemCall.Prctl, 0, SetName, SetNoNewPrivileges);

        // Event loop, disks, network, sockets, API.
        filter.Allow(
            SystemCall.EpollWait, SystemCall.Readv, SystemCall.Writev, SystemCall.Preadv, SystemCall.Pwritev, SystemCall.Pread64,
            SystemCall.Fdatasync, SystemCall.Openat, SystemCall.Recvfrom, SystemCall.Sendto, SystemCall.Sendmsg, SystemCall.Accept4,
            SystemCall.Connect, SystemCall.Shutdown, SystemCall.Unlink, SystemCall.TimerfdCreate, SystemCall.Eventfd2);

        // A new thread, and the filter of a vCPU.
        filter.Allow(
            SystemCall.Clone3, SystemCall.Clone, SystemCall.SetRobustList, SystemCall.Rseq, SystemCall.SchedGetaffinity,
            SystemCall.Seccomp);
        AllowCommon(ref filter);
        return filter.Build();
    }

    /// <summary>For vCPU threads, once they are set up.</summary>
    internal static ReadOnlySpan<SockFilter> WriteVcpu(Span<SockFilter> space, FilterTarget target)
    {
        FilterBuilder filter = new(space, target);
        filter.AllowWhenArgumentIs(SystemCall.Ioctl, 1, [KvmIoctl.Run, .. target.KvmRequests, TunIoctl.SetOffload]);
        AllowMemory(ref filter);

        // The collector looks at /proc/meminfo on whichever thread it runs.
        filter.AllowWhenArgumentLacks(SystemCall.Openat, 2, OpenForWriting);
        AllowCommon(ref filter);
        return filter.Build();
    }

    private static void AllowMemory(ref FilterBuilder filter)
    {
        filter.AllowWhenArgumentLacks(SystemCall.Mmap, 2, ProtectionExecute);
        filter.AllowWhenArgumentLacks(SystemCall.Mprotect, 2, ProtectionExecute);
    }

    private static void AllowCommon(ref FilterBuilder filter)
    {
        // Descriptors: events, serial output, log; what a device does on a vCPU's thread when it is started or reset.
        filter.Allow(
            SystemCall.Read, SystemCall.Write, SystemCall.Close, SystemCall.EpollCtl, SystemCall.TimerfdSettime, SystemCall.IoUringEnter);

        // Locks, signals, clocks, ends.
        filter.Allow(
            SystemCall.Futex, SystemCall.SchedYield, SystemCall.RtSigtimedwait, SystemCall.RtSigprocmask, SystemCall.RtSigaction,
            SystemCall.RtSigreturn, SystemCall.Sigaltstack, SystemCall.Tgkill, SystemCall.Gettid, SystemCall.Getpid,
            SystemCall.ClockGettime, SystemCall.ClockNanosleep, SystemCall.Nanosleep, SystemCall.RestartSyscall, SystemCall.Exit,
            SystemCall.ExitGroup);

        // Collector and allocator.
        filter.Allow(
            SystemCall.Madvise, SystemCall.Munmap, SystemCall.Mremap, SystemCall.Brk, SystemCall.Membarrier, SystemCall.Newfstatat,
            SystemCall.Fstat, SystemCall.Lseek, SystemCall.Prlimit64, SystemCall.Sysinfo, SystemCall.Getrandom);
    }
}
