using MicroVm.Vmm.Bus;
using MicroVm.Vmm.Interop.Kvm;
using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Kvm;

/// <summary>
/// The interrupt lines of a VM with a split interrupt chip: an edge on a connected one sends its message to the local APICs with
/// KVM_SIGNAL_MSI. Not irqfds, which cost no less to raise and a grace period each when the VM ends (docs/decisions/start-up.md).
/// </summary>
internal sealed unsafe class KvmInterruptLines(int vmFd, int gsiCount) : IInterruptRouter
{
    // Address above, data below; zero is no message, because a message's address never is.
    private readonly ulong[] _messages = new ulong[gsiCount];

    public void Connect(uint gsi, uint address, uint data) => Volatile.Write(ref _messages[gsi], ((ulong)address << 32) | data);

    public void Disconnect(uint gsi) => Volatile.Write(ref _messages[gsi], 0);

    /// <summary>The line of one GSI. Works until the VM is closed.</summary>
    internal IInterruptLine Line(uint gsi) => new InterruptLine(this, gsi);

    private void Send(uint gsi)
    {
        ulong message = Volatile.Read(ref _messages[gsi]);
        if (message != 0)
        {
            KvmMsi request = new() { AddressLow = (uint)(message >> 32), Data = (uint)message };

            // SAFETY: the kernel reads the structure, which is on the stack, during the call. It refuses a message for a processor that
            // does not exist: the guest's own doing, and nobody's interrupt.
            _ = Libc.ioctl(vmFd, KvmIoctl.SignalMsi, (nuint)(&request));
        }
    }

    private sealed class InterruptLine(KvmInterruptLines lines, uint gsi) : IInterruptLine
    {
        public void Trigger() => lines.Send(gsi);
    }
}
