using MicroVm.Shared.Contracts.Desired;
using MicroVm.Vmm.Guest.Boot;
using MicroVm.Vmm.Guest.Interop;
using MicroVm.Vmm.Guest.Supervision;
using MicroVm.Vmm.Guest.Workload;
using GuestLoop = MicroVm.Vmm.Guest.Supervision.EventLoop;

namespace MicroVm.Vmm.Tests.Guest;

public class GuestLayoutTests
{
    [Theory]
    [InlineData(CTarget.X64)]
    [InlineData(CTarget.Arm64)]
    public void Structures_OfLinux_MatchTheHeaders(CTarget target)
    {
        CHeaderAssertions c = new(
            "sys/socket.h", "linux/vm_sockets.h", "linux/netlink.h", "net/if.h", "linux/input.h", "sys/signalfd.h", "poll.h", "time.h", "linux/gpio.h",
            "netinet/in.h", "sys/ioctl.h",
            "linux/stat.h", "sys/resource.h", "sys/statfs.h");
        c.Size<SockAddrVm>("struct sockaddr_vm").Offsets<SockAddrVm>(
            "struct sockaddr_vm", (nameof(SockAddrVm.Family), "svm_family"), (nameof(SockAddrVm.Port), "svm_port"), (nameof(SockAddrVm.Cid), "svm_cid"));
        c.Size<SockAddrNl>("struct sockaddr_nl").Offsets<SockAddrNl>(
            "struct sockaddr_nl", (nameof(SockAddrNl.Family), "nl_family"), (nameof(SockAddrNl.PortId), "nl_pid"), (nameof(SockAddrNl.Groups), "nl_groups"));
        c.Size<InterfaceRequest>("struct ifreq").Offsets<InterfaceRequest>(
            "struct ifreq", (nameof(InterfaceRequest.Name), "ifr_name"), (nameof(InterfaceRequest.Flags), "ifr_flags"));
        c.Size<InputEvent>("struct input_event").Offsets<InputEvent>(
            "struct input_event", (nameof(InputEvent.Type), "type"), (nameof(InputEvent.Code), "code"), (nameof(InputEvent.Value), "value"));
        c.Size<SignalInfo>("struct signalfd_siginfo").Offsets<SignalInfo>("struct signalfd_siginfo", (nameof(SignalInfo.Number), "ssi_signo"));
        c.Size<PollFd>("struct pollfd").Offsets<PollFd>(
            "struct pollfd", (nameof(PollFd.Fd), "fd"), (nameof(PollFd.Events), "events"), (nameof(PollFd.Returned), "revents"));
        c.Size<GpioLineRequest>("struct gpio_v2_line_request").Offsets<GpioLineRequest>(
            "struct gpio_v2_line_request", (nameof(GpioLineRequest.Offsets), "offsets"), (nameof(GpioLineRequest.Flags), "config.flags"),
            (nameof(GpioLineRequest.LineCount), "num_lines"), (nameof(GpioLineRequest.Fd), "fd"));
        c.Equal("GPIO_V2_GET_LINE_IOCTL", (ulong)GpioLineRequest.GetLine).Equal("GPIO_V2_LINE_FLAG_INPUT", GpioLineRequest.Input)
            .Equal("GPIO_V2_LINE_FLAG_EDGE_RISING", GpioLineRequest.RisingEdge).Equal("sizeof(struct gpio_v2_line_event)", GpioLineRequest.EventBytes);
        c.Size<SockAddrV4>("struct sockaddr_in").Offsets<SockAddrV4>(
            "struct sockaddr_in", (nameof(SockAddrV4.Family), "sin_family"), (nameof(SockAddrV4.Port), "sin_port"), (nameof(SockAddrV4.Address), "sin_addr"));
        c.Size<SockAddrV6>("struct sockaddr_in6").Offsets<SockAddrV6>(
            "struct sockaddr_in6", (nameof(SockAddrV6.Family), "sin6_family"), (nameof(SockAddrV6.Port), "sin6_port"),
            (nameof(SockAddrV6.Address), "sin6_addr"), (nameof(SockAddrV6.ScopeId), "sin6_scope_id"));
        c.Size<WindowSize>("struct winsize").Offsets<WindowSize>(
            "struct winsize", (nameof(WindowSize.Rows), "ws_row"), (nameof(WindowSize.Columns), "ws_col"));
        c.Size<FileStatus>("struct statx").Offsets<FileStatus>(
            "struct statx", (nameof(FileStatus.Links), "stx_nlink"), (nameof(FileStatus.Uid), "stx_uid"), (nameof(FileStatus.Gid), "stx_gid"),
            (nameof(FileStatus.Mode), "stx_mode"));
        c.Size<ResourceRange>("struct rlimit").Offsets<ResourceRange>(
            "struct rlimit", (nameof(ResourceRange.Soft), "rlim_cur"), (nameof(ResourceRange.Hard), "rlim_max"));
        c.Size<FileSystemStatus>("struct statfs").Offsets<FileSystemStatus>(
            "struct statfs", (nameof(FileSystemStatus.BlockSize), "f_bsize"), (nameof(FileSystemStatus.Blocks), "f_blocks"),
            (nameof(FileSystemStatus.BlocksFree), "f_bfree"));
        c.Size<TimeSpec>("struct timespec").Size<SignalSet>("sigset_t");
        Assert.Equal("", c.Compile(target));
    }

