using System.Runtime.InteropServices;

namespace MicroVm.Vmm.Interop.Kvm.X64;

/// <summary><c>struct kvm_irq_routing_entry</c> of type MSI: what an event on a GSI sends to the local APICs.</summary>
[StructLayout(LayoutKind.Explicit, Size = 48)]
internal struct KvmMsiRoute
{
    /// <summary>KVM_IRQ_ROUTING_MSI.</summary>
    internal const uint MsiType = 2;

    [FieldOffset(0)] internal uint Gsi;
    [FieldOffset(4)] internal uint Type;
    [FieldOffset(8)] internal uint Flags;
    [FieldOffset(16)] internal uint AddressLow;
    [FieldOffset(20)] internal uint AddressHigh;
    [FieldOffset(24)] internal uint Data;
}
