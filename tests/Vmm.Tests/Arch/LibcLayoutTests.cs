using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Tests.Arch;

/// <summary>What the VMM says to the C library, on either architecture. Flags that are private where they are used stand here as numbers.</summary>
public sealed class LibcLayoutTests
{
    [Theory]
    [InlineData(CTarget.X64)]
    [InlineData(CTarget.Arm64)]
    public void Structures_OfLibc_HaveTheHeadersLayout(CTarget target)
    {
        CHeaderAssertions c = new("signal.h", "sys/uio.h", "sys/un.h", "sys/signalfd.h", "sys/socket.h", "time.h", "pthread.h");
        c.Size<SignalSet>("sigset_t");
        c.Size<SignalFdInfo>("struct signalfd_siginfo").Offsets<SignalFdInfo>("struct signalfd_siginfo", ("Number", "ssi_signo"));
        c.Size<IoVec>("struct iovec").Offsets<IoVec>("struct iovec", ("Base", "iov_base"), ("Length", "iov_len"));
        c.Size<SockAddrUn>("struct sockaddr_un").Offsets<SockAddrUn>("struct sockaddr_un", ("Family", "sun_family"), ("Path", "sun_path"));
        c.Size<TimerSpec>("struct itimerspec")
            .Offsets<TimerSpec>("struct itimerspec", ("IntervalNanoseconds", "it_interval.tv_nsec"), ("ValueSeconds", "it_value.tv_sec"));
        c.Size<MsgHdr>("struct msghdr")
            .Offsets<MsgHdr>(
                "struct msghdr",
                ("Name", "msg_name"),
                ("NameLength", "msg_namelen"),
                ("Vectors", "msg_iov"),
                ("VectorCount", "msg_iovlen"),
                ("Control", "msg_control"),
                ("Flags", "msg_flags"));
        c.Equal("sizeof(struct timespec)", 2 * sizeof(long))
            .Equal("sizeof(pthread_t)", sizeof(ulong))
            .Equal("sizeof(pthread_attr_t) <= 128", 1)
            .Equal("__SIZEOF_POINTER__", 8);
        Assert.Equal("", c.Compile(target));
    }

    /// <summary>The kernel writes the same fields at other places: a packed structure is an x86_64 peculiarity.</summary>
    [Fact]
    public void EpollEvent_IsPackedOnX64Only()
    {
        CHeaderAssertions packed = new("sys/epoll.h"), natural = new("sys/epoll.h");
        packed.Equal("sizeof(struct epoll_event)", EpollEvent.PackedBytes)
            .Offsets<EpollEvent>("struct epoll_event", ("Events", "events"), ("PackedLow", "data"));
        natural.Size<EpollEvent>("struct epoll_event")
            .Equal("sizeof(struct epoll_event)", EpollEvent.NaturalBytes)
            .Offsets<EpollEvent>("struct epoll_event", ("Events", "events"), ("NaturalData", "data"));
        Assert.Equal("", packed.Compile(CTarget.X64));
        Assert.Equal("", natural.Compile(CTarget.Arm64));
    }

    [Theory]
    [InlineData(CTarget.X64)]
    [InlineData(CTarget.Arm64)]
    public void Numbers_OfLibc_AreTheHeaders(CTarget target)
    {
        CHeaderAssertions c = new(
            "signal.h", "errno.h", "fcntl.h", "sys/epoll.h", "sys/eventfd.h", "sys/timerfd.h", "sys/signalfd.h", "sys/socket.h", "sys/prctl.h", "time.h", "elf.h");
        c.Equal("SIGTERM", SignalNumber.Terminate)
            .Equal("SIGINT", SignalNumber.Interrupt)
            .Equal("SIGPIPE", SignalNumber.Pipe)
            .Equal("EPERM", Errno.Perm)
            .Equal("ENOENT", Errno.NoEntry)
            .Equal("EINTR", Errno.Interrupted)
            .Equal("EAGAIN", Errno.Again)
            .Equal("ENOMEM", Errno.OutOfMemory)
            .Equal("EPIPE", Errno.Pipe)
            .Equal("ENXIO", 6)
            .Equal("ENAMETOOLONG", 36)
            .Equal("EADDRINUSE", 98)
            .Equal("ECONNREFUSED", 111);
        c.Equal("O_RDWR", 2)
            .Equal("O_CREAT", 0x40)
            .Equal("O_APPEND", 0x400)
            .Equal("O_NONBLOCK", 0x800)
            .Equal("O_CLOEXEC", 0x80000)
            .Equal("EPOLL_CLOEXEC", 0x80000)
            .Equal("EFD_NONBLOCK | EFD_CLOEXEC", 0x80800)
            .Equal("TFD_NONBLOCK | TFD_CLOEXEC", 0x80800)
            .Equal("SFD_NONBLOCK | SFD_CLOEXEC", 0x80800)
            .Equal("SOCK_NONBLOCK | SOCK_CLOEXEC", 0x80800)
            .Equal("SOCK_STREAM", 1)
            .Equal("AF_UNIX", 1)
            .Equal("MSG_NOSIGNAL", 0x4000)
            .Equal("MSG_PEEK", 2);
        c.Equal("CLOCK_MONOTONIC", 1)
            .Equal("SIG_BLOCK", 0)
            .Equal("AT_PHDR", 3)
            .Equal("AT_PHNUM", 5)
            .Equal("PR_SET_NAME", 15)
            .Equal("PR_SET_NO_NEW_PRIVS", 38);
        Assert.Equal("", c.Compile(target));
    }

    [Theory]
    [InlineData(CTarget.X64)]
    [InlineData(CTarget.Arm64)]
    public void Numbers_OfMappings_AreTheHeaders(CTarget target)
    {
        CHeaderAssertions c = new("sys/mman.h");
        c.Equal("PROT_READ | PROT_WRITE", 3)
            .Equal("MAP_SHARED", 1)
            .Equal("MAP_PRIVATE", 0x2)
            .Equal("MAP_FIXED", 0x10)
            .Equal("MAP_ANONYMOUS", 0x20)
            .Equal("MAP_NORESERVE", 0x4000)
            .Equal("MAP_HUGETLB", 0x40000)
            .Equal("MAP_HUGE_SHIFT", 26)
            .Equal("MADV_DONTNEED", 4)
            .Equal("MADV_HUGEPAGE", 14)
            .Equal("MADV_NOHUGEPAGE", 15);
        Assert.Equal("", c.Compile(target));
    }

    [Fact]
    public void SystemCalls_WithoutAWrapper_HaveTheHeadersNumbers()
    {
        CHeaderAssertions x64 = new("sys/syscall.h"), arm64 = new("sys/syscall.h");
        x64.Equal("SYS_seccomp", Seccomp.NumberOnX64).Equal("SYS_io_uring_setup", 425).Equal("SYS_io_uring_enter", 426);
        arm64.Equal("SYS_seccomp", Seccomp.NumberOnArm64).Equal("SYS_io_uring_setup", 425).Equal("SYS_io_uring_enter", 426);
        Assert.Equal("", x64.Compile(CTarget.X64));
        Assert.Equal("", arm64.Compile(CTarget.Arm64));
    }
}
