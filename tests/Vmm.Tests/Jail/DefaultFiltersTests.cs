using System.Reflection;
using MicroVm.Vmm.Interop.Kvm;
using MicroVm.Vmm.Interop.Linux;
using MicroVm.Vmm.Jail.Filters;
using MicroVm.Vmm.Jail.Filters.X64;

namespace MicroVm.Vmm.Tests.Jail;

public sealed class DefaultFiltersTests
{
    private const uint Execve = 59;
    private const uint Ptrace = 101;
    private const uint Mount = 165;
    private const uint ProcessVmWritev = 311;
    private const uint Fork = 57;
    private const uint CreateVm = 0xae01;

    private static SockFilter[] Process() => DefaultFilters.WriteProcess(new SockFilter[DefaultFilters.Space]).ToArray();

    private static SockFilter[] Vcpu() => DefaultFilters.WriteVcpu(new SockFilter[DefaultFilters.Space]).ToArray();

    private static bool Allows(SockFilter[] filter, uint call, params ulong[] arguments) =>
        PlayedKernel.Judge(filter, call, PlayedKernel.Amd64, arguments) switch
        {
            FilterBuilder.Allowed => true,
            FilterBuilder.KillProcess => false,
            uint other => throw new InvalidOperationException($"0x{other:x}"),
        };

    [Fact]
    public void Numbers_OfSystemCallsAndBpf_AreTheHeaders()
    {
        CHeaderAssertions c = new("asm/unistd_64.h", "linux/seccomp.h", "linux/filter.h", "linux/audit.h", "sys/prctl.h");
        foreach (FieldInfo field in typeof(SystemCall).GetFields(BindingFlags.NonPublic | BindingFlags.Static))
        {
            string name = string.Concat(field.Name.Select((letter, i) => char.IsUpper(letter) && i > 0 ? $"_{letter}" : $"{letter}")).ToLowerInvariant();
            c.Equal($"__NR_{name}", (ushort)field.GetRawConstantValue()!);
        }

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
            .Equal("PR_SET_NAME", 15)
            .Equal("AUDIT_ARCH_X86_64", DefaultFilters.Architecture);
        Assert.Equal("", c.Compile());
    }

    [Fact]
    public void Programs_AreWhatTheKernelTakes()
    {
        FilterFile.Check(Process(), "process");
        FilterFile.Check(Vcpu(), "vcpu");
    }

    [Theory]
    [InlineData(Execve)]
    [InlineData(Ptrace)]
    [InlineData(Mount)]
    [InlineData(ProcessVmWritev)]
    [InlineData(Fork)]
    [InlineData(0x4000_0000u)]
    [InlineData(uint.MaxValue)]
    public void Call_OfNoUseToAVmm_EndsTheProcessOnEveryThread(uint call)
    {
        Assert.False(Allows(Process(), call));
        Assert.False(Allows(Vcpu(), call));
    }

    [Fact]
    public void Call_OfAnotherArchitecture_EndsTheProcess()
    {
        Assert.Equal(FilterBuilder.KillProcess, PlayedKernel.Judge(Process(), SystemCall.Read, 0x4000_0003));
        Assert.Equal(FilterBuilder.KillProcess, PlayedKernel.Judge(Vcpu(), SystemCall.Read, 0x4000_0003));
    }

    [Fact]
    public void Ioctl_IsJudgedByItsRequest()
    {
        Assert.True(Allows(Process(), SystemCall.Ioctl, 5, KvmIoctl.Run));
        Assert.True(Allows(Vcpu(), SystemCall.Ioctl, 5, KvmIoctl.Run));
        Assert.True(Allows(Vcpu(), SystemCall.Ioctl, 5, 0xffff_ffff_0000_0000 | KvmIoctl.SignalMsi));
        Assert.False(Allows(Process(), SystemCall.Ioctl, 5, CreateVm));
        Assert.False(Allows(Vcpu(), SystemCall.Ioctl, 5, KvmIoctl.SetSignalMask));
    }

    [Fact]
    public void Arguments_OfOtherCalls_AreJudged()
    {
        Assert.True(Allows(Process(), SystemCall.Mmap, 0, 4096, 3));
        Assert.False(Allows(Process(), SystemCall.Mmap, 0, 4096, 7));
        Assert.False(Allows(Vcpu(), SystemCall.Mprotect, 0, 4096, 5));
        Assert.True(Allows(Process(), SystemCall.Socket, 1, 1));
        Assert.False(Allows(Process(), SystemCall.Socket, 2, 1));
        Assert.True(Allows(Process(), SystemCall.Openat, 0, 0, 2));
        Assert.True(Allows(Vcpu(), SystemCall.Openat, 0, 0, 0x80000));
        Assert.False(Allows(Vcpu(), SystemCall.Openat, 0, 0, 0x80002));
    }

    [Fact]
    public void Vcpu_MayDoNothingThatTheProcessMayNot()
    {
        for (uint call = 0; call < 600; call++)
        {
            foreach (ulong[] arguments in (ulong[][])[[], [0, KvmIoctl.Run, 0], [1, KvmIoctl.GetRegs, 3], [15, KvmIoctl.SignalMsi, 4]])
            {
                Assert.True(!Allows(Vcpu(), call, arguments) || Allows(Process(), call, arguments), $"call {call}");
            }
        }

        Assert.False(Allows(Vcpu(), SystemCall.Clone3));
        Assert.False(Allows(Vcpu(), SystemCall.Connect));
        Assert.False(Allows(Vcpu(), SystemCall.Unlink));
    }
}
