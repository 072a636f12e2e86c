using System.Runtime.InteropServices;
using MicroVm.Vmm.Bus;
using MicroVm.Vmm.Interop.Kvm;
using MicroVm.Vmm.Interop.Kvm.X64;

namespace MicroVm.Vmm.Kvm;

/// <summary>The routing table of a VM with a split interrupt chip: at most one message per GSI. KVM replaces the table as a whole.</summary>
// SAFETY: the kernel reads the table during the ioctl alone, while it is pinned, and no further than the count in its header.
internal sealed unsafe class KvmInterruptRoutes(int vmFd, int gsiCount) : IInterruptRouter
{
    // struct kvm_irq_routing is a 32-bit count, 32 bits of flags, and the entries.
    private const int HeaderBytes = 8;

    private readonly Lock _lock = new();
    private readonly byte[] _table = new byte[HeaderBytes + (gsiCount * sizeof(KvmMsiRoute))];
    private int _count;

    private Span<KvmMsiRoute> Entries => MemoryMarshal.Cast<byte, KvmMsiRoute>(_table.AsSpan(HeaderBytes));

    public void Connect(uint gsi, uint address, uint data)
    {
        lock (_lock)
        {
            int at = Find(gsi);
            _count += at == _count ? 1 : 0;
            Entries[at] = new KvmMsiRoute { Gsi = gsi, Type = KvmMsiRoute.MsiType, AddressLow = address, Data = data };
            Submit();
        }
    }

    public void Disconnect(uint gsi)
    {
        lock (_lock)
        {
            int at = Find(gsi);
            if (at < _count)
            {
                Entries[at] = Entries[--_count];
                Submit();
            }
        }
    }

    private int Find(uint gsi)
    {
        int at = 0;
        while (at < _count && Entries[at].Gsi != gsi)
        {
            at++;
        }

        return at;
    }

    private void Submit()
    {
        MemoryMarshal.Write(_table, _count);
        fixed (byte* table = _table)
        {
            KvmCall.Invoke(vmFd, KvmIoctl.SetGsiRouting, table, "KVM_SET_GSI_ROUTING");
        }
    }
}
