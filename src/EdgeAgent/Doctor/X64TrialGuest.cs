using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using MicroVm.EdgeAgent.Interop;
using MicroVm.EdgeAgent.Interop.Kvm;
using MicroVm.EdgeAgent.Interop.Kvm.X64;

namespace MicroVm.EdgeAgent.Doctor;

/// <summary>
/// A 64-bit guest of two instructions: <c>lock cmpxchg16b [rdi]</c>, then <c>hlt</c>. Every processor with virtualisation has the first
/// and runs it by itself; the emulator of a KVM that has no hardware behind it does not know it and gives up, as it would in the first
/// second of a stock kernel.
/// </summary>
// SAFETY: all memory of the guest is one mapping of MemoryBytes and offsets in it are constants; it is unmapped when the VM is closed, and
// left alone when the thread that runs the guest has not ended. Structures are locals of the sizes that the requests encode.
internal static unsafe class X64TrialGuest
{
    private const int MemoryBytes = 0x10000, TablesAt = 0x1000, CodeAt = 0x4000, DataAt = 0x5000;
    private const int CpuidBytes = 8 + (MaxCpuidEntries * 40), MaxCpuidEntries = 256;
    private const int RunHeadBytes = 0x120, ExitReasonAt = 8, SubErrorAt = 32;
    private const uint ExitHalt = 5, ExitInternalError = 17, ErrorEmulation = 1;
    private const ulong TssAddress = 0xFFFB_D000, IdentityMapAddress = 0xFFFB_C000;
    private const ulong ProtectionAndPaging = 0x8000_0001, PhysicalAddressExtension = 0x20, LongModeActive = 0x500;
    private const ulong Written = 0x1122_3344_5566_7788;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    // lock cmpxchg16b [rdi]; hlt
    private static ReadOnlySpan<byte> Code => [0xF0, 0x48, 0x0F, 0xC7, 0x0F, 0xF4];

    /// <summary>Runs the guest on an open KVM.</summary>
    internal static (GuestTrial Trial, string Detail) Run(SafeFileHandle kvm)
    {
        (GuestTrial, string) outcome = (GuestTrial.NoAnswer, $"no end within {s_patience.TotalSeconds} s");

        // A guest that hangs keeps its thread in the kernel: nobody waits for it, and it ends with the process.
        Thread thread = new(() => outcome = TryRun(kvm)) { IsBackground = true, Name = "trial guest" };
        thread.Start();
        return thread.Join(s_patience) ? outcome : (GuestTrial.NoAnswer, $"no end within {s_patience.TotalSeconds} s");
    }

    private static (GuestTrial Trial, string Detail) TryRun(SafeFileHandle kvm)
    {
        byte* memory = null, run = null;
        nuint runBytes = 0;
        try
        {
            memory = Libc.MapMemory(MemoryBytes);
            using SafeFileHandle vm = Owned("KVM_CREATE_VM", Libc.Ioctl(kvm, KvmRequest.CreateVm, 0));
            WriteMemory(new Span<byte>(memory, MemoryBytes));
            SetUp(vm, memory);
            using SafeFileHandle vcpu = Owned("KVM_CREATE_VCPU", Libc.Ioctl(vm, KvmRequest.CreateVcpu, 0));
            runBytes = (nuint)Check("KVM_GET_VCPU_MMAP_SIZE", Libc.Ioctl(kvm, KvmRequest.GetVcpuMmapSize, 0));
            run = Libc.MapShare(vcpu, runBytes);
            SetCpuid(kvm, vcpu);
            SetRegisters(vcpu);
            int result;
            do
            {
                result = Libc.Ioctl(vcpu, KvmRequest.Run, 0);
            }
            while (result == -Errno.EINTR);

            return result == 0
                ? Judge(new ReadOnlySpan<byte>(run, RunHeadBytes), BinaryPrimitives.ReadUInt64LittleEndian(new ReadOnlySpan<byte>(memory + DataAt, sizeof(ulong))))
                : (GuestTrial.Failed, new OsFaultException("KVM_RUN", -result).Message);
        }
        catch (OsFaultException e)
        {
            return (GuestTrial.Failed, e.Message);
        }
        finally
        {
            Unmap(run, runBytes);
            Unmap(memory, MemoryBytes);
        }
    }

