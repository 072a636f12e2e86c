using MicroVm.Vmm.Interop.Kvm;
using MicroVm.Vmm.Interop.Linux;
using MicroVm.Vmm.Jail.Filters;
using MicroVm.Vmm.Jail.Filters.Arm64;
using MicroVm.Vmm.Jail.Filters.X64;

namespace MicroVm.Vmm.Tests.Jail;

public sealed class DefaultFiltersTests
{
    private const uint CreateVm = 0xae01;

    private static readonly FilterTarget s_x64 = new X64FilterTarget(), s_arm64 = new Arm64FilterTarget();

    private static FilterTarget For(CTarget target) => target == CTarget.Arm64 ? s_arm64 : s_x64;

    private static SockFilter[] Process(FilterTarget target) => DefaultFilters.WriteProcess(new SockFilter[DefaultFilters.Space], target).ToArray();

    private static SockFilter[] Vcpu(FilterTarget target) => DefaultFilters.WriteVcpu(new SockFilter[DefaultFilters.Space], target).ToArray();

    private static bool ProcessAllows(FilterTarget target, uint call, params ulong[] arguments) => Allows(Process(target), target, call, arguments);

    private static bool VcpuAllows(FilterTarget target, uint call, params ulong[] arguments) => Allows(Vcpu(target), target, call, arguments);

    private static bool Allows(SockFilter[] filter, FilterTarget target, uint call, params ulong[] arguments) =>
        PlayedKernel.Judge(filter, call, target.AuditArchitecture, arguments) switch
        {
            FilterBuilder.Allowed => true,
            FilterBuilder.KillProcess => false,
            uint other => throw new InvalidOperationException($"0x{other:x}"),
        };

    /// <summary>The header's name of a call; where the architecture lacks it, of what its C library calls instead.</summary>
    private static string NameOf(SystemCall call, CTarget target) => (call, target) switch
    {
        (SystemCall.EpollWait, CTarget.Arm64) => "epoll_pwait",
        (SystemCall.Unlink, CTarget.Arm64) => "unlinkat",
        _ => string.Concat($"{call}".Select((letter, i) => char.IsUpper(letter) && i > 0 ? $"_{letter}" : $"{letter}")).ToLowerInvariant(),
    };

    [Theory]
    [InlineData(CTarget.X64)]
    [InlineData(CTarget.Arm64)]
    public void Numbers_OfSystemCalls_AreTheHeaders(CTarget target)
    {
        CHeaderAssertions c = new("asm/unistd.h", "linux/audit.h");
        foreach (SystemCall call in Enum.GetValues<SystemCall>())
        {
            c.Equal($"__NR_{NameOf(call, target)}", For(target).NumberOf(call));
        }

        c.Equal(target == CTarget.Arm64 ? "AUDIT_ARCH_AARCH64" : "AUDIT_ARCH_X86_64", For(target).AuditArchitecture);
        Assert.Equal("", c.Compile(target));
    }

    [Theory]
    [InlineData(CTarget.X64)]
    [InlineData(CTarget.Arm64)]
    public void Numbers_OfBpf_AreTheHeaders(CTarget target)
    {
        CHeaderAssertions c = new("linux/seccomp.h", "linux/filter.h", "sys/prctl.h");
        c.Size<SockFilter>("struct sock_filter")
            .Offsets<SockFilter>("struct sock_filter", ("Code", "code"), ("JumpTrue", "jt"), ("JumpFalse", "jf"), ("Operand", "k"))
            .Size<SockProgram>("struct sock_fprog")
            .Offsets<SockProgram>("struct sock_fprog", ("Length", "len"), ("Filter", "filter"))
            .Equal("SECCOMP_RET_KILL_PROCESS", FilterBuilder.KillProcess)
            .Equal("SECCOMP_RET_ALLOW", FilterBuilder.Allowed)
            .Equal("SECCOMP_FILTER_FLAG_TSYNC", Seccomp.AllThreads)
            .Equal("BPF_MAXINSNS", Seccomp.MaxInstructions)
            .Equal("BPF_LD | BPF_W | BPF_ABS", FilterBuilder.Load)
            .Equal("BPF_JMP | BPF_JEQ | BPF_K", FilterBuilder.JumpIfEqual)
            .Equal("BPF_JMP | BPF_JSET | BPF_K", FilterBuilder.JumpIfAnySet)
            .Equal("BPF_RET | BPF_K", FilterBuilder.Return)
            .Equal("offsetof(struct seccomp_data, args)", 16)
            .Equal("SECCOMP_SET_MODE_FILTER", 1)
            .Equal("PR_SET_NO_NEW_PRIVS", 38)
            .Equal("PR_SET_NAME", 15);
        Assert.Equal("", c.Compile(target));
    }

    [Theory]
    [InlineData(CTarget.X64)]
    [InlineData(CTarget.Arm64)]
    public void Programs_AreWhatTheKernelTakes(CTarget target)
    {
        FilterFile.Check(Process(For(target)), "process");
        FilterFile.Check(Vcpu(For(target)), "vcpu");
    }

