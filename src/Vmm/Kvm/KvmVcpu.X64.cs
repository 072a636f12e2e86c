using System.Buffers.Binary;
using System.Runtime.InteropServices;
using MicroVm.Vmm.Diagnostics;
using MicroVm.Vmm.Interop.Kvm;
using MicroVm.Vmm.Interop.Kvm.X64;

namespace MicroVm.Vmm.Kvm;

/// <content>Registers, CPUID and MSRs of x86_64.</content>
internal sealed unsafe partial class KvmVcpu
{
    internal KvmRegs GetRegisters()
    {
        KvmRegs registers;
        KvmCall.Invoke(_fd, KvmIoctl.GetRegs, &registers, "KVM_GET_REGS");
        return registers;
    }

    internal void SetRegisters(KvmRegs registers) => KvmCall.Invoke(_fd, KvmIoctl.SetRegs, &registers, "KVM_SET_REGS");

    internal KvmSregs GetSystemRegisters()
    {
        KvmSregs registers;
        KvmCall.Invoke(_fd, KvmIoctl.GetSregs, &registers, "KVM_GET_SREGS");
        return registers;
    }

    internal void SetSystemRegisters(KvmSregs registers) => KvmCall.Invoke(_fd, KvmIoctl.SetSregs, &registers, "KVM_SET_SREGS");

    /// <summary>What the CPUID instruction answers on this vCPU.</summary>
    internal void SetCpuid(ReadOnlySpan<KvmCpuidEntry2> entries) =>
        InvokeWithList(KvmIoctl.SetCpuid2, MemoryMarshal.AsBytes(entries), entries.Length, "KVM_SET_CPUID2");

    /// <summary>Reads model-specific registers. Returns how many were read: less than all when the next one does not exist.</summary>
    internal int GetMsrs(Span<KvmMsrEntry> entries)
    {
        byte[] list = ListOf(MemoryMarshal.AsBytes(entries), entries.Length);
        // SAFETY: pinned for the call, during which alone the kernel reads and writes it.
        fixed (byte* pointer = list)
        {
            int count = KvmCall.Invoke(_fd, KvmIoctl.GetMsrs, pointer, "KVM_GET_MSRS");
            list.AsSpan(sizeof(ulong)).CopyTo(MemoryMarshal.AsBytes(entries));
            return count;
        }
    }

    /// <summary>Sets model-specific registers. Returns how many were set: less than all when the next one was refused.</summary>
    internal int TrySetMsrs(ReadOnlySpan<KvmMsrEntry> entries) =>
        InvokeWithList(KvmIoctl.SetMsrs, MemoryMarshal.AsBytes(entries), entries.Length, "KVM_SET_MSRS");

    /// <summary>Sets model-specific registers, all or none acceptable.</summary>
    internal void SetMsrs(ReadOnlySpan<KvmMsrEntry> entries)
    {
        int set = TrySetMsrs(entries);
        if (set != entries.Length)
        {
            throw new VmmFaultException(ExitCode.KvmCallFailed, $"KVM_SET_MSRS refused MSR 0x{entries[set].Index:x}");
        }
    }

    // struct kvm_cpuid2 and struct kvm_msrs are both a 32-bit count, 32 bits of padding, and the entries.
    private static byte[] ListOf(ReadOnlySpan<byte> entries, int count)
    {
        byte[] list = new byte[sizeof(ulong) + entries.Length];
        BinaryPrimitives.WriteInt32LittleEndian(list, count);
        entries.CopyTo(list.AsSpan(sizeof(ulong)));
        return list;
    }

    private int InvokeWithList(uint request, ReadOnlySpan<byte> entries, int count, string name)
    {
        byte[] list = ListOf(entries, count);
        // SAFETY: pinned for the call, during which alone the kernel reads it.
        fixed (byte* pointer = list)
        {
            return KvmCall.Invoke(_fd, request, pointer, name);
        }
    }
}