    private static (GuestTrial Trial, string Detail) Judge(ReadOnlySpan<byte> run, ulong data)
    {
        uint reason = BinaryPrimitives.ReadUInt32LittleEndian(run[ExitReasonAt..]);
        uint error = BinaryPrimitives.ReadUInt32LittleEndian(run[SubErrorAt..]);
        return reason switch
        {
            ExitHalt when data == Written => (GuestTrial.Ran, ""),
            ExitHalt => (GuestTrial.Failed, "cmpxchg16b did not write"),
            ExitInternalError when error == ErrorEmulation => (GuestTrial.Emulated, "KVM emulates instructions and does not know cmpxchg16b"),
            _ => (GuestTrial.Failed, $"exit reason {reason}"),
        };
    }

    /// <summary>Code, and tables that map the first 2 MiB to themselves with one large page.</summary>
    private static void WriteMemory(Span<byte> memory)
    {
        const ulong presentWritable = 3, large = 0x80;
        BinaryPrimitives.WriteUInt64LittleEndian(memory[TablesAt..], (TablesAt + 0x1000) | presentWritable);
        BinaryPrimitives.WriteUInt64LittleEndian(memory[(TablesAt + 0x1000)..], (TablesAt + 0x2000) | presentWritable);
        BinaryPrimitives.WriteUInt64LittleEndian(memory[(TablesAt + 0x2000)..], presentWritable | large);
        Code.CopyTo(memory[CodeAt..]);
    }

    private static void SetUp(SafeFileHandle vm, byte* memory)
    {
        // Intel's processors without unrestricted guests want both before a vCPU runs; others do not mind.
        ulong identityMap = IdentityMapAddress;
        _ = Libc.Ioctl(vm, KvmRequest.SetIdentityMapAddress, &identityMap);
        _ = Libc.Ioctl(vm, KvmRequest.SetTssAddress, (nuint)TssAddress);
        KvmMemoryRegion region = new() { MemorySize = MemoryBytes, UserspaceAddress = (ulong)memory };
        Check("KVM_SET_USER_MEMORY_REGION", Libc.Ioctl(vm, KvmRequest.SetUserMemoryRegion, &region));
    }

    private static void SetCpuid(SafeFileHandle kvm, SafeFileHandle vcpu)
    {
        // struct kvm_cpuid2: a count, padding, entries of 40 bytes. Without CPUID the guest still runs on most hosts.
        byte* cpuid = stackalloc byte[CpuidBytes];
        new Span<byte>(cpuid, CpuidBytes).Clear();
        *(uint*)cpuid = MaxCpuidEntries;
        if (Libc.Ioctl(kvm, KvmRequest.GetSupportedCpuid, cpuid) == 0)
        {
            _ = Libc.Ioctl(vcpu, KvmRequest.SetCpuid2, cpuid);
        }
    }

    private static void SetRegisters(SafeFileHandle vcpu)
    {
        KvmSregs sregs;
        Check("KVM_GET_SREGS", Libc.Ioctl(vcpu, KvmRequest.GetSregs, &sregs));
        KvmSegment code = new() { Limit = uint.MaxValue, Selector = 8, Type = 11, Present = 1, S = 1, L = 1, G = 1 };
        KvmSegment data = code with { Selector = 16, Type = 3, L = 0, Db = 1 };
        sregs.Cs = code;
        sregs.Ds = data;
        sregs.Es = data;
        sregs.Ss = data;
        sregs.Cr0 = ProtectionAndPaging;
        sregs.Cr3 = TablesAt;
        sregs.Cr4 = PhysicalAddressExtension;
        sregs.Efer = LongModeActive;
        Check("KVM_SET_SREGS", Libc.Ioctl(vcpu, KvmRequest.SetSregs, &sregs));

        // The memory holds zero, as rdx:rax does: the exchange takes place.
        KvmRegs regs = new() { Rbx = Written, Rdi = DataAt, Rip = CodeAt, Rflags = 2 };
        Check("KVM_SET_REGS", Libc.Ioctl(vcpu, KvmRequest.SetRegs, &regs));
    }

    private static SafeFileHandle Owned(string call, int fd) => new(Check(call, fd), ownsHandle: true);

    private static int Check(string call, int result) => result >= 0 ? result : throw new OsFaultException(call, -result);

    private static void Unmap(byte* mapping, nuint bytes)
    {
        if (mapping != null)
        {
            Libc.Unmap(mapping, bytes);
        }
    }
}