    [Fact]
    public void Current_IsThatOfThisProcess() => Assert.Equal(s_x64.AuditArchitecture, FilterTarget.Current.AuditArchitecture);

    /// <summary>execve, ptrace, mount, process_vm_writev, fork or execveat, and numbers that are no call.</summary>
    [Theory]
    [InlineData(CTarget.X64, 59u, 101u, 165u, 311u, 57u, 0x4000_0000u, uint.MaxValue)]
    [InlineData(CTarget.Arm64, 221u, 117u, 40u, 271u, 281u, 0x4000_0000u, uint.MaxValue)]
    public void Call_OfNoUseToAVmm_EndsTheProcessOnEveryThread(CTarget target, params uint[] calls) => Assert.All(calls, call =>
    {
        Assert.False(ProcessAllows(For(target), call));
        Assert.False(VcpuAllows(For(target), call));
    });

    [Theory]
    [InlineData(CTarget.X64, 0x4000_0003u)]
    [InlineData(CTarget.X64, 0xc000_00b7u)]
    [InlineData(CTarget.Arm64, 0x4000_0028u)]
    [InlineData(CTarget.Arm64, 0xc000_003eu)]
    public void Call_OfAnotherArchitecture_EndsTheProcess(CTarget target, uint other)
    {
        uint read = For(target).NumberOf(SystemCall.Read);
        Assert.Equal(FilterBuilder.KillProcess, PlayedKernel.Judge(Process(For(target)), read, other));
        Assert.Equal(FilterBuilder.KillProcess, PlayedKernel.Judge(Vcpu(For(target)), read, other));
    }

    [Theory]
    [InlineData(CTarget.X64, KvmIoctl.SignalMsi, KvmIoctl.IrqLine)]
    [InlineData(CTarget.Arm64, KvmIoctl.IrqLine, KvmIoctl.SignalMsi)]
    public void Ioctl_IsJudgedByItsRequest(CTarget target, uint interrupt, uint othersInterrupt)
    {
        FilterTarget it = For(target);
        uint ioctl = it.NumberOf(SystemCall.Ioctl);
        Assert.True(ProcessAllows(it, ioctl, 5, KvmIoctl.Run));
        Assert.True(VcpuAllows(it, ioctl, 5, KvmIoctl.Run));
        Assert.True(VcpuAllows(it, ioctl, 5, 0xffff_ffff_0000_0000 | interrupt));
        Assert.True(ProcessAllows(it, ioctl, 5, interrupt));
        Assert.False(ProcessAllows(it, ioctl, 5, othersInterrupt));
        Assert.False(ProcessAllows(it, ioctl, 5, CreateVm));
        Assert.True(ProcessAllows(it, ioctl, 5, KvmIoctl.SetSignalMask));
        Assert.False(VcpuAllows(it, ioctl, 5, KvmIoctl.SetSignalMask));
    }

    [Theory]
    [InlineData(CTarget.X64)]
    [InlineData(CTarget.Arm64)]
    public void Arguments_OfOtherCalls_AreJudged(CTarget target)
    {
        FilterTarget it = For(target);
        Assert.True(ProcessAllows(it, it.NumberOf(SystemCall.Mmap), 0, 4096, 3));
        Assert.False(ProcessAllows(it, it.NumberOf(SystemCall.Mmap), 0, 4096, 7));
        Assert.False(VcpuAllows(it, it.NumberOf(SystemCall.Mprotect), 0, 4096, 5));
        Assert.True(ProcessAllows(it, it.NumberOf(SystemCall.Socket), 1, 1));
        Assert.False(ProcessAllows(it, it.NumberOf(SystemCall.Socket), 2, 1));
        Assert.True(ProcessAllows(it, it.NumberOf(SystemCall.Openat), 0, 0, 2));
        Assert.True(VcpuAllows(it, it.NumberOf(SystemCall.Openat), 0, 0, 0x80000));
        Assert.False(VcpuAllows(it, it.NumberOf(SystemCall.Openat), 0, 0, 0x80002));
    }

    [Theory]
    [InlineData(CTarget.X64)]
    [InlineData(CTarget.Arm64)]
    public void Vcpu_MayDoNothingThatTheProcessMayNot(CTarget target)
    {
        FilterTarget it = For(target);
        for (uint call = 0; call < 600; call++)
        {
            foreach (ulong[] arguments in (ulong[][])[[], [0, KvmIoctl.Run, 0], [1, it.KvmRequests[0], 3], [15, it.KvmRequests[1], 4]])
            {
                Assert.True(!VcpuAllows(it, call, arguments) || ProcessAllows(it, call, arguments), $"call {call}");
            }
        }

        Assert.False(VcpuAllows(it, it.NumberOf(SystemCall.Clone3)));
        Assert.False(VcpuAllows(it, it.NumberOf(SystemCall.Connect)));
        Assert.False(VcpuAllows(it, it.NumberOf(SystemCall.Unlink)));
    }
}
