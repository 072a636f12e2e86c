using System.Runtime.InteropServices;

namespace MicroVm.Vmm.Interop.Kvm;

/// <summary>
/// The head of <c>struct kvm_run</c>, shared with the kernel through the vCPU's mapping, with the members of its union that
/// the run loop reads. Never copied: used through a pointer to the mapping.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = HeadSize)]
internal unsafe struct KvmRun
{
    /// <summary>Bytes covered here; the mapping is larger.</summary>
    internal const int HeadSize = 0x120;

    [FieldOffset(1)] internal byte ImmediateExit;
    [FieldOffset(8)] internal KvmExitReason ExitReason;

    /// <summary>KVM_EXIT_IO: 0 in, 1 out.</summary>
    [FieldOffset(32)] internal byte IoDirection;
    [FieldOffset(33)] internal byte IoSize;
    [FieldOffset(34)] internal ushort IoPort;
    [FieldOffset(36)] internal uint IoCount;

    /// <summary>KVM_EXIT_IO: where the data is, counted from the start of the mapping.</summary>
    [FieldOffset(40)] internal ulong IoDataOffset;

    [FieldOffset(32)] internal ulong MmioAddress;
    [FieldOffset(40)] internal fixed byte MmioData[8];
    [FieldOffset(48)] internal uint MmioLength;
    [FieldOffset(52)] internal byte MmioIsWrite;

    [FieldOffset(32)] internal ulong FailEntryReason;

    [FieldOffset(32)] internal uint InternalSubError;
    [FieldOffset(36)] internal uint InternalDataCount;

    /// <summary>KVM_INTERNAL_ERROR_EMULATION: bit 0 says that the instruction bytes are there.</summary>
    [FieldOffset(40)] internal ulong EmulationFlags;
    [FieldOffset(48)] internal byte EmulationInstructionSize;
    [FieldOffset(49)] internal fixed byte EmulationInstruction[15];

    [FieldOffset(32)] internal uint SystemEventType;

    /// <summary>KVM_EXIT_ARM_NISV: where the guest's access went.</summary>
    [FieldOffset(40)] internal ulong NoSyndromeAddress;
}
