using MicroVm.EdgeAgent.Interop;

namespace MicroVm.EdgeAgent.Tests.Interop;

/// <summary>What the agent says to the C library, on either architecture. Flags that are private where they are used stand here as numbers.</summary>
public sealed class LibcLayoutTests
{
    [Theory]
    [InlineData(CTarget.X64)]
    [InlineData(CTarget.Arm64)]
    public void Structures_OfLibc_HaveTheHeadersLayout(CTarget target)
    {
        CHeaderAssertions c = new("sys/statvfs.h", "sys/stat.h", "poll.h", "spawn.h", "signal.h", "sys/timex.h", "linux/io_uring.h");
        c.Size<StatVfs>("struct statvfs")
            .Offsets<StatVfs>(
                "struct statvfs",
                ("BlockSize", "f_bsize"),
                ("FragmentSize", "f_frsize"),
                ("Blocks", "f_blocks"),
                ("BlocksFree", "f_bfree"),
                ("BlocksAvailable", "f_bavail"))
            .Size<StatX>("struct statx")
            .Offsets<StatX>("struct statx", ("Mask", "stx_mask"), ("LinkCount", "stx_nlink"), ("Uid", "stx_uid"), ("Gid", "stx_gid"), ("Mode", "stx_mode"))
            .Size<PollFd>("struct pollfd")
            .Offsets<PollFd>("struct pollfd", ("Fd", "fd"), ("Events", "events"), ("Revents", "revents"));
        c.Equal("sizeof(posix_spawn_file_actions_t) <= 1024", 1)
            .Equal("sizeof(posix_spawnattr_t) <= 1024", 1)
            .Equal("sizeof(sigset_t)", 128)
            .Equal("sizeof(struct timex) <= 256", 1)
            .Equal("sizeof(struct io_uring_params)", 120);
        Assert.Equal("", c.Compile(target));
    }

    [Theory]
    [InlineData(CTarget.X64)]
    [InlineData(CTarget.Arm64)]
    public void Numbers_OfLibc_AreTheHeaders(CTarget target)
    {
        CHeaderAssertions c = new(
            "fcntl.h", "errno.h", "signal.h", "spawn.h", "sys/eventfd.h", "sys/mman.h", "sys/wait.h", "sys/syscall.h", "sys/timex.h", "sys/random.h", "sys/stat.h", "malloc.h", "poll.h");
        c.Equal("O_RDWR", 2).Equal("O_CREAT", 0x40).Equal("O_TRUNC", 0x200).Equal("O_APPEND", 0x400).Equal("O_CLOEXEC", 0x80000);
        c.Equal("EFD_CLOEXEC", 0x80000).Equal("EFD_NONBLOCK", 0x800).Equal("WNOHANG", 1).Equal("POLLIN", (ulong)PollFd.Readable);
        c.Equal("PROT_READ | PROT_WRITE", 3).Equal("MAP_SHARED", 1).Equal("MAP_PRIVATE | MAP_ANONYMOUS", 0x22);
        c.Equal("ESRCH", Errno.ESRCH).Equal("EINTR", Errno.EINTR).Equal("ENOSYS", 38).Equal("EPERM", 1).Equal("ENOENT", 2).Equal("ENXIO", 6)
            .Equal("EACCES", 13).Equal("ENODEV", 19);
        c.Equal("SIGKILL", Signals.SIGKILL).Equal("SIGTERM", Signals.SIGTERM);
        c.Equal("POSIX_SPAWN_SETSIGMASK", 8).Equal("POSIX_SPAWN_SETSIGDEF", 4).Equal("POSIX_SPAWN_SETSID", 0x80);
        c.Equal("SYS_pidfd_send_signal", 424).Equal("SYS_pidfd_open", 434).Equal("SYS_io_uring_setup", 425);
        c.Equal("TIME_ERROR", 5).Equal("GRND_NONBLOCK", 1).Equal("STATX_BASIC_STATS", 0x7FF).Equal("M_ARENA_MAX == -8", 1).Equal("AT_FDCWD == -100", 1);
        Assert.Equal("", c.Compile(target));
    }
}