    [Theory]
    [InlineData(CTarget.X64)]
    [InlineData(CTarget.Arm64)]
    public void Constants_OfLinux_MatchTheHeaders(CTarget target)
    {
        CHeaderAssertions c = new("fcntl.h", "errno.h", "signal.h", "sys/mount.h", "sys/syscall.h", "sys/epoll.h", "spawn.h", "sys/ioctl.h",
            "sys/socket.h", "netinet/in.h", "sys/resource.h", "sys/prctl.h",
            "linux/stat.h", "linux/capability.h");
        c.Equal("O_CLOEXEC", Fd.CloseOnExec).Equal("O_NONBLOCK", Fd.NonBlock).Equal("O_NOCTTY", Fd.NoControllingTty)
            .Equal("O_CREAT", Fd.Create).Equal("O_TRUNC", Fd.Truncate).Equal("O_RDWR", Fd.ReadWrite).Equal("O_WRONLY", Fd.WriteOnly);
        c.Equal("ENOENT", Errno.NoEntry).Equal("EINTR", Errno.Interrupted).Equal("EAGAIN", Errno.TryAgain).Equal("EACCES", Errno.Access)
            .Equal("EEXIST", Errno.Exists).Equal("ENOTDIR", Errno.NotDirectory).Equal("EINPROGRESS", Errno.InProgress);
        c.Equal("SIGINT", SignalSource.Interrupt).Equal("SIGTERM", SignalSource.Terminate).Equal("SIGCHLD", SignalSource.Child)
            .Equal("SIGPWR", SignalSource.PowerFailure);
        c.Equal("MS_RDONLY", Mounts.ReadOnly).Equal("MS_NOSUID", Mounts.NoSuid).Equal("MS_NODEV", Mounts.NoDev)
            .Equal("MS_NOEXEC", Mounts.NoExec).Equal("MS_MOVE", Mounts.Move);
        c.Equal("EPOLLIN", GuestLoop.In).Equal("EPOLLOUT", GuestLoop.Out).Equal("EPOLLRDHUP", GuestLoop.PeerClosed);
        c.Equal("EIO", Errno.InputOutput).Equal("EPIPE", Errno.BrokenPipe);
        c.Equal("TIOCSCTTY", (ulong)TerminalRequests.SetControlling).Equal("TIOCSWINSZ", (ulong)TerminalRequests.SetWindowSize)
            .Equal("FIONREAD", (ulong)TerminalRequests.BytesToRead).Equal("TIOCSPTLCK", (ulong)TerminalRequests.LockPeer)
            .Equal("TIOCGPTPEER", (ulong)TerminalRequests.OpenPeer);
        c.Equal("MS_REMOUNT", Mounts.Remount).Equal("MS_NOATIME", Mounts.NoAccessTimes).Equal("MS_BIND", Mounts.Bind);
        c.Equal("O_EXCL", Fd.Exclusive).Equal("EROFS", Errno.ReadOnlyFileSystem).Equal("STATX_BASIC_STATS", FileStatus.Basic);
        c.Equal("PR_CAPBSET_DROP", ExecStage.DropFromBoundingSet).Equal("CAP_LAST_CAP", CapabilitySet.Count - 1);
        for (int i = 0; i < CapabilitySet.Count; i++)
        {
            c.Equal($"CAP_{CapabilitySet.Names[i]}", (ulong)i);
        }

        foreach (string name in (string[])["CPU", "FSIZE", "STACK", "CORE", "NPROC", "NOFILE", "MEMLOCK", "AS", "SIGPENDING", "RTTIME"])
        {
            ProcessLimit limit = ProcessLimit.From([new ResourceLimit($"RLIMIT_{name}", 1, 2)])[^1];
            c.Equal(name == "SIGPENDING" ? "__RLIMIT_SIGPENDING" : name == "RTTIME" ? "__RLIMIT_RTTIME" : $"RLIMIT_{name}", (ulong)limit.Resource);
        }

        c.Equal("AF_INET", SockAddrV4.FamilyInet).Equal("AF_INET6", SockAddrV6.FamilyInet6);
        c.Equal("SYS_finit_module", target == CTarget.Arm64 ? SystemCalls.FinitModuleOnArm64 : (ulong)SystemCalls.FinitModuleOnX64);
        c.Equal($"sizeof(posix_spawn_file_actions_t) <= {StageLauncher.FileActionsBytes}", 1);
        Assert.Equal("", c.Compile(target));
    }

    [Fact]
    public void EpollEvent_IsPackedOnX64Only()
    {
        CHeaderAssertions packed = new("sys/epoll.h"), natural = new("sys/epoll.h");
        packed.Equal("sizeof(struct epoll_event)", EpollEvent.PackedBytes)
            .Offsets<EpollEvent>("struct epoll_event", (nameof(EpollEvent.Events), "events"), (nameof(EpollEvent.PackedLow), "data"));
        natural.Size<EpollEvent>("struct epoll_event")
            .Offsets<EpollEvent>("struct epoll_event", (nameof(EpollEvent.Events), "events"), (nameof(EpollEvent.NaturalData), "data"));
        Assert.Equal("", packed.Compile(CTarget.X64));
        Assert.Equal("", natural.Compile(CTarget.Arm64));
    }

    [Fact]
    public void SignalSet_Of_HoldsTheSignalsGiven()
    {
        SignalSet set = SignalSet.Of(SignalSource.Interrupt, SignalSource.Child);
        Assert.True(set.Contains(SignalSource.Interrupt) && set.Contains(SignalSource.Child));
        Assert.False(set.Contains(SignalSource.Terminate));
    }
}
